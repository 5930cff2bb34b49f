"""What people wait for: whole commands, each in processes of its own, beside what others would use.

    measure(plan)    {row: {"seconds": [...], "cpu": [...]}, or {"missing": why}}

Rows are in the order in which a course meets them. Seconds are those of the clock, on a machine
that is idle but for this; `cpu` those of all processes that a command waited for. What graders run
in a sandbox that is killed is told to nobody, so there it is what the whole machine was busy.

The peers get the same twelve submissions: nbgrader's autograde executes them without a sandbox, as
does otter-grader, which is asked for the same checks. Each needs an environment of its own, whose
Python a variable names: NBGRADER_PYTHON (by default this one, where nbgrader is installed) and
OTTER_PYTHON.
"""

import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from benchmarks.grading_measure import busy_seconds, write_copies
from benchmarks.measure import ROOT
from course import definition
from course.edition import handed_out, release
from course.export import nbgrader_config
from course.grader import demo, examples

PYTHON = sys.executable
TWELVE, MANY = 12, 200
IMPORTS = "import matplotlib.pyplot, numpy, course.checks, course.session, cs231n.tuning"
CHECK = """
import time
from course import checks
checks.run("svm_loss_vectorized")
start = time.perf_counter()
assert checks.run("svm_loss_vectorized").passed
print(time.perf_counter() - start)
"""
DRAW = "import sys; sys.path[:0] = ['datasets']; import scenes; scenes.write(sys.argv[1], False)"
# The textbook's solution of one notebook: it loads, trains once and searches, as ours does.
TEXTBOOK = """
import numpy as np
from benchmarks import textbook
from cs231n.data_utils import find_dataset
X, y, X_val, y_val, X_test, y_test, X_dev, y_dev = textbook.load_data(find_dataset())
for rate in (5e-8, 1e-7, 2e-7, 4e-7):
    for reg in (1e3, 3e3, 1e4, 3e4):
        rng = np.random.default_rng(7)
        W, losses = textbook.train(textbook.svm_loss, X, y, rate, reg, 1500, 200, rng)
        print(rate, reg, textbook.accuracy(W, X, y), textbook.accuracy(W, X_val, y_val))
"""


def measure(plan):
    """Run every row so many times, in turns; see above."""
    course, found = definition.load(), {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        twelve, many = folder / "twelve", folder / "many"
        demo.write(course, folder / "demo")
        for copies, count in ((twelve, TWELVE), (many, 0 if plan.quick else MANY)):
            copies.mkdir()
            write_copies(sorted((folder / "demo").iterdir()), copies, count)
        for _ in range(plan.waiting_rounds):
            for name, wait in rows(course, plan, folder, twelve, many):
                one = found.setdefault(name, {"seconds": [], "cpu": []})
                try:
                    seconds, cpu = wait()
                except Missing as error:
                    found[name] = {"missing": str(error)}
                    continue
                one["seconds"].append(seconds)
                one["cpu"].append(cpu)
    return found


def rows(course, plan, folder, twelve, many):
    """Yield (name, function that runs it and returns (seconds, CPU seconds))."""
    run = [PYTHON, "-m", "course.outputs.run", "--force", "--out", folder / "run"]
    yield "the first import in a notebook", lambda: timed([PYTHON, "-c", IMPORTS])
    yield "a check of a right solution", lambda: told([PYTHON, "-c", CHECK])
    yield "drawing the synthetic set", lambda: timed([PYTHON, "-c", DRAW, folder / "drawn"])
    yield "`grade --help`", lambda: timed([PYTHON, "-m", "course.grader", "grade", "--help"])
    yield f"grading {TWELVE} without notebooks", lambda: graded(folder, twelve, "--no-notebooks")
    yield (
        f"grading these {TWELVE} again",
        lambda: graded(folder, twelve, "--no-notebooks", new=False),
    )
    if plan.quick:
        return
    yield "`make run`, both notebooks", lambda: timed(run)
    for notebook in course.notebook_files:
        yield f"{Path(notebook).name}", lambda notebook=notebook: timed([*run, notebook])
    yield "a textbook's notebook under nbconvert", lambda: textbook_notebook(folder)
    yield f"grading {TWELVE}", lambda: graded(folder, twelve)
    yield f"grading {TWELVE}, one worker", lambda: graded(folder, twelve, "--jobs", "1")
    yield f"nbgrader autograde, {TWELVE}", lambda: nbgrader(course, folder, twelve)
    yield f"otter-grader, {TWELVE}", lambda: otter(course, folder, twelve)
    yield f"grading {MANY} without notebooks", lambda: graded(folder, many, "--no-notebooks")
    one = (folder, many, "--no-notebooks", "--jobs", "1")
    yield f"grading {MANY} without notebooks, one worker", lambda: graded(*one)


class Missing(Exception):
    """A peer is not installed; the message says how to get it."""


def timed(command, clock=None, complete=(0,), **options):
    """Run a command; return (seconds, CPU seconds). Raises RuntimeError unless it is complete."""
    clock = clock or waited_for
    start, cpu = time.perf_counter(), clock()
    options = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | options
    done = subprocess.run(list(map(str, command)), **options)
    if done.returncode not in complete:
        raise RuntimeError(f"exit status {done.returncode}: {command}")
    return time.perf_counter() - start, clock() - cpu


def waited_for():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def told(command):
    """Return the seconds that a command prints, and its CPU seconds."""
    cpu = waited_for()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.split()[-1]), waited_for() - cpu


def graded(folder, submissions, *options, new=True):
    """Grade a folder, as a new one unless it was graded just now with the same options."""
    out = folder / "-".join(["grades", submissions.name, *options])
    if new:
        shutil.rmtree(out, ignore_errors=True)
    command = [PYTHON, "-m", "course.grader", "grade", submissions, "--out", out, "--seed", "5"]
    return timed([*command, *options], clock=busy_seconds, complete=(0, 1))  # 1: one is damaged


# What people would use instead


def textbook_notebook(folder):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(TEXTBOOK)])
    nbformat.write(notebook, folder / "textbook.ipynb")
    execute = [PYTHON, "-m", "nbconvert", "--execute", "--to", "html", folder / "textbook.ipynb"]
    return timed(execute, env=os.environ | {"PYTHONPATH": str(ROOT)})


def nbgrader(course, folder, submissions):
    """Autograde the submissions in a course of nbgrader that is made of our edition."""
    python = os.environ.get("NBGRADER_PYTHON", PYTHON)
    if python == PYTHON and importlib.util.find_spec("nbgrader") is None:
        raise Missing("nbgrader is not installed: pip install -r course/requirements.txt")
    book = folder / "book"
    shutil.rmtree(book, ignore_errors=True)
    release.write(course, handed_out.edition(course), book / "build")
    source = book / "source" / course.name
    put_files(course, files_below(book / "build" / "student"), source)
    shutil.copy(book / "build" / nbgrader_config.FILE, book)
    for one in submissions.iterdir():
        put_files(course, files_below(one), book / "submitted" / one.name / course.name)
    programs = os.pathsep.join([str(Path(python).parent), os.environ["PATH"]])  # it calls alembic
    environment = os.environ | {"HOME": str(book), "PATH": programs}
    options = {"cwd": book, "env": environment}
    timed([python, "-m", "nbgrader", "generate_assignment", course.name], **options)
    return timed([python, "-m", "nbgrader", "autograde", course.name], **options)


def otter(course, folder, submissions):
    """Run otter-grader on each submission, with a test for each exercise that asks our check."""
    python = os.environ.get("OTTER_PYTHON")
    if not python:
        raise Missing(
            "set OTTER_PYTHON to the Python of an environment with otter-grader: "
            "python -m venv otter && otter/bin/pip install otter-grader -r requirements.txt"
        )
    work = folder / "otter"
    shutil.rmtree(work, ignore_errors=True)
    (work / "tests").mkdir(parents=True)
    for name, exercise in course.exercises.items():
        test = f"from course import checks\nassert checks.run({name!r}).passed"
        suite = {"cases": [{"code": ">>> " + test.replace("\n", "\n>>> ")}], "type": "doctest"}
        known = {"name": name, "points": exercise.points, "suites": [suite]}
        (work / "tests" / f"{name}.py").write_text(f"OK_FORMAT = True\ntest = {known!r}\n")
    handed = examples.blank(course)
    total = [0.0, 0.0]
    for one in sorted(submissions.iterdir()):
        place = work / one.name
        shutil.copytree(ROOT, place, ignore=only_what_runs)
        for name, content in files_below(one).items():
            if name in handed:
                (place / name).write_bytes(content)
        for notebook in course.notebook_files:
            command = [python, "-m", "otter", "check", "-t", work / "tests", place / notebook]
            used = timed(command, cwd=(place / notebook).parent)
            total = [sum(pair) for pair in zip(total, used, strict=True)]
    return tuple(total)


def only_what_runs(folder, names):
    """Return what need not be copied of the repository."""
    if Path(folder) == ROOT:
        return set(names) - {"cs231n", "course", "exercises", "notebooks"}
    return {name for name in names if name == "__pycache__"}


def files_below(folder):
    """Return {name: bytes} of the files in a folder."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def put_files(course, files, folder):
    """Write files as nbgrader wants them: notebooks in the folder itself."""
    for name, content in files.items():
        path = folder / (Path(name).name if name in course.notebook_files else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

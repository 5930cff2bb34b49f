"""What people wait for: whole commands, beside what others would use. `make bench` runs all.

    python -m benchmarks.waiting [GROUP ...] [--rounds N]

Groups are `start`, `notebooks`, `grading`, `peers` and `growth`, of minutes a round each. They may
run one by one: what was measured on the same machine before stays. All ends in results.json, on
the page results.md, and in the table of README.md.

Seconds are those of the clock; CPU seconds are those for which the whole machine was busy, as
nobody is told what ran in a sandbox that was killed. So nothing else may run.

The peers get the submissions that we get: nbgrader's autograde executes them without a sandbox, as
does otter-grader, which is asked for the same checks. NBGRADER_PYTHON (by default this one) and
OTTER_PYTHON name their Pythons.
"""

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import nbformat

from benchmarks import report
from benchmarks.measure import ROOT, machine
from course import definition
from course.checks.catalogue import Catalogue
from course.edition import handed_out, release
from course.export import nbgrader_config
from course.grader import examples
from course.grader.verdict.unseen import unseen_problems

PYTHON, SEED = sys.executable, 5
TWELVE, MANY = 12, 200
IMPORTS = "import matplotlib.pyplot, numpy, course.checks, course.session, cs231n.tuning"
CHECK = """
from course import checks
import time
checks.run("svm_loss_vectorized")
start = time.perf_counter()
assert checks.run("svm_loss_vectorized").passed
print(time.perf_counter() - start)
"""
DRAW = """
import sys; from pathlib import Path
sys.path[:0] = ["datasets"]
import scenes; scenes.write(Path(sys.argv[1]), verbose=False)
"""
# The textbook's solution of one notebook: it loads, trains once and searches, as ours does.
TEXTBOOK = """
import numpy as np
from benchmarks import textbook
from cs231n.data_utils import find_dataset
X, y, X_val, y_val, X_test, y_test, X_dev, y_dev = textbook.load_data(find_dataset())
for rate in (1e-7, 2e-7, 4e-7, 8e-7):
    for reg in (1e3, 3e3, 1e4, 3e4):
        rng = np.random.default_rng(7)
        W, losses = textbook.train(textbook.svm_loss, X, y, rate, reg, 750, 200, rng)
        print(rate, reg, textbook.accuracy(W, X, y), textbook.accuracy(W, X_val, y_val))
"""


class Missing(Exception):
    """A peer is not installed; the message says how to get it."""


def measure(groups, rounds):
    """Return {row: {"seconds": [...], "cpu": [...]}, or {"missing": why}} of the groups."""
    course, found = definition.load(), {}
    with tempfile.TemporaryDirectory() as scratch:
        known = rows(course, Path(scratch))
        for _ in range(rounds):
            for name, wait in (row for group in groups for row in known[group].items()):
                one = found.setdefault(name, {"seconds": [], "cpu": []})
                try:
                    seconds, cpu = wait()
                except Missing as error:
                    found[name] = {"missing": str(error)}
                    continue
                one["seconds"].append(seconds)
                one["cpu"].append(cpu)
                print(f"{name:50s} {seconds:7.2f} s, {cpu:7.2f} CPU s", flush=True)
    return found


def rows(course, folder):
    """Return {group: {row: function that runs it and returns (seconds, CPU seconds)}}."""
    grade = partial(graded, course, folder)
    run = [PYTHON, "-m", "course.outputs.run", "--force", "--out", folder / "run"]
    build = [PYTHON, "-m", "course.checks.build", "--seed", "7", "--out", folder / "other.npz"]
    quick, without = f"{TWELVE} submissions without notebooks", "--no-notebooks"
    return {
        "start": {
            "the first import in a notebook": lambda: timed([PYTHON, "-c", IMPORTS]),
            "a check of a right solution": lambda: told([PYTHON, "-c", CHECK]),
            "`grade --help`": lambda: timed([PYTHON, "-m", "course.grader", "grade", "--help"]),
            quick: lambda: grade(TWELVE, without),
            "these once more": lambda: grade(TWELVE, without, new=False),
            "drawing the synthetic set": lambda: timed([PYTHON, "-c", DRAW, folder / "drawn"]),
        },
        "notebooks": {
            "`make run`, both notebooks": lambda: timed(run),
            **{
                f"`{Path(name).name}` alone": partial(timed, [*run, name])
                for name in course.notebook_files
            },
            "a submission with both notebooks": lambda: grade(1, whole=True),
        },
        "grading": {
            f"{TWELVE} submissions with short notebooks": lambda: grade(TWELVE),
            "the same with one worker": lambda: grade(TWELVE, "--jobs", "1"),
            "unseen problems of a new course": lambda: timed(build),
        },
        "peers": {
            "a textbook's notebook under nbconvert": lambda: textbook_notebook(folder),
            f"`nbgrader autograde` of the {TWELVE}": lambda: nbgrader(course, folder),
            f"otter-grader's check of the {TWELVE}": lambda: otter(course, folder),
        },
        "growth": {f"{MANY} submissions without notebooks": lambda: grade(MANY, without)},
    }


def timed(command, complete=(0,), **options):
    """Run a command; return (seconds, CPU seconds). Raises RuntimeError unless it is complete."""
    start, cpu = time.perf_counter(), busy_seconds()
    options = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | options
    done = subprocess.run(list(map(str, command)), **options)
    if done.returncode not in complete:
        raise RuntimeError(f"exit status {done.returncode}: {command}")
    return time.perf_counter() - start, busy_seconds() - cpu


def busy_seconds():
    """Return the CPU time that all programs of this machine have had. Only on Linux."""
    user, nice, system, _, _, irq, softirq = (
        int(ticks) for ticks in Path("/proc/stat").read_text().split("\n")[0].split()[1:8]
    )
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def told(command):
    """Return the seconds that a command prints, and its CPU seconds."""
    cpu = busy_seconds()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout.split()[-1]), busy_seconds() - cpu


def graded(course, folder, count, *options, whole=False, new=True):
    """Grade so many submissions, as new ones unless they were graded just now."""
    submissions = handed_in(course, folder, count, whole)
    out, problems = folder / "-".join(["grades", submissions.name, *options]), ROOT / "build/bench"
    if new:
        unseen_problems(course, SEED, problems)  # a row of its own, and not of each run
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(problems, out / ".problems")
    command = [PYTHON, "-m", "course.grader", "grade", submissions, "--out", out, "--seed", SEED]
    return timed([*command, "--data", course.data.stored, *options])


def handed_in(course, folder, count, whole=False):
    """Return a folder of submissions: right, untouched, wrong, and never run, in turns.

    Their notebooks end after the first exercise, except in a `whole` one, where all is right. They
    differ in empty lines at the end of a file, which change nothing else.
    """
    made = folder / f"{count}{'-whole' * whole}"
    if not made.exists():
        first = next(iter(course.exercises))
        unrun = examples.solved(course, executed=False)
        wrong = examples.plant(course, unrun, Catalogue(course).of(first)[0].name, first)
        kinds = [examples.solved(course), examples.blank(course), wrong, unrun]
        kinds = [examples.cut_notebooks(course, files) for files in kinds]
        for number in range(count):
            files = examples.solved(course) if whole else kinds[number % len(kinds)]
            changed = min(files)
            files = files | {changed: files[changed] + b"\n" * (number + 1)}
            write_files(files, made / f"{number:05d}")
    return made


def write_files(files, folder):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


# What people would use instead


def textbook_notebook(folder):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(TEXTBOOK)])
    nbformat.write(notebook, folder / "textbook.ipynb")
    execute = [PYTHON, "-m", "nbconvert", "--execute", "--to", "html", folder / "textbook.ipynb"]
    return timed(execute, env=os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"})


def nbgrader(course, folder):
    """Autograde the submissions in a course of nbgrader that is made of our edition."""
    python = os.environ.get("NBGRADER_PYTHON", PYTHON)
    if python == PYTHON and importlib.util.find_spec("nbgrader") is None:
        raise Missing("nbgrader is not installed: pip install -r course/requirements.txt")
    book = folder / "book"
    shutil.rmtree(book, ignore_errors=True)
    release.write(course, handed_out.edition(course), book / "build")
    put_flat(course, book / "build" / "student", book / "source" / course.name)
    shutil.copy(book / "build" / nbgrader_config.FILE, book)
    for one in handed_in(course, folder, TWELVE).iterdir():
        put_flat(course, one, book / "submitted" / one.name / course.name)
    programs = os.pathsep.join([str(Path(python).parent), os.environ["PATH"]])  # it calls alembic
    environment = peer_environment(course) | {"HOME": str(book), "PATH": programs}
    options = {"cwd": book, "env": environment}
    timed([python, "-m", "nbgrader", "generate_assignment", course.name], **options)
    return timed([python, "-m", "nbgrader", "autograde", course.name], **options)


def otter(course, folder):
    """Run otter-grader on each submission, with a test for each exercise that asks our check."""
    python = os.environ.get("OTTER_PYTHON")
    if not python:
        raise Missing(
            "set OTTER_PYTHON to the Python of an environment with otter-grader: "
            "python -m venv otter && otter/bin/pip install otter-grader -r requirements.txt"
        )
    work = folder / "otter"
    shutil.rmtree(work, ignore_errors=True)
    for name, exercise in course.exercises.items():
        test = f"from course import checks\nassert checks.run({name!r}).passed"
        suite = {"cases": [{"code": ">>> " + test.replace("\n", "\n>>> ")}], "type": "doctest"}
        known = {"name": name, "points": exercise.points, "suites": [suite]}
        text = f"OK_FORMAT = True\ntest = {known!r}\n"
        write_files({f"{name}.py": text.encode()}, work / "tests")
    total = (0.0, 0.0)
    for one in sorted(handed_in(course, folder, TWELVE).iterdir()):
        place = work / one.name
        shutil.copytree(ROOT, place, ignore=only_what_runs)
        shutil.copytree(one, place, dirs_exist_ok=True)
        for notebook in (place / name for name in course.notebook_files):
            command = [python, "-m", "otter", "check", "-t", work / "tests", notebook]
            used = timed(command, cwd=notebook.parent, env=peer_environment(course))
            total = tuple(map(sum, zip(total, used, strict=True)))
    return total


def peer_environment(course):
    """Return the environment with the synthetic set, and one thread, as the grader has them."""
    data = ROOT / "datasets" / "synthetic-batches-py"
    return os.environ | {course.data.variable: str(data), "OPENBLAS_NUM_THREADS": "1"}


def only_what_runs(folder, names):
    """Return what need not be copied of the repository."""
    if Path(folder) == ROOT:
        return set(names) - {"cs231n", "course", "exercises", "notebooks"}
    return {name for name in names if name == "__pycache__"}


def put_flat(course, folder, target):
    """Copy a folder as nbgrader wants it: notebooks at the top."""
    shutil.copytree(folder, target, dirs_exist_ok=True)
    for name in course.notebook_files:
        if (target / name).exists():
            shutil.move(target / name, target / Path(name).name)


def main():
    groups = list(rows(definition.load(), Path()))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("groups", nargs="*", default=groups, metavar="GROUP", help=str(groups))
    parser.add_argument("--rounds", type=int, default=3, help="runs of each row")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks", help="for results.json")
    args = parser.parse_args()
    if unknown := set(args.groups) - set(groups):
        parser.error(f"there is no group {min(unknown)!r}; there are: {', '.join(groups)}")
    path, here = args.out / "results.json", machine(1)
    results = json.loads(path.read_text()) if path.exists() else {"machine": here, "data": "none"}
    before = results.get("waiting", {})
    kept = before["rows"] if before.get("machine") == here else {}
    results["waiting"] = {"machine": here, "rows": kept | measure(args.groups, args.rounds)}
    args.out.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")
    print(report.write(results, args.out))
    if args.out == ROOT / "benchmarks":
        readme = ROOT / "README.md"
        readme.write_text(report.put_into(readme.read_text("utf-8"), results), "utf-8")


if __name__ == "__main__":
    main()

"""Would what a student runs also run on Windows and macOS? Neither is at hand.

A type checker knows which names of the standard library exist where; and all of it runs in an
interpreter that lacks what CPython lacks on Windows (tests/windows/sitecustomize.py).
"""

import os
import subprocess
import sys

import nbformat
import pytest
from student_edition import COURSE, derived, with_constants

from conftest import ROOT

# Arguments: names of exercises. Each is checked with bodies that take the place of the right one.
CHECKED = """
import sys
from course import ROOT, checks, console, definition
bodies = {
    "wrong": "return 0",
    "hangs": "while True: pass",
    "raises": "print('✓ ' * 9, flush=True); raise ValueError('é')",
    "prints": "print('✓ é'); return right(*given, **named)",
}
for name in sys.argv[1:]:
    exercise = definition.load(ROOT).exercises[name]
    text = (ROOT / exercise.file).read_text(encoding="utf-8")
    place = name if exercise.attribute == name else f"{exercise.attribute}.{name}"
    for how, body in bodies.items():
        lines = [text, f"import functools; right = {place}", "@functools.wraps(right)"]
        lines += ["def other(*given, **named):", f"    {body}", f"{place} = other", ""]
        with open(f"{how}.py", "w", encoding="utf-8") as file:
            file.write("\\n".join(lines))
        report = checks.run(name, file=f"{how}.py", time_limit=3)
        print(f"{how}:", console.fit(str(report), sys.stdout.encoding))
"""


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    """The student edition with everything solved, in a folder with a space and an umlaut."""
    folder = tmp_path_factory.mktemp("Anna Müller")
    for name, content in derived().files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    for name in COURSE.exercise_files:
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


def python_files():
    return sorted(name for name in derived().files if name.endswith(".py"))


# By the type checker


def missing_names(platform, folder, files):
    """Return the lines of mypy about names that are not there on a platform."""
    command = [sys.executable, "-m", "mypy", "--platform", platform, "--follow-imports=skip"]
    command += ["--ignore-missing-imports", "--cache-dir", os.devnull, *files]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert told.returncode in (0, 1) and not told.stderr, told.stdout + told.stderr
    return [line for line in told.stdout.splitlines() if "[attr-defined]" in line]


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_all_names_of_the_standard_library_are_there(platform, student, tmp_path):
    pytest.importorskip("mypy")
    names = {"win32": "import os\nos.fork()\n", "darwin": "import os\nos.pidfd_open(1)\n"}
    lacking = tmp_path / "posix.py"
    lacking.write_text(names[platform])
    [line] = missing_names(platform, student, [*python_files(), str(lacking)])
    assert "posix.py:2" in line


# By running it


@pytest.fixture(scope="module")
def run(student):
    """Return a function: run Python, without what Windows lacks; status, and all that is said."""
    env = {name: value for name, value in os.environ.items() if name != "CIFAR10_DIR"}
    env |= {"PYTHONPATH": str(ROOT / "tests" / "windows"), "COURSE_ROOT": str(student)}
    env |= {"PYTHONWARNDEFAULTENCODING": "1", "PYTHONUTF8": "0"}

    def run(*words, encoding="utf-8"):
        done = subprocess.run(
            [sys.executable, *map(str, words)],
            cwd=student, env=env | {"PYTHONIOENCODING": encoding}, capture_output=True, timeout=600,
        )  # fmt: skip
        return done.returncode, (done.stdout + done.stderr).decode(encoding)

    return run


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import fcntl", "No module named 'fcntl'"),
        ("import os; os.fork()", "no attribute 'fork'"),
        ("from signal import SIGALRM", "cannot import name 'SIGALRM'"),
        ("import subprocess as s, sys; s.run([sys.executable], pass_fds=[1])", "pass_fds is not"),
        ("import select; select.select([0], [], [], 0)", "no attribute 'select'"),
        ("open('/dev/null')", "/dev/null is not to be had"),
        ("open('lacks.py').read()", "EncodingWarning"),
        ("import pathlib; pathlib.Path('x').symlink_to('y')", "a link is not to be had"),
        ("import os; os.path.relpath('/')", "/ is on another drive"),
    ],
)
def test_the_interpreter_lacks_it(student, run, code, told):
    (student / "lacks.py").write_text(code, encoding="utf-8")
    status, said = run("lacks.py")
    (student / "lacks.py").unlink()
    assert status == 1 and told in said


def test_a_folder_on_another_drive_is_named_whole(run):
    told = "from course import console; print(console.short('/'), console.short('build'))"
    assert run("-c", told) == (0, "/ build\n")


def test_the_memory_of_a_notebook_is_told_without_a_module_of_posix(run):
    lines = ["import psutil, types", "from course.outputs.execute import QUESTION"]
    lines += ["told = types.SimpleNamespace(peak_wset=5)  # as psutil tells it on Windows alone"]
    lines += ["psutil.Process.memory_info = lambda self: told"]
    lines += ["exec(compile(QUESTION, 'cell.py', 'exec'))"]
    assert run("-c", "\n".join(lines)) == (0, '{"results": {}, "peak": 5}\n')
    assert "No module named 'resource'" in run("-c", "\n".join([*lines[:2], lines[-1]]))[1]


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "utf-8"])
def test_every_check_is_right_for_a_right_solution_on_any_console(run, encoding):
    status, told = run("-m", "course.checks", encoding=encoding)
    assert status == 0, told
    assert told.count(": all right") == len(COURSE.exercises)
    mark = "✓" if encoding == "utf-8" else "ok"
    assert told.startswith(f"{mark} svm_loss_naive: all right\n  {mark} loss\n")


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        ([*COURSE.exercises][:1], "utf-8"),
        pytest.param([*COURSE.exercises], "cp437", marks=pytest.mark.slow),
    ],
)
def test_wrong_hanging_and_printing_solutions_are_told(run, names, encoding):
    status, told = run("-c", CHECKED, *names, encoding=encoding)
    assert status == 0, told
    for name in names:
        good, bad = ("✓", "✗") if encoding == "utf-8" else ("ok", "x")
        assert f"wrong: {bad} {name}: " in told and f"hangs: {bad} {name}: " in told
        assert f"prints: {good} {name}: all right" in told
    assert told.count("it did not finish in time (hangs.py, line ") >= len(names)
    assert told.count("ValueError: é (raises.py, line ") >= len(names)


@pytest.mark.slow
def test_data_are_drawn_a_notebook_runs_and_work_is_packed(student, run):
    status, told = run("datasets/get_cifar10.py", "--synthetic", encoding="cp437")
    assert status == 0 and "all sha256 match" in told, told
    book = with_constants(COURSE.notebook_files[1], NUM_ITERS=30)
    nbformat.write(book, student / "notebooks" / "short.ipynb")
    status, told = run("-m", "course.outputs.run", "notebooks/short.ipynb", encoding="cp1252")
    assert status == 0 and "short.ipynb" in told, told
    status, told = run("-m", "course.submission", "--anyway", encoding="cp1252")
    assert status == 3 and "marked incomplete" in told, told
    assert (student / "build" / "submission-incomplete.zip").is_file()


def with_crlf(content):
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def test_line_ends_of_windows_change_no_verdict(student, run):
    """Git may write them there into every file that it takes for text."""
    before = {name: (student / name).read_bytes() for name in derived().files}
    stamp = ("-c", "from course import submission; print(submission.stamp())")
    first = run(*stamp)
    try:
        for name, content in before.items():
            if not name.endswith((".npz", ".png")):
                (student / name).write_bytes(with_crlf(content))
        assert run(*stamp) == first
        status, told = run("-m", "course.submission")
        assert status == 1 and told.count("✓ ") == len(COURSE.exercises), told
        assert "get it back" not in told and told.count("has not been run") == 2, told
    finally:
        for name, content in before.items():
            (student / name).write_bytes(content)

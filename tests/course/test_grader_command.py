"""Does the instructors' command do all of it: grade, write every page, and go on from there?"""

import csv
import errno
import json
import socket
import subprocess
import sys
from contextlib import suppress
from unittest.mock import Mock

import pytest
from distributed import LocalCluster
from nbgrader.api import Gradebook
from stand_in_grader import shared_cluster
from submissions import to_folder, to_zip
from toy_course import copy_toy

from conftest import ROOT
from course import definition
from course.checks import build
from course.grader import __main__ as command
from course.grader import commands, options, sandbox
from course.grader.examples import blank, plant, solved
from course.grader.settings import versions

SEED = 20240


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """The toy course, whose unseen problems of SEED are built once."""
    return copy_toy(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module", autouse=True)
def cluster():
    """Grade in threads: processes that grade, and are lost, are those of test_grader_many.py."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(processes=False, **options) as threads, shared_cluster(threads):
        yield


@pytest.fixture
def grade(toy, monkeypatch):
    """Call the command with the toy course."""
    sandbox.check()
    unseen_problems = commands.unseen_problems
    kept = toy.root / "build"
    monkeypatch.setattr(
        commands, "unseen_problems", lambda course, seed, _: unseen_problems(course, seed, kept)
    )

    def call(*words):
        return command.main(["grade", *map(str, words), "--seed", str(SEED)], root=toy.root)

    return call


@pytest.fixture
def folder(tmp_path, toy):
    """Three submissions: all right, one misconception, nothing done."""
    folder = tmp_path / "handed in"
    folder.mkdir()
    work = solved(toy, executed=False)
    to_zip(work, folder / "ada.zip")
    to_folder(plant(toy, work, "always-zero", "total"), folder / "Grace Hopper")
    to_zip(blank(toy), folder / "nobody.zip")
    return folder


def grades(out):
    with open(out / "grades.csv", encoding="utf-8-sig", newline="") as file:
        names, *rows = csv.reader(file)
    # The toy course has an exercise called "total": the first column of a name is the sum.
    return {row[0]: dict(zip(reversed(names), reversed(row), strict=True)) for row in rows}


def files(out, *names):
    """Return {path: bytes} of the files with these names below a folder."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for name in names
        for path in sorted(out.rglob(name))
    }


def results(out):
    """Return {path: result without times}, and without the sums of what shows times."""
    found = {name: json.loads(content) for name, content in files(out, "result.json").items()}
    for result in found.values():
        assert set(result.pop("times")) == {"exercises", "notebooks", "seconds"}
        result["attachments"] = sorted(result["attachments"])
    return found


def test_a_folder_is_graded_and_graded_again(toy, folder, grade, capsys, monkeypatch):
    out, write_feedback = folder.with_name("handed in-grades"), commands.outcome.write_feedback
    written = Mock(side_effect=write_feedback)
    monkeypatch.setattr(commands.outcome, "write_feedback", written)
    assert grade(folder, "--no-notebooks") == 0
    assert written.call_count == 3  # as each was done, and not once more at the end
    rows = grades(out)
    assert {name: row["automatic"] for name, row in rows.items()} == {
        "ada": "7",
        "Grace Hopper": "4",
        "nobody": "0",
    }
    shown = capsys.readouterr().out
    assert "Grace Hopper" in shown and f"{out}/index.html" in shown
    [slug] = [row["slug"] for row in rows.values() if row["name"] == "Grace Hopper"]
    page = out / "feedback" / slug / "feedback.html"
    assert "Nothing is ever added" in " ".join(page.read_text(encoding="utf-8").split())
    gradescope = json.loads((out / "gradescope" / slug / "results.json").read_text())
    assert gradescope["score"] == 4

    with Gradebook(f"sqlite:///{out / 'nbgrader' / 'gradebook.db'}") as gradebook:
        found = gradebook.find_submission(toy.name, slug)
        assert (found.score, found.max_score) == (4, 10)
        given = gradebook.find_grade("answer-1", "one", toy.name, slug)
        given.manual_score, given.needs_manual_grade = 2, False
        gradebook.db.commit()

    before = results(out)
    times = {path: path.stat().st_mtime_ns for path in out.rglob("result.json")}
    assert grade(folder, "--no-notebooks") == 0
    assert {path: path.stat().st_mtime_ns for path in out.rglob("result.json")} == times
    assert results(out) == before
    assert grades(out)["Grace Hopper"]["so far"] == "6"
    assert written.call_count == 4  # that of the one to whom a person gave points

    # Something else is handed in: another verdict, and a person's points stay.
    to_folder(solved(toy, executed=False), folder / "Grace Hopper")
    (folder / "ada.zip").unlink()
    assert grade(folder, "--no-notebooks") == 0
    assert {name: row["so far"] for name, row in grades(out).items()} == {
        "Grace Hopper": "9",
        "nobody": "0",
    }


def test_a_run_over_graded_work_imports_neither_nbgrader_nor_dask(toy, folder, grade):
    """They take half of the time of such a run."""
    assert grade(folder, "--no-notebooks") == 0
    code = """
import sys
from pathlib import Path
from course.grader import __main__ as command
root, *words = sys.argv[1:]
assert command.main(words, root=Path(root)) == 0
print(*{name.partition(".")[0] for name in sys.modules})
"""
    words = ["grade", folder, "--out", folder.with_name("handed in-grades"), "--no-notebooks"]
    run = [sys.executable, "-c", code, toy.root, *words]
    told = subprocess.run(run, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert "0 graded, 3 kept" in told
    slow = {"nbgrader", "sqlalchemy", "alembic", "nbconvert", "dask", "distributed", "matplotlib"}
    assert slow.isdisjoint(told.splitlines()[-1].split())


def test_a_changed_word_is_told_without_running_anybodys_code(tmp_path, monkeypatch, capsys):
    toy, folder, out = copy_toy(tmp_path / "toy"), tmp_path / "handed in", tmp_path / "out"
    to_folder(plant(toy, solved(toy, executed=False), "always-zero", "total"), folder / "ada")
    words = ["grade", str(folder), "--out", str(out), "--seed", "7"]
    assert command.main(words, root=toy.root) == 0
    assert "1 graded, 0 kept" in capsys.readouterr().out
    page, before = out / "feedback" / "ada" / "feedback.html", results(out)
    assert json.loads((out / ".rendered.json").read_text())["known"]  # it need not be parsed again
    assert "Nothing is ever added" in " ".join(page.read_text(encoding="utf-8").split())

    path = toy.root / "exercises" / "misconceptions.toml"
    path.write_text(path.read_text().replace("Nothing is ever added", "No number is ever added"))
    build.write(toy.data_file, build.build(toy))
    versions.cache_clear()
    for name in ("judge_exercises", "rerun"):
        monkeypatch.setattr(f"course.grader.grade.{name}", None)
    for name in ("many.sending.connect", "verdict.unseen.build.build"):
        monkeypatch.setattr(f"course.grader.{name}", None)
    assert command.main(words, root=toy.root) == 0
    assert "0 graded, 1 kept" in capsys.readouterr().out
    assert "No number is ever added" in " ".join(page.read_text(encoding="utf-8").split())
    after = results(out)
    for one in (*before.values(), *after.values()):
        del one["key"], one["grader"], one["edition"]
    assert after == before

    made = {path: path.stat().st_mtime_ns for path in (out / "feedback").rglob("*.*")}
    assert command.main(words, root=toy.root) == 0
    assert {path: path.stat().st_mtime_ns for path in (out / "feedback").rglob("*.*")} == made


def test_feedback_is_written_as_each_submission_is_done(toy, tmp_path, grade, monkeypatch):
    for name in ("ada", "bob"):
        to_folder(blank(toy), tmp_path / "handed in" / name)
    out, there = tmp_path / "out", []

    def stopped(*_):
        there.extend(sorted(path.name for path in (out / "feedback").glob("*.zip")))
        raise OSError("nothing else is written")

    monkeypatch.setattr(commands.outcome, "write", stopped)
    assert grade(tmp_path / "handed in", "--out", out, "--no-notebooks") == command.NOT_STARTED
    assert there == ["ada.zip", "bob.zip"]


def test_two_gradings_give_the_same_bytes_apart_from_times(toy, tmp_path, grade):
    folder = tmp_path / "submissions"
    to_folder(solved(toy), folder / "ada")
    outs = [tmp_path / "first", tmp_path / "second"]
    for out in outs:
        assert grade(folder, "--out", out) == 0
    first, second = (results(out) for out in outs)
    assert first == second
    [result] = first.values()
    assert result["points"]["automatic"] == 7
    assert [one["name"] for one in result["notebooks"]] == ["one"]
    for name in ("feedback.html", "results.json", "grades.csv", "index.html"):
        first, second = (files(out, name) for out in outs)
        assert first and first == second


def test_without_a_sandbox_it_is_said_everywhere(toy, tmp_path, grade, capsys):
    folder = tmp_path / "submissions"
    to_folder(solved(toy, executed=False), folder / "ada")
    assert grade(folder, "--no-notebooks", "--no-sandbox") == 0
    assert "!!! --no-sandbox" in capsys.readouterr().err
    out = tmp_path / "submissions-grades"
    [result] = results(out).values()
    assert result["sandbox"] is False and result["points"]["automatic"] == 7
    for page in (out / "index.html", out / "feedback" / "ada" / "feedback.html"):
        words = " ".join(page.read_text(encoding="utf-8").lower().split())
        assert "graded without the sandbox" in words


def test_it_refuses_to_start_without_bubblewrap(toy, tmp_path, grade, capsys, monkeypatch):
    folder = tmp_path / "submissions"
    to_folder(blank(toy), folder / "ada")
    monkeypatch.setenv("PATH", str(tmp_path))
    sandbox.check.cache_clear()
    assert grade(folder) == command.NOT_STARTED
    assert "apt install bubblewrap" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["submissions"]


def test_a_course_that_does_not_fit_its_tree_is_refused(tmp_path, capsys):
    course = copy_toy(tmp_path / "toy")
    to_folder(blank(course), tmp_path / "full" / "ada")
    (course.root / "toy" / "sums.py").write_text("def mean(numbers): return 0\n")
    assert command.main(["grade", str(tmp_path / "full")], root=course.root) == command.NOT_STARTED
    told = capsys.readouterr().err
    assert "toy/sums.py" in told and "nothing was graded" in told
    path = course.root / definition.FILE
    path.write_text(path.read_text().replace("points = 10", "points = 11"))
    assert command.main(["grade", str(tmp_path / "full")], root=course.root) == command.NOT_STARTED
    assert "the points sum to 10" in capsys.readouterr().err
    assert {one.name for one in tmp_path.iterdir()} == {"full", "toy"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere is no folder"),
        (["full", "--out", "full/out"], "must not lie in each other"),
        (["full", "--out", "."], "must not lie in each other"),
        (["empty"], "holds no submission"),
        (["full", "--data", "cifar"], "there is no such data set"),
        (["full", "--roster", "students.csv"], "there is no such file"),
    ],
)
def test_what_cannot_be_graded_is_said(toy, tmp_path, grade, capsys, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    to_folder(blank(toy), tmp_path / "full" / "ada")
    assert grade(*words) == command.NOT_STARTED
    assert message in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"empty", "full"}


def test_a_seed_is_drawn_once_and_kept(tmp_path, capsys):
    seed = commands.remembered_seed(tmp_path, None)
    assert str(seed) in capsys.readouterr().out
    assert commands.remembered_seed(tmp_path, None) == seed
    assert commands.remembered_seed(tmp_path, seed) == seed > 2**64
    assert (tmp_path / "seed.txt").stat().st_mode & 0o077 == 0


def test_a_seed_that_was_named_is_kept_and_a_change_is_asked_about(tmp_path, monkeypatch):
    assert commands.remembered_seed(tmp_path, 5) == commands.remembered_seed(tmp_path, None) == 5
    with pytest.raises(ValueError, match="graded with --seed 5"):
        commands.remembered_seed(tmp_path, 6)
    monkeypatch.setattr(commands.sys.stdin, "isatty", lambda: True, raising=False)
    for answer, kept in (("", 5), ("y", 6)):
        monkeypatch.setattr("builtins.input", lambda _, answer=answer: answer)
        with suppress(ValueError):
            commands.remembered_seed(tmp_path, 6)
        assert commands.remembered_seed(tmp_path, None) == kept
    (tmp_path / "seed.txt").write_text("-1\n")
    with pytest.raises(ValueError, match=r"seed\.txt holds no seed"):
        commands.remembered_seed(tmp_path, None)


@pytest.mark.parametrize(
    "words", [["--help"], ["grade", "--jobs=0", "."], ["grade", "nowhere"], ["export"]]
)
def test_help_and_wrong_options_wait_for_no_library(words):
    """They are told at once: what takes a second to import is not imported for them."""
    code = (
        "import sys\nfrom course.grader.__main__ import main\n"
        f"try: main({words})\nexcept SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    slow = {"numpy", "nbformat", "IPython", "distributed", "sqlalchemy", "nbconvert", "matplotlib"}
    imported = told.stderr.splitlines()[-1].split()
    assert "course.grader.options" in imported and not slow & set(imported)


@pytest.mark.parametrize("option", ["--seed=-5", "--seed=x", "--jobs=0", "--jobs=many"])
def test_a_wrong_number_is_told_with_its_option(option, capsys):
    name, _, value = option.partition("=")
    with pytest.raises(SystemExit):
        options.parse(["grade", "folder", option])
    assert f"argument {name}: '{value}'" in capsys.readouterr().err


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("course.files.os.fsync", full)
    with pytest.raises(OSError, match=f"No space left on device: '{tmp_path}/seed.txt'"):
        commands.remembered_seed(tmp_path, 5)
    assert not list(tmp_path.iterdir())


def test_a_scheduler_that_is_not_there_is_told_before_problems_are_drawn(
    toy, folder, grade, monkeypatch, capsys
):
    monkeypatch.setattr("course.grader.many.cluster.CONNECT", 1)
    monkeypatch.setattr(commands, "unseen_problems", None)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert grade(folder, "--scheduler", f"tcp://127.0.0.1:{port}") == command.NOT_STARTED
    assert f"no Dask scheduler at tcp://127.0.0.1:{port}" in capsys.readouterr().err


def test_ctrl_c_is_answered_in_a_line(grade, tmp_path, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands.intake, "find", interrupted)
    assert grade(tmp_path) == 130
    assert capsys.readouterr().err == "\nstopped; the same command goes on from there\n"


SWALLOWS = """
import signal, sys, time
from course.grader.__main__ import once_more
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.unraisablehook = once_more
class Swallows:
    def __init__(self, error): self.error = error
    def __del__(self): raise self.error
Swallows(ValueError("another mistake"))
Swallows(KeyboardInterrupt())
time.sleep(60)
"""


def test_ctrl_c_that_a_destructor_swallows_comes_once_more():
    """Python passes over what is raised there, and in callbacks of the garbage collector."""
    command = [sys.executable, "-c", SWALLOWS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50)
    assert "ValueError: another mistake" in done.stderr
    assert done.stderr.rstrip().endswith("KeyboardInterrupt")
    assert "Exception ignored" not in done.stderr.partition("another mistake")[2]

"""Does the instructors' command do all of it: grade, write every page, and go on from there?"""

import csv
import json

import pytest
from nbgrader.api import Gradebook
from submissions import blank, plant, solved, to_folder, to_zip

from course.export.nbgrader import course_folder
from course.grader import __main__ as command
from course.grader import demo, sandbox
from course.grader.verdict import unseen

SEED = 20240  # the attacks' own, so that its problems are built once
UNSEEN = unseen.ROOT / "build"


@pytest.fixture
def grade(monkeypatch):
    """Call the command with the problems of SEED, kept from earlier tests."""
    sandbox.check()
    unseen_problems = command.unseen_problems
    monkeypatch.setattr(command, "unseen_problems", lambda seed, _: unseen_problems(seed, UNSEEN))

    def call(*words):
        return command.main(["grade", *map(str, words), "--seed", str(SEED)])

    return call


@pytest.fixture
def folder(tmp_path):
    """Three submissions: all right, one misconception, nothing done."""
    folder = tmp_path / "handed in"
    folder.mkdir()
    to_zip(solved(executed=False), folder / "ada.zip")
    to_folder(plant(solved(executed=False), "no-mean", "svm_loss_naive"), folder / "Grace Hopper")
    to_zip(blank(), folder / "nobody.zip")
    return folder


def grades(out):
    with open(out / "grades.csv", encoding="utf-8-sig", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


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


def test_a_folder_is_graded_and_graded_again(folder, grade, capsys):
    out = folder.with_name("handed in-grades")
    assert grade(folder, "--no-notebooks", "--jobs", 2) == 0
    rows = grades(out)
    assert {name: row["automatic"] for name, row in rows.items()} == {
        "ada": "70",
        "Grace Hopper": "55",
        "nobody": "0",
    }
    shown = capsys.readouterr().out
    assert "Grace Hopper" in shown and f"{out}/index.html" in shown
    [slug] = [row["slug"] for row in rows.values() if row["name"] == "Grace Hopper"]
    page = out / "submissions" / slug / "feedback.html"
    assert "sums over the batch, not means" in page.read_text(encoding="utf-8")
    gradescope = json.loads((page.parent / "gradescope" / "results.json").read_text())
    assert gradescope["score"] == 55

    with Gradebook(f"sqlite:///{out / 'nbgrader' / 'gradebook.db'}") as gradebook:
        found = gradebook.find_submission(course_folder.ASSIGNMENT, slug)
        assert (found.score, found.max_score) == (55, 100)
        given = gradebook.find_grade("answer-1", "svm", course_folder.ASSIGNMENT, slug)
        given.manual_score, given.needs_manual_grade = 4, False
        gradebook.db.commit()

    before = results(out)
    times = {path: path.stat().st_mtime_ns for path in out.rglob("result.json")}
    assert grade(folder, "--no-notebooks") == 0
    assert {path: path.stat().st_mtime_ns for path in out.rglob("result.json")} == times
    assert results(out) == before
    assert grades(out)["Grace Hopper"]["total"] == "59"
    assert "59" in page.read_text(encoding="utf-8")

    # Something else is handed in: another verdict, and a person's points stay.
    to_folder(solved(executed=False), folder / "Grace Hopper")
    (folder / "ada.zip").unlink()
    assert grade(folder, "--no-notebooks") == 0
    assert {name: row["total"] for name, row in grades(out).items()} == {
        "Grace Hopper": "74",
        "nobody": "0",
    }


def test_two_gradings_give_the_same_bytes_apart_from_times(tmp_path, grade):
    folder = tmp_path / "submissions"
    to_folder(demo.short(), folder / "ada")
    outs = [tmp_path / "first", tmp_path / "second"]
    for out in outs:
        assert grade(folder, "--out", out, "--data", "synthetic") == 0
    first, second = (results(out) for out in outs)
    assert first == second
    [result] = first.values()
    assert result["points"]["automatic"] == 70
    assert [one["counts"].keys() for one in result["notebooks"]] == [{"reproduces"}] * 2
    for name in ("feedback.html", "results.json", "grades.csv", "index.html"):
        first, second = (files(out, name) for out in outs)
        assert first and first == second


def test_without_a_sandbox_it_is_said_everywhere(tmp_path, grade, capsys):
    folder = tmp_path / "submissions"
    to_folder(solved(executed=False), folder / "ada")
    assert grade(folder, "--no-notebooks", "--no-sandbox", "--jobs", 1) == 0
    assert "!!! --no-sandbox" in capsys.readouterr().err
    out = tmp_path / "submissions-grades"
    [result] = results(out).values()
    assert result["sandbox"] is False and result["points"]["automatic"] == 70
    for page in (out / "index.html", out / "submissions" / "ada" / "feedback.html"):
        words = " ".join(page.read_text(encoding="utf-8").lower().split())
        assert "graded without the sandbox" in words


def test_it_refuses_to_start_without_bubblewrap(tmp_path, grade, capsys, monkeypatch):
    folder = tmp_path / "submissions"
    to_folder(blank(), folder / "ada")
    monkeypatch.setenv("PATH", str(tmp_path))
    sandbox.check.cache_clear()
    assert grade(folder) == command.NOT_STARTED
    assert "apt install bubblewrap" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["submissions"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere is no folder"),
        (["full", "--out", "full/out"], "must not lie in each other"),
        (["full", "--out", "."], "must not lie in each other"),
        (["empty"], "holds no submission"),
    ],
)
def test_what_cannot_be_graded_is_said(tmp_path, grade, capsys, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    to_folder(blank(), tmp_path / "full" / "ada")
    assert grade(*words) == command.NOT_STARTED
    assert message in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"empty", "full"}


def test_a_seed_is_drawn_once_and_kept(tmp_path, capsys):
    seed = command.remembered_seed(tmp_path, None)
    assert str(seed) in capsys.readouterr().out
    assert command.remembered_seed(tmp_path, None) == seed
    assert command.remembered_seed(tmp_path, 5) == 5
    assert (tmp_path / "seed.txt").stat().st_mode & 0o077 == 0

"""Does nbgrader's gradebook say what the results say, and keep what people gave?

The traps of nbgrader 0.9.6 that other graders fell into are named where a test is about one.
"""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from types import SimpleNamespace

import nbformat
import pytest

pytest.importorskip("nbgrader")

from gradebook_submissions import (
    ANSWER,
    CHECK,
    HINT,
    PLACES,
    answered,
    cell_of,
    cells,
    dump,
    edition,
    give,
    graded,
    shown,
    total,
    waits,
)
from nbgrader import api
from student_edition import copy_sources

from conftest import ROOT
from course.export import nbgrader as gradebook
from course.export.nbgrader import course_folder
from course.export.nbgrader import rows as gradebook_rows


@pytest.fixture
def course(tmp_path):
    return tmp_path / "out" / "nbgrader"


# --- Automatic scores and comments ------------------------------------------------------------


def test_each_cell_has_the_score_of_its_exercise_and_each_answer_waits(course):
    gradebook.record(course, [graded("alice", answered("Kinks."), ["svm_loss_naive"])])
    found = cells(course, "alice")
    assert len(found) == 12
    score, waiting, comment = found[CHECK]
    assert (score, waiting) == (0, False) and "gradient" in comment and HINT in comment
    assert "0.7351" not in comment  # details quote unseen problems, and students read comments
    assert found["svm", "check-train"] == (10, False, "Right.")
    assert found[ANSWER] == (None, True, None)
    assert found["svm", "answer-2"] == (0, False, "No answer.")
    assert total(course, "alice") == 55


def test_no_stale_score_is_left(course):
    """Trap: after a regrade that failed, nbgrader keeps the scores from before."""
    right, wrong = graded("alice", edition()), graded("alice", edition(), list(PLACES))
    bob = graded("bob", edition())
    gradebook.record(course, [right, bob])
    assert (total(course, "alice"), total(course, "bob")) == (70, 70)
    gradebook.record(course, [wrong])  # and bob's is not there any more
    assert (total(course, "alice"), total(course, "bob")) == (0, 0)
    assert "no result" in cells(course, "bob")[CHECK][2]
    assert "svm.ipynb is missing" in shown(course, "bob").cells[0].source
    gradebook.record(course, [right, bob])
    assert (total(course, "alice"), total(course, "bob")) == (70, 70)


def test_what_a_check_prints_does_not_count(course):
    """Traps: any stderr in a test cell gives 0; a number that it shows is taken for the points."""
    for printed, failed, points in (("stderr", [], 70), ("stdout", list(PLACES), 0)):
        books = edition()
        for name, cell in PLACES.values():
            outputs = [nbformat.v4.new_output("stream", name=printed, text="a warning")]
            outputs.append(nbformat.v4.new_output("execute_result", {"text/plain": "15"}))
            cell_of(books[name], cell)["outputs"] = outputs
        gradebook.record(course, [graded("alice", books, failed)])
        assert total(course, "alice") == points


def test_a_dead_kernel_costs_no_points_and_what_is_missing_differs_from_what_is_broken(course):
    """Trap: grades of a dead kernel export as 0, like those of somebody who did nothing."""
    dead = graded("dead", answered("Kinks."))
    dead[0]["notebooks"] = [{"name": "svm", "status": "dead", "message": "killed", "counts": {}}]
    missing, broken = edition(), edition() | {"svm": b"{ not json"}
    del missing["svm"]
    gradebook.record(course, [dead, graded("missing", missing), graded("broken", broken)])
    for slug in ("dead", "missing", "broken"):
        assert total(course, slug) == 70
    assert cells(course, "dead")[ANSWER] == (None, True, None)
    assert "dead: killed" in shown(course, "dead").cells[0].source
    assert cells(course, "missing")[ANSWER] == (0, False, "No answer: svm.ipynb is missing.")
    assert cells(course, "broken")[ANSWER] == (None, True, "svm.ipynb cannot be read.")
    for slug in ("missing", "broken"):
        assert cells(course, slug)["softmax", "answer-1"] == (0, False, "No answer.")
        assert [cell.id for cell in shown(course, slug).cells if "check-" in cell.id] == [
            cell for notebook, cell in PLACES.values() if notebook == "svm"
        ]


def test_scores_follow_points_that_an_instructor_changes_and_a_copy_is_kept(course, tmp_path):
    submission = graded("alice", answered("Kinks."))
    gradebook.record(course, [submission])
    give(course, "alice", ANSWER, 4)
    copy_sources(tmp_path / "tree")
    points = tmp_path / "tree" / "grading" / "points.toml"
    text = points.read_text()
    text = text.replace("svm-loss-naive = 15", "svm-loss-naive = 13").replace(
        "answer-1 = 5", "answer-1 = 6"
    )
    points.write_text(text)
    before = dump(course)
    assert gradebook.record(course, [submission], root=tmp_path / "tree") == 1
    assert cells(course, "alice")[CHECK][0] == 13
    assert total(course, "alice") == 68 + 4
    assert waits(course, "alice", ANSWER)  # 4 of 5 may not be 4 of 6
    [copy] = course.glob("gradebook.before-*.db")
    with closing(sqlite3.connect(copy)) as connection:
        assert list(connection.iterdump()) == before
    gradebook.record(course, [submission], root=tmp_path / "tree")
    assert len(list(course.glob("gradebook.before-*.db"))) == 1


def test_a_cell_that_leaves_the_assignment_takes_its_points_along(course, monkeypatch):
    gradebook.record(course, [graded("alice", answered("Kinks."))])
    give(course, "alice", ANSWER, 4)
    give(course, "alice", ("svm", "answer-2"), 3)
    whole = course_folder.assignment()
    given = {
        name: [cell for cell in book if (name, cell.id) != ANSWER]
        for name, book in whole.given.items()
    }
    without = SimpleNamespace(files=whole.files, given=given)
    monkeypatch.setattr(course_folder, "assignment", lambda root: without)
    gradebook.record(course, [graded("alice", answered("Kinks."))])
    assert gradebook.manual(course, "alice") == {("svm", "answer-2"): {"score": 3, "comment": ""}}
    assert total(course, "alice") == 73 and len(cells(course, "alice")) == 11
    assert len(list(course.glob("gradebook.before-*.db"))) == 1  # which has them still


# --- What people gave -------------------------------------------------------------------------


def test_points_and_comments_of_a_person_are_kept(course):
    alice = graded("alice", answered("Kinks."), ["train"])
    gradebook.record(course, [alice, graded("bob", edition())])
    assert gradebook.manual(course, "alice") == {}
    give(course, "alice", ANSWER, 3, "Which?", extra=1)
    give(course, "alice", ("svm", "check-train"), 8, "Nearly.")
    give(course, "alice", ("svm", "answer-2"), 2)  # not answered, but said elsewhere
    give(course, "alice", ("softmax", "answer-1"), comment="See above.")
    give(course, "alice", ("svm", "check-predict"), extra=0.5)
    expected = {
        ANSWER: {"score": 4, "comment": "Which?"},
        ("svm", "check-train"): {"score": 8, "comment": "Nearly."},
        ("svm", "answer-2"): {"score": 2, "comment": ""},
        ("softmax", "answer-1"): {"score": None, "comment": "See above."},
        ("svm", "check-predict"): {"score": 5.5, "comment": ""},
    }
    for _ in range(2):
        assert gradebook.manual(course, "alice") == expected
        assert gradebook.all_manual(course) == {"alice": expected}
        assert total(course, "alice") == 60 + 4 + 8 + 2 + 0.5
        assert not any(waiting for _, waiting, _ in cells(course, "alice").values())
        gradebook.record(course, [alice, graded("bob", edition())])


@pytest.mark.parametrize(
    "place, then",
    [
        (ANSWER, graded("alice", answered("Other kinks."))),
        (ANSWER, graded("alice", edition())),  # the answer was taken out
        (CHECK, graded("alice", answered("Kinks."), ["svm_loss_naive"])),
        (CHECK, None),  # the submission is gone
    ],
)
def test_points_of_a_person_wait_for_a_look_when_what_they_were_for_has_changed(
    course, place, then
):
    gradebook.record(course, [graded("alice", answered("Kinks."))])
    give(course, "alice", place, 4)
    for _ in range(2):  # and it waits until somebody has looked
        gradebook.record(course, [then] if then else [])
        assert waits(course, "alice", place)
        assert gradebook.manual(course, "alice")[place]["score"] == 4
    give(course, "alice", place, 4)
    gradebook.record(course, [then] if then else [])
    assert not waits(course, "alice", place)


def test_a_comment_that_was_emptied_does_not_hide_the_verdict(course):
    gradebook.record(course, [graded("alice", edition())])
    give(course, "alice", CHECK, comment="")
    gradebook.record(course, [graded("alice", edition())])
    with api.Gradebook(gradebook.url(course / "gradebook.db")) as book:
        assert book.find_comment(CHECK[1], CHECK[0], "linear", "alice").comment == "Right."


def test_students_that_an_instructor_entered_keep_their_names(course):
    gradebook.record(course, [])
    with api.Gradebook(gradebook.url(course / "gradebook.db")) as book:
        book.add_student("alice", first_name="Alice", last_name="A.")
    gradebook.record(course, [graded("alice", edition())])
    with api.Gradebook(gradebook.url(course / "gradebook.db")) as book:
        assert book.find_student("alice").last_name == "A."
        assert [one.id for one in book.students] == ["alice"]


def test_names_are_shown_without_what_a_spreadsheet_or_a_page_would_act_on(course):
    result, *notebooks = graded("x-1", edition())
    result["name"] = '=HYPERLINK("http://x", <b>) Жанна, Müller'
    gradebook.record(course, [(result, *notebooks)])
    with api.Gradebook(gradebook.url(course / "gradebook.db")) as book:
        assert book.find_student("x-1").last_name == "HYPERLINK  http   x    b   Жанна  Müller"


# --- All or nothing ---------------------------------------------------------------------------


def test_grading_twice_makes_the_same_gradebook_and_the_same_files(course, tmp_path):
    submissions = [graded(slug, answered(slug)) for slug in ("alice", "bob")]
    gradebook.record(course, submissions)
    before = dump(course)
    files = {path: path.read_bytes() for path in course.rglob("*.*") if path.is_file()}
    gradebook.record(course, iter(submissions))
    assert dump(course) == before
    again = {path: path.read_bytes() for path in course.rglob("*.*") if path.is_file()}
    del files[course / "gradebook.db"], again[course / "gradebook.db"]
    assert again == files and len(files) > 90
    gradebook.record(tmp_path / "elsewhere", submissions)
    assert dump(tmp_path / "elsewhere") == before


def test_a_failure_is_raised_and_leaves_the_gradebook_as_it_was(course, monkeypatch):
    """Trap: nbgrader swallows exceptions of hooks, so a plugin that fails goes unnoticed."""
    gradebook.record(course, [graded("alice", edition())])
    before = dump(course)

    def fail(*_):
        raise RuntimeError("the last step")

    with monkeypatch.context() as patch:
        patch.setattr(gradebook_rows, "write_comments", fail)
        with pytest.raises(RuntimeError, match="the last step"):
            gradebook.record(course, [graded("alice", edition(), list(PLACES))])
    assert dump(course) == before

    def results():
        yield graded("alice", edition(), list(PLACES))
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        gradebook.record(course, results())
    assert dump(course) == before


def test_a_kill_at_any_moment_loses_nothing(course):
    submissions = [graded(f"s{n}", answered("Kinks.")) for n in range(5)]
    gradebook.record(course, submissions)
    give(course, "s3", ANSWER, 4, "Kept.")
    code = """
import sys
from gradebook_submissions import answered, edition, graded, PLACES
from course.export import nbgrader as gradebook
versions = [[graded(f"s{n}", books, failed) for n in range(5)]
            for books, failed in ((answered("Kinks."), []), (edition(), list(PLACES)))]
while True:
    for version in versions:
        gradebook.record(sys.argv[1], version)
        print("recorded", flush=True)
"""
    env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(course)], env=env, stdout=subprocess.PIPE
    )
    with process:
        process.stdout.readline()
        time.sleep(0.02)  # somewhere in the second one
        process.send_signal(signal.SIGKILL)
    with closing(sqlite3.connect(course / "gradebook.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    totals = {total(course, f"s{n}") for n in (0, 1, 2, 4)}
    assert totals in ({70}, {0})  # all of one version
    assert gradebook.manual(course, "s3") == {ANSWER: {"score": 4, "comment": "Kept."}}
    gradebook.record(course, submissions)
    assert {total(course, f"s{n}") for n in (0, 1, 2, 4)} == {70}
    assert total(course, "s3") == 74


def test_it_waits_for_a_person_who_is_saving(course):
    gradebook.record(course, [graded("alice", answered("Kinks."))])
    other = sqlite3.connect(course / "gradebook.db", check_same_thread=False)
    with closing(other):
        other.execute("UPDATE grade SET manual_score = 4 WHERE needs_manual_grade")
        timer = threading.Timer(1, other.commit)
        timer.start()
        gradebook.record(course, [graded("alice", answered("Kinks."))])
        timer.join()
    assert gradebook.manual(course, "alice")[ANSWER]["score"] == 4


def test_a_gradebook_of_another_version_is_left_alone(course):
    gradebook.record(course, [graded("alice", edition())])
    with closing(sqlite3.connect(course / "gradebook.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'f1e2d3'")
        connection.commit()
    before = dump(course)
    with pytest.raises(ValueError, match="nbgrader db upgrade"):
        gradebook.record(course, [graded("alice", edition(), list(PLACES))])
    assert dump(course) == before


def test_all_of_it_can_be_read_by_its_owner_alone(course):
    old = os.umask(0)
    try:
        gradebook.record(course, [graded("alice", edition())])
    finally:
        os.umask(old)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (course, *course.rglob("*"))}
    assert modes == {0o700, 0o600}


@pytest.mark.parametrize("slug", ["../x", "a/b", ".hidden", "", "-x", "x" * 65])
def test_no_name_leads_out_of_the_folder(course, slug):
    with pytest.raises(ValueError, match="cannot be the name"):
        gradebook.record(course, [graded(slug, edition())])


def test_a_damaged_gradebook_is_left_alone(tmp_path):
    course = tmp_path / "course"
    gradebook.record(course, [])
    damaged = b"SQLite format 3\0" + bytes(5000)
    (course / "gradebook.db").write_bytes(damaged)
    with pytest.raises(ValueError, match=r"gradebook\.db is no gradebook that can be read"):
        gradebook.record(course, [])
    assert (course / "gradebook.db").read_bytes() == damaged

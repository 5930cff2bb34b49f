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
from dataclasses import replace
from unittest.mock import Mock

import nbformat
import pytest

pytest.importorskip("nbgrader")

from gradebook_submissions import (
    ANSWER,
    CHECK,
    COURSE,
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
from sample_course import copy_sample
from sample_results import executed

from conftest import ROOT, contents
from course import definition
from course.export import nbgrader as gradebook
from course.export.nbgrader import course_folder, database
from course.export.nbgrader import rows as gradebook_rows


@pytest.fixture
def book(tmp_path):
    return tmp_path / "out" / "nbgrader"


# Automatic scores and comments


def test_each_cell_has_the_score_of_its_exercise_and_each_answer_waits(book):
    gradebook.record(COURSE, book, [graded("alice", answered("Kinks."), ["sum_naive"])])
    found = cells(book, "alice")
    assert len(found) == 12
    score, waiting, comment = found[CHECK]
    assert (score, waiting) == (0, False) and "gradient" in comment and HINT in comment
    assert "0.7351" not in comment  # details quote unseen problems, and students read comments
    assert found["one", "check-train"] == (10, False, "All right.\n- ✓ gradient")
    assert found[ANSWER] == (None, True, None)
    assert found["one", "answer-2"] == (0, False, "Inline question 2: Nothing was written.")
    assert total(book, "alice") == 55


def test_no_stale_score_is_left(book):
    """Trap: after a regrade that failed, nbgrader keeps the scores from before."""
    right, wrong = graded("alice", edition()), graded("alice", edition(), list(PLACES))
    bob = graded("bob", edition())
    gradebook.record(COURSE, book, [right, bob])
    assert (total(book, "alice"), total(book, "bob")) == (70, 70)
    gradebook.record(COURSE, book, [wrong])  # and bob's is not there any more
    assert (total(book, "alice"), total(book, "bob")) == (0, 0)
    assert "no result" in cells(book, "bob")[CHECK][2]
    assert "one.ipynb is missing" in shown(book, "bob").cells[0].source
    gradebook.record(COURSE, book, [right, bob])
    assert (total(book, "alice"), total(book, "bob")) == (70, 70)


def test_what_a_check_prints_does_not_count(book):
    """Traps: any stderr in a test cell gives 0; a number that it shows is taken for the points."""
    for printed, failed, points in (("stderr", [], 70), ("stdout", list(PLACES), 0)):
        books = edition()
        for name, cell in PLACES.values():
            outputs = [nbformat.v4.new_output("stream", name=printed, text="a warning")]
            outputs.append(nbformat.v4.new_output("execute_result", {"text/plain": "15"}))
            cell_of(books[name], cell)["outputs"] = outputs
        gradebook.record(COURSE, book, [graded("alice", books, failed)])
        assert total(book, "alice") == points


def test_a_dead_kernel_costs_no_points_and_what_is_missing_differs_from_what_is_broken(book):
    """Trap: grades of a dead kernel export as 0, like those of somebody who did nothing."""
    dead = graded("dead", answered("Kinks."))
    dead[0]["notebooks"] = [executed("one", status="dead", message="killed")]
    missing, broken = edition(), edition() | {"one": b"{ not json"}
    del missing["one"]
    gradebook.record(COURSE, book, [dead, graded("missing", missing), graded("broken", broken)])
    for slug in ("dead", "missing", "broken"):
        assert total(book, slug) == 70
    assert cells(book, "dead")[ANSWER] == (None, True, None)
    assert "Its kernel died: killed." in shown(book, "dead").cells[0].source
    said = "Inline question 1: Nothing was written: one.ipynb is missing."
    assert cells(book, "missing")[ANSWER] == (0, False, said)
    said = "Inline question 1: one.ipynb cannot be read."
    assert cells(book, "broken")[ANSWER] == (None, True, said)
    for slug in ("missing", "broken"):
        assert cells(book, slug)["two", "answer-1"][:2] == (0, False)
        assert [cell.id for cell in shown(book, slug).cells if "check-" in cell.id] == [
            cell for notebook, cell in PLACES.values() if notebook == "one"
        ]


def test_scores_follow_points_that_an_instructor_changes_and_a_copy_is_kept(book, tmp_path):
    submission = graded("alice", answered("Kinks."))
    gradebook.record(COURSE, book, [submission])
    give(book, "alice", ANSWER, 4)
    before = dump(book)
    path = copy_sample(tmp_path / "changed").root / definition.FILE
    text = path.read_text().replace("points = 15", "points = 13", 1)  # of the first exercise
    text = text.replace(
        'title = "Inline question 1"\npoints = 5', 'title = "A kink"\npoints = 7', 1
    )
    path.write_text(text)
    changed = definition.load(tmp_path / "changed")
    assert gradebook.record(changed, book, [submission]) == 1
    assert cells(book, "alice")[CHECK][0] == 13
    assert total(book, "alice") == 68 + 4
    assert waits(book, "alice", ANSWER)  # 4 of 5 may not be 4 of 7
    [copy] = book.glob("gradebook.before-*.db")
    with closing(sqlite3.connect(copy)) as connection:
        assert list(connection.iterdump()) == before
    gradebook.record(changed, book, [submission])
    assert len(list(book.glob("gradebook.before-*.db"))) == 1


def test_a_cell_that_leaves_the_assignment_takes_its_points_along(book, monkeypatch):
    gradebook.record(COURSE, book, [graded("alice", answered("Kinks."))])
    give(book, "alice", ANSWER, 4)
    give(book, "alice", ("one", "answer-2"), 3)
    whole = course_folder.assignment(COURSE)
    left = {
        name: [cell for cell in its_cells if (name, cell.id) != ANSWER]
        for name, its_cells in whole.cells.items()
    }
    without = replace(whole, cells=left)
    monkeypatch.setattr(course_folder, "assignment", lambda course: without)
    gradebook.record(COURSE, book, [graded("alice", answered("Kinks."))])
    left = {("one", "answer-2"): {"score": 3, "comment": ""}}
    assert gradebook.manual(COURSE, book).get("alice", {}) == left
    assert total(book, "alice") == 73 and len(cells(book, "alice")) == 11
    assert len(list(book.glob("gradebook.before-*.db"))) == 1  # which has them still


# What people gave


def test_points_and_comments_of_a_person_are_kept(book):
    alice = graded("alice", answered("Kinks."), ["train"])
    gradebook.record(COURSE, book, [alice, graded("bob", edition())])
    assert gradebook.manual(COURSE, book).get("alice", {}) == {}
    give(book, "alice", ANSWER, 3, "Which?", extra=1)
    give(book, "alice", ("one", "check-train"), 8, "Nearly.")
    give(book, "alice", ("one", "answer-2"), 2)  # not answered, but said elsewhere
    give(book, "alice", ("two", "answer-1"), comment="See above.")
    give(book, "alice", ("one", "check-predict"), extra=0.5)
    expected = {
        ANSWER: {"score": 4, "comment": "Which?"},
        ("one", "check-train"): {"score": 8, "comment": "Nearly."},
        ("one", "answer-2"): {"score": 2, "comment": ""},
        ("two", "answer-1"): {"score": None, "comment": "See above."},
        ("one", "check-predict"): {"score": 5.5, "comment": ""},
    }
    for _ in range(2):
        assert gradebook.manual(COURSE, book) == {"alice": expected}
        assert total(book, "alice") == 60 + 4 + 8 + 2 + 0.5
        assert not any(waiting for _, waiting, _ in cells(book, "alice").values())
        gradebook.record(COURSE, book, [alice, graded("bob", edition())])


@pytest.mark.parametrize(
    "place, then",
    [
        (ANSWER, graded("alice", answered("Other kinks."))),
        (ANSWER, graded("alice", edition())),  # the answer was taken out
        (CHECK, graded("alice", answered("Kinks."), ["sum_naive"])),
        (CHECK, None),  # the submission is gone
    ],
)
def test_points_of_a_person_wait_for_a_look_when_what_they_were_for_has_changed(book, place, then):
    gradebook.record(COURSE, book, [graded("alice", answered("Kinks."))])
    give(book, "alice", place, 4)
    for _ in range(2):  # and it waits until somebody has looked
        gradebook.record(COURSE, book, [then] if then else [])
        assert waits(book, "alice", place)
        assert gradebook.manual(COURSE, book)["alice"][place]["score"] == 4
    give(book, "alice", place, 4)
    gradebook.record(COURSE, book, [then] if then else [])
    assert not waits(book, "alice", place)


def test_a_comment_that_was_emptied_does_not_hide_the_verdict(book):
    gradebook.record(COURSE, book, [graded("alice", edition())])
    give(book, "alice", CHECK, comment="")
    gradebook.record(COURSE, book, [graded("alice", edition())])
    with api.Gradebook(database.url(book / "gradebook.db")) as opened:
        assert (
            opened.find_comment(CHECK[1], CHECK[0], COURSE.name, "alice").comment
            == "All right.\n- ✓ gradient"
        )


def test_students_that_an_instructor_entered_keep_their_names(book):
    gradebook.record(COURSE, book, [])
    with api.Gradebook(database.url(book / "gradebook.db")) as opened:
        opened.add_student("alice", first_name="Alice", last_name="A.")
    gradebook.record(COURSE, book, [graded("alice", edition())])
    with api.Gradebook(database.url(book / "gradebook.db")) as opened:
        assert opened.find_student("alice").last_name == "A."
        assert [one.id for one in opened.students] == ["alice"]


def test_names_are_shown_without_what_a_spreadsheet_or_a_page_would_act_on(book):
    result, *notebooks = graded("x-1", edition())
    result["name"] = '=HYPERLINK("http://x", <b>) Жанна, Müller'
    gradebook.record(COURSE, book, [(result, *notebooks)])
    with api.Gradebook(database.url(book / "gradebook.db")) as opened:
        assert opened.find_student("x-1").last_name == "HYPERLINK  http   x    b   Жанна  Müller"


# All or nothing


def test_grading_twice_makes_the_same_gradebook_and_the_same_files(book, tmp_path):
    submissions = [graded(slug, answered(slug)) for slug in ("alice", "bob")]
    gradebook.record(COURSE, book, submissions)
    before = dump(book)
    files = contents(book)
    gradebook.record(COURSE, book, iter(submissions))
    assert dump(book) == before
    again = contents(book)
    del files["gradebook.db"], again["gradebook.db"]
    assert again == files and len(files) > 50
    gradebook.record(COURSE, tmp_path / "elsewhere", submissions)
    assert dump(tmp_path / "elsewhere") == before


def test_what_stands_already_is_not_written_and_what_does_not_is(book, monkeypatch):
    submissions, written = [graded("alice", answered("Kinks."))], Mock(wraps=gradebook_rows.replace)
    monkeypatch.setattr(gradebook_rows, "replace", written)
    gradebook.record(COURSE, book, submissions)
    before = dump(book)
    gradebook.record(COURSE, book, submissions)
    assert written.call_count == 1
    lost = book / "autograded" / "alice" / COURSE.name / "one.ipynb"
    lost.unlink()
    gradebook.record(COURSE, book, submissions)
    assert lost.exists() and written.call_count == 1
    with closing(sqlite3.connect(book / "gradebook.db")) as connection:
        connection.execute("UPDATE grade SET auto_score = 1000")  # as nbgrader's autograder could
        connection.commit()
    gradebook.record(COURSE, book, submissions)
    assert dump(book) == before and written.call_count == 2
    (book / "gradebook.db").unlink()
    gradebook.record(COURSE, book, submissions)
    assert dump(book) == before and written.call_count == 3
    gradebook.record(COURSE, book, [graded("alice", answered("Other kinks."))])
    assert written.call_count == 4
    monkeypatch.setattr(gradebook, "version", lambda name: "1000")  # of nbgrader
    gradebook.record(COURSE, book, [graded("alice", answered("Other kinks."))])
    assert written.call_count == 5


def test_a_failure_is_raised_and_leaves_the_gradebook_as_it_was(book, monkeypatch):
    """Trap: nbgrader swallows exceptions of hooks, so a plugin that fails goes unnoticed."""
    gradebook.record(COURSE, book, [graded("alice", edition())])
    before = dump(book)

    def fail(*_):
        raise RuntimeError("the last step")

    with monkeypatch.context() as patch:
        patch.setattr(gradebook_rows, "write_comments", fail)
        with pytest.raises(RuntimeError, match="the last step"):
            gradebook.record(COURSE, book, [graded("alice", edition(), list(PLACES))])
    assert dump(book) == before

    def results():
        yield graded("alice", edition(), list(PLACES))
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        gradebook.record(COURSE, book, results())
    assert dump(book) == before


def test_a_kill_at_any_moment_loses_nothing(book, tmp_path):
    submissions = [graded(f"s{n}", answered("Kinks.")) for n in range(5)]
    gradebook.record(COURSE, book, submissions)
    give(book, "s3", ANSWER, 4, "Kept.")
    code = """
import sys
from gradebook_submissions import COURSE, PLACES, answered, edition, graded
from course.export import nbgrader as gradebook
versions = [[graded(f"s{n}", books, failed) for n in range(5)]
            for books, failed in ((answered("Kinks."), []), (edition(), list(PLACES)))]
while True:
    for version in versions:
        gradebook.record(COURSE, sys.argv[1], version)
        print("recorded", flush=True)
"""
    env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(book)], env=env, stdout=subprocess.PIPE
    )
    with process:
        process.stdout.readline()
        time.sleep(0.02)  # somewhere in the second one
        process.send_signal(signal.SIGKILL)
    with closing(sqlite3.connect(book / "gradebook.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    totals = {total(book, f"s{n}") for n in (0, 1, 2, 4)}
    assert totals in ({70}, {0})  # all of one version
    assert gradebook.manual(COURSE, book)["s3"] == {ANSWER: {"score": 4, "comment": "Kept."}}
    gradebook.record(COURSE, book, submissions)
    assert {total(book, f"s{n}") for n in (0, 1, 2, 4)} == {70}
    assert total(book, "s3") == 74


def test_it_waits_for_a_person_who_is_saving(book):
    gradebook.record(COURSE, book, [graded("alice", answered("Kinks."))])
    other = sqlite3.connect(book / "gradebook.db", check_same_thread=False)
    with closing(other):
        other.execute("UPDATE grade SET manual_score = 4 WHERE needs_manual_grade")
        timer = threading.Timer(1, other.commit)
        timer.start()
        gradebook.record(COURSE, book, [graded("alice", answered("Kinks."))])
        timer.join()
    assert gradebook.manual(COURSE, book)["alice"][ANSWER]["score"] == 4


def test_a_gradebook_of_another_version_is_left_alone(book):
    gradebook.record(COURSE, book, [graded("alice", edition())])
    with closing(sqlite3.connect(book / "gradebook.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'f1e2d3'")
        connection.commit()
    before = dump(book)
    with pytest.raises(ValueError, match="nbgrader db upgrade"):
        gradebook.record(COURSE, book, [graded("alice", edition(), list(PLACES))])
    assert dump(book) == before


def test_all_of_it_can_be_read_by_its_owner_alone(book):
    old = os.umask(0)
    try:
        gradebook.record(COURSE, book, [graded("alice", edition())])
    finally:
        os.umask(old)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (book, *book.rglob("*"))}
    assert modes == {0o700, 0o600}


@pytest.mark.parametrize("slug", ["../x", "a/b", ".hidden", "", "-x", "x" * 65])
def test_no_name_leads_out_of_the_folder(book, slug):
    with pytest.raises(ValueError, match="cannot be the name"):
        gradebook.record(COURSE, book, [graded(slug, edition())])


def test_a_damaged_gradebook_is_left_alone(tmp_path):
    book = tmp_path / "course"
    gradebook.record(COURSE, book, [])
    damaged = b"SQLite format 3\0" + bytes(5000)
    (book / "gradebook.db").write_bytes(damaged)
    for look, *given in ((gradebook.record, []), (gradebook.manual,)):
        with pytest.raises(ValueError, match=r"gradebook\.db is no gradebook that can be read"):
            look(COURSE, book, *given)
    assert (book / "gradebook.db").read_bytes() == damaged

"""Hand-in times, a deadline, a penalty: read as they are written, and the same wherever shown?"""

import csv
import io
from contextlib import closing
from dataclasses import replace
from datetime import datetime

import pytest
from paper_course import COURSE
from sample_course import copy_sample
from sample_results import graded, result, text_of
from submissions import to_folder

from course.definition import Deadline
from course.export import feedback, grades, gradescope, overview
from course.export.roster import People, read_table
from course.grader import intake
from course.grader.intake.lateness import judged, read_time
from course.grader.intake.systems import Handed

TIMES = {  # as nbgrader, Gradescope, Moodle, Canvas and people write them
    "2026-10-01 10:00:00.948203 UTC": "2026-10-01 10:00:00+00:00",
    "2026-10-01 10:00:00.5 Europe/Berlin": "2026-10-01 10:00:00+02:00",
    "2026-12-01 10:00:00 Europe/Berlin": "2026-12-01 10:00:00+01:00",
    "2026-10-01 10:00:00 +0200": "2026-10-01 10:00:00+02:00",
    "2026-10-01 10:00:00.000000000 -08:00": "2026-10-01 10:00:00-08:00",
    "2026-10-01T10:00:00Z": "2026-10-01 10:00:00+00:00",
    "Thursday, 1 October 2026, 10:00 AM": "2026-10-01 10:00:00",
    "Oct 1, 2026 at 10:00 PM": "2026-10-01 22:00:00",
    " 2026-10-01 10:00\n": "2026-10-01 10:00:00",
    "01.10.2026 10:00": "",  # October or January
    "10/01/2026 10:00": "",
    "2026-10-01 10:00 XYZT": "",  # which zone?
    "2026-13-01 10:00": "",
    "2026-10-01 10:00" + " " * 100 + "x": "",
    "-": "",
    "": "",
}


@pytest.mark.parametrize("text", TIMES)
def test_a_time_is_read_or_refused_and_never_guessed(text):
    assert read_time(text) == TIMES[text]


DUE = Deadline(
    datetime.fromisoformat("2026-10-08T23:59:00+02:00"), grace=15, per_day=10, at_most=50
)


@pytest.mark.parametrize(
    ("time", "late", "own", "days", "penalty"),
    [
        ("2026-10-08 23:59:00", False, "", 0, 0),
        ("2026-10-09 00:14:00", False, "", 0, 0),  # the last of the minutes that are let pass
        ("2026-10-09 00:14:01", False, "", 1, 10),
        ("2026-10-08 21:59:00+00:00", False, "", 0, 0),  # the same as the deadline
        ("2026-10-08 22:30:00+00:00", False, "", 1, 10),
        ("2026-10-09 23:59:00", False, "", 1, 10),
        ("2026-10-09 23:59:01", False, "", 2, 20),
        ("2026-12-24 10:00:00", False, "", 77, 50),
        ("2026-10-12 10:00:00", True, "2026-10-12 23:59:00", 0, 0),  # has until then
        ("2026-10-13 10:00:00", False, "2026-10-12 23:59:00", 1, 10),
        ("", False, "", 0, 0),
        ("", True, "", 0, None),
    ],
)
def test_days_are_counted_from_the_deadline_and_cost_what_is_declared(
    time, late, own, days, penalty
):
    one = Handed(key="ann", name="Ann", pieces=(), late=late, time=time, due=own)
    found = judged(DUE, one)
    assert (found.days, found.penalty) == (days, penalty)
    assert found.late == (days > 0 or penalty is None)
    assert judged(None, one) == one  # off by default


def test_the_list_of_students_tells_times_and_extensions(tmp_path):
    lines = ["Full name,ID,Last modified (submission),Due"]
    lines += ['Ann Poe,1,"Friday, 9 October 2026, 10:00 AM",-']
    lines += ['Ben Poe,2,"Friday, 9 October 2026, 10:00 AM",2026-10-10 00:00']
    lines += ["Cem Poe,3,09.10.2026 10:00,", "Dan Poe,4,-,"]
    (tmp_path / "list.csv").write_text("\n".join(lines))
    folder = to_folder(
        {f"{name} Poe/a": b"" for name in ("Ann", "Ben", "Cem", "Dan")}, tmp_path / "x"
    )
    course = replace(COURSE, deadline=DUE)
    found = intake.find(course, folder, People(read_table(tmp_path / "list.csv"))).students
    assert [(one.days, one.time[:16]) for one in found] == [
        (1, "2026-10-09 10:00"), (0, "2026-10-09 10:00"), (0, ""), (0, ""),
    ]  # fmt: skip
    told = "'09.10.2026 10:00' in the list of students is no time that can be read"
    assert [one.remarks for one in found if one.remarks] == [
        (f"{told}; write it as 2026-10-01 10:00",)
    ]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    copy_sample(folder)
    path = folder / "exercises" / "course.toml"
    path.write_text(
        path.read_text() + "\n[deadline]\ndue = 2026-10-08T23:59:00+02:00\nper_day = 10\n"
    )
    from course import definition

    return definition.load(folder)


LATE = {"late": True, "days": 2, "penalty": 20, "time": "2026-10-10 10:00:00+02:00"}


def test_the_penalty_is_the_same_wherever_points_are_shown(course):
    assert course.deadline.at_most == 100
    one = result(student=LATE)
    manual = graded(one, 4)  # 70 + 24 points
    row = overview.row(course, one, manual)
    [line] = csv.DictReader(io.StringIO(grades.table_of([row]).removeprefix("\ufeff")))
    assert [line[key] for key in ("late", "handed in", "penalty", "total")] == [
        "yes", "2026-10-10 10:00:00+02:00", "20", "74",
    ]  # fmt: skip
    assert "2026-10-10 10:00 2 days late (\u221220)" in text_of(overview.index(course, [row]))
    page = text_of(feedback.page(course, one, manual))
    assert "74 of 100 points" in page
    assert "Handed in 2 days late (2026-10-10 10:00) \u221220" in page
    found = gradescope.results(one, manual)
    assert found["score"] == 74
    assert "Handed in 2 days late, which costs 20 points." in found["output"]
    assert overview.row(course, result(student=LATE | {"penalty": 100}))["points"].total == 0


def test_what_is_not_known_is_said_and_no_total_is_final(course):
    unknown = result(name="Ann", student={"late": True, "penalty": None})
    untimed = result(name="Ben", slug="ben", student={"penalty": 0})
    rows = [overview.row(course, one, graded(one, 5)) for one in (unknown, untimed)]
    assert rows[0]["waits"] == "how late it was handed in is not known" and not rows[1]["waits"]
    told = text_of(overview.index(course, rows))
    assert "When it was handed in is not known of 1: no penalty for these." in told
    assert "Their totals wait, as nobody knows how late: Ann. A column" in told
    page = text_of(feedback.page(course, unknown, graded(unknown, 5)))
    assert "so far; how late it was handed in is not known" in page and "Total" not in page
    assert "so far; how late" in gradescope.results(unknown, graded(unknown, 5))["output"]


def test_nbgrader_exports_times_and_penalties(course, tmp_path):
    pytest.importorskip("nbgrader")
    from nbgrader import api

    from course.export import nbgrader

    book = tmp_path / "book"
    for penalty in (20, 10):  # the deadline was moved
        one = result(student=LATE | {"penalty": penalty})
        nbgrader.record(course, book, [(one, {}, {})])
        with closing(api.Gradebook(f"sqlite:///{book / 'gradebook.db'}")) as gradebook:
            [found] = gradebook.assignment_submissions(course.name)
            assert str(found.timestamp) == "2026-10-10 08:00:00"
            assert str(found.duedate) == "2026-10-08 21:59:00"
            assert found.total_seconds_late == 34 * 3600 + 60
            assert found.late_submission_penalty == penalty
    stamp = book / "submitted" / "ada" / course.name / "timestamp.txt"
    assert stamp.read_text() == "2026-10-10 08:00:00 UTC\n"
    nbgrader.record(course, book, [(result(), {}, {})])
    assert not stamp.exists()

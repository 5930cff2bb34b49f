"""Right solutions, however they are written, must pass every check without a false alarm."""

from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

import pytest
from planted_misconceptions import COURSE, solved_in, with_helpers

from course import checks

FILES = sorted((Path(__file__).parent / "correct_solutions").glob("*.py"))


def exercises_in(file):
    """Return {exercise: attribute} that the file solves."""
    found = solved_in(file.read_text(encoding="utf-8"))
    return {n: n if COURSE.exercises[n].attribute == n else "Classifier" for n in found}


def test_all_exercises_are_solved():
    assert {name for file in FILES for name in exercises_in(file)} == set(COURSE.exercises)


def one_each(files):
    """Yield one of the exercises that each file solves, so that all exercises take their turn."""
    turns = cycle(COURSE.exercises)
    for file in files:
        found = exercises_in(file)
        name = next(name for name in turns if name in found)
        yield pytest.param(file, {name: found[name]}, id=f"{file.stem}-{name}")


@pytest.mark.parametrize(
    ("file", "solved"),
    [
        *one_each(FILES),
        *(
            pytest.param(file, exercises_in(file), id=file.stem, marks=pytest.mark.night)
            for file in FILES
        ),
    ],
)
def test_right_solutions_pass(file, solved, tmp_path):
    text, mine = file.read_text(encoding="utf-8"), tmp_path / file.name
    for exercise in solved:
        text = with_helpers(exercise, text)
    mine.write_text(text, encoding="utf-8")
    with ThreadPoolExecutor(2) as threads:
        reports = threads.map(
            lambda name: checks.run(name, file=mine, attribute=solved[name]), solved
        )
    for report in reports:
        assert report.passed and not report.misconceptions, report
        assert all(part.points == part.possible for part in report.parts), report
        assert report.vectorized is not False, report
        remarks = ("in place", "no integers")  # on what is right all the same
        notes = [one for one in report.notes if not any(word in one for word in remarks)]
        assert len(notes) == ("half" in file.stem), report

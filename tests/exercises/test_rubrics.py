"""Do rubrics reach the person who grades, and nobody else?"""

import dataclasses
import tomllib

from course import definition
from course.edition import handed_out, leaks
from course.export.nbgrader import course_folder

COURSE = definition.load()
QUESTIONS = [one for one in COURSE.by_hand if one.question]


def test_each_question_shows_its_rubric_above_the_answer_to_whoever_grades():
    cells = course_folder.assignment(COURSE).cells
    for one in QUESTIONS:
        names = [cell.id for cell in cells[one.notebook]]
        rubric = cells[one.notebook][names.index(one.cell) - 1]
        assert one.rubric and all(line in rubric.source for line in one.rubric)
        assert not rubric.metadata.nbgrader.grade and rubric.metadata.nbgrader.locked


def test_students_get_no_rubric_and_a_forgotten_marker_stops_the_release():
    edition = handed_out.edition(COURSE)
    handed = tomllib.loads(edition.files[definition.FILE].decode())
    assert len(handed["by_hand"]) == len(COURSE.by_hand)
    assert not any("rubric" in one for one in handed["by_hand"])
    whole = {definition.FILE: (COURSE.root / definition.FILE).read_bytes()}
    told = leaks.find_problems(COURSE, dataclasses.replace(edition, files=whole))
    for one in QUESTIONS:
        assert any(f"the rubric of {one.cell} in {one.notebook}" in line for line in told)

"""The page that a student gets back.

    page(course, result, manual, figures) -> HTML    points, verdicts, hints, answers, notebooks

What is said stands in telling.py. The result's seed and key, from which unseen problems could be
made again, are not on the page.
"""

from course.checks.report import MARKS
from course.export.markup import render
from course.export.points import Points
from course.export.telling import (
    WITHOUT_SANDBOX,
    ToldAnswer,
    ToldExercise,
    ToldNotebook,
    tell_lateness,
    tell_waiting,
)
from course.text import one_line

MOST_CELLS = 40  # of one notebook, told one by one


def page(course, result, manual=None, figures=None):
    """Return the feedback page of a result.

    manual   {(notebook, cell): {"score": points or None, "comment": text}}, given by people
    figures  {name: bytes} of the pictures beside answers, as answers.figures returns them
    """
    manual = manual or {}
    counted, student = Points.of(result, manual), result.get("student", {})
    return render(
        "feedback.html",
        course=course.title,
        name=one_line(result["name"]),
        warning="" if result["sandbox"] else WITHOUT_SANDBOX,
        marks=MARKS,
        points=counted,
        waits=tell_waiting(result, counted),
        late=tell_lateness(student),
        time=student.get("time", ""),
        exercises=[ToldExercise(one, manual) for one in result["exercises"]],
        answers=[(ToldAnswer(one, manual), one) for one in result["answers"]],
        rubrics={(one.notebook, one.cell): one.rubric for one in course.by_hand},
        figures=figures or {},
        notebooks=[ToldNotebook(one) for one in result["notebooks"]],
        pages=result["attachments"],
        most_cells=MOST_CELLS,
        remarks=[one_line(remark, 500) for remark in result["remarks"][:100]],
        content=one_line(result["content"], 64)[:16],
    )

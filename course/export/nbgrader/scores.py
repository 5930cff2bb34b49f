"""The scores and comments that the gradebook gets of a result.

    scores(result, cells)    a list of Rows, one for each graded cell of {notebook: its cells}
    graded_cells(cells)      {(notebook, cell id): cell} of those

nbgrader is not imported here, as that takes seconds.
"""

import hashlib
import json
from typing import NamedTuple

from course.export.nbgrader.course_notebook import is_graded, safe_markdown
from course.export.telling import ToldAnswer, ToldExercise

ABSENT = "The last grading has no result of this submission."


class Row(NamedTuple):
    """What one graded cell of one submission gets.

    score     the automatic one; None where a person is waited for
    comment   Markdown, or None
    content   a hash of what the score is for: if it changes, a person's points need another look
    """

    slug: str
    notebook: str
    cell: str
    score: float | None
    comment: str | None
    content: str


def graded_cells(cells):
    """Return {(notebook, cell id): cell} of those that have points, in order."""
    return {(book, one.id): one for book, its in cells.items() for one in filter(is_graded, its)}


def scores(result, cells):
    """Return the Rows of a result; cells: {notebook: its cells}, which hold the points."""
    every, rows = (*result["exercises"], *result["answers"]), []
    entries = {(one["notebook"], one["cell"]): one for one in every}
    for place, cell in graded_cells(cells).items():
        most, entry = float(cell.metadata.nbgrader.points), entries.get(place)
        if cell.metadata.nbgrader.locked:
            score, comment = verdict(entry, most)
            content = [most, score, comment]
        else:
            score, comment = unanswered(entry)
            content = [most, entry["source"] if entry else ""]
        digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
        rows.append(Row(result["slug"], *place, score, comment, digest))
    return rows


def verdict(entry, most):
    """Return the points of an exercise and the comment on it; `most` is what the cell is worth."""
    if entry is None:
        return 0.0, ABSENT
    first, *more = ToldExercise(entry, {}).text
    comment = safe_markdown("\n".join([first, *(f"- {line}" for line in more)]))
    # A result may be older than the points of the assignment.
    return most * entry["points"] / entry["possible"], comment


def unanswered(answer):
    """Return 0 and the reason where there is nothing to grade, else (None, ...): it waits."""
    if answer is None:
        return 0.0, ABSENT
    told = ToldAnswer(answer, {})
    return told.score, f"{told.title}: {told.remark}" if told.remark else None

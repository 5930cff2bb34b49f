"""From a result to what stands in the gradebook's cells: automatic scores, comments.

    scores(result, cells)    one Row for each graded cell, in the order of the notebooks

Students read the comments, too: they hold what telling.py says, and nothing of unseen problems.
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


def scores(result, cells):
    """Return the Rows of a result; cells: {notebook: its cells}, which hold the points."""
    exercises = {(one["notebook"], one["cell"]): one for one in result["exercises"]}
    answers = {(one["notebook"], one["cell"]): one for one in result["answers"]}
    rows = []
    for notebook, its_cells in cells.items():
        for cell in filter(is_graded, its_cells):
            most, place = float(cell.metadata.nbgrader.points), (notebook, cell.id)
            if cell.metadata.nbgrader.locked:
                score, comment = verdict(exercises.get(place), most)
                content = [most, score, comment]
            else:
                answer = answers.get(place)
                score, comment = unanswered(answer)
                content = [most, answer["source"] if answer else ""]
            rows.append(Row(result["slug"], *place, score, comment, digest(content)))
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


def digest(content):
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()

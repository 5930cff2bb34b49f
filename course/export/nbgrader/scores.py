"""From a result to what stands in the gradebook's cells: automatic scores, comments.

    scores(result, given)    one Row for each graded cell, in the order of the notebooks

Comments are read by students, too: they hold what feedback.py shows of an exercise, and nothing of
an unseen problem.
"""

import hashlib
import json
from typing import NamedTuple

from course.export import feedback
from course.export.nbgrader.course_notebook import is_graded, safe_markdown

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


def scores(result, given):
    """Return the Rows of a result; given: {notebook: cells}, which hold the points."""
    exercises = {(one["notebook"], one["cell"]): one for one in result["exercises"]}
    answers = {(one["notebook"], one["cell"]): one for one in result["answers"]}
    rows = []
    for notebook, cells in given.items():
        for cell in filter(is_graded, cells):
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
    # A result may be older than the points of the assignment.
    score = most * entry["points"] / entry["possible"]
    words = feedback.VERDICTS.get(entry["status"], "It could not be judged.")
    lines = [f"{words} {feedback.public(entry)}".rstrip()]
    for line in feedback.told_lines(entry):
        if line["ok"] is False:
            lines.append(f"- {line['title']} {line['public']}".rstrip())
    lines += [f"- Hint: {hint}" for hint in feedback.hints(entry)]
    lines += [f"- {note}" for note in entry["notes"]]
    if (vectorized := feedback.vectorization(entry["vectorized"])) is not None:
        lines.append(
            f"- {vectorized[1]} {entry['misconceptions'].get(feedback.LOOPS, '')}".rstrip()
        )
    return score, safe_markdown("\n".join(lines))


def unanswered(answer):
    """Return 0 and the reason where there is nothing to grade, else (None, ...): it waits."""
    if answer is None:
        return 0.0, ABSENT
    if answer["answered"]:
        return None, None
    if answer["state"] == "unreadable":  # a person may find one
        return None, f"{answer['notebook']}.ipynb cannot be read."
    if answer["state"] == "missing":
        return 0.0, f"No answer: {answer['notebook']}.ipynb is missing."
    return 0.0, "No answer."


def digest(content):
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()

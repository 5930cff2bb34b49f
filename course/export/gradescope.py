"""Gradescope's results.json, from a result.

The format: https://gradescope-autograders.readthedocs.io/en/latest/specs/. All output is declared
to be plain text, so that Gradescope renders none of it. Tests without a score are shown, and not
counted: those are the answers that wait for a person.
"""

from course.export.feedback import (
    LOOPS,
    NOTEBOOKS,
    VERDICTS,
    counted_cells,
    hints,
    public,
    told_lines,
    vectorization,
)
from course.export.markup import points
from course.export.points import Points, given_by_hand, score_of, score_of_exercise
from course.text import clean, one_line


def results(result, manual=None):
    """Return the content of results.json as a dictionary; `manual` as in feedback.page."""
    manual = manual or {}
    counted = Points.of(result, manual)
    tests = [exercise(entry, manual) for entry in result["exercises"]]
    tests += [answer(entry, manual) for entry in result["answers"]]
    return {
        "score": counted.total,
        "output": summary(result, counted),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"content": one_line(result["content"], 64)},
        "tests": [test | {"number": str(n)} for n, test in enumerate(tests, 1)],
    }


def summary(result, counted):
    lines = [f"{points(counted.total)} of {points(counted.possible)} points"]
    if counted.waiting:
        lines[0] += f" so far; answers worth {points(counted.waiting)} wait for a person"
    if not result["sandbox"]:
        lines.insert(0, "Graded without the sandbox: not to be trusted until graded again.")
    for entry in result["notebooks"]:
        words = NOTEBOOKS.get(entry["status"], "Not executed")
        lines.append(f"{entry['name']}.ipynb: {words}. Cells: {counted_cells(entry) or 'none'}.")
    return "\n".join(lines + [one_line(remark, 500) for remark in result["remarks"][:100]])


def exercise(entry, manual):
    lines = [" ".join(filter(None, [VERDICTS.get(entry["status"]), public(entry)]))]
    marks = {True: "✓", False: "✗", None: "·"}
    for line in told_lines(entry):
        text = "not judged" if line["ok"] is None else line["public"]
        lines.append(f"{marks[line['ok']]} {line['title']}" + (f": {text}" if text else ""))
    lines += [f"→ {hint}" for hint in hints(entry)]
    lines += [f"Note: {note}" for note in entry["notes"]]
    if entry["vectorized"]:
        lines.append(f"{vectorization(entry['vectorized'])[1]} No points depend on this.")
        lines.append(entry["misconceptions"].get(LOOPS, ""))
    lines.append(given_by_hand(entry, manual)[1])
    return {
        "name": f"{entry['notebook']}: {entry['exercise']}",
        "score": score_of_exercise(entry, manual),
        "max_score": entry["possible"],
        "status": "passed" if entry["correct"] else "failed",
        "output": clean("\n".join(filter(None, lines))),
        "output_format": "text",
        "tags": [entry["notebook"], "automatic", *entry["misconceptions"]],
        "visibility": "visible",
    }


def answer(entry, manual):
    score, comment = score_of(entry, manual), given_by_hand(entry, manual)[1]
    said = [] if entry["answered"] else ["Nothing was written."]
    said += [] if score is not None else ["Waits for a person."]
    test = {
        "name": f"{entry['notebook']}: {entry['title']}",
        "output": "\n".join([*said, comment]).strip(),
        "output_format": "text",
        "tags": [entry["notebook"], "by hand"],
        "visibility": "visible",
    }
    return test if score is None else test | {"score": score, "max_score": entry["possible"]}

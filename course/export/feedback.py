"""The page that a student gets back.

    page(result, manual, figures)    one HTML file: points, verdicts, hints, answers, notebooks

What is said of an exercise are its verdict, the catalogue's hints and the texts that verdict.py
marks as "public". Details of lines and messages quote unseen problems, and the seed makes them
anew: neither is here, nor is the result's key, from which a seed could be guessed.
"""

from course.export.markup import PICTURES, picture, render
from course.export.notebook_page import notebook_page
from course.export.points import Points, given_by_hand, score_of
from course.text import clean, one_line

__all__ = ["notebook_page", "page", "public", "vectorization"]

VECTORIZED, LOOPS = "vectorized", "loops"  # a line and a misconception that cost no points
VERDICTS = {
    "passed": "Right.",
    "failed": "Not yet right.",
    "not implemented": "Not implemented.",
    "broken": "It could not be run.",
}
NOTEBOOKS = {
    "executed": "Executed again from top to bottom",
    "timeout": "Stopped at the time limit",
    "flooded": "Stopped, as it printed more than is taken in",
    "dead": "Its kernel died",
    "stopped": "Stopped by the sandbox",
    "missing": "Not handed in",
    "unreadable": "Not readable",
}
CELLS = {  # verdicts, those that matter most first
    "fails": "fails when it is executed again",
    "differs": "shows something else than what is stored",
}
COUNTED = {"same": "as stored", "fails": "failing", "differs": "different"}  # in a count
MOST_CELLS = 40  # of one notebook, told one by one


def public(entry):
    """Return the text of an exercise or of a line that may be shown to anybody."""
    text = entry.get("public")
    return one_line(text, 500) if isinstance(text, str) else ""


def page(course, result, manual=None, figures=None):
    """Return the feedback page of a result.

    manual   {(notebook, cell): {"score": points or None, "comment": text}}, given by people
    figures  {name: bytes} of the pictures beside answers, as answers.figures returns them
    """
    manual, figures = manual or {}, figures or {}
    return render(
        "feedback.html",
        course=course.title,
        name=one_line(result["name"]),
        sandbox=result["sandbox"],
        points=Points.of(result, manual),
        exercises=[exercise(one, manual) for one in result["exercises"]],
        answers=[answer(one, manual, figures) for one in result["answers"]],
        notebooks=[notebook(one, result["attachments"]) for one in result["notebooks"]],
        remarks=[one_line(remark, 500) for remark in result["remarks"][:100]],
        content=one_line(result["content"], 64)[:16],
    )


def exercise(entry, manual):
    """Return what the page says of one exercise."""
    score, comment = given_by_hand(entry, manual)
    return {
        "notebook": entry["notebook"],
        "name": entry["exercise"],
        "points": entry["points"],
        "changed": None if score == entry["points"] else score,
        "comment": comment,
        "possible": entry["possible"],
        "good": entry["status"] == "passed",
        "verdict": VERDICTS.get(entry["status"], "It could not be judged."),
        "public": public(entry),
        "lines": told_lines(entry),
        "hints": hints(entry),
        "notes": entry["notes"],
        "vectorized": vectorization(entry["vectorized"]),
        "loops": entry["misconceptions"].get(LOOPS, ""),
    }


def told_lines(entry):
    """Return what was looked at, [{"title", "ok", "public"}]; vectorization is told apart."""
    return [
        {"title": line["title"], "ok": line["ok"], "public": public(line)}
        for line in entry["lines"]
        if line["title"] != VECTORIZED
    ]


def hints(entry):
    """Return the hints of misconceptions about what is right."""
    return [hint for name, hint in entry["misconceptions"].items() if name != LOOPS]


def vectorization(found):
    """Return (mark, sentence) about vectorization, None where none is asked for."""
    if found is None:
        return None
    if found["verdict"]:
        return True, "Vectorized."
    if found["verdict"] is None:
        return None, "Whether it is vectorized could not be told."
    if found["loop"]:
        return False, "Not vectorized: it visits examples or classes one by one in Python."
    return False, "Not vectorized: its time grows with the number of examples as that of a loop."


def answer(entry, manual, figures):
    """Return what the page says of one cell that a person grades."""
    _, comment = given_by_hand(entry, manual)
    shown = [
        {"cell": one["cell"], "uri": picture(figures[one["name"]], one["mime"])}
        for one in entry["figures"]
        if one["name"] in figures and one["mime"] in PICTURES
    ]
    return {
        "notebook": entry["notebook"],
        "title": entry["title"],
        "code": entry["kind"] == "code",
        "possible": entry["possible"],
        "score": score_of(entry, manual),
        "answered": entry["answered"],
        "state": entry.get("state", ""),
        "source": entry["source"],
        "comment": comment,
        "figures": shown,
    }


def notebook(entry, attachments):
    """Return what the page says of one notebook that was executed again."""
    name, cells = entry["name"], []
    for verdict, words in CELLS.items():
        cells += [cell(one, words) for one in entry["cells"] if one["verdict"] == verdict]
    return {
        "name": name,
        "page": f"{name}.html" if f"{name}.html" in attachments else None,
        "status": NOTEBOOKS.get(entry["status"], "Not executed"),
        "executed": entry["status"] == "executed",
        "message": "" if entry["status"] == "missing" else one_line(entry["message"], 500),
        "same_data": (entry.get("data") or {}).get("same"),
        "counts": counted_cells(entry),
        "cells": cells[:MOST_CELLS],
        "more": len(cells) - MOST_CELLS,
    }


def counted_cells(entry):
    """Return how many cells of a notebook have which verdict, in words."""
    counts = ((entry["counts"].get(verdict, 0), words) for verdict, words in COUNTED.items())
    return ", ".join(f"{count} {words}" for count, words in counts if count)


def cell(entry, words):
    return {
        "index": entry["index"],
        "title": one_line(entry.get("title") or entry["id"] or f"cell {entry['index'] + 1}", 80),
        "words": words,
        "why": one_line(entry.get("why") or "", 500),
        "stored": clean(entry.get("stored") or "", 4000),
        "fresh": clean(entry.get("fresh") or "", 4000),
    }

"""Results of the sample course as the grader makes them, for tests of what is written from them."""

import copy

from bs4 import BeautifulSoup
from sample_course import ANSWERS, EXERCISES, check_cell

TITLES = ("loss", "gradient", "inputs left unchanged")
LOOPS = {"vectorized": False}


def exercise(notebook, name, possible, status="passed", **more):
    judged = status in ("passed", "failed")
    lines = [
        {"title": title, "ok": status == "passed" or title == "loss", "detail": "", "public": ""}
        for title in TITLES
    ]
    entry = {
        "notebook": notebook,
        "cell": check_cell(name),
        "exercise": name,
        "points": possible if status == "passed" else 0,
        "possible": possible,
        "correct": status == "passed",
        "status": status,
        "message": "",
        "public": "",
        "lines": lines if judged else [],
        "misconceptions": {},
        "notes": [],
        "vectorized": True if name.endswith("vectorized") else None,
    }
    return entry | more


def answer(notebook, cell, source="Because.", figures=()):
    kind = "code" if cell == "search-cell" else "answer"
    entry = {"notebook": notebook, "cell": cell, "title": ANSWERS[cell]}
    entry |= {"kind": kind, "possible": 5}
    written = {"answered": bool(source), "state": "", "source": source}
    return entry | written | {"figures": list(figures)}


def cell(id, verdict, index=0, title="", why="", stored="", fresh=""):
    shown = {"why": why, "stored": stored, "fresh": fresh}
    place = {"id": id, "index": index, "section": "", "title": title}
    return place | {"verdict": verdict, **shown}


def executed(name, cells=(), status="executed", message=""):
    counts = {}
    for one in cells:
        counts[one["verdict"]] = counts.get(one["verdict"], 0) + 1
    data = {"stored": "synthetic", "fresh": "synthetic", "same": True}
    entry = {"name": name, "status": status, "message": message, "data": data}
    return entry | {"cells": list(cells), "counts": counts}


def with_exercises(result, **changes):
    """Return a result in which exercises are as `changes` say: {name: {key: value}}."""
    result = copy.deepcopy(result)
    result["exercises"] = [
        exercise(place, name, possible, **changes.get(name, {}))
        for place, name, possible in EXERCISES
    ]
    result["points"]["automatic"] = sum(one["points"] for one in result["exercises"])
    return result


def result(name="Ada", slug="ada", **more):
    """Return a result with all automatic points, of which the answers wait for a person."""
    made = {
        "format": "course-result",
        "version": 1,
        "name": name,
        "slug": slug,
        "content": "c0ffee" * 10 + "c0ff",
        "key": "5eed" * 16,
        "seed": 987654321,
        "data": "synthetic",
        "sandbox": True,
        "grader": "0123456789abcdef",
        "remarks": [],
        "points": {"automatic": 70, "automatic_possible": 70, "by_hand_possible": 30},
        "exercises": [],
        "answers": [answer(place, id) for place in ("one", "two") for id in ANSWERS],
        "notebooks": [executed("one"), executed("two")],
        "attachments": {"one.ipynb": "0", "one.html": "1"},
        "times": {"exercises": 1.5, "notebooks": 20.5, "cpu": 22.0},
    }
    return with_exercises(made) | more


def graded(result, score=5.0, comment=""):
    """Return what the gradebook holds when a person gave each answer this score."""
    places = [(one["notebook"], one["cell"]) for one in result["answers"]]
    return {place: {"score": score, "comment": comment} for place in places}


def text_of(html):
    """Return what a page says, with single spaces."""
    return " ".join(BeautifulSoup(html, "html.parser").main.get_text(" ").split())

"""The page that a student gets back.

    page(course, result, manual, figures) -> HTML    points, verdicts, hints, answers, notebooks

What is said stands in telling.py. The result's seed and key, from which unseen problems could be
made again, are not on the page.
"""

from course.checks.report import MARKS
from course.export.markup import PICTURES, picture, render
from course.export.points import Points
from course.export.telling import (
    NO_POINTS,
    WITHOUT_SANDBOX,
    tell_answer,
    tell_exercise,
    tell_lateness,
    tell_notebook,
    tell_waiting,
)
from course.text import clean, one_line

MOST_CELLS = 40  # of one notebook, told one by one


def page(course, result, manual=None, figures=None):
    """Return the feedback page of a result.

    manual   {(notebook, cell): {"score": points or None, "comment": text}}, given by people
    figures  {name: bytes} of the pictures beside answers, as answers.figures returns them
    """
    manual, figures = manual or {}, figures or {}
    counted, student = Points.of(result, manual), result.get("student", {})
    rubrics = {(one.notebook, one.cell): one.rubric for one in course.by_hand}
    return render(
        "feedback.html",
        course=course.title,
        name=one_line(result["name"]),
        warning="" if result["sandbox"] else WITHOUT_SANDBOX,
        marks=MARKS,
        no_points=NO_POINTS,
        points=counted,
        waits=tell_waiting(result, counted),
        late=tell_lateness(student),
        time=student.get("time", ""),
        exercises=[
            {"told": tell_exercise(one, manual), "code": one.get("code", "")}
            for one in result["exercises"]
        ],
        answers=[
            {
                "told": tell_answer(one, manual),
                "entry": one,
                "question": one.get("question", ""),
                "rubric": rubrics.get((one["notebook"], one["cell"]), ()),
                "figures": shown(one, figures),
            }
            for one in result["answers"]
        ],
        notebooks=[notebook(one, result["attachments"]) for one in result["notebooks"]],
        remarks=[one_line(remark, 500) for remark in result["remarks"][:100]],
        content=one_line(result["content"], 64)[:16],
    )


def shown(answer, figures):
    """Return [(cell, data URI, alternative text), ...] of the pictures beside an answer."""
    return [
        (one["cell"], picture(figures[one["name"]], one["mime"]), one.get("alt"))
        for one in answer["figures"]
        if one["name"] in figures and one["mime"] in PICTURES
    ]


def notebook(entry, attachments):
    """Return what the page says of one notebook, with the link to its own page."""
    told, page = tell_notebook(entry), f"{entry['name']}.html"
    return {
        "told": told,
        "page": page if page in attachments else None,
        "cells": [cell(one, words) for one, words in told.cells[:MOST_CELLS]],
        "more": len(told.cells) - MOST_CELLS,
    }


def cell(entry, words):
    return {
        "index": entry["index"],
        "title": one_line(entry["title"] or entry["id"], 80),
        "words": words,
        "why": one_line(entry["why"], 500),
        "stored": clean(entry["stored"], 4000),
        "fresh": clean(entry["fresh"], 4000),
    }

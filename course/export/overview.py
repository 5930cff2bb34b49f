"""The course as a whole: grades.csv, index.html, and the table at the end of a run.

    row(course, result, manual)    what is kept of one result: small, so that 10,000 fit into memory
    write(course, out, rows)       OUT/grades.csv and OUT/index.html
    summary_table(rows)            the same for a terminal of 80 columns

The same rows give the same bytes.
"""

import base64
import hashlib
import itertools
import math
import re
import statistics
from collections import Counter, defaultdict
from functools import cache

from markupsafe import Markup

from course.checks.catalogue import Catalogue
from course.checks.report import VERDICTS
from course.edition.handed_out import records
from course.export.grades import label, table_of
from course.export.markup import FOLDER, POLICY, render
from course.export.points import Points, points, score_of
from course.export.telling import CELLS, COUNTED, tell_lateness, tell_waiting
from course.files import put
from course.text import fit, one_line

SHOWN_CELLS, MOST_NAMES = 15, 40
MOST_BARS = 20  # of a distribution, besides that of no points
SHORT = 40  # letters and signs: what is shorter may well be written twice


def row(course, result, manual=None):
    """Return what the course's pages say of a result; `manual` as in feedback.page.

    points, exercises, answers   Points; {name: dictionary}; {its title: points or None}
    notebooks                    {name: what became of it, in a few words}
    cells                        [(notebook, cell, verdict), ...] of those that deserve a look
    """
    manual, student = manual or {}, result.get("student", {})
    counted, entries = Points.of(result, manual), (*result["exercises"], *result["answers"])
    kept = ("notebook", "points", "status", "vectorized")
    return {
        "name": one_line(result["name"]),
        "id": one_line(student.get("id", "")),
        "email": one_line(student.get("email", "")),
        "late": tell_lateness(student),
        "time": student.get("time", ""),
        "attempts": student.get("attempts", 1),
        "slug": result["slug"],
        "waits": tell_waiting(result, counted),
        "unknown": student.get("penalty", 0) is None,
        "sandbox": result["sandbox"],
        "points": counted,
        "exercises": {
            one["exercise"]: {key: one[key] for key in kept}
            | {"misconceptions": list(one["misconceptions"])}
            for one in result["exercises"]
        },
        "answers": {label(one): score_of(one, manual) for one in result["answers"]},
        "edition": result.get("edition", ""),
        "wrong": [
            one["exercise"]
            for one in result["exercises"]
            if one["status"] != "passed" and one.get("asked", True)
        ],
        "not_asked": [label(one) for one in entries if not one.get("asked", True)],
        "prints": fingerprints(result),
        "notebooks": dict.fromkeys(course.notebooks, "")
        | {one["name"]: tell_checked(one) for one in result["notebooks"]},
        "cells": [bad for notebook in result["notebooks"] for bad in bad_cells(course, notebook)],
        "remarks": len(result["remarks"]),
    }


def fingerprints(result):
    """Return [(what, sum), ...] of what two students seldom have alike; formatting does not count.

    One short function is often the same, so the code of all exercises counts together.
    """
    written = [one for one in result["exercises"] if one["status"] != "not implemented"]
    code = "".join(one.get("code", "") for one in written)
    code = re.sub(r"\s+", "", re.sub(r"#.*", "", code))
    texts = [("the code of all exercises", code if len(written) > 1 else "")]
    texts += [(label(one), "".join(one["source"].casefold().split())) for one in result["answers"]]
    long = [(what, text.encode("utf-8", "replace")) for what, text in texts if len(text) >= SHORT]
    prints = [(what, hashlib.sha256(text).hexdigest()[:16]) for what, text in long]
    return [("all files", result["content"][:16]), *prints] if prints else []


def equal_work(rows):
    """Return [(what is equal, [row, ...]), ...], for the instructor alone."""
    groups = defaultdict(list)
    for one in rows:
        for what, digest in one["prints"]:
            groups[what, digest].append(one)
    equal = [(what, group) for (what, _), group in groups.items() if len(group) > 1]
    whole = [group for what, group in equal if what == "all files"]
    return [one for one in equal if one[0] == "all files" or one[1] not in whole]


def tell_notes(course, rows):
    """Return sentences on editions, on what some were not asked, and on hand-in times that are not
    known, if there is a deadline."""
    told, editions = [], Counter(one["edition"] for one in rows if one["edition"])
    today = records(course)[0].id
    if editions.keys() - {today}:
        names = [f"{name}{' (today)' * (name == today)}: {n}" for name, n in editions.items()]
        told.append(f"Editions that were worked on: {', '.join(sorted(names))}.")
    not_asked = defaultdict(list)
    for one in rows:
        for what in one["not_asked"]:
            not_asked[what].append(one["name"])
    for what, names in not_asked.items():
        who = ", ".join(names[:MOST_NAMES]) + ", …" * bool(names[MOST_NAMES:])
        told.append(f"{what} was not asked in the edition of {who}: they have its points.")
    if not course.deadline:
        return told
    untimed = sum(not one["time"] and not one["unknown"] for one in rows)
    if untimed:
        told.append(f"When it was handed in is not known of {untimed}: no penalty for these.")
    if names := [one["name"] for one in rows if one["unknown"]]:
        way_out = 'A column "handed in" in the list of students (--roster) tells it.'
        told.append(f"Their totals wait, as nobody knows how late: {', '.join(names)}. {way_out}")
    return told


def tell_checked(entry):
    """Return in a few words what became of a notebook that was executed again."""
    if entry["status"] != "executed":
        return entry["status"]
    if not entry["counts"]:  # it was never run, or handed in without outputs
        return "nothing to compare"
    bad = [(entry["counts"].get(verdict, 0), told) for verdict, told in COUNTED.items()]
    bad = [f"{number} {told}" for number, told in bad if number and told != COUNTED["same"]]
    return ", ".join(bad) or COUNTED["same"]


def bad_cells(course, notebook):
    """Yield (notebook, cell, verdict) of cells that were handed out; those of students differ."""
    name = notebook["name"]
    for cell in notebook["cells"]:
        if cell["verdict"] in CELLS and cell["id"] in ids_handed_out(course, name):
            yield name, cell["id"], cell["verdict"]


@cache
def ids_handed_out(course, name):
    """Return the ids of a notebook's cells in any edition."""
    file = course.notebooks[name].file
    return {cell for record in records(course) for cell in record.notebooks.get(file, ())}


def ordered(rows):
    """Return the rows by name, without regard to case."""
    return sorted(rows, key=lambda one: (one["name"].casefold(), one["slug"]))


def write(course, out, rows, about=None):
    """Write OUT/grades.csv and OUT/index.html, each complete or not at all; `about` as in index."""
    rows = ordered(rows)
    files = {"grades.csv": table_of(rows), "index.html": index(course, rows, about)}
    for name, text in files.items():
        put(out / name, text.encode("utf-8", "replace"))


# index.html


def index(course, rows, about=None):
    """Return the course's page.

    about   of the run: {"absent": names of who handed in nothing, "not_graded": [(file, why), ...],
            "states": {what became of submissions: how many}}
    """
    about = {"absent": [], "not_graded": [], "states": {}} | (about or {})
    script = (FOLDER / "overview.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return render(
        "overview.html",
        course=course.title,
        rows=rows,
        without_sandbox=sum(not one["sandbox"] for one in rows),
        waiting=sum(one["points"].waiting > 0 for one in rows),
        bars=distribution(rows) if rows else None,
        exercises=exercise_table(rows),
        misconceptions=misconceptions(course, rows),
        cells=cell_table(rows),
        questions=question_table(rows),
        about=about,
        equal=equal_work(rows),
        notes=tell_notes(course, rows),
        script=Markup(script),
        script_policy=f"{POLICY}; script-src 'sha256-{digest}'",
        statuses=VERDICTS,
        bad_cells=CELLS,
        most_names=MOST_NAMES,
    )


def distribution(rows):
    """Return a title with the median, and how many have about a multiple of a round step: of all
    points or, as those who wait are not like the others, of those for exercises."""
    done = not any(one["points"].waiting for one in rows)
    title, what = ("Points altogether", "") if done else ("Points for exercises", "automatic_")
    most = max(getattr(one["points"], f"{what}possible") for one in rows)
    values = [one["points"].total if done else one["points"].automatic for one in rows]
    steps = (digit * 10**power for power in itertools.count() for digit in (1, 2, 5))
    step = next(step for step in steps if most <= MOST_BARS * step)
    last = math.ceil(most / step)
    counts = Counter(min(max(round(value / step), 0), last) for value in values)
    told = f"{title}: median {points(statistics.median(values))} of {points(most)}"
    return {"told": told, "bars": [(step * n, counts[n]) for n in range(last + 1)]}


def exercise_table(rows):
    """Return {exercise: {status, or "loops": how many}}."""
    table = defaultdict(Counter)
    for one in rows:
        for name, entry in one["exercises"].items():
            table[name] += Counter([entry["status"], *["loops"] * (entry["vectorized"] is False)])
    return table


def misconceptions(course, rows):
    """Return {exercise: [(name, hint, rows of who has it), ...]}, the most frequent first."""
    found = defaultdict(lambda: defaultdict(list))
    for one in rows:
        for exercise, entry in one["exercises"].items():
            for name in entry["misconceptions"]:
                found[exercise][name].append(one)
    hints = {one.name: one.explanation for one in Catalogue(course).entries}
    return {
        exercise: [
            (name, hints.get(name, ""), who[name])
            for name in sorted(who, key=lambda name: (-len(who[name]), name))
        ]
        for exercise, who in found.items()
    }


def question_table(rows):
    """Return [(title, graded, mean of these, waiting), ...], the least points first."""
    scores = defaultdict(list)
    for one in rows:
        for title, score in one["answers"].items():
            scores[title].append(score)
    table = []
    for title, found in scores.items():
        given = [score for score in found if score is not None]
        mean = statistics.mean(given) if given else None
        table.append((title, len(given), mean, len(found) - len(given)))
    return sorted(table, key=lambda one: (one[2] is None, one[2], one[0]))


def cell_table(rows):
    """Return [(notebook, cell, {verdict: rows}), ...]: the cells that most often fail."""
    found = defaultdict(lambda: {name: [] for name in CELLS})
    for one in rows:
        for notebook, cell, verdict in one["cells"]:
            found[notebook, cell][verdict].append(one)

    def rank(place):
        return [-len(who) for who in found[place].values()], place

    return [(*place, found[place]) for place in sorted(found, key=rank)[:SHOWN_CELLS]]


# The terminal

LINE = "{} {:>6} {:>6} {:>7}  {}"


def summary_table(rows, most=60):
    """Return the table of the first `most` rows by name, 80 columns wide."""
    if not rows:
        return "no submission was graded"
    rows = ordered(rows)
    lines = [LINE.format(fit("submission", 26), "auto", "hand", "total", "not right")]
    for one in rows[:most]:
        counted = one["points"]
        lines.append(
            LINE.format(
                fit(one["name"], 26),
                points(counted.automatic),
                points(counted.by_hand + counted.changed),
                points(counted.total) + "*" * bool(one["waits"]),
                one_line(", ".join(one["wrong"]), 30),
            ).rstrip()
        )
    if rows[most:]:
        lines.append(f"and {len(rows) - most:,} more, in grades.csv")
    median = points(statistics.median(one["points"].total for one in rows))
    lines += ["", f"median {median} of {points(rows[0]['points'].possible)} points"]
    return "\n".join([*lines, "* is not final yet: answers wait for a person, or work is missing"])

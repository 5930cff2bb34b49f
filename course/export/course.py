"""The course as a whole: grades.csv, index.html, and the table at the end of a run.

    row(course, result, manual)    what is kept of one result: small, so that 10,000 fit into memory
    write(course, out, rows)       OUT/grades.csv and OUT/index.html
    summary_table(rows)    the same for a terminal of 80 columns

The same rows give the same bytes.
"""

import csv
import io
import statistics
import sys
from collections import Counter

from course.checks.catalogue import Catalogue
from course.export import plots
from course.export.answers import given
from course.export.markup import points, render
from course.export.points import Points
from course.files import put
from course.text import fit, one_line

SHOWN_CELLS = 15
BAD_CELLS = ("fails", "differs")
STATUSES = ("passed", "failed", "not implemented", "broken")
# A spreadsheet takes a cell that begins so for a formula; the last four are wide forms.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def row(course, result, manual=None):
    """Return what the course's pages say of a result; `manual` as in feedback.page."""
    counted = Points.of(result, manual or {})
    intern = sys.intern  # the same few words stand in every row
    exercises = {}
    for entry in result["exercises"]:
        found = entry["vectorized"]
        exercises[intern(entry["exercise"])] = {
            "notebook": intern(entry["notebook"]),
            "points": entry["points"],
            "possible": entry["possible"],
            "status": intern(entry["status"]),
            "vectorized": found and found["verdict"],
            "timed": bool(found),
            "misconceptions": [intern(name) for name in entry["misconceptions"]],
        }
    return {
        "name": one_line(result["name"]),
        "slug": result["slug"],
        "sandbox": result["sandbox"],
        "exercises": exercises,
        "automatic": counted.automatic,
        "automatic_possible": counted.automatic_possible,
        "changed": counted.changed,
        "by_hand": counted.by_hand,
        "by_hand_possible": counted.by_hand_possible,
        "waiting": counted.waiting,
        "total": counted.total,
        "possible": counted.possible,
        "notebooks": {intern(one["name"]): intern(one["status"]) for one in result["notebooks"]},
        "cells": [bad for notebook in result["notebooks"] for bad in bad_cells(course, notebook)],
        "remarks": len(result["remarks"]),
    }


def bad_cells(course, notebook):
    """Yield (notebook, cell, verdict) of the edition's own cells; those of students differ."""
    name = notebook["name"]
    for cell in notebook["cells"]:
        if cell["verdict"] in BAD_CELLS and cell["id"] in given(course, name).sources:
            yield sys.intern(name), sys.intern(cell["id"]), sys.intern(cell["verdict"])


def write(course, out, rows):
    """Write OUT/grades.csv and OUT/index.html, each complete or not at all."""
    rows = sorted(rows, key=lambda one: (one["name"].casefold(), one["slug"]))
    for name, text in (("grades.csv", grades(rows)), ("index.html", index(course, rows))):
        put(out / name, text.encode("utf-8", "replace"))


# --- grades.csv -------------------------------------------------------------------------------


def grades(rows):
    """Return the content of grades.csv: UTF-8, a line for each submission."""
    exercises = list(rows[0]["exercises"]) if rows else []
    timed = [name for name in exercises if rows[0]["exercises"][name]["timed"]]
    notebooks = sorted({name for one in rows for name in one["notebooks"]})
    sums = ["automatic", "automatic_possible", "changed", "by_hand", "by_hand_possible"]
    sums += ["waiting", "total"]
    header = ["name", "slug", *exercises, *sums]
    header += [f"{name} status" for name in exercises]
    header += [f"{name} is vectorized" for name in timed]
    header += [f"{name}.ipynb" for name in notebooks] + ["remarks", "sandbox"]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    for one in rows:
        by_name = one["exercises"]
        line = [harmless(one["name"]), harmless(one["slug"])]
        line += [points(by_name[name]["points"]) for name in exercises]
        line += [points(one[name]) for name in sums]
        line += [by_name[name]["status"] for name in exercises]
        line += [{True: "yes", False: "no"}.get(by_name[name]["vectorized"], "") for name in timed]
        line += [one["notebooks"].get(name, "") for name in notebooks]
        line += [str(one["remarks"]), "yes" if one["sandbox"] else "no"]
        writer.writerow(line)
    return file.getvalue()


def harmless(text):
    """Return a text that no spreadsheet takes for a formula: with a quote before it."""
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


# --- index.html -------------------------------------------------------------------------------


def index(course, rows):
    """Return the course's page."""
    return render(
        "course.html",
        course=course.title,
        rows=rows,
        without_sandbox=sum(not one["sandbox"] for one in rows),
        waiting=sum(one["waiting"] > 0 for one in rows),
        plots=distributions(rows),
        exercises=exercise_table(rows),
        misconceptions=misconceptions(course, rows),
        cells=cell_table(rows),
        statuses=STATUSES,
        bad_cells=BAD_CELLS,
    )


def distributions(rows):
    """Return [(data URI, what it shows), ...]."""
    found = []
    kinds = [("automatic", "Points for exercises", rows)]
    complete = [one for one in rows if not one["waiting"]]
    if complete and any(one["by_hand_possible"] for one in rows):
        kinds.append(("total", "Points altogether", complete))
    for name, title, chosen in kinds if rows else []:
        key = "automatic_possible" if name == "automatic" else "possible"
        values, most = [one[name] for one in chosen], max(one[key] for one in chosen)
        label = f"{'automatic' if name == 'automatic' else 'all'} points, of {points(most)}"
        title += "" if chosen is rows else f" ({len(chosen)} with nothing left to grade)"
        told = f"{title}: median {points(statistics.median(values))} of {points(most)}"
        found.append((plots.distribution(values, most, title, label), told))
    return found


def exercise_table(rows):
    """Return [{"name", "notebook", "counts": {status: n}, "loops": n or None}, ...]."""
    table = {}
    for one in rows:
        for name, entry in one["exercises"].items():
            new = {"name": name, "notebook": entry["notebook"], "counts": Counter(), "loops": None}
            line = table.setdefault(name, new)
            line["counts"][entry["status"]] += 1
            if entry["timed"]:
                line["loops"] = (line["loops"] or 0) + (entry["vectorized"] is False)
    return list(table.values())


def misconceptions(course, rows):
    """Return [(exercise, data URI, [(name, number, hint), ...]), ...] of those that were found."""
    counts, found = {}, []
    for one in rows:
        for name, entry in one["exercises"].items():
            counts.setdefault(name, Counter()).update(entry["misconceptions"])
    hints = {one.name: one.explanation for one in Catalogue(course).entries}
    for exercise, by_name in counts.items():
        if by_name:
            uri = plots.frequencies(by_name, len(rows), "submissions")
            names = sorted(by_name, key=lambda name: (-by_name[name], name))
            found.append((exercise, uri, [(n, by_name[n], hints.get(n, "")) for n in names]))
    return found


def cell_table(rows):
    """Return [(notebook, cell, {verdict: n}), ...]: the cells that fail in most submissions."""
    counts = {}
    for one in rows:
        for notebook, cell, verdict in one["cells"]:
            counts.setdefault((notebook, cell), Counter())[verdict] += 1

    def rank(place):
        return [-counts[place][verdict] for verdict in BAD_CELLS], place

    return [(*place, counts[place]) for place in sorted(counts, key=rank)[:SHOWN_CELLS]]


# --- The terminal -----------------------------------------------------------------------------

NAME, CELL = 26, 6  # columns
SHORT = {"vectorized": "vect", "predict": "pred"}
LEGEND = "0 not right   - not implemented   ! not to be run   * answers wait for a person"


def summary_table(rows, most=60):
    """Return the table of the first `most` rows by name, 80 columns wide."""
    if not rows:
        return "no submission was graded"
    rows = sorted(rows, key=lambda one: (one["name"].casefold(), one["slug"]))
    exercises = rows[0]["exercises"]
    lines = [" " * NAME + notebooks_line(exercises), heads_line(exercises)]
    lines += [table_line(one) for one in rows[:most]]
    if rows[most:]:
        lines.append(f"and {len(rows) - most:,} more, in grades.csv")
    median = points(statistics.median(one["total"] for one in rows))
    lines += ["", f"median {median} of {points(rows[0]['possible'])} points", LEGEND]
    return "\n".join(line.rstrip() for line in lines)


def notebooks_line(exercises):
    """Return the names of the notebooks, each above its exercises."""
    widths = Counter()
    for entry in exercises.values():
        widths[entry["notebook"]] += CELL
    return "".join("  " + fit(name, width - 2) for name, width in widths.items())


def heads_line(exercises):
    names = [name.split("_")[-1] for name in exercises]
    names = [SHORT.get(name, name) for name in names] + ["auto", "hand", "total"]
    return fit("submission", NAME) + "".join(fit(name, CELL, right=True) for name in names)


def table_line(one):
    marks = {"not implemented": "-", "broken": "!"}
    cells = [
        marks.get(entry["status"]) or points(entry["points"]) for entry in one["exercises"].values()
    ]
    cells += [points(one["automatic"]), points(one["by_hand"] + one["changed"])]
    cells.append(points(one["total"]) + ("*" if one["waiting"] else ""))
    return fit(one["name"], NAME - 1) + " " + "".join(fit(text, CELL, right=True) for text in cells)

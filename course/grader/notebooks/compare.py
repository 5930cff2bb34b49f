"""A verdict on each cell of a notebook: does it show again what is stored?

    reproduces      within the tolerances of the repository's own notebooks
    differs         it does not; stored and fresh say what, why says how far
    fails           it raises an error, takes too long, shows too much, or ends the kernel
    never run       it has no execution count
    out of order    it reproduces what is stored, but was not run in its place
    edited          what is stored cannot come from running this cell
    not compared    the data set is another one, or the cell did not get its turn

Numbers and pictures are compared by course/outputs/compare.py, as in this repository's tests. No
points follow from a verdict. Times are no difference; where random numbers are drawn without a
seed, numbers are compared within what another seed may change, and pictures not at all.
"""

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import replace

from course.grader.notebooks.same_outputs import Budget, difference, summary, told_error
from course.grader.notebooks.seeds import first_unseeded
from course.outputs.compare import Tolerance
from course.text import one_line

# Cells of a student's own: accuracies on 1,000 images move that far with the order of additions.
OWN = Tolerance(rtol=0.02, image=0.25)
# Random numbers without a seed: three standard errors of a difference of two such accuracies; of
# pictures, only the number and size are compared.
UNSEEDED = Tolerance(rtol=0.2, atol=0.05, integers=20, image=1.0)

DATA_SET = re.compile(r"^(?:Data set:|dataset) +(\S.{0,99})", re.MULTILINE)


def compare(course, cells, fresh, end, ours):
    """Return ([entry, ...], data) for the code cells of a notebook.

    cells   their StoredCells
    fresh   [{"status", "outputs"}, ...], what became of them, as far as they were run
    end     what ended the run, see drive.py
    ours    {id: (source, metadata "nbval")} of this repository's notebook
    """
    data = data_sets(course, cells, fresh)
    unseeded = first_unseeded([cell.source for cell in cells], course.data.seeded)
    shuffled, budget, entries = out_of_order(cells), Budget(), []
    for place, cell in enumerate(cells):
        entry = {
            "id": cell.id,
            "index": cell.index,
            "title": one_line(cell.source.strip().partition("\n")[0], 80),
        }
        if place >= len(fresh):
            found = not_run(cell, end, first=place == len(fresh))
        else:
            loose = unseeded is not None and place >= unseeded
            tolerance = UNSEEDED if loose else tolerance_of(cell, ours)
            found = judge(cell, fresh[place], tolerance, data, budget)
            if loose and found["verdict"] == "differs":
                found["why"] += "; random numbers are drawn without a seed here or above"
            elif place in shuffled and found["verdict"] in ("reproduces", "differs"):
                found = with_order(found, cell)
        entries.append(entry | found)
    return entries, data


def counts(entries):
    return dict(sorted(Counter(entry["verdict"] for entry in entries).items()))


def verdict(name, why="", stored="", fresh=""):
    return {"verdict": name, "why": why, "stored": stored, "fresh": fresh}


# --- One cell ---------------------------------------------------------------------------------


def judge(cell, fresh, tolerance, data, budget):
    """Return the verdict on a cell that was run."""
    error = failure(fresh)
    if cell.number is None:
        return verdict("never run", "it has no execution count", fresh=error)
    if error:
        return verdict("fails", stored=told_error(cell.outputs), fresh=error)
    if why := edited(cell):
        return verdict("edited", why, stored=summary(cell.outputs), fresh=summary(fresh["outputs"]))
    found = difference(cell.outputs, fresh["outputs"], tolerance, budget)
    if found is None:
        return verdict("reproduces")
    if data["same"] is not True:
        return verdict("not compared", other_data(data))
    return verdict("differs", *found)


def failure(fresh):
    """Return a line on a cell that did not run to its end, "" for one that did."""
    said = {
        "timeout": "interrupted, as it took too long",
        "flooded": "interrupted, as it showed too much",
        "error": told_error(fresh["outputs"]) or "it failed",
    }
    return said.get(fresh["status"], "")


def edited(cell):
    """Return why what is stored in a cell cannot come from running it, "" if it can."""
    lines = [line.strip() for line in cell.source.splitlines()]
    if cell.outputs and not any(line and not line.startswith("#") for line in lines):
        return "outputs are stored, but there is no code that could show anything"
    if cell.number and cell.result_number and cell.number != cell.result_number:
        return f"the result is of run [{cell.result_number}], the cell of run [{cell.number}]"
    return ""


def not_run(cell, end, first):
    """Return the verdict on a cell that the run did not reach, or (first) did not survive."""
    if cell.number is None:
        return verdict("never run", "it has no execution count")
    if first and end["in_cell"]:
        return verdict("fails", end["message"])
    return verdict("not compared", f"not run: {end['message']}")


def with_order(found, cell):
    why = f"it was run as [{cell.number}], out of order"
    if found["verdict"] == "reproduces":
        return verdict("out of order", why)
    return found | {"why": f"{found['why']}; {why}"}


def out_of_order(cells):
    """Return the places of as few cells as possible whose removal leaves rising counts."""
    ends, lengths = [], {}  # ends[k]: the smallest last count of rising sequences of length k + 1
    for place, cell in enumerate(cells):
        if cell.number is not None:
            lengths[place] = bisect_left(ends, cell.number)
            ends[lengths[place] : lengths[place] + 1] = [cell.number]
    wanted, last, kept = len(ends) - 1, float("inf"), set()
    for place in sorted(lengths, reverse=True):
        if lengths[place] == wanted and cells[place].number < last:
            wanted, last = wanted - 1, cells[place].number
            kept.add(place)
    return set(lengths) - kept


def tolerance_of(cell, ours):
    """Return the tolerance of our cell with this id; wider where the student changed the cell."""
    known = next((ours[name] for name in sorted(cell.ids) if name in ours), None)
    if known is None:
        return OWN
    source, metadata = known
    tolerance = Tolerance(**metadata)
    if source.strip() == cell.source.strip():
        return tolerance
    wider = {name: max(getattr(tolerance, name), getattr(OWN, name)) for name in ("rtol", "image")}
    return replace(tolerance, **wider)


# --- The data set -----------------------------------------------------------------------------


def data_sets(course, cells, fresh):
    """Return what the stored and the fresh outputs say on the data set; same: None if unknown."""
    stored = told([cell.outputs for cell in cells])
    now = told([one["outputs"] for one in fresh])
    known = [one.told for one in course.data.sets.values()]
    same = (stored == now if now in known else None) if stored and now else None
    return {"stored": stored, "fresh": now, "same": same}


def told(all_outputs):
    for outputs in all_outputs:
        for output in outputs:
            if output.output_type == "stream" and (found := DATA_SET.search(output.text)):
                return one_line(found[1], 100)
    return ""


def other_data(data):
    if data["same"] is False:
        return f"stored on {data['stored']}, run here on {data['fresh']}"
    return "on which data set it was stored is not known"

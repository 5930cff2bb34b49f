"""A verdict on each cell of a notebook that can be compared: does it show again what is stored?

    same       within the tolerances of the repository's own notebooks
    differs    it does not; stored and fresh say what, why says how far
    fails      it raises an error, takes too long, shows too much, or ends the kernel

What else a person who grades may want to know is a remark on the notebook: cells that were never
run, run out of order, not reached or not compared, and outputs that no run can have left.

Numbers and pictures are compared by course/outputs/compare.py, as in this repository's tests. No
points follow from a verdict. Times are no difference; where random numbers are drawn without a
seed, numbers are compared within what another seed may change, and pictures not at all.
"""

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import replace

from course.grader.notebooks.same_outputs import Budget, difference, told_error
from course.grader.notebooks.seeds import first_unseeded
from course.outputs.compare import Tolerance
from course.text import one_line

# Cells of a student's own: accuracies on 1,000 images move that far with the order of additions.
OWN = Tolerance(rtol=0.02, image=0.25)
# Random numbers without a seed: three standard errors of a difference of two such accuracies; of
# pictures, only the number and size are compared.
UNSEEDED = Tolerance(rtol=0.2, atol=0.05, integers=20, image=1.0)

MOST_NAMED = 4  # cells in a remark; of more, their number is told
# Lines by which notebooks are set up on Google Colab, and what stands beside them in such cells.
COLAB = re.compile(
    r"^\s*(from google\.colab|import google\.colab|drive\.mount|[%!]cd\b|[%!]pip\b|!bash\b)"
)
BESIDE = re.compile(r"""\s*(\#|import |assert |sys\.path\.|\w+ *= *(None|(["']).*\3)\s*(\#|$)|$)""")
DATA_SET = re.compile(r"^(?:Data set:|dataset) +(\S.{0,99})", re.MULTILINE)
CHECKSUM = re.compile(r"\b[0-9a-f]{16,64}\b")


def compare(course, cells, fresh, end, ours):
    """Return ([entry, ...], [remark, ...], data) for the code cells of a notebook.

    cells   their StoredCells
    fresh   [{"status", "outputs"}, ...], what became of them, as far as they were run
    end     what ended the run, see drive.py
    ours    {id: (source, metadata "nbval")} of the notebook that was handed out
    """
    data = data_sets(course, cells, fresh)
    unseeded = first_unseeded([cell.source for cell in cells], course.data.seeded)
    budget, entries, not_compared, colab = Budget(), [], [], []
    for place, cell in enumerate(cells[: len(fresh)]):
        loose = unseeded is not None and place >= unseeded
        tolerance = UNSEEDED if loose else tolerance_of(cell, ours)
        found = judge(cell, fresh[place], tolerance, budget)
        if found and found["verdict"] != "same" and is_for_colab(cell, found):
            colab.append(cell)
        elif found and found["verdict"] == "differs" and data["same"] is not True:
            not_compared.append(cell)
        elif found:
            if loose and found["verdict"] == "differs":
                found["why"] += "; random numbers are drawn without a seed here or above"
            entries.append(place_of(cell) | found)
    bare = without_outputs(cells)
    if bare:  # told once, not for each cell
        entries, not_compared = [one for one in entries if one["verdict"] != "differs"], []
    left = cells[len(fresh) :]
    if left and end["in_cell"]:
        entries.append(place_of(left[0]) | verdict("fails", end["message"]))
        left = left[1:]
    remarks = remarks_on(cells, left, not_compared, colab, data)
    return entries, remarks + ["this notebook was handed in without outputs"] * bare, data


def counts(entries):
    return dict(sorted(Counter(entry["verdict"] for entry in entries).items()))


def verdict(name, why="", stored="", fresh=""):
    return {"verdict": name, "why": why, "stored": stored, "fresh": fresh}


def place_of(cell):
    """Return how an entry names its cell."""
    title = one_line(cell.source.strip().partition("\n")[0], 80)
    return {"id": cell.id, "index": cell.index, "section": cell.section, "title": title}


# One cell


def judge(cell, fresh, tolerance, budget):
    """Return the verdict on a cell that was executed, None if there is nothing to compare."""
    if error := failure(fresh):
        return verdict("fails", stored=told_error(cell.outputs), fresh=error)
    if never_run(cell):
        return None
    found = difference(cell.outputs, fresh["outputs"], tolerance, budget)
    return verdict("same") if found is None else verdict("differs", *found)


def is_for_colab(cell, found):
    """Whether a cell sets Colab up and does nothing else, or ended where that is not here."""
    lines = cell.source.splitlines()
    if not any(map(COLAB.match, lines)):
        return False
    alone = all(COLAB.match(line) or BESIDE.match(line) for line in lines)
    return alone or found["fresh"].startswith("ModuleNotFoundError: No module named 'google")


def failure(fresh):
    """Return a line on a cell that did not run to its end, "" for one that did."""
    said = {
        "timeout": "interrupted, as it took too long",
        "flooded": "interrupted, as it showed too much",
        "error": told_error(fresh["outputs"]) or "it failed",
    }
    return said.get(fresh["status"], "")


# Remarks


def remarks_on(cells, left, not_compared, colab, data):
    """Return what is worth a word besides the verdicts, a text each."""
    unrun = [cell for cell in cells if never_run(cell)]
    told = {
        "never run": unrun,
        "run out of order": [cells[place] for place in out_of_order(cells)],
        "edited: the outputs stored are of another run": list(filter(was_edited, cells)),
        "not reached": left,
        f"not compared: {other_data(data)}": not_compared,
        "for Google Colab, which is not here: no fault of the work": colab,
    }
    remarks = [told_cells(some, what) for what, some in told.items() if some]
    if unrun == cells != []:
        remarks[0] = "none of its cells was ever run"
    return remarks


def told_cells(cells, what):
    """Return "cell 12 was", or more of them, and what. Text counts, too, and the first is 1."""
    *first, last = map(str, sorted(cell.index + 1 for cell in cells))
    if not first:
        return f"cell {last} was {what}"
    if len(cells) > MOST_NAMED:
        return f"{len(cells)} cells were {what}"
    return f"cells {', '.join(first)} and {last} were {what}"


def never_run(cell):
    """Whether a student never ran a cell; some tools delete counts, and leave outputs."""
    return cell.number is None and not cell.outputs


def without_outputs(cells):
    """Whether cells were run, more than a few, and all that they showed was taken out."""
    run = [cell for cell in cells if cell.number is not None]
    return len(run) > MOST_NAMED and not any(cell.outputs for cell in cells)


def was_edited(cell):
    """Whether what is stored in a cell cannot come from running it."""
    lines = [line.strip() for line in cell.source.splitlines()]
    if cell.outputs and not any(line and not line.startswith("#") for line in lines):
        return True
    return bool(cell.number and cell.result_number) and cell.number != cell.result_number


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
    """Return the tolerance of the given cell with this id; wider where it was changed."""
    known = next((ours[name] for name in sorted(cell.ids) if name in ours), None)
    if known is None:
        return OWN
    source, metadata = known
    tolerance = Tolerance(**metadata)
    if source.strip() == cell.source.strip():
        return tolerance
    wider = {name: max(getattr(tolerance, name), getattr(OWN, name)) for name in ("rtol", "image")}
    return replace(tolerance, **wider)


# The data set


def data_sets(course, cells, fresh):
    """Return what the stored and the fresh outputs say on the data set; same: None if unknown.

    A set that is not declared is known by a checksum in its description.
    """
    if not course.data.sets:
        return {"stored": "", "fresh": "", "same": True}
    stored = told([cell.outputs for cell in cells])
    now = told([one["outputs"] for one in fresh])
    known = [one.told for one in course.data.sets.values()]
    exact = [one in known or CHECKSUM.search(one) is not None for one in (stored, now)]
    told_apart = all(exact) or (stored != now and (stored in known or now in known))
    same = stored == now if stored and now and told_apart else None
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

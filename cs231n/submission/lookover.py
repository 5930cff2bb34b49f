"""Look over an executed notebook, without running anything: run completely, with which code, and
with every inline question answered?

    look_over(name, content, code) -> [Problem, ...]

Jupyter numbers the code cells in the order in which a kernel runs them. So in a notebook that was
run completely, in order, in a fresh kernel, they have the numbers 1, 2, 3, ...
"""

import html
import json
import re

from cs231n.submission import ANSWER_PLACEHOLDER, STAMP_CELL
from cs231n.submission.contents import NOTEBOOK_LIMIT, Problem

QUESTIONS = (1, 2)  # the numbers of the inline questions in each notebook
RERUN = "in JupyterLab: Kernel > Restart Kernel and Run All Cells, wait for the last cell, save"
SHOW_LESS = "make that cell show less, run all again, save"


def look_over(name, content, code):
    """Return the Problems of a notebook: its name and file's content, the `code_hash` to match."""
    try:
        cells = read_cells(content)
    except ValueError as error:
        way_out = "open it in JupyterLab; if that fails, start from a fresh copy of the notebook"
        return [Problem(name, f"it cannot be read as a notebook ({error})", way_out)]
    return [
        *too_large(name, content, cells),
        *run_problems(name, cells, code),
        *error_outputs(name, cells),
        *missing_answers(name, cells),
    ]


def read_cells(content):
    """Return the cells of a notebook as dictionaries of known shape; ValueError for anything else.

    Keys: type, ids, source, number (the execution count or None), outputs (a list of dictionaries).
    """
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        raise ValueError("not in notebook format 4")
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError("it has no list of cells")
    return [known_shape(cell) for cell in cells]


def known_shape(cell):
    outputs = cell["outputs"] if isinstance(cell.get("outputs"), list) else []
    # A copied cell has a new id, but keeps its metadata. Colab moves the id into the metadata.
    metadata = dig(cell, "metadata", "id"), dig(cell, "metadata", "nbgrader", "grade_id")
    return {
        "type": cell.get("cell_type"),
        "ids": {one for one in (cell.get("id"), *metadata) if isinstance(one, str)},
        "source": joined(cell.get("source")),
        "number": cell.get("execution_count"),
        "outputs": [one for one in outputs if isinstance(one, dict)],
    }


def dig(value, *keys):
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def joined(text):
    """Return multi-line text of a notebook, a string or a list of strings, as one string."""
    pieces = text if isinstance(text, list) else [text]
    return "".join(piece for piece in pieces if isinstance(piece, str))


def code_cells(cells):
    """Return [(name to print, cell), ...] of the code cells in which there is code."""
    found = [cell for cell in cells if cell["type"] == "code" and cell["source"].strip()]
    return [(cell_name(place, cell), cell) for place, cell in enumerate(found, 1)]


def cell_name(place, cell):
    first = cell["source"].strip().splitlines()[0]
    return f"code cell {place}, {first if len(first) <= 40 else first[:37] + '...'!r}"


# --- Run completely, in order, with this code -------------------------------------------------


def run_problems(name, cells, code):
    """Return at most one Problem: the first reason not to trust the outputs."""
    named = code_cells(cells)
    not_run = [where for where, cell in named if cell["number"] is None]
    if not named or len(not_run) == len(named):
        return [Problem(name, "it has not been run", RERUN)]
    if not_run:
        rest = f" and {len(not_run) - 1} more" if not_run[1:] else ""
        return [Problem(name, f"not run: {not_run[0]}{rest}", RERUN)]
    for number, (where, cell) in enumerate(named, 1):
        if cell["number"] != number:
            what = f"not run in order: {where} has [{cell['number']}] instead of [{number}]"
            return [Problem(name, what, RERUN)]
    stamps = [cell for _, cell in named if "submission.stamp()" in cell["source"]]
    if not stamps:
        what = "no stamp: whether it was run after the last change of the code is not known"
        lines = STAMP_CELL.replace("\n\n", "; ")
        way_out = f"put this into a cell of its own after the imports, and run all: {lines}"
        return [Problem(name, what, way_out)]
    if any(f"code {code}" not in shown_text(cell) for cell in stamps):
        return [Problem(name, "the code has changed since it was run", RERUN)]
    return []


def shown_text(cell):
    pieces = [joined(dig(one, "data", "text/plain")) for one in cell["outputs"]]
    return "\n".join(pieces + [joined(one.get("text")) for one in cell["outputs"]])


def error_outputs(name, cells):
    problems = []
    for where, cell in code_cells(cells):
        for output in cell["outputs"]:
            if output.get("output_type") == "error":
                said = f"{output.get('ename')}: {output.get('evalue')}".splitlines()[0]
                what = f"an error is stored: {where}: {said[:120]}"
                problems.append(Problem(name, what, f"mend the cause, then {RERUN}"))
    return problems


# --- Inline questions -------------------------------------------------------------------------


def missing_answers(name, cells):
    problems = []
    for number in QUESTIONS:
        asked = f"inline question {number}"
        places = [i for i, cell in enumerate(cells) if f"answer-{number}" in cell["ids"]]
        if not places:
            way_out = f"copy the cell under {asked} from a fresh copy of the notebook"
            problems.append(Problem(name, f"the answer cell of {asked} is missing", way_out))
        elif not any(is_answer(one) for place in places for one in around(cells, place)):
            way_out = "write your answer in place of the prompt under the question, and save"
            problems.append(Problem(name, f"{asked} is not answered", way_out))
    return problems


def around(cells, place):
    """Yield the cell at `place`, and the student's own cells directly above and below it."""
    yield cells[place]
    for step in (-1, 1):
        other = place + step
        while 0 <= other < len(cells) and not is_given_cell(cells[other]):
            yield cells[other]
            other += step


def is_given_cell(cell):
    """Whether a cell came with the notebook.

    Their ids are words and numbers, as in "answer-1". Jupyter makes up ids like "3f2a9c1d" or
    "b1946ac9-2497-4c1a-...", which mix letters and digits. Without ids nothing can be told apart.
    """
    return not cell["ids"] or any(
        re.fullmatch(r"[a-z]+(-([a-z]+|\d+))*", one) for one in cell["ids"]
    )


def is_answer(cell):
    """Whether a Markdown or raw cell says something, in any language, besides the prompt."""
    if cell["type"] not in ("markdown", "raw"):
        return False
    text = re.sub(r"<!--.*?(-->|\Z)", " ", cell["source"], flags=re.DOTALL)
    label, _, rest = ANSWER_PLACEHOLDER.partition("** ")
    for prompt in (ANSWER_PLACEHOLDER, rest, f"{label}**"):  # half of it may have been deleted
        text = text.replace(prompt, " ")
    text = re.sub(r"</?(br|p|div|span|hr)\b[^>]*>", " ", text, flags=re.IGNORECASE)
    return any(character.isalnum() for character in html.unescape(text))


# --- Size -------------------------------------------------------------------------------------


def too_large(name, content, cells):
    if len(content) <= NOTEBOOK_LIMIT:
        return []
    limit = f"the limit is {NOTEBOOK_LIMIT / 1e6:.0f} MB"
    return [Problem(name, f"it is not packed: {what_is_large(content, cells)}; {limit}", SHOW_LESS)]


def what_is_large(content, cells):
    """Return the size of a notebook and of its largest part, in words."""
    shares = [(len(json.dumps(cell["outputs"])), where) for where, cell in code_cells(cells)]
    shares += [(len(cell["source"]), "the text of a cell") for cell in cells]
    largest, where = max(shares, default=(0, "nothing"))
    return f"{len(content) / 1e6:.1f} MB, of which {largest / 1e6:.1f} MB in {where}"

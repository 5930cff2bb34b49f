"""Look over an executed notebook, without running anything: run completely, with which code, and
with every inline question answered?

    look_over(course, notebook, content, code, record) -> [Problem, ...]

Jupyter numbers the code cells in the order in which a kernel runs them. So in a notebook that was
run completely, in order, in a fresh kernel, they have the numbers 1, 2, 3, ...
"""

from course.notebook import dig, find_answer, find_group, joined, read_cells
from course.record import given_cells
from course.submission import PACKS, STAMP_CELL
from course.submission.contents import Problem

RERUN = (
    "restart and run all cells (in JupyterLab: menu Kernel; on Colab: menu Runtime), "
    "wait for the last one, save"
)


def look_over(course, notebook, content, code, record):
    """Return the Problems of a notebook.

    notebook, content   its definition, and the bytes of its file
    code                the `code_hash` to match
    record              of the edition, or None
    """
    name = notebook.file
    try:
        cells = read_cells(content)
    except ValueError as error:
        way_out = "open it in JupyterLab; if that fails, start from a fresh copy of the notebook"
        return [Problem(name, f"it cannot be read as a notebook ({error})", way_out)]
    given = given_cells(course, notebook, cells, record)
    return [
        *run_problems(name, cells, code),
        *error_outputs(name, cells),
        *missing_answers(course, notebook, cells, given),
    ]


def code_cells(cells):
    """Return [(name to print, cell), ...] of the code cells in which there is code."""
    found = [cell for cell in cells if cell.type == "code" and cell.source.strip()]
    found = [cell for cell in found if not PACKS.fullmatch(cell.source.strip())]  # it runs now
    return [(cell_name(place, cell), cell) for place, cell in enumerate(found, 1)]


def cell_name(place, cell):
    first = cell.source.strip().splitlines()[0]
    return f"code cell {place}, {first if len(first) <= 40 else first[:37] + '...'!r}"


# Run completely, in order, with this code


def run_problems(name, cells, code):
    """Return at most one Problem: the first reason not to trust the outputs."""
    named = code_cells(cells)
    not_run = [where for where, cell in named if cell.number is None]
    if not named or len(not_run) == len(named):
        return [Problem(name, "it has not been run", RERUN)]
    if not_run:
        rest = f" and {len(not_run) - 1} more" if not_run[1:] else ""
        return [Problem(name, f"not run: {not_run[0]}{rest}", RERUN)]
    for number, (where, cell) in enumerate(named, 1):
        if cell.number != number:
            what = f"not run in order: {where} has [{cell.number}] instead of [{number}]"
            return [Problem(name, what, RERUN)]
    stamps = [cell for _, cell in named if "submission.stamp()" in cell.source]
    if not stamps:
        what = "no stamp: whether it was run after the last change of the code is not known"
        lines = STAMP_CELL.replace("\n\n", "; ")
        way_out = f"put this into a cell of its own after the imports, and run all: {lines}"
        return [Problem(name, what, way_out)]
    if any(f"code {code}" not in shown_text(cell) for cell in stamps):
        return [Problem(name, "the code has changed since it was run", RERUN)]
    return []


def shown_text(cell):
    pieces = [joined(dig(one, "data", "text/plain")) for one in cell.outputs]
    return "\n".join(pieces + [joined(one.get("text")) for one in cell.outputs])


def error_outputs(name, cells):
    problems = []
    for where, cell in code_cells(cells):
        for output in cell.outputs:
            if output.get("output_type") == "error":
                said = f"{output.get('ename')}: {output.get('evalue')}".splitlines()[0]
                what = f"an error is stored: {where}: {said[:120]}"
                problems.append(Problem(name, what, f"mend the cause, then {RERUN}"))
    return problems


# What people grade


def missing_answers(course, notebook, cells, given):
    problems = []
    for one in course.by_hand:
        if one.notebook != notebook.name or find_answer(cells, given, one):
            continue
        if not find_group(cells, given, one.cell):
            what = f"{one.title}: its cell is missing"
            way_out = "copy that cell from a fresh copy of the notebook"
        elif one.kind == "answer":
            what = f"{one.title} is not answered"
            way_out = "write your answer in place of the prompt under the question, and save"
        else:
            what = f"{one.title} is not written"
            way_out = "write it in its cell, run all again, and save"
        problems.append(Problem(notebook.file, what, way_out))
    return problems

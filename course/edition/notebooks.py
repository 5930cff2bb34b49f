"""The students' version of a notebook: nothing is executed, answered or solved; cells are graded.

Cells are told apart by what they are:

    check       a code cell that holds checks.run("...") alone      graded by what it returns
    solution    a code cell with a SOLUTION region                  graded by hand
    answer      a Markdown cell with the id answer-<number>         graded by hand
    evidence    tagged "evidence": measures what an answer claims   left out with the answer
    fixed       the questions, and the cells that load the package  read-only
    stamp       follows the cell that imports the package, in the students' version alone: notes
                with which code the notebook is run, for course.submission

All others stay as they are, for students to change as they like. The first three need points, and
whatever has points must be one of them. Cells carry the metadata of nbgrader, schema version 3:
https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html
"""

import re
from functools import partial

import nbformat

from course.edition.markers import ANSWER, SOLUTION, Change, find_regions, replace_regions
from course.edition.stubs import cell_stub, still_python
from course.notebook import PLACEHOLDER
from course.outputs.canonical import METADATA
from course.submission import STAMP_CELL

CHECK = re.compile(r'checks\.run\("\w+"\)')
QUESTION, ANSWER_ID = re.compile(r"question-\d+"), re.compile(r"answer-\d+")


def derive(text, course, notebook, problems):
    """Return the students' notebook, the Changes of its cells, and what was left out.

    text        the solved notebook's file
    problems    a list that grows by what is wrong
    The changes are {cell id: [Change, ...]}, the cells left out [(index in text, cell), ...].
    """
    path, graded = notebook.file, course.graded_cells(notebook.name)
    points = {name: one.points for name, one in graded.items()}
    solved = nbformat.reads(text, as_version=4)
    cells, changes, left_out = [], {}, []
    for index, cell in enumerate(solved.cells):
        kind = kind_of(cell, notebook)
        if kind in ("check", "solution", "answer"):
            if cell.id not in points:
                problems.append(f"{path}, cell {cell.id}: {kind} without points")
        elif cell.id in points:
            what = "evidence, which is left out" if kind == "evidence" else "nothing to be graded"
            problems.append(f"{path}, cell {cell.id}: it has points, but is {what}")
        if kind == "evidence":
            left_out.append((index, cell))
            continue
        source, changes[cell.id] = new_source(cell, kind, path, problems)
        cells.append(new_cell(cell, kind, source, points.get(cell.id)))
        if cell.id == notebook.stamp:
            metadata = {"deletable": False, "editable": False}
            cells.append(nbformat.v4.new_code_cell(STAMP_CELL, id="stamp", metadata=metadata))
    for name in sorted(points.keys() - {cell.id for cell in solved.cells}):
        problems.append(f"{path}: no cell has the id {name}, for which there are points")
    student = nbformat.v4.new_notebook(cells=cells, metadata=METADATA)
    student.nbformat_minor = 5
    return student, changes, left_out


def kind_of(cell, notebook):
    if "evidence" in cell.metadata.get("tags", []):
        return "evidence"
    if cell.cell_type == "code":
        if CHECK.fullmatch(cell.source.strip()):
            return "check"
        if any(region.kind == SOLUTION for region in regions_of(cell, notebook.file, [])):
            return "solution"
    elif ANSWER_ID.fullmatch(cell.id):
        return "answer"
    locked = cell.id in notebook.locked or QUESTION.fullmatch(cell.id)
    return "fixed" if locked else "plain"


def regions_of(cell, path, problems):
    def where(number):
        return f"{path}, cell {cell.id}, line {number}: "

    regions = find_regions(cell.source, where, problems)
    if cell.cell_type != "code":
        for region in regions:
            problems.append(f"{where(region.first)}a {region.kind} region outside of code")
    return regions


def new_source(cell, kind, path, problems):
    """Return the source of a student's cell, and the Changes that made it."""
    if kind == "answer":
        regions_of(cell, path, problems)
        change = Change(ANSWER, 0, [PLACEHOLDER], cell.source.split("\n"))
        return PLACEHOLDER, [change]
    regions = regions_of(cell, path, problems)
    if not regions:
        return cell.source, []
    make_stub = partial(cell_stub, cell.source, path, cell.id, problems)
    source, changes = replace_regions(cell.source, regions, make_stub)
    still_python(source, f"{path}, cell {cell.id}", problems)
    return source, changes


def new_cell(cell, kind, source, points):
    """Return the student's cell, which nbgrader knows by its id."""
    student = {
        "markdown": nbformat.v4.new_markdown_cell,
        "code": nbformat.v4.new_code_cell,
        "raw": nbformat.v4.new_raw_cell,
    }[cell.cell_type](source, id=cell.id)
    if cell.get("attachments") and kind != "answer":
        student.attachments = cell.attachments
    if kind == "plain":
        return student
    graded, locked = kind != "fixed", kind in ("check", "fixed")
    student.metadata.nbgrader = {
        "schema_version": 3,
        "grade_id": cell.id,
        "grade": graded,
        "locked": locked,
        "solution": not locked,
        "task": False,
    }
    if graded:
        student.metadata.nbgrader["points"] = points
    student.metadata.deletable = False
    student.metadata.editable = not locked
    return student

"""The students' version of a notebook: nothing is executed, answered or solved; cells are graded.

What a cell is follows from the declaration, apart from evidence:

    check       of an exercise                           graded by what it returns
    answer      Markdown; a placeholder takes its place  graded by hand
    code        with a SOLUTION region                   graded by hand
    fixed       the questions, and locked cells          read-only
    evidence    tagged "evidence": measures what an answer claims, and is left out with it
    stamp       follows the cell that imports the package, in the students' version alone: notes
                with which code the notebook is run, for course.submission
    fetch       follows the cell `place`, where `make release` was told an address

All others stay as they are, for students to change as they like. That the declaration fits is seen
to by whole.py. Cells carry the metadata of nbgrader, schema version 3:
https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html
"""

import ast
from functools import partial

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

from course.definition import FILE, Exercise
from course.edition import address
from course.edition.markers import ANSWER, Change, find_regions, replace_regions
from course.edition.stubs import cell_stub, still_python
from course.notebook import PLACEHOLDER
from course.outputs.canonical import METADATA
from course.submission import STAMP_CELL

STAMP, FETCH = "stamp", "fetch-package"  # the ids of those cells


def read(course, notebook):
    """Return a notebook of the solved tree."""
    return nbformat.read(course.root / notebook.file, as_version=4)


def parse_code(source):
    """Return the syntax tree of a code cell, in which magics are calls. Raises SyntaxError."""
    return ast.parse(TransformerManager().transform_cell(source))


def derive(course, notebook, problems, url=""):
    """Return the students' notebook, the Changes of its cells, and what was left out.

    problems    a list that grows by what is wrong with markers and stubs
    url         where the course can be fetched, if that is known
    The changes are {cell id: [Change, ...]}, the cells left out [(index, cell), ...].
    """
    graded = course.graded_cells(notebook.name)
    cells, changes, left_out = [], {}, []
    added = [(STAMP, notebook.stamp, STAMP_CELL)]
    if url:
        added.append((FETCH, notebook.place, address.cell(course, url)))
    for index, cell in enumerate(read(course, notebook).cells):
        if is_evidence(cell):
            left_out.append((index, cell))
            continue
        one = graded.get(cell.id)
        kind = kind_of(cell, one, course, notebook)
        source, changes[cell.id] = new_source(cell, kind, notebook.file, problems)
        cells.append(new_cell(cell, kind, source, one.points if one else None))
        for name, after, text in added:
            if cell.id == after:
                metadata = {"deletable": False, "editable": False}
                cells.append(nbformat.v4.new_code_cell(text, id=name, metadata=metadata))
    if badge := address.badge(url, notebook.file):
        cells[0].source = f"{badge}\n\n{cells[0].source}"
    if url and FETCH not in [cell.id for cell in cells]:
        what = f"{notebook.file} has no cell {notebook.place!r}, after which it fetches the course"
        problems.append(f"{what}; correct `place` in {FILE}, or the cell's id")
    student = nbformat.v4.new_notebook(cells=cells, metadata=METADATA)
    student.nbformat_minor = 5
    return student, changes, left_out


def is_evidence(cell):
    return "evidence" in cell.metadata.get("tags", [])


def kind_of(cell, graded, course, notebook):
    """Return what a cell is; `graded` is what is declared of it, or None."""
    if graded is not None:
        return "check" if isinstance(graded, Exercise) else graded.kind
    questions = {one.question for one in course.by_hand if one.notebook == notebook.name}
    return "fixed" if cell.id in questions or cell.id in notebook.locked else "plain"


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
    student = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")(source, id=cell.id)
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

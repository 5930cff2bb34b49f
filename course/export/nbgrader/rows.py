"""The rows of the gradebook, written in one transaction.

    wanted(given)       what the assignment consists of; given: {notebook: cells}
    definition(db, course)   the same, as the gradebook has it; empty if it has no assignment yet
    replace(db, ...)    make the gradebook hold this assignment, these submissions, these Rows

nbgrader's own calls commit after each row, so its tables are written to instead. The ids of new
rows follow from what they are for: the same results make the same gradebook.
"""

import hashlib
import json
import re
from functools import cache

from nbgrader import api, utils
from sqlalchemy import Column, MetaData, String, Table, delete, insert, select, text, update

from course.export.nbgrader.course_notebook import is_graded
from course.outputs.canonical import METADATA
from course.text import one_line


# What a cell held when its row was last written: where it holds something else now, a person's
# points belong to what was there. nbgrader leaves tables alone that it does not know.
@cache
def seen_table(course):
    return Table(
        f"{course.package}_seen",
        MetaData(),
        Column("grade_id", String(32), primary_key=True),
        Column("content", String(64), nullable=False),
    )


def wanted(given):
    """Return {(notebook, cell): (points, type)} of the graded cells."""
    return {
        (notebook, cell.id): (float(cell.metadata.nbgrader.points), cell.cell_type)
        for notebook, cells in given.items()
        for cell in filter(is_graded, cells)
    }


def definition(db, course):
    """Return what `wanted` returns, as it stands in the gradebook."""
    grade = api.GradeCell
    query = select(api.Notebook.name, grade.name, grade.max_score, grade.cell_type)
    query = query.join(grade.notebook).join(api.Notebook.assignment)
    found = db.execute(query.where(api.Assignment.name == course.name)).all()
    return {(notebook, cell): (points, kind) for notebook, cell, points, kind in found}


def submissions(db, course):
    """Return {slug: id} of the submissions in the gradebook."""
    table = api.SubmittedAssignment
    query = select(table.student_id, table.id).join(table.assignment)
    return dict(db.execute(query.where(api.Assignment.name == course.name)).all())


def replace(db, course, given, names, rows):
    """Write everything, or nothing: the assignment, the submissions, and one Row a graded cell.

    names    {slug: name as handed in}
    rows     the Rows of all of them
    """
    try:
        db.execute(text("BEGIN IMMEDIATE"))  # nobody writes between what is read and written here
        seen_table(course).create(db.connection(), checkfirst=True)
        cells = write_assignment(db, course, given)
        notebooks = write_submissions(db, course, names)
        # nbgrader keeps a grade and a comment of the same cell under two cells of that name.
        places = [
            (notebooks[row.slug, row.notebook], *cells[row.notebook, row.cell]) for row in rows
        ]
        write_grades(db, course, [(book, grade) for book, grade, _ in places], rows)
        write_comments(db, [(book, solution) for book, _, solution in places], rows)
        db.commit()
    except BaseException:
        db.rollback()
        raise


def new_id(*what):
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]


# --- The assignment ---------------------------------------------------------------------------


def write_assignment(db, course, given):
    """Return {(notebook, cell): (id of its grade cell, id of its solution cell)}."""
    if db.get(api.Course, api.Assignment(name="").course_id) is None:
        db.add(api.Course(id=api.Assignment(name="").course_id))
    assignment, cells, kept = find(db, api.Assignment, name=course.name), {}, set()
    for notebook, given_cells in given.items():
        book = find(db, api.Notebook, name=notebook, assignment_id=assignment.id)
        book.kernelspec = json.dumps(METADATA["kernelspec"])
        for cell in given_cells:
            if "nbgrader" not in cell.metadata:
                continue
            key = {"name": cell.id, "notebook_id": book.id}
            source = find(db, api.SourceCell, **key)
            source.cell_type, source.source = cell.cell_type, cell.source
            source.locked, source.checksum = utils.is_locked(cell), utils.compute_checksum(cell)
            kept.add(source)
            if is_graded(cell):
                grade, solution = (
                    find(db, one, **key) for one in (api.GradeCell, api.SolutionCell)
                )
                grade.max_score = float(cell.metadata.nbgrader.points)
                grade.cell_type = cell.cell_type
                kept |= {grade, solution}
                cells[notebook, cell.id] = grade.id, solution.id
    db.flush()
    books = select(api.Notebook.id).where(api.Notebook.assignment_id == assignment.id)
    for table in (api.BaseCell, api.SourceCell):
        for cell in db.scalars(select(table).where(table.notebook_id.in_(books))).all():
            if cell not in kept:
                remove(db, course, cell)
    return cells


def find(db, table, **key):
    """Return the object with this key, a new one if there is none."""
    with db.no_autoflush:  # those that are new are not complete yet
        found = db.scalars(select(table).filter_by(**key)).one_or_none()
    if found is None:
        found = table(name=key["name"])
        for attribute, value in {**key, "id": new_id(table.__name__, *key.values())}.items():
            setattr(found, attribute, value)
        db.add(found)
    return found


def remove(db, course, cell):
    """Remove a cell that is not in the assignment any more, and what was given for it."""
    seen, grades = seen_table(course), select(api.Grade.id).where(api.Grade.cell_id == cell.id)
    db.execute(delete(seen).where(seen.c.grade_id.in_(grades)))
    for table in (api.Grade, api.Comment):
        db.execute(delete(table).where(table.cell_id == cell.id))
    db.delete(cell)


# --- The submissions --------------------------------------------------------------------------


def write_submissions(db, course, names):
    """Return {(slug, notebook): id}; what is new is added."""
    students = set(db.scalars(select(api.Student.id)))
    new = [
        {"id": slug, "last_name": None if name == slug else plain_name(name)}
        for slug, name in names.items()
        if slug not in students
    ]
    write(db, insert(api.Student), new)
    assignment = db.scalars(select(api.Assignment.id).filter_by(name=course.name)).one()
    known = submissions(db, course)
    new = {slug: new_id("submission", slug) for slug in names if slug not in known}
    table = insert(api.SubmittedAssignment)
    write(
        db,
        table,
        [{"id": one, "assignment_id": assignment, "student_id": slug} for slug, one in new.items()],
    )
    known |= new
    table, found = api.SubmittedNotebook, {}
    for row in db.execute(select(table.id, table.assignment_id, table.notebook_id)):
        found[row.assignment_id, row.notebook_id] = row.id
    books = select(api.Notebook.name, api.Notebook.id).filter_by(assignment_id=assignment)
    added, ids = [], {}
    for name, book in db.execute(books).all():
        for slug in names:
            one = found.get((known[slug], book))
            if one is None:
                one = new_id("notebook", slug, name)
                place = {"assignment_id": known[slug], "notebook_id": book}
                added.append({"id": one, "flagged": False, **place})
            ids[slug, name] = one
    write(db, insert(table), added)
    return ids


def plain_name(name):
    """Return a name without what a table, a spreadsheet or a page takes for something else."""
    return re.sub(r"[^\w .-]", " ", one_line(name, 100)).strip(" .-")


def write_grades(db, course, places, rows):
    """Write the automatic scores; places: [(submitted notebook, cell)] of the rows."""
    table = seen_table(course)
    seen = dict(db.execute(select(table.c.grade_id, table.c.content)).all())
    table, have = api.Grade, {}
    columns = table.id, table.manual_score, table.needs_manual_grade
    for book, cell, *values in db.execute(select(table.notebook_id, table.cell_id, *columns)):
        have[book, cell] = values
    new, changed, contents = [], [], []
    for place, row in zip(places, rows, strict=True):
        score, waits = {"auto_score": row.score}, row.score is None
        if place in have:
            grade, by_hand, waited = have[place]
            if by_hand is not None:
                waits = waited or seen.get(grade) != row.content
            changed.append({"id": grade, "needs_manual_grade": waits, **score})
        else:
            grade = new_id("grade", *place)
            where = dict(zip(("notebook_id", "cell_id"), place, strict=True))
            new.append({"id": grade, "needs_manual_grade": waits, **score, **where})
        contents.append({"grade_id": grade, "content": row.content})
    write(db, insert(table), new)
    write(db, update(table), changed)
    write(db, insert(seen_table(course)).prefix_with("OR REPLACE"), contents)


def write_comments(db, places, rows):
    """Write the automatic comments; an empty one of a person would hide them."""
    table, have = api.Comment, {}
    for one, *place in db.execute(select(table.id, table.notebook_id, table.cell_id)):
        have[tuple(place)] = one
    new, changed = [], []
    for place, row in zip(places, rows, strict=True):
        if place in have:
            changed.append({"id": have[place], "auto_comment": row.comment})
        else:
            where = dict(zip(("notebook_id", "cell_id"), place, strict=True))
            new.append({"id": new_id("comment", *place), "auto_comment": row.comment, **where})
    write(db, insert(table), new)
    write(db, update(table), changed)
    db.execute(update(table).where(table.manual_comment == "").values(manual_comment=None))


def write(db, statement, values):
    if values:
        db.execute(statement, values)

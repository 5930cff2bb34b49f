"""The rows of the gradebook, written in one transaction.

    wanted(cells)            what the assignment consists of; cells: {notebook: its cells}
    definition(db, course)   the same, as the gradebook has it; empty if it has no assignment yet
    submissions(db, course)  {slug: id} of those in the gradebook
    replace(db, course, cells, students, rows)
                             make the gradebook hold this assignment, these submissions, these Rows

nbgrader's own calls commit after each row, so its tables are written to instead. The ids of new
rows follow from what they are for: the same results make the same gradebook.
"""

import hashlib
import json
import re
from collections import Counter

from nbgrader import api, utils
from sqlalchemy import Column, MetaData, String, Table, delete, select, text, update
from sqlalchemy.dialects.sqlite import insert

from course.export.nbgrader.course_folder import in_utc
from course.export.nbgrader.course_notebook import is_graded
from course.export.nbgrader.scores import graded_cells
from course.outputs.canonical import METADATA
from course.text import one_line

PLACE = ("notebook_id", "cell_id")  # by which a grade or a comment is known: of a submission


def wanted(cells):
    """Return {(notebook, cell): (points, type)} of the graded cells."""
    return {
        place: (float(cell.metadata.nbgrader.points), cell.cell_type)
        for place, cell in graded_cells(cells).items()
    }


def definition(db, course):
    """Return what `wanted` returns, as it stands in the gradebook."""
    grade = api.GradeCell
    query = select(api.Notebook.name, grade.name, grade.max_score, grade.cell_type)
    query = query.join(grade.notebook).join(api.Notebook.assignment)
    found = db.execute(query.where(api.Assignment.name == course.name))
    return {(notebook, cell): (points, kind) for notebook, cell, points, kind in found}


def submissions(db, course):
    """Return {slug: id} of the submissions in the gradebook."""
    table = api.SubmittedAssignment
    query = select(table.student_id, table.id).join(table.assignment)
    return dict(db.execute(query.where(api.Assignment.name == course.name)).all())


def replace(db, course, cells, students, rows):
    """Write everything, or nothing: the assignment, the submissions, and one Row a graded cell.

    students   {slug: (name as handed in, what the result tells of the student)}
    rows       the Rows of all of them
    """
    try:
        db.execute(text("BEGIN IMMEDIATE"))  # nobody writes between what is read and written here
        seen = seen_table(course)
        seen.create(db.connection(), checkfirst=True)
        assignment, ids = write_assignment(db, course.name, cells)
        remove_others(db, assignment, ids, seen)
        if course.deadline:
            db.get(api.Assignment, assignment).duedate = in_utc(course.deadline.due)
        write_submissions(db, course, assignment, cells, students)
        books = submitted_notebooks(db, assignment)
        # nbgrader keeps a grade and a comment of the same cell under two cells of that name.
        grades, comments = (
            {(books[it.slug, it.notebook], ids[table, it.notebook, it.cell]): it for it in rows}
            for table in (api.GradeCell, api.SolutionCell)
        )
        write_grades(db, seen, grades)
        write_comments(db, comments)
        db.commit()
    except BaseException:
        db.rollback()
        raise


def seen_table(course):
    """Return the table of what a cell held when its grade was last written.

    Where it holds something else now, a person's points belong to what was there. nbgrader leaves
    tables alone that it does not know.
    """
    return Table(
        f"{course.package}_seen",
        MetaData(),
        Column("grade_id", String(32), primary_key=True),
        Column("content", String(64), nullable=False),
    )


def new_id(*what):
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]


def put(db, table, key, rows, changing=()):
    """Insert rows; of one whose key is there already, only the columns `changing` are written."""
    if rows:
        statement = insert(table)
        if changing:
            new = {name: statement.excluded[name] for name in changing}
            statement = statement.on_conflict_do_update(index_elements=key, set_=new)
        else:
            statement = statement.on_conflict_do_nothing(index_elements=key)
        db.connection().execute(statement, rows)


# The assignment


def write_assignment(db, name, cells):
    """Write the assignment; return its id, and {(table, notebook, cell): id} of its cells."""
    if db.get(api.Course, api.Assignment(name="").course_id) is None:
        db.add(api.Course(id=api.Assignment(name="").course_id))
    assignment, ids = find(db, api.Assignment, name=name), {}
    for notebook, its_cells in cells.items():
        book = find(db, api.Notebook, name=notebook, assignment_id=assignment.id)
        book.kernelspec = json.dumps(METADATA["kernelspec"])
        for cell in its_cells:
            if "nbgrader" not in cell.metadata:
                continue
            key = {"name": cell.id, "notebook_id": book.id}
            source = find(db, api.SourceCell, **key)
            source.cell_type, source.source = cell.cell_type, cell.source
            source.locked, source.checksum = utils.is_locked(cell), utils.compute_checksum(cell)
            ids[api.SourceCell, notebook, cell.id] = source.id
            if is_graded(cell):
                grade = find(db, api.GradeCell, **key)
                grade.max_score, grade.cell_type = cell.metadata.nbgrader.points, cell.cell_type
                ids[api.GradeCell, notebook, cell.id] = grade.id
                ids[api.SolutionCell, notebook, cell.id] = find(db, api.SolutionCell, **key).id
    db.flush()
    return assignment.id, ids


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


def remove_others(db, assignment, ids, seen):
    """Remove the cells that are not in the assignment any more, and what was given for them."""
    books, kept = select(api.Notebook.id).filter_by(assignment_id=assignment), set(ids.values())
    for table in (api.BaseCell, api.SourceCell):
        for cell in db.scalars(select(table).where(table.notebook_id.in_(books))).all():
            if cell.id not in kept:
                grades = select(api.Grade.id).filter_by(cell_id=cell.id)
                db.execute(delete(seen).where(seen.c.grade_id.in_(grades)))
                for given in (api.Grade, api.Comment):
                    db.execute(delete(given).where(given.cell_id == cell.id))
                db.delete(cell)


# The submissions


def write_submissions(db, course, assignment, cells, students):
    """Add the students, submissions and notebooks that are new; the times and penalties of all."""
    new = [
        {"id": slug, "last_name": None if name == slug else plain_name(name)}
        for slug, (name, _) in students.items()
    ]
    put(db, api.Student, ["id"], new)
    new = [
        {"id": new_id("submission", slug), "student_id": slug, "assignment_id": assignment}
        | {"timestamp": in_utc(told.get("time"))}
        for slug, (_, told) in students.items()
    ]
    put(db, api.SubmittedAssignment, ["assignment_id", "student_id"], new, changing=["timestamp"])
    submitted, books = submissions(db, course), select(api.Notebook.name, api.Notebook.id)
    most = Counter()
    for (name, _), (points, _) in wanted(cells).items():
        most[name] += points
    new = [
        {"id": new_id("notebook", slug, name), "notebook_id": book, "flagged": False}
        | {"assignment_id": submitted[slug]}
        | {"late_submission_penalty": (told.get("penalty") or 0) / 100 * most[name]}
        for name, book in db.execute(books.filter_by(assignment_id=assignment))
        for slug, (_, told) in students.items()
    ]
    key = ["notebook_id", "assignment_id"]
    put(db, api.SubmittedNotebook, key, new, changing=["late_submission_penalty"])


def submitted_notebooks(db, assignment):
    """Return {(slug, notebook): id} of all submissions of the assignment."""
    table = api.SubmittedNotebook
    query = select(api.SubmittedAssignment.student_id, api.Notebook.name, table.id)
    query = query.join(table.assignment).join(table.notebook)
    found = db.execute(query.where(api.SubmittedAssignment.assignment_id == assignment))
    return {(slug, notebook): one for slug, notebook, one in found}


def plain_name(name):
    """Return a name without what a table, a spreadsheet or a page takes for something else."""
    return re.sub(r"[^\w .-]", " ", one_line(name, 100)).strip(" .-")


def write_grades(db, seen, rows):
    """Write the automatic scores of rows {(submitted notebook, cell): Row}, and what they are for.

    Points of a person are left alone. They wait for another look where the content has changed,
    until somebody has looked.
    """
    table, before = api.Grade, {}
    query = select(table.notebook_id, table.cell_id, table.manual_score, table.needs_manual_grade)
    query = query.add_columns(seen.c.content).outerjoin(seen, seen.c.grade_id == table.id)
    for *place, by_hand, waited, content in db.execute(query):
        before[tuple(place)] = by_hand, waited, content
    grades = []
    for place, row in rows.items():
        by_hand, waited, content = before.get(place, (None, False, None))
        waits = row.score is None if by_hand is None else waited or content != row.content
        grade = {"auto_score": row.score, "needs_manual_grade": waits}
        grades.append(dict(zip(PLACE, place, strict=True), id=new_id("grade", *place), **grade))
    put(db, table, PLACE, grades, changing=("auto_score", "needs_manual_grade"))
    contents = [
        {"grade_id": grade, "content": rows[tuple(place)].content}
        for grade, *place in db.execute(select(table.id, table.notebook_id, table.cell_id))
        if tuple(place) in rows
    ]
    put(db, seen, ["grade_id"], contents, changing=["content"])


def write_comments(db, rows):
    """Write the automatic comments; an empty one of a person would hide them."""
    comments = [
        dict(zip(PLACE, place, strict=True), id=new_id("comment", *place), auto_comment=row.comment)
        for place, row in rows.items()
    ]
    put(db, api.Comment, PLACE, comments, changing=["auto_comment"])
    empty = update(api.Comment).where(api.Comment.manual_comment == "")
    db.execute(empty.values(manual_comment=None))

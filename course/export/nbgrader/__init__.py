"""Scores and comments in nbgrader's gradebook: ours replaced at each grading, a person's kept.

    record(course, book, results)   make the course folder `book` say what the results say
    manual(course, book)            what people gave: {slug: {(notebook, cell): {"score", ...}}}

nbgrader keeps the books; it executes nothing. Each automatic score follows from a result, so what
a cell prints, a hook, or a kernel that dies cannot change it. All of them are replaced in one
transaction: it is complete, or the gradebook is as before. What is in the gradebook, but no longer
among the results, has no automatic points any more.

    a check            has its exercise's points, and as a comment the verdict and the hints
    no answer          has 0, which a person can override
    an answer          waits for a person (nbgrader: needs_manual_grade)

Where a person has given points, these count. They are kept if something else is handed in or the
verdict changes, but then the cell waits for the person to look again. Students read the comments,
too: they hold what telling.py says, and nothing of unseen problems.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
import tempfile
from pathlib import Path

import nbgrader
from alembic.script import ScriptDirectory
from nbgrader import api
from sqlalchemy import URL, Column, MetaData, String, Table, create_engine, insert, select
from sqlalchemy.pool import NullPool

from course.export.nbgrader import course_folder
from course.export.nbgrader import rows as gradebook_rows
from course.export.nbgrader.course_notebook import safe_markdown
from course.export.nbgrader.rows import Row, graded_cells
from course.export.telling import ToldAnswer, ToldExercise

PATIENCE = "60"  # seconds to wait while somebody else writes
ABSENT = "The last grading has no result of this submission."


def record(course, book, results):
    """Write the course folder of nbgrader and its gradebook; return how many submissions it holds.

    course     the Course;  book  the folder
    results    iterable of (result, executed, submitted), all submissions that there are; the last
               two are {name of a notebook: bytes}, as it was executed again and as handed in
    Raises ValueError, before the gradebook is touched, if it is damaged, or of another version of
    nbgrader.
    """
    book = Path(book)
    assignment = course_folder.assignment(course)
    course_folder.prepare(course, book, assignment)
    rows, students = [], {}

    def take(result, executed, submitted):
        course_folder.write_submission(course, book, assignment, result, executed, submitted)
        rows.extend(scores(result, assignment.cells))
        students[result["slug"]] = result["name"], result.get("student", {})

    with opened(book) as gradebook:
        # Notebooks first: what a person grades while this runs is never older than its row.
        for one in results:
            take(*one)
        known = gradebook_rows.submissions(gradebook.db, course)
        for slug in sorted(known.keys() - students.keys()):
            take(vanished(slug), {}, {})
        before = gradebook_rows.definition(gradebook.db, course)
        gradebook.db.rollback()  # ends reading
        if before and before != gradebook_rows.wanted(assignment.cells):
            back_up(book)
        gradebook_rows.replace(gradebook.db, course, assignment.cells, students, rows)
    return len(students)


def vanished(slug):
    """Return the result of a submission that has none any more."""
    lists = {key: [] for key in ("exercises", "answers", "notebooks")}
    return {"slug": slug, "name": slug, "remarks": [ABSENT], **lists}


def manual(course, book):
    """Return what people gave, {slug: {(notebook, cell): {"score": float, "comment": str}}}.

    The score is what counts for the cell, extra credit included; None if nobody gave one.
    """
    path = Path(book) / "gradebook.db"
    if not path.is_file():
        return {}
    grade, comment = api.Grade, api.Comment
    # As nbgrader counts: extra credit comes on top of a score, not without one.
    scored = grade.manual_score.is_not(None)
    scored |= grade.auto_score.is_not(None) & (grade.extra_credit != 0)
    found = {}
    with create_engine(url(path), poolclass=NullPool).connect() as connection:
        for key, table, value, condition in (
            ("score", grade, grade.score, scored),
            ("comment", comment, comment.manual_comment, comment.manual_comment != ""),
        ):
            query = (
                select(api.SubmittedAssignment.student_id, api.Notebook.name, api.BaseCell.name)
                .add_columns(value)
                .select_from(table)
                .join(api.BaseCell, table.cell_id == api.BaseCell.id)
                .join(api.SubmittedNotebook, table.notebook_id == api.SubmittedNotebook.id)
                .join(api.SubmittedNotebook.assignment)
                .join(api.SubmittedAssignment.assignment)
                .join(api.Notebook, api.SubmittedNotebook.notebook_id == api.Notebook.id)
                .where(condition, api.Assignment.name == course.name)
            )
            for student, notebook, cell, given in connection.execute(query):
                cells = found.setdefault(student, {})
                cells.setdefault((notebook, cell), {"score": None, "comment": ""})[key] = given
    return found


# Scores and comments


def scores(result, cells):
    """Return the Rows of a result; cells: {notebook: its cells}, which hold the points."""
    every, rows = (*result["exercises"], *result["answers"]), []
    entries = {(one["notebook"], one["cell"]): one for one in every}
    for place, cell in graded_cells(cells).items():
        most, entry = float(cell.metadata.nbgrader.points), entries.get(place)
        if cell.metadata.nbgrader.locked:
            score, comment = verdict(entry, most)
            content = [most, score, comment]
        else:
            score, comment = unanswered(entry)
            content = [most, entry["source"] if entry else ""]
        digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
        rows.append(Row(result["slug"], *place, score, comment, digest))
    return rows


def verdict(entry, most):
    """Return the points of an exercise and the comment on it; `most` is what the cell is worth."""
    if entry is None:
        return 0.0, ABSENT
    first, *more = ToldExercise(entry, {}).text
    comment = safe_markdown("\n".join([first, *(f"- {line}" for line in more)]))
    # A result may be older than the points of the assignment.
    return most * entry["points"] / entry["possible"], comment


def unanswered(answer):
    """Return 0 and the reason where there is nothing to grade, else (None, ...): it waits."""
    if answer is None:
        return 0.0, ABSENT
    told = ToldAnswer(answer, {})
    return told.score, f"{told.title}: {told.remark}" if told.remark else None


# The file


@contextlib.contextmanager
def opened(book):
    """Open the gradebook of a book; it is made if there is none."""
    path = book / "gradebook.db"
    if not path.exists():
        create(path)
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            [(version,)] = connection.execute("SELECT version_num FROM alembic_version")
    except (sqlite3.DatabaseError, ValueError) as error:
        raise ValueError(
            f"{path} is no gradebook that can be read ({error}). If you have a copy, put it there; "
            "else move it away, and points that people gave are lost"
        ) from error
    if version != schema_version():
        raise ValueError(
            f"{path} was made by another version of nbgrader than this one, "
            f"{nbgrader.__version__}; in {book}, `nbgrader db upgrade` brings it up to date, and "
            "keeps a copy"
        )
    with api.Gradebook(url(path)) as gradebook:
        yield gradebook


def create(path):
    """Make an empty gradebook, which is complete before it takes its place.

    nbgrader would do so, too, readable by everybody, and with a program that it expects on PATH.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # with mode 0600
    os.close(handle)
    try:
        with create_engine(url(name), poolclass=NullPool).begin() as connection:
            api.Base.metadata.create_all(connection)
            version = Table("alembic_version", MetaData(), Column("version_num", String(32)))
            version.create(connection)
            connection.execute(insert(version), {"version_num": schema_version()})
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def schema_version():
    return ScriptDirectory(str(Path(nbgrader.__file__).parent / "alembic")).get_current_head()


def back_up(book):
    """Copy the gradebook beside itself, as it is before the points or the cells change."""
    number = 1 + len(list(book.glob("gradebook.before-*.db")))
    handle, name = tempfile.mkstemp(dir=book, prefix=".new-")
    os.close(handle)
    with (
        contextlib.closing(sqlite3.connect(book / "gradebook.db")) as source,
        contextlib.closing(sqlite3.connect(name)) as copy,
    ):
        source.backup(copy)
    os.replace(name, book / f"gradebook.before-{number}.db")


def url(path):
    return URL.create("sqlite", database=str(path), query={"timeout": PATIENCE})

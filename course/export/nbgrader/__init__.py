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

nbgrader takes seconds to import. So what only looks into the gradebook asks SQLite, and where the
file is as the last run left it, and would get the same again, it is left alone.
"""

import contextlib
import hashlib
import json
import sqlite3
from importlib.metadata import version
from pathlib import Path

from course.export.nbgrader import course_folder
from course.export.nbgrader.scores import ABSENT, scores
from course.files import put
from course.grader.settings import grader_version

PATIENCE = 60  # seconds to wait while somebody else writes
RECORDED = ".recorded"  # in the book: a sum of the gradebook's file and of what it was given
SUBMISSIONS = """
SELECT student_id FROM submitted_assignment
JOIN assignment ON assignment_id = assignment.id WHERE assignment.name = ? ORDER BY student_id
"""
# As nbgrader counts: extra credit comes on top of a score, not without one.
GIVEN = """
SELECT student_id, notebook.name, base_cell.name, {value}
FROM {table} JOIN base_cell ON cell_id = base_cell.id
JOIN submitted_notebook ON {table}.notebook_id = submitted_notebook.id
JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
JOIN assignment ON submitted_assignment.assignment_id = assignment.id
JOIN notebook ON submitted_notebook.notebook_id = notebook.id
WHERE assignment.name = ? AND {condition}
"""
SCORES = GIVEN.format(
    table="grade",
    value="coalesce(manual_score, auto_score) + coalesce(extra_credit, 0)",
    condition="(manual_score IS NOT NULL OR auto_score IS NOT NULL AND extra_credit != 0)",
)
COMMENTS = GIVEN.format(table="comment", value="manual_comment", condition="manual_comment != ''")


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

    known = ask(book, SUBMISSIONS, course.name)
    # Notebooks first: what a person grades while this runs is never older than its row.
    for one in results:
        take(*one)
    for (slug,) in known:
        if slug not in students:
            take(vanished(slug), {}, {})
    given = grader_version(course), version("nbgrader"), assignment.cells, students, rows
    if not is_recorded(book, given):
        from course.export.nbgrader import database

        database.replace(course, book, assignment.cells, students, rows)
        put(book / RECORDED, sum_of(book, given).encode())
    return len(students)


def vanished(slug):
    """Return the result of a submission that has none any more."""
    lists = {key: [] for key in ("exercises", "answers", "notebooks")}
    return {"slug": slug, "name": slug, "remarks": [ABSENT], **lists}


def is_recorded(book, given):
    """Whether the gradebook is as it was left when it was last given the same."""
    with contextlib.suppress(FileNotFoundError):
        return (book / RECORDED).read_text("utf-8", "replace") == sum_of(book, given)
    return False


def sum_of(book, given):
    content = (book / "gradebook.db").read_bytes()
    return hashlib.sha256(content + json.dumps(given).encode()).hexdigest()


def manual(course, book):
    """Return what people gave, {slug: {(notebook, cell): {"score": float, "comment": str}}}.

    The score is what counts for the cell, extra credit included; None if nobody gave one. Raises
    ValueError if the gradebook is damaged.
    """
    found = {}
    for key, query in (("score", SCORES), ("comment", COMMENTS)):
        for student, notebook, cell, given in ask(Path(book), query, course.name):
            cells = found.setdefault(student, {})
            cells.setdefault((notebook, cell), {"score": None, "comment": ""})[key] = given
    return found


def ask(book, query, *values):
    """Return the rows that a query finds in the gradebook, none where there is no such file."""
    path = book / "gradebook.db"
    if not path.is_file():
        return []
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=PATIENCE)) as connection:
            return connection.execute(query, values).fetchall()
    except sqlite3.DatabaseError as error:
        raise ValueError(
            f"{path} is no gradebook that can be read ({error}). If you have a copy, put it there; "
            "else move it away, and points that people gave are lost"
        ) from error

"""The file of the gradebook, written with nbgrader's own tables, which take seconds to import.

    replace(course, book, cells, students, rows)
                             make it hold this assignment, these submissions, these Rows

A gradebook is made if there is none, and copied before the points or the cells change.
"""

import contextlib
import os
import sqlite3
import tempfile
from pathlib import Path

import nbgrader
from alembic.script import ScriptDirectory
from nbgrader import api
from sqlalchemy import URL, Column, MetaData, String, Table, create_engine, insert
from sqlalchemy.pool import NullPool

from course.export.nbgrader import PATIENCE, ask
from course.export.nbgrader import rows as gradebook_rows


def replace(course, book, cells, students, rows):
    """Replace what is ours in the gradebook of a book; see rows.replace. Raises ValueError."""
    with opened(book) as gradebook:
        before = gradebook_rows.definition(gradebook.db, course)
        gradebook.db.rollback()  # ends reading
        if before and before != gradebook_rows.wanted(cells):
            back_up(book)
        gradebook_rows.replace(gradebook.db, course, cells, students, rows)


@contextlib.contextmanager
def opened(book):
    """Open the gradebook of a book; it is made if there is none."""
    path = book / "gradebook.db"
    if not path.exists():
        create(path)
    versions = ask(book, "SELECT version_num FROM alembic_version")
    if versions != [(schema_version(),)]:
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
    return URL.create("sqlite", database=str(path), query={"timeout": str(PATIENCE)})

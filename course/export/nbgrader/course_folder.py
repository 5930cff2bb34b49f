"""The files of the nbgrader course: what was handed out, handed in, and executed.

    nbgrader_config.py       settings; written once, so that an instructor may change them
    source/<name>/           the student edition, its checks with comments: see course_notebook.py
    release/<name>/          the student edition
    submitted/<slug>/<name>/     the notebooks as handed in
    autograded/<slug>/<name>/    the notebooks as formgrader shows them

All of it can be read by its owner alone. A file is complete before it takes its place, and left
alone if its content is the same.
"""

import contextlib
import re
from functools import lru_cache
from pathlib import PurePosixPath
from types import SimpleNamespace

import nbformat

from course.edition import release
from course.export.feedback import counted_cells
from course.export.nbgrader import course_notebook
from course.files import put
from course.text import one_line

SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")

CONFIG = '''\
"""Settings of this course of nbgrader. They are yours: grading again leaves them as they are."""

from nbconvert.exporters import NotebookExporter
from sqlalchemy import event
from sqlalchemy.orm import Session


class Refused(NotebookExporter):
    def __init__(self, **settings):
        raise RuntimeError(
            "nbgrader's autograder would run the code of students with your rights: in this course "
            "`python -m course.grader grade` grades, each submission in a sandbox"
        )


def read_anew(query):
    query.update_execution_options(populate_existing=True)


# Formgrader would go on showing what it has read once, also after everything was graded again.
# This file is read many times.
if not hasattr(Session, "reads_anew"):
    event.listen(Session, "do_orm_execute", read_anew)
    Session.reads_anew = True

c = get_config()  # noqa: F821  nbgrader defines it

c.Autograde.exporter_class = Refused

# Feedback that is there already may be older than the grades.
c.GenerateFeedback.force = True

# The prompts and stubs of the edition are in place; nbgrader would put its own over them.
c.ClearSolutions.enabled = False
'''


@lru_cache(maxsize=2)
def assignment(course):
    """Return what is handed out: files {path in the assignment: bytes}, given {notebook: cells}.

    The cells are those of the course's own copies. Raises release.ReleaseError.
    """
    files, given = {}, {}
    for path, content in release.derive(course).files.items():
        if path in course.notebook_files:
            name = PurePosixPath(path).name
            files[name] = content
            cells = nbformat.reads(content.decode(), as_version=4).cells
            given[name.removesuffix(".ipynb")] = course_notebook.for_course(cells)
        elif path.split("/")[0] in (course.package, "course", "exercises"):
            # nbgrader expects the notebooks beside the packages
            files[path] = content
    return SimpleNamespace(files=files, given=given)


def prepare(course, book, handed_out):
    """Write all but the submissions."""
    make_folder(book)
    book.chmod(0o700)  # it may have been made by somebody else, as an empty one
    if not (book / "nbgrader_config.py").exists():
        write(book / "nbgrader_config.py", CONFIG.encode())
    for path, content in handed_out.files.items():
        write(book / "release" / course.name / path, content)
        notebook = path.removesuffix(".ipynb")
        if notebook in handed_out.given:
            copy = nbformat.reads(content.decode(), as_version=4)
            copy.cells = handed_out.given[notebook]
            content = (nbformat.writes(copy) + "\n").encode()
        write(book / "source" / course.name / path, content)


def write_submission(course, book, handed_out, result, executed, submitted):
    """Write the notebooks of one submission; executed, submitted: {"one.ipynb": bytes}.

    Raises ValueError if its slug is not a plain name.
    """
    slug = result["slug"]
    if not SLUG.fullmatch(slug):
        raise ValueError(f"{slug!r} cannot be the name of a folder of submissions")
    for name in handed_out.given:
        file = f"{name}.ipynb"
        if file in submitted:
            write(book / "submitted" / slug / course.name / file, submitted[file])
        else:
            (book / "submitted" / slug / course.name / file).unlink(missing_ok=True)
        text = shown(handed_out, result, name, executed.get(file), submitted.get(file))
        write(book / "autograded" / slug / course.name / file, text.encode())


def shown(handed_out, result, name, executed, submitted):
    """Return the text of a notebook: as executed, else as handed in, else with nothing in it."""
    given = handed_out.given[name]
    answers = {one["cell"]: one for one in result["answers"] if one["notebook"] == name}
    for content in (executed, submitted):
        if content is not None:
            with contextlib.suppress(ValueError):  # it cannot be read
                notes = notes_on(result, name, "", content is executed)
                return course_notebook.build(given, content, answers, notes)
    state = "missing" if submitted is None else "unreadable"
    return course_notebook.build(given, None, answers, notes_on(result, name, state, False))


def notes_on(result, name, state, executed):
    """Return what stands above a notebook: where it comes from, and what was remarked.

    Nothing tells whose it is: formgrader shows names only to those who ask for them.
    """
    entry = next((one for one in result["notebooks"] if one["name"] == name), {})
    if state:
        notes = [f"{name}.ipynb is {state}; the cells below are those of the assignment"]
    elif executed:
        counts = counted_cells(entry)
        notes = [f"outputs from executing it again; cells: {counts or 'none compared'}"]
    else:
        notes = ["outputs as handed in: the notebook was not executed again"]
    if entry.get("message"):
        notes.append(f"{entry['status']}: {one_line(entry['message'])}")
    return notes + list(result["remarks"])


# --- Files ------------------------------------------------------------------------------------


def write(path, content):
    """Write a file, and leave it alone if it is there already."""
    try:
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return
    except FileNotFoundError:
        make_folder(path.parent)
    put(path, content)


def make_folder(folder):
    """Make a folder that its owner alone can enter, and those above it that are missing."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)

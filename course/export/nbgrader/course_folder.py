"""The files of the nbgrader course: what was handed out, handed in, and executed.

    nbgrader_config.py       settings; written once, so that an instructor may change them
    source/<name>/           the student edition, its checks with comments: see course_notebook.py
    release/<name>/          the student edition
    submitted/<slug>/<name>/     the notebooks as handed in, and when
    autograded/<slug>/<name>/    the notebooks as formgrader shows them

All of it can be read by its owner alone. A file is complete before it takes its place, and left
alone if its content is the same.
"""

import contextlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import PurePosixPath

import nbformat

from course.edition import handed_out
from course.export import nbgrader_config
from course.export.nbgrader import course_notebook
from course.export.telling import ToldNotebook
from course.files import make_folder, put

SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True)
class Assignment:
    """What is handed out.

    files   {path in the assignment: bytes}; nbgrader expects notebooks beside the packages
    cells   {notebook: its cells in the course's own copy}
    """

    files: dict
    cells: dict


@cache
def assignment(course):
    """Return the Assignment of a course. Raises derive.ReleaseError."""
    names, files, cells = {one.file: one.name for one in course.notebooks.values()}, {}, {}
    rooms = {course.package, "course", "exercises", *(name.split("/")[0] for name in names)}
    for path, content in handed_out.edition(course).files.items():
        if path in names:
            files[PurePosixPath(path).name] = content
            book = nbformat.reads(content.decode(), as_version=4)
            rubrics = {
                one.cell: one.rubric for one in course.by_hand if one.notebook == names[path]
            }
            cells[names[path]] = course_notebook.for_course(book.cells, rubrics)
        elif path.split("/")[0] in rooms:
            files[path] = content
    return Assignment(files, cells)


def prepare(course, book, assignment):
    """Write all but the submissions."""
    make_folder(book)
    book.chmod(0o700)  # it may have been made by somebody else, as an empty one
    if not (config := book / nbgrader_config.FILE).exists():
        write(config, nbgrader_config.settings(course, graded_here=True).encode())
    for path, content in assignment.files.items():
        write(book / "release" / course.name / path, content)
        notebook = path.removesuffix(".ipynb")
        if notebook in assignment.cells:
            copy = nbformat.reads(content.decode(), as_version=4)
            copy.cells = assignment.cells[notebook]
            content = (nbformat.writes(copy) + "\n").encode()
        write(book / "source" / course.name / path, content)


def write_submission(course, book, assignment, result, executed, submitted):
    """Write the notebooks of one submission; executed, submitted: {name of a notebook: bytes}.

    Raises ValueError if its slug is not a plain name.
    """
    slug = result["slug"]
    if not SLUG.fullmatch(slug):
        raise ValueError(f"{slug!r} cannot be the name of a folder of submissions")
    handed_in = {f"{name}.ipynb": submitted.get(name) for name in assignment.cells}
    time = result.get("student", {}).get("time")
    handed_in["timestamp.txt"] = f"{in_utc(time)} UTC\n".encode() if time else None
    for name, content in handed_in.items():
        path = book / "submitted" / slug / course.name / name
        if content is None:
            path.unlink(missing_ok=True)
        else:
            write(path, content)
    for name, cells in assignment.cells.items():
        text = shown(cells, result, name, executed.get(name), submitted.get(name))
        write(book / "autograded" / slug / course.name / f"{name}.ipynb", text.encode())


def shown(cells, result, name, executed, submitted):
    """Return the text of a notebook: as executed, else as handed in, else with nothing in it."""
    answers = {one["cell"]: one for one in result["answers"] if one["notebook"] == name}
    codes = {one["cell"]: one.get("code") for one in result["exercises"] if one["notebook"] == name}
    for content in (executed, submitted):
        if content is not None:
            with contextlib.suppress(ValueError):  # it cannot be read
                notes = [*notes_on(result, name, content is executed), *result["remarks"]]
                return course_notebook.build(cells, content, answers, notes, codes)
    state = "missing" if submitted is None else "unreadable"
    what = f"{name}.ipynb is {state}; the cells below are those of the assignment"
    return course_notebook.build(cells, None, answers, [what, *result["remarks"]], codes)


def notes_on(result, name, executed):
    """Return what stands above a notebook on where it comes from.

    Nothing tells whose it is: formgrader shows names only to those who ask for them.
    """
    told = [ToldNotebook(one) for one in result["notebooks"] if one["name"] == name]
    if executed and told:
        return [f"{told[0].status} Cells: {told[0].counts or 'none compared'}."]
    what = "outputs as handed in: the notebook was not executed again"
    return [what, *(one.status for one in told)]


def in_utc(time):
    """Return a time, or what lateness.py makes of one, as nbgrader keeps it: in UTC, and without
    saying so. Where no zone is known it stays as it is."""
    time = datetime.fromisoformat(time) if isinstance(time, str) and time else time or None
    return time.astimezone(UTC).replace(tzinfo=None) if time and time.tzinfo else time


# Files


def write(path, content):
    """Write a file, and leave it alone if it is there already."""
    try:
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return
    except FileNotFoundError:
        make_folder(path.parent)
    put(path, content)

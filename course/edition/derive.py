"""The student edition: what students get of the solved tree, with stubs for what they write."""

import hashlib
from dataclasses import dataclass, field
from functools import partial

import nbformat

from course import definition, record
from course.definition import ByHand
from course.edition import address, notebooks
from course.edition.markers import find_regions, replace_regions
from course.edition.stubs import function_stub, still_python
from course.notebook import EDITION
from course.record import Record

BINARY = (".npz", ".png")
EXERCISES = "<!-- EXERCISES -->"  # in the students' README: the table of what is asked


class ReleaseError(Exception):
    """What is wrong with the solved tree: the problems, one a line."""


@dataclass(repr=False)
class Edition:
    """The student edition, its record, and what was taken out of the solved tree to make it."""

    files: dict = field(default_factory=dict)  # path in the edition -> bytes
    changes: dict = field(default_factory=dict)  # (solved path, cell id or None) -> [Change]
    left_out: dict = field(default_factory=dict)  # path of a notebook -> [(index, cell)]
    record: Record | None = None


def derive(course, url=""):
    """Return the Edition of a course's solved tree; url is where students get it, if there is one.

    Raises ReleaseError.

    Whether it gives anything away is not looked at here, but by release.py.
    """
    root, edition, problems, books = course.root, Edition(), [], {}
    if url and (wrong := address.problem(url)):
        raise ReleaseError(wrong)
    for notebook in course.notebooks.values():
        path = notebook.file
        if not (root / path).is_file():
            what = f"{definition.FILE}, line {notebook.line}: there is no notebook {path}"
            problems.append(f"{what}; correct the name")
            continue
        books[path], changes, left_out = notebooks.derive(course, notebook, problems, url)
        edition.left_out[path] = left_out
        edition.changes |= {(path, cell): changed for cell, changed in changes.items()}
    for pattern in course.files.handed_out:
        paths = sorted(path for path in root.glob(pattern) if path.is_file())
        if not paths and pattern != definition.CHECKS:  # whole.py says how that is made
            what = f"{definition.FILE}: no file is called {pattern!r}, which is in handed_out"
            problems.append(f"{what}; correct the name, or take it out")
        for path in paths:
            name = path.relative_to(root).as_posix()
            content = student_version(name, path.read_bytes(), edition, problems)
            edition.files[course.files.renamed.get(name, name)] = content
    if problems:
        raise ReleaseError("\n".join(problems))
    for name in (name for name in edition.files if name.endswith(".md")):
        text = edition.files[name].decode().replace(address.PLACE, address.told(course, url))
        edition.files[name] = text.replace(EXERCISES, exercise_table(course, books)).encode()
    add_record(edition, books)
    edition.files = dict(sorted(edition.files.items()))
    return edition


def exercise_table(course, books):
    """Return what earns points as a table, in the order of the notebooks {path: notebook}.

    Times are told if any are declared.
    """
    rows = [("notebook", "what", "points", "minutes"), ("---", "---", "--:", "--:")]
    for notebook in course.notebooks.values():
        graded = course.graded_cells(notebook.name)
        for one in (graded[cell.id] for cell in books[notebook.file].cells if cell.id in graded):
            what = one.title if isinstance(one, ByHand) else in_words(one)
            rows.append((notebook.name, what, str(one.points), str(one.minutes or "")))
    if not any(minutes for *_, minutes in rows[2:]):
        rows = [row[:-1] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def in_words(exercise):
    return f"{', '.join(f'`{name}`' for name in exercise.functions)} in `{exercise.file}`"


def add_record(edition, books):
    """Put the record of the edition into it, and the notebooks, which tell its id."""
    edition.record = Record(
        {path: hashlib.sha256(edition.files[path]).hexdigest() for path in sorted(edition.files)},
        {path: {cell.id: cell.source for cell in book.cells} for path, book in books.items()},
    )
    for path, book in books.items():
        book.metadata[EDITION] = edition.record.id
        edition.files[path] = (nbformat.writes(book) + "\n").encode()
    edition.files[record.FILE] = edition.record.to_bytes()


def student_version(path, content, edition, problems):
    """Return the students' version of a file, and note in the edition what was changed."""
    if path.endswith(BINARY):
        return content
    try:
        text = content.decode("utf-8").replace("\r\n", "\n")  # as git writes it on Windows
    except UnicodeDecodeError:
        problems.append(
            f"{path}: it is not UTF-8, and its name does not end in {' or '.join(BINARY)}"
        )
        return content
    regions = find_regions(text, lambda number: f"{path}:{number}: ", problems)
    if not regions:
        return text.encode()
    make_stub = partial(function_stub, text, path, problems)
    text, edition.changes[path, None] = replace_regions(text, regions, make_stub)
    if path.endswith(".py"):
        still_python(text, path, problems)
    return text.encode()

"""The record of an edition: what was handed out, to be known again when it comes back.

    Record                        of one edition, with its id
    given_cells(course, ...)      what was handed out of a notebook, on a student's side

The student edition holds its record as exercises/edition.json, and its notebooks tell the id in
their metadata. Which of several editions a submission comes from: course/edition/handed_out.py.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from course.notebook import Given

FILE = "exercises/edition.json"  # in the student edition; the solved tree has no such file


@dataclass(frozen=True, eq=False)
class Record:
    """What an edition consists of.

    files       {path: SHA-256} of all files but the notebooks and the record itself
    notebooks   {path: {cell id: source}}, the cells in order
    """

    files: dict
    notebooks: dict

    @cached_property
    def id(self):
        """16 hexadecimal digits that change with anything in the record."""
        body = json.dumps([sorted(self.files.items()), as_lists(self.notebooks)])
        return hashlib.sha256(body.encode()).hexdigest()[:16]

    def given(self, file):
        """Return the cells of the notebook with this path, none if the edition lacks it."""
        return Given(self.notebooks.get(file, {}))

    def to_bytes(self):
        table = {"id": self.id, "files": self.files, "notebooks": self.notebooks}
        return (json.dumps(table, ensure_ascii=False, indent=1) + "\n").encode()


def as_lists(notebooks):
    """Return the notebooks in a form in which the order of cells counts, and theirs does not."""
    return sorted((file, list(cells.items())) for file, cells in notebooks.items())


def parse(content):
    """Return the Record in the bytes of a file. Raises ValueError if it is damaged."""
    try:
        table = json.loads(content)
        record = Record(table["files"], table["notebooks"])
        sound = table["id"] == record.id
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"it is no record of an edition ({error})") from None
    if not sound:
        raise ValueError(f"it was changed: its id is {table['id']!r}, its content's {record.id!r}")
    return record


def read(course):
    """Return the Record of the student edition in the course's folder, None in the solved tree.

    Raises ValueError if it is damaged.
    """
    path = course.root / FILE
    return parse(path.read_bytes()) if path.is_file() else None


def given_cells(course, notebook, cells, record):
    """Return what was handed out of a notebook, as notebook.Given.

    cells    those that it has now
    record   of the edition; None in the solved tree, which has no cells of a student's own: there
             all cells were given, and what was written into those that people grade was not
    """
    if record:
        return record.given(notebook.file)
    written = {one.cell for one in course.by_hand if one.notebook == notebook.name}
    return Given((str(one.id), "" if one.ids & written else one.source) for one in cells)

"""Which edition does what comes back come from?

    given(course, files, notebook)      the cells that were handed out of a submission's notebook
    edition(course)                     the edition that the tree gives now
    keep(course, record)                keep a record in exercises/editions/, for grading

A student works on the edition that was handed out, while the tree goes on: a typo is corrected, a
cell added. What was given and what is a student's own is told by the record of that edition.
"""

from functools import cache

from course.edition.derive import derive
from course.files import put
from course.notebook import edition_told, read_cells, squeeze
from course.record import parse

FOLDER = "exercises/editions"


@cache
def edition(course):
    """Return the Edition of the tree, derived once. Raises derive.ReleaseError."""
    return derive(course)


@cache
def records(course):
    """Return the Records to choose from: that of the tree, then those that were kept, by id.

    Raises ValueError, with the way out, if one of them is damaged.
    """
    kept = read_kept(course)
    own = edition(course).record
    return (own, *(kept[name] for name in sorted(kept) if name != own.id))


def read_kept(course):
    """Return {id: Record} of exercises/editions/. Raises ValueError."""
    kept = {}
    for path in sorted((course.root / FOLDER).glob("*.json")):
        name = path.relative_to(course.root).as_posix()
        way_out = "get it back from version control, or delete it if nobody has that edition"
        try:
            record = parse(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ValueError(f"{name}: {error}; {way_out}") from None
        kept[record.id] = record
    return kept


def keep(course, record):
    """Write a record to exercises/editions/, unless it is there; return its path."""
    path = course.root / FOLDER / f"{record.id}.json"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        put(path, record.to_bytes())
        path.chmod(0o644)
    return path


def given(course, files, notebook):
    """Return the cells that were handed out of a notebook, as notebook.Given.

    files      {name: bytes} of a submission, which may be anything
    notebook   the definition's Notebook
    """
    return choose(records(course), files, notebook.file).given(notebook.file)


def choose(records, files, file):
    """Return the Record of the edition that the notebook `file` of a submission comes from.

    Its metadata tell; if they were lost, those of another notebook; else it is the edition with
    the most of its cells unchanged. In doubt it is the first of the records.
    """
    known = {one.id: one for one in records if file in one.notebooks}
    names = [file, *sorted(name for name in files if name.endswith(".ipynb"))]
    for name in names:
        if (told := edition_told(files.get(name, b""))) in known:
            return known[told]
    try:
        texts = {squeeze(cell.source) for cell in read_cells(files.get(file, b""))}
    except ValueError:
        return records[0]
    return max(records, key=lambda one: count_equal(one.notebooks.get(file, {}), texts))


def count_equal(cells, texts):
    return sum(squeeze(source) in texts for source in cells.values())

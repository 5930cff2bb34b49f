"""Which edition does what comes back come from?

    choose(records, files, file)        the record of the edition that a notebook comes from
    find_told(records, files, file)     the same, where metadata tell it
    edition(course)                     the edition that the tree gives now
    tell_editions(course, files)        sentences on notebooks that are not of one known edition
    keep(course, record)                keep a record in exercises/editions/, for grading

A student works on the edition that was handed out, while the tree goes on: a typo is corrected, a
cell added. What was given and what is a student's own is told by the record of that edition.
"""

from functools import cache

from course.edition.derive import derive
from course.files import put
from course.notebook import edition_told, read_cells, squeeze
from course.record import parse
from course.text import one_line

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


def is_foreign(cells, given):
    """Whether a notebook has cells, and none that was ever handed out: of another course, say."""
    return bool(cells) and not any(given.has(cell) for cell in cells)


def tell_editions(course, files):
    """Return sentences on notebooks of a submission that are not of one and a known edition."""
    told, first = [], choose(records(course), files, course.notebook_files[0])
    for file in course.notebook_files:
        try:
            cells = read_cells(files.get(file, b""))
        except ValueError:
            continue
        record, named = choose(records(course), files, file), edition_told(files[file])
        if is_foreign(cells, record.given(file)):
            way_out = "its answers are looked for by the words of the questions"
            told.append(f"{file}: none of its cells is the course's; {way_out}")
        elif named and named not in (record.id, first.id):
            what = f"the edition {one_line(named, 16)}, of which exercises/editions/ has no record"
            told.append(f"{file}: it is of {what}; it is graded as {record.id}, the nearest")
        elif record is not records(course)[0] and not find_told(records(course), files, file):
            told.append(
                f"{file}: no notebook tells its edition; graded as {record.id}, the nearest"
            )
        elif record.id != first.id:
            told.append(f"{file}: it is of another edition than the rest, {record.id}")
    return told


def choose(records, files, file):
    """Return the Record of the edition that the notebook `file` of a submission comes from.

    Its metadata tell; if they were lost, those of another notebook; else it is the edition with
    the most of its cells unchanged, and the fewest others. In doubt it is the first of the records.
    """
    if told := find_told(records, files, file):
        return told
    try:
        texts = {squeeze(cell.source) for cell in read_cells(files.get(file, b""))}
    except ValueError:
        return records[0]

    def likeness(record):
        cells = record.notebooks.get(file, {})
        equal = sum(squeeze(source) in texts for source in cells.values())
        return equal, -len(cells) if equal else 0

    return max(records, key=likeness)


def find_told(records, files, file):
    """Return the Record that the metadata of a submission's notebooks tell, None if none do."""
    known = {one.id: one for one in records if file in one.notebooks}
    names = [file, *sorted(name for name in files if name.endswith(".ipynb"))]
    told = (edition_told(files.get(name, b"")) for name in names)
    return next((known[name] for name in told if name in known), None)

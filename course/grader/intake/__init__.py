"""Read submissions: find them, choose what belongs to the assignment, say what is wrong.

    downloads.py  whose files are these: what learning management systems hand over
    systems.py    what the names of each system tell
    lateness.py   when it was handed in, and what being late costs
    archive.py    folders and zips, with limits, of which nothing is trusted
    layout.py     where in it the assignment lies, and which files belong to it
    examine.py    what is wrong with a file

A submission is a zip from `make submission`, any other zip, or a folder. Its files may lie deeper
inside, in folders of another letter case, or in a zip within. Everything stays in memory.
"""

import hashlib
import re
import tempfile
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from course.grader.intake import downloads, examine, lateness, layout
from course.grader.intake.archive import Refused, opened
from course.grader.intake.systems import Handed, stem
from course.text import one_line

MAX_REMARKS = 40
DOWNLOAD_LIMIT = 500_000_000  # bytes of one file in a download that is a zip
UNPACKED_LIMIT = 20_000_000_000  # bytes of all of them together


@dataclass(frozen=True)
class Submission:
    """What was handed in: `files` is {name from the root of the assignment: bytes}.

    student   who, when and how, as far as names tell: see systems.Handed.told
    """

    name: str
    slug: str
    files: dict
    remarks: list
    student: dict = field(default_factory=dict)


def find(course, folder, roster=None):
    """Return the Download in a folder, with the names of a roster (export/roster.py's People).

    Raises FileNotFoundError or ValueError if there is none.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is no folder; name the one that holds all submissions")
    if any((folder / name).exists() for name in course.expected_files):
        raise ValueError(f"{folder} is itself a submission; name the folder in which it lies")
    found = downloads.read_folder(course, folder, roster)
    if not found.students:
        lines = [f"{name}: {why}" for name, why in found.not_graded[:20]]
        raise FileNotFoundError(
            "\n".join([f"{folder} holds no submission that a name tells of", *lines])
        )
    found.students = [lateness.judged(course.deadline, one) for one in found.students]
    return found


@contextmanager
def unpacked(course, path):
    """Yield (folder, [(name, why), ...]) of a download: of a zip, a folder with what it holds, and
    what was not unpacked. A folder that holds nothing but such a zip is like the zip."""
    path, refused = Path(path), []
    if path.is_dir():
        visible = [one for one in path.iterdir() if not downloads.is_aside(one)]
        if len(visible) == 1 and visible[0].is_file() and holds_many(course, visible[0]):
            [path] = visible
    if not path.is_file():
        yield path, refused
        return
    full = f"the files before it have {UNPACKED_LIMIT / 1e9:.0f} GB; unpack it, and name the folder"
    left = UNPACKED_LIMIT
    with tempfile.TemporaryDirectory(prefix="download-") as name, opened((path, "")) as source:
        for entry in source.entries:
            try:
                content = source.read(entry, DOWNLOAD_LIMIT) if left >= 0 else b""
                left -= len(content)
                if left < 0:
                    raise Refused(full)
                target = Path(name, entry)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            except (Refused, OSError) as error:
                refused.append((entry, str(error)))
        yield Path(name), refused + source.refused


def holds_many(course, path):
    """Whether a file is a zip of several submissions, and not one student's."""
    try:
        with opened((path, "")) as source:
            names = list(source.entries)
    except (Refused, OSError):
        return False
    inner = [name.partition("/")[2] for name in names]
    single = len({name.partition("/")[0] for name in names}) == 1
    return downloads.is_class(course, names) or (single and downloads.is_class(course, inner))


def make_slug(name):
    """Return a name for files: 1 to 64 characters, in small letters, digits, `_`, `.` and `-`.

    It depends on the name alone. What had to be changed ends in `--` and a hash of the name, so
    that different names have different slugs, also where letter case does not count.
    """
    plain = re.fullmatch(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_-])?", name)
    if plain and len(name) <= 64 and "--" not in name:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    letters = re.sub(r"[^A-Za-z0-9_]+", "-", letters).strip("-")[:40].strip("-")
    return f"{letters or 'submission'}--{digest}"


def content_key(files):
    """Return a sha256 sum, in hexadecimal digits, of all names and contents."""
    total = hashlib.sha256()
    for name in sorted(files):
        digest = hashlib.sha256(files[name]).hexdigest()
        total.update(f"{len(name.encode())} {name} {digest}\n".encode())
    return total.hexdigest()


def read(course, handed):
    """Return the Submission of a student's Handed, or of a path.

    Whatever is wrong inside becomes a remark.
    """
    if not isinstance(handed, Handed):
        name = stem(Path(handed))
        handed = Handed(key=name, name=name, pieces=((Path(handed), ""),))
    files, remarks = {}, []
    try:
        files, remarks = layout.read(course, handed.pieces)
        # Of what is given, only what students edit is ever run or read.
        theirs = (n for n in files if n in course.expected_files or not course.is_given(n))
        remarks += examine.remarks({n: files[n] for n in theirs if n.endswith((".py", ".ipynb"))})
    except (Refused, OSError) as error:  # without the path, which is nothing to students
        remarks.append(f"it cannot be read: {one_line(getattr(error, 'strerror', None) or error)}")
    except Exception as error:  # one submission must never stop the run
        remarks.append(f"it cannot be read: {type(error).__name__}: {one_line(error)}")
    if remarks[MAX_REMARKS:]:
        remarks.sort(key=lambda line: not line.startswith(course.expected_files))
        remarks[MAX_REMARKS:] = [f"and {len(remarks) - MAX_REMARKS} more remarks"]
    remarks = [*handed.remarks, *remarks]
    name = handed.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return Submission(name, make_slug(handed.key), files, remarks, handed.told)

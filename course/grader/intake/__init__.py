"""Read submissions: find them, choose what belongs to the assignment, say what is wrong.

    archive.py    folders and zips, with limits, of which nothing is trusted
    layout.py     where in it the assignment lies, and which files belong to it
    examine.py    what is wrong with a file

A submission is a zip from `make submission`, any other zip, or a folder. Its files may lie deeper
inside, in folders of another letter case, or in a zip within. Everything stays in memory.
"""

import hashlib
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from course.grader.intake import examine, layout
from course.grader.intake.archive import Refused
from course.text import one_line

# Other archives than zips are submissions that cannot be read, not files that lie about.
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
MAX_REMARKS = 40


@dataclass(frozen=True)
class Submission:
    """What was handed in: `files` is {name from the root of the assignment: bytes}."""

    name: str
    slug: str
    files: dict
    remarks: list


def find(course, folder):
    """Return the paths of the submissions in a folder, sorted: its folders and archives.

    Raises FileNotFoundError or ValueError if there is none, or if it is not clear which counts.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is no folder; name the one that holds all submissions")
    if any((folder / name).exists() for name in course.expected_files):
        raise ValueError(f"{folder} is itself a submission; name the folder in which it lies")
    paths = [
        path
        for path in sorted(folder.iterdir())
        if path.name != "__MACOSX"
        and not path.name.startswith(".")
        and (path.suffix.lower() in ARCHIVES or path.is_dir())
    ]
    if not paths:
        raise FileNotFoundError(f"{folder} holds no submission: no zip, and no folder")
    of_name = defaultdict(list)
    for path in paths:
        of_name[name_of(path)].append(path.name)
    if doubles := [" and ".join(map(repr, names)) for names in of_name.values() if names[1:]]:
        raise ValueError(
            f"in {folder}, {'; '.join(doubles)}: would have the same name; move away all but one"
        )
    return paths


def name_of(path):
    return path.name.removesuffix(path.suffix) if path.suffix.lower() == ".zip" else path.name


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


def read(course, path):
    """Return the Submission at a path. Whatever is wrong inside becomes a remark."""
    path, files, remarks = Path(path), {}, []
    try:
        if path.is_file() and path.suffix.lower() != ".zip" and not path.is_symlink():
            raise Refused(f"{path.suffix} is not read; pack it anew as a zip")
        files, remarks = layout.read(course, path)
        # Of what is given, only what students edit is ever run or read.
        theirs = (n for n in files if n in course.expected_files or not course.is_given(n))
        remarks += examine.remarks({n: files[n] for n in theirs if n.endswith((".py", ".ipynb"))})
    except Refused as error:
        remarks.append(f"it cannot be read: {one_line(error)}")
    except OSError as error:  # without the path, which is nothing to students
        remarks.append(f"it cannot be read: {one_line(error.strerror or error)}")
    except Exception as error:  # one submission must never stop the run
        remarks.append(f"it cannot be read: {type(error).__name__}: {one_line(error)}")
    if remarks[MAX_REMARKS:]:
        remarks.sort(key=lambda line: not line.startswith(course.expected_files))
        remarks[MAX_REMARKS:] = [f"and {len(remarks) - MAX_REMARKS} more remarks"]
    name = name_of(path)
    printable = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return Submission(printable, make_slug(name), files, remarks)

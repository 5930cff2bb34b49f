"""Which files are handed in: the notebooks, the package, and what else they need.

A file of the student's own goes with them if it is Python code, or a picture that a notebook names.
Everything else is left out, with the reason. Links are not followed, as the files behind them are
not in this folder; hidden files and caches are passed over in silence.
"""

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from course.definition import is_picture

# Bytes. A notebook of this course has 2 MB with all its figures.
NOTEBOOK_LIMIT = 25_000_000
FILE_LIMIT = 1_000_000
PICTURE_LIMIT = 5_000_000
OWN_LIMIT = 20_000_000  # all files of one's own together

LINK = "it is a link; put there what it leads to, if it is needed"


class Problem(NamedTuple):
    """What is not as it should be: the file or exercise, a sentence, and the way out."""

    where: str
    what: str
    way_out: str


@dataclass
class Contents:
    """Names are paths from the root with forward slashes."""

    files: dict = field(default_factory=dict)  # name -> bytes, what is packed
    own: list = field(default_factory=list)  # names in `files` that the package did not bring
    left_out: dict = field(default_factory=dict)  # name -> why
    problems: list = field(default_factory=list)
    edition: str | None = None  # the id of its record, if there is one


def collect(course):
    """Return the Contents of a course's folder."""
    root, contents = course.root, Contents()
    folders = dict.fromkeys(name.split("/")[0] for name in course.notebook_files)
    names = [name for top in (*folders, course.package) for name in walk(root, top, contents)]
    for name in sorted(names, key=lambda name: (name not in course.notebook_files, name)):
        if course.is_given(name) or not course.is_handed_out(name):  # graders have the rest
            take(course, name, contents)
    # A picture of one's own may lie beside data sets, which stay where they are.
    for folder in course.files.pictures:
        for name in walk(root, folder, Contents(), deep=False) if folder not in folders else ():
            if is_picture(name) and named_by_notebooks(course, contents.files, [name]):
                take(course, name, contents)
    for name in course.expected_files:
        if name not in contents.files:
            contents.problems.append(missing(name, contents.left_out.get(name)))
    contents.left_out = dict(sorted(contents.left_out.items()))
    return contents


def walk(root, folder, contents, deep=True):
    """Return the names of the files in root/folder, sorted, apart from hidden files and caches."""

    def leave_out(path, why):
        contents.left_out[os.path.relpath(path, root).replace(os.sep, "/")] = why

    def unreadable(error):
        leave_out(error.filename, "the folder cannot be read")

    names = []
    if (root / folder).is_symlink():
        leave_out(root / folder, LINK)
        return names
    for place, folders, files in os.walk(root / folder, onerror=unreadable):
        place = Path(place)
        for name in list(folders):
            if name.startswith(".") or name == "__pycache__" or not deep:
                folders.remove(name)
            elif (place / name / "pyvenv.cfg").exists():
                folders.remove(name)
                leave_out(place / name, "it is a virtual environment")
            elif (place / name).is_symlink():
                leave_out(place / name, LINK)
        for name in files:
            path = place / name
            if name.startswith(".") or name.endswith((".pyc", "~")):
                continue
            if path.is_symlink():
                leave_out(path, LINK)
            elif not path.is_file():
                leave_out(path, "it is not a regular file")
            else:
                names.append(path.relative_to(root).as_posix())
    return sorted(names)


def take(course, name, contents):
    """Put the file `name` into `contents`, or say there why it is left out."""
    try:
        name.encode("utf-8")
        path = course.root / name
        size, own = path.stat().st_size, not course.is_given(name)
        if why := why_not(course, name, size, contents):
            contents.left_out[name] = why
            return
        content = path.read_bytes()
    except UnicodeEncodeError:
        contents.left_out[ascii(name)] = "its name is not UTF-8; rename it if it is needed"
        return
    except OSError as error:
        contents.left_out[name] = f"it cannot be read ({error.strerror})"
        return
    contents.files[name] = content
    if own:
        contents.own.append(name)
    if name.endswith((".py", ".ipynb")) and (problem := damage(name, content)):
        contents.problems.append(problem)


def why_not(course, name, size, contents):
    """Return why a file of this name and size is left out, None if it is not."""
    megabytes = f"it has {size / 1e6:.1f} MB, more than"
    if name in course.notebook_files:
        large = (
            f"{megabytes} {NOTEBOOK_LIMIT / 1e6:.0f}; let its cells show less, and run all again"
        )
        return large if size > NOTEBOOK_LIMIT else None
    if name.endswith(".ipynb"):
        known = " and ".join(f"{one}.ipynb" for one in course.notebooks)
        return f"notebooks other than {known} are not handed in; copy into those what counts"
    limit = PICTURE_LIMIT if is_picture(name) else FILE_LIMIT
    if size > limit:
        return f"{megabytes} {limit / 1e6:.0f}"
    if course.is_given(name):
        return None
    if is_picture(name):
        if not named_by_notebooks(course, contents.files, [name]):
            return "no notebook names this picture"
    elif not name.endswith(".py"):
        return "it is neither Python code nor a picture"
    if size + sum(len(contents.files[one]) for one in contents.own) > OWN_LIMIT:
        return f"with it, your own files have more than {OWN_LIMIT / 1e6:.0f} MB"
    return None


def missing(name, why):
    """Return the Problem of a file that must be there, and is left out or (None) not there."""
    if why is None:
        way_out = "get it back from the student edition or from your last good copy"
        return Problem(name, "the file is missing", way_out)
    return Problem(name, why, "mend that; the work cannot be graded without this file")


def damage(name, content):
    """Return the Problem of a text file that is not UTF-8 or was left in the middle of a merge."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Problem(name, f"it is not UTF-8 (line {line})", "save it with the encoding UTF-8")
    # Git writes <<<<<<< at the start of a line; in a notebook the line may be inside quotes.
    if conflict := re.search(r'^[ \t"]*<{7} ', text, re.MULTILINE):
        line = text.count("\n", 0, conflict.start()) + 1
        way_out = "keep one of the two versions there; delete the lines <<<<<<< ======= >>>>>>>"
        return Problem(name, f"it has the marks of an unfinished merge (line {line})", way_out)
    return None


def named_by_notebooks(course, files, names):
    """Return those names of files that a notebook among {name: bytes} mentions. macOS may spell an
    umlaut in two ways."""
    notebooks = (files.get(one, b"").decode("utf-8", "replace") for one in course.notebook_files)
    texts = [unicodedata.normalize("NFC", text) for text in notebooks]
    short = {name: unicodedata.normalize("NFC", name.rpartition("/")[2]) for name in names}
    return {name for name in names if any(short[name] in text for text in texts)}


def code_hash(files):
    """Return 16 hexadecimal digits that change with any Python file among {name: bytes}.

    How lines end is no matter: git changes that on Windows.
    """
    code = [(name, files[name]) for name in sorted(files) if name.endswith(".py")]
    code = [(name, content.replace(b"\r\n", b"\n")) for name, content in code]
    sums = [f"{name} {hashlib.sha256(content).hexdigest()}\n" for name, content in code]
    return hashlib.sha256("".join(sums).encode()).hexdigest()[:16]

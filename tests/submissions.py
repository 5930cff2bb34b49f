"""Makers of submissions of this course, which the tests of the grader share.

Files are {name from the root of the assignment: bytes}. `solved(executed=True)` and `blank()` are
copies: change them as you like.
"""

import functools
import io
import zipfile
from pathlib import Path

from course import definition
from course.grader import examples

COURSE = definition.load()

SVM, SOFTMAX = "notebooks/svm.ipynb", "notebooks/softmax.ipynb"
SOFTMAX_LOSS = "cs231n/classifiers/softmax.py"

_solved = functools.cache(functools.partial(examples.solved, COURSE))
_blank = functools.cache(functools.partial(examples.blank, COURSE))
plant = functools.partial(examples.plant, COURSE)


def solved(executed=True):
    """Return a finished submission; with executed=False its notebooks were never run."""
    return dict(_solved(executed))


def blank():
    """Return the untouched student edition."""
    return dict(_blank())


def with_file(files, name, content):
    """Return the files with one added or replaced (text or bytes), or left out (None)."""
    files = {one: files[one] for one in files if one != name}
    if content is not None:
        files[name] = content.encode() if isinstance(content, str) else content
    return files


def to_folder(files, path, folder=""):
    """Write the files below the folder path/folder; return path."""
    for name, content in files.items():
        target = Path(path, folder, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return Path(path)


def to_zip(files, path, folder=""):
    """Write the files into the zip `path`, their names preceded by `folder`; return path.

    A pair of bytes and a number is written with that number as its Unix mode.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            content, mode = content if isinstance(content, tuple) else (content, 0o100644)
            entry = zipfile.ZipInfo(f"{folder.rstrip('/')}/{name}" if folder else name)
            entry.create_system, entry.external_attr = 3, mode << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return path


def zip_bytes(files, folder=""):
    """Return the bytes of what to_zip writes."""
    return to_zip(files, io.BytesIO(), folder).getvalue()


def put_zip(path, content):
    """Write the bytes of a zip, sound or not, into the file `path`; return it."""
    path.write_bytes(content)
    return path

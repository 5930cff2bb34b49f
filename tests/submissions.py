"""Makers of submissions of this course, which the tests of the grader share.

Files are {name from the root of the assignment: bytes}. `solved(executed=True)` and `blank()` are
copies: change them as you like.
"""

import functools
import io
import json
import zipfile
from pathlib import Path

from course import definition
from course.grader import examples
from course.grader.examples import edit_cells

COURSE = definition.load()

SVM, SOFTMAX = "notebooks/svm.ipynb", "notebooks/softmax.ipynb"
LINEAR_SVM, SOFTMAX_LOSS, LINEAR_CLASSIFIER = (
    f"cs231n/classifiers/{name}.py" for name in ("linear_svm", "softmax", "linear_classifier")
)

_solved = functools.cache(functools.partial(examples.solved, COURSE))
_blank = functools.cache(functools.partial(examples.blank, COURSE))
plant = functools.partial(examples.plant, COURSE)
begin_with = functools.partial(examples.begin_with, COURSE)
cut_notebooks = functools.partial(examples.cut_notebooks, COURSE)


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


def with_function(files, name, code):
    """Return the files with code at the end of a Python file: there it replaces what is defined
    before under the same name."""
    return with_file(files, name, files[name].decode() + "\n\n" + code)


def cell(files, name, id):
    """Return a copy of a cell of a notebook."""
    return next(one for one in json.loads(files[name])["cells"] if one["id"] == id)


def with_source(files, name, id, source):
    """Return the files with the text of a cell replaced; its outputs stay as they are."""
    return edit_cells(files, name, {id: lambda one: one.update(source=source)})


def with_outputs(files, name, id, outputs):
    """Return the files with the stored outputs of a cell replaced."""
    return edit_cells(files, name, {id: lambda one: one.update(outputs=outputs)})


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

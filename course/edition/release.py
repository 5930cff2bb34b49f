"""Derive the student edition from this solved tree: `make release`, or

    python -m course.edition.release [--out FOLDER]

It writes FOLDER/student/ and FOLDER/student.zip (default: build/), the same bytes every time. If
anything is wrong with a marker, with the points, or gives a solution away, all of it is listed, and
nothing is written: what an earlier release left stays as it is.

    markers.py             regions of files: solutions, and what is for instructors
    stubs.py               what takes the place of solutions
    student_notebook.py    the cells of a notebook
    leaks.py               the last look over what was derived
"""

import argparse
import hashlib
import json
import sys
import tempfile
import zipfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from course import ROOT, definition
from course.edition import leaks, student_notebook
from course.edition.markers import ANSWER, SOLUTION, find_regions, replace_regions
from course.edition.stubs import function_stub, still_python
from course.notebook import RECORD

BINARY = (".npz", ".png")
EXECUTABLE = (".sh",)


class ReleaseError(Exception):
    """What is wrong with the solved tree: the problems, one a line."""


@dataclass(repr=False)
class Edition:
    """The student edition, and what was taken out of the solved tree to make it."""

    files: dict = field(default_factory=dict)  # path -> bytes
    changes: dict = field(default_factory=dict)  # (path, cell id or None) -> [Change]
    left_out: dict = field(default_factory=dict)  # path of a notebook -> [(index, cell)]


def derive(course):
    """Return the Edition of a course's solved tree. Raises ReleaseError."""
    root, edition, problems = course.root, Edition(), []
    for pattern in course.files.handed_out:
        paths = sorted(path for path in root.glob(pattern) if path.is_file())
        if not paths:
            problems.append(f"{pattern}: there is no such file")
        for path in paths:
            take(path.relative_to(root).as_posix(), path.read_bytes(), edition, problems)
    for notebook in course.notebooks.values():
        path = notebook.file
        if not (root / path).is_file():
            problems.append(f"{definition.FILE}: there is no notebook {path}")
            continue
        text = (root / path).read_text(encoding="utf-8")
        text, changes, left_out = student_notebook.derive(text, course, notebook, problems)
        edition.files[path], edition.left_out[path] = text.encode(), left_out
        edition.changes |= {(path, cell): changed for cell, changed in changes.items()}
    edition.files[RECORD] = record(course, edition).encode()
    if not problems:
        problems += leaks.find_leaks(secrets(edition), edition.files)
    if problems:
        raise ReleaseError("\n".join(problems))
    edition.files = dict(sorted(edition.files.items()))
    return edition


def record(course, edition):
    """Return the record of an edition, a text of JSON: what was handed out, to be known again.

    files      {path: SHA-256}
    notebooks  {name: [{id, type, source}, ...]}, the cells in order
    """
    files = {path: hashlib.sha256(content).hexdigest() for path, content in edition.files.items()}
    notebooks = {
        one.name: [
            {"id": cell["id"], "type": cell["cell_type"], "source": "".join(cell["source"])}
            for cell in json.loads(edition.files[one.file])["cells"]
        ]
        for one in course.notebooks.values()
        if one.file in edition.files
    }
    told = {"course": course.name, "files": dict(sorted(files.items())), "notebooks": notebooks}
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def take(path, content, edition, problems):
    """Put the students' version of a file into the edition."""
    if not path.endswith(BINARY):
        text = content.decode("utf-8")
        regions = find_regions(text, lambda number: f"{path}:{number}: ", problems)
        if regions:
            make_stub = partial(function_stub, text, path, problems)
            text, edition.changes[path, None] = replace_regions(text, regions, make_stub)
            content = text.encode()
            if path.endswith(".py"):
                still_python(text, path, problems)
    edition.files[path] = content


def secrets(edition):
    """Return what must not be in the edition: every solution, every answer, all evidence."""
    found = []
    for (path, cell), changes in edition.changes.items():
        place = f"{path}, cell {cell}" if cell else path
        for change in changes:
            text = "\n".join(change.old)
            if change.kind == SOLUTION:
                found += leaks.code(f"the solution in {place}", text)
            elif change.kind == ANSWER:
                found.append(leaks.Secret(f"the answer in {place}", text, leaks.PROSE))
    for path, cells in edition.left_out.items():
        for _, cell in cells:
            place = f"the evidence in {path}, cell {cell.id}"
            if cell.cell_type == "code":
                found += leaks.code(place, cell.source, part=sys.maxsize)  # whole lines only
            else:
                found.append(leaks.Secret(place, cell.source, leaks.PROSE))
    return found


def write(course, edition, out):
    """Write the edition to out/student/ and out/student.zip.

    Both are complete before they take the place of those that an earlier release left.
    """
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".release-") as scratch:
        folder, archive = Path(scratch, "student"), Path(scratch, "student.zip")
        for path, content in edition.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            target.chmod(mode(path))
        write_zip(edition.files, archive, course.folder)
        if (out / "student").exists():
            (out / "student").rename(Path(scratch, "old"))
        folder.rename(out / "student")
        archive.replace(out / "student.zip")


def write_zip(files, archive, top):
    """Write a zip whose bytes depend on the files alone: no times, and no compression, as the bytes
    of that depend on the version of zlib."""
    with zipfile.ZipFile(archive, "w") as file:
        for path, content in files.items():
            info = zipfile.ZipInfo(f"{top}/{path}", date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # Unix: the modes count
            info.external_attr = (0o100000 | mode(path)) << 16
            file.writestr(info, content)


def mode(path):
    return 0o755 if path.endswith(EXECUTABLE) else 0o644


def main(argv=None):
    parser = argparse.ArgumentParser(description="Derive the student edition.")
    parser.add_argument("--out", type=Path, default=ROOT / "build", help="default: build/")
    out = parser.parse_args(argv).out
    try:
        course = definition.load()
        edition = derive(course)
    except (ReleaseError, definition.DefinitionError) as error:
        print(f"{error}\n\nerror: nothing was written, because of the above", file=sys.stderr)
        return 1
    write(course, edition, out)
    size = (out / "student.zip").stat().st_size
    print(f"{out / 'student'}: {len(edition.files)} files")
    print(f"{out / 'student.zip'}: the same, {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

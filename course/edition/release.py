"""Derive the student edition from this solved tree: `make release`, or

    python -m course.edition.release [--out FOLDER]

It writes FOLDER/student/ and FOLDER/student.zip (default: build/), the same bytes every time, and
the record of the edition into exercises/editions/, by which grading knows it again. If anything is
wrong with the declaration, with a marker, or gives a solution away, all of it is listed, and
nothing is written: what an earlier release left stays as it is.

    whole.py         does the declaration fit the tree?
    derive.py        the files that students get
    markers.py       regions of files: solutions, and what is for instructors
    stubs.py         what takes the place of solutions
    notebooks.py     the cells of a notebook
    leaks.py         the last look over what was derived
    handed_out.py    from which edition does what comes back come?
"""

import argparse
import sys
import tempfile
import zipfile
from pathlib import Path

from course import ROOT, definition
from course.edition import handed_out, leaks, whole
from course.edition.derive import ReleaseError, derive
from course.edition.markers import ANSWER, SOLUTION

EXECUTABLE = (".sh",)


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
        if problems := whole.find_problems(course):
            raise ReleaseError("\n".join(problems))
        edition = derive(course)
        if problems := leaks.find_leaks(secrets(edition), edition.files):
            raise ReleaseError("\n".join(problems))
    except (ReleaseError, definition.DefinitionError) as error:
        print(f"{error}\n\nerror: nothing was written, because of the above", file=sys.stderr)
        return 1
    write(course, edition, out)
    kept = handed_out.keep(course, edition.record)
    size = (out / "student.zip").stat().st_size
    print(f"{out / 'student'}: {len(edition.files)} files")
    print(f"{out / 'student.zip'}: the same, {size / 1e6:.1f} MB")
    print(f"{kept}: its record; commit it with what you hand out, for grading")
    return 0


if __name__ == "__main__":
    sys.exit(main())

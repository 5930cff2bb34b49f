"""Derive the student edition from this solved tree: `make release`, or

    python -m course.edition.release [--out FOLDER] [--url URL]

It writes FOLDER/student/, FOLDER/student.zip and FOLDER/nbgrader_config.py (default: build/), the
same bytes every time, and the record of the edition into exercises/editions/, by which grading
knows it again. If anything is wrong with the declaration, with a marker, or gives a solution away,
all of it is listed, and nothing is written: what an earlier release left stays as it is.

    whole.py, imports.py    does the declaration fit the tree? do students get what they import?
    derive.py               the files that students get
    address.py              where they get them, and how that opens in Colab
    markers.py, stubs.py    regions of files, and what takes the place of solutions
    notebooks.py            the cells of a notebook
    leaks.py, served.py     the last look over what was derived
    handed_out.py           from which edition does what comes back come?
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from course import ROOT, console, definition
from course.edition import handed_out, leaks, served, whole
from course.edition.derive import ReleaseError, derive
from course.export import nbgrader_config
from course.files import put

EXECUTABLE = (".sh",)
FIRST = 315_532_800  # 1980, when zip's calendar begins
RELEASED, REFUSED, NOT_WRITTEN = 0, 1, 3  # argparse exits with 2
EPILOG = f"""examples:
  python -m course.edition.release
      into build/student/ and build/student.zip, as `make release` does
  python -m course.edition.release --out ../spring
      into another folder, which is made if it is not there
  python -m course.edition.release --url https://github.com/you/linear.git
      notebooks that are opened alone, in Colab for instance, fetch the rest from there

exit status:
  {RELEASED}  the edition was written
  {REFUSED}  something does not fit or gives a solution away; it is listed, and nothing was written
  2  the command was not understood
  {NOT_WRITTEN}  the edition could not be written; one that was there before is as it was
"""


def make(course, url=""):
    """Return the Edition of a course, which students get at `url`, if that is known.

    Raises ReleaseError if it must not be handed out.
    """
    if problems := whole.find_problems(course):
        raise ReleaseError("\n".join(problems))
    edition = derive(course, url)
    if problems := leaks.find_problems(course, edition) + served.find_problems(course, edition):
        raise ReleaseError("\n".join(problems))
    return edition


def write(course, edition, out):
    """Write the edition to out/student/ and out/student.zip, and nbgrader's settings beside them.

    All are complete before they take the place of what an earlier release left.
    """
    out.mkdir(parents=True, exist_ok=True)
    seconds = date(course.root)
    with tempfile.TemporaryDirectory(dir=out, prefix=".release-") as scratch:
        folder, archive = Path(scratch, "student"), Path(scratch, "student.zip")
        for path, content in edition.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            target.chmod(mode(path))
            os.utime(target, (seconds, seconds))
        write_zip(edition.files, archive, course.folder, seconds)
        if (out / "student").exists():
            (out / "student").rename(Path(scratch, "old"))
        folder.rename(out / "student")
        archive.replace(out / "student.zip")
    put(out / nbgrader_config.FILE, nbgrader_config.settings(course, graded_here=False).encode())


def date(root):
    """Return when what lies in `root` was committed, in seconds since 1970: the release's date.

    SOURCE_DATE_EPOCH tells another one. Without a commit, it is the first date that a zip can hold.
    """
    told = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not told.isdecimal():
        command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
        with contextlib.suppress(OSError):  # there is no git
            told = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    return max(int(told) if told.isdecimal() else 0, FIRST)


def write_zip(files, archive, top, seconds):
    """Write a zip whose bytes depend on the files and the date alone: it is not compressed, as the
    bytes of that depend on the version of zlib."""
    when = time.gmtime(seconds)[:6]
    with zipfile.ZipFile(archive, "w") as file:
        for path, content in files.items():
            info = zipfile.ZipInfo(f"{top}/{path}", date_time=when)
            info.create_system = 3  # Unix: the modes count
            info.external_attr = (0o100000 | mode(path)) << 16
            file.writestr(info, content)


def mode(path):
    return 0o755 if path.endswith(EXECUTABLE) else 0o644


def main(argv=None, root=ROOT):
    """Release the course that lies in `root`; return the exit status."""
    description = "Derive the student edition, and keep its record in exercises/editions/."
    parser = console.parser("edition.release", description, EPILOG)
    parser.add_argument("--out", type=Path, default=root / "build", help="default: build/")
    parser.add_argument(
        "--url", default="", help="where students get it: a zip or a git repository, https alone"
    )
    args = parser.parse_args(argv)
    out = args.out
    try:
        course = definition.load(root)
        edition = make(course, args.url)
    except (ReleaseError, definition.DefinitionError) as error:
        print(f"{error}\n\nerror: nothing was written, because of the above", file=sys.stderr)
        return REFUSED
    try:
        kept = handed_out.keep(course, edition.record)  # first: nothing goes out without it
        write(course, edition, out)
    except OSError as error:
        print(f"error: the edition was not written: {error}", file=sys.stderr)
        return NOT_WRITTEN
    size = (out / "student.zip").stat().st_size
    print(f"{out / 'student'}: {len(edition.files)} files")
    print(f"{out / 'student.zip'}: the same, {size / 1e6:.1f} MB")
    print(f"{out / nbgrader_config.FILE}: settings, if you grade with nbgrader alone")
    print(f"{kept}: the record of this edition; commit it when you hand it out")
    return RELEASED


if __name__ == "__main__":
    sys.exit(main())

"""A few example submissions, made from the solved tree: what a course hands in, good and bad.

    write(course, folder) -> [path, ...]      the submissions, each a folder or a zip
    examples(course)                          what each shows, and the points that it must get

Most notebooks are cut off after their first exercise, so that grading all takes a minute or two.
"""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from course.checks.catalogue import Catalogue
from course.grader.examples import begin_with, blank, cut_notebooks, edit_cells, plant, solved
from course.notebook import read_cells
from course.submission import archive
from course.submission.contents import Contents, code_hash


@dataclass(frozen=True)
class Example:
    """`make()` returns the entries of a zip, or of a folder where `name` does not end in .zip."""

    name: str
    shows: str
    make: Callable
    lost: tuple = ()  # the exercises that are not right
    misconceptions: tuple = ()  # that are named

    def points(self, course):
        """Return the range of automatic points that it must get.

        A misconception costs some parts of an exercise that has them, whatever else is lost all.
        """
        right = sum(one.points for one in course.exercises.values() if one.name not in self.lost)
        lost = (course.exercises[name] for name in self.lost if self.misconceptions)
        return range(right, right + 1 + sum(one.points - 1 for one in lost if one.parts))


def examples(course):
    """Return the Examples: right, untouched, wrong in a known way, endless, forged, broken."""
    names = list(course.exercises)
    first, last, endless = names[0], names[-1], not_first_checked(course)
    wrong = costly_misconception(course, first)
    unwritten = course.exercises[last].file

    def full_marks():
        """What `make submission` packs, apart from its pages."""
        files = solved(course)
        passed = dict.fromkeys(names, True)
        return archive.with_manifest(course, Contents(files), {}, passed, code_hash(files))

    def forged():
        """Outputs of code that was never written, and numbers that no code printed."""
        files = short(course) | {unwritten: blank(course)[unwritten]}
        return with_forged_numbers(course, files)

    def broken():
        whole = zipped(short(course, executed=False))
        return whole[: len(whole) // 2]

    return (
        Example(
            "full-marks.zip", "everything is right, and packed by `make submission`", full_marks
        ),
        Example(
            "blank",
            "the untouched student edition, as a folder",
            lambda: blank(course),
            tuple(names),
        ),
        Example(
            "misconception.zip",
            f"{first} is wrong in a well-known way, which is named: {wrong}",
            lambda: plant(course, short(course, executed=False), wrong, first),
            (first,),
            (wrong,),
        ),
        Example(
            "infinite-loop.zip",
            f"{endless} never returns; that costs this exercise only",
            lambda: begin_with(course, short(course), endless, "while True: pass"),
            (endless,),
        ),
        Example(
            "forged.zip",
            f"{last} was never written, though the notebook shows that it passes; numbers that the "
            "notebooks store were edited",
            forged,
            tuple(name for name in names if course.exercises[name].file == unwritten),
        ),
        Example("broken.zip", "half of a zip, of which nothing can be read", broken, tuple(names)),
    )


def short(course, executed=True):
    """Return a finished submission with short notebooks."""
    return cut_notebooks(course, solved(course, executed))


def not_first_checked(course):
    """Return the first exercise that short notebooks do not call, as they end before it.

    There a loop without end would take as long as a cell may.
    """
    seen = set()
    for name, exercise in course.exercises.items():
        if exercise.notebook in seen:
            return name
        seen.add(exercise.notebook)
    return name


def costly_misconception(course, exercise):
    """Return the first misconception of an exercise in the catalogue that costs its points."""
    catalogue = Catalogue(course)
    notes = {one.name for one in catalogue.entries if one.note}
    return next(one.name for one in catalogue.of(exercise) if one.name not in notes)


def with_forged_numbers(course, files):
    """Return the files with another number in what a first cell has printed."""

    def edit(cell):
        for output in cell["outputs"]:
            if "text" in output:
                output["text"] = re.sub(r"\d+\.\d+", "0.001", "".join(output["text"]))

    for name in course.notebook_files:
        for cell in read_cells(files[name]):
            if any(re.search(r"\d\.\d", str(output.get("text"))) for output in cell.outputs):
                return edit_cells(files, name, {cell.id: edit})
    return files


def zipped(entries):
    """Return the bytes of a zip, the same for the same entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, entries[name])
    return buffer.getvalue()


def write(course, folder):
    """Write all examples into a folder, which is made; return their paths.

    Raises FileExistsError if the folder holds anything else.
    """
    folder, made = Path(folder), examples(course)
    folder.mkdir(parents=True, exist_ok=True)
    others = {path.name for path in folder.iterdir()} - {one.name for one in made}
    if others:
        raise FileExistsError(f"{folder} holds {min(others)!r}; name a new folder for the examples")
    paths = []
    for example in made:
        path, content = folder / example.name, example.make()
        if path.suffix == ".zip":
            path.write_bytes(zipped(content) if isinstance(content, dict) else content)
        else:
            for name, one in content.items():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (path / name).write_bytes(one)
        paths.append(path)
    return paths

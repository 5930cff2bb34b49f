"""A few example submissions, made from the solved tree: what a course hands in, good and bad.

    write(course, folder) -> [Example, ...]   the submissions, each a folder or a zip
    examples(course)                          what each shows, and the points that it must get

Most notebooks are cut off after their first exercise, so that grading all takes a minute or two.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from course.checks.catalogue import Catalogue
from course.export.outcome import zip_of
from course.grader.examples import begin_with, blank, cut_notebooks, plant, solved, to_bytes
from course.submission import archive
from course.submission.contents import Contents, code_hash


@dataclass(frozen=True)
class Example:
    """A submission: {name: bytes}, or the bytes of what is no zip any more."""

    name: str  # of a zip, or of a folder
    shows: str
    files: dict | bytes
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
    names, whole, untouched = tuple(course.exercises), solved(course), blank(course)
    first, last, endless = names[0], names[-1], not_first_checked(course)
    catalogue = Catalogue(course)
    notes = {one.name for one in catalogue.entries if one.note}  # which cost nothing
    wrong = next(one.name for one in catalogue.of(first) if one.name not in notes)
    short, unrun = (cut_notebooks(course, one) for one in (whole, solved(course, executed=False)))
    unwritten, passed = course.exercises[last].file, dict.fromkeys(names, True)
    packed = archive.with_manifest(course, Contents(whole), {}, passed, code_hash(whole))
    forged = with_forged_number(course, short | {unwritten: untouched[unwritten]})
    half = zip_of(unrun)
    half = half[: len(half) // 2]
    return (
        Example("full-marks.zip", "everything is right, and packed by `make submission`", packed),
        Example("blank", "the untouched student edition, as a folder", untouched, names),
        Example(
            "misconception.zip",
            f"{first} is wrong in a well-known way, which is named: {wrong}",
            plant(course, unrun, wrong, first),
            (first,),
            (wrong,),
        ),
        Example(
            "infinite-loop.zip",
            f"{endless} never returns; that costs this exercise only",
            begin_with(course, short, endless, "while True: pass"),
            (endless,),
        ),
        Example(
            "forged.zip",
            f"{last} was never written, though the notebook shows that it passes; numbers that the "
            "notebooks store were edited",
            forged,
            tuple(name for name in names if course.exercises[name].file == unwritten),
        ),
        Example("broken.zip", "half of a zip, of which nothing can be read", half, names),
    )


def not_first_checked(course):
    """Return the first exercise that short notebooks do not call, as they end before it.

    There a loop without end would take as long as a cell may.
    """
    called = {one.notebook: name for name, one in reversed(course.exercises.items())}.values()
    return next((name for name in course.exercises if name not in called), [*course.exercises][-1])


def with_forged_number(course, files):
    """Return the files with other numbers in what the first cell with some has printed."""
    for name in course.notebook_files:
        notebook = json.loads(files[name])
        for cell in notebook["cells"]:
            for output in cell.get("outputs", ()):
                text = "".join(output.get("text", ""))
                if re.search(r"\d\.\d", text):
                    output["text"] = re.sub(r"\d+\.\d+", "0.001", text)
                    return {**files, name: to_bytes(notebook)}
    return files


def write(course, folder):
    """Write all examples into a folder, which is made; return them.

    Raises FileExistsError if the folder holds anything else.
    """
    folder, made = Path(folder), examples(course)
    folder.mkdir(parents=True, exist_ok=True)
    others = {path.name for path in folder.iterdir()} - {one.name for one in made}
    if others:
        raise FileExistsError(f"{folder} holds {min(others)!r}; name a new folder for the examples")
    for one in made:
        path, files = folder / one.name, one.files
        if path.suffix == ".zip":
            path.write_bytes(zip_of(files) if isinstance(files, dict) else files)
            continue
        for name, content in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
    return made

"""The tree that a submission's code runs in: our package, the exercises and own files of a student.

Whatever is no exercise comes from the student edition of this tree, so a student's changes in
given files and in the checks count for nothing, and no solution of ours is ever in it: an exercise
file that a submission lacks stays missing. What students add goes with it, as in
`make submission`: Python files beside the notebooks and in the package, and pictures.

Which files are a student's own is told by the record of the edition that was handed out. One that
it holds and this tree lacks by now goes along if it was not changed.
"""

import hashlib
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from course.definition import Course, is_picture
from course.edition import handed_out
from course.record import Record

LONGEST_PART, LONGEST_NAME = 255, 1000  # bytes; beyond that, systems refuse to write a file
DEEPEST = 6  # parts of a name; a sandbox can make some thousand folders, no more


@dataclass(frozen=True, eq=False)
class Work:
    """What a student handed in, {name: bytes}, and the record of the edition it comes from."""

    course: Course
    record: Record
    files: dict

    @classmethod
    def of(cls, course, files):
        records = handed_out.records(course)
        return cls(course, handed_out.choose(records, files, course.notebook_files[0]), files)


def student_edition(course):
    """Return {name: bytes} of the package as students get it, with stubs in its exercises."""
    files = handed_out.edition(course).files
    return {name: content for name, content in files.items() if name not in course.notebook_files}


def tree(work, *, stubs=()):
    """Return {name: bytes} to run a submission in.

    stubs  names of exercise files that come from the student edition, not from the submission
    """
    ours, exercises, files = student_edition(work.course), work.course.exercise_files, work.files
    # A file that the course has got since then makes room for a student's own of the same name.
    own = {name for name in files if is_own(work, name)}
    chosen = {name: one for name, one in ours.items() if name not in own.union(exercises)}
    for name in exercises:
        if name in stubs:
            chosen[name] = ours[name]
        elif name in files:
            chosen[name] = files[name]
    files_there, folders_there = reserved(ours.keys() - own), set()
    for name in sorted(files):
        above = {folded(parent.as_posix()) for parent in PurePosixPath(name).parents}
        if name in ours and is_picture(name):
            chosen[name] = files[name]  # the notebook asks for a picture of one's own there
            continue
        free = not {folded(name), *above} & files_there and folded(name) not in folders_there
        if free and (name in own or is_outdated(work, name)):
            chosen[name] = files[name]
            files_there.add(folded(name))
            folders_there |= above
    return chosen


def write_tree(work, folder, *, stubs=()):
    """Write `tree(work, stubs=stubs)` into `folder`, readable for every user."""
    files = tree(work, stubs=stubs)
    for parent in sorted({parent for name in files for parent in PurePosixPath(name).parents}):
        inside = Path(folder, parent)
        inside.mkdir(exist_ok=True)
        inside.chmod(0o755)  # the sandbox runs as another user, whatever our umask is
    for name, content in files.items():
        path = Path(folder, name)
        path.write_bytes(content)
        path.chmod(0o644)


def is_own(work, name):
    """Say whether a file with this name may go with the exercises as a student's own."""
    course, (top, _, rest) = work.course, name.partition("/")
    if name in work.record.files or name in work.record.notebooks or not rest or not is_safe(name):
        return False
    if name.endswith(".py"):
        return top in (course.package, *(one.split("/")[0] for one in course.notebook_files))
    return is_picture(name) and top in course.files.pictures


def is_outdated(work, name):
    """Say whether a file came with the edition and is unchanged; it may not be ours any more."""
    inside = name.startswith(f"{work.course.package}/")
    return inside and work.record.files.get(name) == sha256(work.files[name])


def tell_changes(work):
    """Return a sentence for each given file that is not its edition's: ours stands for it."""
    given, exercises, told = work.record.files, work.course.exercise_files, []
    others = [record.files for record in handed_out.records(work.course)]
    for name, content in sorted(work.files.items()):
        if name in exercises or is_picture(name) or not work.course.is_given(name):
            continue
        # Editors and version control may end lines in another way.
        digest = sha256(content.replace(b"\r\n", b"\n"))
        if name in given and given[name] != digest:
            other = any(files.get(name) == digest for files in others)
            what = "it is of another edition than the rest" if other else "it was changed"
            told.append(f"{name}: {what}; ours was used")
    return told


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def is_safe(name):
    """Say whether every system can write a file of this name, and inside the tree."""
    parts = name.split("/")
    return (
        name.isprintable()  # no controls, no surrogates, no change of the writing's direction
        and "\\" not in name
        and len(name.encode()) <= LONGEST_NAME
        and len(parts) <= DEEPEST
        and all(not part.startswith(".") and part.strip() for part in parts)
        and all(len(part.encode()) <= LONGEST_PART for part in parts)
    )


def reserved(names):
    """Return the names of files, and what Python would import in place of one of them.

    A package hides a module of the same name beside it, so none of the two may be a student's.
    """
    modules = {name.removesuffix(".py") for name in names if name.endswith("py")}
    packages = {name.removesuffix("/__init__") + ".py" for name in modules}
    return {folded(name) for name in (*names, *modules, *packages)}


def folded(name):
    """Return what two names share that some systems take for the same file."""
    return unicodedata.normalize("NFC", name).casefold()

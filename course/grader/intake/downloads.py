"""Whose files are these? What learning management systems hand over, a row a student.

    read_folder(course, folder, people) -> Download    students, and what belongs to nobody

How each system calls its files is told in systems.py.
"""

import os
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from course.grader.intake.archive import is_archive
from course.grader.intake.lateness import read_time
from course.grader.intake.systems import (
    BLACKBOARD,
    LIST,
    blackboard_users,
    by_rule,
    fits_rule,
    gradescope,
    plain_pieces,
)
from course.text import one_line

ASIDE = ("__macosx", "thumbs.db", "desktop.ini")  # what systems leave in folders
NBGRADER = re.compile(
    "submitted|release|source|autograded|feedback|exchange|"
    r"gradebook\.(db|before).*|nbgrader_config\.py|header\.ipynb"
)
OTHER = "it lies beside the folder of submissions"
NO_STUDENT = "its name tells no student; put it into a folder that is called like the student"
NOT_LISTED = "not in the list of students, or not found there by name and id"


@dataclass
class Download:
    """not_graded: [(name, why), ...], files of nobody;  absent: names of whom a roster tells."""

    students: list
    not_graded: list = field(default_factory=list)
    absent: list = field(default_factory=list)

    @property
    def told(self):
        """One line: which system, how many students and files."""
        paths = {path for one in self.students for path, _ in one.pieces}
        files = sum(map(count_files, paths))  # a group's count once
        counts = ((len(self.students), "student"), (files, "file"))
        numbers = ", ".join(f"{n} {what}{'s' if n != 1 else ''}" for n, what in counts)
        return f"{' and '.join(sorted({one.system for one in self.students}))}: {numbers}"


def count_files(path):
    if not path.is_dir() or path.is_symlink():
        return 1
    return sum(len(files) for _, _, files in os.walk(path))


def read_folder(course, folder, people=None):
    """Return the Download in a folder; `people` is a list of students (export/roster.py)."""
    folder, beside = descend(course, Path(folder))
    not_graded = [(path.name, OTHER) for path in beside]
    entries = [path for path in sorted(folder.iterdir()) if not is_aside(path)]
    pieces, absent = [], []
    if (folder / LIST).is_file():
        pieces, listed = gradescope(folder, not_graded)
        entries = [path for path in entries if path not in listed]
    ruled, plain = [], []
    for path in entries:
        if one := by_rule(path):
            ruled.append(one)
        elif path.is_dir() or is_archive(path.name):
            plain.append(path)
        else:
            not_graded.append((path.name, NO_STUDENT))
    pieces += blackboard_users(ruled)
    pieces += plain_pieces(course, plain)
    if people:
        pieces, absent = identified(pieces, people)
    groups = {}
    for one in pieces:
        groups.setdefault(one.key, []).append(one)
    return Download([one_student(groups[key]) for key in sorted(groups)], not_graded, absent)


def is_aside(path):
    return path.name.startswith((".", "~$")) or path.name.lower() in ASIDE


def descend(course, folder):
    """Return the folder in which the names begin, and what lies beside it."""
    while True:
        visible = [path for path in sorted(folder.iterdir()) if not is_aside(path)]
        submitted = folder / "submitted"
        if submitted.is_dir() and (folder / course.name) not in visible:  # a course of nbgrader
            return submitted, [path for path in visible if not NBGRADER.fullmatch(path.name)]
        if len(visible) != 1 or not visible[0].is_dir() or visible[0].is_symlink():
            return folder, []
        inner = [path.relative_to(visible[0]).as_posix() for path in visible[0].rglob("*")]
        if by_rule(visible[0]) or not is_class(course, inner):
            return folder, []
        [folder] = visible


def is_class(course, names):
    """Whether these paths in one folder are those of several students: a system's names, several
    archives or, in several folders, the same file of the assignment."""
    tops = {name.split("/")[0] for name in names}
    if any(top == LIST or fits_rule(top) for top in tops):
        return True
    if tops & {name.split("/")[0] for name in course.expected_files}:  # it is a student's
        return False
    files = {(name.split("/")[0], PurePath(name).name) for name in names if "/" in name}
    known = {PurePath(name).name for name in course.expected_files}
    places = Counter(file for _, file in files if file in known)
    return max(places.values(), default=0) > 1 or sum(map(is_archive, tops)) > 1


def one_student(pieces):
    """Return the Handed of all pieces of one student."""
    pieces = sorted(pieces, key=lambda one: (one.system, one.order, one.path.name))
    files = [one for one in pieces if not one.typed]
    latest = {one.slot: one.order for one in files}
    remarks = list(dict.fromkeys(remark for one in pieces for remark in one.remarks))
    for one in pieces:
        if one.typed and one.system != BLACKBOARD:
            remarks.append("a text was typed into the system; it is not graded here")
        elif one.typed and one.order > latest.get(one.slot, ()):
            before = "; the one before it counts" * bool(files)
            remarks.append(f"the attempt of {one.time} holds no file{before}")
    counted = [one for one in files if one.order == latest[one.slot]] or pieces
    most = max(Counter(slot for slot, _ in {(one.slot, one.order) for one in pieces}).values())
    if older := [one for one in files if one not in counted]:
        names = ", ".join(one_line(one.path.name, 100) for one in older[:5])
        remarks.append(f"{most} attempts: the last one counts; not graded: {names}")
    found = [piece for one in counted for piece in one.pieces]
    if len(found) > 1:  # side by side, each has a name
        found = [(path, name or path.name) for path, name in found]
    return replace(counted[-1], pieces=tuple(found), remarks=tuple(remarks), attempts=most)


def identified(pieces, people):
    """Return (the pieces, with what a list of students tells; names of whom it tells alone)."""
    found, keys = [], {}
    for one in sorted(pieces, key=lambda one: one.key):
        line = people.find(vars(one))
        if line is None:
            found.append(replace(one, remarks=(NOT_LISTED,)))
            continue
        told = {"time": people.time(line), "due": people.due(line)}
        times = {name: time for name, text in told.items() if (time := read_time(text))}
        remarks = tuple(
            f"{one_line(text, 100)!r} in the list of students is no time that can be read; write "
            "it as 2026-10-01 10:00"
            for name, text in told.items()
            if text and name not in times
        )
        key, name = keys.setdefault(line, one.key), people.name(line) or one.name
        id_ = one.id or people.id(line)
        found.append(replace(one, key=key, name=name, id=id_, remarks=remarks, **times))
    return found, [people.name(n) or people.id(n) for n in people.lines if n not in keys]

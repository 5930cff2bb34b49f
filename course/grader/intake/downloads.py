"""Whose files are these? What learning management systems hand over, told by names alone.

    read_folder(course, folder) -> Download    a row a student, and what belongs to nobody

Each rule is that of one system. Whatever fits none is a folder or an archive a student. What lies
in the files does not count here, apart from two lists of names that systems write themselves:
Gradescope's submission_metadata.yml, and the text that Blackboard puts beside an attempt.
"""

import itertools
import os
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path

import yaml

from course.grader.intake.archive import is_archive
from course.grader.intake.lateness import read_time
from course.text import one_line

ASIDE = ("__macosx", "thumbs.db", "desktop.ini")  # what systems leave in folders
LIST_LIMIT = 20_000_000  # bytes of Gradescope's list of names; YAML is slow beyond
NOTE_LIMIT = 100_000  # bytes of Blackboard's text of an attempt

# The names of files and folders. `file` is what the student called the file.
CANVAS = re.compile(
    r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<id>\d+)_(?:(?P<attempt>\d+)_(?P<file>.+)|text\.html)"
)
MOODLE = re.compile(
    r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?P<what>file|onlinetext)_(?P<file>.*)"
)
BLACKBOARD = re.compile(
    r"(?P<head>.+_.+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)"
)
GRADESCOPE, LIST = re.compile(r"submission_(?P<id>\d+)"), "submission_metadata.yml"
NBGRADER = ("submitted", "release", "source", "autograded", "feedback", "exchange")
NBGRADER_FILES = re.compile(
    r"gradebook\.db.*|gradebook\.before.*|nbgrader_config\.py|header\.ipynb"
)

PLAIN = "a folder or archive a student"


@dataclass(frozen=True)
class Handed:
    """What one student handed in, as far as names tell.

    name, id   of the student; "" if no id is known;  email  "" if unknown
    key        what the name of the folder of results is made of
    pieces     (path, name that the student gave it; "" for what holds all of it), ...
    late       whether the system says so, or the deadline
    time       "2026-10-01 10:00:00", with its zone if that is known; "" if it is unknown
    due        a time of the student's own
    days       begun since it was due;  penalty  percent of all points, None if it is unknown
    attempts   how many there are; pieces are of the last one
    remarks    sentences on what else was there
    """

    name: str
    key: str
    pieces: tuple
    id: str = ""
    email: str = ""
    late: bool = False
    time: str = ""
    due: str = ""
    days: int = 0
    penalty: float | None = 0
    attempts: int = 1
    system: str = PLAIN
    remarks: tuple = ()

    @property
    def told(self):
        """What stands in a result, and on pages."""
        files = [path.name for path, _ in self.pieces]
        told = ("id", "email", "late", "time", "days", "penalty", "attempts", "system")
        return {key: getattr(self, key) for key in told} | {"files": files[:50]}


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
        systems = Counter(one.system for one in self.students)
        counts = ((len(self.students), "student"), (files, "file"))
        numbers = ", ".join(f"{n} {what}{'s' if n != 1 else ''}" for n, what in counts)
        return f"{' and '.join(sorted(systems))}: {numbers}"


def count_files(path):
    if not path.is_dir() or path.is_symlink():
        return 1
    return sum(len(files) for _, _, files in os.walk(path))


@dataclass(frozen=True)
class Piece:
    """A file or folder with what its name tells; `order` tells attempts apart, and sorts them."""

    path: Path
    file: str
    student: tuple  # (system, key)
    name: str
    id: str = ""
    late: bool = False
    time: str = ""
    order: tuple = ()
    text: bool = False  # typed into the system: for a person to read


def read_folder(course, folder):
    """Return the Download that lies in a folder."""
    folder, aside = descend(course, Path(folder))
    entries = [path for path in sorted(folder.iterdir()) if not is_aside(path)]
    students, not_graded = [], [(path.name, OTHER) for path in aside]
    if (folder / LIST).is_file():
        students, listed = gradescope(folder, not_graded)
        entries = [path for path in entries if path not in listed]
    pieces = [(path, piece_of(path)) for path in entries]
    rest = [path for path, piece in pieces if piece is None]
    found = blackboard_names([piece for _, piece in pieces if piece is not None])
    for _, group in itertools.groupby(
        sorted(found, key=attrgetter("student")), attrgetter("student")
    ):
        students.append(one_student(sorted(group, key=attrgetter("order"))))
    plain, nobody = folders_and_archives(course, rest)
    return Download(merged(students + plain), not_graded + nobody)


def merged(students):
    """Return the students in order; those with the same key, from different systems, are one."""
    found = {}
    for one in students:
        if first := found.get(one.key):
            pieces = [(path, name or path.name) for path, name in first.pieces + one.pieces]
            one = replace(first, pieces=tuple(pieces), remarks=first.remarks + one.remarks)
        found[one.key] = one
    return sorted(found.values(), key=attrgetter("key"))


def with_roster(download, people):
    """Return the Download with names and ids of a list of students (People), and who is absent."""
    students, seen = [], {}
    for one in download.students:
        line = people.find({"name": one.name, "id": one.id, "email": one.email})
        if line is None:
            remark = "not in the list of students, or not found there by name and id"
            students.append(replace(one, remarks=(*one.remarks, remark)))
            continue
        id_ = one.id or people.id(line)
        told = {"name": people.name(line) or one.name, "id": id_} | times_of(people, line, one)
        named = replace(one, **told)
        seen.setdefault(line, []).append(named)
    for group in seen.values():
        students += merged([replace(one, key=group[0].key) for one in group])
    absent = [people.name(n) or people.id(n) for n in people.lines if n not in seen]
    return Download(sorted(students, key=attrgetter("key")), download.not_graded, absent)


def times_of(people, line, one):
    """Return the fields of Handed that hold the times in a line of a list of students."""
    found, remarks = {}, list(one.remarks)
    for field_, text in (("time", people.time(line)), ("due", people.due(line))):
        if time := read_time(text):
            found[field_] = time
        elif text:
            what = f"{one_line(text, 100)!r} in the list of students is no time that can be read"
            remarks.append(f"{what}; write it as 2026-10-01 10:00")
    return found | {"remarks": tuple(remarks)}


OTHER = "it lies beside the folder of submissions"
NO_STUDENT = "its name tells no student; put it into a folder that is called like the student"


def is_aside(path):
    return path.name.startswith((".", "~$")) or path.name.lower() in ASIDE


def descend(course, folder):
    """Return the folder in which the names begin, and what lies beside it."""
    beside = []
    while True:
        visible = [path for path in sorted(folder.iterdir()) if not is_aside(path)]
        submitted = folder / "submitted"
        if submitted.is_dir() and (folder / course.name) not in visible:  # a course of nbgrader
            others = (path for path in visible if path.name not in NBGRADER)
            beside += [path for path in others if not NBGRADER_FILES.fullmatch(path.name)]
            return submitted, beside
        if len(visible) == 1 and visible[0].is_dir() and not visible[0].is_symlink():
            inner = [path.name for path in visible[0].iterdir()]
            if not piece_of(visible[0]) and is_download(inner):
                folder = visible[0]
                continue
        return folder, beside


def is_download(names):
    """Whether these names, of one folder, are those of a system."""
    return any(
        name == LIST or any(rule.fullmatch(name) for rule in (CANVAS, MOODLE, BLACKBOARD))
        for name in names
    )


# Canvas, Moodle, Blackboard


def piece_of(path):
    """Return the Piece that a name tells of, None if it is that of no system."""
    name, is_folder = composed(path.name), path.is_dir()
    if found := MOODLE.fullmatch(name):
        text, student = found["what"] == "onlinetext", ("Moodle", f"{found['name']}_{found['id']}")
        file = "" if is_folder else found["file"]
        return Piece(path, file, student, found["name"], found["id"], text=text)
    if is_folder:
        return None
    if found := CANVAS.fullmatch(name):
        file, attempt = found["file"] or "text.html", int(found["attempt"] or 0)
        stem, number, ending = re.fullmatch(r"(.*?)(?:-(\d+))?((?:\.\w+)*)", file, re.S).groups()
        return Piece(
            path, stem + ending, ("Canvas", f"{found['name']}_{found['id']}"), found["name"],
            found["id"], late=bool(found["late"]), order=(attempt, int(number or 0)),
            text=not found["file"],
        )  # fmt: skip
    if found := BLACKBOARD.fullmatch(name):
        file, (date, time) = found["file"] or "", split_time(found["time"])
        return Piece(
            path, file, ("Blackboard", found["head"]), "", time=f"{date} {time}",
            order=(found["time"],), text=not file,
        )  # fmt: skip
    return None


def composed(name):
    """Return a name with each letter in one piece: macOS takes some apart, and others do not."""
    return unicodedata.normalize("NFC", name)


def split_time(text):
    parts = text.split("-")
    return "-".join(parts[:3]), ":".join(parts[3:])


def blackboard_names(pieces):
    """Return the pieces with the user's name that follows the assignment's, in Blackboard's."""
    heads = {one.student[1] for one in pieces if one.student[0] == "Blackboard"}
    common = common_start(heads, "_")

    def named(one):
        user = one.student[1].removeprefix(common)
        return replace(one, student=("Blackboard", user), name=user, id=user)

    return [named(one) if one.student[0] == "Blackboard" else one for one in pieces]


def common_start(names, sign):
    """Return how all names begin, up to a sign; of a single name it is all but its last word."""
    parts = [name.split(sign)[:-1] for name in names]
    columns = itertools.takewhile(lambda column: len(set(column)) == 1, zip(*parts, strict=False))
    return "".join(f"{column[0]}{sign}" for column in columns)


def one_student(pieces):
    """Return the Handed of all pieces of one student, which are in the order of attempts."""
    last, (system, key) = pieces[-1], pieces[-1].student
    texts, files = [p for p in pieces if p.text], [p for p in pieces if not p.text]
    name, remarks, older = last.name, [], []
    if system == "Blackboard":  # all files of an attempt have its time
        if files and files[-1].order != last.order:
            remarks.append(f"the attempt of {last.time} holds no file; the one before it counts")
            last = files[-1]
        older = [one for one in files if one.order != last.order]
        files = [one for one in files if one.order == last.order]
        attempts = len({one.order for one in pieces})
        name = next(filter(None, map(name_in_note, (one.path for one in texts))), name)
    else:
        latest = {one.file.lower() or one.path.name: one for one in files}
        older = [one for one in files if one not in latest.values()]
        same = Counter(one.file.lower() or one.path.name for one in files)
        attempts = max(same.values(), default=1)
        if texts:
            remarks.append("a text was typed into the system, too; it is not graded here")
        files = list(latest.values())
    if older:
        names = ", ".join(one_line(one.path.name, 100) for one in older[:5])
        remarks.append(f"{attempts} attempts: the last one counts; not graded: {names}")
    return Handed(
        name=name, key=key, pieces=tuple((one.path, one.file) for one in files) or
        tuple((one.path, one.path.name) for one in texts), id=last.id, late=last.late,
        time=last.time, attempts=attempts, system=f"a {system} download",
        remarks=tuple(remarks),
    )  # fmt: skip


def name_in_note(path):
    """Return the name in Blackboard's text of an attempt, "" if there is none."""
    with path.open("rb") as file:
        text = file.read(NOTE_LIMIT).decode("utf-8", "replace")
    found = re.search(r"^\ufeff?Name:[ \t]*(.+?)[ \t]*\([^()\n]*\)[ \t]*$", text, re.MULTILINE)
    return one_line(found[1], 100) if found else ""


# Gradescope


def gradescope(folder, not_graded):
    """Return ([Handed, ...], paths that are listed) of Gradescope's export.

    Those who submitted together are a student each.
    """
    try:
        with (folder / LIST).open("rb") as file:
            table = yaml.safe_load(file.read(LIST_LIMIT))
        items = list(table.items())
    except (yaml.YAMLError, AttributeError, ValueError, RecursionError) as error:
        not_graded.append((LIST, f"it is no list of submissions ({one_line(error, 100)})"))
        return [], {folder / LIST}
    found, listed = {}, {folder / LIST}
    for name, entry in items:
        path = folder / one_line(name)
        people = entry.get(":submitters") if isinstance(entry, dict) else None
        if not GRADESCOPE.fullmatch(path.name) or not path.is_dir():
            not_graded.append((one_line(name), f"{LIST} tells of it, but it is not there"))
            continue
        listed.add(path)
        for person in people if isinstance(people, list) and people else [{}]:
            told = {key: one_line(person.get(f":{key}") or "") for key in ("name", "sid", "email")}
            id_ = told["sid"] or told["email"] or path.name
            time = read_time(str(entry.get(":created_at") or "")[:100])
            found.setdefault(id_, []).append((time, path, told))
    students = []
    for id_, group in found.items():
        *older, (time, path, told) = sorted(group, key=lambda one: (one[0], one[1].name))
        names = ", ".join(one.name for _, one, _ in older)
        counts = f"{len(group)} attempts: the last one counts; not graded: {names}"
        students.append(
            Handed(
                name=told["name"] or path.name, key=f"{told['name']}_{id_}".strip("_"), id=id_,
                pieces=((path, ""),), email=told["email"], time=time, attempts=len(group),
                system="a Gradescope export", remarks=(counts,) if older else (),
            )
        )  # fmt: skip
    return students, listed


# A folder or archive a student, nbgrader, GitHub Classroom


def folders_and_archives(course, paths):
    """Return ([Handed, ...], [(name, why), ...]) of what follows no system's rule for names."""
    groups, not_graded = {}, []
    for path in paths:
        if path.is_dir() or is_archive(path.name):
            groups.setdefault(plain_name(path, paths), []).append(path)
        else:
            not_graded.append((path.name, NO_STUDENT))
    clones = [path for path in paths if (path / ".git").is_dir()]
    prefix = common_start([path.name for path in clones], "-") if len(clones) > 1 else ""
    students = []
    for name, group in groups.items():
        group, remarks = later_last(group), ()
        if attempts := [path for path in group if same_but_number(path, group)]:
            names = ", ".join(one_line(path.name, 100) for path in attempts)
            remarks = (f"{len(attempts) + 1} attempts: the last one counts; not graded: {names}",)
        used = [path for path in group if path not in attempts]
        own = [(path, "" if len(used) == 1 else path.name) for path in used]
        system, time = PLAIN, ""
        if len(used) == 1 and (assigned := used[0] / course.name).is_dir():
            system, own = "an nbgrader course", [(assigned, "")]
            if (stamp := assigned / "timestamp.txt").is_file():
                time = read_time(stamp.read_bytes()[:100].decode("utf-8", "replace"))
        elif prefix and used[0] in clones:
            system, name = "clones of GitHub Classroom", name.removeprefix(prefix)
        students.append(
            Handed(name, name, tuple(own), system=system, time=time, remarks=remarks,
                   attempts=len(attempts) + 1)
        )  # fmt: skip
    return students, not_graded


COPY = re.compile(r"(.+?) ?\((\d+)\)")


def stem(path):
    name = composed(path.name)
    return name[:-4] if name.lower().endswith(".zip") else name


def plain_name(path, paths):
    """Return the student's name; "ann (1).zip" is Ann's if there is "ann.zip"."""
    found = COPY.fullmatch(stem(path))
    return found[1] if found and any(stem(one) == found[1] for one in paths) else stem(path)


def number(path):
    found = COPY.fullmatch(stem(path))
    return int(found[2]) if found else 0


def later_last(paths):
    return sorted(paths, key=lambda path: (number(path), path.name))


def same_but_number(path, group):
    """Whether a later copy of the same kind is in the group."""
    return any(one.suffix == path.suffix and number(one) > number(path) for one in group)

"""Whose files are these? What learning management systems hand over, told by names alone.

    read_folder(course, folder, people) -> Download    a row a student, and what belongs to nobody

NAMES has a rule for each system. Whatever fits none is a folder or an archive a student. What lies
in the files does not count here, apart from three that systems write themselves: Gradescope's
submission_metadata.yml, Blackboard's text of an attempt, and nbgrader's timestamp.txt.
"""

import itertools
import os
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

import yaml

from course.grader.intake.archive import is_archive
from course.grader.intake.lateness import read_time
from course.text import one_line

# How files and folders are called; `time`, `attempt` and `number`
# tell attempts apart, and what has a `typed` was typed into the system.
NAMES = {
    "a Moodle download": r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(file|(?P<typed>onlinetext))_"
    r"(?P<file>.*)",
    "a Canvas download": r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<id>\d+)_"
    r"((?P<attempt>\d+)_(?P<file>.+?)(-(?P<number>\d+))?(?P<ending>(\.\w+)*)|(?P<typed>text\.html))",
    "a Blackboard download": r"(?P<name>.+_.+)_attempt_(?P<time>\d{4}(-\d\d){5})"
    r"(_(?P<file>.+)|(?P<typed>\.txt))",
}
MOODLE, _, BLACKBOARD = NAMES
GRADESCOPE, LIST = re.compile(r"submission_\d+"), "submission_metadata.yml"
PLAIN = "a folder or archive a student"
COPY = re.compile(r"(.+?) ?\((\d+)\)")  # ann (1).zip

ASIDE = ("__macosx", "thumbs.db", "desktop.ini")  # what systems leave in folders
NBGRADER = re.compile(
    "submitted|release|source|autograded|feedback|exchange|"
    r"gradebook\.(db|before).*|nbgrader_config\.py|header\.ipynb"
)
LIST_LIMIT = 20_000_000  # bytes of Gradescope's list of names; YAML is slow beyond
NOTE_LIMIT = 100_000  # bytes of Blackboard's text of an attempt

OTHER = "it lies beside the folder of submissions"
NO_STUDENT = "its name tells no student; put it into a folder that is called like the student"
NOT_LISTED = "not in the list of students, or not found there by name and id"


@dataclass(frozen=True, kw_only=True)
class Handed:
    """Work that a student handed in, as far as names tell: a file or folder, or all that counts.

    key           what the name of the folder of results is made of; one a student
    name          of the student;  id, email  "" if unknown
    pieces        (path, name that the student gave it; "" for what holds all of it), ...
    late          whether the system says so, or the deadline
    time          "2026-10-01 10:00:00", with its zone if that is known; "" if it is unknown
    due           a time of the student's own
    remarks       sentences on what else was there
    slot, order   of work with one slot, that of the highest order counts
    typed         typed into the system: for a person to read
    attempts      how many there are
    days          begun since it was due;  penalty  percent of all points, None if it is unknown
    """

    key: str
    name: str
    pieces: tuple
    id: str = ""
    email: str = ""
    late: bool = False
    time: str = ""
    due: str = ""
    system: str = PLAIN
    remarks: tuple = ()
    slot: str = ""
    order: tuple = ()
    typed: bool = False
    attempts: int = 1
    days: int = 0
    penalty: float | None = 0

    @property
    def path(self):
        return self.pieces[0][0]

    @property
    def told(self):
        """What stands in a result, and on pages."""
        told = ("id", "email", "late", "time", "days", "penalty", "attempts", "system")
        files = [path.name for path, _ in self.pieces]
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
    if any(top == LIST or any(re.fullmatch(it, top) for it in NAMES.values()) for top in tops):
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


# Canvas, Moodle, Blackboard


def by_rule(path):
    """Return what the name of a file or folder tells by a system's rule, None if it fits none."""
    found = ((one, re.fullmatch(NAMES[one], composed(path.name), re.DOTALL)) for one in NAMES)
    system, fits = next((one for one in found if one[1]), (None, None))
    if not fits or (path.is_dir() and system != MOODLE):
        return None
    told = defaultdict(str, fits.groupdict(""))
    name, id_, typed = told["name"], told["id"], bool(told["typed"])
    file = "" if path.is_dir() else told["file"] + told["ending"]
    date, time = told["time"][:10], told["time"][11:].replace("-", ":")
    return Handed(
        key=f"{name}_{id_}" if id_ else name,
        name=name,
        pieces=((path, path.name if typed else file),),
        id=id_,
        late=bool(told["late"]),
        time=f"{date} {time}".strip(),
        system=system,
        # In Blackboard all files of an attempt have its time; elsewhere each file is for itself.
        slot="" if date else file.lower() or path.name,
        order=(date, time, int(told["attempt"] or 0), int(told["number"] or 0)),
        typed=typed,
    )


def composed(name):
    """Return a name with each letter in one piece: macOS takes some apart, and others do not."""
    return unicodedata.normalize("NFC", name)


def blackboard_users(pieces):
    """Return the pieces with the user's name, which follows the assignment's, in Blackboard's, and
    the name that the text of an attempt tells."""
    heads = {one.key for one in pieces if one.system == BLACKBOARD}
    notes = [one for one in pieces if one.key in heads and one.typed]
    told = {one.key: found for one in notes if (found := read_note(one.path))}
    starts = [head.removesuffix(user) for head, (_, user) in told.items() if head.endswith(user)]
    start = starts[0] if starts else common_start(heads, "_")
    users = {head: head.removeprefix(start) for head in heads}
    names = users | {head: name for head, (name, _) in told.items()}
    return [
        replace(one, key=users[one.key], id=users[one.key], name=names[one.key])
        if one.system == BLACKBOARD else one
        for one in pieces
    ]  # fmt: skip


def common_start(names, sign):
    """Return how all names begin, up to a sign; of a single name it is all but its last word."""
    parts = [name.split(sign)[:-1] for name in names]
    columns = itertools.takewhile(lambda column: len(set(column)) == 1, zip(*parts, strict=False))
    return "".join(f"{column[0]}{sign}" for column in columns)


def read_note(path):
    """Return (name, user's name) in Blackboard's text of an attempt, None if there are none."""
    with path.open("rb") as file:
        text = file.read(NOTE_LIMIT).decode("utf-8", "replace")
    found = re.search(r"^\ufeff?Name:[ \t]*(.+?)[ \t]*\(([^()\n]+)\)[ \t]*$", text, re.MULTILINE)
    return (one_line(found[1], 100), found[2]) if found else None


# Gradescope


def gradescope(folder, not_graded):
    """Return ([Handed, ...], paths that are listed) of Gradescope's export.

    Those who submitted together are a student each.
    """
    pieces, listed = [], {folder / LIST}
    try:
        with (folder / LIST).open("rb") as file:
            items = list(yaml.safe_load(file.read(LIST_LIMIT)).items())
    except (yaml.YAMLError, AttributeError, ValueError, RecursionError) as error:
        not_graded.append((LIST, f"it is no list of submissions ({one_line(error, 100)})"))
        return pieces, listed
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
            one = Handed(
                key=f"{told['name']}_{id_}".strip("_"),
                name=told["name"] or path.name,
                pieces=((path, ""),),
                id=id_,
                email=told["email"],
                time=time,
                system="a Gradescope export",
                order=(time, path.name),
            )
            pieces.append(one)
    return pieces, listed


# A folder or archive a student, nbgrader, GitHub Classroom


def plain_pieces(course, paths):
    """Return the Handed of folders and archives that follow no system's rule for names."""
    clones = {path for path in paths if (path / ".git").is_dir()}
    prefix = common_start([path.name for path in clones], "-") if len(clones) > 1 else ""
    stems, pieces = {stem(path) for path in paths}, []
    for path in paths:
        name, system, place, time, number = stem(path), PLAIN, path, "", 0
        if (copy := COPY.fullmatch(name)) and copy[1] in stems:  # "ann (1).zip" beside "ann.zip"
            name, number = copy[1], int(copy[2])
        is_work = any((path / file).exists() for file in course.expected_files)
        if (path / course.name).is_dir() and not is_work:
            system, place = "an nbgrader course", path / course.name
            if (stamp := place / "timestamp.txt").is_file():
                time = read_time(stamp.read_bytes()[:100].decode("utf-8", "replace"))
        elif prefix and path in clones:
            system, name = "clones of GitHub Classroom", name.removeprefix(prefix)
        told = {"key": name, "name": name, "system": system, "time": time}
        pieces.append(Handed(pieces=((place, ""),), slot=path.suffix, order=(number,), **told))
    return pieces


def stem(path):
    name = composed(path.name)
    return name[:-4] if name.lower().endswith(".zip") else name


# A list of students


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

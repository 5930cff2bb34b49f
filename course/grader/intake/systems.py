"""What names tell of a student's work, in the downloads of each learning management system.

    Handed                                 a piece of work, and all that one student handed in
    by_rule(path)                          Canvas, Moodle, Blackboard: a rule in NAMES for each
    gradescope(folder, not_graded)         an export of Gradescope, by its list
    plain_pieces(course, paths)            a folder or archive a student, nbgrader, GitHub Classroom

What lies in the files does not count here, apart from three that systems write themselves:
Gradescope's submission_metadata.yml, Blackboard's text of an attempt, and nbgrader's timestamp.txt.
"""

import itertools
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, replace

import yaml

from course.grader.intake.lateness import read_time
from course.text import one_line

# How files and folders are called. `time`, `attempt` and `number` tell attempts apart, and what has
# a `typed` was typed into the system.
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
LIST_LIMIT = 20_000_000  # bytes of Gradescope's list of names; YAML is slow beyond
NOTE_LIMIT = 100_000  # bytes of Blackboard's text of an attempt


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


# Canvas, Moodle, Blackboard


def fits_rule(name):
    """Return (system, match) of the rule that a name fits, None if it fits none."""
    found = ((one, re.fullmatch(rule, composed(name), re.DOTALL)) for one, rule in NAMES.items())
    return next((one for one in found if one[1]), None)


def by_rule(path):
    """Return what the name of a file or folder tells by a system's rule, None if it fits none."""
    system, fits = fits_rule(path.name) or (None, None)
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

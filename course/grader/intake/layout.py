"""Where in a submission the assignment lies, and which of its files are taken.

Taken are the notebooks, the package, other Python files, and the pictures that a notebook names.
Names get the letter case that they have in the course. Everything else, such as data sets, pages
and manifests, stays where it is, without a word.
"""

import io
import unicodedata
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache

from course.definition import is_picture
from course.grader.intake.archive import Refused, Source, ZipSource, above, open_source
from course.submission.contents import FILE_LIMIT, NOTEBOOK_LIMIT, OWN_LIMIT, PICTURE_LIMIT
from course.text import one_line

INNER_LIMIT, INNER_ZIPS = 50_000_000, 3  # zips inside of a submission: bytes, how many
OTHER_FILES, PICTURES = 300, 50  # files besides the expected ones, pictures looked for
MAX_REFUSED, MAX_PLACES = 20, 20


def read(course, path):
    """Return ({name: bytes}, remarks) of the submission at a path. Raises Refused, OSError."""
    expected = len(course.expected_files)
    with ExitStack() as stack:
        outer = stack.enter_context(open_source(path))
        places = places_in(course, outer)
        if min(places, key=Place.rank).expected < expected:
            places += places_in_zips(course, outer, stack)
        root, *others = sorted(places, key=Place.rank)[:MAX_PLACES]
        others = [place for place in others if place.expected]
        sources = dict.fromkeys((outer, root.source))
        remarks = [line for source in sources for line in refusals(source)]
        if others:
            taken, *not_taken = (
                f"{place.told} ({place.expected} of {expected} files)"
                for place in (root, *others[:3])
            )
            remarks.append(
                f"the assignment is there more than once, whole or in part; taken is {taken}; "
                f"not taken: {', '.join(not_taken)}"
            )
        return take(course, root, others, remarks), remarks


def refusals(source):
    """Return the remarks on what a source has refused."""
    refused = source.refused[:MAX_REFUSED]
    lines = [f"{one_line(name, 100)}: {one_line(why)}" for name, why in refused]
    if more := source.refused[MAX_REFUSED:]:
        lines.append(f"and {len(more)} more entries that were refused")
    return lines


# Where it lies


@dataclass(frozen=True)
class Place:
    """A folder that may be the assignment's root: names in `source` that begin with `prefix`."""

    source: Source
    prefix: str
    name: str  # for remarks; begins with the name of the zip inside, if it lies there
    expected: int = 0  # how many expected files are where they should be
    loose: int = 0  # how many have the right name only

    def rank(self):
        return -self.expected, -self.loose, self.name.count("/"), self.name

    @property
    def told(self):
        return one_line(self.name.rstrip("/"), 100) or "the top folder"


def places_in(course, source, name=""):
    """Return the Places in a source; at least one, its top."""
    exact, loose = defaultdict(set), defaultdict(set)
    for entry in source.entries:
        for known in course.expected_files:
            short = base(known)
            if f"/{entry}".lower().endswith(f"/{known}".lower()):
                exact[entry[: len(entry) - len(known)]].add(known)
            elif base(entry).lower() == short.lower():
                loose[entry[: len(entry) - len(short)]].add(known)
    places = [Place(source, at, name + at, expected=len(found)) for at, found in exact.items()]
    if not places:
        places = [Place(source, at, name + at, loose=len(found)) for at, found in loose.items()]
    return places or [Place(source, "", name)]


def places_in_zips(course, outer, stack):
    """Return the Places in zips that lie in a source."""
    places = []
    zips = [name for name in outer.entries if name.lower().endswith(".zip")]
    for name in sorted(zips, key=lambda name: (name.count("/"), name))[:INNER_ZIPS]:
        try:
            content = io.BytesIO(outer.read(name, INNER_LIMIT))
            places += places_in(course, stack.enter_context(ZipSource(content)), f"{name}/")
        except Refused as error:
            outer.refused.append((name, str(error)))
    return places


def base(name):
    return name.rpartition("/")[2]


# What is taken


def take(course, root, others, remarks):
    """Return {name: bytes} of what belongs to the assignment at `root`; say what is missing."""
    entries, files = choose(course, root, others, remarks), {}

    def read_file(name):
        try:
            files[name] = root.source.read(entries[name], limit(course, name))
        except Refused as error:
            remarks.append(f"{one_line(name, 100)}: {one_line(error)}")

    expected = [name for name in course.expected_files if name in entries]
    for name in expected:
        read_file(name)
    wanted, unseen = without_unnamed(course, files, entries.keys() - expected)
    size, taken = 0, 0  # of files of the student's own; of files, also of those that are refused
    for name in sorted(wanted, key=lambda name: order(course, name)):
        if taken == OTHER_FILES or size > OWN_LIMIT:
            break
        read_file(name)
        taken += 1
        size += 0 if course.is_given(name) else len(files.get(name, b""))
    if left_out := len(wanted) - taken + unseen:
        remarks.append(f"{left_out} more files are left out: too many, or too large together")
    if expected:
        missing = (name for name in course.expected_files if name not in entries)
        remarks += [f"{name}: it is missing" for name in missing]
    else:
        remarks.append("nothing of the assignment was found")
    return files


def choose(course, root, others, remarks):
    """Return {name in the assignment: name in the source} of what may be taken."""
    copies = {one.prefix for one in others if one.source is root.source}
    copies -= {"", *above(root.prefix)}
    entries, elsewhere = {}, defaultdict(list)
    for entry in sorted(root.source.entries):
        inside = entry.startswith(root.prefix) and copies.isdisjoint(above(entry))
        name = spelled(course, entry.removeprefix(root.prefix)) if inside else ""
        expected = name in course.expected_files
        if not expected:
            elsewhere[base(entry).lower()].append(entry)
        if name in entries and expected:
            remarks.append(f"{name}: it is there in another letter case, too")
        known_better = name in entries and entry != root.prefix + name
        if inside and is_wanted(course, name) and not known_better:
            entries[name] = entry
    for name in course.expected_files:
        found = elsewhere[base(name).lower()]
        if name not in entries and len(found) == 1:
            entries = {one: at for one, at in entries.items() if at != found[0]} | {name: found[0]}
            remarks.append(f"{name}: taken from {one_line(found[0], 100)}, not from its own place")
    for name in list(entries):  # a zip can hold a file and a folder of the same name
        if any(folder[:-1] in entries for folder in above(name)):
            del entries[name]
            remarks.append(f"{one_line(name, 100)}: it lies in what is a file")
    return entries


def spelled(course, name):
    """Return a name as the course spells it, or the folders in it that the course has."""
    known = spellings(course)
    if name.lower() in known:
        return known[name.lower()]
    for folder in reversed(above(name)):
        if folder.lower() in known:
            return known[folder.lower()] + name[len(folder) :]
    return name


@lru_cache(maxsize=1)
def spellings(course):
    """Return {name in small letters: name} of expected files, and of folders for other ones."""
    folders = [f"{folder}/" for folder in (course.package, *course.files.pictures)]
    folders += [folder for name in course.expected_files for folder in above(name)]
    return {name.lower(): name for name in (*course.expected_files, *folders)}


def is_wanted(course, name):
    if name.lower().endswith(".ipynb"):
        return name in course.notebook_files
    if course.is_handed_out(name) and not course.is_given(name):  # and not handed in
        return False
    return name.startswith(f"{course.package}/") or name.endswith(".py") or is_picture(name)


def without_unnamed(course, files, names):
    """Return the names without those of pictures that no notebook names, and how many pictures
    were not looked for, as each takes time. macOS may spell an umlaut in two ways."""
    own = {name for name in names if is_picture(name) and not course.is_given(name)}
    looked_for = sorted(own, key=lambda name: order(course, name))[:PICTURES]
    contents = (files.get(name, b"") for name in course.notebook_files)
    texts = [unicodedata.normalize("NFC", one.decode("utf-8", "replace")) for one in contents]
    named = {
        name
        for name in looked_for
        if any(unicodedata.normalize("NFC", base(name)) in text for text in texts)
    }
    return (names - own) | named, len(own) - len(looked_for)


def order(course, name):
    """What is given comes first, pictures last."""
    return not course.is_given(name), is_picture(name), name.count("/"), name


def limit(course, name):
    if name in course.notebook_files:
        return NOTEBOOK_LIMIT
    return PICTURE_LIMIT if is_picture(name) else FILE_LIMIT

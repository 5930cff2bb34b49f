"""Where in a submission the assignment lies, and which of its files are taken.

Taken are the notebooks, the package, other Python files, and the pictures that a notebook
names. Names get the letter case that they have in the assignment. Everything else, such as data
sets, pages and manifests, stays where it is, without a word.
"""

import io
import unicodedata
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass

from course.definition import Course, is_picture
from course.grader.intake.archive import Refused, Source, ZipSource, above, open_source
from course.submission.contents import FILE_LIMIT, NOTEBOOK_LIMIT, OWN_LIMIT, PICTURE_LIMIT
from course.text import one_line

INNER_LIMIT, INNER_ZIPS = 50_000_000, 3  # zips inside of a submission: bytes, how many
OTHER_FILES, PICTURES = 300, 50  # files besides the expected ones, pictures looked for
MAX_REFUSED, MAX_PLACES = 20, 20


@dataclass(frozen=True)
class Place:
    """A folder that may be the assignment's root: names in `source` that begin with `prefix`."""

    course: Course
    source: Source
    prefix: str
    name: str  # for remarks; begins with the name of the zip inside, if it lies there
    expected: int  # how many expected files are where they should be
    loose: int = 0  # how many have the right name only

    def rank(self):
        return -self.expected, -self.loose, self.name.count("/"), self.name


def read(course, path):
    """Return ({name: bytes}, remarks) of the submission at a path. Raises Refused, OSError."""
    remarks = []
    with ExitStack() as stack:
        outer = stack.enter_context(open_source(path))
        places = places_in(course, outer)
        if min(places, key=Place.rank).expected < len(course.expected_files):
            places += places_in_zips(course, outer, stack)
        root, *others = sorted(places, key=Place.rank)[:MAX_PLACES]
        for source in dict.fromkeys((outer, root.source)):
            remarks += refusals(source)
        others = [place for place in others if place.expected]
        if others:
            remarks.append(
                f"the assignment is there more than once, whole or in part; taken is {told(root)}; "
                f"not taken: {', '.join(told(place) for place in others[:3])}"
            )
        return take(root, others, remarks), remarks


def told(place):
    name = one_line(place.name.rstrip("/"), 100) or "the top folder"
    return f"{name} ({place.expected} of {len(place.course.expected_files)} files)"


def refusals(source):
    refused = source.refused[:MAX_REFUSED]
    lines = [f"{one_line(name, 100)}: {one_line(why)}" for name, why in refused]
    if more := source.refused[MAX_REFUSED:]:
        lines.append(f"and {len(more)} more entries that were refused")
    return lines


def places_in(course, source, name=""):
    """Return the Places in a source; at least one, its top."""
    exact, loose = defaultdict(set), defaultdict(set)
    for entry in source.entries:
        for known in course.expected_files:
            short = base(known)
            if f"/{entry.lower()}".endswith(f"/{known}"):
                exact[entry[: len(entry) - len(known)]].add(known)
            elif base(entry).lower() == short:
                loose[entry[: len(entry) - len(short)]].add(known)
    places = [
        Place(course, source, prefix, name + prefix, len(found)) for prefix, found in exact.items()
    ]
    if not places:
        places = [
            Place(course, source, at, name + at, 0, len(found)) for at, found in loose.items()
        ]
    return places or [Place(course, source, "", name, 0)]


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


# --- What is taken ----------------------------------------------------------------------------


def take(root, others, remarks):
    """Return {name: bytes} of what belongs to the assignment at `root`; say what is missing."""
    course, expected = root.course, root.course.expected_files
    entries = named(root, others, remarks)
    files, count, size, left_out = {}, 0, 0, 0
    pictures = None  # known as soon as the notebooks are read: they come first
    for name in sorted(entries, key=lambda name: order(course, name)):
        if is_picture(name) and not course.is_given(name):
            pictures = pictures or Pictures(course, files)
            if not pictures.has(name):
                continue
        if name not in expected and (count >= OTHER_FILES or size > OWN_LIMIT):
            left_out += 1
            continue
        count += name not in expected
        try:
            files[name] = root.source.read(entries[name], limit(course, name))
            size += len(files[name]) if name not in expected else 0
        except Refused as error:
            remarks.append(f"{one_line(name, 100)}: {one_line(error)}")
    if left_out:
        remarks.append(f"{left_out} more files are left out: too many, or too large together")
    if not any(name in entries for name in expected):
        remarks.append("nothing of the assignment was found")
    else:
        remarks += [f"{name}: it is missing" for name in expected if name not in entries]
    return files


def named(root, others, remarks):
    """Return {name in the assignment: name in the source} of what may be taken."""
    course, expected = root.course, root.course.expected_files
    copies = {one.prefix for one in others if one.source is root.source}
    copies -= {"", *above(root.prefix)}
    entries, loose = {}, defaultdict(list)
    for entry in sorted(root.source.entries):
        inside = entry.startswith(root.prefix) and copies.isdisjoint(above(entry))
        name = canonical(course, entry.removeprefix(root.prefix)) if inside else ""
        if name in entries:
            exact = root.prefix + name
            entries[name] = exact if exact == entry else entries[name]
            if name in expected:
                remarks.append(f"{name}: it is there in another letter case, too")
        elif inside and is_wanted(course, name):
            entries[name] = entry
        if name not in expected:
            loose[base(entry).lower()].append(entry)
    for name in expected:
        if name not in entries and len(loose[base(name)]) == 1:
            [entry] = loose[base(name)]
            entries = {one: at for one, at in entries.items() if at != entry} | {name: entry}
            remarks.append(f"{name}: taken from {one_line(entry, 100)}, not from its own place")
    for name in list(entries):  # a zip can hold a file and a folder of the same name
        if any(folder[:-1] in entries for folder in above(name)):
            del entries[name]
            remarks.append(f"{one_line(name, 100)}: it lies in what is a file")
    return entries


def canonical(course, name):
    """Return a name as it is spelled in the assignment, if only letter case differs."""
    names = (
        *course.expected_files,
        f"{course.package}/",
        *(f"{one}/" for one in course.files.pictures),
    )
    folders = {one.rpartition("/")[0] for one in names}
    for folder in sorted(folders, key=len, reverse=True):
        if name[: len(folder) + 1].lower() == f"{folder}/":
            name = folder + name[len(folder) :]
            break
    return name.lower() if name.lower() in course.expected_files else name


def is_wanted(course, name):
    if name.lower().endswith(".ipynb"):
        return name in course.notebook_files
    if course.is_handed_out(name) and not course.is_given(name):  # and not handed in
        return False
    return name.startswith(f"{course.package}/") or name.endswith(".py") or is_picture(name)


def order(course, name):
    """What counts comes first, pictures last."""
    expected = name in course.expected_files
    return not expected, not course.is_given(name), is_picture(name), name.count("/"), name


def limit(course, name):
    if name in course.notebook_files:
        return NOTEBOOK_LIMIT
    return PICTURE_LIMIT if is_picture(name) else FILE_LIMIT


class Pictures:
    """The pictures that the notebooks name; macOS may spell an umlaut in two ways."""

    def __init__(self, course, files):
        contents = [
            files.get(name, b"").decode("utf-8", "replace") for name in course.notebook_files
        ]
        self.texts = [unicodedata.normalize("NFC", content) for content in contents]
        self.count = 0

    def has(self, name):
        short = unicodedata.normalize("NFC", base(name))
        self.count += 1
        return self.count <= PICTURES and any(short in text for text in self.texts)

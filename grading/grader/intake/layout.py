"""Where in a submission the assignment lies, and which of its files are taken.

Taken are the two notebooks, the package, other Python files, and the pictures that a notebook
names. Names get the letter case that they have in the assignment. Everything else, such as data
sets, pages and manifests, stays where it is, without a word.
"""

import io
import unicodedata
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass

from cs231n.submission.contents import (
    CLASSIFIERS,
    EXERCISE_FILES,
    FILE_LIMIT,
    NOTEBOOK_LIMIT,
    NOTEBOOKS,
    OWN_LIMIT,
    PICTURE_LIMIT,
    is_given,
    is_picture,
)
from grading.grader.intake.archive import Refused, Source, ZipSource, above, open_source
from grading.grader.text import one_line
from grading.release import CONTENTS

EXPECTED = (*NOTEBOOKS, *EXERCISE_FILES)
INNER_LIMIT, INNER_ZIPS = 50_000_000, 3  # zips inside of a submission: bytes, how many
OTHER_FILES, PICTURES = 300, 50  # files besides the expected ones, pictures looked for
MAX_REFUSED, MAX_PLACES = 20, 20


@dataclass(frozen=True)
class Place:
    """A folder that may be the assignment's root: names in `source` that begin with `prefix`."""

    source: Source
    prefix: str
    name: str  # for remarks; begins with the name of the zip inside, if it lies there
    expected: int  # how many expected files are where they should be
    loose: int = 0  # how many have the right name only

    def rank(self):
        return -self.expected, -self.loose, self.name.count("/"), self.name


def read(path):
    """Return ({name: bytes}, remarks) of the submission at a path. Raises Refused, OSError."""
    remarks = []
    with ExitStack() as stack:
        outer = stack.enter_context(open_source(path))
        places = places_in(outer)
        if min(places, key=Place.rank).expected < len(EXPECTED):
            places += places_in_zips(outer, stack)
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
    return f"{name} ({place.expected} of {len(EXPECTED)} files)"


def refusals(source):
    refused = source.refused[:MAX_REFUSED]
    lines = [f"{one_line(name, 100)}: {one_line(why)}" for name, why in refused]
    if more := source.refused[MAX_REFUSED:]:
        lines.append(f"and {len(more)} more entries that were refused")
    return lines


def places_in(source, name=""):
    """Return the Places in a source; at least one, its top."""
    exact, loose = defaultdict(set), defaultdict(set)
    for entry in source.entries:
        for known in EXPECTED:
            short = base(known)
            if f"/{entry.lower()}".endswith(f"/{known}"):
                exact[entry[: len(entry) - len(known)]].add(known)
            elif base(entry).lower() == short:
                loose[entry[: len(entry) - len(short)]].add(known)
    places = [Place(source, prefix, name + prefix, len(found)) for prefix, found in exact.items()]
    if not places:
        places = [Place(source, at, name + at, 0, len(found)) for at, found in loose.items()]
    return places or [Place(source, "", name, 0)]


def places_in_zips(outer, stack):
    """Return the Places in zips that lie in a source."""
    places = []
    zips = [name for name in outer.entries if name.lower().endswith(".zip")]
    for name in sorted(zips, key=lambda name: (name.count("/"), name))[:INNER_ZIPS]:
        try:
            content = io.BytesIO(outer.read(name, INNER_LIMIT))
            places += places_in(stack.enter_context(ZipSource(content)), f"{name}/")
        except Refused as error:
            outer.refused.append((name, str(error)))
    return places


def base(name):
    return name.rpartition("/")[2]


# --- What is taken ----------------------------------------------------------------------------


def take(root, others, remarks):
    """Return {name: bytes} of what belongs to the assignment at `root`; say what is missing."""
    entries = named(root, others, remarks)
    files, count, size, left_out = {}, 0, 0, 0
    pictures = None  # known as soon as the notebooks are read: they come first
    for name in sorted(entries, key=order):
        if is_picture(name) and not is_given(name):
            pictures = pictures or Pictures(files)
            if not pictures.has(name):
                continue
        if name not in EXPECTED and (count >= OTHER_FILES or size > OWN_LIMIT):
            left_out += 1
            continue
        count += name not in EXPECTED
        try:
            files[name] = root.source.read(entries[name], limit(name))
            size += len(files[name]) if name not in EXPECTED else 0
        except Refused as error:
            remarks.append(f"{one_line(name, 100)}: {one_line(error)}")
    if left_out:
        remarks.append(f"{left_out} more files are left out: too many, or too large together")
    if not any(name in entries for name in EXPECTED):
        remarks.append("nothing of the assignment was found")
    else:
        remarks += [f"{name}: it is missing" for name in EXPECTED if name not in entries]
    return files


def named(root, others, remarks):
    """Return {name in the assignment: name in the source} of what may be taken."""
    copies = {one.prefix for one in others if one.source is root.source}
    copies -= {"", *above(root.prefix)}
    entries, loose = {}, defaultdict(list)
    for entry in sorted(root.source.entries):
        inside = entry.startswith(root.prefix) and copies.isdisjoint(above(entry))
        name = canonical(entry.removeprefix(root.prefix)) if inside else ""
        if name in entries:
            exact = root.prefix + name
            entries[name] = exact if exact == entry else entries[name]
            if name in EXPECTED:
                remarks.append(f"{name}: it is there in another letter case, too")
        elif inside and is_wanted(name):
            entries[name] = entry
        if name not in EXPECTED:
            loose[base(entry).lower()].append(entry)
    for name in EXPECTED:
        if name not in entries and len(loose[base(name)]) == 1:
            [entry] = loose[base(name)]
            entries = {one: at for one, at in entries.items() if at != entry} | {name: entry}
            remarks.append(f"{name}: taken from {one_line(entry, 100)}, not from its own place")
    for name in list(entries):  # a zip can hold a file and a folder of the same name
        if any(folder[:-1] in entries for folder in above(name)):
            del entries[name]
            remarks.append(f"{one_line(name, 100)}: it lies in what is a file")
    return entries


def canonical(name):
    """Return a name as it is spelled in the assignment, if only letter case differs."""
    for folder in (CLASSIFIERS, "cs231n", "notebooks", "datasets"):
        if name[: len(folder) + 1].lower() == f"{folder}/":
            name = folder + name[len(folder) :]
            break
    return name.lower() if name.lower() in EXPECTED else name


def is_wanted(name):
    if name.lower().endswith(".ipynb"):
        return name in NOTEBOOKS
    if name in CONTENTS and not is_given(name):  # of the student edition, and not handed in
        return False
    return name.startswith("cs231n/") or name.endswith(".py") or is_picture(name)


def order(name):
    """What counts comes first, pictures last."""
    return name not in EXPECTED, not is_given(name), is_picture(name), name.count("/"), name


def limit(name):
    if name in NOTEBOOKS:
        return NOTEBOOK_LIMIT
    return PICTURE_LIMIT if is_picture(name) else FILE_LIMIT


class Pictures:
    """The pictures that the notebooks name; macOS may spell an umlaut in two ways."""

    def __init__(self, files):
        contents = [files.get(name, b"").decode("utf-8", "replace") for name in NOTEBOOKS]
        self.texts = [unicodedata.normalize("NFC", content) for content in contents]
        self.count = 0

    def has(self, name):
        short = unicodedata.normalize("NFC", base(name))
        self.count += 1
        return self.count <= PICTURES and any(short in text for text in self.texts)

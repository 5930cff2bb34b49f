"""Where in a submission the assignment lies, and which of its files are taken.

Taken are the notebooks, the package, other Python files, and the pictures that a notebook names.
Names get the letter case that they have in the course. Everything else, such as data sets, pages
and manifests, stays where it is, without a word.
"""

import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from course.definition import is_picture
from course.edition import handed_out
from course.edition.derive import ReleaseError
from course.grader.intake import examine
from course.grader.intake.archive import Refused, above, opened
from course.notebook import PLACEHOLDER, squeeze
from course.submission.contents import (
    FILE_LIMIT,
    NOTEBOOK_LIMIT,
    OWN_LIMIT,
    PICTURE_LIMIT,
    named_by_notebooks,
)
from course.text import one_line

OTHER_FILES, PICTURES = 300, 50  # files besides the expected ones, pictures looked for
MAX_REFUSED, MAX_PLACES, MAX_NOTEBOOKS = 20, 20, 20


def read(course, pieces):
    """Return ({name: bytes}, remarks) of the pieces of a submission. Raises Refused, OSError."""
    expected = len(course.expected_files)
    with opened(*pieces) as source:
        if max(place.expected for place in places_in(course, source)) < expected:
            source.unpack()
        root, *others = sorted(places_in(course, source), key=Place.rank)[:MAX_PLACES]
        others = [place for place in others if place.expected]
        remarks = refusals(source)
        if others:
            taken, *not_taken = (
                f"{place.told} ({place.expected} of {expected} files)"
                for place in (root, *others[:3])
            )
            remarks.append(
                f"the assignment is there more than once, whole or in part; taken is {taken}; "
                f"not taken: {', '.join(not_taken)}"
            )
        return take(course, source, root, others, remarks), remarks


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
    """A folder that may be the assignment's root: names that begin with `prefix`."""

    prefix: str
    expected: int = 0  # how many expected files are where they should be
    loose: int = 0  # how many have the right name only

    def rank(self):
        return -self.expected, -self.loose, self.prefix.count("/"), self.prefix

    @property
    def told(self):
        return one_line(self.prefix.rstrip("/"), 100) or "the top folder"


def places_in(course, source):
    """Return the Places in a source; at least one, its top."""
    exact, loose = defaultdict(set), defaultdict(set)
    for entry in source.entries:
        for known in course.expected_files:
            short = base(known)
            if f"/{entry}".lower().endswith(f"/{known}".lower()):
                exact[entry[: len(entry) - len(known)]].add(known)
            elif base(entry).lower() == short.lower():
                loose[entry[: len(entry) - len(short)]].add(known)
    places = [Place(at, expected=len(found)) for at, found in exact.items()]
    if not places:
        places = [Place(at, loose=len(found)) for at, found in loose.items()]
    return places or [Place("")]


def base(name):
    return name.rpartition("/")[2]


# What is taken


def take(course, source, root, others, remarks):
    """Return {name: bytes} of what belongs to the assignment at `root`; say what is missing."""
    entries, files = choose(course, source, root, others, remarks), {}

    def read_file(name):
        try:
            files[name] = source.read(entries[name], limit(course, name))
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


def choose(course, source, root, others, remarks):
    """Return {name in the assignment: name in the source} of what may be taken."""
    copies = {one.prefix for one in others} - {"", *above(root.prefix)}
    entries, elsewhere = {}, defaultdict(list)
    for entry in sorted(source.entries):
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
    entries |= choose_notebooks(course, source, entries, copies, remarks)
    for name in course.expected_files:
        if name not in entries and (found := elsewhere[base(name).lower()]):
            # Of several, the one that lies beside what is taken already.
            folders = [above(entry)[-1:] for entry in entries.values()]
            best, *rest = sorted(found, key=lambda one: (-folders.count(above(one)[-1:]), one))
            entries = {one: at for one, at in entries.items() if at != best} | {name: best}
            also = f"; it is also in {', '.join(one_line(n, 100) for n in rest[:3])}" * bool(rest)
            where = f"taken from {one_line(best, 100)}, not from its own place"
            remarks.append(f"{name}: {where}{also}")
    for name in list(entries):  # a zip can hold a file and a folder of the same name
        if any(folder[:-1] in entries for folder in above(name)):
            del entries[name]
            remarks.append(f"{one_line(name, 100)}: it lies in what is a file")
    return entries


def choose_notebooks(course, source, entries, copies, remarks):
    """Return {name in the assignment: name in the source} of notebooks, told by their cells.

    Of several that are a course's one, it is the most complete, then the one in its own place,
    then the one that was run further, then the latest by the number in its name.
    """
    names = [name for name in source.entries if re.search(r"\.ipynb(\.\w+)?$", name, re.IGNORECASE)]
    names = [name for name in names if copies.isdisjoint(above(name))][:MAX_NOTEBOOKS]
    own = {entries.get(name) for name in course.notebook_files}
    if own.issuperset(names):  # each has its own name: examine tells what is wrong
        return {}
    contents, size, chosen = {}, 0, {}
    for name in sorted(names, key=lambda name: name not in own):
        with suppress(Refused):
            if size < NOTEBOOK_LIMIT:
                contents[name] = source.read(name, NOTEBOOK_LIMIT)
                size += len(contents[name])
    counted = examine.count_cells(contents, known_cells(course))
    for notebook in course.notebooks.values():
        its = [name for name, one in counted.items() if one.most_like == notebook.name]
        if not its:
            continue
        mine = entries.get(notebook.file)
        most = max(counted[name].known[notebook.name] for name in its)
        most_own = max(one.own for one in counted.values())
        rank = {
            name: (
                counted[name].known[notebook.name] >= 0.8 * most,  # complete
                counted[name].own > 0.3 * most_own,  # begun
                name == mine,
                counted[name].run,
                copy_number(name),
            )
            for name in its
        }
        best, *rest = sorted(its, key=rank.get, reverse=True)
        chosen[notebook.file] = best
        if best != mine:
            named = spelled(course, base(best)) == base(notebook.file)
            why = "not from its own place" if named else "known by its cells"
            remarks.append(f"{notebook.file}: taken from {one_line(best, 100)}, {why}")
        if rest:
            told = ", ".join(one_line(name, 100) for name in rest[:3])
            remarks.append(f"{notebook.file}: it is there more than once; not taken: {told}")
    return chosen


def copy_number(name):
    """Return the number that systems put into the names of later copies, 0 if there is none."""
    found = re.search(r"(?:[-_ (]|Copy)(\d{1,6})\)?(?:\.\w+)+$", base(name))
    return int(found[1]) if found else 0


@lru_cache(maxsize=4)
def known_cells(course):
    """Return {notebook: (ids, texts)} of all cells that were ever handed out."""
    try:
        records = handed_out.records(course)
    except (ReleaseError, OSError):  # it cannot be handed out as it is; then names alone count
        return {}
    known = {}
    for short, notebook in course.notebooks.items():
        cells = [item for one in records for item in one.notebooks.get(notebook.file, {}).items()]
        texts = {squeeze(text) for _, text in cells} - {"", squeeze(PLACEHOLDER)}
        known[short] = {id_ for id_, _ in cells}, texts
    return known


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
    were not looked for, as each takes time."""
    own = {name for name in names if is_picture(name) and not course.is_given(name)}
    looked_for = sorted(own, key=lambda name: order(course, name))[:PICTURES]
    named = named_by_notebooks(course, files, looked_for)
    return (names - own) | named, len(own) - len(looked_for)


def order(course, name):
    """What is given comes first, pictures last."""
    return not course.is_given(name), is_picture(name), name.count("/"), name


def limit(course, name):
    if name in course.notebook_files:
        return NOTEBOOK_LIMIT
    return PICTURE_LIMIT if is_picture(name) else FILE_LIMIT

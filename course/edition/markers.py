"""Marked regions of the solved tree: what students write themselves, and what they never see.

    ### BEGIN SOLUTION                       in Python files and code cells:
    ### END SOLUTION                         a statement that raises takes the place of the lines

    # BEGIN INSTRUCTORS                      in any file of text, in Markdown as a comment of HTML
    # END INSTRUCTORS                        (<!-- BEGIN INSTRUCTORS -->): the lines are left out

Each marker stands on a line of its own. Whatever looks like a marker and is none is a problem, and
so are regions that are nested, not closed or empty: better no student edition than a wrong one.
"""

import difflib
import re
from typing import NamedTuple

SOLUTION, INSTRUCTORS = "SOLUTION", "INSTRUCTORS"
ANSWER = "ANSWER"  # a kind of Change, without markers: a cell is an answer by its id
MARKERS = {
    f"{chars} {edge} {kind}{close}": (edge, kind)
    for chars, kind, close in (
        ("###", SOLUTION, ""),
        ("#", INSTRUCTORS, ""),
        ("<!--", INSTRUCTORS, " -->"),
    )
    for edge in ("BEGIN", "END")
}
LETTERS = {edge + kind for edge, kind in MARKERS.values()}


class Region(NamedTuple):
    """Lines first..last of a text, both markers included; the first line of the text is 1."""

    kind: str
    first: int
    last: int


class Change(NamedTuple):
    """What was done to a text: from line `at` of the new one, `new` stands instead of `old`."""

    kind: str
    at: int
    new: list
    old: list


def find_regions(text, where, problems):
    """Return the regions of a text in order; append what is wrong with its markers to `problems`.

    `where` is a function that turns a line number into the beginning of a problem's text.
    """
    regions, begun = [], None
    for number, line in enumerate(text.split("\n"), start=1):
        marker = MARKERS.get(line.strip())
        if marker is None:
            if looks_like_marker(line):
                problems.append(
                    f"{where(number)}{line.strip()!r} looks like a marker, but the markers are "
                    f"{', '.join(repr(marker) for marker in MARKERS)}, each on a line of its own"
                )
            continue
        edge, kind = marker
        if edge == "BEGIN" and begun is None:
            begun = kind, number
        elif edge == "BEGIN":
            problems.append(
                f"{where(number)}BEGIN {kind} inside the region that begins in line {begun[1]}"
            )
        elif begun is None or begun[0] != kind:
            problems.append(f"{where(number)}END {kind} without a BEGIN {kind} before it")
        else:
            regions.append(Region(kind, begun[1], number))
            if not "".join(text.split("\n")[begun[1] : number - 1]).strip():
                problems.append(f"{where(begun[1])}nothing stands between BEGIN and END {kind}")
            begun = None
    if begun is not None:
        problems.append(f"{where(begun[1])}BEGIN {begun[0]} without an END {begun[0]} after it")
    return regions


def looks_like_marker(line):
    """Whether a comment in this line was probably meant to be a marker."""
    comment = re.search(r"(#|<!--)(.*)", line)
    letters = re.sub("[^A-Z]", "", comment[2].upper()) if comment else ""
    if letters in ("", SOLUTION, INSTRUCTORS):  # the latter two are headings
        return False
    if re.match("(BEGIN|END|START|STOP)(SOL|INSTR)", letters):
        return len(letters) < 30  # beyond that it is a sentence
    return bool(difflib.get_close_matches(letters, LETTERS, n=1, cutoff=0.8))


def replace_regions(text, regions, stub):
    """Return the students' version of a text, and the Changes that made it.

    stub(region) gives the lines that take the place of a solution.
    """
    lines, new, changes = text.split("\n"), [], []
    done = 0
    for region in regions:
        new += lines[done : region.first - 1]
        done = region.last
        if region.kind == SOLUTION:
            instead = stub(region)
        else:
            instead = []
            blank = [line.strip() == "" for line in (*new[-1:], *lines[done : done + 1])]
            done += blank == [True, True]  # the region's own distance from what follows
        changes.append(Change(region.kind, len(new), instead, lines[region.first - 1 : done]))
        new += instead
    return "\n".join(new + lines[done:]), changes

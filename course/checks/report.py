"""What a check found, and hints, as text for a terminal and as HTML for a notebook."""

import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

TEMPLATE = Path(__file__).with_name("report.html")
MARKS = {True: "✓", False: "✗", None: "·"}
VERDICTS = {
    "passed": "all right",
    "failed": "not yet right",
    "not implemented": "not implemented yet",
    "broken": "could not be run",
}


@dataclass(frozen=True)
class Line:
    """One property: ok is True, False, or None where nothing could be said. `told`: by a student's
    process, which could make it up."""

    title: str
    ok: bool | None
    detail: str = ""
    told: bool = False

    @property
    def text(self):
        """What is said of it, without its mark."""
        detail = "not judged" if self.ok is None else self.detail
        return self.title + (f": {detail}" if detail else "")

    def __str__(self):
        return f"{MARKS[self.ok]} {self.text}"


def text_lines(lines, explanations, notes):
    """Return what was found as lines of plain text."""
    told = [str(line) for line in lines] + [f"→ {one}" for one in explanations]
    return told + [f"Note: {note}" for note in notes]


class Part(NamedTuple):
    """A part of an exercise, the points that it earned, and those that are possible."""

    name: str
    points: int
    possible: int


def parts_of(course, exercise, report):
    """Return the Parts of an Exercise's report; a single one without a name if none are declared.

    A part is right if each of its lines is that the report has. One that could not be judged is
    not right: so nothing is earned by what was never reached.
    """
    if not exercise.parts:
        return [Part("", exercise.points * report.passed, exercise.points)]
    right, parts = {line.title: line.ok is True for line in report.lines}, []
    for name, titles in course.kind(exercise.kind).parts(exercise).items():
        found = [right[title] for title in titles if title in right]
        possible = exercise.parts[name]
        parts.append(Part(name, possible * (bool(found) and all(found)), possible))
    return parts


def points_of(parts):
    return sum(part.points for part in parts)


def tell_parts(parts):
    """Return what Parts with names have earned, in words; "" of one without."""
    told = ", ".join(f"{one.name} {one.points} of {one.possible}" for one in parts if one.name)
    return (
        f"Points: {points_of(parts)} of {sum(one.possible for one in parts)}: {told}"
        if told
        else ""
    )


@dataclass
class Report:
    """The result of checks.run.

    exercise        its name
    status          "passed", "failed", "not implemented", or "broken" (could not be run at all)
    lines           the properties, in the order in which they are shown
    misconceptions  {name: explanation} of what was recognised
    notes           remarks on what is right
    vectorized      True or False for the vectorized exercises, else None; no part of `passed`
    message         why it is broken, or which stub was reached
    hints           how many there are for the exercise, where they are offered
    parts           its Parts
    """

    exercise: str
    status: str
    lines: list = field(default_factory=list)
    misconceptions: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    vectorized: bool | None = None
    message: str = ""
    hints: int = 0
    parts: list = field(default_factory=list)

    def name(self, misconceptions, data):
        """Add what is told of these names, in the catalogue's order; return the report."""
        if unknown := set(misconceptions) - data.explanations.keys():
            raise KeyError(f"no misconceptions: {sorted(unknown)}")
        for name, explanation in data.explanations.items():
            if name in misconceptions and name in data.notes:
                self.notes += filter(None, [explanation])
            elif name in misconceptions:
                self.misconceptions[name] = explanation
        return self

    @property
    def passed(self):
        return self.status == "passed"

    @property
    def headline(self):
        found = VERDICTS[self.status]
        if self.status == "not implemented":
            return f"{self.exercise}: {found}" + f" ({self.message})" * bool(self.message)
        if self.status == "broken":
            found = self.message or found
        if self.passed and self.vectorized is False:
            found = "right, but not vectorized"
        return f"{MARKS[self.passed]} {self.exercise}: {found}"

    @property
    def offer(self):
        """Say that there are hints, where there are and where they are of use."""
        if self.passed or not self.hints:
            return ""
        return f'checks.hint("{self.exercise}") shows a hint, and one more with each call.'

    def __str__(self):
        found = text_lines(self.lines, self.misconceptions.values(), self.notes)
        found += filter(None, [tell_parts(self.parts), self.offer])
        return "\n  ".join([self.headline, *found])

    def __repr__(self):
        # nbgrader reads points from what a cell shows, and takes any text for all of them.
        right = self.passed and all(part.points == part.possible for part in self.parts)
        if "NBGRADER_EXECUTION" in os.environ and not right:
            return f"{points_of(self.parts):.1f}"
        return str(self)

    def _repr_html_(self):
        boxes = [("3px", explanation) for explanation in self.misconceptions.values()]
        boxes += [("1px", f"Note: {note}") for note in self.notes]
        boxes += [("1px", text) for text in filter(None, [tell_parts(self.parts), self.offer])]
        return template().render(headline=self.headline, lines=self.lines, boxes=boxes)


@dataclass(frozen=True)
class Hints:
    """The result of checks.hint: the hints that are shown by now, and how many there are."""

    exercise: str
    shown: tuple
    total: int
    more: bool  # whether there was another one to show

    @property
    def headline(self):
        if not self.total:
            return f"{self.exercise}: there are no hints for this exercise"
        if not self.more:
            return f"{self.exercise}: these are all hints, there are no more"
        return f"{self.exercise}: hint {len(self.shown)} of {self.total}"

    @property
    def lines(self):
        return [f"{number}. {hint}" for number, hint in enumerate(self.shown, 1)]

    def __str__(self):
        return "\n  ".join([self.headline, *self.lines])

    __repr__ = __str__

    def _repr_html_(self):
        return template().render(headline=self.headline, lines=self.lines, boxes=())


@cache
def template():
    """Return report.html; jinja2 is imported only where HTML is asked for."""
    import jinja2

    environment = jinja2.Environment(autoescape=True)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))

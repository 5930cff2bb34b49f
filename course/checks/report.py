"""What a check found, as text for a terminal and as HTML for a notebook."""

import html
import os
from dataclasses import dataclass, field

MARKS = {True: "✓", False: "✗", None: "·"}
VERDICTS = {
    "passed": "all right",
    "failed": "not yet right",
    "not implemented": "not implemented yet",
    "broken": "could not be run",
}


@dataclass(frozen=True)
class Line:
    """One property: ok is True, False, or None where nothing could be said."""

    title: str
    ok: bool | None
    detail: str = ""

    @property
    def text(self):
        """What is said of it, without its mark."""
        detail = "not judged" if self.ok is None else self.detail
        return self.title + (f": {detail}" if detail else "")

    def __str__(self):
        return f"{MARKS[self.ok]} {self.text}"


def text_lines(lines, hints, notes):
    """Return what was found as lines of plain text."""
    told = [str(line) for line in lines]
    return told + [f"→ {hint}" for hint in hints] + [f"Note: {note}" for note in notes]


@dataclass
class Report:
    """The result of checks.run.

    exercise        its name
    status          "passed", "failed", "not implemented", or "broken" (could not be run at all)
    lines           the properties, in the order in which they are shown
    misconceptions  {name: explanation} of what was recognised
    notes           remarks on what is right
    vectorized      True or False for the vectorized exercises, else None; no part of `passed`
    """

    exercise: str
    status: str
    lines: list = field(default_factory=list)
    misconceptions: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    vectorized: bool | None = None
    message: str = ""

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
            return f"{self.exercise}: {found}"
        if self.status == "broken":
            found = self.message or found
        if self.passed and self.vectorized is False:
            found = "right, but not vectorized"
        return f"{MARKS[self.passed]} {self.exercise}: {found}"

    def __str__(self):
        found = text_lines(self.lines, self.misconceptions.values(), self.notes)
        return "\n  ".join([self.headline, *found])

    def __repr__(self):
        # nbgrader reads points from what a cell shows, and takes any text for all of them.
        if "NBGRADER_EXECUTION" in os.environ and not self.passed:
            return "0.0"
        return str(self)

    def _repr_html_(self):
        """Marks say what colours would: nothing here depends on a light or a dark page."""
        parts = [f"<strong>{html.escape(self.headline)}</strong>"]
        if self.lines:
            parts.append('<ul style="list-style: none; margin: 0.3em 0; padding-left: 1em">')
            for line in self.lines:
                # No line ends beside an equals sign: N = 10.
                item = html.escape(str(line)).replace(" = ", "&nbsp;=&nbsp;")
                parts.append(f'<li style="padding-left: 1.3em; text-indent: -1.3em">{item}</li>')
            parts.append("</ul>")
        box = "margin: 0.5em 0 0.5em 1em; padding-left: 0.6em; border-left: {} solid"
        for explanation in self.misconceptions.values():
            parts.append(f'<p style="{box.format("3px")}">{html.escape(explanation)}</p>')
        for note in self.notes:
            parts.append(f'<p style="{box.format("1px")}">Note: {html.escape(note)}</p>')
        return f'<div style="line-height: 1.4; max-width: 50em">{"".join(parts)}</div>'

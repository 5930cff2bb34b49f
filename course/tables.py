"""Objects of the tables in a TOML file, and what is wrong with these, with lines of the file.

A dataclass says what a table may hold. A field is a setting, and is needed unless it has a default;
its type says what is taken. Fields with the metadata MADE are no settings, but made on the way; one
of these that is called `line` gets the number of the table's line.
"""

import difflib
from dataclasses import MISSING, fields
from datetime import datetime

MADE = {"made": True}
POINTS = dict[str, int]
TYPES = {str: "a text", int: "a whole number", bool: "true or false"}
TYPES |= {tuple: "a list of texts", dict: "a table of texts", POINTS: "a table of whole numbers"}
TYPES |= {datetime: "a time with its zone, such as 2026-10-08T23:59:00+02:00"}


class Reader:
    """Makes objects of TOML tables, and collects what is wrong with them, with lines of the file.

    Tables that it has read are taken out of the ones that hold them.
    """

    def __init__(self, file, text):
        self.file, self.lines, self.problems = file, text.splitlines(), []

    def say(self, line, what):
        """Add a problem, of a line of the file if its number is known."""
        self.problems.append(f"{self.file}{f', line {line}' if line else ''}: {what}")

    def line_of(self, start, after=0):
        """Return the number of the first line after the line `after` that starts so, else 0."""
        numbers = range(after + 1, len(self.lines) + 1)
        fits = (number for number in numbers if self.lines[number - 1].lstrip().startswith(start))
        return next(fits, 0)

    def each(self, cls, table, key, name=None):
        """Return an object of the dataclass `cls` for each of the tables [[name]]."""
        tables, name = table.pop(key, []), name or key
        if not is_list_of(dict, tables):
            self.say(self.line_of(f"[{name}"), f"write [[{name}]], once for each of them")
            return []
        objects, line = [], 0
        for one in tables:
            line = self.line_of(f"[[{name}]]", line)
            objects.append(self.make(cls, one, f"[[{name}]]", line))
        return [one for one in objects if one is not None]

    def one(self, cls, table, name, **made):
        """Return an object of the dataclass `cls` for the table [name]."""
        table, line = table.pop(name, {}), self.line_of(f"[{name}]")
        if not isinstance(table, dict):
            self.say(self.line_of(f"[[{name}]]"), f"write [{name}], once")
            return None
        return self.make(cls, table, f"[{name}]", line, **made)

    def make(self, cls, table, name, line, **made):
        """Return an object of the dataclass, None if the table does not fit it."""
        before = len(self.problems)
        settings = {one.name: one for one in fields(cls) if not one.metadata.get("made")}
        told = next((f" {table[key]!r}" for key in ("name", "cell", "file") if key in table), "")
        for key, value in table.items():
            here = self.line_of(key, line) or line
            if key not in settings:
                near = difflib.get_close_matches(key, settings, 1)
                way_out = f"did you mean {near[0]}?" if near else f"there are {', '.join(settings)}"
                self.say(here, f"{name}{told} has no setting {key!r}; {way_out}")
            elif not fits(settings[key].type, value):
                what = f"{name}{told}: {key} has to be {TYPES[settings[key].type]}, not {value!r}"
                self.say(here, what)
        for key, one in settings.items():
            if one.default is MISSING and one.default_factory is MISSING and key not in table:
                self.say(line, f"{name}{told} lacks the setting {key}")
        if len(self.problems) > before:
            return None
        if "line" in {one.name for one in fields(cls)}:
            made["line"] = line
        values = {key: tuple(one) if isinstance(one, list) else one for key, one in table.items()}
        return cls(**values, **made)

    def by_name(self, objects, what):
        """Return {name: object}; a name that is there twice is a problem."""
        named = {}
        for one in objects:
            if one.name in named:
                line = getattr(one, "line", 0)
                self.say(line, f"there are two [[{what}]] with the name {one.name!r}")
            named[one.name] = one
        return named


def fits(type_, value):
    """Whether a value of TOML is what a setting of this type takes."""
    if type_ is tuple:
        return is_list_of(str, value)
    if type_ in (dict, POINTS):
        inside = int if type_ == POINTS else str
        return isinstance(value, dict) and is_list_of(inside, list(value.values()))
    return type(value) is type_ and (type_ is not datetime or value.tzinfo is not None)


def is_list_of(type_, value):
    return isinstance(value, list) and all(type(one) is type_ for one in value)

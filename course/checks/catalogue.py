"""Read the catalogue of misconceptions, and plant them in the solved sources."""

import ast
import tomllib
import types
from dataclasses import dataclass
from functools import cached_property

from course.definition import DefinitionError

FILE = "exercises/misconceptions.toml"


@dataclass(frozen=True)
class Variant:
    """One way to code the misconception `name` in `exercise`: ((old, new), ...)."""

    name: str
    exercise: str
    changes: tuple


@dataclass(frozen=True)
class Entry:
    """A misconception: what is told, whether it is a note on what is right, ways to code it."""

    name: str
    explanation: str
    note: bool
    variants: tuple


class Catalogue:
    """The misconceptions of a course, and its solved sources."""

    def __init__(self, course):
        self.course = course
        self.entries = [
            Entry(name, table["explanation"], table.get("note", False), self.variants(name, table))
            for name, table in tomllib.loads(self.read(FILE)).items()
        ]

    def read(self, path):
        return (self.course.root / path).read_text(encoding="utf-8")

    @cached_property
    def sources(self):
        """The solved files: {file: text}."""
        return {file: self.read(file) for file in self.course.exercise_files}

    @cached_property
    def regions(self):
        """Where the text of each exercise begins and ends in its solved file."""
        return {
            one.name: region(self.sources[one.file], one.functions)
            for one in self.course.exercises.values()
        }

    def variants(self, name, table):
        """Return the Variants of an entry; a group of exercises stands for each of them."""
        variants = []
        for group, *texts in table["variants"]:
            if not texts or len(texts) % 2:
                raise DefinitionError(
                    f"{FILE}: [{name}]: a variant needs pairs of old and new text"
                )
            exercises = [
                one.name
                for one in self.course.exercises.values()
                if group == one.name or group in one.groups
            ]
            if not exercises:
                raise DefinitionError(f"{FILE}: [{name}]: there is no exercise {group!r}")
            changes = tuple(zip(texts[::2], texts[1::2], strict=True))
            variants += [Variant(name, exercise, changes) for exercise in exercises]
        return tuple(variants)

    def of(self, exercise):
        """Return all Variants of an exercise, in the order of the catalogue."""
        return [v for entry in self.entries for v in entry.variants if v.exercise == exercise]

    def plant(self, *variants):
        """Return the text of the solved file with the variants, all of one exercise, in turn.

        Raises ValueError where an old text does not stand exactly once in the exercise.
        """
        exercise = self.course.exercises[variants[0].exercise]
        text, (start, end) = self.sources[exercise.file], self.regions[exercise.name]
        part = text[start:end]
        for variant in variants:
            for old, new in variant.changes:
                if part.count(old) != 1:
                    count = f"{old!r} stands {part.count(old)} times, not once"
                    raise ValueError(f"[{variant.name}] {exercise.name}: {count}")
                part = part.replace(old, new)
        return text[:start] + part + text[end:]

    def solved(self, exercise):
        """Return the solved function, or class, of an exercise."""
        return self.compiled(self.sources[self.course.exercises[exercise].file], exercise)

    def planted(self, *variants):
        """Return the same with variants planted in it."""
        return self.compiled(self.plant(*variants), variants[0].exercise)

    def compiled(self, source, exercise):
        exercise = self.course.exercises[exercise]
        module = types.ModuleType("planted")
        exec(compile(source, exercise.file, "exec"), module.__dict__)
        return getattr(module, exercise.attribute)


def region(text, names):
    """Return where the body of the first function begins and where the last function ends."""
    functions = {n.name: n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)}
    lines = text.splitlines(keepends=True)
    first = functions[names[0]].body[1].lineno - 1  # behind the docstring
    last = functions[names[-1]].end_lineno
    return len("".join(lines[:first])), len("".join(lines[:last]))

"""Read the catalogue of misconceptions, and plant them in the solved sources."""

import ast
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cs231n.checks.exercises import EXERCISES
from grading import ROOT

CATALOGUE = Path(__file__).with_name("misconceptions.toml")

REGIONS = {  # the functions whose text belongs to an exercise; they follow each other in the file
    "svm_loss_naive": ["svm_loss_naive"],
    "svm_loss_vectorized": ["svm_loss_vectorized", "hinge_loss"],
    "softmax_loss_naive": ["softmax_loss_naive"],
    "softmax_loss_vectorized": ["softmax_loss_vectorized", "cross_entropy_loss"],
    "train": ["train"],
    "predict": ["predict"],
}
GROUPS = {
    "naive": ["svm_loss_naive", "softmax_loss_naive"],
    "vectorized": ["svm_loss_vectorized", "softmax_loss_vectorized"],
}
GROUPS["losses"] = GROUPS["naive"] + GROUPS["vectorized"]


@dataclass(frozen=True)
class Variant:
    """One way to code the misconception `name` in `exercise`: ((old, new), ...)."""

    name: str
    exercise: str
    changes: tuple


@dataclass(frozen=True)
class Misconception:
    name: str
    explanation: str
    note: bool
    variants: tuple


def read(path=CATALOGUE):
    """Return [Misconception, ...] in the catalogue's order."""
    with open(path, "rb") as file:
        tables = tomllib.load(file)
    catalogue = []
    for name, table in tables.items():
        variants = []
        for group, *texts in table["variants"]:
            if not texts or len(texts) % 2:
                raise ValueError(f"[{name}]: a variant needs pairs of old and new text")
            changes = tuple(zip(texts[::2], texts[1::2], strict=True))
            for exercise in GROUPS.get(group, [group]):
                if exercise not in EXERCISES:
                    raise ValueError(f"[{name}]: there is no exercise {exercise!r}")
                variants.append(Variant(name, exercise, changes))
        catalogue.append(
            Misconception(name, table["explanation"], table.get("note", False), tuple(variants))
        )
    return catalogue


@cache
def solved_source(exercise):
    """Return the text of the solved file that holds the exercise."""
    return (ROOT / EXERCISES[exercise].path).read_text(encoding="utf-8")


def plant(*variants):
    """Return the text of the solved file with the variants, all of one exercise, applied in turn.

    Raises ValueError where an old text does not stand exactly once in the exercise.
    """
    exercise = variants[0].exercise
    text = solved_source(exercise)
    start, end = region(text, tuple(REGIONS[exercise]))
    part = text[start:end]
    for variant in variants:
        for old, new in variant.changes:
            if part.count(old) != 1:
                raise ValueError(
                    f"[{variant.name}] {exercise}: {old!r} stands {part.count(old)} times, not once"
                )
            part = part.replace(old, new)
    return text[:start] + part + text[end:]


@cache
def region(text, names):
    """Return where the body of the first function begins and where the last function ends."""
    functions = {n.name: n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)}
    lines = text.splitlines(keepends=True)
    first = functions[names[0]].body[1].lineno - 1  # behind the docstring
    last = functions[names[-1]].end_lineno
    return len("".join(lines[:first])), len("".join(lines[:last]))

"""Read the problems of the self-checks, what is expected, and what a judge needs besides.

The file is a npz archive of numbers, and of `text`, a JSON text as an array of bytes. It holds no
code of a solution, and nothing in it is ever unpickled. build.py writes it.
"""

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

VERSION = 3


@dataclass(eq=False)  # known by identity, so that a judge can keep what it made of it
class ProblemSet:
    """Problems that one or several exercises of a kind share.

    problems   {problem: {argument: array}}
    expected   {problem: {value: array}}
    facts      what else the judge of this kind needs, as JSON has it
    arrays     {name: array}, the same
    helpers    {problem: function} of problems that are for another function of the same file
    """

    problems: dict
    expected: dict
    facts: dict = field(default_factory=dict)
    arrays: dict = field(default_factory=dict)
    helpers: dict = field(default_factory=dict)


@dataclass(eq=False)
class CheckData:
    """sets {name: ProblemSet}; explanations {misconception: text}; notes: names."""

    sets: dict
    explanations: dict
    notes: frozenset


def load(path):
    """Return the CheckData in `path`; ValueError if the file is something else."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        text = json.loads(arrays.pop("text").tobytes())
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(
            f"{Path(str(path)).name} is not a data file of the checks: {error}"
        ) from error
    if text["version"] != VERSION:
        raise ValueError(f"{path} has version {text['version']}, but this code reads {VERSION}")
    sets = {name: read_set(name, told, arrays) for name, told in text["sets"].items()}
    return CheckData(sets, text["explanations"], frozenset(text["notes"]))


def read_set(name, told, arrays):
    def find(place, key):
        return arrays[f"{name}/{place}/{key}"]

    return ProblemSet(
        problems={
            problem: {key: find(place, key) for key, place in places.items()}
            for problem, places in told["problems"].items()
        },
        expected={
            problem: {key: find(f"expected {problem}", key) for key in keys}
            for problem, keys in told["expected"].items()
        },
        facts=told["facts"],
        arrays={key: find("arrays", key) for key in told["arrays"]},
        helpers=told["helpers"],
    )


def to_arrays(data):
    """Return {name: array} of a CheckData, as `load` reads them; equal arrays stand there once."""
    arrays, sets = {}, {}
    for name, one in data.sets.items():
        told = sets[name] = {"problems": {}, "facts": one.facts, "arrays": list(one.arrays)}
        told["helpers"] = one.helpers
        told["expected"] = {problem: list(values) for problem, values in one.expected.items()}
        stored = {}
        for problem, arguments in one.problems.items():
            places = told["problems"][problem] = {}
            for key, array in arguments.items():
                array = np.asarray(array)
                same = (key, array.dtype.str, array.shape, array.tobytes())
                places[key] = stored.setdefault(same, problem)
                arrays[f"{name}/{places[key]}/{key}"] = array
        for problem, values in one.expected.items():
            for key, array in values.items():
                arrays[f"{name}/expected {problem}/{key}"] = np.asarray(array)
        for key, array in one.arrays.items():
            arrays[f"{name}/arrays/{key}"] = np.asarray(array)
    text = {"version": VERSION, "sets": sets, "explanations": data.explanations}
    text["notes"] = sorted(data.notes)
    encoded = json.dumps(text, ensure_ascii=False, separators=(",", ":")).encode()
    return {"text": np.frombuffer(encoded, dtype=np.uint8), **arrays}

"""Read the data file of the checks: problems, expected values, signatures of misconceptions.

The file is a npz archive without pickles. Its entry `text` is a JSON text of everything that is
not an array; arrays have names such as "svm/base/W". grading/build_checks.py writes it.
"""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DEFAULT = Path(__file__).resolve().parents[1] / "checks.npz"
VERSION = 1


@dataclass
class Family:
    """The problems that some exercises share.

    problems    {name: {argument: array}}
    expected    {name: {loss, dW, inf_ok, half_loss, half_dW}} or {name: {labels}}
    aspects     {aspect: (part, entries)}; see signatures.py
    projection  the random vector that gradients are multiplied with
    table       {aspect: (rows, meanings)}: signatures, and for each row the sets of misconceptions
                that leave it; row 0 is right
    scales      {aspect: numbers}: the size of what is compared
    mistakes    [(names, {problem: labels})]: what wrong versions of predict return
    """

    problems: dict
    expected: dict
    aspects: dict
    projection: np.ndarray
    table: dict
    scales: dict
    mistakes: list


@dataclass
class CheckData:
    """families {svm, softmax, train, predict}; explanations {misconception: text}; notes: names."""

    families: dict
    explanations: dict
    notes: frozenset


def load(path=DEFAULT):
    """Return the CheckData in `path`; ValueError if the file is something else."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        text = json.loads(arrays.pop("text").tobytes())
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{path} is not a data file of the checks: {error}") from error
    if text["version"] != VERSION:
        raise ValueError(f"{path} has version {text['version']}, but this code reads {VERSION}")
    families = {name: family(name, table, arrays) for name, table in text["families"].items()}
    return CheckData(families, text["explanations"], frozenset(text["notes"]))


def family(name, text, arrays):
    problems, expected = {}, {}
    for problem, arguments in text["problems"].items():
        problems[problem] = {a: arrays[f"{name}/{source}/{a}"] for a, source in arguments.items()}
    for problem, values in text["expected"].items():
        expected[problem] = {value: arrays[f"{name}/{problem}/{value}"] for value in values}
        expected[problem]["inf_ok"] = problem in text["inf_ok"]
    table = {
        aspect: (
            arrays[f"{name}/signatures/{aspect}"],
            [[frozenset(names) for names in sets] for sets in meanings],
        )
        for aspect, meanings in text["meanings"].items()
    }
    aspects = {aspect: (part, entries) for aspect, (part, entries) in text["aspects"].items()}
    scales = {aspect: arrays[f"{name}/scales/{aspect}"] for aspect in aspects}
    projection = arrays.get(f"{name}/projection", np.zeros(0))
    mistakes = [
        (frozenset(names), {p: arrays[f"{name}/{p}/mistake {number}"] for p in problems})
        for number, names in enumerate(text["mistakes"])
    ]
    return Family(problems, expected, aspects, projection, table, scales, mistakes)

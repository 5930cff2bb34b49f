"""Problems for `predict`: weights and rows whose largest scores are unique, and far from ties."""

import itertools

import numpy as np

from course.checks.data import ProblemSet
from course.checks.names import Misconception

from ..loss.problems import ordinary

BY_RULE = Misconception("inner-sizes-differ")  # which returns nothing


def draw(rng):
    """Return {name: {W, X}}."""
    problems = {}
    shapes = {
        "N > C": (12, 6, 10),
        "N = C": (10, 6, 10),
        "3 classes": (7, 5, 3),
        "one row": (1, 6, 10),
        "12 classes": (5, 4, 12),
    }
    for name, (N, D, C) in shapes.items():
        problem = ordinary(rng, N, D, C)
        problem["X"][:, -1] = 1.0
        problem["W"][-1] = 3.0 * rng.permutation(C) / C  # a bias that decides many rows
        problem["X"][:, :-1] *= 2
        problems[name] = {"W": problem["W"], "X": problem["X"]}
    problems["scores near -1e3"] = {**problems["N > C"], "W": problems["N > C"]["W"].copy()}
    problems["scores near -1e3"]["W"][-1] -= 1000
    problems["called twice"] = {**problems["N > C"], "calls": 2}  # with the same arrays
    problems["float32"] = {
        key: array.astype(np.float32) for key, array in problems["N > C"].items()
    }
    return problems


def build(problems, exercises, catalogue, rng):
    """Return the ProblemSet: the right labels, and what each mistake, and each two, return."""
    [exercise] = exercises
    expected = {
        name: {"labels": labels}
        for name, labels in predicted(catalogue.solved(exercise.name), problems).items()
    }
    variants = [one for one in catalogue.of(exercise.name) if one.name != BY_RULE]
    mistakes, arrays = [], {}
    for planted in [*((one,) for one in variants), *itertools.combinations(variants, 2)]:
        try:
            classifier = catalogue.planted(*planted)
        except ValueError:
            continue  # they change the same place
        for name, labels in predicted(classifier, problems).items():
            arrays[f"mistake {len(mistakes)} on {name}"] = labels
        mistakes.append([one.name for one in planted])
    return ProblemSet(problems, expected, {"mistakes": mistakes}, arrays)


def predicted(cls, problems):
    """Return {problem: labels} as a classifier of this class gives them."""
    labels = {}
    for name, problem in problems.items():
        classifier = cls()
        classifier.W = problem["W"]
        labels[name] = classifier.predict(problem["X"].copy())
    return labels

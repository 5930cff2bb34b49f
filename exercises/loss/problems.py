"""Problems for loss functions: small arrays on which right and wrong solutions differ.

    draw(rng)               {problem: {W, X, y, reg}}
    build(problems, ...)    the ProblemSet of these, with what each misconception leaves there

Each is drawn from `rng`, so another seed gives other numbers of the same kinds. Scores of the
ordinary problems are of the order of 1 and stay away from the kinks of the hinge; those of the
large ones are sums of few binary digits, so that float32 and any order of summation get them
exactly.
"""

import inspect
import warnings
from dataclasses import replace

import numpy as np

from course.checks.calling import Outcome
from course.checks.catalogue import Variant
from course.checks.names import Misconception, Problem

from .signature_table import SignatureTable
from .signatures import LARGE, ORDINARY, PARTS, PENALTY, SHAPES, TIES, Family, signature

SIZES = {  # name: (N, D, C)
    "one row": (1, 6, 10),
    "N < C": (5, 6, 10),
    "N > C": (20, 6, 10),
    "3 classes": (8, 5, 3),
    "12 classes": (5, 4, 12),
    "many rows, 12 classes": (30, 4, 12),
    "N = C = 4": (4, 9, 4),
    "N = C = 12": (12, 7, 12),
    "N < D, 3 classes": (4, 6, 3),
    "one row, 3 classes": (1, 5, 3),
}


def draw(rng):
    """Return {name: {W, X, y, reg}}."""
    base = ordinary(rng, 10, 6, 10)
    problems = {
        "base": base,
        "base, regularized": {**base, "reg": rng.uniform(0.3, 0.9)},
        "absent classes": {**ordinary(rng, 10, 6, 10), "y": rng.choice([2, 5, 7], 10)},
        "W = 0": {**ordinary(rng, 10, 6, 10), "W": np.zeros((6, 10))},
    }
    problems["absent classes"] = away_from_kinks(rng, problems["absent classes"])
    for name, shape in SIZES.items():
        problems[name] = ordinary(rng, *shape)
    tall = problems["3 classes"]
    problems["3 classes, regularized"] = {**tall, "reg": rng.uniform(0.3, 0.9)}
    tall = problems["many rows, 12 classes"]
    problems["12 classes, regularized"] = {**tall, "reg": rng.uniform(1.1, 1.9)}
    problems["3 classes, W = 0"] = {**problems["3 classes"], "W": np.zeros((5, 3))}
    problems["ties"] = tied(rng)
    problems |= large_problems(rng)
    for name in ("base", "levels of 1e3"):
        problems[f"{name}, float32"] = {
            key: array.astype(np.float32) if key in "WX" else array
            for key, array in problems[name].items()
        }
    problems["base, int32 labels"] = {**base, "y": base["y"].astype(np.int32)}
    problems["base, called twice"] = {**base, "calls": 2}  # with the same arrays
    # Here a gradient by finite differences takes minutes, and any that follows a formula a second.
    problems["many features"] = {**base, "repeats": 1600}
    return {
        name: {"reg": 0.0, **problem, "y": np.asarray(problem["y"])}
        for name, problem in problems.items()
    }


def ordinary(rng, N, D, C):
    """Return W, X with a bias column, y: scores of the order of 1, no hinge near its kink."""
    y = rng.permutation(np.arange(max(N, C)) % C)[:N]  # every class, if there are enough rows
    problem = {"W": 0.5 * rng.standard_normal((D, C)), "y": y}
    problem["X"] = np.column_stack([rng.standard_normal((N, D - 1)), np.ones(N)])
    return away_from_kinks(rng, problem)


def away_from_kinks(rng, problem, distance=1e-3):
    """Redraw W until no score difference is within `distance` of the kink at a margin of 1."""
    rows = np.arange(len(problem["X"]))
    while True:
        scores = problem["X"] @ problem["W"]
        differences = scores - scores[rows, problem["y"]][:, None]
        if np.abs(differences + 1).min() > distance:
            return problem
        problem["W"] = 0.5 * rng.standard_normal(problem["W"].shape)


def tied(rng):
    """Return integers for which some score is exactly 1 less than the correct one, for each row."""
    while True:
        W = rng.integers(-1, 2, (6, 10)).astype(float)
        X = np.column_stack([rng.integers(-1, 2, (10, 5)), np.ones(10)])
        y = rng.permutation(10)
        scores = X @ W
        ties = (scores - scores[np.arange(10), y][:, None] == -1).sum(axis=1)
        if (ties >= 1).sum() >= 8:
            return {"W": W, "X": X, "y": y}


def large_problems(rng):
    """Return problems with scores of ±1e3 and ±1e6, and ±400, which exp still bears once."""
    up, levels = np.ones(10), rng.permutation([1, 1, 1, 0, 0, 0, -1, -1, -1, 0]).astype(float)
    return {
        "scores near 1e3": leveled(rng, 1000 * up),
        "scores near -1e3": leveled(rng, -1000 * up),
        "scores near 400": leveled(rng, 400 * up),
        "scores near -400": leveled(rng, -400 * up),
        "levels of 1e3": leveled(rng, 1000 * levels),
        "levels of 1e6": leveled(rng, 1e6 * levels, step=1.0),
        "correct class ahead by 1e3": spread(rng, 1000, "best"),
        "correct class behind by 1e3": spread(rng, 1000, "any"),
        "correct class behind by 1e6": spread(rng, 1e6, "any"),
        "one row, behind by 1e3": one_row(1000),
        "one row, behind by 2e3": one_row(2000),
    }


def leveled(rng, levels, step=0.125):
    """Return scores = the row's level plus a few eighths that differ from class to class."""
    N, C = len(levels), 10
    while True:
        W = np.vstack([np.ones(C), step * rng.integers(-5, 6, (4, C))])
        X = np.column_stack([levels, rng.integers(0, 2, (N, 4))])
        X[:, 1] = 1
        y = rng.permutation(N)
        scores = X @ W
        if not (scores - scores[np.arange(N), y][:, None] == -1).any():  # no kink of the hinge
            return {"W": W, "X": X, "y": y}


def spread(rng, size, correct):
    """Return scores that differ by multiples of `size` between any two classes."""
    N, C = 10, 10
    W = np.vstack([rng.permutation(C) - 4.0, np.zeros((4, C))])
    W[1:] = 0.125 * rng.integers(-5, 6, (4, C))
    signs = np.where(np.arange(N) % 2, 1.0, -1.0)
    X = np.column_stack([size * signs, rng.integers(0, 2, (N, 4))])
    scores = X @ W
    y = (
        scores.argmax(axis=1)
        if correct == "best"
        else (scores.argmax(axis=1) + 1 + rng.integers(0, 9, N)) % C
    )
    return {"W": W, "X": X, "y": y}


def one_row(size):
    """Return one example, all of whose wrong classes but one score far below another."""
    W = np.zeros((2, 10))
    W[0, 3] = size
    return {"W": W, "X": np.ones((1, 2)), "y": np.array([7])}


# What is expected, and what is stored

ASPECTS = {  # see signatures.py; entries are problems, or two whose difference is meant
    ORDINARY: [Problem("base"), Problem("absent classes"), Problem("W = 0")],
    PENALTY: [
        [Problem("base, regularized"), Problem("base")],
        [Problem("3 classes, regularized"), Problem("3 classes")],
        [Problem("12 classes, regularized"), Problem("many rows, 12 classes")],
    ],
    SHAPES: [*SIZES, Problem("3 classes, W = 0")],
    TIES: [Problem("ties")],
    LARGE: list(large_problems(np.random.default_rng(0))),
}
OF_ROWS = [Problem("N > C"), Problem("3 classes"), Problem("one row"), Problem("levels of 1e3")]
AT_THE_KINK = Misconception("greater-or-equal")  # takes the other gradient there, which is valid
BY_RULE = (
    Misconception("half-convention"),
    Misconception("gradient-zero"),
    Misconception("elementwise-product"),
    Misconception("inner-sizes-differ"),
    Misconception("rows-and-columns-swapped"),
)
LARGEST_LOG_OF_FLOAT32 = 87  # -log of a float32 probability that has not underflowed


def build(problems, exercises, catalogue, rng):
    """Return the ProblemSet of loss functions that compute the same, the first the reference."""
    reference = exercises[0].name
    solved, other = catalogue.solved(reference), at_or_above_the_kink(catalogue, reference)
    expected = {name: expect(solved, other, problem) for name, problem in problems.items()}
    aspects = {
        part + ending: (part, entries) for ending, entries in ASPECTS.items() for part in PARTS
    }
    projection = rng.standard_normal(max(p["W"].size for p in problems.values()))
    family = Family(
        problems=problems,
        expected=expected,
        may_be_infinite=() if other else where_logarithms_fail(solved, problems),
        aspects=aspects,
        projection=projection,
        scales=scales(expected, projection, aspects),
    )

    def run(*variants):
        return signature_of(catalogue.planted(*variants), family)

    table = SignatureTable(run(Variant("nothing", reference, ())), family.scales)
    for exercise in exercises:
        table.add_all([v for v in catalogue.of(exercise.name) if v.name not in BY_RULE], run)
    known = replace(family, table=table.rows()).to_set()
    for exercise in exercises:
        for function in exercise.functions[1:]:
            add_helper(known, function, solved.__globals__[function])
    return known


def add_helper(known, name, function):
    """Add problems for a function of scores, or of scores and labels, and what it returns."""
    for problem in OF_ROWS:
        arrays = known.problems[problem]
        given = {"scores": arrays["X"] @ arrays["W"], "y": arrays["y"]}
        given = {key: given[key] for key in inspect.signature(function).parameters if key in given}
        results = function(**given)
        results = results if isinstance(results, tuple) else (results,)
        key = f"{name}: {problem}"
        known.problems[key], known.helpers[key] = given, name
        known.expected[key] = dict(zip(("first", "second"), results, strict=False))


def signature_of(function, family):
    """Return the signature that a loss function leaves; whatever it warns of is no matter here."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        outcomes = {name: called(function, family.problems[name]) for name in family.in_aspects()}
    return signature(family.observe(outcomes), family.aspects)


def expect(solved, other, problem):
    """Return the expected values of a problem, in both conventions of the penalty.

    `other` takes the other valid gradient at the kink; None where there is no kink.
    """
    W, X, y, reg = (problem[key] for key in ("W", "X", "y", "reg"))
    W, X = W.astype(np.float64), X.astype(np.float64)
    values = dict(zip(("loss", "dW"), solved(W, X, y, reg), strict=True))
    if reg:  # the penalty is linear in reg: half of it is the other convention
        half = solved(W, X, y, reg / 2)
        values |= dict(zip(("half_loss", "half_dW"), half, strict=True))
    if other and not np.array_equal(dW := other(W, X, y, reg)[1], values["dW"]):
        values["other_dW"] = dW
    return values


def where_logarithms_fail(solved, problems):
    """Return the problems on which a logarithm of a probability may be that of 0."""
    return tuple(
        name
        for name, problem in problems.items()
        if worst(solved, problem) > LARGEST_LOG_OF_FLOAT32
    )


def worst(solved, problem):
    """Return the greatest loss of a single row."""
    W, X, y = (problem[key] for key in ("W", "X", "y"))
    W, X = W.astype(np.float64), X.astype(np.float64)
    return max(solved(W, X[i : i + 1], y[i : i + 1], 0.0)[0] for i in range(len(X)))


def at_or_above_the_kink(catalogue, exercise):
    """Return the loss with the other valid gradient at its kink, None where it has no kink."""
    found = [v for v in catalogue.of(exercise) if v.name == AT_THE_KINK]
    return catalogue.planted(found[0]) if found else None


def called(function, problem):
    """Call a loss function as call.py does in the child process of the checks, but here."""
    arguments = [problem[key].copy() for key in ("W", "X", "y")]
    try:
        loss, dW = function(*arguments, float(problem["reg"]))
    except Exception as error:
        return Outcome("raises", {"error": type(error).__name__})
    return Outcome("value", {}, {"loss": np.array(loss), "dW": np.array(dW)})


def scales(expected, projection, aspects):
    """Return {aspect: the sizes of its observations}, for tolerances relative to them."""
    sizes = {}
    for name, values in expected.items():
        size = np.linalg.norm(values["dW"]) * np.abs(projection).mean()
        sizes[name] = {"loss": max(abs(values["loss"]), 0.1), "gradient": max(size, 1e-3)}
    return {
        aspect: np.array([sizes[e if isinstance(e, str) else e[0]][part] for e in entries])
        for aspect, (part, entries) in aspects.items()
    }

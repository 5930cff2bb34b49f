"""What a loss function did on all problems, in a few numbers: its signature.

On each problem, a loss function leaves two observations: the loss, and one number for the gradient
(its product with a fixed random vector). Instead of a number, an observation can say how the
function failed. The observations are grouped into aspects, each a short vector:

    loss, gradient                              the data part, on ordinary problems without reg
    loss regularization, gradient regulariz.    with reg minus without it: the penalty alone
    loss shapes, gradient shapes                other N and C
    loss ties, gradient ties                    scores exactly at the kink of the hinge
    loss large, gradient large                  scores of ±1e3 and ±1e6

Their names are a part's and one of the endings below: PARTS[0] + LARGE is "loss large".

Aspects are compared apart, so several mistakes in different aspects can be told from each other.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from course.checks.data import ProblemSet
from course.checks.faults import TOLERANCE

# Observations that are no numbers. All fit float32; NaN stands for "not finite".
RAISES_INDEX_ERROR, RAISES, WRONG_SHAPE = 1e38, 2e38, 3e38
FAILURES = (RAISES_INDEX_ERROR, RAISES, WRONG_SHAPE)
NOT_FINITE = np.nan

PARTS = ("loss", "gradient")
ORDINARY, PENALTY, SHAPES, TIES, LARGE = "", " regularization", " shapes", " ties", " large"


@dataclass(frozen=True)
class Family:
    """The problems of loss functions that compute the same, and what mistakes leave there.

    problems         {name: {W, X, y, reg}}
    expected         {name: {loss, dW}}, with half_loss, half_dW where reg is not 0 and other_dW
                     where a gradient at the kink may be another
    may_be_infinite  problems whose true loss may be too large for a logarithm of a probability, so
                     that infinity is as right as a value can be
    aspects          {aspect: (part, entries)}
    projection       the random vector that gradients are multiplied with
    scales           {aspect: numbers}: the size of what is compared
    table            {aspect: (rows, meanings)}: signatures, and for each row the sets of
                     misconceptions that leave it; row 0 is right
    """

    problems: dict
    expected: dict
    may_be_infinite: tuple
    aspects: dict
    projection: np.ndarray
    scales: dict
    table: dict = field(default_factory=dict)

    def in_aspects(self):
        """Return the names of the problems that some aspect looks at: not all do."""
        entries = [entry for _, found in self.aspects.values() for entry in found]
        return {n for entry in entries for n in ([entry] if isinstance(entry, str) else entry)}

    def observe(self, outcomes):
        """Return {problem: (loss, gradient)}, what Outcomes show on the problems of the family."""
        return {
            name: observe(
                outcome, self.expected[name], self.projection, name in self.may_be_infinite
            )
            for name, outcome in outcomes.items()
            if name in self.problems
        }

    def to_set(self):
        """Return the ProblemSet that holds this: what family_of reads."""
        arrays = {"projection": self.projection}
        arrays |= {f"signatures of {aspect}": rows for aspect, (rows, _) in self.table.items()}
        arrays |= {f"scales of {a}": found.astype(np.float32) for a, found in self.scales.items()}
        facts = {
            "aspects": self.aspects,
            "meanings": {aspect: meanings for aspect, (_, meanings) in self.table.items()},
            "may be infinite": list(self.may_be_infinite),
        }
        return ProblemSet(self.problems, self.expected, facts, arrays)


@lru_cache(maxsize=8)
def family_of(problem_set):
    """Return the Family in a ProblemSet."""
    facts, arrays = problem_set.facts, problem_set.arrays
    meanings = {
        aspect: [[frozenset(names) for names in sets] for sets in rows]
        for aspect, rows in facts["meanings"].items()
    }
    return Family(
        problems={
            name: problem
            for name, problem in problem_set.problems.items()
            if name not in problem_set.helpers
        },
        expected=problem_set.expected,
        may_be_infinite=tuple(facts["may be infinite"]),
        aspects={aspect: tuple(found) for aspect, found in facts["aspects"].items()},
        projection=arrays["projection"],
        scales={aspect: arrays[f"scales of {aspect}"] for aspect in meanings},
        table={a: (arrays[f"signatures of {a}"], found) for a, found in meanings.items()},
    )


def observe(outcome, expected, projection, may_be_infinite=False):
    """Return (loss, gradient) of one Outcome of a loss function: numbers or failures."""
    if outcome.status != "value":
        failure = RAISES_INDEX_ERROR if outcome.meta.get("error") == "IndexError" else RAISES
        return failure, failure
    loss, dW = (outcome.values.get(name) for name in ("loss", "dW"))
    return (
        observe_loss(loss, expected["loss"], may_be_infinite),
        observe_gradient(dW, expected["dW"].shape, projection),
    )


def observe_loss(loss, expected, may_be_infinite):
    if loss is None or loss.size != 1:
        return WRONG_SHAPE
    loss = float(loss.reshape(()))
    if loss == np.inf and may_be_infinite:
        return float(expected)
    return loss if np.isfinite(loss) and abs(loss) < 1e30 else NOT_FINITE


def observe_gradient(dW, shape, projection):
    if dW is None or dW.shape != shape:
        return WRONG_SHAPE
    if not np.isfinite(dW).all() or np.abs(dW).max() > 1e30:
        return NOT_FINITE
    return float(dW.ravel().astype(np.float64) @ projection[: dW.size])


def signature(observations, aspects):
    """Return {aspect: vector} from {problem: (loss, gradient)}.

    aspects {name: (part, entries)}; an entry is a problem's name, or two of them, whose difference
    is meant. Where an observation is missing, the vector holds infinity, which equals everything.
    """
    vectors = {}
    for aspect, (part, entries) in aspects.items():
        which = PARTS.index(part)
        vector = []
        for entry in entries:
            names = [entry] if isinstance(entry, str) else entry
            values = [observations[n][which] if n in observations else np.inf for n in names]
            vector.append(difference(values))
        vectors[aspect] = np.array(vector)
    return vectors


def difference(values):
    for value in values:
        if not np.isfinite(value) or value in FAILURES:
            return value
    return values[0] - sum(values[1:])


def agree(observed, rows, scales):
    """Return for each of the rows (R, K) whether the observed vector (K,) equals it."""
    rows = np.atleast_2d(rows).astype(np.float64)
    # Failures are so large, and so far apart, that the same comparison tells them apart.
    with np.errstate(invalid="ignore", over="ignore"):
        close = np.abs(observed - rows) <= TOLERANCE * (np.abs(rows) + scales)
    both_not_finite = np.isnan(rows) & np.isnan(observed)
    return (close | both_not_finite | np.isposinf(observed)).all(axis=1)

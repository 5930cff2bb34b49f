"""Name misconceptions: by stored signatures first, by rules where solutions differ too much.

Some mistakes leave the same trace however they are coded: these have rules, which look at types, at
messages, or at which problems fail, and not at the values.
"""

import numpy as np

from course.checks.names import Misconception, Problem

from .explain import Explanations
from .signatures import (
    FAILURES,
    LARGE,
    PARTS,
    PENALTY,
    RAISES,
    RAISES_INDEX_ERROR,
    SHAPES,
    agree,
    signature,
)

NP_MATRIX = Misconception("np-matrix")
INPUTS_MODIFIED = Misconception("inputs-modified")
FLOAT_LABELS = Misconception("float-labels")
CONSTANT_ADDED = Misconception("constant-added-to-p")
GRADIENT_ZERO = Misconception("gradient-zero")
OTHER_MARGIN = Misconception("margin")
TEN_CLASSES = Misconception("ten-classes")
SHAPE_BY_CHANCE = Misconception("shape-by-chance")
# Which large scores leave no number tells how the exponentials were shifted; the first that fits.
SHIFTS = (
    (Problem("scores near 400"), Misconception("maximum-added")),
    (Problem("scores near 1e3"), Misconception("no-shift")),
    (Problem("scores near -1e3"), Misconception("maximum-from-zero")),
    (Problem("levels of 1e3"), Misconception("global-maximum")),
    (Problem("correct class ahead by 1e3"), Misconception("one-hot-times-log")),
)
ANYTHING = np.inf  # an observation that equals everything


def by_types(outcomes):
    """Name what types, changed arguments and messages tell."""
    metas = [outcome.meta for outcome in outcomes.values()]
    if any(meta.get("dW_type") == "matrix" for meta in metas):
        yield NP_MATRIX
    if any(meta.get("changed") for meta in metas):
        yield INPUTS_MODIFIED
    errors = [meta for meta in metas if meta.get("error") in ("IndexError", "TypeError")]
    if errors and all(is_float_index(meta["message"]) for meta in errors):
        yield FLOAT_LABELS


def is_float_index(message):
    """Recognise NumPy's and Python's messages for an index that is a float."""
    return (
        "must be of integer" in message  # arrays used as indices
        or "only integers, slices" in message
        or ("indices must be integers or slices, not" in message and "float" in message)
    )


# What signatures say, and rules where they say too little


def explain(family, observed, order):
    """Return the names that explain {problem: (loss, gradient)}."""
    observed, names = constant_added(family, observed)
    begun = [part for which, part in enumerate(PARTS) if is_begun(observed, which)]
    if begun == ["loss"]:
        names.add(GRADIENT_ZERO)
    vectors = finished(signature(observed, family.aspects), begun)
    explanations = Explanations(family, order)
    tries = [explained(family, observed, one, explanations) for one in conventions(family, vectors)]
    found, _ = min(tries, key=lambda one: (len(one[1]), len(one[0])))
    return names | found


def is_begun(observed, which):
    """Say whether a part is not 0 wherever it is a number: 0 times infinity is none."""
    numbers = [
        one[which] for one in observed.values() if one[which] not in (RAISES, RAISES_INDEX_ERROR)
    ]
    numbers = [number for number in numbers if not np.isnan(number)]
    return any(numbers) or not numbers


def explained(family, observed, vectors, explanations):
    """Return (names, aspects that they leave unexplained) of vectors in the course's convention."""
    names = set()
    found, unexplained = explanations.search(vectors)
    for rule in RULES:
        more, settled = rule(family, observed, vectors, unexplained)
        if settled:
            names |= more
            vectors = {aspect: v for aspect, v in vectors.items() if aspect not in settled}
            found, unexplained = explanations.search(vectors)
    return names | set(found), unexplained


def finished(vectors, begun):
    """Return the aspects that were observed, of the parts that are not still 0 throughout."""
    kept = {
        aspect: vector
        for aspect, vector in vectors.items()
        # An aspect of which nothing was observed would be explained by everything.
        if aspect.startswith(tuple(begun)) and not np.isposinf(vector).all()
    }
    if len(begun) == 1:  # a penalty that is missing here, too, is no contradiction: it may follow
        kept = {a: v for a, v in kept.items() if not (a.endswith(PENALTY) and not v.any())}
    return kept


def conventions(family, vectors):
    """Return the vectors in each convention that the loss may use: all of the penalty, or half.

    Half a penalty is doubled, so that the gradient is judged by what this loss needs.
    """
    doubled = {a: twice(v) if a.endswith(PENALTY) else v for a, v in vectors.items()}
    aspect = PARTS[0] + PENALTY
    if aspect in vectors:
        right, scales = family.table[aspect][0][0], family.scales[aspect]
        for one in (vectors, doubled):
            if agree(one[aspect], right, scales)[0]:
                return [one]
    return [vectors, doubled]


def twice(vector):
    return np.where(np.isin(vector, FAILURES), vector, 2 * vector)


def constant_added(family, observed):
    """Recognise any small constant added to a probability: it caps the loss, whatever the scores.

    On single rows whose true losses differ, the loss is then the same, and far too small. Return
    the observations without the losses that this explains, and the names found.
    """
    N = {name: len(problem["X"]) for name, problem in family.problems.items()}
    huge = [name for name in observed if name in family.may_be_infinite]
    losses = [observed[name][0] for name in huge if N[name] == 1]
    if len(losses) < 2 or not is_cap(losses):
        return observed, set()
    capped = {*huge, *family.aspects[PARTS[0] + LARGE][1]} & observed.keys()
    gone = {name: (ANYTHING, observed[name][1]) for name in capped}
    return {**observed, **gone}, {CONSTANT_ADDED}


def is_cap(losses):
    """Say whether the losses are one number, the negative logarithm of a small constant."""
    if not np.isfinite(losses).all() or max(losses) in FAILURES:
        return False
    return np.ptp(losses) < 1e-6 and np.log(1e3) < losses[0] < -np.log(1e-323)


# A rule gets the Family, {problem: (loss, gradient)}, {aspect: vector}, and the aspects that no set
# of names explains; it returns the names that it adds, and the aspects that are settled with them.


def other_margin(family, observed, vectors, unexplained):
    """Recognise any other margin; beside it, only the penalty can still be told."""
    if "loss" not in unexplained or not has_other_margin(family, observed):
        return set(), set()
    return {OTHER_MARGIN}, {aspect for aspect in vectors if not aspect.endswith(PENALTY)}


def no_penalty_yet(family, observed, vectors, unexplained):
    """Say nothing of a penalty that reg does not change where the rest is unknown.

    It may be missing, or there without reg.
    """
    zero = {a for a in vectors if a.endswith(PENALTY) and not vectors[a].any()}
    unknown = any(part in unexplained and part + PENALTY in zero for part in PARTS)
    return set(), zero if unknown else set()


def failures(ending, name_of):
    """Return the rule that names what failures show, if ordinary problems are explained."""

    def rule(family, observed, vectors, unexplained):
        wrong = {part + ending for part in PARTS} & set(unexplained)
        name = name_of(family, observed)
        if not wrong or not name or set(PARTS) & set(unexplained):
            return set(), set()
        return {name}, {aspect for aspect in vectors if aspect.endswith(ending)}

    return rule


# What the rules look at


def has_other_margin(family, observed):
    """Recognise any other margin: where W = 0, and only there, the loss is a multiple of it."""
    zero = [n for n in observed if not family.problems[n]["W"].any()]
    ratios = [ratio(family, observed, name) for name in zero]
    base = ratio(family, observed, family.aspects["loss"][1][0])
    if len(ratios) < 2 or not np.isfinite([*ratios, base]).all():
        return False
    return np.ptp(ratios) < 1e-6 and abs(ratios[0] - 1) > 1e-6 and abs(base - ratios[0]) > 1e-3


def ratio(family, observed, name):
    """Return how many times the true loss was observed, NaN if none was."""
    loss = observed.get(name, (np.nan,))[0]
    if not has_kinks(family) or loss in FAILURES:
        return np.nan
    return loss / float(family.expected[name]["loss"])


def has_kinks(family):
    return any("other_dW" in expected for expected in family.expected.values())


def shape_rule(family, observed):
    """Tell from which shapes fail what the code takes for granted."""
    names = [name for name in family.aspects["loss" + SHAPES][1] if name in observed]
    failing = {name for name in names if fails(family, observed, name)}
    C = {name: family.problems[name]["W"].shape[1] for name in names}
    if failing == {name for name in names if C[name] != 10}:
        return TEN_CLASSES
    return SHAPE_BY_CHANCE if failing else None


def fails(family, observed, name):
    """Say whether the loss is wrong, or no number came back for loss or gradient."""
    loss, gradient = observed[name]
    if {loss, gradient} & set(FAILURES) or np.isnan(loss) or np.isnan(gradient):
        return True
    expected = float(family.expected[name]["loss"])
    return abs(loss - expected) > 1e-3 * max(abs(expected), 1)


def stability_rule(family, observed):
    """Tell from which large scores leave no number how the exponentials were shifted."""
    if has_kinks(family):
        return None
    failing = {
        name
        for name in family.aspects["loss" + LARGE][1]
        if name in observed and np.isnan(observed[name]).any()
    }
    return next((name for problem, name in SHIFTS if problem in failing), None)


# Each looks at what those before it have left unexplained: what is wrong on ordinary problems
# comes first, since it shows on the others, too.
RULES = (
    other_margin,
    no_penalty_yet,
    failures(SHAPES, shape_rule),
    failures(LARGE, stability_rule),
)

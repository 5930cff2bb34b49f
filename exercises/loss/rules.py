"""Name misconceptions: by stored signatures first, by rules where solutions differ too much.

Some mistakes leave the same trace however they are coded: these have rules, which look at types, at
messages, or at which problems fail, and not at the values.
"""

import numpy as np

from course.checks.names import Misconception, Problem

from .explain import Explanations
from .signatures import FAILURES, PARTS, signature

NP_MATRIX = Misconception("np-matrix")
INPUTS_MODIFIED = Misconception("inputs-modified")
FLOAT_LABELS = Misconception("float-labels")
CONSTANT_ADDED = Misconception("constant-added-to-p")
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


def explain(family, observed, order):
    """Return the names that explain {problem: (loss, gradient)}."""
    explanations = Explanations(family, order)
    observed, names = constant_added(family, observed)
    vectors = signature(observed, family.aspects)
    for part in unfinished(observed):
        vectors = {aspect: v for aspect, v in vectors.items() if not aspect.startswith(part)}
    # An aspect of which nothing was observed would be explained by everything.
    vectors = {aspect: v for aspect, v in vectors.items() if not np.isposinf(v).all()}
    found, unexplained = explanations.search(vectors)
    if "loss" in unexplained and has_other_margin(family, observed):
        names.add(OTHER_MARGIN)
        vectors = {a: v for a, v in vectors.items() if a.endswith("regularization")}
        found, unexplained = explanations.search(vectors)
    for part in [part for part in ("loss", "gradient") if part in unexplained]:
        # No penalty says nothing where the rest is unknown: this is unfinished work.
        if not vectors.get(f"{part} regularization", np.ones(1)).any():
            del vectors[f"{part} regularization"]
            found, unexplained = explanations.search(vectors)
    for suffix, rule in ((" shapes", shape_rule), (" large", stability_rule)):
        wrong = {"loss" + suffix, "gradient" + suffix} & set(unexplained)
        name = rule(family, observed)
        if wrong and name and not {"loss", "gradient"} & set(unexplained):
            names.add(name)
            vectors = {a: v for a, v in vectors.items() if not a.endswith(suffix)}
            found, unexplained = explanations.search(vectors)
    return names | set(found)


def unfinished(observed):
    """Yield loss, gradient or both where they are 0 throughout: nobody has filled them in yet."""
    for which, part in enumerate(PARTS):
        if not any(pair[which] for pair in observed.values()):
            yield part


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
    gone = {name: (ANYTHING, observed[name][1]) for name in huge}
    return {**observed, **gone}, {CONSTANT_ADDED}


def is_cap(losses):
    """Say whether the losses are one number, the negative logarithm of a small constant."""
    if not np.isfinite(losses).all() or max(losses) in FAILURES:
        return False
    return np.ptp(losses) < 1e-6 and np.log(1e3) < losses[0] < -np.log(1e-323)


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
    names = [name for name in family.aspects["loss shapes"][1] if name in observed]
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
        for name in family.aspects["loss large"][1]
        if name in observed and np.isnan(observed[name]).any()
    }
    return next((name for problem, name in SHIFTS if problem in failing), None)

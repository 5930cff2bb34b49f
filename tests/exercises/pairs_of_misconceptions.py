"""All pairs of misconceptions that can be planted together: what is named of them?

    python tests/exercises/pairs_of_misconceptions.py [EVERY [OFFSET]]    `make test-pairs`

every pair, or each EVERY-th from OFFSET on.

Of a pair, all that was planted is named (fully), a part of it or nothing (partly), or something
else (falsely). Names that stand for the very same behaviour are no falsehood: the mean that is
missing in the loss, and in the gradient, is the mean that is missing in both.
"""

import itertools
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)]

from planted_misconceptions import CATALOGUE, COURSE, NOTES, called_here, judged  # noqa: E402

from course import checks  # noqa: E402

HOW = ("fully", "partly", "falsely")


def pairs(exercise):
    """Yield the pairs of Variants of an exercise that can be planted together."""
    variants = [one for one in CATALOGUE.of(exercise) if one.name != "loops"]  # counted in a child
    for pair in itertools.combinations(variants, 2):
        if pair[0].name != pair[1].name and plants(*pair):
            yield pair


def plants(*variants):
    try:
        return CATALOGUE.plant(*variants)
    except ValueError:
        return None  # they change the same place


def told(exercise, pair):
    """Return (one of HOW, the names) for a pair."""
    outcomes = called_here(exercise, CATALOGUE.plant(*pair))
    named = set(judged(exercise, outcomes).misconceptions)
    planted = {one.name for one in pair} - NOTES
    if named == planted:
        return "fully", named
    if named < planted:
        return "partly", named
    return "fully" if is_the_same(exercise, named, outcomes) else "falsely", named


def is_the_same(exercise, names, outcomes):
    """Say whether the names, in some coding, are just what the outcomes show."""
    codings = [[one for one in CATALOGUE.of(exercise) if one.name == name] for name in names]
    for variants in itertools.product(*codings):
        text = plants(*variants)
        if text and equal(called_here(exercise, text), outcomes):
            return True
    return False


def equal(outcomes, others):
    """Compare what the function itself did: names are of that, not of its helpers."""
    return all(
        one.status == others[name].status
        and one.values.keys() == others[name].values.keys()
        and all(close(array, others[name].values[key]) for key, array in one.values.items())
        for name, one in outcomes.items()
        if ": " not in name
    )


def close(array, other):
    return array.shape == other.shape and np.allclose(array, other, 1e-4, 1e-6, equal_nan=True)


def count(every=1, offset=0):
    """Return ({exercise: Counter of HOW}, [(exercise, planted, named), ...] of the false ones)."""
    counts, false = {}, []
    for exercise in COURSE.exercises:
        counts[exercise] = Counter()
        for pair in itertools.islice(pairs(exercise), offset, None, every):
            how, named = told(exercise, pair)
            counts[exercise][how] += 1
            if how == "falsely":
                false.append((exercise, [(one.name, one.changes) for one in pair], sorted(named)))
    return counts, false


def table(counts):
    """Return the counts as text, with their sum and shares in the last line."""
    total = sum(counts.values(), Counter())
    lines = [f"{'two planted':<26}" + "".join(f"{how:>9}" for how in HOW)]
    for name, one in (*counts.items(), ("all", total)):
        lines.append(f"{name:<26}" + "".join(f"{one[how]:>9}" for how in HOW))
    shares = (f"{how} {100 * total[how] / total.total():.1f} %" for how in HOW)
    return "\n".join([*lines, f"of {total.total()} pairs: {', '.join(shares)}"]) + "\n"


def main(every=1, offset=0):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        counts, false = count(int(every), int(offset))
    print(table(counts))
    for exercise, planted, named in false:
        print(exercise, *planted, "->", named, sep="\n    ")
    return 1 if false else 0


if __name__ == "__main__":
    # Large arrays, by which nothing is named, would take most of the time.
    for known in checks.load(COURSE.data_file).sets.values():
        known.problems.get("many features", {}).pop("repeats", None)
    sys.exit(main(*sys.argv[1:]))

"""Is exercises/checks.npz what `make checks` builds, small, free of pickles, and one of many?"""

import numpy as np
import pytest
from planted_misconceptions import COURSE, VARIANTS, judged_here
from some_pairs import some_pairs

from course import checks
from course.checks import build, data

pytestmark = [
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # wrong code overflows
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),  # np.matrix
]


@pytest.fixture(scope="module")
def other_file(other_problems, tmp_path_factory):
    """Return a data file built with another seed."""
    path = tmp_path_factory.mktemp("checks") / "other.npz"
    path.write_bytes(other_problems)
    return path


@pytest.mark.parametrize(
    "every",
    [
        pytest.param(9, id="some pairs", marks=pytest.mark.slow),
        pytest.param(1, id="all", marks=pytest.mark.night),  # a minute of two cores
    ],
)
def test_the_file_is_what_the_script_builds(every):
    """By day with each misconception alone, and every ninth pair of them."""
    with some_pairs(COURSE, every):
        built = build.build(COURSE)
    stored = data.load(COURSE.data_file)
    assert built.explanations == stored.explanations, "run: make checks"
    assert built.notes == stored.notes
    for name, one in built.sets.items():
        other = stored.sets[name]
        facts, others = as_json(one.facts), as_json(other.facts)
        meanings, known = facts.pop("meanings", {}), others.pop("meanings", {})
        assert facts == others, "run: make checks"
        assert every > 1 or meanings == known, "run: make checks"
        for aspect, told in meanings.items():
            find_rows(aspect, told, known[aspect], one.arrays, other.arrays)
        for key, array in one.arrays.items():
            if not key.startswith("signatures of "):
                is_close(array, other.arrays[key])
        for made, found in ((one.problems, other.problems), (one.expected, other.expected)):
            assert made.keys() == found.keys()
            for problem, values in made.items():
                assert values.keys() == found[problem].keys()
                for value, array in values.items():
                    is_close(np.asarray(array), found[problem][value])


def find_rows(aspect, told, known, arrays, others):
    """See that each signature of an aspect is stored, with all sets of names that leave it.

    Other machines' BLAS sum in another order; signatures are rounded, and compared as in use.
    """
    agree, key = COURSE.kind("loss").part("signatures").agree, f"signatures of {aspect}"
    for row, sets in zip(arrays[key], told, strict=True):
        same = np.flatnonzero(agree(row, others[key], arrays[f"scales of {aspect}"]))
        stored = [names for number in same for names in known[number]]
        assert all(names in stored for names in sets), f"{aspect}: {sets}; run: make checks"


def as_json(facts):
    """Return facts as they are after a JSON file: tuples are lists there."""
    return data.json.loads(data.json.dumps(facts))


def is_close(array, other):
    size = np.abs(array).max(initial=1)
    np.testing.assert_allclose(array, other, rtol=0, atol=1e-6 * size)


def test_the_file_is_small():
    assert COURSE.data_file.stat().st_size <= 400_000


@pytest.mark.slow
def test_with_another_seed_the_solved_tree_passes(other_file):
    mine, others = (checks.load(path).sets["svm"] for path in (COURSE.data_file, other_file))
    assert not np.array_equal(mine.problems["base"]["X"], others.problems["base"]["X"])
    for name in ("svm_loss_naive", "softmax_loss_vectorized", "train", "predict"):
        report = checks.run(name, data=other_file)
        assert report.passed and not report.misconceptions, report


@pytest.mark.slow
@pytest.mark.parametrize(
    "variant",
    [variant for variant in VARIANTS[::9] if variant.name != "loops"],  # no question of the seed
    ids=lambda variant: f"{variant.exercise}-{variant.name}",
)
def test_misconceptions_are_named_with_another_seed(other_file, variant):
    known = checks.load(other_file)
    with np.errstate(all="ignore"):
        report = judged_here(variant.exercise, variant, known=known)
    assert set(report.misconceptions) == {variant.name} - known.notes

"""Is cs231n/checks.npz what the script builds, small, free of pickles, and one of many?"""

import json

import numpy as np
import pytest
from planted_misconceptions import VARIANTS, judged_here

from course import checks
from course.checks import build as build_checks
from course.checks import data
from exercises.loss.signatures import agree

OTHER_SEED = 7
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.fixture(scope="module")
def other_file(tmp_path_factory):
    """Return a data file built with another seed."""
    path = tmp_path_factory.mktemp("checks") / "other.npz"
    build_checks.write(path, build_checks.build(OTHER_SEED))
    return path


def stored(path):
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def test_the_file_is_what_the_script_builds(tmp_path):
    built, file = build_checks.build(), stored(data.DEFAULT)
    assert list(built) == list(file), "run: python -m course.checks.build"
    assert json.loads(built["text"].tobytes()) == json.loads(file["text"].tobytes())
    # Other machines' BLAS sum in another order; signatures are rounded, and compared as in use.
    for name, array in built.items():
        assert array.shape == file[name].shape, name
        if "/signatures/" in name:
            scales = built[name.replace("signatures", "scales")]
            for row, other in zip(array, file[name], strict=True):
                assert agree(row, other, scales), name
        elif name != "text":
            size = np.abs(array).max(initial=1)
            np.testing.assert_allclose(array, file[name], rtol=0, atol=1e-6 * size, err_msg=name)
    for name in ("once.npz", "again.npz"):
        build_checks.write(tmp_path / name, built)
    once, again = ((tmp_path / name).read_bytes() for name in ("once.npz", "again.npz"))
    assert once == again, "the same arrays must give the same bytes"


def test_the_file_is_small():
    assert data.DEFAULT.stat().st_size <= 300_000


def test_another_seed_gives_another_file_that_the_same_code_reads(other_file):
    mine, others = stored(data.DEFAULT), stored(other_file)
    assert not np.array_equal(mine["svm/base/X"], others["svm/base/X"])
    for name in checks.EXERCISES:
        report = checks.run(name, data=other_file)
        assert report.passed and not report.misconceptions, report


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


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, W=np.zeros(3))
    with pytest.raises(ValueError, match=r"other\.npz is not a data file of the checks"):
        checks.run("predict", data=path)
    with pytest.raises(FileNotFoundError):
        checks.run("predict", data=tmp_path / "missing.npz")

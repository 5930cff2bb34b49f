"""Are draws without a seed found in a notebook's cells?"""

import pytest

from course.grader.notebooks.seeds import first_unseeded
from course.notebook import read_cells


@pytest.mark.parametrize(
    "sources, expected",
    [
        (["x = 1", "np.random.randn(3)"], 1),
        (["np.random.seed(0)", "np.random.randn(3)"], None),
        (["np.random.seed()", "np.random.randn(3)"], 1),
        (["rng = np.random.default_rng(7)", "rng.normal()"], None),
        (["rng = np.random.default_rng()"], 0),
        (["rng = np.random.default_rng(None)"], 0),
        (["random.random()"], 0),
        (["model.train(X, y, 1e-7, rng=fresh_rng())"], None),
        (["model.train(X, y, 1e-7)"], 0),
        (["model.train(X, y, **options)"], None),  # they may hold one
        (["numpy.random.seed(1)\nmodel.train(X, y, 1e-7)"], None),
        (["%timeit f()\n  np.random.rand("], None),  # no Python
        (["%matplotlib inline\nnp.random.rand()"], 0),
        (["x" + ".a" * 5000 + "()"], None),
    ],
)
def test_draws_without_a_seed_are_found(sources, expected):
    assert first_unseeded(sources, take_rng=("train",)) == expected


@pytest.mark.parametrize("name", ["svm", "softmax"])
def test_our_notebooks_draw_with_a_seed(course, name):
    cells = read_cells((course.root / course.notebooks[name].file).read_bytes())
    sources = [cell.source for cell in cells if cell.type == "code"]
    assert first_unseeded(sources, course.data.seeded) is None

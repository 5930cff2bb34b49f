"""Do the figures beside the answers show what they were given?"""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Text

from cs231n import vis_utils
from exercises import evidence
from tests.figure_data import NAMES

FIGURES = {
    "plot_failure_rate": lambda g: evidence.plot_failure_rate(
        np.linspace(0, 2, 6), g.random(6), [0.0, 2.0], g.random(2), g.random(2) / 10
    ),
    "plot_border_colours": lambda g: evidence.plot_border_colours(
        g.standard_normal((10, 3)), g.standard_normal((10, 3)), NAMES
    ),
}


@pytest.fixture(autouse=True)
def style():
    with plt.style.context(vis_utils.STYLE):
        yield
    plt.close("all")


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_figure_says_what_it_measures_and_stays_legible_at_half_size(draw, rng):
    axes = np.ravel(draw(rng))
    for ax in axes:
        assert ax.get_xlabel() and (ax.get_ylabel() or ax.get_title())
    figure = axes[0].figure
    assert figure.get_figwidth() <= 8
    figure.set_dpi(50)
    figure.canvas.draw()
    for text in figure.findobj(Text):
        assert text.get_fontsize() >= 10 or not text.get_text(), text
    # Inside the figure, but for the rounding of a pixel: 0.02 inch at half size.
    needed, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(needed.x0, needed.y0, width - needed.x1, height - needed.y1) > -0.02


def test_failure_rate_is_in_percent():
    rates = np.array([0.1, 0.3, 0.4]), [1, 3], np.array([0.2, 0.5]), np.array([0.01, 0.02])
    ax = evidence.plot_failure_rate([1, 2, 3], *rates)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [10, 30, 40])
    np.testing.assert_allclose(ax.lines[1].get_ydata(), [20, 50])
    (bars,) = ax.collections
    np.testing.assert_allclose([path[:, 1] for path in bars.get_segments()], [[19, 21], [48, 52]])
    labels = [t.get_text() for t in ax.get_legend().get_texts()]
    assert labels == ["expected", "counted, ± standard error"] and "%" in ax.get_ylabel()


def test_gradient_checks_fail_as_often_as_expected(rng):
    X, y = 100 * rng.standard_normal((100, 60)), rng.integers(10, size=100)
    margins = np.array([0, 0.05])
    rates = evidence.failure_rates(margins, X, y, 1e-6, 200, rng)
    assert rates.shape == (200, 2) and rates.min() >= 0 and rates.max() <= 1
    error = rates.std(axis=0) / np.sqrt(200)
    # Theory takes the scores of images for independent, and so expects some percent too many.
    np.testing.assert_allclose(
        rates.mean(axis=0), evidence.expected_failure_rate(margins, X, 1e-6), atol=4 * error.max()
    )


def test_colour_cast_is_of_its_place(rng):
    picture = rng.random((32, 32, 3))
    picture[8:24, 8:24] = [3, 0, 0]
    picture[:4] = picture[28:] = picture[:, :4] = picture[:, 28:] = [5, 5, 8]
    rows = np.stack([picture, -picture]).reshape(2, 3072)
    for place, cast in (("middle", [2, -1, -1]), ("border", [-1, -1, 2])):
        found = evidence.colour_cast(rows, place)
        np.testing.assert_allclose(found, [cast, np.negative(cast)], atol=1e-12)  # sums of 448


def test_border_colours_give_the_correlation(rng):
    a, b = rng.standard_normal((2, 10, 3))
    b[:, 1] = 3 * a[:, 1] + 2
    b[:, 2] = 0
    axes = evidence.plot_border_colours(a, b, NAMES)
    r = np.corrcoef(a[:, 0], b[:, 0])[0, 1]
    titles = [f"Red: r = {r:.2f}", "Green: r = 1.00", "Blue: r = 0.00"]
    assert [ax.get_title() for ax in axes] == titles
    for ax, values in zip(axes, evidence.standardized(a).T, strict=True):
        np.testing.assert_array_equal(ax.lines[1].get_xdata(), values)

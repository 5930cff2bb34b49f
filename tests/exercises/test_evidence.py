"""Do the figures beside the answers show what they were given?"""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Text

from cs231n import vis_utils
from exercises import evidence
from tests.figure_data import NAMES

FIGURES = {
    "plot_kink": lambda g: evidence.plot_kink(3e-6, 1e-5),
    "plot_failure_rate": lambda g: evidence.plot_failure_rate(
        np.linspace(0, 2, 6), g.random(6), g.random(6)
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


@pytest.mark.parametrize(
    "w, gradient, difference", [(3e-6, "1", "0.65"), (-3e-6, "0", "0.35"), (2e-5, "1", "1")]
)
def test_kink_labels_both_slopes(w, gradient, difference):
    ax = evidence.plot_kink(w, 1e-5)
    texts = [t.get_text() for t in ax.get_legend().get_texts()]
    assert [t.split("slope ")[1] for t in texts] == [gradient, difference]
    for line, slope in zip(ax.get_lines()[1:3], (gradient, difference), strict=True):
        x, y = line.get_data()
        np.testing.assert_allclose(np.diff(y) / np.diff(x), float(slope), atol=1e-9)
    looks = {line.get_linestyle() for line in ax.get_legend().get_lines()}
    assert len(looks) == 2


def test_failure_rate_is_in_percent():
    ax = evidence.plot_failure_rate([1, 2, 3], [0.1, 0.2, 0.5], [0.1, 0.3, 0.4])
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [10, 30, 40])
    np.testing.assert_allclose(ax.lines[1].get_ydata(), [10, 20, 50])
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["expected", "measured"]
    assert "%" in ax.get_ylabel()


def test_border_colours_give_the_correlation(rng):
    a, b = rng.standard_normal((2, 10, 3))
    b[:, 1] = 3 * a[:, 1] + 2
    b[:, 2] = 0
    axes = evidence.plot_border_colours(a, b, NAMES)
    r = np.corrcoef(a[:, 0], b[:, 0])[0, 1]
    titles = [f"Red: r = {r:.2f}", "Green: r = 1.00", "Blue: r = 0.00"]
    assert [ax.get_title() for ax in axes] == titles

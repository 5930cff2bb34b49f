"""Do the figures show what they were given, at half size and without colour?"""

import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from matplotlib.container import BarContainer
from matplotlib.text import Text

from cs231n import vis_utils as vis
from tests.figure_data import NAMES, images, templates

GRID = np.array([[0.21, 0.35, 0.36], [0.38, 0.395, 0.37], [0.39, np.nan, np.nan]])
RATES, REGS = [1e-7, 3.16e-7, 1e-6], [100, 2.5e4, 5e4]


@pytest.fixture(autouse=True)
def clean_figures():
    """Draw in the notebooks' style, close every figure, and see that no setting was changed."""
    before = dict(matplotlib.rcParams)
    with plt.style.context(vis.STYLE):
        styled = dict(matplotlib.rcParams)
        yield
        assert dict(matplotlib.rcParams) == styled
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


def pixels(ax, scale=1):
    """Render the figure of ax at `scale` times its size as grey values (H, W)."""
    figure = np.ravel(ax)[0].figure
    figure.set_dpi(100 * scale)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3] @ [0.2126, 0.7152, 0.0722]


def contrast(a, b):
    """Return WCAG's contrast of two colours, from 1 (equal) to 21 (black on white)."""

    def luminance(colour):
        c = np.array(to_rgb(colour))
        linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    low, high = sorted([luminance(a), luminance(b)])
    return (high + 0.05) / (low + 0.05)


# Every figure, by the number of axes it needs.
FIGURES = {
    "show_samples": lambda g, ax: vis.show_samples(
        images(g, 60), np.arange(60) % 10, NAMES, 3, ax, g
    ),
    "show_image": lambda g, ax: vis.show_image(images(g, 1)[0], ax, "An image"),
    "show_images": lambda g, ax: vis.show_images(
        images(g, 7), ["cat\nsaid dog"] * 7, 5, ax, "Wrong"
    ),
    "plot_loss": lambda g, ax: vis.plot_loss(g.random(200), ax),
    "plot_grid": lambda g, ax: vis.plot_grid(GRID, RATES, REGS, ax, "Validation"),
    "plot_confusion": lambda g, ax: vis.plot_confusion(
        g.integers(0, 99, (10, 10)), NAMES, ax, "Test"
    ),
    "compare_bars": lambda g, ax: vis.compare_bars(
        {"SVM": g.random(10), "softmax": g.random(10)}, NAMES, ax
    ),
    "show_templates": lambda g, ax: vis.show_templates(templates(g), NAMES, "SVM"),
    "show_prediction": lambda g, ax: vis.show_prediction(
        images(g, 1)[0], images(g, 1)[0], g.standard_normal(10), NAMES
    ),
}
AXES = {"show_templates": 1, "show_prediction": 3}  # these make a figure of their own
PICTURES = {"show_samples", "show_image", "show_images", "show_templates"}
each_figure = pytest.mark.parametrize("name", FIGURES)


@pytest.mark.parametrize("name", sorted(FIGURES.keys() - AXES.keys()))
def test_draws_on_the_given_axes_and_only_there(name, rng):
    _, (given, other) = plt.subplots(1, 2)
    assert FIGURES[name](rng, given) is given
    assert plt.get_fignums() == [1]
    assert not other.has_data()


@each_figure
def test_makes_a_figure_of_a_page_s_width(name, rng):
    axes = np.ravel(FIGURES[name](rng, None))
    assert len(axes) == AXES.get(name, 1)
    assert axes[0].figure.get_figwidth() <= 8


@each_figure
def test_axes_say_what_they_measure(name, rng):
    for ax in np.ravel(FIGURES[name](rng, None)):
        if name not in PICTURES and ax.axison:
            assert ax.get_xlabel()
            assert ax.get_ylabel() or ax.get_title()
        elif name != "show_samples":  # its columns carry the names
            assert ax.get_title()


@each_figure
def test_is_the_same_picture_every_time(name):
    first, second = (pixels(FIGURES[name](np.random.default_rng(1), None)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@each_figure
def test_text_stays_legible_and_inside_at_half_size(name, rng):
    ax = FIGURES[name](rng, None)
    grey = pixels(ax, scale=0.5)
    assert grey.std() > 5
    figure = np.ravel(ax)[0].figure
    for text in figure.findobj(Text):
        assert text.get_fontsize() >= 10 or not text.get_text(), text
    # Inside the figure, but for the rounding of a pixel: 0.02 inch at half size.
    needed, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(needed.x0, needed.y0, width - needed.x1, height - needed.y1) > -0.02


def test_cycle_differs_in_dash_and_stands_out_on_white():
    assert len({line["linestyle"] for line in vis.LINES}) == len(vis.LINES)
    assert all(contrast(line["color"], "white") >= 3 for line in vis.LINES)  # WCAG for graphics


# What each figure shows


def test_samples_are_a_column_a_class_without_repetition(rng):
    labels = np.arange(40) % 4
    shades = np.broadcast_to(np.arange(40, dtype=np.uint8)[:, None, None, None], (40, 32, 32, 3))
    ax = vis.show_samples(shades, labels, NAMES[:4], per_class=10, rng=rng)
    mosaic = ax.images[0].get_array()
    for c in range(4):
        column = mosaic[16::34, 34 * c + 16, 0]
        assert sorted(column) == list(range(c, 40, 4))
    assert [t.get_text() for t in ax.get_xticklabels()] == NAMES[:4]
    assert (mosaic[32:34] == 255).all()


def test_samples_follow_the_global_seed_and_the_given_generator(rng):
    def draw(**options):
        ax = vis.show_samples(data, np.arange(60) % 2, ["a", "b"], **options)
        return ax.images[0].get_array().copy()

    data = images(rng, 60)
    np.random.seed(3)  # noqa: NPY002 - students seed it so
    first = draw()
    np.random.seed(3)  # noqa: NPY002
    np.testing.assert_array_equal(draw(), first)
    same = [draw(rng=np.random.default_rng(5)) for _ in range(2)]
    np.testing.assert_array_equal(*same)


def test_samples_name_the_class_that_is_too_small(rng):
    with pytest.raises(ValueError, match=r"'cat' has 2 images, not 7"):
        vis.show_samples(images(rng, 12), np.array([0] * 10 + [1] * 2), ["dog", "cat"])


def test_image_rejects_what_is_no_pixel(rng):
    ax = vis.show_image(np.full((32, 32, 3), 130.6))
    assert (ax.images[0].get_array() == 131).all()
    with pytest.raises(ValueError, match=r"from -3 to 0.*mean image subtracted"):
        vis.show_image(np.linspace(-3, 0, 3072).reshape(32, 32, 3))
    with pytest.raises(ValueError, match="nan"):
        vis.show_image(np.full((32, 32, 3), np.nan))


def test_captions_stand_under_their_images(rng):
    ax = vis.show_images(images(rng, 3), ["one", "two", "three"], columns=2)
    mosaic = ax.images[0].get_array()
    for text in ax.texts:
        x, y = np.rint(text.get_position()).astype(int)
        assert (mosaic[y, x] == 255).all() and (mosaic[y - 3, x - 8 : x + 8] != 255).any()
    with pytest.raises(ValueError, match="3 images, but 2 captions"):
        vis.show_images(images(rng, 3), ["one", "two"])


def test_templates_are_stretched_each_by_itself(rng):
    W = templates(rng)
    W[:, 3] *= 1000
    W[:3072, 4] = 7
    shown = vis.template_images(W)
    assert shown.shape == (10, 32, 32, 3) and shown.dtype == np.uint8
    assert (shown[4] == 128).all()
    for c in set(range(10)) - {4}:
        assert shown[c].min() == 0 and shown[c].max() == 255
        assert shown[c].ravel()[W[:3072, c].argmax()] == 255
    np.testing.assert_array_equal(vis.template_images(W[:3072]), shown)
    ax = vis.show_templates(W, NAMES)
    assert [text.get_text() for text in ax.texts] == NAMES
    at = 3 * (32 + 8)  # a gap of a quarter of the width stands between two
    np.testing.assert_array_equal(ax.images[0].get_array()[:32, at : at + 32], shown[3])


@pytest.mark.parametrize(
    "W, message",
    [(np.zeros((10, 3073)), r"\(10, 3073\)"), (np.full((3073, 10), np.inf), "diverged")],
)
def test_templates_reject_what_is_no_weight_matrix(W, message):
    with pytest.raises(ValueError, match=message):
        vis.template_images(W)


def test_running_mean_is_the_mean(rng):
    losses = rng.random(100)
    raw, mean = vis.plot_loss(losses, smooth=11).lines
    np.testing.assert_array_equal(raw.get_ydata(), losses)
    at = 40
    np.testing.assert_allclose(mean.get_ydata()[at], losses[at : at + 11].mean())
    assert mean.get_xdata()[at] == at + 5


def test_runs_that_are_compared_show_their_means_alone(rng):
    losses = rng.random(100)
    ax = vis.plot_loss(losses, label="first", smooth=11)
    vis.plot_loss(losses + 1, ax, "second", smooth=11)
    first, second = ax.lines
    np.testing.assert_allclose(second.get_ydata(), first.get_ydata() + 1)
    assert first.get_linestyle() != second.get_linestyle()
    assert first.get_color() != second.get_color()
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["first", "second"]


def test_a_few_losses_are_enough():
    assert len(vis.plot_loss([3.0, 2.0]).lines[1].get_ydata()) == 1


def test_grid_frames_the_best_and_hatches_the_diverged():
    ax = vis.plot_grid(GRID, RATES, REGS)
    np.testing.assert_array_equal(ax.images[0].get_array().filled(np.nan), GRID)
    frame = [p for p in ax.patches if not p.get_fill()]
    assert len(frame) == 1
    np.testing.assert_allclose(frame[0].get_center(), (1, 1))
    assert [t.get_position() for t in ax.texts if t.get_weight() == "bold"] == [(1, 1)]
    assert [t.get_position() for t in ax.texts if t.get_text() == "diverged"] == [(1, 2), (2, 2)]
    assert sum(bool(p.get_hatch()) for p in ax.patches) == 2
    assert [t.get_text() for t in ax.get_yticklabels()] == ["1e-7", "3.16e-7", "1e-6"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["100", "2.5e4", "5e4"]


def test_grid_colours_run_between_round_accuracies():
    ax = vis.plot_grid([[0.31, 0.42], [np.nan, 0.385]], RATES[:2], REGS[:2])
    np.testing.assert_allclose(ax.images[0].get_clim(), (0.3, 0.45))
    ax = vis.plot_grid([[0.31, 0.42]], RATES[:1], REGS[:2], beside=[[[0.31, 0.52]]])
    np.testing.assert_allclose(ax.images[0].get_clim(), (0.3, 0.55))


def test_grid_frame_is_visible_in_grey():
    ax = vis.plot_grid(GRID, RATES, REGS)
    frame = next(p for p in ax.patches if not p.get_fill())
    image = ax.images[0]
    assert contrast(frame.get_edgecolor(), image.cmap(image.norm(GRID[1, 1]))) >= 4.5


def test_grid_survives_when_everything_diverged():
    ax = vis.plot_grid(np.full((2, 2), np.nan), [1, 2], [3, 4])
    pixels(ax)
    assert [t.get_text() for t in ax.texts] == ["diverged"] * 4


def test_grid_rejects_swapped_axes():
    with pytest.raises(ValueError, match=r"\(2, 3\), not 3 learning rates by 2 regs"):
        vis.plot_grid(np.zeros((2, 3)), [1, 2, 3], [1, 2])


@pytest.mark.parametrize("name", ["plot_grid", "plot_confusion"])
def test_numbers_stand_out_from_their_cells(name, rng):
    ax = FIGURES[name](rng, None)
    image = ax.images[0]
    for text in ax.texts:
        column, row = text.get_position()
        value = image.get_array()[row, column]
        if text.get_text() != "diverged":  # it has a white box
            assert contrast(text.get_color(), image.cmap(image.norm(value))) >= 4.5  # WCAG AA


@pytest.mark.parametrize("name", ["plot_grid", "plot_confusion"])
def test_colour_maps_are_ordered_in_grey(name, rng):
    grey = FIGURES[name](rng, None).images[0].cmap(np.linspace(0, 1, 50))[:, :3] @ [
        0.2126,
        0.7152,
        0.0722,
    ]
    assert (np.diff(grey) > 0).all() or (np.diff(grey) < 0).all()


def test_confusion_is_a_percentage_of_each_row():
    ax = vis.plot_confusion([[30, 10], [0, 0]], ["cat", "dog"])
    np.testing.assert_allclose(ax.images[0].get_array(), [[75, 25], [0, 0]])
    assert [t.get_text() for t in ax.texts] == ["75", "25", "0", "0"]
    for labels in (ax.get_xticklabels(), ax.get_yticklabels()):
        assert [t.get_text() for t in labels] == ["cat", "dog"]
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("True class", "Predicted class")
    with pytest.raises(ValueError, match=r"\(2, 2\), but there are 10 classes"):
        vis.plot_confusion(np.eye(2), NAMES)


def test_bars_differ_in_hatch_and_have_the_values_heights(rng):
    values = {"SVM": rng.random(10), "softmax": rng.random(10)}
    errors = {name: heights / 9 for name, heights in values.items()}
    ax = vis.compare_bars(values, NAMES, ylabel="Share", errors=errors)
    both = [one for one in ax.containers if isinstance(one, BarContainer)]
    for bars, (name, heights) in zip(both, values.items(), strict=True):
        np.testing.assert_allclose([bar.get_height() for bar in bars], heights)
        (lines,) = bars.errorbar.lines[2]
        ends = np.transpose([line[:, 1] for line in lines.get_segments()])
        np.testing.assert_allclose(ends, [heights - errors[name], heights + errors[name]])
    assert len({bars[0].get_hatch() for bars in both}) == 2
    assert both[0][0].get_x() < both[1][0].get_x()
    assert ax.get_ylabel() == "Share"


def test_prediction_marks_the_best_class(rng):
    scores = np.array([-1.0, 2.5, 0.3])
    left, middle, right = vis.show_prediction(
        images(rng, 1)[0], images(rng, 1)[0], scores, NAMES[:3]
    )
    bars = right.containers[0]
    np.testing.assert_allclose([bar.get_width() for bar in bars], scores)
    assert contrast(bars[1].get_facecolor(), bars[0].get_facecolor()) >= 3
    assert [t.get_fontweight() for t in right.get_yticklabels()] == ["normal", "bold", "normal"]
    assert "automobile" in right.get_title()
    assert not left.axison and not middle.axison


def test_import_changes_no_setting():
    code = (
        "import matplotlib; before = dict(matplotlib.rcParams);"
        "import cs231n.vis_utils; assert dict(matplotlib.rcParams) == before"
    )
    root = Path(vis.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)

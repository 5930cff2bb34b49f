"""Does the comparison of notebooks reject what is wrong, and only that?"""

import base64
import os
import shutil
import subprocess
import sys

import imageio.v3 as iio
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from toy_course import add_data_sets, copy_toy

from conftest import ROOT
from course.grader.notebooks import same_outputs
from course.grader.notebooks.same_outputs import Budget
from course.outputs.compare import (
    SIZE_SLACK,
    WINDOW,
    Tolerance,
    compare_pictures,
    compare_text,
    compare_value,
    contents,
    decode,
    difference_map,
    score,
)

DEFAULT = Tolerance()

# Text


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("loss 2.3026", "loss 2.3027"),
        ("relative error: 3.1e-12", "relative error: 8.7e-11"),  # rounding noise
        ("difference 0.0e+00", "difference 1.4e-14"),
        ("a  9.999\nb 10.000", "a 10.000\nb  9.999"),  # columns stay aligned
        ("[ 9.999 -1.5]", "[10.    -1.5]"),
        ("naive 12.3 ms, fast 3 ms, 4.1x faster", "naive 9.7 ms, fast 13 ms, 0.7x faster"),
        ("in 0.9 s", "in 10.2 s"),
        ("nan inf -inf", "nan inf -inf"),
    ],
)
def test_text_that_is_equal(expected, actual):
    assert compare_text(expected, actual, DEFAULT) == []


# How people and versions print the same thing, and what beside it is another.
NOISE = [
    ("12.3 \u03bcs ± 1 ns", "9 \u00b5s ± 2 ns", "9 \u00b5s ± 2"),
    ("1,000,000 loops each", "100 loops each", "100 runs each"),
    ("Wall time: 1min 4s", "Wall time: 58.2 s", "Real time: 58.2 s"),
    ("took 23.4 seconds", "took 19 seconds", "took 19 epochs"),
    ("computed in 0.083562s", "computed in 1.2s", "computed in 1.2"),
    ("That took 4.567812s", "That took 12.1s", "That took 12.1s, loss 1"),
    ("took 1 minute and 3 seconds", "took 23.4 seconds", "took 23.4 seeds"),
    ("Training took 2m 5s", "Training took 59.2s", "Testing took 59.2s"),
    ("took 5.1 secs", "took 1.5 mins", "took 1.5 maps"),
    ("time: 123 milliseconds", "time: 98 usec", "time: 98 users"),
    ("12.5 times faster", "9 times faster", "9 times slower"),
    ("trained 9 times", "trained 9 times", "trained 8 times"),
    ("0s 2ms/step - loss: 0.5", "1s 15ms/step - loss: 0.5", "1s 15ms/step - loss: 0.6"),
    ("elapsed 0:01:23.4, 3 runs", "elapsed 0:02:00, 3 runs", "elapsed 0:02:00, 4 runs"),
    ("np.float64(0.37)", "0.37", "0.38"),
    ("[np.int64(3), np.True_]", "[3, True]", "[3, False]"),
    ("np.float64(0.37)", "np.float64(0.37)", "np.float32(0.37)"),
    ("<Figure size 432x288 with 1 Axes>", "<Figure size 640x480 with 1 Axes>",
     "<Figure size 640x480 with 2 Axes>"),
    ("<Figure size 432x288 with 1 Axes>", "<Figure size 640x480 with 1 Axes>",
     "<AxesImage size 640x480 with 1 Axes>"),
    ("<ipython-input-12-a1b2c3>:3: RuntimeWarning: overflow",
     "/tmp/ipykernel_77/123456.py:3: RuntimeWarning: overflow",
     "/tmp/ipykernel_77/123456.py:3: UserWarning: overflow"),
    ("C:\\T\\ipykernel_7\\12.py:3: Warning", "/tmp/ipykernel_77/123456.py:3: Warning",
     "/tmp/ipykernel_77/123456.py:4: Warning"),
    ("\x1b[31mred\x1b[0m 1", "red 1", "blue 1"),
    ("{'cat', 'dog'}", "{'dog', 'cat'}", "{'dog', 'frog'}"),
    ("100%|####| 10/10 [00:03<00:00,  3.1it/s]\nloss 0.5", "loss 0.5", "loss 0.6"),
    ("|###| 10/10 [elapsed: 00:03 left: 00:00]\rloss 0.5", "loss 0.5", "loss 0.6"),
]  # fmt: skip


@pytest.mark.parametrize(("stored", "same", "other"), NOISE)
def test_times_and_versions_are_no_difference_but_what_stands_beside_them_is(stored, same, other):
    assert compare_text(stored, same, DEFAULT) == compare_text(same, stored, DEFAULT) == []
    assert compare_text(stored, other, DEFAULT) and compare_text(other, stored, DEFAULT)
    old, new, wrong = ([new_output("stream", text=t)] for t in (stored, same, other))
    assert same_outputs.difference(old, new, DEFAULT, Budget()) is None  # as the grader compares
    assert same_outputs.difference(old, wrong, DEFAULT, Budget()) is not None


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("accuracy 0.391", "accuracy 0.390"),
        ("accuracy 0.391", "Accuracy 0.391"),
        ("accuracy 0.391", "accuracy 39.1%"),
        ("loss 2.3", "loss -2.3"),
        ("best lr 1e-07", "best lr 5e-08"),
        ("(49000, 3073)", "(49001, 3073)"),  # within 1e-3, but a shape
        ("float32", "float64"),
        ("32x32", "32x33"),
        ("1.5 2.5", "1.5"),
        ("loss 1.5", "loss nan"),
        ("loss inf", "loss -inf"),
        ("a\n\nb", "a\nb"),
        ("in 0.9 s", "in"),
        ("loss in 0.9 s", "gradient in 0.9 s"),
        ("0.9 s", "0.9"),
        ("0.9 epochs", "0.8 epochs"),
        ("12 minima", "13 minima"),
    ],
)
def test_text_that_differs(expected, actual):
    assert compare_text(expected, actual, DEFAULT)
    assert compare_text(actual, expected, DEFAULT)


def test_metadata_of_a_cell_overrides_tolerances():
    cell = new_code_cell(metadata={"nbval": {"rtol": 0.01, "integers": 1}})
    assert compare_text("0.391, 12 times", "0.390, 13 times", Tolerance.of(cell)) == []
    assert compare_text("0.391, 12 times", "0.390, 14 times", Tolerance.of(cell))
    assert compare_text("0.391, 12 times", "0.380, 12 times", Tolerance.of(cell))
    with pytest.raises(ValueError, match="rtoll"):
        Tolerance.of(new_code_cell(metadata={"nbval": {"rtoll": 1}}))


def test_tables_and_json_are_compared_as_text():
    table = "<table><tr><td>{}</td></tr></table>"
    assert compare_value("text/html", table.format(1.5), table.format(1.5001), DEFAULT) == ([], {})
    assert compare_value("text/html", table.format(1.5), table.format(1.6), DEFAULT)[0]
    same = {"b": 1.0, "a": 2}, {"a": 2, "b": 1.0001}
    assert compare_value("application/json", *same, DEFAULT) == ([], {})
    assert compare_value("application/json", {"a": 2}, {"a": 3}, DEFAULT)[0]


def test_pictures_in_html_are_compared_as_pictures():
    def shown(number, grey):
        uri = "data:image/png;base64," + encode(np.full((20, 20, 3), grey, np.uint8))
        html = f"<img src='{uri}'> loss {number}"
        return contents([new_output("display_data", {"text/html": html, "text/plain": "a"})])

    stored = shown(1.5, 100)
    assert [kind for kind, _ in stored] == ["image/png", "text/html", "text/plain"]
    for other, differs in (
        (shown(1.5001, 101), []),
        (shown(1.6, 100), [1]),
        (shown(1.5, 200), [0]),
    ):
        pairs = zip(stored, other, strict=True)
        found = [bool(compare_value(kind, a, b, DEFAULT)[0]) for (kind, a), (_, b) in pairs]
        assert [n for n, problem in enumerate(found) if problem] == differs


def test_progress_bars_are_dropped_and_warnings_are_not():
    bar = "SVM: 100%|██████| 1500/1500 [00:01<00:00, 1312.22it/s]\n"
    widget = {"application/vnd.jupyter.widget-view+json": {}, "text/plain": bar}
    outputs = [
        new_output("stream", name="stderr", text=f"\rSVM:   0%|  | 0/1500 [00:00<?, ?it/s]\r{bar}"),
        new_output("display_data", data=widget),
        new_output("stream", name="stderr", text="RuntimeWarning: overflow"),
        new_output("display_data", data={"text/plain": "1"}),
    ]
    assert contents(outputs) == [("stderr", "RuntimeWarning: overflow"), ("text/plain", "1")]


# Pictures


def encode(picture, extension=".png", **options):
    return base64.b64encode(
        iio.imwrite("<bytes>", picture, extension=extension, **options)
    ).decode()


def draw(
    title="Loss of the SVM", swap_panels=False, swap_axes=False, cmap="viridis", moved=0.0,
    curves=2, cell=0.35, noise=0.0, rc=None,
):  # fmt: skip
    """Draw two curves beside a heat map; return the pixels (H, W, 3)."""
    rng = np.random.default_rng(1)
    t = np.linspace(0, 10, 100)
    values = rng.uniform(0.3, 0.4, (4, 4))
    values[1, 2] = cell
    with plt.rc_context({"font.size": 12, "axes.titlesize": 14, **(rc or {})}):
        fig, axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained", dpi=100)
        left, right = axes[::-1] if swap_panels else axes
        for decay in (3, 5)[:curves]:
            y = (np.exp(-t / decay) + moved) * (1 + noise * rng.standard_normal(100))
            left.plot(*((y, t) if swap_axes else (t, y)), label=f"decay {decay}")
        left.set(title=title, xlabel="Iteration", ylabel="Loss")
        left.set(**{"xlim" if swap_axes else "ylim": (0, 1.1)})
        left.legend()
        right.imshow(values * (1 + noise), cmap=cmap, vmin=0.3, vmax=0.4)
        for row, column in np.ndindex(4, 4):
            right.text(column, row, f"{values[row, column]:.3f}", ha="center", va="center")
        right.set(title="Accuracy", xlabel="Regularization strength", ylabel="Learning rate")
        fig.canvas.draw()
        pixels = np.array(fig.canvas.buffer_rgba())[..., :3]
        plt.close(fig)
    return pixels


@pytest.fixture(scope="module")
def figure():
    return draw()


WRONG = {
    "no title": {"title": ""},
    "another title": {"title": "Error of the Softmax"},
    "panels swapped": {"swap_panels": True},
    "axes swapped": {"swap_axes": True},
    "another colour map": {"cmap": "cividis"},
    "reversed colour map": {"cmap": "viridis_r"},
    "curves moved by 2% of the axis": {"moved": 0.022},
    "a curve lost": {"curves": 1},
    "a cell off by 20% of its scale": {"cell": 0.37},
}
HARMLESS = {
    "data off by 1e-6": {"noise": 1e-6},
    "letters without hinting": {"rc": {"text.hinting": "none"}},
    "letters without antialiasing": {"rc": {"text.antialiased": False}},
    "letters a little larger": {"rc": {"font.size": 12.2, "axes.titlesize": 14.2}},
}


@pytest.mark.parametrize("change", WRONG)
def test_wrong_figure(figure, change):
    problems, shown = compare_pictures(encode(figure), encode(draw(**WRONG[change])), DEFAULT)
    assert problems
    assert set(shown) == {"expected", "actual", "difference"}


@pytest.mark.parametrize("change", HARMLESS)
def test_harmless_figure(figure, change):
    assert compare_pictures(encode(figure), encode(draw(**HARMLESS[change])), DEFAULT) == ([], {})


def test_a_picture_may_move_a_little_but_not_grow(figure):
    margin = ((0, 2), (1, 2), (0, 0))
    moved = np.pad(figure, margin, constant_values=255)
    larger = np.pad(figure, ((0, 9), (0, 0), (0, 0)), constant_values=255)
    assert compare_pictures(encode(figure), encode(moved), DEFAULT) == ([], {})
    assert compare_pictures(encode(figure), encode(larger), DEFAULT)[0]


def test_metadata_overrides_the_comparison_of_pictures(figure):
    other = encode(figure), encode(draw(cell=0.37))
    assert compare_pictures(*other, Tolerance(image=0.9)) == ([], {})
    strokes = np.zeros((2, 20, 20, 3), np.uint8)
    strokes[0, 5:15, 8] = strokes[1, 5:15, 10] = 255
    assert compare_pictures(*map(encode, strokes), DEFAULT) == ([], {})
    assert compare_pictures(*map(encode, strokes), Tolerance(shift=1))[0]


def test_transparency_shows_white():
    """Each pixel is colour * alpha + white * (1 - alpha), with alpha from 0 to 255."""
    picture = np.zeros((20, 20, 4), np.uint8)
    picture[..., 0], picture[..., 2], picture[..., 3] = 200, 40, 51  # a fifth of 255
    frames, _ = decode(encode(picture))
    assert frames.shape == (1, 20, 20, 3) and (frames == [244, 204, 212]).all()
    for alpha, shown in [(0, 255), (255, 0), (102, 153)]:
        black = np.zeros((20, 20, 4), np.uint8)
        black[..., 3] = alpha
        grey = np.full((20, 20, 3), shown, np.uint8)
        assert compare_pictures(encode(grey), encode(black), Tolerance(image=0)) == ([], {})


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("shift", [0, 1, 3])
def test_an_edge_may_lie_elsewhere_by_the_shift_and_no_more(axis, shift):
    def line(place):
        picture = np.full((40, 40, 3), 255, np.uint8)
        picture[:, place] = 0
        return encode(picture if axis else picture.swapaxes(0, 1))

    tolerance = Tolerance(shift=shift)
    for moved in range(-shift - 1, shift + 2):
        problems, _ = compare_pictures(line(20), line(20 + moved), tolerance)
        assert bool(problems) == (abs(moved) > shift), moved


def test_the_difference_is_the_distance_to_all_that_lies_within_the_shift(rng):
    """Of each pixel, in both directions: an independent, slow calculation gives the same."""
    a, b = rng.integers(0, 256, (2, 9, 12, 3), np.uint8)
    shift = 2
    for old, new in [(a, b), (a, b[:7]), (a[:, :8], b)]:
        height, width = (min(old.shape[axis], new.shape[axis]) for axis in (0, 1))
        expected = np.zeros((height, width))
        for one, other in [(old, new), (new, old)]:
            one, other = one[:height, :width].astype(int), other[:height, :width].astype(int)
            for y, x in np.ndindex(height, width):
                near = other[max(0, y - shift) : y + shift + 1, max(0, x - shift) : x + shift + 1]
                low, high = near.min(axis=(0, 1)), near.max(axis=(0, 1))
                far = np.maximum(one[y, x] - high, low - one[y, x]).max() / 255
                expected[y, x] = max(expected[y, x], far)
        assert np.array_equal(difference_map(old, new, shift), expected)


@pytest.mark.parametrize("shape", [(30, 20), (8, 8), (8, 30), (5, 30), (30, 1), (1, 1)])
def test_the_score_is_the_mean_of_the_worst_window(rng, shape):
    """An independent, slow calculation gives the same, in the corners too."""
    k = min(WINDOW, *shape)
    maps = [rng.random(shape)]
    for rows in (slice(None, k), slice(-k, None)):
        for columns in (slice(None, k), slice(-k, None)):
            corner = 0.5 * rng.random(shape)
            corner[rows, columns] = 1
            maps.append(corner)
    for difference in maps:
        places = np.ndindex(shape[0] - k + 1, shape[1] - k + 1)
        windows = [difference[y : y + k, x : x + k].mean() for y, x in places]
        # Sums of up to 600 numbers below 1, each rounded: far less than 1e-12.
        assert score(difference) == pytest.approx(max(windows), abs=1e-12)


def test_the_worst_frame_is_shown_with_the_difference_dark():
    grey = np.full((2, 20, 20, 3), 128, np.uint8)
    grey[1] = 120  # two frames that are equal would be one
    wrong = grey.copy()
    wrong[1, :10] = 69  # lighter by a fifth of 255 is 120
    old, new = (encode(one, ".gif", plugin="pillow", duration=100, loop=0) for one in (grey, wrong))
    [problem], shown = compare_pictures(old, new, DEFAULT)
    assert problem == "pictures differ by 0.200 in frame 1, allowed 0.11"
    assert (shown["expected"] == 120).all() and (shown["actual"][:10] == 69).all()
    assert (shown["difference"][:10] == 204).all() and (shown["difference"][13:] == 255).all()


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_picture_may_grow_by_the_slack_and_no_more(axis, sign):
    def sized(length):
        return encode(np.full((length, 30, 3) if axis == 0 else (30, length, 3), 255, np.uint8))

    pair = sized(30), sized(30 + sign * SIZE_SLACK)
    assert compare_pictures(*pair, DEFAULT) == ([], {})
    [problem], _ = compare_pictures(sized(30), sized(30 + sign * (SIZE_SLACK + 1)), DEFAULT)
    size = 30 + sign * (SIZE_SLACK + 1)
    told = "executed again " + (f"30 x {size}" if axis == 0 else f"{size} x 30")
    assert problem == f"stored 30 x 30 pixels, {told}"


def test_animations_are_compared_frame_by_frame():
    def gif(frames, duration=100):
        return encode(frames, ".gif", plugin="pillow", duration=duration, loop=0)

    rng = np.random.default_rng(1)
    frames = rng.integers(8, 248, (3, 6, 6, 1), np.uint8).repeat(8, 1).repeat(8, 2).repeat(3, 3)
    expected = gif(frames)
    assert compare_pictures(expected, gif(frames + np.uint8(2)), DEFAULT) == ([], {})
    assert "in frame" in compare_pictures(expected, gif(frames[[0, 2, 1]]), DEFAULT)[0][0]
    assert "executed again 2" in compare_pictures(expected, gif(frames[:2]), DEFAULT)[0][0]
    assert "200" in compare_pictures(expected, gif(frames, 200), DEFAULT)[0][0]


# The plugin

SETUP = """\
import os
import matplotlib.pyplot as plt
from tqdm.auto import tqdm
factor = 1"""
FIGURE = """\
for _ in tqdm(range(3)):
    pass
fig, ax = plt.subplots()
ax.plot([0, factor], [0, 1])
ax.set(xlim=(0, 2));"""
PLACES = "print(os.getcwd() + os.environ['TOY_DATA'])"
CONFTEST = 'import course\npytest_plugins = ["nbval.plugin", "course.outputs.nbval_plugin"]\n'


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Run pytest, set as in pyproject.toml, on a good and a wrong notebook; return where, what.

    It is the toy course, whose stored data set is drawn when the first notebook needs it.
    """
    folder = tmp_path_factory.mktemp("notebooks")
    copy_toy(folder)
    add_data_sets(folder)
    (folder / "conftest.py").write_text(CONFTEST)
    shutil.copy(ROOT / "pyproject.toml", folder)

    sources = [SETUP, FIGURE, "factor / 3", PLACES]
    ids = ["setup", "figure", "number", "places"]
    cells = [new_code_cell(source, id=id) for source, id in zip(sources, ids, strict=True)]
    good = new_notebook(cells=[new_markdown_cell("# Title\n\n## Draw it"), *cells])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOY_DATA", str(folder / "datasets" / "drawn"))
        patch.delenv("MPLBACKEND", raising=False)
        NotebookClient(good, resources={"metadata": {"path": str(folder)}}).execute()
    nbformat.write(good, folder / "good.ipynb")

    # What it stores is from factor = 1, so the figure and the number are wrong.
    good.cells[1].source = SETUP.replace("factor = 1", "factor = 1.1")
    raising = new_code_cell("1 / 0", id="raising", execution_count=5)
    never = new_code_cell("print(1)", id="never")
    after = new_code_cell("factor", id="after", execution_count=6)
    good.cells += [never, raising, after]
    nbformat.write(good, folder / "wrong.ipynb")

    for name in ("good", "wrong"):  # as if left by an earlier run
        stale = folder / "build" / "nbval" / name / "figure" / "7-actual.png"
        stale.parent.mkdir(parents=True)
        stale.touch()

    command = [sys.executable, "-m", "pytest", "-v", "--color=no", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, "good.ipynb", "wrong.ipynb"],
        cwd=folder,
        env=os.environ | {"MPLBACKEND": "Agg", "TOY_DATA": "/nowhere"},
        capture_output=True,
        text=True,
    )
    return folder, run.stdout + run.stderr


def test_the_data_set_is_got_when_a_notebook_needs_it(report):
    folder, _ = report
    assert (folder / "datasets" / "drawn" / "numbers.txt").is_file()
    assert (folder / "calls").read_text() == "called\n"


def test_a_good_notebook_passes(report):
    for cell in range(4):
        assert f"good.ipynb::{cell} Draw it PASSED" in report[1]


@pytest.mark.parametrize("cell", [1, 2, 4, 5, 6])
def test_wrong_cells_fail(report, cell):
    assert f"wrong.ipynb::{cell} Draw it FAILED" in report[1]


def test_the_report_says_what_is_wrong(report):
    _, text = report
    assert "pictures differ by" in text
    assert "stored 0.3333333333333333, executed again 0.366666" in text
    assert "stored without outputs" in text
    assert "division by zero" in text
    assert "not run, for cell '5 Draw it'" in text


def test_differing_pictures_are_written_and_old_ones_removed(report):
    folder, text = report
    pictures = folder / "build" / "nbval"
    assert {path.name for path in (pictures / "wrong" / "figure").iterdir()} == {
        f"0-{role}.png" for role in ("expected", "actual", "difference")
    }
    assert list((pictures / "good").iterdir()) == []
    assert "build/nbval/wrong/figure/0-difference.png" in text
    assert iio.imread(pictures / "wrong" / "figure" / "0-difference.png").min() < 128

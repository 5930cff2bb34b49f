"""The plots of the course page, each as the data URI of an SVG picture.

The same counts give the same bytes. Bars carry their numbers, so that nothing depends on colour.
"""

import base64
import io
import itertools

import matplotlib
import numpy as np
from markupsafe import Markup
from matplotlib import style
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

DARK, ACCENT = "#20406b", "#d9792b"
INK, EDGE = "#222222", "#555555"
STYLE = {
    "font.size": 12,
    "axes.titlesize": 14,
    "axes.titlepad": 10,
    "legend.fontsize": 11,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.titlecolor"), INK),
    **dict.fromkeys(("xtick.labelcolor", "ytick.labelcolor"), INK),
    **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), EDGE),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.handlelength": 2.8,
    "lines.linewidth": 2.2,
}
MOST_BARS = 20  # of a distribution, besides that of no points
# SVG names its parts after a random number, and its date, unless it is told not to.
FIXED = {"svg.hashsalt": "course", "svg.fonttype": "path"}
WIDTH = 7.0  # inches


def distribution(values, possible, title, xlabel):
    """Plot how many submissions have how many points, in bars, and the median."""
    values, step = np.asarray(values, dtype=float), round_step(possible)
    places = np.arange(0, possible + step, step)
    bars = np.clip(np.rint(values / step), 0, len(places) - 1).astype(int)
    counts = np.bincount(bars, minlength=len(places))
    median = np.median(values)

    def draw(ax):
        ax.bar(places, counts, width=0.8 * step, color=DARK)
        label = f"median {median:g}"
        ax.axvline(median, color=ACCENT, linestyle="--", label=label)
        ax.set(xlim=(-step, possible + step), title=title, xlabel=xlabel, ylabel="submissions")
        ax.set_xticks(places[::2])
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend(loc="upper left", bbox_to_anchor=(0, 1.0))
        ax.margins(y=0.2)

    return to_uri(draw, height=3.2)


def round_step(possible):
    """Return a round number of points, of which `possible` has no more than MOST_BARS."""
    steps = (digit * 10**power for power in itertools.count() for digit in (1, 2, 5))
    return next(step for step in steps if possible <= MOST_BARS * step)


def frequencies(counts, total, xlabel):
    """Plot {name: number of submissions}, the most frequent first, as bars to the right."""
    names = sorted(counts, key=lambda name: (-counts[name], name))
    numbers = [counts[name] for name in names]
    rows = np.arange(len(names))

    def draw(ax):
        ax.barh(rows, numbers, height=0.65, color=DARK)
        for row, number in zip(rows, numbers, strict=True):
            text = f" {number}  ({number / total:.0%})"
            ax.text(number, row, text, va="center", ha="left", fontsize=10)
        ax.set_yticks(rows, [name.replace("-", " ") for name in names])
        ax.set(xlabel=xlabel, xlim=(0, 1.25 * max(numbers)), ylim=(len(names) - 0.4, -0.6))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.tick_params(axis="y", length=0)

    return to_uri(draw, height=1.0 + 0.36 * len(names))


def to_uri(draw, height):
    """Return the data URI of a figure on whose axes draw(ax) has drawn."""
    with style.context(["default", STYLE]), matplotlib.rc_context(FIXED):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        file = io.BytesIO()
        figure.savefig(
            file, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    return Markup(f"data:image/svg+xml;base64,{base64.b64encode(file.getvalue()).decode()}")

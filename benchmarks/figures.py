"""The figures of the benchmarks: ratios.png, cost.png."""

import itertools

import matplotlib.pyplot as plt
from matplotlib.ticker import LogLocator, NullLocator, ScalarFormatter

from cs231n.vis_utils import BARS, DARK, LINES, STYLE

KINDS = {"svm": "SVM", "softmax": "softmax"}


def draw(results, folder):
    """Write the figures for which `results` has the numbers to `folder`."""
    with plt.style.context(STYLE):
        for name, function in (("ratios.png", draw_ratios), ("cost.png", draw_cost)):
            if (figure := function(results)) is not None:
                figure.savefig(folder / name)
                plt.close(figure)


def draw_ratios(results):
    """Draw how many times our time every other side takes; the floors are hatched."""
    bars = list(ratios(results))
    if not bars:
        return None
    figure, ax = plt.subplots(figsize=(8, 1.2 + 0.32 * len(bars)), layout="constrained")
    for place, (label, value) in enumerate(bars):
        fill, hatch = BARS[1] if label.endswith(("floor", "products")) else BARS[0]
        ax.barh(place, value - 1, left=1, color=fill, hatch=hatch, edgecolor=DARK, linewidth=0.8)
        align, shift = ("right", -4) if value < 1 else ("left", 4)
        style = {"textcoords": "offset points", "ha": align, "va": "center", "fontsize": 10}
        ax.annotate(f"{value:.2g}", (value, place), (shift, 0), **style)
    ax.axvline(1, color=DARK, linewidth=1.5)
    ax.set_yticks(range(len(bars)), [label for label, _ in bars])
    ax.set_xscale("log")
    plain_numbers(ax.xaxis)
    ax.margins(x=0.12)
    ax.tick_params(axis="y", length=0)
    ax.invert_yaxis()
    ax.set(xlabel="Time over ours (hatched: the floor, which nothing can beat)")
    return figure


def plain_numbers(axis):
    """Label a logarithmic axis with 1, 2, 5, 10, 20 ..."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(ScalarFormatter())


def ratios(results):
    """Yield (label, time over ours)."""
    if "loading" in results:
        ours = results["loading"]["ours"]["seconds"]
        for side in ("floor", "textbook"):
            yield f"loading: {side}", results["loading"][side]["seconds"] / ours
    for kind, run in results.get("training", {}).items():
        yield f"training, {KINDS[kind]}: floor", 1 / run["ratios"]["floor"]
        yield f"training, {KINDS[kind]}: textbook", run["ratios"]["textbook"]
    for kind, run in results.get("grid", {}).items():
        grid = f"grid of {run['models']}, {KINDS[kind]}"
        yield f"{grid}: products", 1 / run["ratios"]["floor"]
        yield f"{grid}: one by one", run["ratios"]["sequential"]
        yield f"{grid}: textbook", run["ratios"]["textbook"]
    for kind, found in results.get("optimum", {}).items():
        ours = found["sides"]["ours"]["seconds"]
        for side, run in found["sides"].items():
            if side != "ours":
                short = "" if 2 * run["reached"] > len(run["accuracies"]) else " (misses it)"
                yield f"to {found['target']}, {KINDS[kind]}: {side}{short}", run["seconds"] / ours


def draw_cost(results):
    """Draw the cost of a loss against N, and of a search against its number of models."""
    if "losses" not in results or "models" not in results:
        return None
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
    runs = [run for run in results["losses"] if run["kind"] == "softmax"]
    lines = [("ours", "float32"), ("floor", "float32"), ("ours", "float64")]
    lines += [("textbook", "float64")]
    for style, marker, (side, dtype) in zip(LINES, "os^D", lines, strict=True):
        shown = [run for run in runs if run["dtype"] == dtype]
        N, cost = [run["N"] for run in shown], [1000 * run["seconds"][side] for run in shown]
        name = "two products" if side == "floor" else side
        left.loglog(N, cost, **style, marker=marker, label=f"{name}, {dtype}")
    left.set(xlabel="Images N", ylabel="Milliseconds", title="Softmax loss and gradient")
    left.legend()

    lines = itertools.product(results["models"].items(), ("ours", "products"))
    for style, marker, ((kind, runs), side) in zip(LINES, "os^D", lines, strict=False):
        models = [int(K) for K in runs]
        cost = [1000 * run["seconds"][side] / int(K) for K, run in runs.items()]
        right.loglog(models, cost, **style, marker=marker, label=f"{KINDS[kind]}: {side}")
    right.set(xlabel="Models in the grid", ylabel="Milliseconds a model", title="Grid search")
    right.legend()
    for ax, ticks in ((left, N), (right, models)):
        plain_numbers(ax.yaxis)
        plain_numbers(ax.xaxis)
        ax.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    return figure

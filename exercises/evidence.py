"""Figures of the cells that measure what the answers to inline questions claim.

Students get neither these cells nor this file: what it draws, and says, answers the questions.
"""

import matplotlib.pyplot as plt
import numpy as np

from cs231n.vis_utils import ACCENT, DARK, LINES


def plot_kink(w, h):
    """Draw max(0, w) at its kink: the slope at w, and what a central difference of step h measures.

    Both steps on one side of the kink give the same slope; on two sides (|w| < h) they cannot.
    """
    _, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
    analytic = float(w > 0)
    left, right = np.maximum(0, [w - h, w + h])
    numerical = (right - left) / (2 * h)

    x = np.array([min(0, w - h) - h, 0, max(0, w + h) + 0.6 * h])
    ax.plot(x, np.maximum(0, x), color="0.8", linewidth=7, solid_capstyle="round")
    ax.text(x[0], 0.12 * h, "max(0, $w$)", color="0.4", va="bottom")
    ends = w + np.array([-1.2, 1.2]) * h
    tangent = max(0, w) + analytic * (ends - w)
    secant = left + numerical * (ends - (w - h))
    ax.plot(ends, tangent, **LINES[0], label=f"gradient at $w$: slope {analytic:.3g}")
    ax.plot(ends, secant, **LINES[1], label=f"central difference: slope {numerical:.3g}")
    ax.plot([w - h, w + h], [left, right], "s", color=ACCENT, markersize=9)
    ax.plot(w, max(0, w), "o", color=DARK, markersize=10)
    for at, name in ((w - h, "$w - h$"), (w, "$w$"), (w + h, "$w + h$")):
        ax.annotate(name, (at, max(0, at)), (8, -8), textcoords="offset points", va="top")
    ax.ticklabel_format(scilimits=(-2, 3))
    ax.margins(y=0.15)
    ax.legend(loc="upper left")
    ax.set(xlabel="Margin $w$ of one wrong class", ylabel="Loss of that class")
    return ax


def plot_failure_rate(margins, measured, expected):
    """Plot how often a gradient check fails against the margin: fractions 0..1, (N,) each."""
    _, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
    ax.plot(margins, 100 * np.asarray(expected), **LINES[1], label="expected")
    ax.plot(margins, 100 * np.asarray(measured), "o", color=DARK, markersize=8, label="measured")
    ax.set_ylim(bottom=min(0, ax.get_ylim()[0]))
    ax.legend()
    ax.set(xlabel="Margin Δ", ylabel="Checks that fail (%)")
    return ax


def plot_border_colours(template_colours, image_colours, class_names):
    """Compare the border colours of templates and of images, (C, 3) each, a panel a channel.

    Weights and pixels have different units, so both are shown in standard deviations from their
    mean over the classes; r is their correlation. Returns the three axes.
    """
    layout = {"layout": "constrained", "sharex": True, "sharey": True}
    _, axes = plt.subplots(1, 3, figsize=(8, 4.4), **layout)
    templates, images = standardized(template_colours), standardized(image_colours)
    places = np.arange(len(class_names))
    for i, (ax, channel) in enumerate(zip(axes, ("Red", "Green", "Blue"), strict=True)):
        ax.axvline(0, color="0.85", linewidth=1, zorder=0)
        ax.hlines(places, images[:, i], templates[:, i], color="0.75", linewidth=2, zorder=1)
        hollow = {"color": ACCENT, "markerfacecolor": "white", "markeredgewidth": 2}
        ax.plot(templates[:, i], places, "D", markersize=9, label="template", **hollow)
        ax.plot(images[:, i], places, "o", markersize=6, color=DARK, label="images")
        ax.set_yticks(places, class_names)
        ax.set_ylim(len(places) - 0.5, -0.5)
        r = np.mean(templates[:, i] * images[:, i])
        ax.set(xlabel="Standard deviations", title=f"{channel}: r = {r:.2f}")
    axes[0].set_ylabel("Class")
    axes[1].legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2)
    return axes


def standardized(columns):
    """Return columns (C, 3) with mean 0 and standard deviation 1 each; constant ones become 0."""
    centred = np.asarray(columns) - np.mean(columns, axis=0)
    deviation = centred.std(axis=0)
    return centred / np.where(deviation > 0, deviation, 1)

"""Figures of the cells that measure what the answers to inline questions claim.

Students get neither these cells nor this file: what it draws, and says, answers the questions.
"""

import matplotlib.pyplot as plt
import numpy as np

from cs231n.classifiers.linear_svm import hinge_loss
from cs231n.vis_utils import ACCENT, DARK, LINES

CLASSES = 10
SMALL = 0.0001  # the deviation of initial weights


def failure_rates(margins, X, y, h, draws, rng):
    """Return the fraction (draws, M) of ten entries whose numerical gradient is off, by margin.

    Each draw takes small random weights and checks ten entries W[d, c] of them at once: moving one
    by h moves the scores of class c by h * X[:, d], and no others.
    """
    failures, checks = np.zeros((draws, len(margins))), 10
    many_y = np.tile(y, checks)
    for draw in range(draws):
        scores = X @ (SMALL * rng.standard_normal((X.shape[1], CLASSES)))
        d, c = rng.integers((X.shape[1] - 1, CLASSES), size=(checks, 2)).T
        steps = np.zeros((checks, *scores.shape))
        steps[np.arange(checks), :, c] = h * X[:, d].T
        moved = [(scores + sign * steps).reshape(-1, CLASSES) for sign in (1, -1)]
        for k, margin in enumerate(margins):
            above, below = (hinge_loss(rows, many_y, margin)[0] for rows in moved)
            numerical = (above - below).reshape(checks, -1).mean(axis=1) / (2 * h)
            analytic = np.mean(X[:, d] * hinge_loss(scores, y, margin)[1][:, c], axis=0)
            off = abs(numerical - analytic) > 1e-6 * (abs(numerical) + abs(analytic))
            failures[draw, k] = off.mean()
    return failures


def expected_failure_rate(margins, X, h):
    """Return what failure_rates are on average, in theory.

    Scores of an image x differ by normal random numbers of deviation sigma = sqrt(2) * SMALL * |x|.
    Moving W[d, c] by h moves 1 difference of each image if c is a wrong class, C - 1 if it is the
    right one, 2 (C - 1) / C on average. Each is within h |x_d| of the kink with the probability
    2 h |x_d| p(margin). Where n are expected, there is at least one with 1 - exp(-n).
    """
    sigma = np.sqrt(2) * SMALL * np.linalg.norm(X, axis=1)
    density = np.exp(-((margins[:, np.newaxis] / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))
    near = 2 * (CLASSES - 1) / CLASSES * 2 * h * density @ abs(X[:, :-1])  # (margins, D - 1)
    return (1 - np.exp(-near)).mean(axis=1)


def plot_failure_rate(margins, expected, counted_margins, counted, errors):
    """Plot how often a gradient check fails against the margin: fractions 0..1, (N,) each."""
    _, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
    ax.plot(margins, 100 * expected, **LINES[1], label="expected")
    bars = {"yerr": 100 * errors, "fmt": "o", "color": DARK, "markersize": 7, "capsize": 4}
    ax.errorbar(counted_margins, 100 * counted, **bars, label="counted, ± standard error")
    ax.set_ylim(bottom=min(0, ax.get_ylim()[0]))
    ax.legend()
    ax.set(xlabel="Margin Δ", ylabel="Checks that fail (%)")
    return ax


def colour_cast(rows, place):
    """Return the colour casts (C, 3), mean colour less grey, of a place in image rows (C, 3072).

    place   "border", four pixels wide, or "middle", 16 by 16 pixels
    """
    inner = {"border": 24, "middle": 16}[place]
    inside = np.pad(np.ones((inner, inner), dtype=bool), (32 - inner) // 2)
    chosen = inside if place == "middle" else ~inside
    colours = rows.reshape(-1, 32, 32, 3)[:, chosen].mean(axis=1)
    return colours - colours.mean(axis=1, keepdims=True)


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

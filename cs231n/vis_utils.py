"""Every figure of the notebooks, in the look that plt.style.use(vis_utils.STYLE) applies.

A figure of one panel is drawn on the axes it is given, or on a new figure; every function returns
its axes, so that a notebook can put several side by side or add to them.

Nothing depends on colour alone: lines differ in dash, bars in hatch, maps in lightness, and what
matters is written beside the mark. Importing this module changes no setting of Matplotlib.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import rc_params_from_file
from matplotlib.patches import Rectangle

STYLE = Path(__file__).with_name("figures.mplstyle")
LINES = list(rc_params_from_file(STYLE, use_default_template=False)["axes.prop_cycle"])
DARK, ACCENT = LINES[0]["color"], LINES[1]["color"]
BARS = ((DARK, ""), ("#f0b98d", "///"), ("white", "..."), ("0.6", "xx"))  # fill, hatch


def show_samples(images, labels, class_names, per_class=7, ax=None, rng=None):
    """Show `per_class` random images of every class, a column a class.

    images (N, H, W, 3) 0..255, labels (N,); rng=None draws from NumPy's global generator.
    Raises ValueError if a class has fewer than `per_class` images.
    """
    rng = np.random if rng is None else rng
    chosen = []
    for c, name in enumerate(class_names):
        members = np.flatnonzero(np.asarray(labels) == c)
        if len(members) < per_class:
            raise ValueError(f"class {name!r} has {len(members)} images, not {per_class}")
        chosen.append(rng.choice(members, per_class, replace=False))
    rows = np.transpose(chosen).ravel()  # mosaics fill row by row: one image of each class a row

    ax = _axes(ax, 8, 1.1 + 0.75 * per_class)
    width = images.shape[2]
    ax.imshow(_mosaic(_pixels(images[rows]), len(class_names), gap=(2, 2)), interpolation="nearest")
    centres = (width + 2) * np.arange(len(class_names)) + (width - 1) / 2
    ax.set_xticks(centres, class_names, rotation=35, ha="left", rotation_mode="anchor")
    ax.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    return ax


def show_image(image, ax=None, title=None):
    """Show one image (H, W, 3) of pixels 0..255, float or uint8; ValueError outside that range."""
    ax = _axes(ax, 3, 3.3)
    # A small image keeps its square pixels; a photograph is smoothed, or thin lines would drop out.
    ax.imshow(_pixels(image), interpolation="nearest" if len(image) <= 64 else "hanning")
    ax.set_axis_off()
    ax.set_title(title)
    return ax


def show_images(images, captions, columns=5, ax=None, title=None):
    """Show images (N, H, W, 3) in rows, under each its caption of one or two lines."""
    if len(images) != len(captions):
        raise ValueError(f"{len(images)} images, but {len(captions)} captions")
    height, width = images.shape[1:3]
    gap = (3 * height // 8, width // 4)  # the white below each row holds two lines
    mosaic = _mosaic(_pixels(images), columns, gap)
    mosaic = np.pad(mosaic, ((0, gap[0]), (0, 0), (0, 0)), constant_values=255)

    inches = 1.6 * min(columns, 5)
    ax = _axes(ax, inches, inches * mosaic.shape[0] / mosaic.shape[1] + 0.4)
    ax.imshow(mosaic, interpolation="nearest")
    for i, caption in enumerate(captions):
        row, column = divmod(i, columns)
        x = column * (width + gap[1]) + (width - 1) / 2
        y = row * (height + gap[0]) + height + 1
        ax.text(x, y, caption, ha="center", va="top", fontsize=11, linespacing=1.05)
    ax.set_axis_off()
    ax.set_title(title)
    return ax


def template_images(W):
    """Return the weights as images (C, 32, 32, 3) uint8, each stretched to 0..255 by itself.

    W (3072, C) or, with the bias in its last row, (3073, C). A constant template becomes mid-grey.
    Raises ValueError for another shape and for weights that are not finite.
    """
    if W.ndim != 2 or len(W) not in (3072, 3073):
        raise ValueError(f"W has shape {W.shape}, not (3073, C) or (3072, C)")
    if not np.isfinite(W).all():
        raise ValueError("W holds NaN or infinity: the training that made it diverged")
    templates = W[:3072].T.reshape(-1, 32, 32, 3).astype(float)
    low = templates.min(axis=(1, 2, 3), keepdims=True)
    span = templates.max(axis=(1, 2, 3), keepdims=True) - low
    stretched = np.divide(templates - low, span, out=np.full_like(templates, 0.5), where=span > 0)
    return np.rint(255 * stretched).astype(np.uint8)


def show_templates(W, class_names, title=None):
    """Show the weights (3073, C) or (3072, C) as C pictures on a new figure; returns its axes."""
    return show_images(template_images(W), class_names, title=title)


def plot_loss(losses, ax=None, label=None, smooth=25):
    """Plot minibatch losses (T,), pale, and their mean over `smooth` iterations, strong.

    To compare runs, call it on the same axes with a label each time: that draws the mean alone.
    """
    ax = _axes(ax, 7, 4.2)
    line = LINES[len(ax.lines) % len(LINES)]
    smooth = min(smooth, len(losses))
    mean = np.convolve(losses, np.full(smooth, 1 / smooth), mode="valid")
    if label is None:
        pale = {"color": line["color"], "alpha": 0.3, "linewidth": 0.8, "linestyle": "-"}
        ax.plot(losses, **pale, label="one minibatch")
    label = label or f"mean of {smooth}"
    ax.plot(np.arange(len(mean)) + (smooth - 1) / 2, mean, **line, linewidth=2.2, label=label)
    ax.set(xlabel="Iteration", ylabel="Loss")
    ax.legend(loc="upper right")
    return ax


def plot_grid(accuracy, learning_rates, regs, ax=None, title=None, beside=()):
    """Map the accuracies (L, R) of a hyperparameter search and frame the best; NaN means diverged.

    Rows are learning rates (L,), columns regularization strengths (R,). Colours run between the
    multiples of 0.05 around the accuracies, those of the maps `beside` this one among them.
    """
    accuracy, L, R = np.asarray(accuracy, dtype=float), len(learning_rates), len(regs)
    if accuracy.shape != (L, R):
        raise ValueError(f"accuracy is {accuracy.shape}, not {L} learning rates by {R} regs")
    finite, best, low, high = np.isfinite(accuracy), None, None, None
    if finite.any():
        best, shown = np.nanargmax(accuracy), [accuracy, *beside]
        low, high = np.floor(20 * np.nanmin(shown)) / 20, np.ceil(20 * np.nanmax(shown)) / 20

    ax = _axes(ax, 7, 1.6 + 0.75 * L)
    image = ax.imshow(accuracy, cmap="viridis", aspect="auto", vmin=low, vmax=high)
    for i, (row, column) in enumerate(np.ndindex(accuracy.shape)):
        value, corner = accuracy[row, column], (column - 0.5, row - 0.5)
        if not finite[row, column]:
            ax.add_patch(Rectangle(corner, 1, 1, facecolor="white", edgecolor="0.75", hatch="//"))
            box = {"facecolor": "white", "edgecolor": "none", "pad": 2}
            ax.text(column, row, "diverged", ha="center", va="center", fontsize=10, bbox=box)
            continue
        ink = _ink(image.cmap(image.norm(value)))
        style = {"color": ink, "fontsize": 11, "weight": "bold" if i == best else "normal"}
        ax.text(column, row, f"{value:.3f}", ha="center", va="center", **style)
        if i == best:
            inset = (column - 0.46, row - 0.44)
            ax.add_patch(Rectangle(inset, 0.92, 0.88, fill=False, edgecolor=ink, linewidth=2.5))
    ax.set_xticks(range(R), [_short(reg) for reg in regs])
    ax.set_yticks(range(L), [_short(rate) for rate in learning_rates])
    ax.set(xlabel="Regularization strength", ylabel="Learning rate", title=title)
    _finish_map(ax, image, "Accuracy")
    return ax


def plot_confusion(confusion, class_names, ax=None, title=None):
    """Map counts (C, C), rows true and columns predicted classes, as percentages of each row."""
    confusion, C = np.asarray(confusion, dtype=float), len(class_names)
    if confusion.shape != (C, C):
        raise ValueError(f"confusion has shape {confusion.shape}, but there are {C} classes")
    percent = 100 * confusion / np.maximum(1, confusion.sum(axis=1, keepdims=True))

    ax = _axes(ax, 7.4, 6.4)
    image = ax.imshow(percent, cmap="Blues", aspect="auto", vmin=0)
    for row, column in np.ndindex(C, C):
        value, weight = percent[row, column], "bold" if row == column else "normal"
        ink = _ink(image.cmap(image.norm(value)))
        ax.text(column, row, f"{value:.0f}", ha="center", va="center", color=ink, weight=weight)
    ax.set_xticks(range(C), class_names, rotation=35, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(C), class_names)
    ax.set(xlabel="Predicted class", ylabel="True class", title=title)
    _finish_map(ax, image, "Images of the true class (%)")
    return ax


def compare_bars(values_by_name, class_names, ax=None, ylabel="Accuracy", errors=None):
    """Draw the values {name: (C,)} of several classifiers side by side for every class.

    errors {name: (C,)} are drawn as bars of that length, up and down.
    """
    ax = _axes(ax, 8, 4.2)
    places, width = np.arange(len(class_names)), 0.8 / len(values_by_name)
    for i, (name, values) in enumerate(values_by_name.items()):
        at = places + (i - (len(values_by_name) - 1) / 2) * width
        colour, hatch = BARS[i % len(BARS)]
        look = {"color": colour, "hatch": hatch, "edgecolor": DARK, "linewidth": 0.8}
        bars = {"yerr": errors[name], "ecolor": "0.4", "capsize": 3} if errors else {}
        ax.bar(at, values, width, label=name, **look, **bars)
    ax.set_xticks(places, class_names, rotation=35, ha="right", rotation_mode="anchor")
    ax.tick_params(axis="x", length=0)
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(values_by_name))
    ax.set(xlabel="Class", ylabel=ylabel)
    return ax


def show_prediction(picture, small, scores, class_names):
    """Show a picture, the small one that a classifier sees of it, and its scores (C,)."""
    layout = {"layout": "constrained", "width_ratios": [1, 1, 1.3]}
    _, axes = plt.subplots(1, 3, figsize=(8, 3.6), **layout)
    left, middle, right = axes
    show_image(picture, left, "The picture").set_anchor("N")
    show_image(small, middle, "What is classified").set_anchor("N")

    scores, best = np.asarray(scores), int(np.argmax(scores))
    colours = [DARK if c == best else "0.75" for c in range(len(scores))]
    right.barh(class_names, scores, color=colours)
    right.axvline(0, color="0.3", linewidth=0.8)
    right.invert_yaxis()
    right.tick_params(axis="y", length=0)
    right.get_yticklabels()[best].set_fontweight("bold")
    right.set(xlabel="Score", ylabel="Class", title=f"It says: {class_names[best]}")
    return axes


def _axes(ax, width, height):
    """Return ax, or the axes of a new figure of that many inches."""
    return ax or plt.subplots(figsize=(width, height), layout="constrained")[1]


def _finish_map(ax, image, label):
    """Take frame and ticks off a map, whose cells show where its labels belong; add its colours."""
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.figure.colorbar(image, ax=ax, label=label).outline.set_visible(False)


def _pixels(images):
    """Return images as uint8, rounded; ValueError for values that are no pixels."""
    images = np.asarray(images)
    if images.dtype == np.uint8:
        return images
    low, high = images.min(), images.max()
    if not (low >= 0 and high <= 255):
        raise ValueError(f"pixels from {low:.4g} to {high:.4g}: was the mean image subtracted?")
    return np.rint(images).astype(np.uint8)


def _mosaic(images, columns, gap):
    """Tile images (N, H, W, 3) row by row on white, `gap` (vertical, horizontal) pixels apart."""
    (N, height, width), (down, across) = images.shape[:3], gap
    rows = -(-N // columns)
    canvas = np.full((rows * (height + down), columns * (width + across), 3), 255, dtype=np.uint8)
    for i, image in enumerate(images):
        top, left = i // columns * (height + down), i % columns * (width + across)
        canvas[top : top + height, left : left + width] = image
    return canvas[: canvas.shape[0] - down, : canvas.shape[1] - across]


def _ink(rgba):
    """Return black or white, whichever contrasts more with a colour (by WCAG's luminance)."""
    rgb = np.asarray(rgba[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return "black" if linear @ [0.2126, 0.7152, 0.0722] > 0.179 else "white"


def _short(number):
    """Return 1e-7 for 1e-07 and 2.5e4 for 25000."""
    return f"{number:.3g}".replace("e-0", "e-").replace("e+0", "e")

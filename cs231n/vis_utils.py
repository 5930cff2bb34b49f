"""Every figure of the notebooks.

A figure function draws on the axes it is given, or on a new figure, and returns the axes, so that
a notebook can put several side by side or add to them. The look is in one file, which the notebook
applies:

    plt.style.use(vis_utils.STYLE)

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
MARKERS = "os^D"
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


def show_templates(W, class_names, axes=None, title=None):
    """Show the weights (3073, C) or (3072, C) as C pictures; returns their C axes."""
    templates = template_images(W)
    if axes is None:
        columns = min(5, len(templates))
        rows = -(-len(templates) // columns)
        size = (1.6 * columns, 1.9 * rows + (0.4 if title else 0))
        _, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    axes = np.ravel(axes)
    if len(axes) < len(templates):
        raise ValueError(f"{len(templates)} templates need as many axes, not {len(axes)}")
    for ax in axes:
        ax.set_axis_off()
    for ax, template, name in zip(axes, templates, class_names, strict=False):
        show_image(template, ax)
        ax.set_title(name, fontsize=12, pad=4)
    if title:
        axes[0].figure.suptitle(title)
    return axes[: len(templates)]


def plot_line(x, ys_by_name, ax=None, xlabel=None, ylabel=None, logx=False):
    """Plot each named series of `ys_by_name` {name: (N,)} against x (N,)."""
    ax = _axes(ax, 7, 4.2)
    for i, (name, y) in enumerate(ys_by_name.items(), start=len(ax.lines)):
        # A few markers tell the lines apart; one on every point would hide them.
        every = max(1, len(x) // 10)
        marks = {"marker": MARKERS[i % len(MARKERS)], "markevery": (i * every // 4, every)}
        ax.plot(x, y, **LINES[i % len(LINES)], **marks, label=name)
    if logx:
        ax.set_xscale("log")
    if len(ys_by_name) > 1:
        ax.legend()
    ax.set(xlabel=xlabel, ylabel=ylabel or next(iter(ys_by_name)))
    return ax


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


def plot_kink(w, h, ax=None):
    """Draw max(0, w) at its kink: the slope at w, and what a central difference of step h measures.

    Both steps on one side of the kink give the same slope; on two sides (|w| < h) they cannot.
    """
    ax = _axes(ax, 7, 4.4)
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


def plot_failure_rate(x, measured, expected=None, ax=None, xlabel="Step h"):
    """Plot how often a check fails against x (N,): measured and expected fractions 0..1 (N,).

    The axis of x is logarithmic if x spans more than two powers of ten.
    """
    ax = _axes(ax, 7, 4.2)
    if expected is not None:
        ax.plot(x, 100 * np.asarray(expected), **LINES[1], label="expected")
    ax.plot(x, 100 * np.asarray(measured), "o", color=DARK, markersize=8, label="measured")
    if np.min(x) > 0 and np.max(x) > 100 * np.min(x):
        ax.set_xscale("log")
    ax.set_ylim(bottom=min(0, ax.get_ylim()[0]))
    ax.legend(loc="best")
    ax.set(xlabel=xlabel, ylabel="Checks that fail (%)")
    return ax


def plot_grid(accuracy, learning_rates, regs, ax=None, title=None, limits=None):
    """Map the accuracies (L, R) of a hyperparameter search and frame the best; NaN means diverged.

    Rows are learning rates (L,), columns regularization strengths (R,). Colours run from `limits`
    (low, high), None for the multiples of 0.05 around the accuracies, so that similar searches look
    alike. Raises ValueError for another shape.
    """
    accuracy = np.asarray(accuracy, dtype=float)
    if accuracy.shape != (len(learning_rates), len(regs)):
        raise ValueError(
            f"accuracy has shape {accuracy.shape}, but there are {len(learning_rates)}"
            f" learning rates and {len(regs)} regularization strengths"
        )
    finite = np.isfinite(accuracy)
    best = np.argmax(np.where(finite, accuracy, -np.inf)) if finite.any() else None

    ax = _axes(ax, 7, 1.6 + 0.75 * len(learning_rates))
    if limits is None and finite.any():
        limits = np.floor(20 * np.nanmin(accuracy)) / 20, np.ceil(20 * np.nanmax(accuracy)) / 20
    low, high = (None, None) if limits is None else limits
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
    ax.set_xticks(range(len(regs)), [_short(reg) for reg in regs])
    ax.set_yticks(range(len(learning_rates)), [_short(rate) for rate in learning_rates])
    ax.set(xlabel="Regularization strength", ylabel="Learning rate", title=title)
    _bare(ax)
    ax.figure.colorbar(image, ax=ax, label="Accuracy").outline.set_visible(False)
    return ax


def plot_confusion(confusion, class_names, ax=None, title=None):
    """Map counts (C, C), rows true and columns predicted classes, as percentages of each row."""
    confusion = np.asarray(confusion, dtype=float)
    C = len(class_names)
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
    _bare(ax)
    label = "Images of the true class (%)"
    ax.figure.colorbar(image, ax=ax, label=label).outline.set_visible(False)
    return ax


def compare_bars(values_by_name, class_names, ax=None, ylabel="Accuracy"):
    """Draw the values {name: (C,)} of several classifiers side by side for every class."""
    ax = _axes(ax, 8, 4.2)
    places, width = np.arange(len(class_names)), 0.8 / len(values_by_name)
    for i, (name, values) in enumerate(values_by_name.items()):
        at = places + (i - (len(values_by_name) - 1) / 2) * width
        colour, hatch = BARS[i % len(BARS)]
        look = {"color": colour, "hatch": hatch, "edgecolor": DARK, "linewidth": 0.8}
        ax.bar(at, values, width, label=name, **look)
    ax.set_xticks(places, class_names, rotation=35, ha="right", rotation_mode="anchor")
    ax.tick_params(axis="x", length=0)
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(values_by_name))
    ax.set(xlabel="Class", ylabel=ylabel)
    return ax


def plot_border_colours(template_colours, image_colours, class_names, axes=None):
    """Compare the border colours of templates and of images, (C, 3) each, a panel a channel.

    Weights and pixels have different units, so both are shown in standard deviations from their
    mean over the classes; r is their correlation. Returns the three axes.
    """
    if axes is None:
        layout = {"layout": "constrained", "sharex": True, "sharey": True}
        _, axes = plt.subplots(1, 3, figsize=(8, 4.4), **layout)
    templates, images = _standardized(template_colours), _standardized(image_colours)
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
    return np.array(axes)


def show_prediction(picture, small, scores, class_names, axes=None):
    """Show a picture, the 32 x 32 pixels a classifier sees of it, and its scores (C,).

    The best score is dark and its class bold. Returns the three axes.
    """
    if axes is None:
        layout = {"width_ratios": [1, 1, 1.3]}
        _, axes = plt.subplots(1, 3, figsize=(8, 3.6), layout="constrained", gridspec_kw=layout)
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
    return np.array([left, middle, right])


def _axes(ax, width, height):
    """Return ax, or the axes of a new figure of that many inches."""
    return ax or plt.subplots(figsize=(width, height), layout="constrained")[1]


def _bare(ax):
    """Take frame and tick marks off a map, whose cells show where its labels belong."""
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)


def _standardized(columns):
    """Return columns (C, 3) with mean 0 and standard deviation 1 each; constant ones become 0."""
    centred = np.asarray(columns) - np.mean(columns, axis=0)
    deviation = centred.std(axis=0)
    return centred / np.where(deviation > 0, deviation, 1)


def _pixels(images):
    """Return images as uint8, rounded; ValueError for values that are no pixels."""
    images = np.asarray(images)
    if images.dtype == np.uint8:
        return images
    if not (images.min() >= 0 and images.max() <= 255):
        raise ValueError(
            f"pixels run from {images.min():.4g} to {images.max():.4g}, not within 0..255;"
            " was the mean image subtracted?"
        )
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

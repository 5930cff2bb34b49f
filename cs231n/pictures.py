"""Picture files: the animation of templates while they form, and pictures of one's own."""

from pathlib import Path

import imageio.v3 as iio
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cs231n.vis_utils import template_images


def write_gif(path, snapshots, class_names, fps=8):
    """Write an endless animation of the templates of `snapshots`, a list of W (D, C); returns path.

    The bar at the bottom is the progress of training; the last frame stays for two seconds.
    """
    if len(snapshots) == 0:
        raise ValueError("there are no snapshots to animate")
    scale, gap, heading, columns = 3, 12, 24, 5
    cell = scale * 32
    rows = -(-len(class_names) // columns)
    height, width = rows * (heading + cell) + 2 * gap, columns * (cell + gap) + gap
    corners = [
        (heading + i // columns * (heading + cell), gap + i % columns * (cell + gap))
        for i in range(len(class_names))
    ]

    # Text once, by a figure without pyplot; templates as plain pixels, three by three.
    figure = Figure(figsize=(width / 100, height / 100), dpi=100, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    for (top, left), name in zip(corners, class_names, strict=True):
        x, y = (left + cell / 2) / width, 1 - (top - 6) / height
        figure.text(x, y, name, ha="center", va="baseline", fontsize=10, color="black")
    canvas.draw()
    page = np.array(canvas.buffer_rgba())[..., :3]

    frames = []
    for t, W in enumerate(snapshots, start=1):
        frame = page.copy()
        for (top, left), template in zip(corners, template_images(W), strict=True):
            enlarged = template.repeat(scale, axis=0).repeat(scale, axis=1)
            frame[top : top + cell, left : left + cell] = enlarged
        frame[-6:, :] = 220
        frame[-6:, : width * t // len(snapshots)] = 60  # so no two frames are equal and merged
        # Seven levels a channel: few enough colours for one palette, a third of the file's size.
        frames.append(np.rint(np.rint(frame / 42.5) * 42.5).astype(np.uint8))
    duration = [1000 / fps] * (len(frames) - 1) + [2000]
    iio.imwrite(path, frames, extension=".gif", plugin="pillow", duration=duration, loop=0)
    return path


def read_picture(path, size=32):
    """Read a picture of any usual kind; return it and what a classifier sees of it.

    The picture (H, W, 3) uint8 is put on white where it is transparent, and turned upright; of an
    animation the first frame counts. The small one (size, size, 3) uint8 averages the pixels of
    its central square.
    Raises FileNotFoundError, or ValueError if the file is not a picture.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"no picture at {path}: put one there, or give the path of another")
    try:
        with iio.imopen(path, "r", plugin="pillow") as file:
            deep = file.properties(index=0).dtype.itemsize == 2
            # Pillow turns everything into RGBA by itself, but cuts 16-bit greys off at 255.
            pixels = file.read(index=0, mode=None if deep else "RGBA", rotate=True)
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"{path} is not a picture that can be read; try a JPEG or PNG") from error
    if deep:
        picture = np.repeat((pixels // 257).astype(np.uint8)[..., None], 3, axis=2)
    else:
        colour, alpha = pixels[..., :3].astype(np.uint16), pixels[..., 3:].astype(np.uint16)
        picture = ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)

    return picture, shrink_centre(picture, size)


def shrink_centre(picture, size):
    """Return the central square of a picture (H, W, 3), averaged down to (size, size, 3) uint8."""
    side = min(picture.shape[:2])
    top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
    square = picture[top : top + side, left : left + side]

    # Each new pixel averages the box it covers. In units of 1/size of an old pixel all lengths are
    # whole numbers, so the sums are exact; enlarging by the same rule repeats pixels.
    old, new = np.arange(side) * size, np.arange(size)[:, None] * side
    overlap = np.minimum(old + size, new + side) - np.maximum(old, new)
    weights = np.maximum(overlap, 0).astype(float)  # (size, side), rows sum to side
    sums = np.tensordot(np.tensordot(weights, square, 1), weights, (1, 1))  # (size, 3, size)
    return np.rint(sums.transpose(0, 2, 1) / side**2).astype(np.uint8)

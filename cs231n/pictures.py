"""The animation of templates while they form, and pictures of one's own."""

import io
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageOps

from cs231n.vis_utils import template_images


def animate(snapshots, class_names, fps=8):
    """Return a GIF (bytes) that shows the templates of `snapshots`, a list of W (D, C), endlessly.

    The bar at the bottom is the progress of training; the last frame stays for two seconds.
    """
    if len(snapshots) == 0:
        raise ValueError("there are no snapshots to animate")
    scale, gap, heading, columns = 3, 12, 24, 5
    cell = scale * 32
    rows = -(-len(class_names) // columns)
    height, width = rows * (heading + cell) + 2 * gap, columns * (cell + gap) + gap
    places = [divmod(i, columns) for i in range(len(class_names))]
    corners = [(heading + i * (heading + cell), gap + j * (cell + gap)) for i, j in places]

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
        frames.append(Image.fromarray(np.rint(np.rint(frame / 42.5) * 42.5).astype(np.uint8)))
    durations = [1000 / fps] * (len(frames) - 1) + [2000]
    gif, options = io.BytesIO(), {"save_all": True, "duration": durations, "loop": 0}
    frames[0].save(gif, format="GIF", append_images=frames[1:], **options)
    return gif.getvalue()


def read_picture(path):
    """Return the pixels (H, W, 3) uint8 of a picture of any usual kind: upright, on white.

    Of an animation the first frame counts. Raises FileNotFoundError; ValueError for other files.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"no picture at {path}: put one there, or give the path of another")
    try:
        with Image.open(path) as file:
            picture = ImageOps.exif_transpose(file)
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"{path} is not a picture that can be read; try a JPEG or PNG") from error
    if picture.mode.startswith("I;16"):  # of 16-bit greys, Pillow cuts off what is above 255
        picture = Image.fromarray((np.asarray(picture) // 257).astype(np.uint8))
    white = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB"))


def shrink(picture, size=32):
    """Return what a classifier sees of a picture (H, W, 3): its central square, (size, size, 3)."""
    square = ImageOps.fit(Image.fromarray(picture), (size, size), Image.Resampling.BOX)
    return np.asarray(square)

"""Figures that can be touched, and pictures of one's own."""

import base64
import html
import io
import json
import re
from pathlib import Path
from string import Template

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from PIL import Image, ImageDraw, ImageFont, ImageOps

from cs231n import vis_utils

FIGURES = Path(__file__).resolve().parents[1] / "notebooks" / "figures"


def show_page(page, title, still=None, **values):
    """Show notebooks/figures/<page>.html, a figure to be touched, in a frame below the cell.

    still     a picture for where no script runs, PNG in base64; None reads <page>.png
    values    what the page's script finds in VALUES: numbers, arrays, texts
    """
    data = json.dumps({"title": title, **values}, default=lambda value: value.tolist())
    data = data.replace("<", r"\u003c")  # so that no text ends the script
    look, own = ((FIGURES / f"{name}.html").read_text("utf-8") for name in ("look", page))
    alt = " ".join(re.search('name="description" content="([^"]*)"', own)[1].split())
    still = still or encode(add_title(Image.open(FIGURES / f"{page}.png"), title), "PNG")
    page = f"{look}<script>const VALUES = {data};</script>\n{own}"
    texts = {"title": html.escape(title), "alt": alt, "page": html.escape(page), "picture": still}
    frame = Template((FIGURES / "frame.html").read_text("utf-8")).substitute(texts)
    bundle = {"text/html": frame, "image/png": still, "text/plain": f"{title}: {alt}"}
    display(bundle, raw=True)


def show_steps(iterations, snapshots, curves, class_names, title):
    """Show templates as they form, with a slider, and curves {name: (T,)} below them.

    snapshots are T arrays W (D, C), taken at iterations (T,), from the first to the last.
    """
    rows = [np.hstack(vis_utils.template_images(W)) for W in snapshots]
    chosen = np.rint(np.linspace(0, len(rows) - 1, 4)).astype(int)
    figure, (above, below) = plt.subplots(2, figsize=(8, 6.6), layout="constrained")
    above.imshow(np.vstack([rows[t] for t in chosen]))
    above.set_xticks(32 * np.arange(len(class_names)) + 16, class_names, rotation=35, ha="right")
    above.set_yticks([16, 48, 80, 112], [iterations[t] for t in chosen])
    above.set(ylabel="Iteration", title=title)
    for (name, values), line in zip(curves.items(), vis_utils.LINES, strict=False):
        below.plot(iterations, values, **line, label=name)
    below.set(xlabel="Iteration", ylabel="Loss")
    below.legend()
    figure.canvas.draw()
    still = Image.fromarray(np.array(figure.canvas.buffer_rgba())[..., :3]).quantize()
    plt.close(figure)
    strip = "data:image/jpeg;base64," + encode(Image.fromarray(np.vstack(rows)), "JPEG")
    values = {"iterations": iterations, "curves": curves, "names": class_names, "strip": strip}
    show_page("steps", title, encode(still, "PNG"), **values)


def add_title(picture, title):
    """Return a picture with a line above it."""
    picture = ImageOps.expand(picture.convert("RGB"), (0, 28, 0, 0), "white")
    ImageDraw.Draw(picture).text((4, 4), title, fill="#222222", font=ImageFont.load_default(17))
    return picture.quantize()


def encode(image, kind):
    file = io.BytesIO()
    image.save(file, kind, optimize=True)
    return base64.b64encode(file.getvalue()).decode()


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
    if picture.mode[0] in "IF":  # Pillow would cut off what is above 255
        raise ValueError(f"{path} has more than 8 bits a colour; save it as a usual JPEG or PNG")
    white = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB"))


def shrink(picture, size=32):
    """Return what a classifier sees of a picture (H, W, 3): its central square, (size, size, 3)."""
    return np.asarray(ImageOps.fit(Image.fromarray(picture), (size, size), Image.Resampling.BOX))

"""Do two lists of outputs show the same? And if not: what differs, in short.

The comparison itself is course/outputs/compare.py. Here is what the outputs of a stranger need
besides: texts and pictures of any size and kind, made on another machine.
"""

import base64
import io
import re
import warnings
from contextlib import suppress

from PIL import Image

from course.outputs.compare import CELL, COLOUR, PROGRESS, TIME, compare_value, contents
from course.text import clean, one_line

SHOWN = 400  # characters of an output
CHUNK = 200  # lines; the time that difflib takes can grow with their square
MOST_PIXELS = 60_000_000  # of all pictures of a notebook that are not the same to the byte
PIXELS = 10_000_000  # of one, with all frames; decoded they take 32 bytes each
FRAMES = 200  # of one
FORMATS = ("PNG", "GIF", "JPEG")  # for others, Pillow may start programs

# What is not the same on another machine, or in another tree.
STAMP = re.compile(r"\bcode [0-9a-f]{16}\b")
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
FOLDERS = re.compile(r"(?<![\w.:/<])(?:[A-Za-z]:)?[/\\](?:[^\s'\"<>/\\]{1,100}[/\\])+")
SPACES = re.compile(r" {20,}")


class Budget:
    """How many pixels may yet be decoded."""

    def __init__(self):
        self.left = MOST_PIXELS

    def take(self, pixels):
        self.left -= pixels
        return self.left >= 0


def difference(stored, fresh, tolerance, budget):
    """Return None if two lists of outputs agree, else (why, stored, fresh) in short."""
    expected, actual = shown(stored), shown(fresh)
    if [kind for kind, _ in expected] != [kind for kind, _ in actual]:
        why = f"stored: {kinds(expected)}; shown here: {kinds(actual)}"
        return why, summary(stored), summary(fresh)
    for (kind, old), (_, new) in zip(expected, actual, strict=True):
        if old == new:
            continue
        if kind.startswith("image/") and kind != "image/svg+xml":
            lines, both = compare_images(kind, old, new, tolerance, budget), (kind, kind)
        else:
            lines, both = compare_long(kind, old, new, tolerance)
        if lines:
            return one_line("; ".join(lines[:4]), SHOWN), *both
    return None


def shown(outputs):
    """Return [(kind, value), ...]; without HTML that repeats what is there as plain text."""
    kept = []
    for kind, value in contents(outputs):
        # <IPython.core.display.HTML object> and its like say nothing of what they show.
        if kind == "text/plain" and kept and kept[-1][0] == "text/html" and value[:1] != "<":
            kept.pop()
        kept.append((kind, value))
    return kept


def told_error(outputs):
    """Return the last error among outputs in a line, "" if there is none."""
    raised = [value for kind, value in contents(outputs) if kind == "error"]
    return one_line(comparable(raised[-1]), SHOWN) if raised else ""


def kinds(flat):
    return ", ".join(kind for kind, _ in flat) or "nothing"


def compare_long(kind, old, new, tolerance):
    """Compare texts of any length: ([what differs, ...], the parts where it first does)."""
    old, new = (comparable(text).splitlines() for text in (old, new))
    for start in range(0, max(len(old), len(new)), CHUNK):
        parts = ["\n".join(lines[start : start + CHUNK]) for lines in (old, new)]
        problems, _ = compare_value(kind, *parts, tolerance)
        if problems:
            if problems[0].startswith("---"):  # words differ: stored and fresh show them
                problems = ["the text differs"]
            return problems, around_difference(*parts)
    return [], ("", "")


def around_difference(old, new):
    """Return the two texts from their first line that differs."""
    old, new = (TIME.sub(" TIME", text).splitlines() for text in (old, new))
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    return tuple(clean("\n".join(lines[same : same + 8]), SHOWN) for lines in (old, new))


def summary(outputs):
    """Return in short what a cell shows."""
    flat = shown(outputs)
    texts = [value for kind, value in flat if kind in ("stdout", "stderr", "error", "text/plain")]
    pictures = [f"[{kind}]" for kind, _ in flat if kind.startswith("image/")]
    return clean(TIME.sub(" TIME", comparable("\n".join([*texts, *pictures])[:2000])), SHOWN)


def comparable(text):
    """Return a text without what varies from place to place, and what is measured by a clock."""
    text = PROGRESS.sub("", CELL.sub("CELL", COLOUR.sub("", text)))
    text = ADDRESS.sub("0x...", STAMP.sub("code ...", text))
    # The patterns for numbers and times look at each run of spaces again and again.
    return FOLDERS.sub("", SPACES.sub(" " * 20, text))


def compare_images(kind, old, new, tolerance, budget):
    """Return what differs between two pictures, and refuse those that are none or too large."""
    try:
        sizes = [measure(picture) for picture in (old, new)]
        if not budget.take(sum(sizes)):
            return ["too many pictures to compare"]
        return compare_value(kind, old, new, tolerance)[0]
    except Exception as error:  # damaged pictures raise nearly anything
        return [f"a picture cannot be read ({one_line(error, 100)})"]


def measure(picture):
    """Return the pixels of all frames of a picture; ValueError if there are too many.

    Frames are looked at one by one, without decoding: each may be larger than the file says.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(base64.b64decode(picture)), formats=FORMATS) as image:
            pixels, frames = image.width * image.height, 1
            with suppress(EOFError):
                while pixels <= PIXELS and frames <= FRAMES:
                    image.seek(frames)
                    pixels, frames = pixels + image.width * image.height, frames + 1
    if pixels > PIXELS or frames > FRAMES:
        raise ValueError(f"it has more than {PIXELS:,} pixels, or {FRAMES} frames")
    return pixels

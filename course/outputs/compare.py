"""Compare what a cell shows now with what the notebook stores: text, numbers and pictures.

Numbers have a relative tolerance, the rest of a text counts to the letter. Pictures are compared
as pictures: an edge may lie a few pixels elsewhere, where another FreeType puts it, but none may
be lost or new. Not seen, therefore: one digit or short word in small type in place of another.
"""

import base64
import difflib
import io
import json
import re
from dataclasses import dataclass, fields

import imageio.v3 as iio
import numpy as np

from course.outputs.canonical import is_progress_bar


@dataclass(frozen=True)
class Tolerance:
    """How far an output may be from the stored one; a cell's metadata "nbval" overrides a field.

    Two numbers are equal if |a - b| <= max(atol, rtol * max(|a|, |b|)).
    """

    rtol: float = 1e-3
    atol: float = 1e-9  # above the rounding noise of float64, below a learning rate of 1e-8
    integers: float = 0  # |a - b| of two numbers that are both written without point and exponent
    image: float = 0.11  # mean difference, 0..1, in the worst window; measured below
    shift: int = 3  # pixels by which an edge may lie elsewhere

    @classmethod
    def of(cls, cell):
        """Return the tolerance of a notebook's cell; ValueError for a key that does not exist."""
        wanted = cell.metadata.get("nbval", {})
        known = [field.name for field in fields(cls)]
        if unknown := sorted(set(wanted) - set(known)):
            raise ValueError(f'metadata "nbval" of the cell holds {unknown}; known are {known}')
        return cls(**wanted)


# Outputs

PICTURE = re.compile(r"data:(image/(?:png|jpeg|gif));base64,([A-Za-z0-9+/=]+)")


def contents(outputs):
    """Flatten a cell's outputs to a list of (kind, value), without progress bars.

    Kinds are "stdout", "stderr", "error" and MIME types. Before HTML stand the pictures in it,
    which are compared as such.
    """
    flat = []
    for output in outputs:
        if is_progress_bar(output):
            continue
        if output.output_type == "stream":
            flat.append((output.name, output.text))
        elif output.output_type == "error":
            flat.append(("error", f"{output.ename}: {output.evalue}"))
        else:
            for kind, value in sorted(output.data.items()):
                if kind == "text/html":
                    flat += PICTURE.findall(value)
                    value = PICTURE.sub(r"data:\1", value)
                flat.append((kind, value))
    return flat


def compare_value(kind, expected, actual, tolerance):
    """Compare two contents of one kind; returns lines and pictures as compare_pictures does."""
    if kind.startswith("image/") and kind != "image/svg+xml":
        return compare_pictures(expected, actual, tolerance)
    if not isinstance(expected, str):  # application/json
        expected, actual = (json.dumps(x, indent=1, sort_keys=True) for x in (expected, actual))
    return compare_text(expected, actual, tolerance), {}


# Text

# Times, ratios of times and numbers of timed loops, as people and tools print them: 0.12 s, 12.3x,
# 1min 4s, 2m 5s, took 23.4 seconds, 9 times faster, 0s 2ms/step, 25.2it/s, 1,000,000 loops each,
# 0:01:23.4. There are two letters for micro.
UNIT = r"(?:[nµμum]?s|(?:[mu]|milli|micro)?sec(?:ond)?s?|min(?:ute)?s?|h(?:(?:ou)?rs?)?)"
ONE_TIME = (
    r"(?:(?<![\w.:,])(?:"
    r"\d+:\d\d:\d\d(?:\.\d+)?|\d+m ?\d+(?:\.\d+)?s"
    rf"|\d+(?:\.\d+)?(?:e-?\d+)?(?: ?{UNIT}(?:/(?:step|it|epoch|batch))?|x)"
    r"|\d+(?:\.\d+)? ?(?:it|steps|batches|images|examples|samples)/s"
    r"|(?:\d{1,3}(?:,\d{3})+|\d+) loops?|\d+(?:\.\d+)? times(?= (?:faster|slower|as fast)\b)"
    r")(?!\w))"
)
TIME = re.compile(rf" *{ONE_TIME}(?: (?:and )?{ONE_TIME})*")

# What another version writes in another way, and in a picture of its own or not at all.
COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
PROGRESS = re.compile(
    r"(?:(?<=[\r\n])|\A)[^\[\r\n]{0,200}\[(?:elapsed: )?(?:\d+:)?\d\d:\d\d"
    r"(?:<| left|, +[\d.?]+ ?(?:it|s)/)[^\]\r\n]{0,100}\][ \t]*(?:\r|\n|\Z)",
)
CELL = re.compile(
    r"<ipython-input-\d+-[0-9a-f]+>"
    r"|(?<![^\s<>:\"'])(?:[A-Za-z]:)?[^\s<>:\"']{0,200}[/\\]ipykernel_\d+[/\\]\d+\.py"
)
SAME = (
    (COLOUR, ""),
    (re.compile(r"<Figure size (?:432x288|640x480)(?= with)"), "<Figure size DEFAULT"),
    (CELL, "CELL"),
    (re.compile(r"\{([^{}:()\[\]\n]{1,400})\}"), lambda found: sorted_set(found[1])),
)
# Where one text has none of these, NumPy's names of types in the other say nothing.
SCALAR = (
    (re.compile(r"\bnp\.(?:float|int|uint|complex|longdouble|str_)\w*\(([^()]*)\)"), r"\1"),
    (re.compile(r"\bnp\.(True|False)_(?!\w)"), r"\1"),
)


def sorted_set(inside):
    return "{" + ", ".join(sorted(part.strip() for part in inside.split(","))) + "}"


def without_noise(expected, actual):
    """Return both texts without what differs between versions and runs, and means the same."""
    texts = [expected, actual]
    texts = [PROGRESS.sub("", text) for text in texts]
    for pattern, instead in SAME:
        texts = [pattern.sub(instead, text) for text in texts]
    for pattern, instead in SCALAR:
        if sum(pattern.search(text) is not None for text in texts) == 1:
            texts = [pattern.sub(instead, text) for text in texts]
    return [TIME.sub(" TIME", text) for text in texts]


# A number stands alone: float32 and 32x32 are words. Spaces beside it align columns, no more.
NUMBER = re.compile(r" *((?<![\w.])(?:(?<!\w)[-+])?(?>\d+\.?\d*|\.\d+)(?>[eE][-+]?\d+)?(?!\w)) *")


def compare_text(expected, actual, tolerance):
    """Return what differs between two texts, as lines to print; an empty list if nothing does."""
    expected, actual = without_noise(expected, actual)
    old, new = NUMBER.split(expected), NUMBER.split(actual)  # words and numbers take turns
    if old[::2] != new[::2]:
        lines = (text.splitlines() for text in (expected, actual))
        return list(difflib.unified_diff(*lines, "stored", "executed again", lineterm="", n=1))
    return [
        f"stored {a}, executed again {b} after {words[-60:]!r}"
        for words, a, b in zip(old[:-1:2], old[1::2], new[1::2], strict=True)
        if not _same_number(a, b, tolerance)
    ]


def _same_number(a, b, tolerance):
    distance = abs(float(a) - float(b))
    if all(re.fullmatch(r"[-+]?\d+\.?", number) for number in (a, b)):  # "5." may end a sentence
        return distance <= tolerance.integers
    return distance <= max(tolerance.atol, tolerance.rtol * max(abs(float(a)), abs(float(b))))


# Pictures

# Scores measured on figures of curves, maps and templates, against Matplotlib 3.11, FreeType 2.14.
# Harmless, at most: Matplotlib 3.8 and 3.10 with FreeType 2.6 0.05, letters without hinting 0.03,
# without antialiasing 0.09; data off by 1e-3 0.01.
# Wrong, at least: a curve moved by 1% of the axis 0.14, a loss larger by 3% 0.24, a cell of a heat
# map off by 5% of its scale 0.13, another colour map 0.45, another word in a title 0.4, no
# title 0.5, two templates swapped 0.6.
# Wrong and not seen: "frog" for "dog" 0.11, "cat" for "dog" 0.06, a single digit 0.00.
WINDOW = 8  # pixels: about a letter
SIZE_SLACK = 4  # pixels by which a tight bounding box may grow with the text in it


def compare_pictures(expected, actual, tolerance):
    """Compare two pictures or animations, the base64 of a PNG, GIF or JPEG.

    Returns what differs, as lines to print, and, if anything does, pictures of the worst frame,
    uint8: {"expected": (H, W, 3), "actual": (H, W, 3), "difference": (H, W), dark where it is}.
    """
    (old, old_times), (new, new_times) = decode(expected), decode(actual)
    problems = []
    if len(old) != len(new):
        problems.append(f"stored {len(old)} frames, executed again {len(new)}")
    elif old_times != new_times:
        problems.append(f"stored frames of {old_times} ms, executed again {new_times} ms")
    (height, width), (new_height, new_width) = old.shape[1:3], new.shape[1:3]
    if max(abs(height - new_height), abs(width - new_width)) > SIZE_SLACK:
        problems.append(
            f"stored {width} x {height} pixels, executed again {new_width} x {new_height}"
        )

    maps = [difference_map(a, b, tolerance.shift) for a, b in zip(old, new, strict=False)]
    scores = [score(difference) for difference in maps]
    worst = int(np.argmax(scores))
    if scores[worst] > tolerance.image:
        frame = f" in frame {worst}" if len(old) > 1 else ""
        problems.append(f"pictures differ by {scores[worst]:.3f}{frame}, allowed {tolerance.image}")
    if not problems:
        return [], {}
    difference = np.rint(255 * (1 - maps[worst])).astype(np.uint8)
    return problems, {"expected": old[worst], "actual": new[worst], "difference": difference}


def difference_map(a, b, shift):
    """Return (H, W), 0..1: how far each pixel of a, b (H, W, 3) uint8 is from the other picture.

    That is the distance to the range of colours that the other picture has within `shift` pixels,
    so what lies elsewhere by that little costs nothing; both directions count. Of pictures that
    differ in size, the common part at the top left is compared.
    """
    height, width = np.minimum(a.shape[:2], b.shape[:2])
    a, b = a[:height, :width], b[:height, :width]
    if np.array_equal(a, b):
        return np.zeros((height, width))
    return np.maximum(_outside(a, b, shift), _outside(b, a, shift))


def score(difference):
    """Return the mean of a difference (H, W) over the window where it is largest."""
    sums = np.pad(difference.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    k = min(WINDOW, *difference.shape)
    return (sums[k:, k:] - sums[:-k, k:] - sums[k:, :-k] + sums[:-k, :-k]).max() / k**2


def decode(data):
    """Return frames (N, H, W, 3) uint8, on white where they are transparent, and their times."""
    with iio.imopen(io.BytesIO(base64.b64decode(data)), "r", plugin="pillow") as file:
        frames = np.stack(list(file.iter(mode="RGBA"))).astype(float)
        times = [file.metadata(index=i).get("duration") for i in range(len(frames))]
    alpha = frames[..., 3:] / 255
    return np.rint(frames[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8), times


def _outside(a, b, shift):
    low, high = (_extreme(b, shift, f).astype(np.int16) for f in (np.minimum, np.maximum))
    return np.maximum(np.maximum(a - high, low - a), 0).max(axis=2) / 255


def _extreme(picture, shift, extreme):
    """Return the minimum or maximum of the square around each pixel, one axis after the other."""
    for axis in (0, 1):
        padding = [(shift, shift) if i == axis else (0, 0) for i in range(3)]
        padded, n = np.pad(picture, padding, mode="edge"), picture.shape[axis]
        for i in range(2 * shift + 1):
            moved = padded[i : i + n] if axis == 0 else padded[:, i : i + n]
            picture = moved if i == 0 else extreme(picture, moved)
    return picture

"""Read what a child process sends, and believe nothing: a student's code can write to its pipe.

A frame is 8 bytes of length and a npz archive of plain numbers, and of `meta`, a JSON text. What
has another form, is too large, or was not asked for is a ValueError, whoever sent it. What is left
is numbers as float64, short printable texts, and nothing else.
"""

import io
import json
import math
import struct
import zipfile

import numpy as np
from numpy.lib import format as npy

MOST_FRAME = 1_000_000  # bytes; a right solution's frames have some thousands
MOST_META = 10_000  # bytes
MOST_TEXT = 300  # characters
MOST_LINE = 1_000_000

ERROR = {"error", "message", "file", "line", "missing"}
TEXTS = {"type", "loss_type", "dW_type", "error", "message", "file"}
FLAGS = {"missing", "float_labels"}
ARGUMENTS = {"W", "X", "y"}
# For each kind of call: what meta holds at least, the arrays that may come and those that must.
KINDS = {
    "loss": ({"changed", "type"}, {"loss", "dW"}, set()),
    "predict": ({"changed", "type"}, {"labels"}, set()),
    "train": (
        {"changed", "type", "float_labels"},
        {"W", "losses"},
        {"sizes", "X", "y", "y_sizes", "reg", "between", "calls"},
    ),
    "timing": (set(), set(), {"seconds"}),
}


class Frames:
    """Cuts the stream from the child into frames: (meta, arrays)."""

    def __init__(self):
        self.buffer = bytearray()

    def add(self, data):
        """Take more bytes; yield every frame that is complete. ValueError if it is no frame."""
        self.buffer += data
        while len(self.buffer) >= 8:
            (length,) = struct.unpack(">Q", self.buffer[:8])
            if length > MOST_FRAME:
                raise ValueError(f"a frame of {length} bytes")
            if len(self.buffer) < 8 + length:
                return
            frame = bytes(self.buffer[8 : 8 + length])
            del self.buffer[: 8 + length]
            try:
                yield unpack(frame)
            except Exception as error:  # a damaged archive or header can raise nearly anything
                raise ValueError(f"not a frame: {error}") from error


def unpack(frame):
    """Return (meta, {name: array}) of one npz archive."""
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(frame)) as archive:
        for entry in archive.infolist()[:20]:
            # What is stored as it is cannot be larger than the frame.
            if entry.compress_type != zipfile.ZIP_STORED or entry.file_size > len(frame):
                raise ValueError("its arrays are too large")
            arrays[entry.filename.removesuffix(".npy")] = unpack_array(archive.read(entry))
    text = arrays.pop("meta").astype(np.uint8).tobytes()
    if len(text) > MOST_META:
        raise ValueError("its text is too long")
    meta = json.loads(text)
    if not isinstance(meta, dict):
        raise ValueError("its text is no table")
    return meta, arrays


def unpack_array(content):
    """Return the array in the bytes of a npy file. Nothing is allocated for what is not there."""
    file = io.BytesIO(content)
    if npy.read_magic(file) != (1, 0):
        raise ValueError("npy files of numbers have version 1.0")
    shape, by_columns, dtype = npy.read_array_header_1_0(file)
    data = content[file.tell() :]
    if dtype.kind not in "fiub" or math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError("not an array of numbers")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if by_columns else "C")


def told_of_error(meta):
    """Return what meta tells of an exception."""
    return checked_meta(meta, ERROR)


def told_of_value(kind, meta, arrays):
    """Return (meta, arrays) of what a call of this kind returned, the arrays as float64."""
    least, may, must = KINDS[kind]
    shapes = {f"{name}_shape" for name in may}
    if not must <= set(arrays) <= must | may | shapes:
        raise ValueError(f"other arrays than those of {kind}")
    with np.errstate(all="ignore"):
        arrays = {name: array.astype(np.float64) for name, array in arrays.items()}
    return checked_meta(meta, least), arrays


def checked_meta(meta, least):
    """Return meta with texts made printable; ValueError if a value is none of its key."""
    checked = {}
    for key, value in meta.items():
        if key in TEXTS and isinstance(value, str):
            checked[key] = printable(value)
        elif (
            (key in FLAGS and isinstance(value, bool))
            or (key == "line" and type(value) is int and 0 <= value <= MOST_LINE)
            or (key == "changed" and isinstance(value, list) and is_part(value, ARGUMENTS))
        ):
            checked[key] = value
        elif key not in ("event", "index"):
            raise ValueError(f"{key[:20]!r} is not what it should be")
    if not least <= set(checked):
        raise ValueError("its text says too little")
    return checked


def is_part(values, allowed):
    return len(values) <= len(allowed) and all(
        isinstance(value, str) and value in allowed for value in values
    )


def printable(text):
    """Return a text without what a terminal or a page could take for an instruction."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text[:MOST_TEXT])

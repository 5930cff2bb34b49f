"""Read what a child process sends, and believe nothing: a student's code can write to its pipe.

A frame is 8 bytes of length and a npz archive of plain numbers, and of `meta`, a JSON text. What
has another form, is too large, or was not asked for is a ValueError, whoever sent it. What is left
is numbers as float64, short printable texts, and nothing else.
"""

import io
import json
import math
import os
import re
import struct
import zipfile
from functools import lru_cache

import numpy as np
from numpy.lib import format as npy

MOST_FRAME = 1_000_000  # bytes; a right solution's frames have some thousands
MOST_META = 10_000  # bytes
MOST_TEXT = 300  # characters
MOST_LINE = 1_000_000

# What is told of an exception, in the form in which call.py of a kind declares what comes back.
ERROR = {"error": str, "message": str, "file": str, "line": int, "missing": bool}

# So begins what faulthandler says, and no frame: it would be far too long.
HANG = (b"Timeout ", b"Thread 0", b"Current ")


class Frames:
    """Cuts the stream from the child into frames: (meta, arrays).

    Its end may be what faulthandler says of a process that hangs, which is no frame.
    """

    def __init__(self):
        self.buffer = bytearray()

    def add(self, data):
        """Take more bytes; yield every frame that is complete. ValueError if it is no frame."""
        self.buffer += data
        while len(self.buffer) >= 8:
            if self.last_words:
                return
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

    @property
    def last_words(self):
        """Where the process hung, as faulthandler tells it; no bytes if it does not."""
        return bytes(self.buffer[:MOST_FRAME]) if self.buffer.startswith(HANG) else b""


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
    size = 10 + int.from_bytes(content[8:10], "little")
    shape, by_columns, dtype = read_header(content[:size])
    data = content[size:]
    if dtype.kind not in "fiub" or math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError("not an array of numbers")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if by_columns else "C")


@lru_cache(maxsize=100)  # most arrays are of a few kinds
def read_header(content):
    file = io.BytesIO(content)
    if npy.read_magic(file) != (1, 0):
        raise ValueError("npy files of numbers have version 1.0")
    return npy.read_array_header_1_0(file)


def told_of_error(meta):
    """Return what meta tells of an exception."""
    return checked_meta(meta, ERROR)


def told_of_hang(words, target):
    """Return {file, line} where a calling.Target hung in the student's code, {} if that is unknown.

    words is the text of faulthandler: the main thread comes last, and in it the innermost call
    first. It escapes what is not ASCII.
    """
    own = target.file or os.path.join(target.root, target.package, "")
    main = words.decode(errors="replace").rpartition("hread 0x")[2]
    for path, line in re.findall(r'^  File "(.*)", line (\d{1,6}) in ', main, re.MULTILINE):
        if path.startswith(own.encode("ascii", "backslashreplace").decode()):
            return {"file": printable(re.split(r"[\\/]", path)[-1]), "line": int(line)}
    return {}


def told_of_value(returns, meta, arrays):
    """Return (meta, arrays) of what a call returned, the arrays as float64.

    returns is what the kind's call.py, our copy of it, declares of this call.
    """
    must = {name for name in returns["arrays"] if not name.endswith("?")}
    may = {name.removesuffix("?") for name in returns["arrays"]}
    shapes = {f"{name}_shape" for name in may}  # of what was too large, or no numbers
    if not must <= set(arrays) <= may | shapes:
        raise ValueError("other arrays than were asked for")
    with np.errstate(all="ignore"):
        arrays = {name: array.astype(np.float64) for name, array in arrays.items()}
    return checked_meta(meta, returns["meta"]), arrays


def checked_meta(meta, declared):
    """Return meta with texts made printable; ValueError if it is not as declared."""
    forms = {name.removesuffix("?"): form for name, form in declared.items()}
    checked = {}
    for key, value in meta.items():
        if key in ("event", "index"):
            continue
        if not is_of_form(value, forms.get(key)):
            raise ValueError(f"{key[:20]!r} is not what it should be")
        checked[key] = printable(value) if isinstance(value, str) else value
    if not {name for name in declared if not name.endswith("?")} <= set(checked):
        raise ValueError("its text says too little")
    return checked


def is_of_form(value, form):
    if isinstance(form, list):  # some of these
        return (
            isinstance(value, list)
            and len(value) <= len(form)
            and all(isinstance(one, str) and one in form for one in value)
        )
    if form is int:
        return type(value) is int and 0 <= value <= MOST_LINE
    return form in (str, bool) and isinstance(value, form)


def printable(text):
    """Return a text without what a terminal or a page could take for an instruction."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text[:MOST_TEXT])

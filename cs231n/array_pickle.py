"""Read pickles that hold arrays of bytes and plain containers, and refuse all others.

A pickle is a small program: it names functions, and the reader calls them. `pickle.load` on a file
from elsewhere therefore runs whatever its author chose. The reader below looks up every name in
a short table. Not even NumPy's own functions are in it: they trust a pickle, which can make them
follow a pointer of its choice. Stand-ins take what NumPy would have got, and check it first.
"""

import io
import pickle

import numpy as np


class PickledArray:
    """Stands for numpy.core.multiarray._reconstruct: an array, whose contents follow as a state."""

    array = None

    def __init__(self, kind, shape, typecode):
        pass  # always an empty ndarray

    def __setstate__(self, state):
        _version, shape, dtype, fortran_order, content = state
        self.fill(content, dtype, shape, "F" if fortran_order else "C")

    def fill(self, content, dtype, shape, order):
        if type(content) not in (bytes, bytearray) or not isinstance(dtype, PickledUint8):
            raise pickle.UnpicklingError("it holds an array that is not one of bytes")
        self.array = np.frombuffer(content, dtype=np.uint8).reshape(shape, order=order)


class PickledBuffer(PickledArray):
    """Stands for numpy.core.numeric._frombuffer, which does the same in pickles of protocol 5."""

    def __init__(self, content, dtype, shape, order):
        self.fill(content, dtype, shape, order)


class PickledUint8:
    """Stands for numpy.dtype, of which only uint8 is read: the type of images."""

    def __init__(self, spec, align=False, copy=False):
        if spec not in ("u1", b"u1"):
            raise pickle.UnpicklingError(f"it holds an array of dtype {spec!r}, but not uint8")

    def __setstate__(self, state):
        pass  # byte order and the like: one byte has none


ALLOWED = {
    ("numpy", "ndarray"): None,  # only ever an argument, which PickledArray ignores
    ("numpy", "dtype"): PickledUint8,
    ("_codecs", "encode"): str.encode,  # how Python 3 writes bytes in protocols 0 to 2
}
for core in ("numpy.core", "numpy._core"):  # NumPy moved it; both names occur in files
    ALLOWED[f"{core}.multiarray", "_reconstruct"] = PickledArray
    ALLOWED[f"{core}.numeric", "_frombuffer"] = PickledBuffer


class ArrayUnpickler(pickle.Unpickler):
    """An unpickler that can build nothing but arrays of bytes and plain containers."""

    def find_class(self, module, name):
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"it wants to call {module}.{name}, but only arrays and containers are read here"
            ) from None


def loads(content):
    """Return the dictionary pickled in `content` (bytes); its strings become str, as latin-1.

    Its values may be arrays of uint8. Raises pickle.UnpicklingError if it holds anything but
    arrays and containers, and nearly any other exception if it is damaged.
    """
    # Pixels are strings to Python 2: as bytes they need not be decoded, and encoded again.
    fields = ArrayUnpickler(io.BytesIO(content), encoding="bytes").load()
    if not isinstance(fields, dict):
        raise pickle.UnpicklingError(f"it holds a {type(fields).__name__}, not a dictionary")
    return {plain(key): plain(value) for key, value in fields.items()}


def plain(value):
    """Return an array for its stand-in, and str for the bytes that strings of Python 2 are."""
    if isinstance(value, PickledArray):
        return value.array
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return [plain(item) for item in value] if isinstance(value, list) else value

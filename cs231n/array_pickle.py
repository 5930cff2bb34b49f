"""Read pickles that hold arrays of bytes and plain containers, and refuse all others.

A pickle is a small program: it names functions, and the reader calls them. `pickle.load` on a file
from elsewhere therefore runs whatever its author chose. The reader below looks up every name in
a short table. Not even NumPy's own functions are in it: they trust a pickle, which can make them
follow a pointer of its choice. A stand-in notes what they would have got, and it is checked first.
"""

import io
import pickle

import numpy as np


class StandIn:
    """Notes the arguments with which a pickle calls a function of NumPy, and the state it sets."""

    state = None

    def __init__(self, *arguments):
        self.arguments = arguments

    def __setstate__(self, state):
        self.state = state


ALLOWED = {
    ("numpy", "ndarray"): None,  # only ever an argument, which is not needed
    ("numpy", "dtype"): StandIn,
    ("_codecs", "encode"): str.encode,  # how Python 3 writes bytes in protocols 0 to 2
}
for core in ("numpy.core", "numpy._core"):  # NumPy moved it; both names occur in files
    ALLOWED[f"{core}.multiarray", "_reconstruct"] = StandIn
    ALLOWED[f"{core}.numeric", "_frombuffer"] = StandIn


class ArrayUnpickler(pickle.Unpickler):
    """An unpickler that can build nothing but stand-ins and plain containers."""

    def find_class(self, module, name):
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it wants to call {module}.{name}") from None


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
    if isinstance(value, StandIn):
        return to_array(value)
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return [plain(item) for item in value] if isinstance(value, list) else value


def to_array(stand_in):
    """Return the array of uint8 that a pickle describes; UnpicklingError for anything else."""
    match stand_in.arguments, stand_in.state:
        case (_, _, _), (_, shape, StandIn() as dtype, fortran_order, content):  # _reconstruct
            order = "F" if fortran_order else "C"
        case (content, StandIn() as dtype, shape, order), None:  # _frombuffer, of protocol 5
            pass
        case _:
            raise pickle.UnpicklingError("it holds something of NumPy's that is not an array")
    if dtype.arguments[0] not in ("u1", b"u1") or type(content) not in (bytes, bytearray):
        raise pickle.UnpicklingError("it holds an array that is not one of bytes (uint8)")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape, order=order)

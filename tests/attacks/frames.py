"""Forged frames: what a submission may write into the pipe instead of child.py.

`streams` returns {name: bytes}. A frame is a length and a npz archive with `meta`, a JSON text;
here each is wrong in another way, though most are archives and many are JSON.
"""

import io
import json
import struct
import zipfile

import numpy as np

GOOD = {"event": "value", "index": 0, "changed": [], "type": "tuple"}
GOOD |= {"loss_type": "float", "dW_type": "ndarray", "float_labels": False}


def frame(meta, **arrays):
    """Return a frame with `meta`: a text, or what becomes one by JSON."""
    text = meta if isinstance(meta, str) else json.dumps(meta)
    buffer = io.BytesIO()
    np.savez(buffer, meta=np.frombuffer(text.encode(), dtype=np.uint8), **arrays)
    return sized(buffer.getvalue())


def sized(content):
    return struct.pack(">Q", len(content)) + content


def archive(entries, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return sized(buffer.getvalue())


def npy(descr, shape, content=b""):
    """Return a npy file with any header, true or not."""
    header = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


def with_array(descr, shape, content=b"", meta=GOOD, names=("loss", "dW", "labels", "W", "sizes")):
    """Return a frame whose arrays have one header that numpy.save would not write."""
    text = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    entries = {"meta.npy": npy("|u1", text.shape, text.tobytes())}
    entries |= {f"{name}.npy": npy(descr, shape, content) for name in names}
    return archive(entries, zipfile.ZIP_DEFLATED)


def without(*keys):
    return frame({key: value for key, value in GOOD.items() if key not in keys})


def streams():
    metas = {
        "is a list": "[1]",
        "is a text": '"value"',
        "is a number": "1",
        "is null": "null",
        "nested": "[" * 100_000,
        "not JSON": "{",
        "not UTF-8": '"\udcff"'.encode("utf-8", "surrogateescape").decode("latin-1"),
        "a huge number": '{"event": "value", "index": 1e999}',
        "NaN as index": '{"event": "value", "index": NaN}',
        "many digits": '{"event": "value", "index": ' + "9" * 5000 + "}",
        "a text as index": GOOD | {"index": "0"},
        "a list as index": GOOD | {"index": []},
        "a negative index": GOOD | {"index": -1},
        "minus two": GOOD | {"index": -2},
        "an event that is a list": GOOD | {"event": ["value"]},
        "an event that is none": GOOD | {"event": None},
        "changed is a number": GOOD | {"changed": 7},
        "changed is mixed": GOOD | {"changed": ["X", 1, None]},
        "changed is nested": GOOD | {"changed": [["X"]]},
        "changed is a text": GOOD | {"changed": "<script>"},
        "types are lists": GOOD | {"type": [], "loss_type": {}, "dW_type": [1]},
        "missing is a text": GOOD | {"missing": "yes"},
        "raises without more": {"event": "raises", "index": 0},
        "raises with numbers": {
            "event": "raises", "index": 0, "error": 1, "message": 2, "file": 3, "line": [],
        },
        "raises with lists": {
            "event": "raises", "index": 0, "error": [], "message": {}, "file": [], "line": {},
        },
        "an import without more": {"event": "import"},
        "an import that is a list": {"event": "import", "error": ["a"], "message": ["b"]},
        "an import with a long text": {
            "event": "import", "error": "E" * 10**6, "message": "M" * 10**6, "file": "f" * 10**6,
            "line": 10**300,
        },
        "an import with control characters": {
            "event": "import", "error": "\x00\x1b]0;x\x07\ud800", "message": "\u202e</script>\n\r",
            "file": "../../x", "line": -1,
        },
    }  # fmt: skip
    found = {f"meta: {name}": frame(meta) for name, meta in metas.items()}
    found |= {f"without {key}": without(key) for key in GOOD}
    everything = tuple(GOOD)[2:]
    found["without all"] = without(*everything)
    zeros = {name: np.zeros((6, 10)) for name in ("loss", "dW", "labels", "W", "X", "y", "sizes")}
    found["everything is a matrix"] = frame(GOOD, **zeros)
    for kind in ("U3", "S3", "V3", "M8[s]", "m8[s]", "c16", "f2", "g", "?"):
        arrays = {name: np.zeros(array.shape, kind) for name, array in zeros.items()}
        arrays |= {name: np.zeros((), kind) for name in ("loss", "calls")}
        found[f"arrays of {kind}"] = frame(GOOD, **arrays)
    record = np.zeros((6, 10), dtype=[("a", "f8"), ("b", "U9")])
    found["records"] = frame(GOOD, **dict.fromkeys(zeros, record))
    found["seconds of nothing"] = frame(GOOD, seconds=np.zeros(0))
    found["seconds of NaN"] = frame(GOOD, seconds=np.full((3, 4), np.nan))
    calls = {name: np.zeros((2, 2)) for name in ("sizes", "X", "y", "y_sizes", "reg", "between")}
    for number in (1e300, np.nan, -5, 10**9):
        found[f"{number} calls"] = frame(GOOD, **calls, calls=np.array(number))
    sizes = {"sizes": np.full((3, 2), 1 << 40), "y_sizes": np.full(3, -(1 << 40))}
    found["huge sizes"] = frame(GOOD, **calls | sizes, calls=np.array(3))
    found["an object array"] = with_array("|O", (2,), b"\x80\x04\x8c\x02osq\x00.")
    found["terabytes"] = with_array("<f8", (1 << 40,))
    found["terabytes of nothing"] = with_array("<U0", (1 << 40, 2))
    found["more than there is"] = with_array("<f8", (100,), b"\0" * 8)
    found["a negative shape"] = with_array("<f8", (-1, 5), b"\0" * 400)
    found["a header that is code"] = with_array("f8", "__import__('os')")
    found["a long header"] = with_array("f8", tuple([1] * 5000), b"\0" * 8)
    found["a bomb"] = with_array("<f8", (1 << 24,), bytes(1 << 27), names=["loss"])  # 128 MB
    found["entries that are no arrays"] = archive(
        {"meta.npy": npy("|u1", (2,), b"{}"), "loss": b"1.0", "dW.npy": b"PK", "../up.npy": b""}
    )
    found["many entries"] = archive({f"{number}.npy": b"" for number in range(30_000)})
    found["twice the same name"] = frame(GOOD) * 2
    found["no meta"] = archive({"loss.npy": npy("<f8", (), b"\0" * 8)})
    found["no archive"] = sized(b"PK\x03\x04" + b"\0" * 100)
    found["an empty frame"] = sized(b"")
    found["a length of 2 ** 63"] = struct.pack(">Q", 1 << 63)
    found["half a frame"] = frame(GOOD)[:50]
    found["half a length"] = b"\0\0\0"
    found["a text"] = b"all tests passed\n" * 100
    return found

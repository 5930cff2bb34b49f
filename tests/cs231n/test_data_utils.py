"""Reading data sets in CIFAR-10's layout, refusing all else, and making rows of the images."""

import hashlib
import pickle

import numpy as np
import pytest

from cs231n import array_pickle, data_utils
from cs231n.data_utils import (
    describe_dataset,
    find_dataset,
    get_CIFAR10_data,
    load_CIFAR10,
    load_class_names,
    to_rows,
)

TRAIN_BATCHES = ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"]
ROWS = 20  # images in a batch of our tiny sets: 100 for training, 20 for tests
NAMES = [f"class {number}" for number in range(10)]


# A writer of Python 2 pickles, opcode by opcode: the way the published files are written


def py2_int(n):
    return b"K" + bytes([n]) if 0 <= n < 256 else b"J" + n.to_bytes(4, "little", signed=True)


def py2_str(text):
    """A Python 2 string: opcode U up to 255 bytes, T above."""
    text = text if isinstance(text, bytes) else text.encode()
    if len(text) < 256:
        return b"U" + bytes([len(text)]) + text
    return b"T" + len(text).to_bytes(4, "little") + text


def py2_array(array, core="numpy.core", flags=b"K\x00K\x01"):
    """An array; `flags` are the arguments of np.dtype that were 0, 1 once and False, True later."""
    empty = f"c{core}.multiarray\n_reconstruct\ncnumpy\nndarray\n".encode()
    empty += py2_int(0) + b"\x85" + py2_str("b") + b"\x87R"
    dtype = b"cnumpy\ndtype\n" + py2_str("u1") + flags + b"\x87R"
    dtype += b"(" + py2_int(3) + py2_str("|") + b"NNN" + 2 * py2_int(-1) + py2_int(0) + b"tb"
    shape = b"(" + b"".join(map(py2_int, array.shape)) + b"t"
    return empty + b"(" + py2_int(1) + shape + dtype + b"\x89" + py2_str(array.tobytes()) + b"tb"


def py2_value(value, **spelling):
    if isinstance(value, int):
        return py2_int(value)
    if isinstance(value, str):
        return py2_str(value)
    if isinstance(value, np.ndarray):
        return py2_array(value, **spelling)
    return b"](" + b"".join(map(py2_value, value)) + b"e"


def py2_pickle(fields, **spelling):
    """A dictionary as a Python 2 pickle of protocol 2."""
    items = [py2_str(key) + py2_value(value, **spelling) for key, value in fields.items()]
    return b"\x80\x02}(" + b"".join(items) + b"u."


# Tiny data sets


@pytest.fixture
def batches(rng):
    """The fields of six batches: random images whose first pixel (red) is the image's number."""
    fields = {}
    for number, name in enumerate([*TRAIN_BATCHES, "test_batch"]):
        data = rng.integers(0, 256, (ROWS, 3072), dtype=np.uint8)
        data[:, 0] = np.arange(ROWS) + number * ROWS
        labels = rng.integers(0, 10, ROWS).tolist()
        fields[name] = {"batch_label": "of a tiny set", "labels": labels, "data": data}
    return fields


def write_set(folder, batches, dump=py2_pickle):
    folder.mkdir()
    meta = {"num_cases_per_batch": ROWS, "label_names": NAMES, "num_vis": 3072}
    for name, fields in {**batches, "batches.meta": meta}.items():
        (folder / name).write_bytes(dump(fields))
    return folder


@pytest.fixture
def root(tmp_path, batches):
    return write_set(tmp_path / "tiny", batches)


def assert_loads(root, batches):
    """Check that the set in `root` holds exactly these batches."""
    X_train, y_train, X_test, y_test = load_CIFAR10(root)
    for X, y, names in ((X_train, y_train, TRAIN_BATCHES), (X_test, y_test, ["test_batch"])):
        rows = np.concatenate([batches[name]["data"] for name in names])
        assert X.shape == (len(rows), 32, 32, 3) and y.dtype == np.int64
        np.testing.assert_array_equal(X.transpose(0, 3, 1, 2).reshape(rows.shape), rows)
        assert y.tolist() == [label for name in names for label in batches[name]["labels"]]


# Files that are read


@pytest.mark.parametrize("core", ["numpy.core", "numpy._core"])
@pytest.mark.parametrize("flags", [b"K\x00K\x01", b"\x89\x88"], ids=["0, 1", "False, True"])
def test_python_2_pickles_are_read(core, flags, tmp_path, batches):
    def dump(fields):
        return py2_pickle(fields, core=core, flags=flags)

    assert_loads(write_set(tmp_path / "tiny", batches, dump), batches)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_batches_saved_again_by_python_3_are_read(protocol, tmp_path, batches):
    def dump(fields):
        return pickle.dumps(fields, protocol=protocol)

    assert_loads(write_set(tmp_path / "tiny", batches, dump), batches)


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize(
    "lay_out",
    [np.asfortranarray, lambda data: np.repeat(data, 2, axis=0)[::2], lambda data: data[:, :]],
    ids=["by columns", "every other row", "a view"],
)
def test_layout_in_memory_does_not_matter(lay_out, protocol, tmp_path, batches):
    def dump(fields):
        if "data" in fields:
            fields = fields | {"data": lay_out(fields["data"])}
        return pickle.dumps(fields, protocol=protocol)

    assert_loads(write_set(tmp_path / "tiny", batches, dump), batches)


def test_strings_of_python_2_become_str():
    fields = array_pickle.loads(b"\x80\x02}" + py2_str("name") + py2_str(b"caf\xe9") + b"s.")
    assert fields == {"name": "caf\u00e9"}


def test_class_names_are_read_in_the_order_of_the_labels(root):
    assert load_class_names(root) == NAMES


def test_pixels_are_where_they_should_be(tmp_path, batches):
    # planes of 32 * 32 one after another, red first; in a plane, row after row
    batches["data_batch_3"]["data"][7] = 0
    batches["data_batch_3"]["data"][7, 0 * 1024 + 4 * 32 + 9] = 11  # red, row 4, column 9
    batches["data_batch_3"]["data"][7, 1 * 1024 + 31 * 32 + 0] = 12  # green, bottom left
    batches["data_batch_3"]["data"][7, 2 * 1024 + 0 * 32 + 31] = 13  # blue, top right
    X_train, *_ = load_CIFAR10(write_set(tmp_path / "tiny", batches))
    image = X_train[2 * ROWS + 7]
    assert (image[4, 9, 0], image[31, 0, 1], image[0, 31, 2]) == (11, 12, 13)
    assert np.count_nonzero(image) == 3


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_images_come_in_the_dtype_that_is_asked_for(dtype, root):
    X_train, _, X_test, _ = load_CIFAR10(str(root), dtype=dtype)
    assert X_train.dtype == X_test.dtype == dtype
    assert X_train.flags.c_contiguous
    assert (X_train.min(), X_train.max()) == (0, 255)


def test_images_are_float32_unless_told(root):
    assert load_CIFAR10(root)[0].dtype == np.float32


# Files that carry something else: a call that creates the file "canary", an object that should
# not be handed out, or an array whose contents do not fit it.


def look_up(module, attribute):
    """Look up a function by its name: opcode GLOBAL."""
    return f"c{module}\n{attribute}\n".encode()


def call(function, *arguments):
    """Call a function that was looked up: opcode REDUCE."""
    return function + b"(" + b"".join(arguments) + b"tR"


def state(*values):
    """Set the state of the object before: opcode BUILD with a tuple."""
    return b"(" + b"".join(values) + b"tb"


RECONSTRUCT = look_up("numpy.core.multiarray", "_reconstruct")
EMPTY = call(RECONSTRUCT, look_up("numpy", "ndarray"), py2_int(0) + b"\x85", py2_str("b"))


def object_array(content, flags):
    """An array of one object; flags=0 denies that there is one, so that bytes become a pointer."""
    dtype = call(look_up("numpy", "dtype"), py2_str("O8"), b"\x89\x88")
    dtype += state(py2_int(3), py2_str("|"), b"NNN", py2_int(8), py2_int(8), py2_int(flags))
    return EMPTY + state(py2_int(1), py2_int(1) + b"\x85", dtype, b"\x89", content)


MAKE_CANARY = call(look_up("os", "mkdir"), py2_str("canary"))
CODE = py2_str("__import__('os').mkdir('canary')")
MEMMAP = [py2_str("canary"), py2_str("u1"), py2_str("w+"), py2_int(0), py2_int(1)]

DANGEROUS = {
    "os.system": call(look_up("os", "system"), py2_str("echo > canary")),
    "os.mkdir": MAKE_CANARY,
    "builtins.eval": call(look_up("builtins", "eval"), CODE),
    "__builtin__.eval": call(look_up("__builtin__", "eval"), CODE),
    "builtins.exec": call(look_up("builtins", "exec"), CODE),
    "numpy.testing": call(look_up("numpy.testing._private.utils", "runstring"), CODE, b"}"),
    "np.memmap": call(look_up("numpy", "memmap"), *MEMMAP),
    "INST": b"(" + py2_str("canary") + b"ios\nmkdir\n",
    "OBJ": b"(" + look_up("os", "mkdir") + py2_str("canary") + b"o",
    "NEWOBJ": look_up("numpy", "memmap") + b"(" + b"".join(MEMMAP) + b"t\x81",
    "STACK_GLOBAL": call(py2_str("builtins") + py2_str("eval") + b"\x93", CODE),
    "payload in an array of objects": object_array(b"](" + MAKE_CANARY + b"e", flags=63),
}
PAYLOADS = DANGEROUS | {
    "an unused function": look_up("builtins", "eval"),
    "f2py": call(look_up("numpy.f2py.crackfortran", "myeval"), CODE, b"}", b"}"),
    "np.save": call(look_up("numpy", "save"), py2_str("canary"), py2_int(0)),
    "np.load": call(look_up("numpy", "load"), py2_str("batches.meta"), b"N\x88"),
    "scalar": call(
        look_up("numpy.core.multiarray", "scalar"),
        call(look_up("numpy", "dtype"), py2_str("u1"), b"\x89\x88"),
        py2_str("x"),
    ),
    "a harmless function": look_up("numpy", "add"),
    "getattr": call(look_up("builtins", "getattr"), look_up("numpy", "ndarray"), py2_str("tofile")),
    "dotted name": b"\x80\x04" + py2_str("numpy") + py2_str("ndarray.tofile") + b"\x93",
    "dotted way out": b"\x80\x04"
    + py2_str("numpy.core.multiarray")
    + py2_str("_reconstruct.__globals__")
    + b"\x93",
    "our own module": look_up("cs231n.array_pickle", "ALLOWED"),
    "copyreg": call(look_up("copy_reg", "_reconstructor"), look_up("io", "FileIO"), b"N", b"N"),
    "extension": b"\x82\x01",
    "persistent id": b"Pcanary\n",
    "another codec's decoder": call(look_up("_codecs", "decode"), py2_str("x"), py2_str("rot13")),
    "no text encoding": call(look_up("_codecs", "encode"), py2_str("x"), py2_str("rot13")),
    "array of objects": object_array(b"](Ne", flags=63),
    "array of pointers": object_array(py2_str("A" * 8), flags=0),
    "array of pointers as a shape": call(
        RECONSTRUCT, look_up("numpy", "ndarray"), object_array(py2_str("A" * 8), 0), py2_str("b")
    ),
    "array of whatever is in memory": call(look_up("numpy", "ndarray"), py2_int(9) + b"\x85"),
    "array without a dtype": EMPTY + state(py2_int(1), b")", b"N", b"\x89", py2_str("x")),
    "array of floats": py2_array(np.ones(8, "u1")).replace(b"U\x02u1", b"U\x02f8"),
    "array whose size is wrong": py2_array(np.ones(8, "u1")).replace(b"(K\x08t", b"(K\x09t"),
    "state of the dtype function": look_up("numpy", "dtype") + state(b"N", b"}U\x01aK\x00s"),
    "state of a codec": look_up("_codecs", "encode") + state(b"N", b"}U\x01aK\x00s"),
    "state of _reconstruct": RECONSTRUCT + state(b"N", b"}U\x01aK\x00s"),
    "state of ndarray": look_up("numpy", "ndarray") + state(b"N", b"}U\x01aK\x00s"),
}


@pytest.fixture
def canary(tmp_path, monkeypatch):
    """The path of the canary, while the working directory is tmp_path."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "canary"


def smuggle(content, payload):
    """Add a payload as the last value of the dictionary that is pickled in `content`."""
    return content.removesuffix(b"u.") + py2_str("extra") + payload + b"u."


@pytest.mark.parametrize("file", ["data_batch_2", "batches.meta"])
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_payload_is_refused_not_run(payload, file, root, batches, canary):
    good = (root / file).read_bytes()
    (root / file).write_bytes(smuggle(good, payload))
    with pytest.raises(ValueError, match=f"{file} is damaged or not a CIFAR-10 batch"):
        load_CIFAR10(root)
    assert not canary.exists()
    (root / file).write_bytes(good)
    assert_loads(root, batches)  # no trace is left in the reader


@pytest.mark.filterwarnings("ignore")  # the old flags of dtypes, which pickle.loads warns of
@pytest.mark.parametrize("payload", DANGEROUS.values(), ids=DANGEROUS)
def test_payload_would_run_in_an_ordinary_unpickler(payload, root, canary):
    good = (root / "data_batch_2").read_bytes()
    pickle.loads(smuggle(good, payload), encoding="latin1")
    assert canary.exists()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_object_of_a_class_is_refused(protocol, root):
    (root / "test_batch").write_bytes(pickle.dumps({"data": range(3)}, protocol))
    with pytest.raises(ValueError, match=r"test_batch .*it wants to call \w+\.\w+"):
        load_CIFAR10(root)


# Damaged files


@pytest.mark.parametrize("file", ["data_batch_4", "test_batch", "batches.meta"])
@pytest.mark.parametrize("kept", [0, 1, 2, 10, 0.5, -1])
def test_truncated_file_is_named(file, kept, root):
    content = (root / file).read_bytes()
    if isinstance(kept, float):
        kept = int(kept * len(content))
    (root / file).write_bytes(content[:kept])
    with pytest.raises(ValueError, match=f"{file} is damaged"):
        load_CIFAR10(root)


@pytest.mark.parametrize("content", [b"not a pickle", b"\x1f\x8b\x08 an archive", b"<html>"])
def test_file_that_is_no_pickle_is_named(content, root):
    (root / "data_batch_1").write_bytes(content)
    with pytest.raises(ValueError, match="data_batch_1 is damaged or not a CIFAR-10 batch"):
        load_CIFAR10(root)


@pytest.mark.parametrize("value", [[1, 2], 7, "data", np.zeros(3, np.uint8)])
def test_pickle_that_is_no_dictionary_is_named(value, root):
    (root / "data_batch_1").write_bytes(pickle.dumps(value))
    with pytest.raises(ValueError, match=r"data_batch_1 .*holds a \w+, not a dictionary"):
        load_CIFAR10(root)


@pytest.mark.parametrize("changed", [b"\x00", b".", b"\xff"])
def test_changed_byte_raises_nothing_but_ValueError(changed, root):
    path = root / "batches.meta"
    good = path.read_bytes()
    for place in range(len(good)):
        path.write_bytes(good[:place] + changed + good[place + 1 :])
        try:
            names = load_class_names(root)
        except ValueError as error:
            assert "batches.meta" in str(error)
        else:
            assert len(names) == 10  # another letter in a name, say


BAD_BATCHES = {
    "an image too many": {"data": np.zeros((ROWS + 1, 3072), np.uint8)},
    "an image too few": {"data": np.zeros((ROWS - 1, 3072), np.uint8)},
    "a pixel too few": {"data": np.zeros((ROWS, 3071), np.uint8)},
    "images instead of rows": {"data": np.zeros((ROWS, 3, 32, 32), np.uint8)},
    "one long row": {"data": np.zeros(ROWS * 3072, np.uint8)},
    "no array": {"data": [0] * ROWS},
    "floats": {"data": np.zeros((ROWS, 3072))},
    "signed bytes": {"data": np.zeros((ROWS, 3072), np.int8)},
    "a label too few": {"labels": [0] * (ROWS - 1)},
    "a label too many": {"labels": [0] * (ROWS + 1)},
    "label 10": {"labels": [0] * (ROWS - 1) + [10]},
    "label -1": {"labels": [-1] + [0] * (ROWS - 1)},
    "a float label": {"labels": [0] * (ROWS - 1) + [1.0]},
    "a boolean label": {"labels": [True] * ROWS},
    "text labels": {"labels": ["0"] * ROWS},
    "labels in a string": {"labels": "0" * ROWS},
    "labels in an array": {"labels": np.zeros(ROWS, np.uint8)},
}


@pytest.mark.parametrize("file", ["data_batch_5", "test_batch"])
@pytest.mark.parametrize("bad", BAD_BATCHES.values(), ids=BAD_BATCHES)
def test_wrong_shape_or_label_is_refused_with_the_file(bad, file, root, batches):
    (root / file).write_bytes(pickle.dumps(batches[file] | bad))
    with pytest.raises(ValueError, match=file):
        load_CIFAR10(root)


@pytest.mark.parametrize("key", ["data", "labels"])
def test_missing_field_is_refused_with_the_file(key, root, batches):
    del batches["data_batch_2"][key]
    (root / "data_batch_2").write_bytes(pickle.dumps(batches["data_batch_2"]))
    with pytest.raises(ValueError, match=f"data_batch_2: {key} must be"):
        load_CIFAR10(root)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"num_cases_per_batch": 0}, "positive integer, not 0"),
        ({"num_cases_per_batch": -20}, "positive integer, not -20"),
        ({"num_cases_per_batch": 20.0}, "positive integer, not 20.0"),
        ({"num_cases_per_batch": None}, "positive integer, not None"),
        ({"label_names": NAMES[:9]}, "10 strings"),
        ({"label_names": [*NAMES[:9], 9]}, "10 strings"),
        ({"label_names": "abcdefghij"}, "10 strings"),
        ({"label_names": None}, "10 strings"),
    ],
)
def test_wrong_meta_is_refused_with_the_file(bad, message, root):
    meta = {"num_cases_per_batch": ROWS, "label_names": NAMES} | bad
    (root / "batches.meta").write_bytes(pickle.dumps(meta))
    with pytest.raises(ValueError, match=rf"batches\.meta: .*{message}"):
        load_CIFAR10(root)


@pytest.mark.parametrize("file", ["data_batch_1", "data_batch_5", "test_batch", "batches.meta"])
def test_missing_file_is_named_with_the_command_that_gets_it(file, root):
    (root / file).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{file} is missing.*datasets/get_cifar10\.py"):
        load_CIFAR10(root)


def test_missing_folder_is_named_with_the_command_that_gets_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere.*datasets/get_cifar10\.py"):
        load_CIFAR10(tmp_path / "nowhere")


# Rows for a classifier


def test_to_rows_subtracts_the_mean_and_adds_the_bias(rng):
    images = rng.integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    mean_image = np.arange(3072.0).reshape(32, 32, 3) / 16
    rows = to_rows(images, mean_image)
    assert rows.shape == (4, 3073) and rows.dtype == np.float32
    # multiples of 1/16 below 256: exact in float32
    np.testing.assert_array_equal(rows[:, :-1], images.reshape(4, -1) - np.arange(3072) / 16)
    np.testing.assert_array_equal(rows[:, -1], 1)


def small_data(root, **numbers):
    numbers = {"num_training": 60, "num_validation": 30, "num_test": 15, "num_dev": 25} | numbers
    return get_CIFAR10_data(**numbers, ROOT=root, rng=np.random.default_rng(3))


@pytest.fixture
def raw(root):
    """The set's images as float64 rows, channels last, and its labels: train, then test."""
    X_train, y_train, X_test, y_test = load_CIFAR10(root, dtype=np.float64)
    return X_train.reshape(100, -1), y_train, X_test.reshape(20, -1), y_test


def test_split_takes_training_then_validation_images_and_the_first_tests(root, raw):
    X_train, y_train, X_val, y_val, X_test, y_test, _, _ = small_data(root)
    X, y, X_for_test, y_for_test = raw
    mean = X[:60].mean(axis=0)  # of the training images only
    for rows, labels, images, expected_labels in (
        (X_train, y_train, X[:60], y[:60]),
        (X_val, y_val, X[60:90], y[60:90]),
        (X_test, y_test, X_for_test[:15], y_for_test[:15]),
    ):
        # the mean and the difference are each rounded to float32: 2 * 255 * 6e-8
        np.testing.assert_allclose(rows[:, :-1], images - mean, rtol=0, atol=3.1e-5)
        np.testing.assert_array_equal(labels, expected_labels)


def test_mean_image_is_returned_on_demand(root, raw):
    *data, mean_image = small_data(root, return_mean=True)
    for with_mean, without in zip(data, small_data(root), strict=True):
        np.testing.assert_array_equal(with_mean, without)
    assert mean_image.shape == (32, 32, 3)
    # a mean of 60 integers up to 255, in float64
    np.testing.assert_allclose(mean_image, raw[0][:60].mean(axis=0).reshape(32, 32, 3), rtol=1e-13)


def test_development_set_is_drawn_from_the_training_images(root, raw):
    *_, X_dev, y_dev = small_data(root)
    X, y, _, _ = raw
    mean = X[:60].mean(axis=0)
    numbers = np.rint(X_dev[:, 0] + mean[0]).astype(int)  # the first pixel holds the number
    assert len(set(numbers)) == 25 and set(numbers) < set(range(60))
    assert numbers.tolist() != sorted(numbers)
    # float64: a mean of 60 integers up to 255, rounded once or twice
    np.testing.assert_allclose(X_dev[:, :-1], X[numbers] - mean, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(y_dev, y[numbers])


def test_rows_end_in_the_bias_and_lie_in_one_piece(root):
    data = small_data(root)
    for X, dtype, N in zip(data[::2], ["f4", "f4", "f4", "f8"], [60, 30, 15, 25], strict=True):
        assert X.shape == (N, 3073) and X.dtype == dtype
        assert X.flags.c_contiguous
        np.testing.assert_array_equal(X[:, -1], 1)
    for y in data[1::2]:
        assert y.dtype == np.int64
    assert data[0].base is data[2].base  # training and validation rows, one allocation


def test_development_set_follows_the_rng(root):
    def dev(**rng):
        return get_CIFAR10_data(60, 30, 15, 25, ROOT=root, **rng)[6][:, 0].tolist()

    before = np.random.get_state()[1:3]  # noqa: NPY002
    drawn = dev(rng=np.random.default_rng(1))
    assert drawn == dev(rng=np.random.default_rng(1)) != dev(rng=np.random.default_rng(2))
    np.testing.assert_equal(np.random.get_state()[1:3], before)  # noqa: NPY002
    runs = []
    for seed in (1, 1, 2):
        np.random.seed(seed)  # noqa: NPY002
        runs.append(dev())
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("numbers", [(80, 20, 20, 80), (60, 0, 0, 0)])
def test_all_images_may_be_used_and_all_sets_but_the_first_be_empty(numbers, root):
    assert [len(X) for X in get_CIFAR10_data(*numbers, ROOT=root)[::2]] == [*numbers]


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"num_training": 71}, "101 images wanted, of 100 training images"),
        ({"num_validation": 41}, "101 images wanted, of 100 training images"),
        ({"num_test": 21}, "21 images wanted, of 20 test images"),
        ({"num_dev": 61}, "num_dev=61 images cannot be drawn from 60"),
        ({"num_training": 0, "num_dev": 0}, "num_training must be at least 1"),
        ({"num_training": -1}, "num_training must be at least 1"),
        ({"num_validation": -1}, "no other number negative"),
        ({"num_test": -1}, "no other number negative"),
        ({"num_dev": -1}, "no other number negative"),
    ],
)
def test_impossible_numbers_of_images_are_refused(numbers, message, root):
    with pytest.raises(ValueError, match=message):
        small_data(root, **numbers)


def test_defaults_are_those_of_the_assignment(root):
    with pytest.raises(ValueError, match="50000 images wanted"):
        get_CIFAR10_data(ROOT=root)
    assert get_CIFAR10_data.__defaults__ == (49000, 1000, 1000, 500)


# Which data set


@pytest.fixture
def datasets(tmp_path, monkeypatch):
    """An empty folder in the place of the repository's datasets/; CIFAR10_DIR is not set."""
    folder = tmp_path / "datasets"
    folder.mkdir()
    monkeypatch.setattr(data_utils, "DATASETS", folder)
    monkeypatch.delenv("CIFAR10_DIR", raising=False)
    return folder


def test_cifar10_comes_before_the_synthetic_set(datasets, batches):
    synthetic, cifar10 = (datasets / f"{name}-batches-py" for name in ("synthetic", "cifar-10"))
    write_set(synthetic, batches)
    assert find_dataset() == synthetic
    cifar10.mkdir()  # empty, it is passed over
    assert find_dataset() == synthetic
    cifar10.rmdir()
    write_set(cifar10, batches)
    assert find_dataset() == cifar10


def test_CIFAR10_DIR_comes_first(datasets, root, batches, monkeypatch):
    write_set(datasets / "cifar-10-batches-py", batches)
    monkeypatch.setenv("CIFAR10_DIR", str(root))
    assert find_dataset() == root


@pytest.mark.parametrize("depth", ["", "above", "above/twice"])
@pytest.mark.parametrize("written", ["{}", " {} ", "'{}'", '"{}/"', "~/data"])
def test_CIFAR10_DIR_may_be_a_folder_above_and_as_people_write_it(
    tmp_path, batches, monkeypatch, depth, written
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))  # on Windows
    folder = tmp_path / "data" / depth
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_set(folder, batches)
    for name in batches:  # as a Mac writes them on other disks
        (folder / f"._{name}").write_bytes(b"Mac OS X")
    monkeypatch.setenv("CIFAR10_DIR", written.format(tmp_path / "data"))
    assert find_dataset() == folder
    assert load_CIFAR10(find_dataset())[0].shape[1:] == (32, 32, 3)


def test_wrong_CIFAR10_DIR_is_not_replaced_by_another_set(datasets, batches, monkeypatch):
    write_set(datasets / "cifar-10-batches-py", batches)
    monkeypatch.setenv("CIFAR10_DIR", str(datasets / "nowhere"))
    with pytest.raises(
        FileNotFoundError, match=r"(?s)CIFAR10_DIR.*nowhere.*datasets/get_cifar10\.py"
    ):
        find_dataset()


def test_missing_data_set_comes_with_the_commands_that_get_one(datasets):
    with pytest.raises(FileNotFoundError) as caught:
        get_CIFAR10_data()
    assert "python datasets/get_cifar10.py\ngets CIFAR-10" in str(caught.value)
    assert "--synthetic" in str(caught.value)


def test_data_are_looked_for_beside_the_package_not_in_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert data_utils.DATASETS.is_absolute()
    assert data_utils.DATASETS.parent.joinpath("cs231n", "data_utils.py").is_file()


def test_get_CIFAR10_data_finds_the_data_set(datasets, batches):
    write_set(datasets / "synthetic-batches-py", batches)
    assert get_CIFAR10_data(60, 30, 15, 25)[0].shape == (60, 3073)


def test_description_goes_by_the_checksum_of_the_test_batch(root, monkeypatch):
    content = (root / "test_batch").read_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    assert describe_dataset(root).endswith(f"not the published files: {checksum[:16]}")
    sha256 = {"test_batch": hashlib.sha256(content).hexdigest()}
    monkeypatch.setattr(data_utils, "SYNTHETIC_SHA256", sha256)
    assert describe_dataset(str(root)).startswith("synthetic")
    md5 = {"test_batch": hashlib.md5(content, usedforsecurity=False).hexdigest()}
    monkeypatch.setattr(data_utils, "CIFAR10_MD5", md5)
    assert describe_dataset(root) == "CIFAR-10"


def test_description_of_a_missing_set_says_how_to_get_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"test_batch is missing.*datasets/get_cifar10\.py"):
        describe_dataset(tmp_path)

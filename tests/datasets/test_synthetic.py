"""The embedded data set: same bytes everywhere, CIFAR-10's layout, statistics and difficulty."""

import hashlib
import pickle
import warnings
from concurrent.futures.process import BrokenProcessPool
from unittest.mock import MagicMock, Mock

import numpy as np
import pytest

import scenes as synthetic
from cs231n.checksums import SYNTHETIC_SHA256

PICTURES_SHA256 = "9943c74c31d7552cd6d9a852cb141f7edc631e64e94c6c1e6899080f8b544aba"
LABELS = np.repeat(np.arange(10), 2)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def load(path):
    with open(path, "rb") as file:
        return pickle.load(file, encoding="latin1")


@pytest.fixture(scope="module")
def pictures():
    return synthetic.draw(LABELS, np.random.RandomState(0))


@pytest.fixture(scope="module")
def batches(synthetic_dir):
    return [load(synthetic_dir / name) for name in synthetic.BATCHES]


def patterns(labels, words=None):
    """Return at once what tells labels, pixels and channels apart, in the place of pictures."""
    pattern = np.uint8(np.arange(3 * 32 * 32) % 241).reshape(3, 32, 32)
    return pattern + np.uint8(labels)[:, None, None, None]


@pytest.fixture
def quick_set(monkeypatch):
    """Let `write` store patterns instead of drawing."""
    monkeypatch.setattr(synthetic, "_draw", patterns)
    monkeypatch.setattr(synthetic, "_processors", lambda: 1)  # others do not know of it


def test_pictures_are_pinned(pictures):
    assert pictures.shape == (20, 32, 32, 3)
    assert pictures.dtype == np.uint8
    assert sha256(pictures.tobytes()) == PICTURES_SHA256


def test_files_are_pinned(synthetic_dir):
    found = {path.name: sha256(path.read_bytes()) for path in synthetic_dir.iterdir()}
    assert found == SYNTHETIC_SHA256


def test_drawing_in_parts_gives_the_same_pictures(pictures):
    rng = np.random.RandomState(0)
    parts = [synthetic.draw(part, rng) for part in np.split(LABELS, [1, 8])]
    np.testing.assert_array_equal(np.concatenate(parts), pictures)


def test_a_picture_does_not_depend_on_its_neighbours(pictures):
    labels = LABELS.copy()
    labels[1:] = 9 - labels[1:]
    first = synthetic.draw(labels, np.random.RandomState(0))[0]
    np.testing.assert_array_equal(first, pictures[0])


def test_global_generator_and_buffers_are_left_alone():
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.RandomState(5).rand(3)
    buffer = np.getbufsize()
    synthetic.draw([3, 8], np.random.RandomState(0))
    np.testing.assert_array_equal(np.random.rand(3), expected)  # noqa: NPY002
    assert np.getbufsize() == buffer


def test_arithmetic_is_exactly_rounded(pictures, monkeypatch):
    """Functions whose last bit depends on the platform, and sums in an order of NumPy's choice."""
    inexact = (
        "exp exp2 expm1 log log2 log10 log1p sin cos tan arctan arctan2 hypot power float_power"
    )
    inexact += " sinh cosh tanh cbrt sum mean average std var dot matmul einsum tensordot inner"

    def forbidden(*args, **kwargs):
        raise AssertionError("not exactly rounded")

    for name in inexact.split():
        monkeypatch.setattr(np, name, forbidden)
    with np.errstate(all="raise"):  # an underflow would be exact only where denormals are
        again = synthetic.draw(LABELS, np.random.RandomState(0))
    monkeypatch.undo()
    np.testing.assert_array_equal(again, pictures)


def test_large_picture_shows_the_same_scene():
    """Averaged over blocks of 4 x 4 pixels it differs by edges and film grain only."""
    small = synthetic.draw(LABELS, np.random.RandomState(1)).astype(float)
    large = synthetic.draw(LABELS, np.random.RandomState(1), size=128)
    shrunk = large.reshape(20, 32, 4, 32, 4, 3).mean(axis=(2, 4))
    assert np.abs(shrunk - small).mean() < 8  # two different scenes differ by about 60


@pytest.mark.parametrize("label", [-1, 10])
def test_unknown_label_is_refused(label):
    with pytest.raises(ValueError, match=rf"0\.\.9, got .*{label}"):
        synthetic.draw([0, label], np.random.RandomState(0))


def test_layout_is_that_of_cifar10(synthetic_dir, batches):
    meta = load(synthetic_dir / "batches.meta")
    names = "airplane automobile bird cat deer dog frog horse ship truck"
    assert " ".join(meta["label_names"]) == names
    assert (meta["num_cases_per_batch"], meta["num_vis"]) == (10_000, 3072)
    assert len({name for batch in batches for name in batch["filenames"]}) == 60_000
    for batch in batches:
        assert set(batch) == {"batch_label", "labels", "data", "filenames"}
        assert batch["data"].shape == (10_000, 3072)
        assert batch["data"].dtype == np.uint8
        assert {type(label) for label in batch["labels"]} == {int}
        for label, name in zip(batch["labels"], batch["filenames"], strict=True):
            assert name.startswith(meta["label_names"][label])
    train, test = batches[:5], batches[5]
    assert np.bincount([y for batch in train for y in batch["labels"]]).tolist() == [5000] * 10
    assert np.bincount(test["labels"]).tolist() == [1000] * 10
    for batch in train:  # a random mixture: 1000 of each class, with a deviation of 27
        assert abs(np.bincount(batch["labels"]) - 1000).max() < 120


def test_rows_hold_red_then_green_then_blue(batches):
    labels = np.random.RandomState(synthetic.SEED)
    train = labels.permutation(np.repeat(np.arange(10), 5000))
    labels.permutation(np.repeat(np.arange(10), 1000))
    np.testing.assert_array_equal(batches[0]["labels"], train[:10_000])
    pictures = synthetic.draw(train[:3], labels)
    rows = batches[0]["data"][:3]
    np.testing.assert_array_equal(rows.reshape(3, 3, 32, 32).transpose(0, 2, 3, 1), pictures)


def test_python_2_keys_are_byte_strings(synthetic_dir):
    with open(synthetic_dir / "batches.meta", "rb") as file:
        meta = pickle.load(file, encoding="bytes")
    assert meta[b"label_names"][6] == b"frog"


def test_statistics_are_those_of_cifar10(batches):
    """Within 2 %; the data set's promise is 10 %."""
    data = np.concatenate([batch["data"] for batch in batches[:5]]).reshape(-1, 3, 1024)
    means = data.mean(axis=(0, 2))
    deviations = [data[:, channel].std(dtype=np.float64) for channel in range(3)]
    np.testing.assert_allclose(means, [125.3, 123.0, 113.9], rtol=0.02)
    np.testing.assert_allclose(deviations, [63.0, 62.1, 66.7], rtol=0.02)


@pytest.mark.slow
def test_difficulty_for_a_linear_classifier_is_that_of_cifar10(batches):
    """Nearest class mean, and least squares on 20,000 images: CIFAR-10 has about 0.27 and 0.36."""
    X = np.concatenate([batch["data"] for batch in batches[:2]]).astype(np.float32)
    y = np.concatenate([batch["labels"] for batch in batches[:2]])
    X_test, y_test = batches[5]["data"].astype(np.float32), np.array(batches[5]["labels"])
    centre = X.mean(axis=0)
    X, X_test = (X - centre) / 64, (X_test - centre) / 64

    means = np.stack([X[y == label].mean(axis=0) for label in range(10)])
    nearest = (X_test @ means.T - (means**2).sum(axis=1) / 2).argmax(axis=1)
    assert 0.20 < (nearest == y_test).mean() < 0.32

    ridge = X.T @ X + 3000 * np.eye(3072, dtype=np.float32)
    W = np.linalg.solve(ridge, X.T @ np.eye(10, dtype=np.float32)[y])
    assert 0.36 < ((X_test @ W).argmax(axis=1) == y_test).mean() < 0.50


def test_written_set_holds_what_was_drawn_and_loads_without_a_warning(quick_set, tmp_path):
    """The tests above see the files that are there, whatever `write` would write now."""
    synthetic.write(tmp_path / "set", verbose=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        meta, first, last = (
            load(tmp_path / "set" / name) for name in ("batches.meta", "data_batch_1", "test_batch")
        )
    assert meta["label_names"] == list(synthetic.CLASSES)
    assert first["batch_label"] == "training batch 1 of 5"
    assert last["batch_label"] == "testing batch 1 of 1"
    assert last["filenames"][0] == f"{synthetic.CLASSES[last['labels'][0]]}_s_050000.png"
    for batch in (first, last):
        pictures = batch["data"].reshape(-1, 3, 32, 32)
        np.testing.assert_array_equal(pictures, patterns(batch["labels"]))


@pytest.mark.parametrize("there_are", ["processes", "none", "some that break"])
def test_several_processes_draw_what_one_draws_at_once(there_are, monkeypatch):
    """In parts of like labels, each picture with the random numbers of its place."""
    labels = np.tile(LABELS, 3)
    error = {"none": OSError, "some that break": BrokenProcessPool}.get(there_are)
    if error:
        monkeypatch.setattr(synthetic, "ProcessPoolExecutor", Mock(side_effect=error))
    monkeypatch.setattr(synthetic, "_processors", lambda: 2)
    monkeypatch.setattr(synthetic, "PART", 25)
    assert_parts_are_what_is_drawn_at_once(labels, [25, 25, 10])


def test_what_processes_have_left_is_drawn_here(monkeypatch):
    """One that is killed takes the others with it: what they were to draw is not lost."""
    pool = MagicMock(**{"__exit__.return_value": False})
    pool.map = lambda draw, labels, words: iter_then_break(draw(labels[0], words[0]))
    monkeypatch.setattr(synthetic, "ProcessPoolExecutor", Mock(return_value=pool))
    monkeypatch.setattr(synthetic, "_processors", lambda: 2)
    monkeypatch.setattr(synthetic, "PART", len(LABELS) // 2)
    assert_parts_are_what_is_drawn_at_once(LABELS, [10, 10])


def assert_parts_are_what_is_drawn_at_once(labels, sizes):
    drawn = np.zeros((len(labels), 3, 32, 32), np.uint8)
    found = []
    for part, pictures in synthetic._draw_parts(labels, np.random.RandomState(0)):
        drawn[part] = pictures
        found.append(len(part))
    assert found == sizes
    at_once = synthetic.draw(labels, np.random.RandomState(0))
    np.testing.assert_array_equal(drawn.transpose(0, 2, 3, 1), at_once)


def iter_then_break(pictures):
    yield pictures
    raise BrokenProcessPool

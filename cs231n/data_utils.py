"""From the files of CIFAR-10, or of a set in its layout, to arrays ready for a linear classifier.

    files  --load_CIFAR10-->  images (N, 32, 32, 3)  --to_rows-->  rows (N, 3073), float32

A data set is a folder with `data_batch_1` to `data_batch_5`, `test_batch` and `batches.meta`:
Python 2 pickles that hold one image a row, red first. array_pickle reads them, and runs nothing.

Source: Krizhevsky, "Learning multiple layers of features from tiny images" (2009),
https://www.cs.toronto.edu/~kriz/cifar.html
"""

import hashlib
import os
from pathlib import Path

import numpy as np

from cs231n import array_pickle
from cs231n.checksums import CIFAR10_MD5, SYNTHETIC_SHA256

DATASETS = Path(__file__).resolve().parents[1] / "datasets"
TRAIN_BATCHES = [f"data_batch_{number}" for number in range(1, 6)]
IMAGE_SHAPE, NUM_CLASSES = (32, 32, 3), 10


def find_dataset():
    """Return the folder of the data set to use: $CIFAR10_DIR, CIFAR-10, or else the synthetic set.

    Raises FileNotFoundError, with the command that gets a data set, if there is none.
    """
    if chosen := os.environ.get("CIFAR10_DIR"):
        folder, names = Path(chosen.strip(" '\"")).expanduser(), ("", "*/", "*/*/")
        where = f"CIFAR10_DIR is {chosen!r}: name a folder with batches.meta, or unset it, and"
    else:
        folder, names = DATASETS, ("cifar-10-batches-py/", "synthetic-batches-py/")
        where = "in the course's folder"
    found = [meta for name in names for meta in sorted(folder.glob(f"{name}batches.meta"))]
    if found:
        return found[0].parent
    advice = "python datasets/get_cifar10.py\ngets CIFAR-10, with --synthetic it draws a stand-in"
    raise FileNotFoundError(f"no data set in {folder}\n{where} {advice}")


def describe_dataset(ROOT):
    """Return in a few words what lies in the folder ROOT, judged by checksums of its test batch."""
    content = read_file(Path(ROOT) / "test_batch")
    if hashlib.md5(content, usedforsecurity=False).hexdigest() == CIFAR10_MD5["test_batch"]:
        return "CIFAR-10"
    if (checksum := hashlib.sha256(content).hexdigest()) == SYNTHETIC_SHA256["test_batch"]:
        return "synthetic scenes in CIFAR-10's layout"
    return f"a set in CIFAR-10's layout, not the published files: {checksum[:16]}"


def load_CIFAR10(ROOT, *, dtype=np.float32):
    """Read the data set in the folder ROOT: X_train, y_train, X_test, y_test.

    Images (N, 32, 32, 3) hold 0..255 in `dtype`; labels (N,) are int64 in 0..9. dtype=np.uint8
    takes a quarter of the memory. Raises FileNotFoundError if a file is missing, ValueError that
    names the file if one is damaged.
    """
    ROOT = Path(ROOT)
    rows = load_meta(ROOT)["num_cases_per_batch"]
    X_train = np.empty((rows * len(TRAIN_BATCHES), *IMAGE_SHAPE), dtype=dtype)
    y_train = np.empty(len(X_train), dtype=np.int64)
    for start, name in zip(range(0, len(X_train), rows), TRAIN_BATCHES, strict=True):
        X_train[start : start + rows], y_train[start : start + rows] = load_batch(ROOT / name, rows)
    X_test, y_test = load_batch(ROOT / "test_batch", rows)
    return X_train, y_train, X_test.astype(dtype), y_test


def load_class_names(ROOT):
    """Return the ten class names, in the order of the labels."""
    return load_meta(Path(ROOT))["label_names"]


def get_CIFAR10_data(
    num_training=49000, num_validation=1000, num_test=1000, num_dev=500,
    *, ROOT=None, rng=None, return_mean=False,
):  # fmt: skip
    """Load, split and preprocess a data set, as svm.ipynb does step by step.

    Returns X_train, y_train, X_val, y_val, X_test, y_test, X_dev, y_dev. Every X holds rows
    (N, 3073): pixels less the mean training image, then a constant 1 for the bias; float32, but
    X_dev, meant for gradient checks, is float64. The training images come first, validation images
    follow them; the development set is drawn at random from the training images.

    ROOT: the data set's folder, None to find it. rng: a np.random.Generator or RandomState, None
    for NumPy's global generator. return_mean: append the mean image. ValueError: too few images.
    """
    if num_training < 1 or min(num_validation, num_test, num_dev) < 0:
        raise ValueError("num_training must be at least 1, and no other number negative")
    if num_dev > num_training:
        raise ValueError(f"num_dev={num_dev} images cannot be drawn from {num_training}")
    images, labels, test_images, test_labels = load_CIFAR10(ROOT or find_dataset(), dtype=np.uint8)
    N = num_training + num_validation
    for wanted, found, name in ((N, images, "training"), (num_test, test_images, "test")):
        if wanted > len(found):
            raise ValueError(f"{wanted} images wanted, of {len(found)} {name} images")

    dev = (np.random if rng is None else rng).choice(num_training, num_dev, replace=False)
    mean_image = images[:num_training].mean(axis=0)
    X, y = to_rows(images[:N], mean_image), labels[:N]  # one array, of which two sets are views
    X_test, y_test = to_rows(test_images[:num_test], mean_image), test_labels[:num_test]
    X_dev, y_dev = to_rows(images[dev], mean_image, dtype=np.float64), labels[dev]
    train, val = slice(0, num_training), slice(num_training, None)
    data = X[train], y[train], X[val], y[val], X_test, y_test, X_dev, y_dev
    return (*data, mean_image) if return_mean else data


def to_rows(images, mean_image, dtype=np.float32):
    """Return image rows (N, 3073): images (N, 32, 32, 3) less mean_image, then a bias column of 1.

    With the 1 at its end, a row times a column of W is w . x + b in one product. Rows are written
    once, in their final size: of 49,000 every further copy would take 600 MB.
    """
    rows = np.empty((len(images), mean_image.size + 1), dtype=dtype)
    rows[:, :-1] = images.reshape(len(images), mean_image.size)
    rows[:, :-1] -= mean_image.reshape(-1).astype(dtype)
    rows[:, -1] = 1
    return rows


def load_batch(path, rows):
    """Return images (rows, 32, 32, 3) uint8 and labels (rows,) int64 of one batch file."""
    batch = unpickle(path)
    data, labels = batch.get("data"), batch.get("labels")
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.shape != (rows, 3072):
        found = f"{data.dtype} {data.shape}" if isinstance(data, np.ndarray) else type(data)
        raise ValueError(f"{path}: data must be uint8 ({rows}, 3072), but it is {found}")
    if not isinstance(labels, list) or len(labels) != rows:
        raise ValueError(f"{path}: labels must be a list of {rows} integers")
    for label in labels:
        if type(label) is not int or not 0 <= label < NUM_CLASSES:
            raise ValueError(f"{path}: {label!r} is not a label in 0..{NUM_CLASSES - 1}")
    planes = data.reshape(rows, 3, 32, 32)
    return planes.transpose(0, 2, 3, 1), np.array(labels, dtype=np.int64)


def load_meta(ROOT):
    """Return what batches.meta says: the class names and the number of images in a batch."""
    path = ROOT / "batches.meta"
    meta = unpickle(path)
    names, rows = meta.get("label_names"), meta.get("num_cases_per_batch")
    if not isinstance(names, list) or [type(name) for name in names] != [str] * NUM_CLASSES:
        raise ValueError(f"{path}: label_names must be a list of {NUM_CLASSES} strings")
    if type(rows) is not int or rows < 1:
        raise ValueError(f"{path}: num_cases_per_batch must be a positive integer, not {rows!r}")
    return meta


def read_file(path):
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: datasets/get_cifar10.py gets the data set")
    return path.read_bytes()


def unpickle(path):
    """Return the dictionary in a batch file; ValueError, naming the file, for anything else."""
    content = read_file(path)
    try:
        return array_pickle.loads(content)
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise ValueError(f"{path} is damaged or not a CIFAR-10 batch: {error}") from error

"""Draw the embedded data set: 50,000 + 10,000 scenes of CIFAR-10's classes, in CIFAR-10's layout.

    ./get_datasets.sh --synthetic        # into datasets/synthetic-batches-py

The files are the same to the byte wherever they are drawn: random numbers are integers of a
generator whose stream NumPy has frozen, arithmetic is exactly rounded (see drawing.py), and the
pickle opcodes are written here. cs231n.checksums pins the files. Read scenes.py for what they show.
"""

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, product

import numpy as np
from tqdm import tqdm

from scenes.backgrounds import foreground
from scenes.drawing import Canvas, Dice
from scenes.scenes import SCENES

CLASSES = tuple(SCENES)
BATCHES = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")
SEED = 231

# Contrast and brightness of red, green and blue that give the set CIFAR-10's deviations and means.
WHITE_BALANCE = ((1.065, -1.4), (1.105, -7.8), (0.994, -2.2))

# Random 32-bit words that make a picture: which scene, its properties, its textures, film grain.
WORDS = {"scene": 1, "properties": 127, "cells": 16 * 16 // 4, "grain": 32 * 32 * 3 // 4}
CHUNK = 64  # pictures drawn together, few enough for the processor's cache
PART = 3_000  # pictures of a class that a process is asked for: enough of each scene for chunks
# With its usual buffer of 8,192 elements NumPy copies into it what broadcasts, which takes longer
# than the work. Where a number is repeated 1,024 times, for all pixels of a picture, it need not.
BUFFER = 1_024


def draw(labels, rng, *, size=32):
    """Return pictures of the classes `labels` (N,), as (N, size, size, 3) uint8.

    `rng` is a `np.random.RandomState`. Each picture takes the same number of integers from it, so
    drawing in parts gives the same pictures. `size` is a multiple of 32; only 32 has film grain.
    """
    labels = np.asarray(labels)
    if not np.isin(labels, range(len(CLASSES))).all():
        raise ValueError(f"labels must lie in 0..{len(CLASSES) - 1}, got {np.unique(labels)}")
    return np.moveaxis(_draw(labels, _words(labels, rng), size), 1, -1)


def _words(labels, rng):
    """Return the random words of so many pictures, (N, K)."""
    return rng.randint(0, 2**32, size=(len(labels), sum(WORDS.values())), dtype=np.uint32)


def _draw(labels, words, size=32):
    """Return the pictures that these words make, (N, 3, size, size) uint8."""
    pictures = np.empty((len(labels), 3, size, size), np.uint8)
    usual = np.setbufsize(BUFFER)
    try:
        for painters, members in _scenes(labels, words[:, 0]):
            for start in range(0, len(members), CHUNK):
                chunk = members[start : start + CHUNK]
                pictures[chunk] = _render(painters, words[chunk], size)
    finally:
        np.setbufsize(usual)
    return pictures


def _scenes(labels, words):
    """Yield the painters of each scene, and the indices of the pictures that show it."""
    for label, (objects, backgrounds) in enumerate(SCENES.values()):
        pairs = list(product(objects, backgrounds))
        choice = words % np.uint32(len(pairs))
        for i, (thing, background) in enumerate(pairs):
            members = np.flatnonzero((labels == label) & (choice == i))
            yield (background, thing, foreground, expose), members


def _render(painters, words, size):
    """Return what the painters paint, one after the other, each row of words making a picture."""
    _, properties, cells, grain = np.split(words, np.cumsum(list(WORDS.values()))[:-1], axis=1)
    canvas = Canvas(size, _bytes(cells, 16, 16).astype(np.float32) / 127.5 - 1)
    dice = Dice(properties)
    for paint in painters:
        paint(canvas, dice)
    image = canvas.image
    if size == 32:
        grain = _bytes(grain, 3, 32, 32)
        grain = ((grain >> 4) + (grain & 15)).astype(np.float32) - 15  # -15..15, mostly near 0
        grain *= dice.uniform(0.2, 1.0)[:, None]
        image += grain.swapaxes(0, 1)
    image += 0.5
    np.floor(image, out=image)
    return np.clip(image, 0, 255, out=image).astype(np.uint8).swapaxes(0, 1)


def _bytes(words, *shape):
    """Return the bytes of words (N, K), low byte first on every machine, as (N, *shape) uint8."""
    return np.ascontiguousarray(words, "<u4").view(np.uint8).reshape(-1, *shape)


def expose(c, d):
    """Take the photograph: brightness, contrast, light from one side, a tint."""
    brightness, contrast = d.around(120, 44), d.uniform(0.85, 1.25)
    light = contrast * (1 + d.uniform(-0.3, 0.3) * (c.x - 0.5) + d.uniform(-0.4, 0.2) * (c.y - 0.5))
    for channel, (gain, offset) in zip(c.image, WHITE_BALANCE, strict=True):
        channel -= 122
        channel *= light * gain
        channel += brightness + d.uniform(offset - 6, offset + 6)


def write(folder, verbose=True):
    """Draw the data set into a folder, batches.meta last, with a progress bar if verbose.

    get_cifar10.py sees to it that only a whole set takes an older one's place.
    """
    folder.mkdir(exist_ok=True)
    rng = np.random.RandomState(SEED)
    classes = np.arange(len(CLASSES))
    labels = np.concatenate([rng.permutation(np.repeat(classes, n)) for n in (5000, 1000)])
    data = np.empty((len(labels), 3 * 32 * 32), np.uint8)
    with tqdm(total=len(labels), desc="drawing pictures", unit="", disable=not verbose) as bar:
        for members, pictures in _draw_parts(labels, rng):
            data[members] = pictures.reshape(len(members), -1)
            bar.update(len(members))

    titles = [f"training batch {i} of 5" for i in range(1, 6)] + ["testing batch 1 of 1"]
    for number, (file, title) in enumerate(zip(BATCHES, titles, strict=True)):
        members = range(number * 10_000, (number + 1) * 10_000)
        batch = {
            "batch_label": title,
            "labels": labels[members],
            "data": data[members.start : members.stop],
            "filenames": [f"{CLASSES[labels[i]]}_s_{i:06d}.png" for i in members],
        }
        write_pickle(folder / file, batch)
    meta = {"num_cases_per_batch": 10_000, "label_names": CLASSES, "num_vis": 3072}
    write_pickle(folder / "batches.meta", meta)


def _draw_parts(labels, rng):
    """Yield some indices of pictures, and these, drawn in as many processes as processors."""
    order = np.argsort(labels, kind="stable")  # pictures of a class together: more of each scene
    starts = range(PART, len(order), PART)
    parts = np.split(order, starts)
    pool = _start_processes(min(_processors(), len(parts)))  # while the words are made
    words = _words(labels, rng)[order]
    jobs = [labels[part] for part in parts], np.split(words, starts)
    done = 0
    if pool:
        try:
            with pool:
                try:
                    for part, pictures in zip(parts, pool.map(_draw, *jobs), strict=True):
                        yield part, pictures
                        done += 1
                finally:
                    pool.shutdown(cancel_futures=True)
        except (OSError, BrokenProcessPool):  # one was killed
            pass
    for part, *job in list(zip(parts, *jobs, strict=True))[done:]:
        yield part, _draw(*job)


def _start_processes(count):
    """Return a pool of processes, or None where one is enough, or there can be no others."""
    if count == 1:
        return None
    # New processes, not copies of this one: as on Windows, and whatever threads there are here.
    new = multiprocessing.get_context("spawn")
    ignore = signal.signal, (signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is answered by this one
    try:
        pool = ProcessPoolExecutor(count, new, *ignore)  # of more than 61, Windows makes none
        pool.submit(_processors)  # whatever it is, it starts them
    except (OSError, ImportError, BrokenProcessPool):
        return None
    return pool


def _processors():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def write_pickle(path, value):
    """Write a dict as Python 2 pickled it (protocol 2), with `str` for text.

    Python 3 cannot write Python 2's `str`, and NumPy's own pickles change with its version, so the
    opcodes are spelled out; the standard library's pickletools.py describes them.
    """
    with path.open("wb") as file:
        file.writelines((b"\x80\x02", *_opcodes(value), b"."))


def _opcodes(value):
    """Return a value's opcodes in pieces, which spare large arrays from being copied."""
    if isinstance(value, dict):
        return b"}(", *_all_opcodes(chain.from_iterable(value.items())), b"u"
    if isinstance(value, str):
        return (b"U" + len(value).to_bytes(1, "little") + value.encode("ascii"),)
    if isinstance(value, int | np.integer):
        return (b"J" + int(value).to_bytes(4, "little", signed=True),)
    if isinstance(value, np.ndarray) and value.dtype == np.uint8:
        # dtype("u1", align=False, copy=True), then its state: version 3, no byte order, no fields
        state = b"(", *_all_opcodes((3, "|")), b"NNN", *_all_opcodes((-1, -1, 0)), b"t"
        dtype = b"cnumpy\ndtype\n", *_opcodes("u1"), b"\x89\x88\x87R", *state, b"b"
        # _reconstruct(ndarray, (0,), "b"), then its state: version 1, shape, dtype, C order, bytes
        array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n", *_opcodes(0)
        array = *array, b"\x85", *_opcodes("b"), b"\x87R"
        shape = b"(", *_all_opcodes(value.shape), b"t"
        data = b"T" + value.nbytes.to_bytes(4, "little"), value.data
        return *array, b"(", *_opcodes(1), *shape, *dtype, b"\x89", *data, b"tb"
    return b"](", *_all_opcodes(value), b"e"


def _all_opcodes(values):
    return chain.from_iterable(map(_opcodes, values))

"""Picture files: animations are what was written, pictures of every kind are read exactly."""

import io

import imageio.v3 as iio
import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from cs231n import pictures, vis_utils
from tests.figure_data import NAMES, images, templates


def read(gif):
    """Return the frames (T, H, W, 3), their durations in ms and the number of loops, 0: endless."""
    with Image.open(io.BytesIO(gif)) as file:
        frames, durations = [], []
        for t in range(file.n_frames):
            file.seek(t)
            frames.append(np.asarray(file.convert("RGB")))
            durations.append(file.info["duration"])
        return np.array(frames), durations, file.info["loop"]


def test_gif_shows_every_snapshot_forever_and_stays_small(rng):
    last = templates(rng)
    noise = templates(rng, smooth=False)
    snapshots = [noise + t / 29 * (last - noise) for t in range(30)]
    gif = pictures.animate(snapshots, NAMES, fps=10)
    frames, durations, loop = read(gif)
    assert frames.shape == (30, 264, 552, 3)
    assert len(gif) < 1_000_000
    assert loop == 0
    assert durations == [100] * 29 + [2000]
    assert (frames[-1][-6:] < 100).all()  # the bar at the bottom is full: training is done
    assert (frames[0][-6:, 19:] > 200).all()  # a thirtieth of 552 is 18.4

    # The first template of the last frame, back at one pixel a pixel: within half of one of the
    # seven levels, 21.25, and one for rounding.
    shown = frames[-1][25 : 25 + 96 : 3, 13 : 13 + 96 : 3].astype(int)
    assert abs(shown - vis_utils.template_images(last)[0]).max() <= 22


def test_gif_is_the_same_file_every_time(rng):
    snapshots = [templates(rng) for _ in range(2)]
    assert pictures.animate(snapshots, NAMES) == pictures.animate(snapshots, NAMES)
    assert plt.get_fignums() == []


def test_gif_keeps_equal_snapshots_apart(rng):
    assert len(read(pictures.animate([templates(rng)] * 5, NAMES))[0]) == 5


def test_gif_rejects_an_empty_list():
    with pytest.raises(ValueError, match="no snapshots"):
        pictures.animate([], NAMES)


def write(path, array, **options):
    iio.imwrite(path, array, plugin="pillow", **options)
    return path


@pytest.mark.parametrize("height, width", [(64, 64), (96, 160), (320, 96)])
def test_picture_is_cropped_and_averaged(height, width, rng, tmp_path):
    data = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    picture = pictures.read_picture(write(tmp_path / "own.png", data))
    small = pictures.shrink(picture)
    np.testing.assert_array_equal(picture, data)
    side = min(height, width)
    top, left, k = (height - side) // 2, (width - side) // 2, side // 32
    blocks = data[top : top + side, left : left + side].reshape(32, k, 32, k, 3)
    # Rounded to whole numbers twice: after the rows, and after the columns.
    np.testing.assert_allclose(small, blocks.mean(axis=(1, 3)), rtol=0, atol=1)
    assert small.dtype == picture.dtype == np.uint8


def test_picture_of_an_odd_size_keeps_its_mean(rng):
    data = rng.integers(0, 256, (101, 101, 3), dtype=np.uint8)
    small = pictures.shrink(data)
    # Boxes hold 3 or 4 pixels a side, where 3.16 would be exact: a pixel's weight is off by a
    # quarter. Of 10,201 independent pixels with a deviation of 74 that leaves 0.2; times 4.
    np.testing.assert_allclose(small.mean(axis=(0, 1)), data.mean(axis=(0, 1)), atol=0.8)


@pytest.mark.parametrize("side", [1, 8, 16])
def test_tiny_picture_is_enlarged_by_repetition(side, rng):
    data = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
    repeated = data.repeat(32 // side, axis=0).repeat(32 // side, axis=1)
    np.testing.assert_array_equal(pictures.shrink(data), repeated)


def test_picture_of_any_kind_becomes_rgb(rng, tmp_path):
    grey = rng.integers(0, 256, (40, 40), dtype=np.uint8)
    as_rgb = np.repeat(grey[..., None], 3, axis=2)
    cases = {
        "grey.png": grey,
        "deep.png": grey.astype(np.uint16) * 257,
        "deep.tiff": grey.astype(">u2") * np.array(257, ">u2"),
        "palette.gif": as_rgb,
        "bits.png": grey > 127,
    }
    for name, data in cases.items():
        picture = pictures.read_picture(write(tmp_path / name, data))
        expected = 255 * (as_rgb > 127) if name == "bits.png" else as_rgb
        np.testing.assert_array_equal(picture, expected, err_msg=name)
        assert pictures.shrink(picture).shape == (32, 32, 3)


def test_transparent_picture_lies_on_white(tmp_path):
    data = np.zeros((32, 32, 4), dtype=np.uint8)
    data[:16] = [200, 0, 100, 255]
    data[16:24] = [200, 0, 100, 51]  # a fifth
    picture = pictures.read_picture(write(tmp_path / "own.png", data))
    assert (picture[:16] == [200, 0, 100]).all()
    assert (picture[16:24] == [244, 204, 224]).all()
    assert (picture[24:] == 255).all()


def test_animation_shows_its_first_frame(tmp_path):
    frames = np.stack([np.full((40, 40, 3), v, dtype=np.uint8) for v in (10, 250)])
    picture = pictures.read_picture(write(tmp_path / "own.gif", frames))
    assert picture.shape == (40, 40, 3) and (picture == 10).all()


def test_photograph_is_turned_upright(rng, tmp_path):
    data = np.zeros((40, 60, 3), dtype=np.uint8)
    data[:, :30] = 255
    turned = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    picture = pictures.read_picture(write(tmp_path / "own.jpg", data, exif=turned))
    assert picture.shape == (60, 40, 3)
    assert picture[:25].min() > 200 and picture[35:].max() < 50


def test_large_photograph_is_read(tmp_path):
    data = np.zeros((2000, 3000, 3), dtype=np.uint8)
    data[:, 1500:] = 240
    picture = pictures.read_picture(write(tmp_path / "own.jpg", data))
    small = pictures.shrink(picture)
    assert picture.shape == data.shape
    assert small[:, :15].max() < 5 and small[:, 17:].min() > 235
    vis_utils.show_image(picture).figure.canvas.draw()
    plt.close("all")


def test_missing_picture_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no picture at .*mine\.png: put one there"):
        pictures.read_picture(tmp_path / "mine.png")


@pytest.mark.parametrize("name", ["note.txt", "note.png", "empty.jpg", "cut.png", "cut.jpg"])
def test_what_is_no_picture_is_rejected(name, rng, tmp_path):
    path = tmp_path / name
    if name.startswith("cut"):
        write(path, images(rng, 1)[0])
        path.write_bytes(path.read_bytes()[:600])
    else:
        path.write_bytes(b"" if name == "empty.jpg" else b"cats are nice")
    with pytest.raises(ValueError, match=rf"{name} is not a picture"):
        pictures.read_picture(path)

"""Figures to be touched hold what they are given; pictures of every kind are read exactly."""

import base64
import html
import json
import re

import imageio.v3 as iio
import numpy as np
import pytest
from matplotlib import pyplot as plt

from cs231n import pictures, vis_utils
from tests.figure_data import NAMES, images, templates


@pytest.fixture
def shown(monkeypatch):
    """What cells show: a list of {type: text}."""
    bundles = []
    monkeypatch.setattr(pictures, "display", lambda bundle, raw: bundles.append(bundle))
    return bundles


def show_steps(rng, count=5):
    curves = {"data loss": rng.random(count), "penalty": list(rng.random(count).astype("float32"))}
    snapshots = [templates(rng) for _ in range(count)]
    pictures.show_steps(np.arange(count) ** 2, snapshots, curves, NAMES, 'Steps, "</script>"')
    return snapshots, curves


def test_the_figure_is_a_page_with_its_values_and_a_picture(shown, rng):
    snapshots, curves = show_steps(rng)
    [bundle] = shown
    assert plt.get_fignums() == []
    picture = iio.imread(base64.b64decode(bundle["image/png"]))
    assert picture.shape[1] == 800  # the width of a page
    frame = bundle["text/html"]
    assert bundle["image/png"] in frame and bundle["text/plain"].startswith("Steps, ")
    alt, title, page = (re.search(f'{name}="([^"]*)"', frame)[1] for name in KEYS)
    assert html.unescape(title) == 'Steps, "</script>"' and alt in bundle["text/plain"]
    page = html.unescape(page)
    assert page.count("</script>") == page.count("<script>")  # none came with the title
    values = json.loads(re.search("const VALUES = (.*);</script>", page)[1])
    assert values["iterations"] == [0, 1, 4, 9, 16] and values["names"] == NAMES
    for name, numbers in curves.items():
        np.testing.assert_allclose(values["curves"][name], numbers, rtol=1e-6)
    # Nothing else is loaded: no address but of itself, and the name of a namespace.
    assert set(re.findall(r"\w+://[^\"\s]+", page)) == {"http://www.w3.org/2000/svg"}
    strip = iio.imread(base64.b64decode(values["strip"].partition(",")[2]))
    for t, W in enumerate(snapshots):
        row = np.hstack(vis_utils.template_images(W)).astype(int)
        assert abs(strip[32 * t : 32 * t + 32] - row).mean() < 20  # of 255, by JPEG; others: 60


KEYS = ("alt", "title", "srcdoc")


def test_the_picture_has_the_curves_at_their_iterations(shown, rng, monkeypatch):
    drawn = []
    with monkeypatch.context() as patch:
        patch.setattr(plt, "close", drawn.append)
        _, curves = show_steps(rng)
    for line, (name, values) in zip(drawn[0].axes[1].lines, curves.items(), strict=True):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_xydata().T, [np.arange(5) ** 2, values])
    plt.close(drawn[0])


def test_the_figure_is_the_same_every_time_and_stays_small(shown):
    for _ in range(2):
        show_steps(np.random.default_rng(1), count=25)
    assert shown[0] == shown[1]
    assert sum(map(len, shown[0].values())) < 1_000_000


@pytest.mark.parametrize("name", ["steps", "plane", "kink"])
def test_every_page_says_what_it_shows(name):
    page = (pictures.FIGURES / f"{name}.html").read_text(encoding="utf-8")
    [alt] = re.findall('<meta name="description" content="([^"]*)">', page)
    assert len(alt) > 100 and not set(alt) & set("<>&$")
    assert not re.search("(src|href)=", page)
    assert len(page.splitlines()) <= 250


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
        "palette.gif": as_rgb,
        "bits.png": grey > 127,
    }
    for name, data in cases.items():
        picture = pictures.read_picture(write(tmp_path / name, data))
        expected = 255 * (as_rgb > 127) if name == "bits.png" else as_rgb
        np.testing.assert_array_equal(picture, expected, err_msg=name)
        assert pictures.shrink(picture).shape == (32, 32, 3)


@pytest.mark.parametrize("name, kind", [("a.png", "u2"), ("a.tiff", ">u2"), ("a.tiff", "f4")])
def test_greys_of_more_than_8_bits_are_refused(name, kind, tmp_path):
    path = write(tmp_path / name, np.full((3, 3), 300, kind))
    with pytest.raises(ValueError, match=f"{name} has more than 8 bits a colour"):
        pictures.read_picture(path)


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

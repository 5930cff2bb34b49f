"""Do a few kilobytes stay a few kilobytes, and a name a name, wherever they are shown?"""

import base64
import io
import struct
import tracemalloc
import zlib

import pytest
from cells import code, displayed, markdown, notebook, raised
from PIL import Image
from submissions import to_zip

from course.export import answers
from course.export.markup import markdown as rendered
from course.export.notebook_page import notebook_page
from course.grader import intake
from course.grader.notebooks import notebook_reader
from course.grader.notebooks.compare import OWN
from course.grader.notebooks.same_outputs import Budget, difference
from course.text import one_line


def png(width, height):
    """Return a sound PNG of a bit a pixel, whose zeros take a thousandth of their size."""

    def chunk(kind, data):
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width // 8 + 2) * min(height, 100)), 9)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", rows), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def gif(size, frames):
    first, *others = (Image.new("P", (size, size), number % 7) for number in range(frames))
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=others, optimize=False)
    return file.getvalue()


BOMBS = {
    "PNG of 3.6 gigapixels": ("image/png", lambda: png(60_000, 60_000)),
    "long PNG": ("image/png", lambda: png(8, 2_000_000_000)),
    "PNG named GIF": ("image/gif", lambda: png(60_000, 60_000)),
    "GIF of many frames": ("image/gif", lambda: gif(1500, 60)),
    "no picture": ("image/png", lambda: b"\x89PNG\r\n\x1a\n" + b"\xff" * 100),
}
SOUND = {
    "PNG": ("image/png", lambda: png(800, 80)),
    "GIF": ("image/gif", lambda: gif(300, 20)),
}


def shown(mime, content):
    """Return a page that has a picture as an output, in HTML, in Markdown and pasted."""
    uri = f"data:{mime};base64,{base64.b64encode(content).decode()}"
    data = {mime: uri.partition(",")[2]}, {"text/html": f'<img src="{uri}">'}
    output = code("1", 1, "a", *map(displayed, data))
    return notebook_page(notebook(output, markdown(f"![x]({uri})")))


@pytest.mark.parametrize("name", BOMBS)
def test_a_picture_that_unpacks_to_gigabytes_is_nowhere_shown(name):
    mime, make = BOMBS[name]
    content = make()
    assert len(content) < 300_000
    page = shown(mime, content)
    assert 'src="data' not in page
    text = base64.b64encode(content).decode()
    assert answers.picture_in({mime: text}) is None
    other = base64.b64encode(png(80, 80)).decode()
    books = (notebook(code("", 1, "a", displayed({mime: one}))) for one in (text, other))
    outputs = [notebook_reader.read(book).code[0].outputs for book in books]
    tracemalloc.start()
    try:
        assert "picture" in difference(*outputs, OWN, Budget())[0]
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", SOUND)
def test_other_pictures_are_shown(name):
    mime, make = SOUND[name]
    assert shown(mime, make()).count('src="data') == 3


def test_a_drawing_that_repeats_itself_is_shown_as_its_text():
    uses = "".join(f'<g id="a{n + 1}">{f"<use href=#a{n}/>" * 10}</g>' for n in range(9))
    drawing = f'<svg onload="x()"><g id="a0"><rect/></g>{uses}</svg>'
    shown = code("1", 1, "a", displayed({"image/svg+xml": drawing}))
    page = notebook_page(notebook(shown, markdown(drawing)))
    assert "<svg" not in page and "<use" not in page and "&lt;use" in page


LONG = "é\x1b[2J\u202e" + "x" * 10_000


def test_names_of_ten_kilobytes_are_told_in_a_line(toy, tmp_path):
    other = {"output_type": LONG, "data": {LONG: LONG}, "name": LONG}
    cells = code(LONG, 1, LONG, raised(LONG, LONG, LONG), other), markdown(LONG, LONG)
    files = {"notebooks/one.ipynb": notebook(*cells, **{LONG: LONG})}
    files |= {f"toy/{'x' * 10_000}.py": b"1"}
    read = intake.read(toy, to_zip(files | {f"a/{LONG}": b""}, tmp_path / "ann.zip"))
    assert list(read.files) == ["notebooks/one.ipynb"]
    found = answers.cut_out(toy, read.files)
    told = [*read.remarks, *(one["title"] for one in found)]
    assert len(read.remarks) > 2 and max(map(len, told)) < 300
    assert all(one_line(line) == line for line in told)
    assert "\x1b" not in notebook_page(files["notebooks/one.ipynb"]) + rendered(LONG)

"""What a person grades, cut out of the submitted notebooks: inline answers, code, figures.

    cut_out(course, files)      one entry for each of them, answered or not
    figures(course, files)      {name: bytes} of the pictures that the entries name

What counts as an answer is decided by course/notebook.py. Nothing is executed, and nothing in a
notebook makes this raise.
"""

import base64
import io
import warnings
from functools import cache

from PIL import Image

from course.edition import release
from course.notebook import Given, dig, find_answer, find_group, joined, read_cells
from course.text import clean, one_line

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif"}
ENDINGS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif"}
MOST_FIGURES = 8  # of one answer
FIGURE_BYTES = 3_000_000  # the animation of the templates has 1 MB
FIGURE_PIXELS = 20_000_000  # a screen of any size; more would only keep a browser busy


@cache
def given(course, notebook):
    """Return the cells of the student edition's notebook, as notebook.Given."""
    cells = read_cells(release.derive(course).files[course.notebooks[notebook].file])
    return Given((cell.id, cell.source) for cell in cells)


@cache
def graded_by_hand(course):
    """Return what people grade, in the order of the notebooks."""
    order = {
        (name, cell): number
        for name in course.notebooks
        for number, cell in enumerate(given(course, name).sources)
    }
    names = list(course.notebooks)
    return sorted(
        course.by_hand,
        key=lambda one: (names.index(one.notebook), order[one.notebook, one.cell]),
    )


def cut_out(course, files):
    """Return a list of dictionaries, one for each cell that a person grades.

    notebook, cell   as they are declared
    title, kind      the same; kind is "answer" (Markdown) or "code"
    possible         its points
    answered         whether anything was written; in doubt yes, as a person looks at it then
    state            "" or, of its notebook, "missing" or "unreadable"
    source           what was written, without the placeholder; "" if nothing was
    figures          [{"cell", "mime", "name"}]: pasted into the answer, or in its section
    """
    return [entry for entry, _ in find(course, files)]


def figures(course, files):
    """Return {name: bytes} of all figures that cut_out names."""
    return {name: one for _, found in find(course, files) for name, one in found.items()}


def find(course, files):
    """Yield (entry, {name of a figure: its bytes}) for each cell that a person grades."""
    read = {}
    for one in graded_by_hand(course):
        notebook, target = one.notebook, one.cell
        if notebook not in read:
            read[notebook] = cells_of(files.get(course.notebooks[notebook].file))
        state, cells = read[notebook]
        known = given(course, notebook)
        group, written = find_group(cells, known, target), find_answer(cells, known, one)
        shown, contents = [], {}
        for cell, form, content in pictures(cells, group, known):
            name = f"{notebook}_{target}_{len(shown) + 1}.{ENDINGS[form]}".replace("-", "_")
            shown.append({"cell": cell, "mime": FORMATS[form], "name": name})
            contents[name] = content
        entry = {"notebook": notebook, "cell": target, "title": one.title, "kind": one.kind}
        entry |= {"possible": one.points, "answered": bool(written), "state": state}
        yield entry | {"source": clean(written), "figures": shown}, contents


def cells_of(content):
    """Return (state, the cells of a notebook's file)."""
    if content is None:
        return "missing", []
    try:
        return "", read_cells(content)
    except ValueError:
        return "unreadable", []


# --- Figures ----------------------------------------------------------------------------------


def pictures(cells, group, given):
    """Yield (cell, format, bytes) of pictures: pasted into the answer, or shown in its section."""
    found = []
    for index in group:
        found += [(index, bundle) for bundle in cells[index].attachments.values()]
    for index in section(cells, group, given):
        found += [(index, output.get("data")) for output in cells[index].outputs]
    seen = 0
    for index, bundle in found:
        for mime in FORMATS.values():
            picture = decode(joined(dig(bundle, mime)))
            if picture and seen < MOST_FIGURES:
                seen += 1
                yield one_line(min(cells[index].ids, default=""), 64), *picture


def section(cells, group, given):
    """Return the indices of the section, between two headings of the edition, around a group."""
    if not group:
        return range(0)
    heads = [
        index
        for index, cell in enumerate(cells)
        if cell.source.startswith("## ") and given.has(cell)
    ]
    first = max((head for head in heads if head <= group[0]), default=0)
    return range(first, min((head for head in heads if head > group[-1]), default=len(cells)))


def decode(text):
    """Return (format, bytes) of a picture in base64 whose header is sound, else None."""
    if not text or len(text) > FIGURE_BYTES * 4 / 3 + 1000:
        return None
    try:
        content = base64.b64decode(text)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of pictures that would fill the memory
            with Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as image:
                width, height = image.size  # read from the header: nothing is decoded
    except Exception:  # Pillow's own, of many kinds
        return None
    return (image.format, content) if 0 < width * height <= FIGURE_PIXELS else None

"""What a person grades, cut out of the submitted notebooks: inline answers, code, figures.

    cut_out(files)      one entry for each of them, answered or not
    figures(files)      {name: bytes} of the pictures that the entries name

An answer may stand under the placeholder, around it, in its place, in cells that were added beside
it or, by mistake, under the question itself. Where its own cell is gone, the cells that stand at
its place count. Nothing is executed, and nothing in a notebook makes this raise.
"""

import base64
import html
import io
import json
import re
import unicodedata
import warnings
from functools import cache

import nbformat
from PIL import Image

from cs231n.submission import ANSWER_PLACEHOLDER
from cs231n.submission.lookover import dig, joined, read_cells
from grading import ROOT, student_notebook
from grading.grader.text import clean, one_line
from grading.release import read_points

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif"}
ENDINGS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif"}
MOST_FIGURES = 8  # of one answer
FIGURE_BYTES = 3_000_000  # the animation of the templates has 1 MB
FIGURE_PIXELS = 20_000_000  # a screen of any size; more would only keep a browser busy

PLACEHOLDER_WORDS = set(re.findall(r"\w+", ANSWER_PLACEHOLDER.casefold()))


@cache
def graded_by_hand():
    """Return [(notebook, cell, points)] of what people grade, in the order of the notebooks."""
    return [
        (notebook, cell, points)
        for notebook, cells in read_points(ROOT, []).items()
        for cell, points in sorted(cells.items(), key=lambda item: place(notebook, item[0]))
        if not cell.startswith("check-")
    ]


@cache
def given(notebook):
    """Return the cells of the student edition's notebook: {id: source}, in order."""
    path = f"notebooks/{notebook}.ipynb"
    text = (ROOT / path).read_text(encoding="utf-8")
    text, _, _ = student_notebook.derive(text, path, {}, [])
    return {cell.id: cell.source for cell in nbformat.reads(text, as_version=4).cells}


@cache
def given_sources(notebook):
    """Return the texts by which given cells are known; the prompts are not among them."""
    prompts = {cell for name, cell, _ in graded_by_hand() if name == notebook}
    sources = (source for id, source in given(notebook).items() if id not in prompts)
    return {squeeze(source) for source in sources} - {""}


def place(notebook, cell):
    return list(given(notebook)).index(cell)


def squeeze(text):
    return " ".join(text.split())


def cut_out(files):
    """Return a list of dictionaries, one for each cell that a person grades.

    notebook, cell   "svm", "answer-1"
    kind             "answer" (Markdown) or "code"
    possible         its points
    answered         whether anything was written; in doubt yes, as a person looks at it then
    state            "" or, of its notebook, "missing" or "unreadable"
    source           what was written, without the placeholder; "" if nothing was
    figures          [{"cell", "mime", "name"}]: pasted into the answer, or in its section
    """
    return [entry for entry, _ in find(files)]


def figures(files):
    """Return {name: bytes} of all figures that cut_out names."""
    return {name: content for _, found in find(files) for name, content in found.items()}


def find(files):
    """Yield (entry, {name of a figure: its bytes}) for each cell that a person grades."""
    read = {}
    for notebook, target, possible in graded_by_hand():
        if notebook not in read:
            read[notebook] = cells_of(files.get(f"notebooks/{notebook}.ipynb"))
        state, cells = read[notebook]
        kind = "answer" if target.startswith("answer-") else "code"
        group = group_of(cells, notebook, target)
        written = answer if kind == "answer" else code
        source = written(cells, group, notebook, target)
        shown, contents = [], {}
        for cell, form, content in pictures(cells, group, notebook):
            name = f"{notebook}_{target}_{len(shown) + 1}.{ENDINGS[form]}".replace("-", "_")
            shown.append({"cell": cell, "mime": FORMATS[form], "name": name})
            contents[name] = content
        entry = {"notebook": notebook, "cell": target, "kind": kind, "possible": possible}
        entry |= {"answered": bool(source), "state": state, "source": source, "figures": shown}
        yield entry, contents


def cells_of(content):
    """Return (state, the cells as read_cells has them, with their attachments)."""
    if content is None:
        return "missing", []
    try:
        cells = read_cells(content)
        raw = json.loads(content)["cells"] if b'"attachments"' in content else [{}] * len(cells)
    except ValueError:
        return "unreadable", []
    pairs = zip(cells, raw, strict=True)
    return "", [cell | {"attachments": one.get("attachments")} for cell, one in pairs]


# --- Which cells ------------------------------------------------------------------------------


def is_given(cell, notebook):
    """Whether a cell came with the notebook: by its id or, where ids were lost, by its text."""
    if cell["ids"] & given(notebook).keys():
        return True
    return squeeze(cell["source"]) in given_sources(notebook)


def group_of(cells, notebook, target):
    """Return the indices of the cells that hold an answer, in order."""
    places = [i for i, cell in enumerate(cells) if target in cell["ids"]]
    if not places:  # what the student has written after the cell that stands before it
        anchor = find_anchor(cells, notebook, target)
        return [] if anchor is None else own_cells(cells, anchor, 1, notebook)
    group = set(places)
    for one in places:
        group |= {*own_cells(cells, one, -1, notebook), *own_cells(cells, one, 1, notebook)}
    return sorted(group)


def own_cells(cells, start, step, notebook):
    """Return the indices of the student's own cells that follow each other next to `start`."""
    found, index = [], start + step
    while 0 <= index < len(cells) and not is_given(cells[index], notebook):
        found.append(index)
        index += step
    return found


def find_anchor(cells, notebook, target):
    """Return the index of the cell that stands before the target in the student edition."""
    before = list(given(notebook))[place(notebook, target) - 1]
    source = given(notebook)[before]
    heading = squeeze(source.split("\n")[0])
    for fits in (
        lambda cell: before in cell["ids"],
        lambda cell: squeeze(cell["source"]) == squeeze(source),
        lambda cell: squeeze(cell["source"].split("\n")[0]) == heading,
    ):
        for index, cell in enumerate(cells):
            if fits(cell):
                return index
    return None


# --- What was written -------------------------------------------------------------------------


def answer(cells, group, notebook, target):
    """Return the Markdown of an answer, "" if there is none."""
    texts = [under_the_question(cells, notebook, target)]
    for index in group:
        cell, own = cells[index], target in cells[index]["ids"]
        if cell["type"] in ("markdown", "raw"):
            texts.append(cell["source"])
        elif cell["type"] == "code" and own:  # the answer cell, made a code cell
            texts.append(cell["source"] and f"```\n{cell['source']}\n```")
    return clean("\n\n".join(without_placeholder(one) for one in texts if says_something(one)))


def under_the_question(cells, notebook, target):
    """Return what was typed into the cell of the question, beside the question."""
    before = list(given(notebook))[place(notebook, target) - 1]
    question = given(notebook)[before].strip()
    for cell in cells:
        if before in cell["ids"] and question in cell["source"]:
            return cell["source"].replace(question, "", 1)
    return ""


def says_something(text):
    """Whether a Markdown text says anything besides the placeholder, in any script."""
    text = re.sub(r"<!--.*?(-->|\Z)", " ", text, flags=re.DOTALL)
    text = re.sub(r"</?(br|p|div|span|hr)\b[^>]*>", " ", text, flags=re.IGNORECASE)
    text = html.unescape(text)
    if set(re.findall(r"[^\W_]+", text.casefold())) - PLACEHOLDER_WORDS:
        return True
    # Signs such as an arrow or a smile; those of ASCII are Markdown's.
    return any(not one.isascii() and unicodedata.category(one)[0] == "S" for one in text)


def without_placeholder(text):
    label, _, rest = ANSWER_PLACEHOLDER.partition("** ")
    for prompt in (ANSWER_PLACEHOLDER, rest, f"{label}**"):  # half of it may have been deleted
        text = text.replace(prompt, "")
    return text.strip("\n")


def code(cells, group, notebook, target):
    """Return the code that was written, "" if nothing but the stub is there."""
    sources = [cells[i]["source"] for i in group if cells[i]["type"] == "code"]
    stub = code_lines(given(notebook)[target])
    if not any(code_lines(source) - stub for source in sources):
        return ""
    return clean("\n\n".join(source for source in sources if source.strip()))


def code_lines(source):
    """Return the lines in which there is code."""
    lines = (squeeze(line) for line in source.split("\n"))
    return {line for line in lines if line and not line.startswith("#")}


# --- Figures ----------------------------------------------------------------------------------


def pictures(cells, group, notebook):
    """Yield (cell, format, bytes) of pictures: pasted into the answer, or shown in its section."""
    found = []
    for index in group:
        attached = cells[index]["attachments"]
        bundles = attached.values() if isinstance(attached, dict) else ()
        found += [(index, bundle) for bundle in bundles]
    for index in section(cells, group, notebook):
        found += [(index, output.get("data")) for output in cells[index]["outputs"]]
    seen = 0
    for index, bundle in found:
        for mime in FORMATS.values():
            picture = decode(joined(dig(bundle, mime)))
            if picture and seen < MOST_FIGURES:
                seen += 1
                yield one_line(min(cells[index]["ids"], default=""), 64), *picture


def section(cells, group, notebook):
    """Return the indices of the section, between two headings of the edition, around a group."""
    if not group:
        return range(0)
    heads = [
        index
        for index, cell in enumerate(cells)
        if cell["source"].startswith("## ") and is_given(cell, notebook)
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

"""A student's notebook as nbgrader shows it: aligned with the edition's cells, and harmless.

nbgrader's formgrader renders notebooks in the browser of the instructor, with the instructor's
session, and lets HTML in Markdown and outputs through. So a notebook is not filtered here but built
anew: from plain text, from pictures that were decoded, and from metadata of our own. What the
student wrote can be read; nothing of it is markup that a browser would act on.

    build(...)          the text of the notebook
    for_course(cells)   the edition's cells as the course's own copies have them, with rubrics
    safe_markdown(text)
"""

import base64
import copy
import json
import re
from itertools import islice

from nbformat.v4 import new_markdown_cell

from course.export.answers import picture_in
from course.export.shown import shown
from course.limited import Refused, in_child
from course.notebook import dig, read_cells, squeeze
from course.outputs.canonical import METADATA
from course.text import clean, one_line

# What a page can show, and somebody read. A notebook of this course has 80 cells.
MOST_CELLS = 500
MOST_OUTPUTS = 50  # of a cell
SOURCE_LIMIT, OUTPUT_LIMIT = 20_000, 20_000  # characters
# Parsing takes a second for the worst 10,000 characters that were found; four times as long for
# twice as many. What is longer is shown as it was typed.
RICH_CELL, RICH_NOTEBOOK = 10_000, 40_000

# A blank after "<" makes it text in Markdown, in code, in a formula, and to a browser. A link or
# picture loses its brackets, apart from pictures pasted into the cell; addresses of the web are
# links without them. \href and its like are what MathJax lets out of a formula.
TAG = re.compile(r"<(?![\s\d=.,$-])")
LINK = re.compile(r"\](?=[(:])(?!\(attachment:([\w.-]+)\))")
ATTACHMENT = re.compile(r"\]\(attachment:([\w.-]+)\)")
TEX = re.compile(r"\\(?=(href|class|style|cssId|require|unicode|data|bbox|mmlToken)\b)", re.I)


def build(given, content, answers, notes, codes=None):
    """Return the text of the notebook that formgrader and feedback show.

    given     the cells of the edition, as `for_course` returns them
    content   the notebook's file, executed or as handed in; None if there is none
    answers   {cell id: what answers.cut_out found}: cells for answers show what gets the points
    codes     {cell id of a check: the student's code that it is about}, which stands above it
    notes     lines about this notebook that stand above it
    Every graded cell is in it, once and in its place. ValueError if `content` cannot be read.
    """
    cells = read_cells(content)[:MOST_CELLS] if content is not None else []
    built, typed = [note_cell(notes)] if notes else [], 0
    for number, (one, cell) in enumerate(align(given, cells), 1):
        if cell and cell.type != "code" and not (one and cell.source == one.source):
            typed += len(cell.source)
        rich = typed <= RICH_NOTEBOOK
        if one is not None and (code := (codes or {}).get(one.id)):
            text = "**What was handed in**\n\n" + indented(safe_markdown(code))
            built.append(markdown_cell(f"code-{one.id}", text))
        if one is None:
            built.append(own_cell(cell, f"own-{number}", rich))
        else:
            built.append(given_cell(one, cell, answers.get(one.id), rich))
    notebook = {"cells": built, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def for_course(cells, rubrics=None):
    """Return copies of the edition's cells in which checks have comments, too.

    nbgrader keeps comments of cells that are `solution` only. The verdict is not made by the cell,
    so it does not matter that nbgrader then takes it for one that students edit.
    rubrics    {cell id: lines} that stand above these cells
    """
    found = []
    for cell in copy.deepcopy(cells):
        if lines := (rubrics or {}).get(cell.id):
            text = "\n".join(["**What earns points**\n", *(f"* {line}" for line in lines)])
            state = {"grade": False, "locked": True, "solution": False, "task": False}
            name = f"rubric-{cell.id}"
            metadata = {"nbgrader": state | {"schema_version": 3, "grade_id": name}}
            found.append(new_markdown_cell(text, id=name, metadata=metadata))
        if is_graded(cell):
            cell.metadata.nbgrader.solution = True
        found.append(cell)
    return found


def is_graded(cell):
    return bool(dig(cell.metadata, "nbgrader", "grade"))


def is_locked(cell):
    return bool(dig(cell.metadata, "nbgrader", "locked"))


# Which cell is which


def align(given, cells):
    """Return [(given cell or None, student's cell or None), ...] in the student's order.

    What is graded, and what asks for it, stands behind the given cell that precedes it in the
    edition, if it is gone.
    """
    known = recognize(given, cells)
    there = {one.id for one in known.values()}
    gone, before = {}, ""  # {id of the given cell before, "" at the start: [(cell, None), ...]}
    for one in given:
        if one.id in there:
            before = one.id
        elif is_graded(one) or (is_locked(one) and one.cell_type == "markdown"):
            gone.setdefault(before, []).append((one, None))
    aligned = gone.get("", [])
    for index, cell in enumerate(cells):
        one = known.get(index)
        aligned += [(one, cell), *(gone.get(one.id, []) if one is not None else [])]
    return aligned


def recognize(given, cells):
    """Return {index among the student's cells: given cell}, by the id or, without one, the text."""
    ids, texts = {}, {}
    for index, cell in reversed(list(enumerate(cells))):  # of several the first counts
        ids |= dict.fromkeys(cell.ids, index)
        texts[squeeze(cell.source)] = index
    known = {ids[one.id]: one for one in given if one.id in ids}
    for one in given:
        text, answer = squeeze(one.source), one.cell_type == "markdown" and is_graded(one)
        if one.id not in ids and text in texts and not answer:  # whose placeholders are the same
            known.setdefault(texts[text], one)
    return known


# Cells


def note_cell(notes):
    lines = "\n".join(one_line(note, 400) for note in notes)
    source = "**From the grader**\n\n" + indented(safe_markdown(lines))
    return markdown_cell("from-the-grader", source)


def own_cell(cell, name, rich):
    """Return a cell that the student added."""
    if cell.type == "code":
        return code_cell(name, cell.source, cell)
    if cell.type == "markdown":
        return markdown_cell(name, *written(cell.source, cell.attachments, rich))
    return markdown_cell(name, indented(safe_markdown(cell.source)))


def given_cell(one, cell, answer, rich):
    """Return a cell of the edition, with what the student made of it (None: taken out)."""
    same_type, attached = cell and cell.type == one.cell_type, {}
    source = cell.source if cell else ""
    if is_locked(one):
        source = one.source
    elif answer and answer["answered"] and (one.cell_type == "markdown" or not same_type):
        source = answer["source"]
    if one.cell_type == "code":
        return code_cell(one.id, source, cell if same_type else None, one.metadata)
    if source != one.source:
        source, attached = written(source, cell.attachments if cell else {}, rich)
    return markdown_cell(one.id, source, attached, one.metadata)


def markdown_cell(name, source, attachments=None, metadata=None):
    cell = {"cell_type": "markdown", "id": name, "metadata": metadata or {}, "source": source}
    return cell | ({"attachments": attachments} if attachments else {})


def code_cell(name, source, cell, metadata=None):
    number = cell.number if cell else None
    counted = type(number) is int and 0 <= number < 1_000_000
    return {
        "cell_type": "code",
        "id": name,
        "metadata": metadata or {},
        "execution_count": number if counted else None,
        "source": clean(source, SOURCE_LIMIT),
        "outputs": list(safe_outputs(cell)) if cell else [],
    }


# What students wrote


def written(source, attachments, rich=True):
    """Return a student's Markdown and the pictures pasted into it, both made harmless.

    If not `rich`, or too long to be parsed, it is shown as it was typed.
    """
    if not rich or len(source) > RICH_CELL:
        return indented(safe_markdown(source)), {}
    pictures = {
        name: in_base64(*found)
        for name, bundle in attachments.items()
        if re.fullmatch(r"[\w.-]+", name) and f"](attachment:{name})" in source
        if (found := picture_in(bundle))
    }
    text = safe_markdown(source, pictures)
    try:
        parse(text, pictures)
    except (Refused, ValueError):
        return indented(safe_markdown(source)), {}
    return text, pictures


@in_child(seconds=1, size=10, keep=True)
def parse(text, pictures):
    """Do what nbgrader's pages do, which fail as a whole where a cell cannot be parsed."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    MarkdownWithMath(renderer=IPythonRenderer(escape=False, attachments=pictures)).render(text)


def indented(text):
    """Return Markdown of a block of code."""
    return "\n".join(f"    {line}" for line in text.split("\n"))


def safe_markdown(source, attachments=()):
    """Return Markdown that reads the same, but in which nothing is HTML or leads to a script."""
    source = TAG.sub("< ", clean(source, SOURCE_LIMIT))
    source = LINK.sub("] ", source)
    source = ATTACHMENT.sub(
        lambda match: match[0] if match[1] in attachments else f"] {match[0][1:]}", source
    )
    return TEX.sub(r"\\ ", source)


def safe_outputs(cell):
    """Yield a cell's outputs as pictures and plain text."""
    for one in islice(shown(cell), MOST_OUTPUTS):
        if isinstance(one.content, bytes):
            data = in_base64(one.kind, one.content)
            if one.kind == "image/gif":  # which nbconvert shows in HTML only
                data = {"text/html": f'<img src="data:{one.kind};base64,{data[one.kind]}">'}
            yield {"output_type": "display_data", "metadata": {}, "data": data}
        elif text := clean(one.plain, OUTPUT_LIMIT).rstrip():
            name = "stderr" if one.kind == "error" else "stdout"
            yield {"output_type": "stream", "name": name, "text": text}
    if more := cell.outputs[MOST_OUTPUTS:]:
        text = f"... {len(more)} more outputs are left out here\n"
        yield {"output_type": "stream", "name": "stdout", "text": text}


def in_base64(mime, content):
    return {mime: base64.b64encode(content).decode()}

"""The cells of a notebook: what was handed out and what is a student's own, and what was answered.

    read_cells(content)                  the cells of a file, in a known shape
    Given(cells)                         the cells of a notebook as it was handed out
    find_answer(cells, given, by_hand)   what a student wrote for a cell that a person grades

Both sides use these: students are told that a question is not answered exactly if those who grade
see no answer. Nothing is executed, and nothing in a notebook makes this raise but ValueError.

An answer may stand under the placeholder, around it, in its place, in cells that were added beside
it or, by mistake, under the question itself. Where its own cell is gone, the cells that stand at
its place count.
"""

import html
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

# What stands in an answer cell before somebody answers. The student edition is made with it.
PLACEHOLDER = "**Your answer.** *Replace this line.*"
EDITION = "course_edition"  # in a notebook's metadata: the id of the edition it comes from
PROMPTS = re.compile(r"\b(your answer|replace this line)\b")  # its two halves, as words


@dataclass
class Cell:
    """A cell as it stands in a file; of another type than these, its fields are empty.

    ids      all names that it may have been given: a copied cell has a new id, but keeps its
             metadata, and Colab moves the id into the metadata
    id       the name that the file gives it, which may be anything
    number   the execution count, which may be anything; None if it was not run
    outputs  a list of dictionaries;  attachments  a dictionary
    """

    index: int
    type: str
    id: object
    ids: set
    source: str
    number: object
    outputs: list
    attachments: dict


def read_cells(content):
    """Return the Cells in the file of a notebook (bytes); ValueError for anything else."""
    cells = read_notebook(content).get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError("it has no list of cells")
    return [known_shape(index, cell) for index, cell in enumerate(cells)]


def read_notebook(content):
    """Return the dictionary in the file of a notebook; ValueError for anything else."""
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        raise ValueError("not in notebook format 4")
    return notebook


def edition_told(content):
    """Return the id of the edition that a notebook's metadata tell, None if they tell none."""
    try:
        told = dig(read_notebook(content), "metadata", EDITION)
    except ValueError:
        return None
    return told if isinstance(told, str) else None


def known_shape(index, cell):
    outputs, attachments = cell.get("outputs"), cell.get("attachments")
    metadata = dig(cell, "metadata", "id"), dig(cell, "metadata", "nbgrader", "grade_id")
    kind = cell.get("cell_type")
    return Cell(
        index=index,
        type=kind if isinstance(kind, str) else "",
        id=cell.get("id"),
        ids={one for one in (cell.get("id"), *metadata) if isinstance(one, str)},
        source=joined(cell.get("source")),
        number=cell.get("execution_count"),
        outputs=[one for one in outputs if isinstance(one, dict)]
        if isinstance(outputs, list)
        else [],
        attachments=attachments if isinstance(attachments, dict) else {},
    )


def dig(value, *keys):
    """Return what lies under the keys, one below the other; None if anything is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def joined(text):
    """Return multi-line text of a notebook, a string or a list of strings, as one string."""
    pieces = text if isinstance(text, list) else [text]
    return "".join(piece for piece in pieces if isinstance(piece, str))


def squeeze(text):
    """Return a text with single spaces, by which it is known."""
    return " ".join(text.split())


# What was handed out


class Given:
    """The cells of a notebook as it was handed out: {id: source}, in order."""

    def __init__(self, sources):
        self.sources = dict(sources)

    @cached_property
    def texts(self):
        """The texts by which cells are known where ids were lost; not those of the prompts."""
        return {squeeze(one) for one in self.sources.values()} - {"", squeeze(PLACEHOLDER)}

    def has(self, cell):
        """Whether a cell was handed out: by its id or, where ids were lost, by its text."""
        return bool(cell.ids & self.sources.keys()) or squeeze(cell.source) in self.texts

    def before(self, target):
        """Return the id of the cell that stands before the one of this id; None at the top."""
        names = list(self.sources)
        place = names.index(target) if target in names else 0
        return names[place - 1] if place else None


# Which cells hold an answer


def find_group(cells, given, target):
    """Return the indices of the cells that hold what was written for the cell `target`, in order."""
    places = [cell.index for cell in cells if target in cell.ids]
    if not places:  # what the student has written after the cell that stands before it
        anchor = find_anchor(cells, given, target)
        return [] if anchor is None else own_cells(cells, anchor, 1, given)
    group = set(places)
    for one in places:
        group |= {*own_cells(cells, one, -1, given), *own_cells(cells, one, 1, given)}
    return sorted(group)


def own_cells(cells, start, step, given):
    """Return the indices of the student's own cells that follow each other next to `start`."""
    found, index = [], start + step
    while 0 <= index < len(cells) and not given.has(cells[index]):
        found.append(index)
        index += step
    return found


def find_anchor(cells, given, target):
    """Return the index of the cell that was handed out before the target, None if it is gone."""
    if (before := given.before(target)) is None:
        return None
    source = given.sources[before]
    heading = squeeze(source.split("\n")[0])
    for fits in (
        lambda cell: before in cell.ids,
        lambda cell: squeeze(cell.source) == squeeze(source),
        lambda cell: squeeze(cell.source.split("\n")[0]) == heading,
    ):
        for cell in cells:
            if fits(cell):
                return cell.index
    return None


# What was written


def find_answer(cells, given, by_hand):
    """Return what was written for a cell that a person grades; "" if nothing was.

    by_hand is the definition's ByHand: an answer is Markdown, without the placeholder, or code.
    """
    written = find_prose if by_hand.kind == "answer" else find_code
    return written(cells, given, by_hand.cell)


def find_prose(cells, given, target):
    texts = [under_the_question(cells, given, target)]
    for index in find_group(cells, given, target):
        cell = cells[index]
        if cell.type in ("markdown", "raw"):
            texts.append(cell.source)
        elif cell.type == "code" and target in cell.ids:  # the answer cell, made a code cell
            texts.append(cell.source and f"```\n{cell.source}\n```")
    return "\n\n".join(without_placeholder(one) for one in texts if says_something(one))


def under_the_question(cells, given, target):
    """Return what was typed into the cell of the question, beside the question."""
    before = given.before(target)
    question = given.sources.get(before, "").strip()
    for cell in cells:
        if question and before in cell.ids and question in cell.source:
            return cell.source.replace(question, "", 1)
    return ""


def says_something(text):
    """Whether a Markdown text says anything besides the placeholder, in any language.

    In doubt it does: then a person looks at it. A sign such as an arrow or a smile says something;
    those of ASCII are Markdown's.
    """
    text = re.sub(r"<!--.*?(-->|\Z)", " ", text, flags=re.DOTALL)
    text = re.sub(r"</?(br|p|div|span|hr)\b[^<>]*>", " ", text, flags=re.IGNORECASE)
    text = html.unescape(text)
    words = " ".join(re.findall(r"[^\W_]+", text.casefold()))
    return bool(PROMPTS.sub("", words).strip()) or any(
        not one.isascii() and unicodedata.category(one)[0] == "S" for one in text
    )


def without_placeholder(text):
    label, _, rest = PLACEHOLDER.partition("** ")
    for prompt in (PLACEHOLDER, rest, f"{label}**"):  # half of it may have been deleted
        text = text.replace(prompt, "")
    return text.strip("\n")


def find_code(cells, given, target):
    """Return the code that was written, "" if nothing but the stub is there."""
    group = [cells[index] for index in find_group(cells, given, target)]
    sources = [cell.source for cell in group if cell.type == "code"]
    stub = code_lines(given.sources.get(target, ""))
    if not any(code_lines(source) - stub for source in sources):
        return ""
    return "\n\n".join(source for source in sources if source.strip())


def code_lines(source):
    """Return the lines in which there is code."""
    lines = (squeeze(line) for line in source.split("\n"))
    return {line for line in lines if line and not line.startswith("#")}

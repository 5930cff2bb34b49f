"""The cells of a notebook: what was handed out and what is a student's own, and what was answered.

    read_cells(content)                  the cells of a file, in a known shape
    Given(sources)                       the cells of a notebook as it was handed out
    find_answer(cells, given, by_hand)   what a student wrote for a cell that a person grades

Both sides use these: students are told that a question is not answered exactly if those who grade
see no answer. Nothing is executed. Only read_cells raises, ValueError, whatever a notebook holds,
and the time that all of it takes grows with the notebook's size, not faster.

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

# What Python makes of a small file may take a hundred times as much memory as the file.
MOST_CELLS, MOST_VALUES = 10_000, 500_000

EDITION = "course_edition"  # in a notebook's metadata: the id of the edition it comes from

# What stands in an answer cell before somebody answers. The student edition is made with it.
PLACEHOLDER = "**Your answer.** *Replace this line.*"
PLACEHOLDER_PARTS = re.compile(r"\b((your )?answer|replace this line)\b")  # its words alone

COMMENTS = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)
EMPTY_TAGS = re.compile(r"</?(br|p|div|span|hr)\b[^<>]*>", re.IGNORECASE)
WORDS = re.compile(r"[^\W_]+")  # of letters and digits in any script


@dataclass
class Cell:
    """A cell as it stands in a file; of another type than these, its fields are empty.

    ids      all names that it may have been given: a copied cell has a new id, but keeps its
             metadata, and Colab moves the id into the metadata
    id       the name that the file gives it, which may be anything
    number   the execution count, which may be anything; None if it was not run
    outputs  a list of dictionaries;  attachments  a dictionary
    alt      the alternative text of its pictures
    """

    index: int
    type: str
    id: object
    ids: set
    source: str
    number: object
    outputs: list
    attachments: dict
    alt: str


def read_cells(content):
    """Return the Cells in the file of a notebook (bytes); ValueError for anything else."""
    return cells_in(read_notebook(content))


def cells_in(notebook):
    """Return the Cells of a notebook's dictionary; ValueError if it has none."""
    cells = notebook.get("cells")
    if isinstance(cells, list) and len(cells) > MOST_CELLS:
        raise ValueError(f"it has {len(cells):,} cells, more than {MOST_CELLS:,}")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError("it has no list of cells")
    return [known_shape(index, cell) for index, cell in enumerate(cells)]


def read_notebook(content):
    """Return the dictionary in the file of a notebook; ValueError for anything else."""
    try:
        text = content.decode(json.detect_encoding(content), "surrogatepass")
        if has_more_values(text, MOST_VALUES):
            raise ValueError(f"it has more than {MOST_VALUES:,} values")
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        raise ValueError("not in notebook format 4")
    return notebook


def has_more_values(text, most):
    """Whether a text of JSON holds more values, told without making any of them."""
    if sum(map(text.count, ",[{")) <= most:
        return False
    text = text.replace("\\\\", "").replace('\\"', "")  # now each quote begins or ends a string
    if text.count('"') > 2 * most:
        return True
    outside = "".join(text.split('"')[::2])
    return sum(map(outside.count, ",[{")) > most


def edition_told(content):
    """Return the id of the edition that a notebook's metadata tell, None if they tell none."""
    try:
        told = dig(read_notebook(content), "metadata", EDITION)
    except ValueError:
        return None
    return told if isinstance(told, str) else None


def known_shape(index, cell):
    metadata = dig(cell, "metadata", "id"), dig(cell, "metadata", "nbgrader", "grade_id")
    return Cell(
        index=index,
        type=of_type(str, cell.get("cell_type")),
        id=cell.get("id"),
        ids={one for one in (cell.get("id"), *metadata) if isinstance(one, str)},
        source=joined(cell.get("source")),
        number=cell.get("execution_count"),
        outputs=[one for one in of_type(list, cell.get("outputs")) if isinstance(one, dict)],
        attachments=of_type(dict, cell.get("attachments")),
        alt=of_type(str, dig(cell, "metadata", "alt")),
    )


def of_type(kind, value):
    """Return a value of this type, an empty one in place of any other."""
    return value if isinstance(value, kind) else kind()


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
        """The texts by which cells are known where ids were lost; not that of the placeholder."""
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
    """Return the indices, in order, of the cells that hold what was written for `target`."""
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
    """Return the index of the cell that was handed out before the target, None if it is gone.

    It is known by its id, by its text or, if neither was left, by the first line of that.
    """
    before = given.before(target)
    text = given.sources.get(before, "").strip()
    if not text:
        return None
    for fits in (
        lambda cell: before in cell.ids,
        lambda cell: squeeze(cell.source) == squeeze(text),
        lambda cell: first_line(cell.source) == first_line(text),
    ):
        if found := [cell.index for cell in cells if fits(cell)]:
            return found[0]
    return None


def first_line(text):
    return squeeze(text.strip().partition("\n")[0])


# What was written


def find_answer(cells, given, by_hand):
    """Return what was written for a cell that a person grades; "" if nothing was.

    by_hand is the definition's ByHand: an answer is Markdown, without the placeholder, or code.
    """
    written = find_prose if by_hand.kind == "answer" else find_code
    return written(cells, given, by_hand)


def find_prose(cells, given, by_hand):
    places = set(find_group(cells, given, by_hand.cell))
    question = given.sources.get(by_hand.question, "").strip()
    if question:  # something may have been typed beside it, or the two cells merged
        changed = (cell for cell in cells if squeeze(cell.source) not in given.texts)
        places |= {cell.index for cell in changed if question in cell.source}
    texts = []
    for cell in (cells[index] for index in sorted(places)):
        if cell.type != "code":
            texts.append(cell.source.replace(question, ""))
        elif by_hand.cell in cell.ids:  # the answer cell, made a code cell
            texts.append(f"```\n{cell.source}\n```")
    return "\n\n".join(without_placeholder(one) for one in texts if says_something(one))


def says_something(text):
    """Whether a Markdown text says anything besides the placeholder, in any language.

    In doubt it does, as then a person looks at it: "TODO" does. So does a picture that the text
    shows, as it does where one is pasted: students photograph what they wrote on paper. So does a
    sign such as an arrow or a smile; those of ASCII do not, as Markdown is made of them.
    """
    text = EMPTY_TAGS.sub(" ", COMMENTS.sub(" ", text))
    text = html.unescape(re.sub("&#[0-9]{8,}", " ", text))  # which is no character, and may raise
    words = " ".join(WORDS.findall(text.casefold()))
    return bool(PLACEHOLDER_PARTS.sub("", words).strip()) or any(
        not one.isascii() and unicodedata.category(one)[0] == "S" for one in text
    )


def without_placeholder(text):
    label, _, request = PLACEHOLDER.partition(" *")
    for part in (PLACEHOLDER, label, f"*{request}"):  # half of it may have been deleted
        text = text.replace(part, "")
    return text.strip("\n")


def find_code(cells, given, by_hand):
    """Return the code that was written, "" if nothing but the stub is there."""
    group = [cells[index] for index in find_group(cells, given, by_hand.cell)]
    sources = [cell.source for cell in group if cell.type == "code"]
    stub = code_lines(given.sources.get(by_hand.cell, ""))
    if not any(code_lines(source) - stub for source in sources):
        return ""
    return "\n\n".join(source for source in sources if source.strip())


def code_lines(source):
    """Return the lines in which there is code."""
    lines = (squeeze(line) for line in source.split("\n"))
    return {line for line in lines if line and not line.startswith("#")}

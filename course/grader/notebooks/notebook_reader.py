"""A notebook that somebody else wrote: read into a known shape, and written again with new outputs.

read(content)              Notebook, its cells checked piece by piece; ValueError says why not
write(notebook, fresh)     the executed copy, in the canonical form of this repository
"""

import re
from dataclasses import dataclass

import nbformat

from course.grader.notebooks.cell_outputs import as_output, plain
from course.notebook import Cell, cells_in, dig, joined, read_notebook
from course.outputs.canonical import is_progress_bar, to_text
from course.submission.contents import NOTEBOOK_LIMIT
from course.text import one_line

MOST_CELLS = 1_000
LARGEST_NUMBER = 1_000_000  # of an execution count
ATTACHED = 10_000_000  # characters of pictures in the text cells that the copy keeps
HEADING = re.compile(r"^#{1,6} +(\S.{0,200})$", re.MULTILINE)
GENERATED_ID = re.compile(r"[\w-]{1,64}", re.ASCII)


@dataclass
class StoredCell(Cell):
    """A cell as handed in, whose type is code, markdown or raw, and whose id is unique.

    number          the execution count, None unless it may be one
    result_number   the same of its result
    section         the last heading above it, "" if there is none
    """

    result_number: int | None = None
    section: str = ""


@dataclass
class Notebook:
    """kernel: the name of the one that the notebook asks for, if that is not Python's."""

    cells: list
    kernel: str

    @property
    def code(self):
        """The cells in which there is code, or should be."""
        return [
            cell
            for cell in self.cells
            if cell.type == "code" and (cell.source.strip() or cell.outputs)
        ]


def read(content):
    """Return the Notebook in the bytes of a file. Raises ValueError, whatever is wrong."""
    if len(content) > NOTEBOOK_LIMIT:
        raise ValueError(
            f"it has {len(content) / 1e6:.0f} MB, more than {NOTEBOOK_LIMIT / 1e6:.0f}"
        )
    whole = read_notebook(content)
    found = cells_in(whole)
    if len(found) > MOST_CELLS:
        raise ValueError(f"it has {len(found):,} cells, more than {MOST_CELLS:,}")
    cells, used, left, section = [], set(), ATTACHED, ""
    for cell in found:
        if cell.type == "markdown" and (headings := HEADING.findall(cell.source)):
            section = one_line(headings[-1], 80)
        attached, size = attachments(cell.attachments, left)
        left -= size
        cells.append(stored_cell(cell, unused_id(cell.id, cell.index, used), attached))
        cells[-1].section = section
        used.add(cells[-1].id)
    return Notebook(cells, other_kernel(whole))


def stored_cell(cell, name, attached):
    """Return the StoredCell of a Cell that may hold anything."""
    kind = cell.type if cell.type in ("code", "markdown") else "raw"
    results = [one for one in cell.outputs if one.get("output_type") == "execute_result"]
    checked = {
        "type": kind,
        "id": name,
        "source": plain(cell.source),
        "number": count(cell.number),
        "outputs": tidy(map(stored_output, cell.outputs)) if kind == "code" else [],
        "attachments": attached if kind != "code" else {},
        "result_number": count(results[-1].get("execution_count")) if results else None,
    }
    return StoredCell(**vars(cell) | checked)


def count(number):
    valid = type(number) is int and 0 < number <= LARGEST_NUMBER
    return number if valid else None


def unused_id(wanted, index, used):
    if isinstance(wanted, str) and GENERATED_ID.fullmatch(wanted) and wanted not in used:
        return wanted
    made = f"cell-{index}"
    while made in used:
        made += "-"
    return made


def attachments(found, left):
    """Return the pictures in a text cell, {name: {MIME type: base64}}, and their size."""
    kept = {
        plain(name): {plain(mime): plain(joined(data)) for mime, data in kinds.items()}
        for name, kinds in found.items()
        if isinstance(kinds, dict)
    }
    size = sum(len(data) for kinds in kept.values() for data in kinds.values())
    return (kept, size) if size <= left else ({}, 0)


def other_kernel(whole):
    names = [dig(whole, "metadata", "kernelspec", key) for key in ("name", "language")]
    names.append(dig(whole, "metadata", "language_info", "name"))
    wanted = [name for name in names if isinstance(name, str)]
    usual = ("python3", "python", "ipython")
    return next((name for name in wanted if name.lower() not in usual), "")


# Outputs


def stored_output(output):
    """Return an output of a notebook file in the shape in which kernels send it, or None."""
    content = dict(output)
    if "text" in content:
        content["text"] = joined(content["text"])
    if isinstance(content.get("data"), dict):
        content["data"] = {
            mime: joined(value) if isinstance(value, list) else value
            for mime, value in content["data"].items()
        }
    return as_output(content.get("output_type"), content)


def tidy(outputs):
    """Return outputs as nbformat has them, without progress bars; each stream is in one piece.

    What is printed to two streams at once arrives in pieces of a random length.
    """
    kept, printed = [], {}  # {name of a stream: its pieces}
    for output in filter(None, outputs):
        node = nbformat.from_dict(output)
        if is_progress_bar(node):
            continue
        stream = node.name if node.output_type == "stream" else ""
        if stream not in printed:
            kept.append(node)
        if stream:
            printed.setdefault(stream, []).append(node.text)
    for node in kept:
        if node.output_type == "stream":
            node.text = "".join(printed[node.name])
    return kept


def write(notebook, fresh):
    """Return the bytes of the executed copy; fresh: {index of a cell: its outputs}."""
    cells = []
    for cell in notebook.cells:
        node = {"cell_type": cell.type, "id": cell.id, "metadata": {}, "source": cell.source}
        if cell.type == "code":
            outputs = fresh.get(cell.index)
            node["outputs"] = outputs or []
            node["execution_count"] = None if outputs is None else 1  # numbered when written
        elif cell.attachments:
            node["attachments"] = cell.attachments
        cells.append(node)
    whole = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return to_text(nbformat.from_dict(whole)).encode()

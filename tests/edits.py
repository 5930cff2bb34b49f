"""Edits of files and notebooks in a copy of a course, as somebody would make them by hand."""

import json


def edit(path, *changes):
    """Replace texts in a file, the first of each: pairs of what must be there, and what comes."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def read_cells(path):
    """Return (notebook, {id: cell}) of a file, as dictionaries."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return notebook, {cell["id"]: cell for cell in notebook["cells"]}


def edit_cell(path, name, **changes):
    """Change what is said of a cell: its source, its id, its metadata."""
    notebook, cells = read_cells(path)
    cells[name].update(changes)
    path.write_text(json.dumps(notebook, indent=1) + "\n", encoding="utf-8")


def add_cells(path, after, *cells):
    """Put cells (type, id, source) behind the cell with the id `after`."""
    notebook, known = read_cells(path)
    place = notebook["cells"].index(known[after]) + 1
    notebook["cells"][place:place] = [new_cell(*one) for one in cells]
    path.write_text(json.dumps(notebook, indent=1) + "\n", encoding="utf-8")


def remove_cell(path, name):
    notebook, cells = read_cells(path)
    notebook["cells"].remove(cells[name])
    path.write_text(json.dumps(notebook, indent=1) + "\n", encoding="utf-8")


def new_cell(kind, name, source):
    cell = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})

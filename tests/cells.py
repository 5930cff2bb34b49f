"""Cells of notebooks, what they show, and notebooks, as they stand in files; edits of them."""

import json

# Made


def code(source, number=None, id="code", *outputs):
    return {
        "cell_type": "code",
        "execution_count": number,
        "id": id,
        "metadata": {},
        "outputs": list(outputs),
        "source": source.splitlines(keepends=True),
    }


def markdown(source, id="text"):
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": source}


def cell(notebook, id):
    """Return the cell of a notebook's dictionary with this id."""
    return next(one for one in notebook["cells"] if one.get("id") == id)


def new_cell(kind, name, source):
    return markdown(source, name) if kind == "markdown" else code(source, None, name)


def result(text, number):
    data = {"text/plain": text}
    kind = "execute_result"
    return {"output_type": kind, "execution_count": number, "metadata": {}, "data": data}


def printed(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


def displayed(data):
    return {"output_type": "display_data", "metadata": {}, "data": data}


def raised(name, value, *traceback):
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": list(traceback)}


def notebook(*cells, **metadata):
    """Return the bytes of a notebook's file, as Jupyter writes it; half a surrogate pair too."""
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    return text.encode("utf-8", "backslashreplace")


# Edited in a copy of a course, as somebody would by hand


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


def write(path, notebook):
    path.write_text(json.dumps(notebook, indent=1) + "\n", encoding="utf-8")


def edit_cell(path, name, **changes):
    """Change what is said of a cell: its source, its id, its metadata."""
    notebook, cells = read_cells(path)
    cells[name].update(changes)
    write(path, notebook)


def add_cells(path, after, *cells):
    """Put cells (type, id, source) behind the cell with the id `after`."""
    notebook, known = read_cells(path)
    place = notebook["cells"].index(known[after]) + 1
    notebook["cells"][place:place] = [new_cell(*one) for one in cells]
    write(path, notebook)


def remove_cell(path, name):
    notebook, cells = read_cells(path)
    notebook["cells"].remove(cells[name])
    write(path, notebook)

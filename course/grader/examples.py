"""Work as students hand it in, made from the solved tree: finished, untouched, or changed.

Files are {name from the root of the assignment: bytes}, as in intake.Submission. All functions that
change work return new files and leave theirs as they are.
"""

import ast
import copy
import json

from course.checks.catalogue import Catalogue
from course.edition import handed_out
from course.edition.markers import put_back
from course.notebook import EDITION
from course.outputs.canonical import METADATA
from course.submission.contents import code_hash


def blank(course):
    """Return the student edition as it was handed out, as far as it is handed in."""
    files = handed_out.edition(course).files
    return {name: content for name, content in files.items() if course.is_given(name)}


def solved(course, executed=True):
    """Return the student edition with everything done, and the stored outputs of the solved tree.

    With executed=False the notebooks have the same code and answers, but were never run.
    """
    files, changes = blank(course), handed_out.edition(course).changes
    for name in course.exercise_files:
        files[name] = without_markers(put_back(files[name].decode(), changes[name, None]))
    stamp = code_hash(files)
    for name in course.notebook_files:
        solution = (course.root / name).read_bytes()
        files[name] = finished_notebook(files[name], solution, stamp, executed)
    return files


def finished_notebook(student, solution, stamp, executed):
    """Return the student's notebook with sources and outputs of the solution's cells.

    What only instructors have, the evidence, is left out; `stamp` is the hash of the code.
    """
    done = {cell["id"]: cell for cell in json.loads(solution)["cells"]}
    shown = {"text/plain": [f"'code {stamp}'"]}
    stamped = {"output_type": "execute_result", "metadata": {}, "data": shown}
    notebook, number = json.loads(student), 0
    for cell in notebook["cells"]:
        model = done.get(cell["id"], {"source": cell["source"], "outputs": [stamped]})
        cell["source"] = without_markers("".join(model["source"])).decode().splitlines(True)
        if cell["cell_type"] == "code" and executed:
            number += 1
            outputs = copy.deepcopy(model["outputs"])
            for output in outputs:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = number
            cell.update(execution_count=number, outputs=outputs)
    return to_bytes(notebook)


def without_markers(text):
    """Return a solved text, as bytes, without the lines that mark solutions in it."""
    lines = text.splitlines(keepends=True)
    return "".join(
        line for line in lines if line.strip() not in ("### BEGIN SOLUTION", "### END SOLUTION")
    ).encode()


def plant(course, files, misconception, *exercises):
    """Return the files with a misconception of the catalogue in each of the exercises.

    Its first variant is taken. Raises ValueError where the catalogue has none for an exercise, and
    where two exercises stand in the same file.
    """
    catalogue = Catalogue(course)
    entries = {entry.name: entry for entry in catalogue.entries}
    files, planted = dict(files), set()
    for exercise in exercises:
        path = course.exercises[exercise].file
        if path in planted:
            raise ValueError(f"two changes of {path}")
        variants = [one for one in entries[misconception].variants if one.exercise == exercise]
        if not variants:
            raise ValueError(f"the catalogue has no {misconception} of {exercise}")
        files[path] = without_markers(catalogue.plant(variants[0]))
        planted.add(path)
    return files


def begin_with(course, files, exercise, statement):
    """Return the files with a statement, in one line, at the beginning of an exercise's body."""
    exercise = course.exercises[exercise]
    path = exercise.file
    text = files[path].decode()
    body = next(
        node.body
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name == exercise.functions[0]
    )
    lines = text.splitlines(keepends=True)
    lines.insert(body[0].end_lineno, " " * body[0].col_offset + statement + "\n")
    return {**files, path: "".join(lines).encode()}


def edit_cells(files, name, changes):
    """Return the files with cells of the notebook `name` changed: {id: function of the cell}."""
    notebook = json.loads(files[name])
    cells = {cell.get("id"): cell for cell in notebook["cells"]}
    for id, change in changes.items():
        change(cells[id])
    return {**files, name: to_bytes(notebook)}


def cut_notebooks(course, files, last=None, without=()):
    """Return the files with notebooks cut off after a cell: {name: id}, after their first check.

    Inline questions and answers stay, so that there is something for people to grade; cells with
    an id in `without` go as well.
    """
    files = dict(files)
    checks = {
        course.notebooks[one.notebook].file: one.cell for one in [*course.exercises.values()][::-1]
    }
    for name, id in (last or checks).items():
        notebook = json.loads(files[name])
        cells = notebook["cells"]
        end = [cell["id"] for cell in cells].index(id) + 1
        rest = [cell for cell in cells[end:] if cell["id"].startswith(("question-", "answer-"))]
        notebook["cells"] = [one for one in cells[:end] + rest if one["id"] not in without]
        files[name] = to_bytes(notebook)
    return files


def to_bytes(notebook):
    """Return the file of a notebook (dict), as Jupyter writes it."""
    told = {key: value for key, value in notebook["metadata"].items() if key == EDITION}
    notebook["metadata"] = METADATA | told
    return (json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()

"""Work as students hand it in, made from the solved tree: finished, untouched, or changed.

Files are {name from the root of the assignment: bytes}, as in intake.Submission. All functions that
change work return new files and leave theirs as they are.
"""

import copy
import json

from course.checks.catalogue import Catalogue
from course.edition import handed_out
from course.submission.contents import code_hash


def blank(course):
    """Return the student edition as it was handed out, as far as it is handed in."""
    files = handed_out.edition(course).files
    return {name: content for name, content in files.items() if course.is_given(name)}


def solved(course, executed=True):
    """Return the student edition with everything done, and the stored outputs of the solved tree.

    With executed=False the notebooks have the same code and answers, but were never run.
    """
    files = blank(course)
    for name in course.exercise_files:
        files[name] = without_markers((course.root / name).read_text(encoding="utf-8"))
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


def plant(course, files, misconception, exercise):
    """Return the files with the first variant of a misconception of the catalogue in an exercise.

    Raises ValueError where the catalogue has none for it.
    """
    catalogue = Catalogue(course)
    found = [one for one in catalogue.of(exercise) if one.name == misconception]
    if not found:
        raise ValueError(f"the catalogue has no {misconception} of {exercise}")
    return {**files, course.exercises[exercise].file: without_markers(catalogue.plant(found[0]))}


def begin_with(course, files, exercise, statement):
    """Return the files with a statement before the first one of a solved exercise."""
    catalogue, path = Catalogue(course), course.exercises[exercise].file
    start, _ = catalogue.regions[exercise]
    before, body = catalogue.sources[path][:start], catalogue.sources[path][start:]
    indent = body[: len(body) - len(body.lstrip())]
    return {**files, path: without_markers(f"{before}{indent}{statement}\n{body}")}


def cut_notebooks(course, files):
    """Return the files with notebooks cut off after their first check.

    Inline questions and answers stay, so that there is something for people to grade.
    """
    files, checks = dict(files), {one.cell for one in course.exercises.values()}
    for name in course.notebook_files:
        notebook = json.loads(files[name])
        cells = notebook["cells"]
        end = next(n for n, cell in enumerate(cells, 1) if cell["id"] in checks)
        kept = [cell for cell in cells[end:] if cell["id"].startswith(("question-", "answer-"))]
        files[name] = to_bytes(notebook | {"cells": cells[:end] + kept})
    return files


def to_bytes(notebook):
    """Return the file of a notebook (dict), as Jupyter writes it."""
    return (json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()

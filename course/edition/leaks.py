"""Does anything in the student edition give a solution or an answer away?

Texts are compared as sequences of tokens: words, numbers and single signs, wherever they stand, so
in code, comments, docstrings and prose alike. How they are spaced and broken into lines plays no
part. A leak is a piece of a secret that the student edition contains:

    a whole line of code, or its comment    from SHORT tokens on; `if violation > 0:` has five
    a part of a line of a solution          from PART tokens on: half a long line, renamed around
    a part of an answer, rubric, comment    from PROSE tokens on

The last two are lengths from which on hardly anything agrees by chance. What does, and solves
nothing, is declared: `shared` of [files].
"""

import io
import json
import re
import sys
from typing import NamedTuple

import numpy as np

from course.edition.markers import ANSWER, SOLUTION

SHORT, PART, PROSE = 6, 12, 8


class Secret(NamedTuple):
    where: str
    text: str
    part: int  # so many tokens of it, one after the other, are a leak


def find_problems(course, edition):
    """Return a line of text for everything in an edition that gives a secret away."""
    rubrics = [
        Secret(f"the rubric of {one.cell} in {one.notebook}", line, PROSE)
        for one in course.by_hand
        for line in one.rubric
    ]
    return find_leaks(rubrics + secrets(edition), edition.files, course.files.shared)


def secrets(edition):
    """Return what must not be in the edition: every solution, every answer, all evidence."""
    found = []
    for (path, cell), changes in edition.changes.items():
        place = f"{path}, cell {cell}" if cell else path
        for change in changes:
            text = "\n".join(change.old)
            if change.kind == SOLUTION:
                found += code(f"the solution in {place}", text)
            elif change.kind == ANSWER:
                found.append(Secret(f"the answer in {place}", text, PROSE))
    for path, cells in edition.left_out.items():
        for _, cell in cells:
            place = f"the evidence in {path}, cell {cell.id}"
            if cell.cell_type == "code":
                found += code(place, cell.source, part=sys.maxsize)  # whole lines only
            else:
                found.append(Secret(place, cell.source, PROSE))
    return found


def code(where, text, part=PART):
    """Return the Secrets of some lines of code: each line, and each comment by itself."""
    secrets = []
    for line in text.split("\n"):
        statement, _, comment = line.partition("#")
        secrets += [Secret(where, statement, part), Secret(where, comment, PROSE)]
    return secrets


def find_leaks(secrets, files, shared=()):
    """Return a line of text for every secret that the students' `files` {path: bytes} contain.

    shared   texts whose parts are no secrets
    """
    shared = [joined(words_of(text)) for text in shared]
    pieces = {
        piece: secret.where
        for secret in secrets
        for piece in pieces_of(secret)
        if not any(piece in text for text in shared)
    }
    leaks = {}
    for path, content in files.items():
        for place, text in texts_of(path, content):
            lines = text.split("\n")
            words = [words_of(line) for line in lines]
            whole = joined(word for line in words for word in line)
            for piece, where in pieces.items():
                if (start := whole.find(piece)) >= 0:
                    number = line_at(words, whole[:start].count(" "))
                    leaks.setdefault((place, number), (piece, where))
    return [
        f"{place}, line {number}: {piece.strip()!r} is a part of {where}"
        for (place, number), (piece, where) in leaks.items()
    ]


def words_of(text):
    """Return the tokens of a text; those of comments and of continued lines are none."""
    return re.findall(r"\w+|[^\w\s#\\]", text)


def joined(words):
    return f" {' '.join(words)} "


def pieces_of(secret):
    words = words_of(secret.text)
    if len(words) >= SHORT:
        yield joined(words)
    for start in range(len(words) - secret.part + 1):
        yield joined(words[start : start + secret.part])


def line_at(words, count):
    """Return the number of the line that holds the token after the first `count` ones."""
    for number, line in enumerate(words, start=1):
        count -= len(line)
        if count < 0:
            return number
    return len(words)


def texts_of(path, content):
    """Yield (place, text) for all the text in a file: the cells of a notebook, arrays of text."""
    if path.endswith(".ipynb"):
        for cell in json.loads(content)["cells"]:
            yield f"{path}, cell {cell['id']}", "".join(cell["source"])
    elif path.endswith(".npz"):
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            for name, array in arrays.items():
                if array.dtype.kind in "SU":
                    yield f"{path}, {name}", "\n".join(map(str, array.astype(str).flat))
                elif array.dtype == np.uint8:
                    yield f"{path}, {name}", array.tobytes().decode("utf-8", "replace")
    elif not path.endswith(".png"):
        yield path, content.decode("utf-8")

"""Say what is wrong with files of a submission, without running any of them.

    remarks(files) -> ["notebooks/one.ipynb: it is a Git LFS pointer, not the file", ...]
    count_cells(files, known) -> {name: Counted}, which notebook is which by its cells

Files are parsed in a child process of few resources, see limited.py: a source can be written such
that the parser crashes or never ends, and a small text such that it takes gigabytes as a notebook.
"""

import ast
from typing import NamedTuple

from course.limited import Refused, in_child
from course.notebook import read_cells, squeeze
from course.submission.contents import damage
from course.text import one_line

SECONDS, SIZE = 10, 10_000  # of a file: processor time, bytes of what is said
MOST_HOSTILE = 3  # files that the parser died of; what follows the last is not looked at
LFS = b"version https://git-lfs.github.com/spec/"


def remarks(files):
    """Return one line for each of the files (.py, .ipynb) that is not as it should be."""
    found, hostile = [], 0
    for name, content in files.items():
        try:
            what = problem(name, content)
        except (Refused, ValueError):
            what, hostile = "it cannot be parsed", hostile + 1
        if what:
            found.append(f"{one_line(name, 100)}: {one_line(what)}")
        if hostile == MOST_HOSTILE:
            break
    return found


class Counted(NamedTuple):
    """Of a notebook: {notebook of the course: how many of its cells are here}; cells that were run;
    characters of other cells than the course's."""

    known: dict
    run: int
    own: int

    @property
    def most_like(self):
        """Which notebook of the course it is, None if it is none."""
        return max(self.known, key=self.known.get) if any(self.known.values()) else None


def count_cells(files, known):
    """Return {name: Counted} of those files that are notebooks.

    known   {notebook of the course: (ids, texts)} of its cells, of all editions
    """
    found = {}
    for name, content in files.items():
        try:
            found[name] = Counted(*count(content, known))
        except ValueError:  # it is none
            continue
        except Refused:  # the parser died of it
            break
    return found


@in_child(SECONDS, SIZE)
def problem(name, content):
    """Return what is wrong with a file, None if nothing is."""
    if not content.strip():
        return None if name.endswith("/__init__.py") else "it is empty"
    if content.startswith(LFS):
        return "it is a Git LFS pointer, not the file"
    if damaged := damage(name, content):  # not UTF-8, or an unfinished merge
        return damaged.what
    if name.endswith(".py"):
        return problem_of_code(content)
    try:
        read_cells(content)
    except ValueError as error:
        return f"it is no notebook ({error})"
    return None


@in_child(SECONDS, SIZE)
def count(content, known):
    """Return the Counted of a file. Raises ValueError if it is no notebook."""
    cells = read_cells(content)
    texts = [squeeze(cell.source) for cell in cells]
    given, numbers = set(), {}
    for name, (ids, known_texts) in known.items():
        same = {i for i, text in enumerate(texts) if text in known_texts}
        given |= same
        # Ids such as "imports" are those of several notebooks; a text is worth more.
        numbers[name] = 2 * len(same) + sum(bool(cell.ids & ids) for cell in cells)
    run = sum(cell.type == "code" and type(cell.number) is int for cell in cells)
    return Counted(numbers, run, sum(len(t) for i, t in enumerate(texts) if i not in given))


def problem_of_code(content):
    try:
        ast.parse(content)
    except SyntaxError as error:  # whose message tells code for Python 2, too
        return f"line {error.lineno or 1} is not Python ({error.msg})"
    except Exception:  # RecursionError, MemoryError, and others with strange input
        return "it cannot be parsed as Python"
    return None

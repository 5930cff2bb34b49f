"""Say what is wrong with files of a submission, without running any of them.

    remarks(files) -> ["notebooks/one.ipynb: it is a Git LFS pointer, not the file", ...]
    count_cells(files, known) -> {name: Counted}, which notebook is which by its cells

The files are parsed in a child process of few resources: a source can be written such that the
parser crashes or never ends, and a small text such that it takes gigabytes as a parsed notebook.
"""

import ast
import contextlib
import json
import re
import resource
import subprocess
import sys
import warnings
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from course.notebook import read_cells, squeeze
from course.submission.contents import damage
from course.text import one_line

SECONDS, MEMORY = 10, 2_000_000_000  # of a child: processor time, bytes
SLACK = 6  # times as many by the clock, as a busy machine is no fault of a file
CHILDREN = 3  # with a new one for what follows a file that an earlier one died of
LFS = b"version https://git-lfs.github.com/spec/"
PYTHON_2 = (  # what the parser says, what the line looks like, and the name for it
    ("call to 'print'", r"\bprint\b", "a print statement"),
    ("call to 'exec'", r"\bexec\b", "an exec statement"),
    ("multiple exception types", r"\bexcept\b.*,", "`except Error, name:`"),
    ("invalid syntax", r"^\s*raise\s+[\w.]+\s*,", "`raise Error, value`"),
    ("invalid syntax", r"`.*`", "backticks"),
    ("", r"<>", "the operator <>"),
    ("leading zeros", r"\b0\d", "a number that begins with 0"),
)


def remarks(files):
    """Return one line for each of the files (.py, .ipynb) that is not as it should be."""
    found, pending = [], list(files)
    for _ in range(CHILDREN):
        said_of = in_child([(name, files[name]) for name in pending])
        found += filter(None, said_of)
        if len(said_of) == len(pending):
            break
        found.append(f"{one_line(pending[len(said_of)], 100)}: it cannot be parsed")
        pending = pending[len(said_of) + 1 :]
    return found


class Counted(NamedTuple):
    """Of a notebook: {notebook of the course: how many of its cells are here}; cells that were run;
    characters of other cells than the course's."""

    known: dict
    run: int
    own: int


def count_cells(files, known):
    """Return {name: Counted} of those files that are notebooks.

    known   {notebook of the course: {"ids": [...], "texts": [...]}}, of all editions
    """
    found, named = {}, list(files)
    for _ in range(CHILDREN):
        counted = in_child([(name, files[name]) for name in named], known)
        pairs = zip(named, counted, strict=False)
        found |= {name: Counted(*one) for name, one in pairs if one is not None}
        named = named[len(counted) + 1 :]  # one that the child died of is none
        if not named:
            break
    return found


def in_child(files, known=None):
    """Return a remark or None for each (name, content), up to the one that the child died of.

    With `known` cells, what is counted in place of remarks.
    """
    sizes = [(name, len(content)) for name, content in files]
    header = json.dumps({"files": sizes, "known": known})
    try:
        output = subprocess.run(
            [sys.executable, "-I", "-B", __file__],
            input=header.encode() + b"\n" + b"".join(content for _, content in files),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=SLACK * SECONDS,
        ).stdout  # fmt: skip
    except subprocess.TimeoutExpired as error:
        output = error.stdout or b""
    return [json.loads(line) for line in output.splitlines(keepends=True) if line.endswith(b"\n")]


def look_at(name, content):
    """Return what is wrong with a file, None if nothing is."""
    if not content.strip():
        return None if name.endswith("/__init__.py") else "it is empty"
    if content.startswith(LFS):
        return "it is a Git LFS pointer, not the file"
    if problem := damage(name, content):  # not UTF-8, or an unfinished merge
        return problem.what
    return look_at_notebook(content) if name.endswith(".ipynb") else look_at_code(content)


def count(content, known):
    """Return the Counted of a file, None if it is no notebook."""
    try:
        cells = read_cells(content)
    except ValueError:
        return None
    texts = [squeeze(cell.source) for cell in cells]
    given, numbers = set(), {}
    for name, its in known.items():
        ids, its_texts = set(its["ids"]), set(its["texts"])
        same = {i for i, text in enumerate(texts) if text in its_texts}
        given |= same
        # Ids such as "imports" are those of several notebooks; a text is worth more.
        numbers[name] = 2 * len(same) + sum(bool(cell.ids & ids) for cell in cells)
    run = sum(cell.type == "code" and type(cell.number) is int for cell in cells)
    return Counted(numbers, run, sum(len(t) for i, t in enumerate(texts) if i not in given))


def look_at_notebook(content):
    try:
        read_cells(content)
    except ValueError as error:
        return f"it is no notebook ({error})"
    metadata = json.loads(content).get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    if isinstance(kernel, dict) and str(kernel.get("name")).startswith("python2"):
        return "it was made with Python 2, the course needs Python 3"
    return None


def look_at_code(content):
    if b"\0" in content:
        return "it holds null bytes, so it is not Python"
    try:
        ast.parse(content)
    except SyntaxError as error:
        lines = content.decode("utf-8", "replace").splitlines()
        number = error.lineno or 1
        line = lines[number - 1] if number <= len(lines) else ""
        for message, pattern, name in PYTHON_2:
            if message in str(error.msg) and re.search(pattern, line):
                return f"it is Python 2 ({name} in line {number}), the course needs Python 3"
        return f"line {number} is not Python ({error.msg})"
    except Exception:  # RecursionError, MemoryError, and others with strange input
        return "it is nested too deep to be Python code"
    return None


def main():
    """In the child: read files from stdin, write remarks to stdout."""
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS)):
        with contextlib.suppress(ValueError, OSError):  # less is allowed already; macOS
            resource.setrlimit(kind, (most, most))
    warnings.simplefilter("ignore")  # of odd but valid code
    header = json.loads(sys.stdin.buffer.readline())
    for name, size in header["files"]:
        content = sys.stdin.buffer.read(size)
        try:
            if header["known"] is not None:
                print(json.dumps(count(content, header["known"])), flush=True)
                continue
            what = look_at(name, content)
        except (MemoryError, RecursionError):
            what = "it takes too much memory to be read"
        print(json.dumps(what and f"{one_line(name, 100)}: {one_line(what)}"), flush=True)


if __name__ == "__main__":
    main()

"""Does anything that a stranger may send raise what nobody expects?

A hundred inputs each, always the same; FUZZ=10000 tries as many others.
"""

import contextlib
import io
import json
import os
import re
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from course import record
from course.checks.frames import Frames, told_of_error, told_of_value
from course.export import answers
from course.export.notebook_page import made_page
from course.export.roster import TableError, read_table
from course.grader import intake
from course.grader.notebooks import notebook_reader
from course.grader.notebooks.compare import OWN
from course.grader.notebooks.same_outputs import Budget, difference
from course.submission.lookover import look_over
from course.text import is_unseen

tried = settings(
    max_examples=int(os.environ.get("FUZZ", "100")),
    deadline=None,
    derandomize="FUZZ" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TEXT = st.text(max_size=60) | st.sampled_from(["<b>", "$x$", "\ud800", "\x1b[31m", "1e999"])
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
VALUE = st.recursive(PLAIN, lambda one: st.lists(one) | st.dictionaries(TEXT, one), max_leaves=6)
KINDS = st.sampled_from(["stream", "error", "display_data", "execute_result"])
MIMES = st.sampled_from(["image/png", "image/gif", "image/svg+xml", "text/html", "text/plain"])
OUTPUT = st.fixed_dictionaries(
    {"output_type": KINDS | VALUE},
    optional={
        "name": st.sampled_from(["stdout", "stderr"]) | VALUE,
        "text": TEXT | VALUE,
        "data": st.dictionaries(MIMES, TEXT | VALUE) | VALUE,
        "traceback": st.lists(TEXT) | VALUE,
        "ename": VALUE,
        "evalue": VALUE,
    },
)
CELL = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown", "raw"]) | VALUE, "source": TEXT | VALUE},
    optional={
        "outputs": st.lists(OUTPUT | VALUE, max_size=3) | VALUE,
        "id": VALUE,
        "metadata": VALUE,
        "attachments": VALUE,
        "execution_count": VALUE,
    },
)
NOTEBOOK = st.fixed_dictionaries({"nbformat": st.just(4), "cells": st.lists(CELL, max_size=3)})


def read(notebook):
    content = json.dumps(notebook).encode()
    try:
        return content, notebook_reader.read(content)
    except ValueError:  # which says why
        return content, None


@tried
@given(NOTEBOOK)
@example({"nbformat": 4, "cells": [{"cell_type": "code", "source": "x", "id": []}]})
def test_any_notebook_is_read_or_refused_and_shown(toy, notebook):
    content, found = read(notebook)
    [entry] = answers.cut_out(toy, {"notebooks/one.ipynb": content})
    assert entry["state"] in ("", "foreign", "guessed", "unreadable")
    told = look_over(toy, toy.notebooks["one"], content, "", record.read(toy))
    assert all("\n" not in problem.what for problem in told)
    assert made_page.__wrapped__(content, 1000).startswith("<!DOCTYPE html>")
    if found:
        outputs = {cell.index: cell.outputs for cell in found.cells}
        again = notebook_reader.read(notebook_reader.write(found, outputs))
        assert [cell.source for cell in again.cells] == [cell.source for cell in found.cells]


@tried
@given(NOTEBOOK, NOTEBOOK)
def test_any_outputs_are_compared(one, other):
    found = [read(notebook)[1] for notebook in (one, other)]
    outputs = [[o for cell in book.cells for o in cell.outputs] if book else [] for book in found]
    assert difference(outputs[0], outputs[0], OWN, Budget()) is None
    told = difference(*outputs, OWN, Budget())
    assert told is None or len(told) == 3


@tried
@given(st.binary(max_size=300))
@example(b"Timeout (0:00:01)!\nThread 0x")
def test_any_bytes_are_frames_or_refused(data):
    frames = Frames()
    try:
        for meta, arrays in frames.add(len(data).to_bytes(8, "big") + data + data):
            told_of_error(meta)
            told_of_value({"arrays": ["loss"], "meta": {}}, meta, arrays)
    except ValueError:
        pass


# What is handed in

ODD = ["..", ".", "", "C:", "__MACOSX", "CON", "\u202etxt", "e\u0301", "\x00", "x" * 300, "a.zip"]
USUAL = ["toy", "TOY", "notebooks", "sums.py", "one.ipynb", "ada_1_2_sums.py", "ada_late_1_2_a.zip"]
PARTS = st.sampled_from(ODD + USUAL) | st.text(max_size=8)
NAME = st.lists(PARTS, max_size=4).map("/".join)
CONTENT = (
    st.binary(max_size=60)
    | VALUE.map(lambda one: json.dumps({"nbformat": 4, "cells": [one]}).encode())
    | st.sampled_from(
        [b"def total(numbers):\n    return 0\n", b"\xff\xfe", b"PK\x05\x06", b"\x1f\x8b"]
    )
)
METHOD = st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
MODE = st.sampled_from([0, 0o100644, 0o120777, 0o040755, 0o010644])  # a file, a link, a folder, ...
ENTRY = st.tuples(NAME, CONTENT, METHOD, MODE)


pytestmark = pytest.mark.filterwarnings("ignore:Duplicate name")  # zipfile, of what it writes


@st.composite
def archives(draw):
    """Bytes of a zip, or of something that was one before some of them changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content, method, mode in draw(st.lists(ENTRY, max_size=4)):
            info = zipfile.ZipInfo(name or "/")
            info.compress_type, info.external_attr = method, mode << 16
            with contextlib.suppress(ValueError):
                archive.writestr(info, content)
    content = bytearray(file.getvalue())
    for place, byte in draw(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=3)):
        content[place % len(content)] = byte
    return bytes(content[: draw(st.none() | st.integers(0, len(content)))])


@tried
@given(
    content=archives()
    | st.lists(ENTRY, max_size=1).map(lambda found: b"".join(e[1] for e in found))
)
def test_any_archive_is_a_submission_with_remarks(toy, content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ada.zip")
        path.write_bytes(content)
        found = intake.read(toy, path)
    assert all(isinstance(one, bytes) for one in found.files.values())
    assert not any(map(is_unseen, "".join(found.remarks)))
    unforeseen = r"it cannot be read: \w+: |.*: it cannot be parsed"
    assert not [one for one in found.remarks if re.match(unforeseen, one)]


@tried
@given(entries=st.lists(st.tuples(PARTS, CONTENT | archives()), max_size=5))
def test_any_folder_is_a_download_or_refused(toy, entries):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in entries:
            with contextlib.suppress(OSError, ValueError):  # no system takes such a name
                Path(folder, name).write_bytes(content)
        try:
            with intake.unpacked(toy, folder) as (place, _):
                found = intake.find(toy, place)
                slugs = [intake.read(toy, one).slug for one in found.students]
        except (FileNotFoundError, ValueError):  # which say why
            return
    assert len(set(slugs)) == len(slugs)


@tried
@given(
    st.binary(max_size=80) | st.text(max_size=80).map(lambda text: text.encode("utf-16", "replace"))
)
@example("Name,Points\nAda,1".encode("utf-16")[:-1])
def test_any_file_is_a_table_or_refused(content):
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(content)
        try:
            table = read_table(file.name)
        except TableError:
            return
    assert table.to_bytes().decode(table.encoding)

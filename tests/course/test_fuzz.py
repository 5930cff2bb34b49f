"""Does anything that a stranger may send raise what nobody expects?

A hundred inputs each; FUZZ=10000 tries more.
"""

import json
import os

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from course.checks.frames import Frames, told_of_error, told_of_value
from course.export.notebook_page import made_page
from course.grader.notebooks import notebook_reader
from course.grader.notebooks.compare import OWN
from course.grader.notebooks.same_outputs import Budget, difference

tried = settings(
    max_examples=int(os.environ.get("FUZZ", "100")),
    deadline=None,
    derandomize=True,
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
def test_any_notebook_is_read_or_refused_and_shown(notebook):
    content, found = read(notebook)
    assert made_page.__wrapped__(content, "title", 1000).startswith("<!DOCTYPE html>")
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

"""Does what parses strangers' work end in time, in little memory, and with what was asked for?"""

import json
import os
import signal
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from cells import markdown, notebook

from course import limited
from course.export import markup
from course.export.notebook_page import notebook_page
from course.limited import Refused, in_child
from course.notebook import MOST_CELLS, read_cells


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(limited, "known", {})
    monkeypatch.setattr(limited, "used", {})


def limits(seconds=1, size=1000, **options):
    """Return a function that does what Python's `eval` makes of a text, within limits."""

    def function(text):
        raise AssertionError("this process does it itself")

    function.__module__, function.__name__ = "builtins", "eval"
    return in_child(seconds, size, **options)(function)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sum(iter(int, 1))", "too long"),
        ("'a' * 3_000_000_000", "MemoryError"),
        ("'a' * 2_000", "bytes come back"),
        ("__import__('os').abort()", "crashes"),
        ("__import__('sys').exit()", "crashes"),
        ("1 / 0", "ZeroDivisionError"),
        ("object()", "crashes"),  # no JSON
        ("[__import__('os').write(n, b'x' * 9_000) for n in range(3, 9)]", "crashes"),
    ],
)
def test_what_takes_too_much_is_refused_once_and_never_tried_again(text, why, monkeypatch):
    evaluate = limits()
    with pytest.raises(Refused, match=why):
        evaluate(text)
    monkeypatch.setattr(limited, "ask", None)
    with pytest.raises(Refused, match=why):
        evaluate(text)
    monkeypatch.undo()
    assert evaluate("'é' + str(1)") == "é1"


def test_the_size_is_that_of_the_result_alone():
    assert limits(size=4)("None") is None
    with pytest.raises(Refused, match="more than 4 bytes"):
        limits(size=4)("12345")


def test_words_of_a_value_error_are_told():
    with pytest.raises(ValueError, match="invalid literal"):
        limits()("int('x')")


def test_what_the_machine_did_is_tried_again():
    evaluate = limits()
    assert evaluate("1") == 1
    os.kill(limited.child.process.pid, signal.SIGKILL)
    with pytest.raises(Refused):
        evaluate("2")
    assert evaluate("2") == 2


def test_threads_share_the_child():
    evaluate = limits()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(evaluate, map(str, range(40)))) == list(range(40))


def test_results_are_kept_in_a_file_while_they_are_used(tmp_path, monkeypatch):
    evaluate, path = limits(keep=True), tmp_path / "kept.json"
    for texts in (["1", "2"], ["2"], ["2"]):
        limited.known.clear()
        with limited.remembered(path, "a"):
            assert [evaluate(text) for text in texts] == list(map(int, texts))
        monkeypatch.setattr(limited, "ask", None)  # from here on, all is known
        assert len(json.loads(path.read_text())["known"]) == len(texts)
    limited.known.clear()
    with limited.remembered(path, "b"), pytest.raises(TypeError):
        evaluate("2")  # another version knows nothing
    path.write_text("damaged")
    with limited.remembered(path, "a"):
        pass


# What students write


def nested(characters):
    """Return HTML that takes a parser the square of its length, or the cube."""
    text = "<p>"
    while len(text) < characters // 2:
        text += f"<b {len(text)}>"
    return text + "x" + "<p>x" * ((characters - len(text)) // 4)


@pytest.mark.parametrize(
    "render", [pytest.param(markup.markdown, marks=pytest.mark.slow), markup.sanitized]
)
def test_html_that_takes_hours_is_shown_as_it_was_typed(render):
    before = time.process_time()
    text = nested(20_000)
    shown = render(text)
    assert shown.startswith("<pre") and len(shown) < 5 * len(text)
    assert render(text) == shown
    assert time.process_time() - before < 1  # not in this process
    assert render("<b>x</b>").count("<b>") == 1


@pytest.mark.slow
def test_a_page_with_such_a_cell_is_made_of_plain_text():
    page = notebook_page(notebook(*[markdown("*bold*"), markdown(nested(8_000))] * 25))
    assert "*bold*" in page and "<em>" not in page


MANY = b'{"nbformat": 4, "metadata": [%s], "cells": [%s]}'


@pytest.mark.parametrize(
    "content",
    [
        MANY % (b",".join([b"{}"] * 2_000_000), b""),
        MANY % (b"", b",".join([b"{}"] * 1_000_000)),
        MANY % (b"", b",".join([b"{}"] * (MOST_CELLS + 1))),
        MANY % (b'"', b'"\\"' * 4_000_000),
        ('{"x": ["\u2222' + "\u2222".join([",{}"] * 1_000_000)).encode("utf-16"),
        b"[" * 20_000_000,
    ],
    ids=["objects", "cells", "few more cells", "quotes", "UTF-16", "deep"],
)
def test_a_notebook_of_many_values_takes_no_more_than_its_size(content):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError):
            read_cells(content)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(content) + 10_000_000
    finally:
        tracemalloc.stop()


def test_a_string_ends_where_json_says_so():
    text = "0.25, [1], {2}" * 300_000  # no values, as they stand in a string
    content = MANY % (b"", b'{"source": "\\" %s"}' % text.encode())
    assert len(read_cells(content)[0].source) > 4_000_000
    with pytest.raises(ValueError, match="values"):
        read_cells(MANY % (b'"\\\\", ' + b", ".join([b"{}"] * 600_000), b""))


def test_commas_in_what_was_printed_are_no_values():
    text = "0.25, [1], {2}\\n" * 300_000
    content = MANY % (b"", b'{"source": "%s \\\\\\" ,"}' % text.encode())
    assert len(read_cells(content)[0].source) > 4_000_000

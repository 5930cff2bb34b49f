"""Is the verdict on a cell right: does what it shows now agree with what is stored?"""

import base64
import io
import json
import struct
import time
from types import SimpleNamespace

import numpy as np
import pytest
from cells import code, displayed, markdown, notebook, printed, raised, result
from PIL import Image

from course.definition import Data, DataSet
from course.grader.notebooks import notebook_reader
from course.grader.notebooks.compare import OWN, compare, out_of_order, tolerance_of
from course.outputs.compare import Tolerance

EXECUTED = {"end": "executed", "message": "", "in_cell": False}
SETS = {name: DataSet(name, f"datasets/{name}", name, ()) for name in ("ten things", "two things")}
COURSE = SimpleNamespace(data=Data(sets=SETS, seeded=("train",)))
DATA = "Data set: ten things\n"
METADATA = {"rtol": 0.001, "image": 0.1}
OURS = {"data": ("print(data)", {}), "train-cell": ("train()", METADATA)}


def fresh(*outputs, status="ok"):
    return {"status": status, "outputs": notebook_reader.tidy(outputs)}


def png(pixels, format="PNG"):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format)
    return base64.b64encode(file.getvalue()).decode()


def gif(sizes):
    """An animation of frames of these sizes, whatever the first one says."""
    file = b"GIF89a" + struct.pack("<HHBBB", *sizes[0], 0x80, 0, 0) + bytes(6)
    for number, size in enumerate(sizes):
        block = struct.pack("<BHHHHB", 0x2C, 0, 0, *size, 0)
        file += b"!\xf9\x04\x00" + struct.pack("<H", number % 7 + 1) + b"\x00\x00" + block
        file += b"\x02\x02\x44\x01\x00"
    return base64.b64encode(file + b";").decode()


def picture(place):
    """A white picture, with a black bar."""
    pixels = np.full((60, 80, 3), 255, dtype=np.uint8)
    pixels[:, place : place + 10] = 0
    return displayed({"image/png": png(pixels)})


def judge_all(*pairs, data=DATA, here=DATA, end=EXECUTED):
    """Return (entries, remarks) for pairs (stored cell, fresh), after one that names the data."""
    first = code("print(data)", 1, "data", printed(data)), fresh(printed(here))
    stored, found = zip(first, *pairs, strict=True)
    cells = notebook_reader.read(notebook(*stored)).code
    entries, remarks, _ = compare(COURSE, cells, [one for one in found if one], end, OURS)
    return entries, remarks


def judge(*pairs, **options):
    """Return the entries of all cells but the first, which names the data set."""
    entries, _ = judge_all(*pairs, **options)
    return [entry for entry in entries if entry["id"] != "data"]


def remarks_on(*pairs, **options):
    return judge_all(*pairs, **options)[1]


def one(source, stored, now, **options):
    """Return the entry of a single cell, with one output each."""
    return judge((code(source, 2, "mine", stored), fresh(now)), **options)[0]


def text(old, new, source="show()"):
    return one(source, printed(old), printed(new))


# Colab

PUBLIC = """# This mounts the Drive.
from google.colab import drive
drive.mount('/content/drive')

FOLDERNAME = 'linear/'  # in it
assert FOLDERNAME is not None, "[!] Enter the foldername."
import sys
sys.path.append('/content/drive/My Drive/{}'.format(FOLDERNAME))
%cd /content/drive/My\\ Drive/$FOLDERNAME/datasets/
!bash get_datasets.sh
"""
NO_GOOGLE = raised("ModuleNotFoundError", "No module named 'google'")
ERROR = raised("ValueError", "no")


@pytest.mark.parametrize(
    ("source", "now", "is_colabs"),
    [
        (PUBLIC, NO_GOOGLE, True),
        ("%cd /content/drive", printed("[Errno 2] No such file"), True),
        ("!pip install numpy", printed("ERROR: no network"), True),
        ("%pip install -q numpy\nimport numpy", printed("ERROR: no network"), True),
        ("from google.colab import files\ntrain()", NO_GOOGLE, True),
        ("from google.colab import files\ntrain()", ERROR, False),
        ("!pip install numpy\ntrain()", ERROR, False),
        ("!bash run.sh\nprint(accuracy)", printed("0.1"), False),
        ("print('google.colab')", ERROR, False),
        ("cd = 3", ERROR, False),
    ],
)
def test_lines_of_colab_are_told_as_what_they_are(source, now, is_colabs):
    status = "error" if now["output_type"] == "error" else "ok"
    pair = code(source, 2, "mine", printed("Mounted at /content/drive")), fresh(now, status=status)
    entries, remarks = judge_all(pair)
    told = ["cell 2 was for Google Colab, which is not here: no fault of the work"]
    assert remarks == (told if is_colabs else [])
    assert [entry["id"] for entry in entries] == ["data"] + ["mine"] * (not is_colabs)


def test_a_cell_is_named_by_its_section_and_number():
    texts = ["# Title\n\nText", "Some\n### Check the *gradient*\nand so on", "no heading"]
    cells = list(map(markdown, texts))
    own = code("show()", 2, "mine", printed("1"))
    data = code("print(data)", 1, "data", printed(DATA))
    stored = notebook_reader.read(notebook(cells[0], data, *cells[1:], own)).code
    outputs = [fresh(printed(DATA)), fresh(printed("2"))]
    entries, _, _ = compare(COURSE, stored, outputs, EXECUTED, OURS)
    places = [(one["index"], one["section"]) for one in entries]
    assert places == [(1, "Title"), (4, "Check the *gradient*")]


# Same or differs


@pytest.mark.parametrize(
    "old, new",
    [
        ("accuracy 0.381\n", "accuracy 0.384\n"),  # another order of additions
        ("naive 41.9 ms, 8.3x faster\n", "naive 170.0 ms, 7.9x faster\n"),
        ("took 1.23 s\n", "took 12 s\n"),
        ("<Axes: at 0x7f3a5c2b1d90>\n", "<Axes: at 0x7fb1c0d3e2a0>\n"),
        ("/home/ann/a1/toy/x.py:3: Warning\n", "/work/toy/x.py:3: Warning\n"),
        ("C:\\Users\\Ann\\a1\\build\\x.gif\n", "/work/build/x.gif\n"),
    ],
)
def test_what_varies_from_run_to_run_or_place_to_place_is_no_difference(old, new):
    assert text(old, new)["verdict"] == "same"


@pytest.mark.parametrize(
    "old, new",
    [
        ("accuracy 0.381\n", "accuracy 0.350\n"),
        ("all right\n", "not yet right\n"),
        ("152 images\n", "153 images\n"),
        ("iteration 0\n" * 3, "iteration 0\n" * 2),
        ("x" * 500 + "\n", "y" * 500 + "\n"),
        ("✓ predict: all right\n", "✗ predict: not yet right\n"),
    ],
)
def test_other_results_differ_and_both_are_shown_in_short(old, new):
    entry = text(old, new)
    assert entry["verdict"] == "differs"
    assert entry["why"]
    assert entry["stored"] != entry["fresh"]
    assert len(json.dumps(entry)) < 3000


def test_the_first_line_that_differs_is_shown():
    same = "".join(f"line {n}\n" for n in range(1000))
    entry = text(f"{same}accuracy 0.9\nend\n", f"{same}accuracy 0.4\nend\n")
    assert (entry["stored"], entry["fresh"]) == ("accuracy 0.9\nend", "accuracy 0.4\nend")
    assert "stored 0.9, executed again 0.4" in entry["why"]


def test_other_kinds_of_outputs_differ():
    entry = one("show()", printed("a\n"), picture(20))
    assert entry["verdict"] == "differs"
    assert entry["why"] == "stored: stdout; shown here: image/png"


def test_streams_may_come_in_any_pieces_and_progress_bars_do_not_count():
    bar = {"output_type": "stream", "name": "stderr", "text": "50%|##   | 1/2 [00:03<00:03, 1it/s]"}
    stored = code("show()", 2, "mine", printed("a\n"), bar, printed("b\n"))
    assert judge((stored, fresh(printed("a\nb\n"))))[0]["verdict"] == "same"


def test_html_counts_only_where_it_is_not_there_as_text():
    def report(html, plain):
        return displayed({"text/html": html, "text/plain": plain})

    assert one("x", report("<b>1</b>", "1"), report("<i>1</i>", "1"))["verdict"] == "same"
    assert one("x", report("<b>1</b>", "1"), report("<b>2</b>", "2"))["verdict"] == "differs"
    plain = "<IPython.core.display.HTML object>"
    assert one("x", report("<b>a</b>", plain), report("<b>b</b>", plain))["verdict"] == "differs"


def test_pictures_are_compared_as_pictures():
    assert one("plot()", picture(20), picture(21))["verdict"] == "same"
    entry = one("plot()", picture(20), picture(50))
    assert entry["verdict"] == "differs"
    assert "pictures differ by" in entry["why"]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "no base64!",
        base64.b64encode(b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file").decode(),  # Pillow would run gs
        png(np.zeros((40, 40), dtype=np.uint8))[:-60],
        png(np.zeros((5000, 5000), dtype=np.uint8)),  # 25 million pixels in a few kilobytes
        gif([(1, 1)] * 1000),
        gif([(1, 1), (5000, 5000), (1, 1)]),
    ],
)
def test_what_is_no_picture_or_a_bomb_is_said(data):
    entry = one("plot()", displayed({"image/png": data}), picture(20))
    assert entry["verdict"] == "differs"
    assert "a picture cannot be read" in entry["why"]


@pytest.mark.slow
def test_texts_made_to_take_long_do_not():
    start = time.process_time()
    text(" " * 500_000 + "x", " " * 500_000 + "y")
    text("a\nb\n" * 50_000, "b\na\n" * 50_000)
    text("1" * 500_000, "2" * 500_000)
    text("/a" * 200_000, "/b" * 200_000)
    text("Data set: a" + " " * 500_000 + "b", "")
    bars = printed("[00:00<" * 100_000) | {"name": "stderr"}
    one("show()", bars, printed(""))
    assert time.process_time() - start < 60  # 15 s; else minutes to years


# Fails


def test_a_cell_that_raises_fails_whatever_is_stored():
    stored = code("f()", 2, "mine", raised("NotImplementedError", "total"))
    entry = judge((stored, fresh(ERROR, status="error")))[0]
    assert entry["verdict"] == "fails"
    assert entry["stored"] == "NotImplementedError: total"
    assert entry["fresh"] == "ValueError: no"


@pytest.mark.parametrize("status, said", [("timeout", "too long"), ("flooded", "too much")])
def test_an_interrupted_cell_fails(status, said):
    entry = judge((code("f()", 2, "mine"), fresh(status=status)))[0]
    assert entry["verdict"] == "fails"
    assert said in entry["fresh"]


def test_a_cell_that_the_kernel_did_not_survive_fails():
    end = {"end": "dead", "message": "the kernel has ended", "in_cell": True}
    cells = [(code("f()", number, f"c{number}"), None) for number in (2, 3, 4)]
    entries, remarks = judge_all(*cells, end=end)
    assert [(one["id"], one["verdict"]) for one in entries[1:]] == [("c2", "fails")]
    assert entries[1]["why"] == "the kernel has ended"
    assert remarks == ["cells 3 and 4 were not reached"]
    entries, remarks = judge_all(*cells, end=end | {"in_cell": False})
    assert len(entries) == 1
    assert remarks == ["cells 2, 3 and 4 were not reached"]


# Remarks


def test_a_cell_that_was_never_run_is_not_compared_unless_it_fails():
    ran = code("f()", None, "mine"), fresh(printed("a"))
    failed = code("f()", None, "other"), fresh(ERROR, status="error")
    entries, remarks = judge_all(ran, failed)
    assert [(one["id"], one["verdict"]) for one in entries[1:]] == [("other", "fails")]
    assert remarks == ["cells 2 and 3 were never run"]


def test_a_notebook_that_was_never_run_is_said_to_be_so():
    cells = notebook_reader.read(notebook(code("1", None, "a"), code("2", None, "b"))).code
    shown = fresh(result("1", 1)), fresh(result("2", 2))
    entries, remarks, data = compare(COURSE, cells, shown, EXECUTED, OURS)
    assert (entries, remarks) == ([], ["none of its cells was ever run"])
    assert data["same"] is None


def test_a_notebook_without_outputs_is_told_once_and_what_fails_still():
    def look(count):
        sources = [code("f()", n + 1, f"c{n}") for n in range(count)]
        ended = [fresh(printed("a"))] * (count - 1) + [fresh(ERROR, status="error")]
        cells = notebook_reader.read(notebook(*sources)).code
        entries, remarks, _ = compare(COURSE, cells, ended, EXECUTED, OURS)
        return [one["verdict"] for one in entries], remarks

    assert look(29) == (["fails"], ["this notebook was handed in without outputs"])
    assert look(3)[1] != ["this notebook was handed in without outputs"]


def test_outputs_without_a_count_are_compared():
    forged = code("f()", None, "mine", printed("accuracy 0.9\n")), fresh(printed("accuracy 0.4\n"))
    entries, remarks = judge_all(forged)
    assert (entries[1]["verdict"], remarks) == ("differs", [])


def test_of_many_cells_their_number_is_told():
    cells = [(code("f()", None, f"c{number}"), fresh()) for number in range(5)]
    assert remarks_on(*cells) == ["5 cells were never run"]


def test_as_few_cells_as_possible_are_out_of_order():
    def order(*numbers):
        cells = [code("x", number, f"c{place}") for place, number in enumerate(numbers)]
        return out_of_order(notebook_reader.read(notebook(*cells)).code)

    assert order(1, 2, 3) == set()
    assert order(3, 8, 20) == set()  # run a second time in the same kernel, or with gaps
    assert order(1, 9, 3, 4) == {1}
    assert order(2, None, 1, 5) in ({0}, {2})
    assert order(1, 1, 2) in ({0}, {1})
    assert len(order(4, 3, 2, 1)) == 3


def test_a_cell_out_of_order_is_named_whatever_it_shows():
    stored = code("a", 9, "a", printed("1\n"))
    after = [(code("x", number, f"x{number}"), fresh()) for number in (3, 4)]
    for now, verdict in (("1\n", "same"), ("2\n", "differs")):
        entries, remarks = judge_all((stored, fresh(printed(now))), *after)
        assert (entries[1]["verdict"], remarks) == (verdict, ["cell 2 was run out of order"])


@pytest.mark.parametrize(
    "stored, now, verdict",
    [
        (code("# nothing here", 2, "a", printed("accuracy 0.9\n")), fresh(printed("")), "differs"),
        (code("x", 2, "a", result("1", 7)), fresh(result("1", 2)), "same"),
        (code("x", 2, "a", result("9", 7)), fresh(result("1", 2)), "differs"),
    ],
)
def test_outputs_that_no_run_of_the_cell_can_leave_are_told(stored, now, verdict):
    entries, remarks = judge_all((stored, now))
    assert entries[1]["verdict"] == verdict
    assert remarks == ["cell 2 was edited: the outputs stored are of another run"]


def test_on_another_data_set_what_agrees_agrees_and_the_rest_is_not_compared():
    cells = [
        (code("a", 2, "a", printed("accuracy 0.4\n")), fresh(printed("accuracy 0.5\n"))),
        (code("b", 3, "b", printed("all right\n")), fresh(printed("all right\n"))),
        (code("c", 4, "c", printed("all right\n")), fresh(ERROR, status="error")),
    ]
    entries, remarks = judge_all(*cells, here="Data set:  two things\n")
    found = {one["id"]: one["verdict"] for one in entries if one["id"] != "data"}
    assert found == {"b": "same", "c": "fails"}
    assert remarks == [
        "cells 1 and 2 were not compared: stored on ten things, run here on two things"
    ]


def test_a_data_set_may_be_called_anything():
    cell = code("a", 2, "a", printed("1\n")), fresh(printed("2\n"))
    (remark,) = remarks_on(cell, data="Data set: {0.x} {y} %s\n")
    assert "stored on {0.x} {y} %s, run here on ten things" in remark


@pytest.mark.parametrize("data", ["", "Data set: a set like ten things, and none of ours\n"])
def test_an_unknown_data_set_is_not_compared(data):
    cell = code("a", 2, "a", printed("accuracy 0.4\n")), fresh(printed("accuracy 0.5\n"))
    entries, (remark,) = judge_all(cell, data=data, here=data)
    assert "a" not in [entry["id"] for entry in entries]
    assert remark == "cell 2 was not compared: on which data set it was stored is not known"


UNPUBLISHED = "Data set: a set like ten things, none of ours: "
A, B = (f"{UNPUBLISHED}{16 * digit}\n" for digit in "ab")


@pytest.mark.parametrize(
    ("stored", "here", "told"),
    [
        (A, A, ""),  # two copies of one set
        (A, B, f"stored on {A[10:-1]}, run here on {B[10:-1]}"),
        (A, DATA, f"stored on {A[10:-1]}, run here on ten things"),
        (DATA, A, f"stored on ten things, run here on {A[10:-1]}"),
        (f"{UNPUBLISHED}?\n", A, "on which data set it was stored is not known"),
        (A, "", "on which data set it was stored is not known"),
    ],
)
def test_unpublished_sets_are_told_apart_by_their_checksums(stored, here, told):
    cell = code("a", 2, "a", printed("accuracy 0.4\n")), fresh(printed("accuracy 0.5\n"))
    entries, remarks = judge_all(cell, data=stored, here=here)
    assert ("a" in [entry["id"] for entry in entries]) == (not told)
    assert [one.partition("not compared: ")[2] for one in remarks] == [told] * bool(told)


def test_the_stamp_is_not_compared():
    old, new = (result(f"'code {16 * digit}'", 2) for digit in "ab")
    assert one("submission.stamp()", old, new)["verdict"] == "same"


# Tolerances and seeds


def test_tolerances_come_from_the_given_cell_by_id_and_are_wider_for_changed_cells():
    def tolerance(source, name):
        (cell,) = notebook_reader.read(notebook(code(source, 1, name))).code
        return tolerance_of(cell, OURS)

    assert tolerance("train()", "train-cell") == Tolerance(**METADATA)
    assert tolerance("train(2)", "train-cell") == OWN
    assert tolerance("train()", "3f2a9c1d") == OWN


def test_unseeded_results_have_a_wide_tolerance_and_no_more():
    source = "W = np.random.randn(3)\nshow(W)"
    assert text("accuracy 0.381\n", "accuracy 0.362\n", source)["verdict"] == "same"
    assert one(source, picture(20), picture(50))["verdict"] == "same"
    entry = text("accuracy 0.95\n", "accuracy 0.362\n", source)
    assert entry["verdict"] == "differs"
    assert "without a seed" in entry["why"]

"""Are files of one's own packed, or left out with a clear word? Is none ever touched?"""

import errno
import json
import os
import sys
from pathlib import Path

import pytest

from course.submission import archive
from course.submission.contents import EXERCISE_FILES, NOTEBOOKS, code_hash, collect, is_given
from tests.small_coursework import (
    cell,
    hand_in,
    packed,
    printed,
    put,
    result,
    tree,
    write_coursework,
)

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A student's folder with everything done. HTML copies, which take a second, are faked."""
    monkeypatch.setattr(archive, "to_page", lambda name, content: f"page of {name}".encode())
    write_coursework(tmp_path)
    return tmp_path


def test_own_files_are_packed_or_left_out_with_a_word(work):
    content = json.loads((work / "notebooks/svm.ipynb").read_text())
    cell(content, "title")["source"] = "![](Käse.png) ![](o\u0308l.png) ![](huge.jpg) ![](mine.gif)"
    put(work, "cs231n/classifiers/helper.py", "x = 1\n")
    put(work, "notebooks/plots.py", "x = 1\n")
    put(work, "notebooks/Ka\u0308se.png", b"1")  # as macOS may spell it
    put(work, "notebooks/öl.png", b"1")
    put(work, "datasets/mine.gif", b"2")
    put(work, "datasets/unused.gif", b"3")
    put(work, "notebooks/unused.png", b"4")
    put(work, "notebooks/huge.jpg", bytes(5_000_001))
    put(work, "notebooks/Untitled.ipynb", "{}")
    put(work, "notebooks/weights.npz", b"5")
    put(work, "cs231n/long.py", b"#" * 1_000_001)
    put(work, "cs231n/env/pyvenv.cfg", "")
    put(work, "cs231n/env/lib/module.py", "")
    hidden = ["cs231n/.idea/a.py", "cs231n/__pycache__/a.py", "cs231n/.a.py", "cs231n/a.py~"]
    for name in [*hidden, "notebooks/.ipynb_checkpoints/svm-checkpoint.ipynb"]:
        put(work, name, "")
    for name in NOTEBOOKS:  # as if run with the new code
        cell(content, "stamp")["outputs"] = [result(f"'code {code_hash(collect(work).files)}'", 2)]
        put(work, name, content)
    before = tree(work)
    status, told = hand_in(work)
    assert status == 0, told
    own = ["cs231n/classifiers/helper.py", "datasets/mine.gif", "notebooks/plots.py"]
    entries = packed(work / "build" / "submission.zip")
    manifest = json.loads(entries["manifest.json"])
    assert manifest["own"] == [*own[:2], "notebooks/Ka\u0308se.png", own[2], "notebooks/öl.png"]
    assert set(manifest["own"]) < set(entries)
    assert {name: why[:30] for name, why in manifest["left_out"].items()} == {
        "cs231n/env": "it is a virtual environment",
        "cs231n/long.py": "it has 1.0 MB, more than 1",
        "notebooks/Untitled.ipynb": "only svm.ipynb and softmax.ipy",
        "notebooks/huge.jpg": "it has 5.0 MB, more than 5",
        "notebooks/unused.png": "no notebook names this picture",
        "notebooks/weights.npz": "it is neither Python code nor ",
    }
    assert not set(manifest["left_out"]) & set(entries)
    assert "packed too, your own: notebooks/plots.py" in told
    assert "not packed: notebooks/weights.npz: it is neither Python code nor a picture" in told
    after = tree(work)
    del after[str(work / "build" / "submission.zip")]
    assert after == before


def test_own_files_have_a_limit_together(work):
    for number in range(25):
        put(work, f"cs231n/own{number:02}.py", b"#" * 1_000_000)
    contents = collect(work)
    assert len(contents.own) == 20
    assert all("your own files have more than 20 MB" in why for why in contents.left_out.values())
    assert len(contents.left_out) == 5


def test_links_pipes_and_unreadable_files_are_named_and_not_followed(
    work, monkeypatch, tmp_path_factory
):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.py"
    secret.write_text("x = 1")
    (work / "cs231n" / "linked.py").symlink_to(secret)
    (work / "cs231n" / "folder").symlink_to(secret.parent)
    os.mkfifo(work / "cs231n" / "pipe.py")
    put(work, "cs231n/locked.py", "")
    (work / EXERCISE_FILES[0]).unlink()
    (work / EXERCISE_FILES[0]).symlink_to(secret)
    read_bytes = Path.read_bytes

    def refuse(path):  # a mode of 0 does not stop root
        if path.name == "locked.py":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    contents = collect(work)
    assert contents.left_out == {
        "cs231n/classifiers/linear_svm.py": contents.left_out["cs231n/folder"],
        "cs231n/folder": "it is a link; put there what it leads to, if it is needed",
        "cs231n/linked.py": contents.left_out["cs231n/folder"],
        "cs231n/locked.py": "it cannot be read (Permission denied)",
        "cs231n/pipe.py": "it is not a regular file",
    }
    assert [one.where for one in contents.problems] == [EXERCISE_FILES[0]]


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS refuses such names itself")
def test_a_name_that_is_not_utf8_is_left_out_and_can_be_printed(work):
    with open(os.fsencode(work) + b"/cs231n/caf\xe9.py", "wb") as file:
        file.write(b"x = 1\n")
    status, told = hand_in(work)
    assert status == 0
    assert "caf\\udce9.py': its name is not UTF-8" in told


def test_a_notebook_of_20_mb_is_packed_with_a_word_and_one_of_30_mb_is_not(work):
    content = json.loads((work / "notebooks/svm.ipynb").read_text())
    cell(content, "sum-cell")["outputs"] = [printed("4" * 20_000_000)]
    put(work, "notebooks/svm.ipynb", content)
    status, told = hand_in(work)
    assert status == 0
    large = "20.0 MB, of which 20.0 MB in code cell 3, 'print(2 + 2)'"
    assert f"packed, but large: notebooks/svm.ipynb: {large}" in told
    cell(content, "sum-cell")["outputs"] = [printed("4" * 30_000_000)]
    put(work, "notebooks/svm.ipynb", content)
    status, told = hand_in(work, "--anyway")
    assert status == 3
    assert "✗ notebooks/svm.ipynb: it is not packed: 30.0 MB, of which 30.0 MB in code" in told
    assert "notebooks/svm.ipynb" not in packed(work / "build" / "submission-incomplete.zip")


def test_the_list_of_what_the_package_consists_of_is_complete():
    """Whoever adds a file to cs231n/ adds it to GIVEN in cs231n/submission/contents.py."""
    own = [name for name in collect(ROOT).files if not is_given(name)]
    assert own == []

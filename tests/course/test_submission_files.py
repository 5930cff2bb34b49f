"""Are files of one's own packed, or left out with a clear word? Is none ever touched?"""

import errno
import json
import os
import sys
from pathlib import Path

import pytest
from cells import printed
from small_coursework import (
    EXERCISES,
    NOTEBOOK,
    cell,
    hand_in,
    packed,
    put,
    read,
    run_again,
    tree,
)

from course import definition
from course.submission.contents import code_hash, collect


def collected(root):
    return collect(definition.load(root))


def test_own_files_are_packed_or_left_out_with_a_word(work):
    content = read(work)
    cell(content, "title")["source"] = "![](Käse.png) ![](o\u0308l.png) ![](huge.jpg) ![](mine.gif)"
    put(work, "toy/helper.py", "x = 1\n")
    put(work, "notebooks/plots.py", "x = 1\n")
    put(work, "notebooks/Ka\u0308se.png", b"1")  # as macOS may spell it
    put(work, "notebooks/öl.png", b"1")
    put(work, "datasets/mine.gif", b"2")
    put(work, "datasets/unused.gif", b"3")
    put(work, "notebooks/unused.png", b"4")
    put(work, "notebooks/huge.jpg", bytes(5_000_001))
    put(work, "notebooks/Untitled.ipynb", "{}")
    put(work, "notebooks/weights.npz", b"5")
    put(work, "toy/long.py", b"#" * 1_000_001)
    put(work, "toy/env/pyvenv.cfg", "")
    put(work, "toy/env/lib/module.py", "")
    hidden = ["toy/.idea/a.py", "toy/__pycache__/a.py", "toy/.a.py", "toy/a.py~"]
    for name in [*hidden, "notebooks/.ipynb_checkpoints/one-checkpoint.ipynb"]:
        put(work, name, "")
    put(work, NOTEBOOK, content)
    run_again(work)
    before = tree(work)
    status, told = hand_in(work)
    assert status == 0, told
    own = ["datasets/mine.gif", "notebooks/Ka\u0308se.png", "notebooks/plots.py"]
    entries = packed(work / "build" / "submission.zip")
    manifest = json.loads(entries["manifest.json"])
    assert manifest["own"] == [*own, "notebooks/öl.png", "toy/helper.py"]
    assert set(manifest["own"]) < set(entries)
    assert {name: why[:30] for name, why in manifest["left_out"].items()} == {
        "toy/env": "it is a virtual environment",
        "toy/long.py": "it has 1.0 MB, more than 1",
        "notebooks/Untitled.ipynb": "notebooks other than one.ipynb",
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
        put(work, f"toy/own{number:02}.py", b"#" * 1_000_000)
    contents = collected(work)
    assert len(contents.own) == 20
    assert all("your own files have more than 20 MB" in why for why in contents.left_out.values())
    assert len(contents.left_out) == 5


def test_links_pipes_and_unreadable_files_are_named_and_not_followed(
    work, monkeypatch, tmp_path_factory
):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.py"
    secret.write_text("x = 1")
    (work / "toy" / "linked.py").symlink_to(secret)
    (work / "toy" / "folder").symlink_to(secret.parent)
    os.mkfifo(work / "toy" / "pipe.py")
    put(work, "toy/locked.py", "")
    (work / EXERCISES).unlink()
    (work / EXERCISES).symlink_to(secret)
    read_bytes = Path.read_bytes

    def refuse(path):  # a mode of 0 does not stop root
        if path.name == "locked.py":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    contents = collected(work)
    assert contents.left_out == {
        "toy/sums.py": contents.left_out["toy/folder"],
        "toy/folder": "it is a link; put there what it leads to, if it is needed",
        "toy/linked.py": contents.left_out["toy/folder"],
        "toy/locked.py": "it cannot be read (Permission denied)",
        "toy/pipe.py": "it is not a regular file",
    }
    assert [one.where for one in contents.problems] == [EXERCISES]


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS refuses such names itself")
def test_a_name_that_is_not_utf8_is_left_out_and_can_be_printed(work):
    with open(os.fsencode(work) + b"/toy/caf\xe9.py", "wb") as file:
        file.write(b"x = 1\n")
    status, told = hand_in(work)
    assert status == 0
    assert "caf\\udce9.py': its name is not UTF-8" in told


def test_a_notebook_of_20_mb_is_packed_and_one_of_30_mb_is_not(work):
    content = read(work)
    cell(content, "total-cell")["outputs"] = [printed("4" * 20_000_000)]
    put(work, NOTEBOOK, content)
    assert hand_in(work)[0] == 0
    cell(content, "total-cell")["outputs"] = [printed("4" * 30_000_000)]
    put(work, NOTEBOOK, content)
    status, told = hand_in(work, "--anyway")
    assert status == 3
    assert "✗ notebooks/one.ipynb: it has 30.0 MB, more than 25; let its cells show less" in told
    assert NOTEBOOK not in packed(work / "build" / "submission-incomplete.zip")


def test_this_course_s_own_files_are_all_given(course):
    """Whoever adds a file to the package adds it to [files] in exercises/course.toml."""
    contents = collect(course)
    assert (contents.own, contents.left_out, contents.problems) == ([], {}, [])


def test_the_hash_of_the_code_is_the_same_however_lines_end():
    files = {"toy/a.py": b"x = 1\ny = 2\n", "toy/b.txt": b"1\n"}
    windows = {name: content.replace(b"\n", b"\r\n") for name, content in files.items()}
    assert code_hash(files) == code_hash(windows) != code_hash(files | {"toy/a.py": b"x = 1\n"})

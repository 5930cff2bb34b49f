"""Is what is handed in all that it should be, and is nothing of the student's ever touched?"""

import asyncio
import errno
import hashlib
import json
import os
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import nbformat
import pytest
from cells import code, result
from small_coursework import (
    EXERCISES,
    NOTEBOOK,
    cell,
    finished,
    hand_in,
    packed,
    passes,
    put,
    read,
    tree,
    write_coursework,
)

from course import record, submission
from course.checks.report import Report
from course.notebook import PLACEHOLDER
from course.outputs.execute import execute
from course.submission import archive
from course.submission.__main__ import main
from course.submission.archive import to_page

# The zip


def test_finished_work_is_packed_byte_for_byte_with_manifest_and_pages(work):
    before = tree(work)
    status, told = hand_in(work)
    assert status == 0 and "problem" not in told
    out = work / "build" / "submission.zip"
    entries = packed(out)
    names = ["manifest.json", "toy/__init__.py", EXERCISES, NOTEBOOK]
    assert set(entries) == {*names, "html/one.html"}  # neither course/ nor exercises/
    for name in names[1:]:
        assert entries[name] == (work / name).read_bytes()
    manifest = json.loads(entries.pop("manifest.json"))
    assert (manifest["format"], manifest["version"]) == ("toy-submission", 1)
    assert manifest["complete"] is True and manifest["problems"] == []
    assert manifest["exercises"] == {"total": True, "mean": True}
    assert manifest["code"] in entries[NOTEBOOK].decode()
    assert manifest["edition"] == json.loads((work / record.FILE).read_bytes())["id"]
    assert manifest["environment"]["numpy"] and manifest["environment"]["python"]
    assert manifest["files"] == {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in entries.items()
    }
    after = tree(work)
    assert after.pop(str(out)) and after == before


def test_a_cell_packs_and_on_colab_what_is_open_there_is_saved_and_the_zip_offered(
    work, monkeypatch, capsys
):
    monkeypatch.setattr("course.checks.run", passes)
    content = read(work)
    content["cells"].append(code("submission.pack()", None, "pack"))
    put(work, NOTEBOOK, content)
    submission.pack(root=work)
    assert "submission.zip: 5 files" in capsys.readouterr().out
    for one in content["cells"]:  # as Colab writes them
        one["metadata"] = {**one["metadata"], "id": one.pop("id")}
        if one["metadata"]["id"] == "answer-1":
            one["source"] = PLACEHOLDER
    offered, asked = [], []

    def ask(what, **_):
        asked.append(what)
        return {"ipynb": content}

    colab = types.SimpleNamespace(files=types.SimpleNamespace(download=offered.append))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    message = types.SimpleNamespace(blocking_request=ask)
    monkeypatch.setitem(sys.modules, "google.colab._message", message)
    submission.pack(root=work)
    assert asked == ["get_ipynb"] and read(work) == content
    told = capsys.readouterr().out
    assert "1 problem" in told and "submission.pack(anyway=True)" in told and not offered
    submission.pack(anyway=True, root=work)
    assert offered == [str(work / "build" / "submission-incomplete.zip")]
    content["cells"] = [code("print('of my own')", 1, "own"), content["cells"][0]]
    before = read(work)
    submission.pack(anyway=True, root=work)
    assert read(work) == before and "open here is none of the course's" in capsys.readouterr().out


def test_without_a_record_of_the_edition_all_is_packed_and_with_a_damaged_one_it_is_said(work):
    path = work / record.FILE
    path.write_bytes(path.read_bytes().replace(b"Numbers", b"numbers"))
    status, told = hand_in(work)
    assert status == 1 and "1 problem, so" in told
    assert "exercises/edition.json: it was changed" in told and "→ get it back" in told
    path.unlink()
    assert hand_in(work)[0] == 0
    manifest = json.loads(packed(work / "build" / "submission.zip")["manifest.json"])
    assert manifest["edition"] is None


def test_a_damaged_declaration_is_said_in_a_line(work):
    put(work, "exercises/course.toml", "[course]\nname = 3\n")
    status, told = hand_in(work)
    assert status == 4 and told.startswith("error: exercises/course.toml")
    assert "get exercises/course.toml back from the student edition" in told


def test_the_same_work_gives_the_same_bytes_and_no_name_of_the_machine(work):
    assert hand_in(work)[0] == 0
    out = work / "build" / "submission.zip"
    first = out.read_bytes()
    for path in work.rglob("*.py"):
        os.utime(path, (1e9, 1e9))
    assert hand_in(work)[0] == 0 and out.read_bytes() == first
    with zipfile.ZipFile(out) as entries:
        assert {entry.date_time for entry in entries.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    manifest = packed(out)["manifest.json"].decode()
    assert "anna" not in manifest


def test_a_page_is_the_same_each_time_with_a_progress_bar_too():
    content = finished()
    bar = result("100%", 3)
    bar["data"]["application/vnd.jupyter.widget-view+json"] = {"model_id": "1", "version_major": 2}
    cell(content, "total-cell")["outputs"].append(bar)
    first, second = (to_page(NOTEBOOK, json.dumps(content).encode()) for _ in "12")
    assert first == second and b"100%" in first and b"jupyter-widgets" not in first


def test_a_path_in_a_problem_is_not_handed_in(work):
    def run(name, root):
        raise OSError(f"no {root}/toy and no {Path.home()}/x")

    status, _ = hand_in(work, "--anyway", run=run)
    manifest = packed(work / "build" / "submission-incomplete.zip")["manifest.json"].decode()
    assert status == 3 and "no ./toy and no ~/x" in manifest
    assert "anna" not in manifest


# Problems


def test_problems_are_listed_with_their_ways_out_and_nothing_is_written(work):
    content = read(work)
    cell(content, "answer-2")["source"] = PLACEHOLDER
    put(work, NOTEBOOK, content)
    before = tree(work)
    statuses = {"total": "failed", "mean": "not implemented"}

    def run(name, root):
        return Report(name, statuses[name], vectorized=False)

    status, told = hand_in(work, run=run)
    assert status == 1
    assert "✗ total" in told and "✗ mean" in told
    assert "mean: is not implemented yet → write it" in told
    assert "total: does not pass its check → see what it says" in told
    assert f"{NOTEBOOK}: Second question is not answered → write" in told
    assert "3 problems, so nothing was packed" in told and "--anyway" in told
    assert tree(work) == before


def test_what_passes_but_is_not_vectorized_is_remarked_on(work):
    status, told = hand_in(work, run=lambda name, root: Report(name, "passed", vectorized=False))
    assert status == 0 and "✓ total (but not vectorized)" in told


def test_anyway_packs_marked_as_incomplete(work):
    put(work, EXERCISES, "# changed since the notebook was run\n")
    status, told = hand_in(work, "--anyway")
    assert status == 3
    assert "marked incomplete: 1 problem" in told
    assert not (work / "build" / "submission.zip").exists()
    manifest = json.loads(packed(work / "build" / "submission-incomplete.zip")["manifest.json"])
    assert manifest["complete"] is False
    assert [one["what"] for one in manifest["problems"]] == [
        "the code has changed since it was run"
    ]


def test_a_blank_student_is_told_all_that_is_left_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "to_page", lambda name, content: b"")
    write_coursework(tmp_path, blank=True)
    status, told = hand_in(tmp_path, run=None)
    assert status == 1 and "6 problems" in told
    for name in ("total", "mean"):
        assert f"✗ {name}: is not implemented yet" in told
    for what in ("it has not been run", "Search is not written", "Question on means is not answer"):
        assert f"✗ {NOTEBOOK}: {what}" in told


def test_a_check_that_raises_hides_no_other(work):
    def run(name, root):
        if name == "total":
            raise RuntimeError("no\nway")
        return passes(name, root)

    status, told = hand_in(work, run=run)
    assert status == 1
    assert "total: its check could not be run: RuntimeError: no way" in told
    assert "1 problem, so" in told and "✓ mean" in told


def test_a_zip_of_an_earlier_state_is_called_so(work):
    hand_in(work)
    put(work, EXERCISES, "# changed\n")
    assert "submission.zip is an earlier one" in hand_in(work)[1]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (NOTEBOOK, None, "the file is missing"),
        (EXERCISES, None, "the file is missing"),
        (EXERCISES, b"# caf\xe9\n", "it is not UTF-8 (line 1)"),
        (NOTEBOOK, b'{\n "\xe9', "it is not UTF-8 (line 2)"),
        (NOTEBOOK, b"{", "it cannot be read as a notebook"),
        (NOTEBOOK, b'{\n<<<<<<< HEAD\n"cells"', "unfinished merge (line 2)"),
        (NOTEBOOK, b'{"a": [\n "<<<<<<< HEAD\\n"]}', "unfinished merge (line 2)"),
        (EXERCISES, b"x = 1\n<<<<<<< HEAD\n", "unfinished merge (line 2)"),
    ],
)
def test_a_missing_or_damaged_file_is_one_problem(work, name, content, said):
    (work / name).unlink()
    if content is not None:
        put(work, name, content)
    told = hand_in(work)[1]
    found = [one for one in told.split("✗ ") if one.startswith(f"{name}:")]
    assert len(found) == 1 and said in found[0] and "→" in found[0]


def test_a_page_that_cannot_be_made_is_a_problem(work, monkeypatch):
    def fails(name, content):
        raise ModuleNotFoundError("No module named 'nbconvert'")

    monkeypatch.setattr(archive, "to_page", fails)
    status, told = hand_in(work, "--anyway")
    assert status == 3 and "no HTML copy could be made: ModuleNotFoundError: No module" in told
    assert "html/one.html" not in packed(work / "build" / "submission-incomplete.zip")


# Writing


def test_a_full_disk_leaves_the_old_zip_and_nothing_else(work, monkeypatch):
    hand_in(work)
    before = tree(work)
    put(work, NOTEBOOK, (work / NOTEBOOK).read_text() + "\n")

    def full(self, *args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    status, told = hand_in(work)
    assert status == 4
    assert "error: the zip was not written: [Errno 28] No space left on device" in told
    out = str(work / "build" / "submission.zip")
    assert tree(work).keys() == before.keys() and tree(work)[out] == before[out]


def test_a_terminal_without_ticks_gets_letters(work, monkeypatch):
    put(work, "toy/Käse.txt", "")
    with open(work.parent / "out.txt", "w", encoding="ascii") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert main([], work, passes) == 0
    told = (work.parent / "out.txt").read_text()
    assert "  ok total\n" in told and r"toy/K\xe4se.txt" in told


# All of it, as a student does it


@pytest.mark.slow
def test_run_in_jupyter_then_hand_in_from_the_command_line(tmp_path):
    """A notebook is executed and handed in; then the code changes, and that is noticed."""
    work = write_coursework(tmp_path / "course work").root
    executed = nbformat.read(work / NOTEBOOK, as_version=4)
    asyncio.run(execute(executed, work / NOTEBOOK, {}))
    nbformat.write(executed, work / NOTEBOOK)

    def by_hand(*words):
        words = [sys.executable, "-m", "course.submission", *words]
        return subprocess.run(words, cwd=work, text=True, capture_output=True)

    told = by_hand()
    assert (told.returncode, told.stderr) == (0, ""), told.stdout
    assert "build/submission.zip: " in told.stdout
    page = packed(work / "build" / "submission.zip")["html/one.html"].decode()
    assert "<title>one</title>" in page and "Second question" in page
    assert str(work) not in page
    put(work, EXERCISES, "# changed\n" + (work / EXERCISES).read_text())
    told = by_hand()
    assert (told.returncode, told.stderr) == (1, "")
    assert told.stdout.count("the code has changed since it was run") == 1
    assert by_hand("--no-such-option").returncode == 2

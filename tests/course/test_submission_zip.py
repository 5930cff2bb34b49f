"""Is what is handed in all that it should be, and is nothing of the student's ever touched?"""

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from course.checks.exercises import EXERCISES
from course.checks.report import Report
from course.outputs import run as run_notebooks
from course.submission import archive
from course.submission.__main__ import main
from course.submission.archive import to_page
from course.submission.contents import EXERCISE_FILES, NOTEBOOKS
from tests.small_coursework import (
    cell,
    hand_in,
    notebook,
    packed,
    passes,
    put,
    result,
    tree,
    unanswered,
    write_coursework,
)

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A student's folder with everything done. HTML copies, which take a second, are faked."""
    monkeypatch.setattr(archive, "to_page", lambda name, content: f"page of {name}".encode())
    monkeypatch.setenv("HOME", str(tmp_path / "anna"))
    root = tmp_path / "anna" / "course work"
    write_coursework(root)
    return root


# --- The zip ----------------------------------------------------------------------------------


def test_finished_work_is_packed_byte_for_byte_with_manifest_and_pages(work):
    before = tree(work)
    status, told = hand_in(work)
    assert status == 0 and "problem" not in told
    out = work / "build" / "submission.zip"
    entries = packed(out)
    names = ["manifest.json", "cs231n/__init__.py", *EXERCISE_FILES, *NOTEBOOKS]
    assert set(entries) == {*names, "html/svm.html", "html/softmax.html"}
    for name in names[1:]:
        assert entries[name] == (work / name).read_bytes()
    manifest = json.loads(entries.pop("manifest.json"))
    assert (manifest["format"], manifest["version"]) == ("cs231n-submission", 1)
    assert manifest["complete"] is True and manifest["problems"] == []
    assert manifest["exercises"] == dict.fromkeys(EXERCISES, True)
    assert manifest["code"] in entries["notebooks/svm.ipynb"].decode()
    assert manifest["environment"]["numpy"] and manifest["environment"]["python"]
    assert manifest["files"] == {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in entries.items()
    }
    after = tree(work)
    assert after.pop(str(out)) and after == before


def test_the_same_work_gives_the_same_bytes_and_no_name_of_the_machine(work):
    assert hand_in(work)[0] == 0
    first = (work / "build" / "submission.zip").read_bytes()
    for path in work.rglob("*.py"):
        os.utime(path, (1e9, 1e9))
    assert hand_in(work, "--out", work / "other.zip")[0] == 0
    assert (work / "other.zip").read_bytes() == first
    with zipfile.ZipFile(work / "other.zip") as entries:
        assert {entry.date_time for entry in entries.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    manifest = packed(work / "other.zip")["manifest.json"].decode()
    assert "anna" not in manifest


def test_a_page_is_the_same_each_time_with_a_progress_bar_too():
    content = notebook("0123456789abcdef")
    bar = result("100%", 3)
    bar["data"]["application/vnd.jupyter.widget-view+json"] = {"model_id": "1", "version_major": 2}
    cell(content, "sum-cell")["outputs"].append(bar)
    first, second = (to_page("notebooks/svm.ipynb", json.dumps(content).encode()) for _ in "12")
    assert first == second and b"100%" in first and b"jupyter-widgets" not in first


def test_a_path_in_a_problem_is_not_handed_in(work):
    def run(name, root):
        raise OSError(f"no {root}/cs231n and no {Path.home()}/x")

    status, _ = hand_in(work, "--anyway", run=run)
    manifest = packed(work / "build" / "submission-incomplete.zip")["manifest.json"].decode()
    assert status == 3 and "no ./cs231n and no ~/x" in manifest
    assert "anna" not in manifest


# --- Problems ---------------------------------------------------------------------------------


def test_problems_are_listed_with_their_ways_out_and_nothing_is_written(work):
    content = json.loads((work / "notebooks/svm.ipynb").read_text())
    unanswered(content, "answer-2")
    put(work, "notebooks/svm.ipynb", content)
    before = tree(work)
    statuses = {"train": "failed", "predict": "not implemented"}

    def run(name, root):
        return Report(name, statuses.get(name, "passed"), vectorized=False)

    status, told = hand_in(work, run=run)
    assert status == 1
    assert "✗ train" in told and "✓ svm_loss_vectorized (but not vectorized)" in told
    assert "predict: is not implemented yet → write it" in told
    assert "train: does not pass its check → see what it says" in told
    assert "notebooks/svm.ipynb: inline question 2 is not answered → write" in told
    assert "3 problems, so nothing was packed" in told and "--anyway" in told
    assert tree(work) == before


def test_anyway_packs_marked_as_incomplete(work):
    put(work, "cs231n/classifiers/softmax.py", "# changed since the notebooks were run\n")
    status, told = hand_in(work, "--anyway")
    assert status == 3
    assert "marked incomplete: 2 problems" in told
    assert not (work / "build" / "submission.zip").exists()
    manifest = json.loads(packed(work / "build" / "submission-incomplete.zip")["manifest.json"])
    assert manifest["complete"] is False
    assert [one["what"] for one in manifest["problems"]] == [
        "the code has changed since it was run"
    ] * 2


def test_the_files_of_the_exercises_are_handed_in():
    assert {exercise.path for exercise in EXERCISES.values()} == set(EXERCISE_FILES)


def test_a_check_that_raises_hides_no_other(work):
    def run(name, root):
        if name == "svm_loss_naive":
            raise RuntimeError("no\nway")
        return passes(name, root)

    status, told = hand_in(work, run=run)
    assert status == 1
    assert "svm_loss_naive: its check could not be run: RuntimeError: no way" in told
    assert "1 problem, so" in told and "✓ predict" in told


def test_a_zip_of_an_earlier_state_is_called_so(work):
    hand_in(work)
    put(work, "cs231n/classifiers/softmax.py", "# changed\n")
    assert "submission.zip is an earlier one" in hand_in(work)[1]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notebooks/svm.ipynb", None, "the file is missing"),
        ("cs231n/classifiers/softmax.py", None, "the file is missing"),
        ("cs231n/classifiers/softmax.py", b"# caf\xe9\n", "it is not UTF-8 (line 1)"),
        ("notebooks/svm.ipynb", b'{\n "\xe9', "it is not UTF-8 (line 2)"),
        ("notebooks/svm.ipynb", b"{", "it cannot be read as a notebook"),
        ("notebooks/svm.ipynb", b'{\n<<<<<<< HEAD\n"cells"', "unfinished merge (line 2)"),
        ("notebooks/svm.ipynb", b'{"a": [\n "<<<<<<< HEAD\\n"]}', "unfinished merge (line 2)"),
        ("cs231n/classifiers/softmax.py", b"x = 1\n<<<<<<< HEAD\n", "unfinished merge (line 2)"),
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
    assert "html/svm.html" not in packed(work / "build" / "submission-incomplete.zip")


# --- Writing ----------------------------------------------------------------------------------


def test_a_full_disk_leaves_the_old_zip_and_nothing_else(work, monkeypatch):
    hand_in(work)
    before = tree(work)
    put(work, "notebooks/svm.ipynb", (work / "notebooks/softmax.ipynb").read_text() + "\n")

    def full(self, *args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    status, told = hand_in(work)
    assert status == 4
    assert "error: the zip was not written: [Errno 28] No space left on device" in told
    out = str(work / "build" / "submission.zip")
    assert tree(work).keys() == before.keys() and tree(work)[out] == before[out]


@pytest.mark.parametrize("name", ["notes.zip", "folder.zip", "link.zip", "notebooks/svm.ipynb"])
def test_what_is_no_submission_is_never_replaced(work, name):
    with zipfile.ZipFile(work / "notes.zip", "w") as archive:
        archive.writestr("manifest.json", "[]")
    (work / "folder.zip").mkdir()
    (work / "link.zip").symlink_to("nowhere")
    before = tree(work)
    status, told = hand_in(work, "--out", work / name)
    assert status == 4 and told.startswith("error:")
    assert tree(work) == before


def test_a_folder_for_the_zip_that_is_not_there_is_said_at_once(work):
    status, told = hand_in(work, "--out", work / "nowhere" / "x.zip")
    assert status == 4 and "there is no folder" in told and "Looking" not in told


def test_a_terminal_without_ticks_gets_letters(work, monkeypatch):
    put(work, "cs231n/Käse.txt", "")
    with open(work.parent / "out.txt", "w", encoding="ascii") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert main([], work, passes) == 0
    told = (work.parent / "out.txt").read_text()
    assert "  ok train\n" in told and r"cs231n/K\xe4se.txt" in told


# --- All of it, as a student does it ----------------------------------------------------------


def test_run_in_jupyter_then_hand_in_from_the_command_line(tmp_path):
    """A notebook is executed and handed in; then the code changes, and that is noticed."""
    write_coursework(tmp_path)
    shutil.copytree(ROOT / "cs231n" / "submission", tmp_path / "cs231n" / "submission")
    fake = "from course.checks.report import Report\n\ndef run(name, root):\n"
    put(tmp_path, "cs231n/checks/__init__.py", f"{fake}    return Report(name, 'passed')\n")
    for name in ("exercises.py", "report.py"):
        shutil.copy(ROOT / "cs231n" / "checks" / name, tmp_path / "cs231n" / "checks")
    svm, softmax = (tmp_path / name for name in NOTEBOOKS)
    executed = nbformat.read(svm, as_version=4)
    executed.cells[1].source = "import sys\n\nsys.path.insert(0, '..')"
    run_notebooks.execute(executed, svm)
    nbformat.write(executed, svm)
    shutil.copy(svm, softmax)

    def by_hand(*words):
        words = [sys.executable, "-m", "course.submission", *words]
        return subprocess.run(words, cwd=tmp_path, text=True, capture_output=True)

    told = by_hand()
    assert (told.returncode, told.stderr) == (0, ""), told.stdout
    assert "build/submission.zip: " in told.stdout
    entries = packed(tmp_path / "build" / "submission.zip")
    for name in ("svm", "softmax"):
        page = entries[f"html/{name}.html"].decode()
        assert f"<title>{name}</title>" in page and "Inline question 2" in page
        assert str(tmp_path) not in page
    put(tmp_path, EXERCISE_FILES[0], "# changed\n")
    told = by_hand()
    assert (told.returncode, told.stderr) == (1, "")
    assert told.stdout.count("the code has changed since it was run") == 2
    assert by_hand("--no-such-option").returncode == 2

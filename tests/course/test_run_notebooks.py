"""Does run_notebooks.py execute, skip and fail as promised? Is what it stores free of noise?"""

import base64
import copy
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course.outputs import run as run_notebooks
from course.outputs.canonical import is_progress_bar, normalize

ROOT = Path(__file__).resolve().parents[1]

CELLS = [
    new_markdown_cell("# A small notebook"),
    new_code_cell("import sys, time\nimport matplotlib.pyplot as plt\nfrom tqdm import tqdm"),
    new_markdown_cell("Prose\n\n## Count to three"),
    new_code_cell("print('before')\nfor _ in tqdm(range(3)):\n    pass\nprint('after')"),
    new_code_cell("sys.executable"),
    new_markdown_cell("## Draw a line"),
    new_code_cell("plt.plot([1, 2])\nplt.show()"),
    new_code_cell(
        "import numpy as np\n"
        "results = {'classifier': 'SVM', 'learning_rate': 1e-7, 'val_accuracy': np.float32(0.25)}"
    ),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder, with a data set of which nothing but the looks is real beside it."""
    dataset = tmp_path / "data set"
    dataset.mkdir()
    for name in ("test_batch", "batches.meta"):
        (dataset / name).write_text(name)
    monkeypatch.setenv("CIFAR10_DIR", str(dataset))
    monkeypatch.setenv("MPLBACKEND", "Agg")  # must not reach the kernel
    return tmp_path


def save(path, *cells):
    nbformat.write(new_notebook(cells=[copy.deepcopy(cell) for cell in cells]), path)
    return path


def outputs(path):
    """Return the outputs of all code cells in a file."""
    cells = nbformat.read(path, as_version=4).cells
    return [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]


def run(*args):
    return run_notebooks.main([str(arg) for arg in args])


def test_a_run_leaves_notebook_page_and_numbers_and_the_next_run_skips(folder, capsys, monkeypatch):
    notebook, out = save(folder / "small.ipynb", *CELLS), folder / "build"
    source = notebook.read_bytes()
    assert run(notebook, "--out", out) == 0
    assert notebook.read_bytes() == source

    printed, python, figure = outputs(out / "small.ipynb")
    assert printed.text == "before\nafter\n"
    assert python.data["text/plain"] == repr(sys.executable)
    picture = figure.data["image/png"].strip()
    [png] = (out / "figures").iterdir()
    assert png.name.startswith("small-") and png.read_bytes() == base64.b64decode(picture)
    page = (out / "small.html").read_text(encoding="utf-8")
    assert picture.replace("\n", "") in page.replace("\n", "")

    entry = json.loads((out / "results.json").read_text())["small"]
    assert entry["results"] == {"classifier": "SVM", "learning_rate": 1e-7, "val_accuracy": 0.25}
    assert list(entry["stages"]) == ["Start", "Count to three", "Draw a line"]
    assert entry["seconds"] == pytest.approx(sum(entry["stages"].values()), abs=0.02)  # rounding
    assert 20 < entry["peak_memory_mb"] < 1500
    first = capsys.readouterr().out
    assert "SVM" in first and "0.250" in first and "Draw a line" in first

    def fail(*_):
        raise AssertionError("executed again")

    monkeypatch.setattr(run_notebooks, "execute", fail)
    assert run(notebook, "--out", out) == 0
    again = capsys.readouterr().out
    assert again.startswith("small.ipynb: nothing has changed since")
    assert again.endswith(first)

    with pytest.raises(AssertionError, match="executed again"):
        run(notebook, "--out", out, "--force")
    (out / "small.html").unlink()
    with pytest.raises(AssertionError, match="executed again"):
        run(notebook, "--out", out)


def test_fingerprint_follows_cells_package_and_data_but_not_outputs(folder):
    package = folder / "cs231n"
    (package / "classifiers").mkdir(parents=True)
    module = package / "classifiers" / "softmax.py"
    module.write_text("a = 1")
    notebook = new_notebook(cells=copy.deepcopy(CELLS))
    data = folder / "data set"

    def fingerprint():
        return run_notebooks.fingerprint(notebook, data, package)

    before = fingerprint()
    notebook.cells[1].outputs = [new_output("stream", text="stored")]
    notebook.cells[1].execution_count = 3
    notebook.cells[1].metadata["tags"] = ["x"]
    assert fingerprint() == before

    seen = {before}
    module.write_text("a = 2")
    seen.add(fingerprint())
    (package / "checks.npz").write_bytes(b"expected")
    seen.add(fingerprint())
    notebook.cells[1].source += "\n"
    seen.add(fingerprint())
    data = data.rename(folder / "another set")
    seen.add(fingerprint())
    assert len(seen) == 5


def test_a_failing_cell_is_named_and_ends_the_run(folder, capsys):
    failing = new_code_cell("def loss():\n    raise NotImplementedError('write it')\n\nloss()")
    notebook = save(
        folder / "bad.ipynb", new_code_cell("1"), new_markdown_cell("## Divide"), failing
    )
    out = folder / "build"
    assert run(notebook, save(folder / "next.ipynb"), "--out", out) == 1
    message = capsys.readouterr().err
    assert "bad.ipynb, section 'Divide', code cell 2 of 2" in message
    assert message.endswith("NotImplementedError: write it\n")
    first, second = outputs(out / "bad.failed.ipynb")
    assert first.data["text/plain"] == "1"
    assert second.ename == "NotImplementedError"
    assert [path.name for path in out.iterdir()] == ["bad.failed.ipynb"]


def test_a_dead_kernel_is_reported(folder, capsys):
    notebook = save(folder / "dead.ipynb", new_code_cell("import os\nos._exit(1)"))
    assert run(notebook, "--out", folder / "build") == 1
    assert "the kernel died" in capsys.readouterr().err


def test_interrupting_ends_the_kernel_too(folder):
    cell = (
        "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(60)"
    )
    notebook = save(folder / "slow.ipynb", new_code_cell(cell))
    command = [sys.executable, run_notebooks.__file__, notebook, "--out", folder / "build"]
    runner = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    pid = folder / "pid"
    while not (pid.exists() and pid.read_text()):
        assert runner.poll() is None, runner.stderr.read()
    runner.send_signal(signal.SIGINT)
    assert runner.communicate(timeout=20)[1].endswith("stopped; finished notebooks are kept\n")
    assert runner.returncode == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert not (folder / "build").exists()


def test_store_keeps_ids_and_leaves_no_trace_of_the_run(folder, monkeypatch):
    monkeypatch.setattr(run_notebooks, "SYNTHETIC", folder / "data set")
    notebook = save(folder / "small.ipynb", *CELLS)
    before = nbformat.read(notebook, as_version=4)
    assert run(notebook, "--store") == 0
    after = nbformat.read(notebook, as_version=4)
    assert [cell.id for cell in after.cells] == [cell.id for cell in before.cells]
    assert [cell.source for cell in after.cells] == [cell.source for cell in before.cells]
    assert after == normalize(after)
    assert outputs(notebook)[0].text == "before\nafter\n"
    assert not (folder / "build").exists()
    text = notebook.read_text(encoding="utf-8")
    assert text.startswith('{\n "cells"') and text.endswith("}\n")


def test_without_a_data_set_the_way_out_is_printed(folder, capsys, monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", str(folder / "nowhere"))
    assert run(save(folder / "small.ipynb")) == 1
    assert "CIFAR10_DIR" in capsys.readouterr().err


def noisy():
    bar = "\r  0%|          | 0/3 [00:00<?, ?it/s]\r100%|##########| 3/3 [00:01<00:00,  2.9it/s]\n"
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "4f"}, "text/plain": bar}
    code = new_code_cell(
        "f()",
        id="keep-me",
        execution_count=17,
        metadata={"tags": ["t"], "nbval": {"x": 1}, "execution": {"idle": "now"}, "scrolled": True},
        outputs=[
            new_output("stream", name="stdout", text="one\n"),
            new_output("stream", name="stderr", text=bar),
            new_output("display_data", data=widget),
            new_output("stream", name="stdout", text="two\n"),
            new_output("stream", name="stderr", text="careful\n"),
            new_output("execute_result", data={"text/plain": "3"}, execution_count=17),
        ],
    )
    metadata = {"kernelspec": {"name": "mine", "display_name": "M"}, "widgets": {}, "vscode": {}}
    return new_notebook(cells=[new_code_cell("unexecuted"), code], metadata=metadata)


def test_normalize_drops_the_noise_and_nothing_else():
    original = noisy()
    notebook = normalize(original)
    assert original.cells[1].execution_count == 17  # a copy was returned
    nbformat.validate(notebook)
    assert normalize(notebook) == notebook
    assert sorted(notebook.metadata) == ["kernelspec", "language_info"]
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.cells[0].execution_count is None
    cell = notebook.cells[1]
    assert (cell.id, cell.source, cell.execution_count) == ("keep-me", "f()", 1)
    assert cell.metadata == {"tags": ["t"], "nbval": {"x": 1}}
    printed, warning, value = cell.outputs
    assert (printed.text, warning.text) == ("one\ntwo\n", "careful\n")
    assert (value.data["text/plain"], value.execution_count) == ("3", 1)


@pytest.mark.parametrize(
    "text", ["\r 5%|5    | 5/99 [1:00:01<00:03,  9s/it, loss=2]", "\r6it [00:00, 9.1it/s]\n", "\n"]
)
def test_progress_bars_are_recognised(text):
    assert is_progress_bar(new_output("stream", name="stderr", text=text))
    # On stdout it is what somebody wanted to print.
    assert not is_progress_bar(new_output("stream", name="stdout", text=text))


@pytest.mark.parametrize("text", ["DeprecationWarning: [00:01]", "9it [00:00, 9.1it/s]\nwarning"])
def test_other_messages_are_not_progress_bars(text):
    assert not is_progress_bar(new_output("stream", name="stderr", text=text))


def test_table_fits_80_columns_and_shows_every_number(folder, monkeypatch):
    monkeypatch.chdir(folder)
    results = {
        "classifier": "Softmax",
        "learning_rate": 1.25e-6,
        "reg": 25000.0,
        "val_accuracy": 0.391,
        "test_accuracy": 0.382,
        "further_val_accuracy": 0.413,
        "further_test_accuracy": 0.404,
    }
    whole = {"results": results, "stages": {"Load": 2.0, "Train": 5.5}, "seconds": 7.5}
    bare = {"results": {}, "stages": {"Start": 1.0}, "seconds": 1.0}
    entries = {"softmax": {**whole, "peak_memory_mb": 1234}, "mine": {**bare, "peak_memory_mb": 99}}
    text = run_notebooks.table(entries, folder / "data set", folder / "build")
    assert max(map(len, text.splitlines())) <= 80
    row = next(line for line in text.splitlines() if line.startswith("Softmax"))
    assert row.split()[1:] == ["1.25e-06", "25000", "0.391", "0.382", "0.413", "0.404"]
    row = next(line for line in text.splitlines() if line.startswith("mine"))
    assert row.split()[1:] == ["-"] * 6
    for expected in ("CIFAR-10", "data set", "5.5 s  Train", "1,234 MB", "8.5 s  in total"):
        assert expected in text
    assert "build/softmax.html" in text

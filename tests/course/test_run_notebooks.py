"""Does course.outputs.run execute, skip and fail as promised? Is what it stores free of noise?"""

import base64
import copy
import json
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from toy_course import add_data_sets, copy_toy

from course import definition
from course.outputs import execute
from course.outputs import run as run_notebooks
from course.outputs.canonical import is_progress_bar, normalize

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
    """The toy course, with two data sets of its own, of which the stored one is not there yet."""
    copy_toy(tmp_path)
    measured = add_data_sets(tmp_path).root / "datasets" / "measured"
    measured.mkdir()
    (measured / "numbers.txt").write_text("4 5 6")
    monkeypatch.delenv("TOY_DATA", raising=False)
    monkeypatch.setenv("MPLBACKEND", "Agg")  # must not reach the kernel
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save(path, *cells):
    nbformat.write(new_notebook(cells=[copy.deepcopy(cell) for cell in cells]), path)
    return path


def outputs(path):
    """Return the outputs of all code cells in a file."""
    cells = nbformat.read(path, as_version=4).cells
    return [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]


def run(folder, *args):
    return run_notebooks.main([str(arg) for arg in args], folder)


def test_a_run_leaves_notebook_page_and_numbers_and_the_next_run_skips(folder, capsys, monkeypatch):
    notebook, out = save(folder / "small.ipynb", *CELLS), folder / "out"
    source = notebook.read_bytes()
    assert run(folder, notebook, "--out", out) == 0
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

    monkeypatch.setattr(execute, "execute", fail)
    assert run(folder, notebook, "--out", out) == 0
    again = capsys.readouterr().out
    assert again.startswith("small.ipynb: nothing has changed since")
    assert first.rpartition("\n\n")[0] in again  # all but the time of the command

    with pytest.raises(AssertionError, match="executed again"):
        run(folder, notebook, "--out", out, "--force")
    (out / "small.html").unlink()
    with pytest.raises(AssertionError, match="executed again"):
        run(folder, notebook, "--out", out)


def test_fingerprint_follows_cells_code_and_data_but_not_outputs(folder):
    course = definition.load(folder)
    notebook = new_notebook(cells=copy.deepcopy(CELLS))
    data = folder / "datasets" / "measured"

    def fingerprint():
        return run_notebooks.fingerprint(course, notebook, data)

    def append(name):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        with open(path, "ab") as file:
            file.write(b"\n")

    before = fingerprint()
    notebook.cells[1].outputs = [new_output("stream", text="stored")]
    notebook.cells[1].execution_count = 3
    notebook.cells[1].metadata["tags"] = ["x"]
    for name in ("README.md", "exercises/editions/0123.json", "toy/sums.pyc", "build/x.py"):
        append(name)
    assert fingerprint() == before

    seen = [before]
    for name in (
        "toy/sums.py",
        "toy/colours.mplstyle",
        "course/checks/report.py",
        "exercises/course.toml",
        "exercises/number/judge.py",
        "exercises/checks.npz",
        "datasets/measured/numbers.txt",
    ):
        append(name)
        seen.append(fingerprint())
    (folder / "toy" / "sums.py").rename(folder / "toy" / "sum.py")
    seen.append(fingerprint())
    notebook.cells[1].source += "\n"
    seen.append(fingerprint())
    data = data.rename(folder / "another set")
    seen.append(fingerprint())
    data = None
    seen.append(fingerprint())
    assert len(set(seen)) == len(seen)


def test_a_failing_cell_is_named_and_costs_no_other_notebook(folder, capsys):
    failing = new_code_cell("def loss():\n    raise NotImplementedError('write it')\n\nloss()")
    notebook = save(
        folder / "bad.ipynb", new_code_cell("1"), new_markdown_cell("## Divide"), failing
    )
    out = folder / "out"
    assert run(folder, notebook, save(folder / "good.ipynb", *CELLS), "--out", out) == 1
    told = capsys.readouterr()
    assert "bad.ipynb, section 'Divide', code cell 2 of 2" in told.err
    assert told.err.endswith("NotImplementedError: write it\n")
    first, second = outputs(out / "bad.failed.ipynb")
    assert first.data["text/plain"] == "1"
    assert second.ename == "NotImplementedError"
    assert not (out / "bad.ipynb").exists()
    assert "good.html" in told.out and "bad.html" not in told.out
    assert list(json.loads((out / "results.json").read_text())) == ["good"]


def meeting(name, other):
    """Return a cell that ends when the notebook beside it has begun, or fails."""
    return new_code_cell(
        "import os, pathlib, time\n"
        f"pathlib.Path({name!r}).write_text(str(os.getpid()))\n"
        "end = time.monotonic() + 30\n"
        f"while not os.path.exists({other!r}):\n"
        "    assert time.monotonic() < end\n"
        "print(os.environ['OPENBLAS_NUM_THREADS'])"
    )


def test_notebooks_run_side_by_side_with_a_thread_each(folder, capsys, monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setattr(execute, "at_once", lambda: 2)
    one = save(folder / "one.ipynb", new_markdown_cell("## Wait"), meeting("one", "two"))
    two = save(folder / "two.ipynb", new_markdown_cell("## Meet"), meeting("two", "one"))
    assert run(folder, one, two, "--out", folder / "out") == 0
    told = capsys.readouterr()
    assert [outputs(folder / "out" / path.name)[0].text for path in (one, two)] == ["1\n", "1\n"]
    assert "one: Wait, two: Meet" in told.err and "2/2 cells" in told.err


def test_on_one_core_or_in_little_memory_they_run_one_after_another(folder, monkeypatch):
    monkeypatch.setattr(execute.os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    memory = SimpleNamespace(available=8e9)
    monkeypatch.setattr(execute.psutil, "virtual_memory", lambda: memory)
    assert execute.at_once() == 3
    memory.available = 1e9
    assert execute.at_once() == 1
    begin, end = new_code_cell("open('busy', 'x')"), new_code_cell("import os\nos.unlink('busy')")
    paths = [save(folder / f"{name}.ipynb", begin, end) for name in ("one", "two")]
    assert run(folder, *paths, "--store") == 0


def test_a_dead_kernel_is_reported(folder, capsys):
    notebook = save(folder / "dead.ipynb", new_code_cell("import os\nos._exit(1)"))
    assert run(folder, notebook, "--out", folder / "out") == 1
    assert "the kernel died" in capsys.readouterr().err


def test_interrupting_ends_all_kernels_and_keeps_what_is_done(folder):
    names = ("one", "two")
    slow = [
        save(
            folder / f"{name}.ipynb",
            new_code_cell(
                "import os, pathlib, time\n"
                f"pathlib.Path({name!r}).write_text(str(os.getpid()))\n"
                "time.sleep(60)"
            ),
        )
        for name in names
    ]
    code = (
        "import sys\nfrom course.outputs import execute, run\nexecute.at_once = lambda: 2\n"
        "sys.exit(run.main(sys.argv[1:]))"
    )
    runner = subprocess.Popen(
        [sys.executable, "-c", code, *slow, "--out", folder / "out"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        # What starts in the background of a shell, as these tests may, ignores Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    pids = [folder / name for name in names]
    try:
        while not all(pid.exists() and pid.read_text() for pid in pids):
            assert runner.poll() is None, runner.stderr.read()
        runner.send_signal(signal.SIGINT)
        told = runner.communicate(timeout=60)[1]  # soon, unless the machine is busy
    finally:
        runner.kill()
    assert told.endswith("stopped; finished notebooks are kept\n") and "Traceback" not in told
    assert runner.returncode == 130
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)
    assert not (folder / "out").exists()


def test_store_keeps_ids_leaves_no_trace_and_takes_the_set_for_that(folder, monkeypatch):
    monkeypatch.setenv("TOY_DATA", str(folder / "datasets" / "measured"))
    data = new_code_cell("import os\nprint(os.path.basename(os.environ['TOY_DATA']))")
    notebook = save(folder / "small.ipynb", *CELLS, data)
    before = nbformat.read(notebook, as_version=4)
    assert run(folder, notebook, "--store") == 0
    after = nbformat.read(notebook, as_version=4)
    assert [cell.id for cell in after.cells] == [cell.id for cell in before.cells]
    assert [cell.source for cell in after.cells] == [cell.source for cell in before.cells]
    assert after == normalize(after)
    printed = outputs(notebook)
    assert (printed[0].text, printed[-1].text) == ("before\nafter\n", "drawn\n")
    assert not (folder / "build" / "results.json").exists()
    text = notebook.read_text(encoding="utf-8")
    assert text.startswith('{\n "cells"') and text.endswith("}\n")


def test_without_a_data_set_the_way_out_is_printed(folder, capsys, monkeypatch):
    monkeypatch.setenv("TOY_DATA", str(folder / "nowhere"))
    assert run(folder) == 1
    assert "TOY_DATA" in capsys.readouterr().err


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
    prose = new_markdown_cell("![](attachment:a.png)", attachments={"a.png": {"image/png": "iVBO"}})
    return new_notebook(cells=[new_code_cell("unexecuted"), code, prose], metadata=metadata)


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
    assert notebook.cells[2] == original.cells[2]
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


def test_table_fits_80_columns_and_shows_every_number(folder):
    first = {
        "dataset": "a description of the data, as long as it has to be",
        "classifier": "first",
        "learning_rate": 1.25e-6,
        "reg": 25000.0,
        "accuracy": 0.3,
        "count": 1500,
    }
    second = first | {"classifier": "another classifier", "learning_rate": 1e-7, "extra": 0.98765}
    whole = {"stages": {"Load": 2.0, "Train": 5.5}, "seconds": 7.5, "peak_memory_mb": 1234}
    entries = {"one": {"results": first, **whole}, "two": {"results": second, **whole}}
    text = run_notebooks.table(entries, folder / "datasets" / "measured", folder / "build")
    assert max(map(len, text.splitlines())) <= 80
    assert (
        """
Data set in datasets/measured

dataset        a description of the data, as long as it has to be

                       one         two
classifier           first another cl…
learning_rate     1.25e-06       1e-07
reg                  25000       25000
accuracy             0.300       0.300
count                 1500        1500
extra                    -       0.988
"""
        in text
    )
    for expected in ("5.5 s  Train", "1,234 MB", "build/one.html"):
        assert expected in text
    assert run_notebooks.result_lines({"one": {}, "two": {}}) == []

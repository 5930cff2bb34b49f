"""Are notebooks executed again completely, by a fresh kernel of ours?"""

import dataclasses
import functools
import json

import pytest
from tiny_notebooks import boxed, execute, notebook, verdicts

from conftest import ROOT
from course.definition import Data
from course.grader.notebooks.rerun import rerun
from course.grader.verdict import Work


@pytest.fixture
def run(toy):
    return functools.partial(execute, toy)


def test_cells_run_in_our_surroundings(toy, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("SECRET", "of the instructor")
    data = tmp_path / "data set"
    data.mkdir()
    data.chmod(0o755)  # the sandbox has another user
    (data / "numbers.txt").write_text("here")
    _, texts = execute(
        dataclasses.replace(toy, data=Data(variable="TOY_DATA")),
        "import os; print(open(os.environ['TOY_DATA'] + '/numbers.txt').read())",
        "open(os.environ['TOY_DATA'] + '/new', 'w')",
        "print([os.environ.get(name) for name in ('SECRET', 'OPENBLAS_NUM_THREADS')])",
        "import sys; print('' in sys.path, os.path.basename(os.getcwd()), os.listdir('..'))",
        "print(get_ipython().history_manager.enabled, get_ipython().kernel.language_info['name'])",
        "%matplotlib inline\nimport matplotlib.pyplot as plt; plt.plot([1, 2]);",
        "1 + 1;",
        "2 + 2",
        data=data,
    )
    assert texts[0] == "here\n"
    if boxed():
        assert texts[1] == "OSError"
    assert texts[2] == "[None, '1']\n"
    assert texts[3].startswith("False notebooks ")
    assert "'toy'" in texts[3]
    assert texts[4] == "False python\n"
    assert texts[5].startswith("<Figure")
    assert texts[6:] == ["", "4"]


def test_an_error_costs_one_cell(run):
    entry, texts = run("x = 1", "1 / 0", "x = input()", "print(x)")
    assert entry["status"] == "executed"
    assert entry["message"] == ""
    assert verdicts(entry) == ["same", "fails", "fails", "differs"]
    assert entry["counts"] == {"differs": 1, "fails": 2, "same": 1}
    assert entry["cells"][1]["fresh"] == "ZeroDivisionError: division by zero"
    assert texts[3] == "1\n"


def test_displays_are_cleared_and_updated_and_widgets_left_out(run):
    _, texts = run(
        "from IPython.display import clear_output, display\nprint(1); clear_output(); print(2)",
        "shown = display('a', display_id='one'); shown.update('b')",
        "from tqdm.auto import tqdm\nfor _ in tqdm(range(3)): pass",
        "import ipywidgets; ipywidgets.IntSlider()",
    )
    assert texts == ["2\n", "'b'", "", ""]


def test_a_notebook_for_another_kernel_runs_with_ours_and_that_is_said(run):
    entry, texts = run("print(2 + 2)", kernelspec={"name": "evil", "language": "sh"})
    assert texts == ["4\n"]
    assert entry["message"] == "it asks for the kernel 'evil'; it was run with Python's"


def test_files_beside_the_notebook_harm_it_alone(run):
    evil = b"print('evil'); raise SystemExit('evil')"
    names = ("numpy", "random", "json", "zmq", "sitecustomize", "usercustomize", "conftest")
    files = {f"notebooks/{name}.py": evil for name in (*names, "ipython_kernel_config")}
    files |= {f"toy/{name}.py": evil for name in names} | {"notebooks/evil.pth": b"import numpy"}
    files["notebooks/.ipython/profile_default/startup/a.py"] = evil
    entry, texts = run(
        "import random, numpy; print(random.__name__, numpy.arange(2).sum())",
        "import sys; sys.path[:0] = ['.']; import conftest",
        "print(3)",
        files=files,
    )
    assert texts[0] == "random 1\n"
    assert texts[1].startswith("evil")
    assert texts[2] == "3\n"
    assert entry["status"] == "executed"


def test_twice_the_same(toy):
    sources = ("print({'a', 'b', 'c'})", "object()", "1 / 0", "print('Data set: x')")
    files = {"notebooks/one.ipynb": notebook(*sources)}
    first, second = (
        rerun(Work.of(toy, files), "one", data=None, sandbox=boxed()) for _ in range(2)
    )
    assert first.entry == second.entry


@pytest.mark.parametrize(
    "content, status, said",
    [
        (None, "missing", "missing"),
        (b"{", "unreadable", "not JSON"),
        (b'{"nbformat": 3, "worksheets": []}', "unreadable", "not in notebook format 4"),
        (b"[" * 50_000_000, "unreadable", "50 MB"),
    ],
)
def test_what_cannot_be_executed_is_said(toy, content, status, said):
    files = {} if content is None else {"notebooks/one.ipynb": content}
    done = rerun(Work.of(toy, files), "one", data=None)
    assert done.entry["status"] == status
    assert said in done.entry["message"]
    assert done.entry["cells"] == []
    assert done.notebook is None


@pytest.mark.slow
def test_the_first_part_of_our_notebook_shows_the_same(course, synthetic_dir):
    names = [*ROOT.glob("cs231n/**/*.py"), *ROOT.glob("cs231n/*.*")]
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in names}
    content = json.loads((ROOT / "notebooks" / "svm.ipynb").read_text(encoding="utf-8"))
    cells = content["cells"]
    last = [cell["id"] for cell in cells].index("vectorize-cell")
    evidence = [cell for cell in cells if "evidence" in cell["metadata"].get("tags", ())]
    content["cells"] = [cell for cell in cells[: last + 1] if cell not in evidence]
    files["notebooks/svm.ipynb"] = json.dumps(content).encode()
    done = rerun(Work.of(course, files), "svm", data=synthetic_dir, sandbox=boxed())
    assert done.entry["data"]["same"] is True
    assert done.entry["counts"] == {"same": len(done.entry["cells"])}, done.entry
    assert done.cpu > 0

"""Do the notebooks run on Colab, opened alone?

Its versions of the libraries run here, as far as the Python here allows, and with the module `imp`
hidden, which Colab's Python has no more.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from functools import partial

import nbformat
import pytest
from https_server import serving, write_certificate
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from student_edition import COURSE, copy_tree, with_constants

from conftest import ROOT
from course.edition import address
from course.edition.derive import derive

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

COLAB = ["ipython==7.34.0", "ipykernel==6.17.1", "numpy==2.1.3", "matplotlib==3.10.0"]
COLAB += ["pillow", "imageio", "tqdm", "jinja2", "psutil", "nbformat", "nbconvert", "setuptools<81"]
NO_IMP = """import importlib.abc, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "imp":
            raise ModuleNotFoundError("No module named 'imp'", name="imp")
sys.meta_path.insert(0, Missing())
"""
# Run in a cell: what Colab brings with it, as far as handing in asks for it.
STAND_IN = """import json, sys, types
from pathlib import Path
files = types.SimpleNamespace(download=lambda path: print("offered:", path))
ask = lambda what, **_: {{"ipynb": json.loads(Path({opened!r}).read_text(encoding="utf-8"))}}
sys.modules["google.colab"] = types.SimpleNamespace(files=files)
sys.modules["google.colab._message"] = types.SimpleNamespace(blocking_request=ask)
from course import submission
"""


@pytest.fixture(scope="session")
def colab():
    """The Python of an environment with Colab's versions, which is made once."""
    name = hashlib.sha256(repr((COLAB, sys.version)).encode()).hexdigest()[:12]
    folder = ROOT / "build" / f"colab-{name}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        install += ["--no-compile"]  # of most files nothing is ever imported
        done = subprocess.run([*install, *COLAB], capture_output=True, text=True)
        if done.returncode:
            why = (done.stderr.strip() or "no word").splitlines()[-1]
            pytest.skip(f"Colab's versions cannot be installed here: {why}")
        (folder / "complete").touch()
    return python


@pytest.fixture
def alone(tmp_path, colab, monkeypatch):
    """An empty folder, and a kernel called colab that trusts our server and knows no `imp`."""
    certificate = write_certificate(tmp_path / "both.pem")
    (tmp_path / "hides").mkdir()
    (tmp_path / "hides" / "sitecustomize.py").write_text(NO_IMP)
    env = {"PYTHONPATH": str(tmp_path / "hides"), "SSL_CERT_FILE": str(certificate)}
    spec = {"argv": [str(colab), "-m", "ipykernel_launcher", "-f", "{connection_file}"]}
    spec |= {"display_name": "Colab", "language": "python", "env": env | {"OMP_NUM_THREADS": "1"}}
    place = tmp_path / "jupyter" / "kernels" / "colab"
    place.mkdir(parents=True)
    (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    for name in ("CIFAR10_DIR", "MPLBACKEND"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "served").mkdir()
    (tmp_path / "content").mkdir()
    with serving(tmp_path / "served", certificate) as url:
        yield tmp_path, f"{url}/course.zip"


def kernel(book, folder):
    options = {"kernel_name": "colab", "resources": {"metadata": {"path": str(folder)}}}
    return NotebookClient(book, timeout=900, **options)


def run(client, source):
    """Run another cell; return what it shows, as one text."""
    cell = nbformat.v4.new_code_cell(source)
    client.nb.cells.append(cell)
    client.execute_cell(cell, len(client.nb.cells) - 1)
    return "".join(str(one.get("text", one.get("data"))) for one in cell.outputs)


def shown(book, name):
    return "".join(str(one.get("text", one.get("data"))) for one in find(book, name).outputs)


def find(book, name):
    return next(cell for cell in book.cells if cell.id == name)


@pytest.mark.parametrize(
    "read",
    [
        partial(with_constants, NUM_ITERS=30),
        pytest.param(partial(nbformat.read, as_version=4), marks=pytest.mark.night),
    ],
    ids=["short", "whole"],
)
def test_both_notebooks_run_and_an_edit_is_used_by_the_next_cell(alone, read):
    folder, url = alone
    (folder / "tree" / "top").mkdir(parents=True)
    copy_tree(folder / "tree" / "top")
    shutil.make_archive(folder / "served" / "course", "zip", folder / "tree")
    content = folder / "content"
    for path in COURSE.notebook_files:
        book = read(ROOT / path)
        after = book.cells.index(find(book, "place")) + 1
        book.cells.insert(after, nbformat.v4.new_code_cell(address.cell(COURSE, url), id="fetch"))
        client = kernel(book, content)
        with client.setup_kernel():
            for index, cell in enumerate(book.cells):
                client.execute_cell(cell, index)
            assert "with importlib for IPython 7.34.0" in shown(book, "reload")
            assert run(client, "import matplotlib; print(matplotlib.__version__)") == "3.10.0\n"
            assert str(content) in run(client, "print(checks.__file__)")
            edited = content / COURSE.folder / "cs231n" / "classifiers" / "softmax.py"
            text = edited.read_text(encoding="utf-8")
            edited.write_text(text + "\n\ndef edited():\n    return 'used'\n", encoding="utf-8")
            what = "from cs231n.classifiers import softmax; print(softmax.edited())"
            assert run(client, what) == "used\n"
            edited.write_text(text.replace("def ", "def \n", 1), encoding="utf-8")
            run(client, "print('a file that is no Python at the moment')")
            edited.write_text(text, encoding="utf-8")


def test_the_first_exercise_of_the_student_edition_is_told_and_solved(alone):
    folder, url = alone
    with zipfile.ZipFile(folder / "served" / "course.zip", "w") as file:
        for name, content in derive(COURSE, url).files.items():
            file.writestr(f"{COURSE.folder}/{name}", content)
    path = COURSE.notebook_files[1]
    book = nbformat.reads(derive(COURSE, url).files[path].decode(), as_version=4)
    client = kernel(book, folder / "content")
    with client.setup_kernel():
        for name in ("place", "fetch-package", "find-package", "imports", "stamp", "reload"):
            client.execute_cell(find(book, name), book.cells.index(find(book, name)))
        with pytest.raises(CellExecutionError, match="NotImplementedError"):
            run(client, "softmax.softmax_loss_naive(np.ones((3, 2)), np.ones((4, 3)), [0] * 4, 0)")
        check = 'checks.run("softmax_loss_naive")'
        assert "softmax_loss_naive: not implemented yet" in run(client, check)
        solved = (ROOT / "cs231n/classifiers/softmax.py").read_bytes()
        written = folder / "content" / COURSE.folder / "cs231n/classifiers/softmax.py"
        os.utime(written, (1, 1))
        written.write_bytes(solved)
        assert "softmax_loss_naive: all right" in run(client, check)
        losses = (
            "print(softmax.softmax_loss_naive(np.ones((3, 2)), np.ones((4, 3)), [0] * 4, 0)[0])"
        )
        assert run(client, losses).startswith("0.693147")

        opened = folder / "opened.ipynb"  # what Colab shows lies in no folder
        nbformat.write(book, opened)
        told = run(client, STAND_IN.format(opened=str(opened)) + "submission.pack(anyway=True)")
        place = folder / "content" / COURSE.folder
        packed = place / "build" / "submission-incomplete.zip"
        assert "✓ softmax_loss_naive" in told and f"offered: {packed}" in told
        assert f"{packed.relative_to(folder / 'content')}: " in told
        with zipfile.ZipFile(packed) as file:
            handed_in = json.loads(file.read(path))
        assert handed_in == json.loads(opened.read_bytes())

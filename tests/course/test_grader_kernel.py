"""Can a notebook hurt the grader: with cells that do not end, end everything, or send rubbish?"""

import contextlib
import functools
import resource
import signal
import subprocess
import sys
import tempfile
import time

import psutil
import pytest
from tiny_notebooks import SHORT, boxed, execute, notebook, verdicts

from conftest import ROOT, wait_for
from course.grader.notebooks import cell_outputs, kernel, rerun
from course.grader.notebooks.kernel import Limits

IGNORES_INTERRUPTS = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"


@pytest.fixture
def run(toy):
    return functools.partial(execute, toy)


def test_a_cell_that_takes_too_long_is_interrupted_and_two_are_enough(run):
    entry, texts = run("while True: pass", "print(2)", *2 * ["while True: pass"], limits=SHORT)
    assert entry["status"] == "timeout"
    assert entry["message"] == "2 cells take too long; cell 4 was not reached"
    assert verdicts(entry) == ["fails", "differs", "fails"]
    assert texts[1] == "2\n"


@pytest.mark.parametrize(
    "source, status",
    [
        (IGNORES_INTERRUPTS, "timeout"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", "timeout"),
        ("import os\nos._exit(0)", "dead"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "dead"),
    ],
)
def test_a_cell_that_ends_the_kernel_costs_the_cells_after_it(run, source, status):
    entry, texts = run("print(1)", source, "print(3)", limits=SHORT)
    assert entry["status"] == status
    assert verdicts(entry) == ["differs", "fails"]
    assert entry["message"].endswith("; cell 3 was not reached")
    assert texts == ["1\n", "", ""]


def test_a_kernel_cannot_kill_its_parent(run):
    if not boxed():
        pytest.skip("without a sandbox it can")
    entry, texts = run("import os; os.kill(os.getppid(), 9)", "print(2)", limits=SHORT)
    assert entry["status"] == "executed"
    assert texts[1] == "2\n"


def test_time_for_the_whole_notebook_is_limited(run):
    limits = Limits(cell=10, notebook=2)
    entry, _ = run(*4 * ["import time; time.sleep(1.1)"], limits=limits)
    assert entry["status"] == "timeout"
    assert entry["message"].startswith("all cells together take more than 2 s; cell")
    assert entry["message"].endswith("not reached")


# Cells that send too much, or rubbish


@pytest.mark.parametrize("how", ["print(i)", "print(i, flush=True)"])
def test_ten_million_lines_are_cut(run, how):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.monotonic()
    entry, texts = run(f"for i in range(10_000_000): {how}", "print('next')")
    assert time.monotonic() - start < 60  # seconds on a busy machine; printing all takes minutes
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 50_000 * (1024 if sys.platform == "darwin" else 1)  # kilobytes: far from 80 MB
    assert entry["cells"][0]["fresh"] == "interrupted, as it showed too much"
    assert texts[0].startswith("0\n1\n2\n")
    assert len(texts[0]) <= cell_outputs.KEPT_OF_FLOOD
    assert texts[1] == "next\n"


def test_thousands_of_displays_are_cut(run):
    entry, texts = run("for i in range(5_000): display(i)", "print('next')")
    assert entry["cells"][0]["fresh"] == "interrupted, as it showed too much"
    assert texts[1] == "next\n"


def test_a_message_too_large_ends_the_notebook(run):
    entry, texts = run("print(1)", "print('x' * 40_000_000)", limits=Limits(grace=2))
    assert entry["status"] == "flooded"
    assert texts == ["1\n", ""]


FORGED = """
import json
kernel = get_ipython().kernel
socket, session, parent = kernel.iopub_socket, kernel.session, kernel.get_parent()

def forge(*parts):
    header = json.dumps(session.msg_header("stream"), default=str).encode()
    request = json.dumps(parent["header"], default=str).encode()
    parts = [header, request, b"{}", *parts]
    socket.send_multipart([b"stream", b"<IDS|MSG>", session.sign(parts), *parts])

socket.send_multipart([b"x"])
socket.send_multipart([b"x"] * 9)
socket.send_multipart([b"", b"<IDS|MSG>", b"", b"{", b"{", b"{", b"{"])
for content in (b"{", b"[" * 100_000, b"NaN", b"[]", b'"a"', b'{"a":' * 5000 + b"1" + b"}" * 5000,
                b'{"name": "stdout", "text": "\\\\ud800"}', b"\\xff", b"9" * 10_000):
    forge(content)
for kind in ("stream", "display_data", "execute_result", "error", "update_display_data", "status",
             "execute_reply", "execute_input", "comm_open", "comm_msg", "input_request", "x"):
    for content in ({"name": "stdout", "text": 3}, {"name": ["stdout"]}, {"data": 3}, {},
                    {"data": {"image/png": ["a"], "x": {"y": {}}}}, {"transient": 1},
                    {"transient": {"display_id": []}}, {"ename": {}, "traceback": [1, {}]},
                    {"execution_state": []}, {"wait": []}):
        session.send(socket, kind, content, parent=parent, ident=b"x")
print("end")
"""


def test_forged_messages_are_passed_over(run):
    entry, texts = run(FORGED, "print('next')")
    assert entry["status"] == "executed"
    assert texts[0].endswith("end\n")
    assert texts[1] == "next\n"


def test_messages_of_endless_parts_do_not_fill_our_memory(run):
    endless = "get_ipython().kernel.iopub_socket.send_multipart([b'x' * 10_000_000] * 300)"
    entry, _ = run(endless, "print('next')", limits=SHORT)
    assert entry["status"] in ("flooded", "timeout")
    assert entry["cells"][0]["verdict"] == "fails"


def test_links_in_place_of_sockets_are_not_followed(tmp_path):
    (tmp_path / "socket").touch()
    (tmp_path / "link").symlink_to("/dev/log")
    assert not kernel.is_socket(tmp_path / "socket")
    assert not kernel.is_socket(tmp_path / "link")


def test_our_own_folders_are_removed(run, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(rerun, "SHORT", str(tmp_path))
    _, texts = run("import os; os.mkdir('x'); os.chmod('x', 0); os.chmod('..', 0)", "print(1)")
    assert texts[1] == "1\n"
    assert not list(tmp_path.iterdir())


def test_nothing_is_left_running_when_the_grader_is_killed(toy, tmp_path):
    if not boxed():
        pytest.skip("needs a sandbox")
    program = (
        "import tempfile\nfrom course import definition\n"
        "from course.grader.notebooks import rerun\nfrom course.grader.verdict import Work\n"
        f"tempfile.tempdir = {str(tmp_path)!r}\n"
        f"content = {notebook('import time; print(1); time.sleep(300)')!r}\n"
        f"course = definition.load({str(toy.root)!r})\n"
        "work = Work.of(course, {'notebooks/one.ipynb': content})\n"
        "rerun.rerun(work, 'one', data=None)"
    )
    worker = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
    started = wait_for(lambda: with_a_kernel(psutil.Process(worker.pid).children(recursive=True)))
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    wait_for(lambda: not any(map(psutil.Process.is_running, started)))


def with_a_kernel(processes):
    """Return processes if a kernel is among them; some end meanwhile."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return any("ipykernel" in " ".join(one.cmdline()) for one in processes) and processes

"""Attacks on what re-executes notebooks: functions whose text becomes a cell, run in the kernel.

Each cell is followed by an honest one, whose output must still be compared with its own.
"""

import inspect
import textwrap

from cells import code, displayed, markdown, notebook, printed, raised


def sends_nonsense():
    """Send messages of every broken kind on all sockets of the kernel."""
    import contextlib
    import sys

    kernel = get_ipython().kernel  # noqa: F821
    session, parent = kernel.session, kernel.get_parent("shell")
    contents = [
        [], "text", None, 7, {}, {"execution_state": []}, {"name": "stdout"}, {"data": 5},
        {"name": "stdout", "text": ["a", 1]}, {"name": [], "text": {}}, {"wait": "x"},
        {"data": {"text/plain": 5, "image/png": "no base64", "text/html": None}, "metadata": 3},
        {"data": {"image/png": "A" * 1000, "image/svg+xml": "<svg onload='alert(1)'/>"}},
        {"data": {"application/json": {"a": [1] * 100}, "x" * 9999: "y"}, "metadata": {}},
        {"data": {"text/plain": "\ud800\x00\x1b[31m"}, "metadata": {}, "transient": []},
        {"ename": 1, "evalue": [], "traceback": "no list"}, {"traceback": [[], 5, None]},
        {"status": "error", "payload": [{"source": "set_next_input", "text": "print(1)"}]},
        {"comm_id": "x", "target_name": "jupyter.widget", "data": {}}, {"prompt": "password: "},
    ]  # fmt: skip
    kinds = (
        "stream", "display_data", "update_display_data", "execute_result", "error", "status",
        "clear_output", "comm_open", "comm_msg", "input_request", "execute_input",
        "execute_reply", "shutdown_reply", "debug_event", "x" * 9999,
    )  # fmt: skip
    for kind in kinds:
        for content in contents:
            with contextlib.suppress(Exception):
                session.send(kernel.iopub_socket, kind, content, parent=parent)
    socket = getattr(kernel.iopub_socket, "io_thread", kernel.iopub_thread)
    for parts in ([b"stream", b"<IDS|MSG>", b"0" * 64, b"{}", b"{}", b"{}", b"[" * 99999], [b""]):
        with contextlib.suppress(Exception):
            socket.send_multipart(parts)
    sys.stdout.flush()
    print("done")


def claims_the_end():
    """Say that every cell has ended well, and show what other cells store."""
    kernel = get_ipython().kernel  # noqa: F821
    for kind, content in (
        ("stream", {"name": "stdout", "text": "accuracy: 0.999\n"}),
        ("status", {"execution_state": "idle"}),
        ("execute_reply", {"status": "ok", "execution_count": 99}),
    ):
        for parent in (kernel.get_parent("shell"), {}, {"header": {"msg_id": "another"}}):
            kernel.session.send(kernel.iopub_socket, kind, content, parent=parent)
    import time

    time.sleep(0.3)
    print("late")


def swaps_sockets():
    """Put links to a socket of the host, and other things, where the kernel's sockets are."""
    import contextlib
    import glob
    import os

    path = get_ipython().config["IPKernelApp"]["connection_file"]  # noqa: F821
    for name in {*glob.glob("/tmp/kernel-*"), path}:
        with contextlib.suppress(OSError):
            os.rename(name, name + ".old")
        with contextlib.suppress(OSError):
            os.symlink(SOCKET, name)  # noqa: F821
    with contextlib.suppress(OSError):
        os.mkfifo(path)
    print("done")


def clutters_its_folder():
    """Leave what is hard to delete, list or count in every folder that can be written."""
    import contextlib
    import os

    path = get_ipython().config["IPKernelApp"]["connection_file"]  # noqa: F821
    for folder in {os.path.dirname(path), "/student", "/tmp"}:
        with contextlib.suppress(OSError):
            os.chdir(folder)
            for name in (b"\xff\xfe", b"-rf", b"\n", b"a" * 255, "пример".encode()):
                with contextlib.suppress(OSError):
                    os.close(os.open(name, os.O_CREAT))
            for target in ("/", OUTSIDE, "/proc/self/root", "."):  # noqa: F821
                with contextlib.suppress(OSError):
                    os.symlink(target, f"link-{abs(hash(target))}")
            with contextlib.suppress(OSError):
                os.mkfifo("pipe")
            for number in range(2000):
                os.close(os.open(f"empty-{number}", os.O_CREAT))
            os.mkdir("closed")
            os.close(os.open("closed/file", os.O_CREAT))
            os.chmod("closed", 0)
            with contextlib.suppress(OSError):
                for _ in range(3000):
                    os.mkdir("d")
                    os.chdir("d")
    print("done")


def asks_for_more():
    """Start a second kernel, a server and a browser with the first one's key."""
    import contextlib
    import subprocess
    import sys

    path = get_ipython().config["IPKernelApp"]["connection_file"]  # noqa: F821
    for words in (["ipykernel_launcher", "-f", path], ["http.server", "8000"], ["webbrowser", "x"]):
        with contextlib.suppress(OSError):
            subprocess.Popen([sys.executable, "-m", *words], start_new_session=True)
    with contextlib.suppress(Exception):
        input("password? ")
    with contextlib.suppress(Exception):
        __import__("getpass").getpass()
    get_ipython().ask_exit()  # noqa: F821
    print("done")


def ends_the_kernel():
    import os

    os._exit(0)


def survives_interrupts():
    import contextlib
    import signal
    import time

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        with contextlib.suppress(BaseException):
            time.sleep(1)


def floods():
    """Print more lines than anybody reads, in ten million."""
    import sys

    for _ in range(10_000):
        sys.stdout.write("all tests passed\n" * 1000)


def shows_gigabytes():
    from IPython.display import HTML, display

    for _ in range(100):
        display(HTML("x" * 15_000_000))


DATA_SET = "Data set: synthetic scenes in CIFAR-10's layout"  # as the course's notebooks say it
ATTACKS = (sends_nonsense, claims_the_end, swaps_sockets, clutters_its_folder, asks_for_more)
ENDS = (ends_the_kernel, survives_interrupts, floods, shows_gigabytes)

SCRIPT = "<script>document.title = 'attacked'</script>"
MARKUP = (
    SCRIPT,
    "<img src=x onerror=\"document.title='attacked'\">",
    "<svg onload=\"document.title='attacked'\"><script>document.title='attacked'</script></svg>",
    "<iframe srcdoc=\"<script>parent.document.title='attacked'</script>\"></iframe>",
    "<a href=\"javascript:document.title='attacked'\" id=attack>click</a>",
    "[click](javascript:document.title='attacked')",
    "<style>* { display: none }</style></textarea></template></style></title></script>" + SCRIPT,
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x "
    "onerror=document.title=&quot;attacked&quot;&gt;'>",
    "$\\href{javascript:document.title='attacked'}{x}$",
    "<meta http-equiv=refresh content='0; url=javascript:document.title=1'>",
    "<form action=javascript:document.title='attacked'><button>send</button></form>",
    "<details open ontoggle=\"document.title='attacked'\">x</details>",
    "<input autofocus onfocus=\"document.title='attacked'\">",
    "\"'><body onload=\"document.title='attacked'\">",
)


def attacking(attack, **given):
    """Return a notebook: an honest cell, the attack, and two more whose outputs are known.

    The last one stores another output than it has.
    """
    text = attack if isinstance(attack, str) else body(attack)
    names = "".join(f"{name} = {value!r}\n" for name, value in given.items())
    return notebook(
        code(f"print({DATA_SET!r})", 1, "data", printed(f"{DATA_SET}\n")),
        code(names + text, 2, "attack", printed("done\n")),
        code("print(7 * 7)", 3, "honest", printed("49\n")),
        code("print('accuracy: 0.1')", 4, "forged", printed("accuracy: 0.999\n")),
    )


def body(function):
    """Return the statements of a function as the text of a cell."""
    lines = inspect.getsource(function).splitlines(keepends=True)
    return textwrap.dedent("".join(lines[1:]))


def scripted():
    """Return a notebook whose outputs and texts want to run JavaScript."""
    html = [
        displayed({kind: text, "text/plain": "x"})
        for text in MARKUP
        for kind in ("text/html", "text/markdown", "text/latex", "image/svg+xml")
    ]
    script = "document.title = 'attacked'"
    html.append(displayed({"application/javascript": script, "text/plain": "x"}))
    error = raised(SCRIPT, SCRIPT, SCRIPT)
    cells = [code("from IPython.display import *", 1, "first")]
    cells += [code("print(1)", 2, "outputs", *html, error)]
    for number, text in enumerate(MARKUP, 3):
        shown = f"display(HTML({text!r}), Markdown({text!r}), Javascript({script!r}))"
        cells.append(code(f"# {text}\n{shown}\nprint({text!r})", number, f"cell-{number}"))
    named = f"class E(Exception): pass\n\nE.__name__ = {SCRIPT!r}\nraise E({SCRIPT!r})"
    cells.append(code(named, 99, "raises"))
    cells += [markdown(text, f"text-{number}") for number, text in enumerate(MARKUP)]
    return notebook(*cells, title=SCRIPT, authors=[{"name": SCRIPT}])

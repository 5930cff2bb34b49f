"""Execute notebooks: one in a kernel of its own, or several side by side.

    execute(notebook, path, settings)           one notebook, in place
    execute_all(notebooks, settings, save)      as many at once as processors and memory allow

A kernel has one thread. A notebook that fails does not end the others; Ctrl-C ends everything, the
kernels too. There is no time limit for a cell. A notebook may end with a dictionary `results` of
numbers and short texts. Its stages are its `## ` headings.
"""

import asyncio
import contextlib
import json
import os
import re
import threading
import time

import matplotlib.font_manager  # noqa: F401  builds its cache, which it would report in a cell
import nbformat
import psutil
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from tqdm import tqdm

# One notebook

# Run in the kernel after the last cell, in a cell that is thrown away. A notebook may mean
# something else by `results`, such as a dictionary with tuples as keys: they are passed over.
QUESTION = """
import json, psutil
found = globals().get("results")
found = found if isinstance(found, dict) else {}
peak = getattr(psutil.Process().memory_info(), "peak_wset", 0)  # of Windows
if not peak:
    import resource, sys
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak *= 1 if sys.platform == "darwin" else 1024
print(json.dumps(
    {"results": {key: found[key] for key in found if isinstance(key, str)}, "peak": peak},
    default=lambda value: value.tolist(),
))
"""


# Products this small gain little from a second thread, and lose much on a busy machine.
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
MEMORY = 1.3e9  # bytes that a notebook may need


class NotebookFailed(Exception):
    """A cell raised an exception or killed its kernel; the text says where, and how it ended."""


async def execute(notebook, path, settings, tell=lambda *_: None):
    """Execute `notebook`, read from `path`, in place; return its results, stage times and memory.

    settings    environment variables besides those that are set here
    tell        is called with the section and the cells done, 0 or 1, as it goes on

    Raises NotebookFailed at the first cell that fails; the cells before it have their outputs.
    """
    start = time.perf_counter()
    section, stages = "Start", {}
    code_cells = sum(map(is_code, notebook.cells))
    async with kernel(notebook, path.parent, settings) as client:
        for index, cell in enumerate(notebook.cells):
            section = heading(cell) or section
            tell(section, 0)
            try:
                await client.async_execute_cell(cell, index)
            except (CellExecutionError, DeadKernelError) as error:
                number = sum(map(is_code, notebook.cells[: index + 1]))
                where = f"{path.name}, section {section!r}, code cell {number} of {code_cells}"
                raise NotebookFailed(f"{where}:\n{last_lines(cell, error)}") from None
            now = time.perf_counter()
            stages[section] = stages.get(section, 0) + now - start
            start = now
            tell(section, is_code(cell))

        notebook.cells.append(nbformat.v4.new_code_cell(QUESTION))
        await client.async_execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
        answer = json.loads(notebook.cells.pop().outputs[0].text)
    return {
        "results": answer["results"],
        "stages": {name: round(seconds, 2) for name, seconds in stages.items()},
        "seconds": round(sum(stages.values()), 2),
        "peak_memory_mb": round(answer["peak"] / 1e6),
    }


@contextlib.asynccontextmanager
async def kernel(notebook, folder, settings):
    """Yield the client of a new kernel in `folder`, which ends with the block.

    nbclient would do so, too, but takes Ctrl-C for the end of the kernel that started last.
    """
    # With no folder to look for kernelspecs in, jupyter_client falls back on this very interpreter;
    # a "python3" that another environment has registered for the user would be found before it.
    kernels = KernelSpecManager(kernel_dirs=[])
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=kernels)
    client = NotebookClient(notebook, km=manager, record_timing=False, store_widget_state=False)
    # MPLBACKEND=Agg, common on servers, would keep figures out of the notebook.
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"} | settings
    for name in THREADS:
        env.setdefault(name, "1")
    quiet = ["--log-level=ERROR"]  # it warns that its port, on this machine, is plain
    try:
        await manager.start_kernel(extra_arguments=quiet, cwd=str(folder), env=env)
        await client.async_start_new_kernel_client()
        yield client
    finally:
        if client.kc:
            client.kc.stop_channels()
        if manager.has_kernel:
            await manager.shutdown_kernel(now=True)


def is_code(cell):
    return cell.cell_type == "code" and bool(cell.source.strip())


def heading(cell):
    """Return the last `## ` heading in a cell, None if there is none."""
    text = cell.source if cell.cell_type == "markdown" else ""
    return next(reversed(re.findall(r"^## +(.+?) *$", text, re.MULTILINE)), None)


def last_lines(cell, error, count=12):
    if isinstance(error, DeadKernelError):
        return "the kernel died: did the machine run out of memory?"
    raised = [output for output in cell.outputs if output.output_type == "error"]
    text = "\n".join(raised[-1].traceback) if raised else str(error)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).rstrip().splitlines()  # without the colours
    return "\n".join(lines[-count:])


# Several side by side


def execute_all(notebooks, settings, save):
    """Execute notebooks {path: notebook}; return {path: NotebookFailed} of those that fail.

    save(path, entry)    is called as each ends, with what `execute` returned; never twice at once
    """
    layout = "{percentage:3.0f}% |{bar:20}| {n_fmt}/{total_fmt} cells, {elapsed}  {desc}"
    total = sum(is_code(cell) for notebook in notebooks.values() for cell in notebook.cells)
    sections = {path.stem: "" for path in notebooks}  # in which they are
    failures, saving = {}, threading.Lock()

    def save_alone(path, entry):
        with saving:
            save(path, entry)

    async def run(path, notebook, places, bar):
        def tell(section, done):
            if sections[path.stem] != section:
                sections[path.stem] = section
                told = [f"{name}: {section}" for name, section in sections.items() if section]
                bar.set_description_str(", ".join(told))
            bar.update(done)

        async with places:
            try:
                entry = await execute(notebook, path, settings, tell)
                await asyncio.to_thread(save_alone, path, entry)  # the others go on meanwhile
            except NotebookFailed as failure:
                failures[path] = failure
            tell("", 0)

    async def run_all():
        places = asyncio.Semaphore(at_once())
        with tqdm(total=total, bar_format=layout, dynamic_ncols=True) as bar:
            tasks = [run(path, notebook, places, bar) for path, notebook in notebooks.items()]
            await asyncio.gather(*tasks)

    # The loop that ZeroMQ needs on Windows, and the usual one elsewhere. Ctrl-C cancels all tasks.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(run_all())
    return failures


def at_once():
    """Return how many notebooks may run at the same time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(cores, int(psutil.virtual_memory().available / MEMORY)))

"""Execute the notebooks: `make run` for reading them, `make notebooks` to store their outputs.

    python -m course.outputs.run              executed copies, HTML, figures, results.json in build/
    python -m course.outputs.run --store      outputs stored in the notebooks

Top to bottom: execute one notebook, several side by side, skip what is done, report, the command.

Notebooks run side by side, as many as there are processors and memory for, each in a kernel of its
own with one thread. One that fails does not end the others; Ctrl-C ends everything, the kernels
too. There is no time limit for a cell. A notebook may end with a dictionary `results` of numbers
and short texts. Its stages are its `## ` headings.
"""

import argparse
import asyncio
import base64
import contextlib
import datetime
import hashlib
import json
import os
import re
import sys
import threading
import time
from pathlib import Path

import matplotlib.font_manager  # noqa: F401  builds its cache, which it would report in a cell
import nbformat
import psutil
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from tqdm import tqdm

from course import ROOT, console, definition
from course.outputs import data_sets
from course.outputs.canonical import normalize, to_text
from course.outputs.page import to_html

# Execute

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


# Skip what is done, write what is new


def fingerprint(course, notebook, dataset):
    """Return a hash of what a notebook's outputs follow from: its cells, the code, the data."""
    parts = [(cell.cell_type, cell.source) for cell in notebook.cells]
    for folder in (course.package, "course", "exercises"):
        for path in sorted((course.root / folder).rglob("*.*")):
            name = path.relative_to(course.root).as_posix()
            # Of the engine, notebooks use what is handed out.
            used = folder == course.package or course.files.hold(name)
            if used and path.suffix != ".pyc" and path.is_file():
                parts.append((name, path.read_bytes()))
    if dataset:  # judged by what it says of itself: all of it takes long to read
        marker = dataset / course.data.marker
        parts += [(str(dataset), marker.read_bytes(), marker.stat().st_mtime_ns)]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def write(path, text):
    """Write a file so that an interruption leaves the old one or the new one, never a half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def save_figures(notebook, folder, stem):
    """Write every figure of an executed notebook as folder/<stem>-<cell id>.png."""
    folder.mkdir(parents=True, exist_ok=True)
    for cell in filter(is_code, notebook.cells):
        for output in cell.outputs:
            if picture := output.get("data", {}).get("image/png"):
                (folder / f"{stem}-{cell.id}.png").write_bytes(base64.b64decode(picture))


def run(course, paths, out, dataset, force):
    """Execute into the folder `out` what is not done; return (entries of all, failures).

    Entries are {notebook's name: what results.json holds of it}.
    """
    entries, todo, made_from = read_entries(out), {}, {}
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        made_from[path] = fingerprint(course, notebook, dataset)
        entry, files = entries.get(path.stem, {}), (out / path.name, out / f"{path.stem}.html")
        done = entry.get("made_from") == made_from[path] and all(file.exists() for file in files)
        if done and not force:
            when = entry["finished"]
            print(f"{path.name}: nothing has changed since {when}; --force runs it again")
        else:
            todo[path] = notebook

    def save(path, entry):
        notebook = todo[path]
        write(out / path.name, to_text(notebook))
        write(out / f"{path.stem}.html", to_html(normalize(notebook), path.stem))
        save_figures(notebook, out / "figures", path.stem)
        failed_copy(path).unlink(missing_ok=True)
        entry["finished"] = datetime.datetime.now().isoformat(" ", "minutes")
        entries[path.stem] = entry | {"made_from": made_from[path]}
        write(out / "results.json", json.dumps(entries, indent=1) + "\n")

    def failed_copy(path):
        return out / f"{path.stem}.failed.ipynb"

    failures = execute_all(todo, surroundings(course, dataset), save) if todo else {}
    for path in failures:
        write(failed_copy(path), to_text(todo[path]))
    return {path.stem: entries[path.stem] for path in paths if path not in failures}, failures


def surroundings(course, dataset):
    """Return the environment variables by which a notebook finds its data set."""
    return {course.data.variable: str(dataset)} if dataset else {}


def read_entries(out):
    try:
        return json.loads((out / "results.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # ValueError: somebody edited it
        return {}


def store(course, paths, dataset):
    """Execute notebooks and store their outputs in them; return the failures."""
    notebooks = {path: nbformat.read(path, as_version=4) for path in paths}

    def save(path, entry):
        write(path, to_text(notebooks[path]))

    return execute_all(notebooks, surroundings(course, dataset), save)


# Report

COLUMN = 12  # characters of a notebook's column, with the space before it


def table(entries, dataset, out):
    """Return the closing summary: {notebook's name: what `run` returned} as text."""
    lines = ["", f"Data set in {console.short(dataset)}"] if dataset else []
    lines += result_lines({name: one["results"] for name, one in entries.items()})
    for name, entry in entries.items():
        memory = f"at most {entry['peak_memory_mb']:,} MB of memory"
        lines += ["", f"{entry['seconds']:7.1f} s  {name}.ipynb, {memory}"]
        lines += [f"{seconds:11.1f} s  {stage}" for stage, seconds in entry["stages"].items()]
    place = console.short(out)
    lines += ["", "Where to look:"]
    lines += [f"  {place}/{name}.html  or, to go on from there, {name}.ipynb" for name in entries]
    lines += [
        f"  {place}/figures/  all figures as PNG",
        f"  {place}/results.json  these numbers for programs",
    ]
    return "\n".join(lines)


def result_lines(results):
    """Return a table of {notebook: {key: value}}, a row for each key, a column for each notebook.

    A text that all notebooks share, such as a description of the data, stands once and in full.
    """
    keys = list(dict.fromkeys(key for found in results.values() for key in found))
    if not keys:
        return []
    first = max(map(len, keys)) + 1
    rows = {key: [found.get(key) for found in results.values()] for key in keys}
    alike = [key for key, values in rows.items() if is_one_text(values)]
    lines = [f"{key:{first}} {rows.pop(key)[0]}" for key in alike]
    lines = ["", *lines] if lines else []
    if rows:
        lines += ["", " " * first + "".join(map(cell_of_table, results))]
        lines += [f"{key:{first}}" + "".join(map(cell_of_table, rows[key])) for key in rows]
    return lines


def is_one_text(values):
    return isinstance(values[0], str) and values.count(values[0]) == len(values)


def cell_of_table(value):
    if isinstance(value, float):  # a share with three digits, a rate of learning as it was set
        text = f"{value:.3f}" if 1e-3 <= abs(value) < 1 else f"{value:g}"
    else:
        text = "-" if value is None else str(value)
    return f"{text if len(text) < COLUMN else text[: COLUMN - 2] + '…':>{COLUMN}}"


# The command

EPILOG = """examples:
  python -m course.outputs.run                     all notebooks, into build/
  python -m course.outputs.run --force notebooks/one.ipynb

exit status:
  0    every notebook ran to its end
  1    a cell failed, or there is no data set; what to do is told
  2    the command was not understood
  130  stopped with Ctrl-C
"""


def parse(argv):
    parser = argparse.ArgumentParser(
        prog="python -m course.outputs.run",
        description="Execute the notebooks and sum up their results.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("notebooks", metavar="notebook", nargs="*", type=Path, help="default: all of the course")
    add("--out", type=Path, help="folder of the results; default: build/")
    add("--force", action="store_true", help="execute again what is done")
    add("--store", action="store_true", help="store outputs in place, made on the set for that")
    return parser.parse_args(argv)


def main(argv=None, root=ROOT):
    args = parse(argv)
    console.prepare()
    try:
        course = definition.load(root)
        paths = [path.resolve() for path in args.notebooks]
        paths = paths or [root / name for name in course.notebook_files]
        out = args.out or root / "build"
        # What is stored is made on a set that anyone can have.
        dataset = data_sets.find(course, course.data.stored if args.store else None)
        if args.store:
            failures = store(course, paths, dataset)
        else:
            start = time.monotonic()
            entries, failures = run(course, paths, out, dataset, args.force)
            if entries:
                print(table(entries, dataset, out))
                print(f"\n{time.monotonic() - start:7.1f} s  altogether")
        for failure in failures.values():
            print(f"error: {failure}", file=sys.stderr)
        return 1 if failures else 0
    except (FileNotFoundError, definition.DefinitionError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; finished notebooks are kept", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

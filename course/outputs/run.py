"""Execute the notebooks: `make run` for reading them, `make notebooks` to store their outputs.

    python -m course.outputs.run              executed copies, HTML, figures, results.json in build/
    python -m course.outputs.run --store      outputs stored in the notebooks

Top to bottom: execute one notebook, skip what is done, report, the command.

A notebook may end with a dictionary `results` of numbers and short texts. Its stages
are its `## ` headings. There is no time limit for a cell: Ctrl-C ends everything, the kernel too.
"""

import argparse
import base64
import datetime
import hashlib
import json
import os
import re
import sys
import time
from pathlib import Path

import matplotlib.font_manager  # noqa: F401  builds its cache, which it would report in a cell
import nbformat
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


class NotebookFailed(Exception):
    """A cell raised an exception or killed its kernel; the text says where, and how it ended."""


def execute(notebook, path, settings):
    """Execute `notebook`, read from `path`, in place; return its results, stage times and memory.

    settings    environment variables besides those that are set here

    Raises NotebookFailed at the first cell that fails; the cells before it have their outputs.
    """
    # With no folder to look for kernelspecs in, jupyter_client falls back on this very interpreter;
    # a "python3" that another environment has registered for the user would be found before it.
    kernels = KernelSpecManager(kernel_dirs=[])
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=kernels)
    client = NotebookClient(
        notebook,
        km=manager,
        extra_arguments=["--log-level=ERROR"],  # it warns that its port, on this machine, is plain
        record_timing=False,
        store_widget_state=False,
        shutdown_kernel="immediate",
    )
    # MPLBACKEND=Agg, common on servers, would keep figures out of the notebook.
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"} | settings
    # Products this small gain little from a second thread, and lose much on a busy machine.
    env.setdefault("OPENBLAS_NUM_THREADS", "1")

    start = time.perf_counter()
    section, stages = "Start", {}
    code_cells = sum(is_code(cell) for cell in notebook.cells)
    layout = "{percentage:3.0f}% |{bar:20}| {n_fmt}/{total_fmt} cells, {elapsed}  {desc}"
    with (
        tqdm(total=code_cells, bar_format=layout, dynamic_ncols=True) as bar,
        client.setup_kernel(cleanup_kc=True, cwd=str(path.parent), env=env),
    ):
        for index, cell in enumerate(notebook.cells):
            section = heading(cell) or section
            bar.set_description_str(f"{path.name}: {section}", refresh=heading(cell) is not None)
            try:
                client.execute_cell(cell, index)
            except (CellExecutionError, DeadKernelError) as error:
                number = sum(is_code(before) for before in notebook.cells[: index + 1])
                where = f"{path.name}, section {section!r}, code cell {number} of {code_cells}"
                raise NotebookFailed(f"{where}:\n{last_lines(cell, error)}") from None
            now = time.perf_counter()
            stages[section] = stages.get(section, 0) + now - start
            start = now
            bar.update(is_code(cell))

        notebook.cells.append(nbformat.v4.new_code_cell(QUESTION))
        client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
        answer = json.loads(notebook.cells.pop().outputs[0].text)
    return {
        "results": answer["results"],
        "stages": {name: round(seconds, 2) for name, seconds in stages.items()},
        "seconds": round(sum(stages.values()), 2),
        "peak_memory_mb": round(answer["peak"] / 1e6),
    }


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


# Skip what is done, write what is new


def fingerprint(course, notebook, dataset):
    """Return a hash of what a notebook's outputs follow from: its cells, the code, the data."""
    folders = (course.package, "course", "exercises")
    files = [one for name in folders for one in sorted((course.root / name).rglob("*.*"))]
    # Records of editions say what was handed out; no cell reads them.
    files = [path for path in files if path.is_file() and path.suffix not in (".pyc", ".json")]
    parts = [(cell.cell_type, cell.source) for cell in notebook.cells]
    parts += [(path.relative_to(course.root).as_posix(), path.read_bytes()) for path in files]
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


def run(course, path, out, dataset, force):
    """Execute one notebook into the folder `out`, unless that is done; return its entry there."""
    notebook = nbformat.read(path, as_version=4)
    made_from = fingerprint(course, notebook, dataset)
    saved, html = out / path.name, out / f"{path.stem}.html"
    failed = out / f"{path.stem}.failed.ipynb"
    entries = read_entries(out)
    entry = entries.get(path.stem, {})
    if entry.get("made_from") == made_from and saved.exists() and html.exists() and not force:
        print(f"{path.name}: nothing has changed since {entry['finished']}; --force runs it again")
        return entry
    try:
        entry = execute(notebook, path, surroundings(course, dataset))
    except NotebookFailed:
        write(failed, to_text(notebook))
        raise
    write(saved, to_text(notebook))
    write(html, to_html(normalize(notebook), path.stem))
    save_figures(notebook, out / "figures", path.stem)
    failed.unlink(missing_ok=True)
    entry["finished"] = datetime.datetime.now().isoformat(" ", "minutes")
    entry["made_from"] = made_from
    write(out / "results.json", json.dumps({**entries, path.stem: entry}, indent=1) + "\n")
    return entry


def surroundings(course, dataset):
    """Return the environment variables by which a notebook finds its data set."""
    return {course.data.variable: str(dataset)} if dataset else {}


def read_entries(out):
    try:
        return json.loads((out / "results.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # ValueError: somebody edited it
        return {}


def store(course, path, dataset):
    """Execute one notebook and store its outputs in it."""
    notebook = nbformat.read(path, as_version=4)
    execute(notebook, path, surroundings(course, dataset))
    write(path, to_text(notebook))


# Report

WIDTH, COLUMN = 80, 12  # of a line, of a notebook's column with the space before it


def table(entries, dataset, out):
    """Return the closing summary: {notebook's name: what `run` returned} as text."""
    lines = ["", f"Data set in {os.path.relpath(dataset)}"] if dataset else []
    lines += result_lines({name: one["results"] for name, one in entries.items()})
    for name, entry in entries.items():
        memory = f"at most {entry['peak_memory_mb']:,} MB of memory"
        lines += ["", f"{entry['seconds']:7.1f} s  {name}.ipynb, {memory}"]
        lines += [f"{seconds:11.1f} s  {stage}" for stage, seconds in entry["stages"].items()]
    total = sum(entry["seconds"] for entry in entries.values())
    place = os.path.relpath(out)
    lines += ["", f"{total:7.1f} s  in total", "", "Where to look:"]
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
    first, names = max(map(len, keys)) + 1, list(results)
    rows = {key: [found.get(key) for found in results.values()] for key in keys}
    alike = [key for key, values in rows.items() if is_one_text(values)]
    lines = [f"{key:{first}} {rows.pop(key)[0]}" for key in alike]
    lines = ["", *lines] if lines else []
    count = max(1, (WIDTH - first) // COLUMN)  # of notebooks beside each other
    for start in range(0, len(names) if rows else 0, count):
        part = slice(start, start + count)
        lines += ["", " " * first + "".join(map(cell_of_table, names[part]))]
        lines += [f"{key:{first}}" + "".join(map(cell_of_table, rows[key][part])) for key in rows]
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
            for path in paths:
                store(course, path, dataset)
        else:
            entries = {path.stem: run(course, path, out, dataset, args.force) for path in paths}
            print(table(entries, dataset, out))
        return 0
    except (NotebookFailed, FileNotFoundError, definition.DefinitionError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; finished notebooks are kept", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

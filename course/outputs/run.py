"""Execute the notebooks: `make run` for reading them, `make notebooks` to store their outputs.

    python -m course.outputs.run              executed copies, HTML, figures, results.json in build/
    python -m course.outputs.run --store      outputs stored in the notebooks

Top to bottom: execute one notebook, skip what is done, report.

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
from nbconvert import HTMLExporter
from tqdm import tqdm

from course import ROOT, definition
from course.outputs import data_sets
from course.outputs.canonical import normalize, to_text

# Execute

# Run in the kernel after the last cell, in a cell that is thrown away. Older notebooks of this
# course have a `results` of another kind, with tuples as keys: it is passed over.
QUESTION = """
import json, resource
found = globals().get("results")
found = found if isinstance(found, dict) else {}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps(
    {"results": {key: found[key] for key in found if isinstance(key, str)}, "peak": peak},
    default=lambda value: value.tolist(),
))
"""
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, kibibytes elsewhere


class NotebookFailed(Exception):
    """A cell raised an exception or killed its kernel; the text says where, and how it ended."""


def execute(notebook, path, settings):
    """Execute `notebook`, read from `path`, in place; return its results, stage times and memory.

    settings are environment variables besides ours.

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
        "peak_memory_mb": round(answer["peak"] * PEAK_UNIT / 1e6),
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
    """Return a hash of what the outputs of a notebook follow from: its cells, package and data."""
    folders = (course.package, "course", "exercises")
    files = [one for name in folders for one in sorted((course.root / name).rglob("*.*"))]
    files = [path for path in files if path.is_file() and path.suffix != ".pyc"]
    parts = [(cell.cell_type, cell.source) for cell in notebook.cells]
    parts += [(path.name, path.read_bytes()) for path in files]
    if dataset:  # judged by what it says of itself: the images take long to read
        marker = dataset / course.data.marker
        parts += [(str(dataset), marker.read_bytes(), marker.stat().st_mtime_ns)]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def write(path, text):
    """Write a file so that an interruption leaves the old one or the new one, never a half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def to_html(notebook, title):
    """Return `notebook` as a page that stands alone, apart from MathJax for its formulas."""
    page, _ = HTMLExporter().from_notebook_node(normalize(notebook), {"metadata": {"name": title}})
    return page


def save_figures(notebook, folder, stem):
    """Write every figure of an executed notebook as folder/<stem>-<cell id>.png or .gif."""
    folder.mkdir(parents=True, exist_ok=True)
    for cell in filter(is_code, notebook.cells):
        for output in cell.outputs:
            for kind in ("png", "gif"):
                if picture := output.get("data", {}).get(f"image/{kind}"):
                    (folder / f"{stem}-{cell.id}.{kind}").write_bytes(base64.b64decode(picture))


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
    write(html, to_html(notebook, path.stem))
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


def table(course, entries, dataset, out):
    """Return the closing summary: {notebook's name: what `run` returned} as text."""
    lines = []
    if dataset:
        lines = ["", f"Data set: {data_sets.describe(course, dataset)}"]
        lines += [f"          {os.path.relpath(dataset)}"]
    keys = list(dict.fromkeys(key for one in entries.values() for key in one["results"]))
    if keys:
        lines += ["", " " * 28 + "".join(f"{name:>14}" for name in entries)]
    for key in keys:
        values = [one["results"].get(key, "-") for one in entries.values()]
        lines.append(f"{key:28}" + "".join(f"{shown(value):>14}" for value in values))
    for name, entry in entries.items():
        memory = f"at most {entry['peak_memory_mb']:,} MB of memory"
        lines += ["", f"{entry['seconds']:7.1f} s  {name}.ipynb, {memory}"]
        lines += [f"{seconds:11.1f} s  {stage}" for stage, seconds in entry["stages"].items()]
    total = sum(entry["seconds"] for entry in entries.values())
    place = os.path.relpath(out)
    lines += ["", f"{total:7.1f} s  in total", "", "Where to look:"]
    lines += [f"  {place}/{name}.html  or, to go on from there, {name}.ipynb" for name in entries]
    lines += [
        f"  {place}/figures/  all figures as PNG and GIF",
        f"  {place}/results.json  these numbers for programs",
    ]
    return "\n".join(lines)


def shown(value):
    text = f"{value:.3g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 13 else text[:12] + "…"


def main(argv=None):
    parser = argparse.ArgumentParser(description="Execute the notebooks and sum up their results.")
    parser.add_argument("notebooks", metavar="notebook", nargs="*", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "build", help="folder of the results")
    parser.add_argument("--force", action="store_true", help="execute again what is done")
    parser.add_argument(
        "--store", action="store_true", help="store outputs in place, made on the set for that"
    )
    args = parser.parse_args(argv)
    try:
        course = definition.load()
        paths = args.notebooks or [course.root / name for name in course.notebook_files]
        # What is stored is made on a set that anyone can have.
        dataset = data_sets.find(course, course.data.stored if args.store else None)
        if args.store:
            for path in paths:
                store(course, path.resolve(), dataset)
        else:
            entries = {
                path.stem: run(course, path.resolve(), args.out, dataset, args.force)
                for path in paths
            }
            print(table(course, entries, dataset, args.out))
        return 0
    except (NotebookFailed, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; finished notebooks are kept", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

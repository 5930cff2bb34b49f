"""Execute the notebooks: `make run` for reading them, `make notebooks` to store their outputs.

    python -m course.outputs.run              executed copies, HTML, figures, results.json in build/
    python -m course.outputs.run --store      outputs stored in the notebooks

Top to bottom: skip what is done, write what is new, report, the command. execute.py does the work.
"""

import base64
import datetime
import hashlib
import json
import sys
import time
from pathlib import Path

import nbformat

from course import ROOT, console, definition
from course.outputs import data_sets
from course.outputs.canonical import normalize, to_text
from course.outputs.execute import execute_all, is_code
from course.outputs.page import to_html

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
    description = "Execute the notebooks and sum up their results."
    parser = console.parser("outputs.run", description, EPILOG)
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

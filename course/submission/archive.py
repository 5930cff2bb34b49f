"""The zip that is handed in, format version 1.

    manifest.json      what follows, as JSON
    notebooks/ ...     the files of the tree, byte for byte, under their names from its root
    html/one.html      a copy of each notebook to read; nothing is computed from it

The manifest, an object:

    format, version    the package's name and "-submission", 1
    complete           true if no problem was found
    problems           [{"where", "what", "way_out"}, ...]: files or exercises, and sentences
    exercises          {name: whether its check passed}
    code               the hash of the Python files that a notebook's stamp must show
    edition            the id of the edition that was handed out, or null
    environment        {"python", "system", "machine", and packages: their version or null}
    files              {name: {"sha256", "bytes"}}: all other entries of the zip
    own                names of files that the student added
    left_out           {name: why}

It comes from the student's machine: a help for reading, no proof of anything. The same work gives
the same bytes on the same installation. No date, user name or path of the machine is added.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
import warnings
import zipfile
from pathlib import Path

VERSION = 1
PACKAGES = ("numpy", "matplotlib", "ipykernel", "jupyterlab", "nbconvert", "nbformat")


def to_page(name, content):
    """Return the notebook as an HTML page, in bytes. Raises whatever nbconvert raises."""
    import nbformat

    from course.outputs.page import to_html

    title = name.rpartition("/")[2].removesuffix(".ipynb")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of small flaws of a notebook, which nbformat mends
        notebook = nbformat.reads(content.decode("utf-8"), as_version=4)
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                # Progress bars: in a page they are scripts, under names drawn at random.
                output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
        return to_html(notebook, title).encode("utf-8", "replace")


def environment():
    versions = {"python": platform.python_version()}
    versions |= {"system": platform.system(), "machine": platform.machine()}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = None
    return versions


def with_manifest(course, contents, pages, exercises, code):
    """Return all entries of the zip, {name: bytes}: the files, the pages, and the manifest."""
    entries = {**contents.files, **pages}
    manifest = {
        "format": f"{course.package}-submission",
        "version": VERSION,
        "complete": not contents.problems,
        "problems": [
            {key: without_paths(text, course.root) for key, text in problem._asdict().items()}
            for problem in contents.problems
        ],
        "exercises": exercises,
        "code": code,
        "edition": contents.edition,
        "environment": environment(),
        "files": {
            name: {"sha256": hashlib.sha256(entries[name]).hexdigest(), "bytes": len(entries[name])}
            for name in sorted(entries)
        },
        "own": sorted(contents.own),
        "left_out": contents.left_out,
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=True) + "\n"
    return {"manifest.json": text.encode(), **entries}


def without_paths(text, root):
    """Return a sentence, in which an exception may be quoted, without the machine's folders."""
    for folder, short in ((root, "."), (Path.home(), "~")):
        text = text.replace(str(folder), short) if len(folder.parts) > 1 else text
    return text


def write(path, entries):
    """Write the zip so that an old one stays whole until the new one is complete.

    Raises OSError, as on a full disk, and leaves nothing half-written.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with zipfile.ZipFile(new, "x", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
            for name in sorted(entries, key=lambda name: (name != "manifest.json", name)):
                entry = zipfile.ZipInfo(name)  # dated 1980-01-01
                entry.create_system, entry.external_attr = 3, 0o100644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, entries[name])
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)

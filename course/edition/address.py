"""Where students get the course: what an edition says of the address that `make release` is told.

cell(course, url)     the code by which a notebook that was opened alone fetches the course
link(url, file)       the link that opens a notebook in Colab; None if only GitHub's address does
fill(text, ...)       the students' README, with the way to Colab
"""

import re
from pathlib import Path

TEXT = Path(__file__).with_name("fetch_cell.py")
FORM = re.compile(r"https://[^\s\"'\\<>`|]+")
GITHUB = re.compile(
    r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git|/archive/refs/heads/([\w./-]+)\.zip)?/?"
)
COLAB = "https://colab.research.google.com"
PLACE = "<!-- COLAB -->"  # in the students' README


def problem(url):
    """Return what is wrong with an address, or an empty text."""
    if FORM.fullmatch(url):
        return ""
    return f"{url!r} is no address of a zip or a git repository: it has to begin with https://"


def cell(course, url):
    """Return the source of the cell that fetches the course."""
    text = TEXT.read_text(encoding="utf-8").rstrip("\n")
    for name, values in (("URL", (url,)), ("PACKAGE", (course.folder, course.package))):
        told = ", ".join(f'"{value}"' for value in values)
        text = re.sub(rf'{name} = ("", )*""', f"{name} = {told}", text)
    return text


def link(url, file):
    """Return the address that opens a notebook of a repository on GitHub in Colab, or None."""
    if not (found := GITHUB.fullmatch(url)):
        return None
    repository, branch = found[1], found[2] or "main"
    return f"{COLAB}/github/{repository}/blob/{branch}/{file}"


def badge(url, file):
    """Return the link as a badge in Markdown, an empty text if there is none."""
    target = link(url, file)
    return f"[![Open in Colab]({COLAB}/assets/colab-badge.svg)]({target})" if target else ""


def told(course, url):
    """Return how a notebook is opened in Colab, as Markdown."""
    badges = [f"{one.name}: {badge(url, one.file)}" for one in course.notebooks.values()]
    if url and link(url, ""):
        return ", ".join(badges)
    upload = f"open [Colab]({COLAB}) and upload a notebook there"
    if url:
        return f"{upload}; it fetches the rest"
    return f"put this folder into your Google Drive as `{course.folder}`, {upload}"

"""Turn results into a page, results.md, and the figures beside it."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from benchmarks import figures
from benchmarks.figures import KINDS


def write(results, folder):
    """Write the page and the figures to `folder`; return the page."""
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, trim_blocks=True, keep_trailing_newline=True)
    filters = {"duration": duration, "memory": memory, "times": times, "span": span}
    environment.filters |= filters
    page = environment.get_template("results.md.jinja").render(results, KINDS=KINDS)
    (folder / "results.md").write_text(page)
    figures.draw(results, folder)
    return page


def duration(seconds):
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def memory(count):
    return f"{count / 1e9:.2f} GB"


def times(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def span(accuracies):
    low, high = f"{min(accuracies):.4f}", f"{max(accuracies):.4f}"
    return low if low == high else f"{low} to {high}"

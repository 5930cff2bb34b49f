"""Turn results into a page, results.md, the figures beside it, and the table of README.md."""

import re
import statistics
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from benchmarks import figures
from benchmarks.figures import KINDS


def write(results, folder):
    """Write the page and the figures to `folder`; return the page."""
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, trim_blocks=True, keep_trailing_newline=True)
    filters = {"duration": duration, "memory": memory, "times": times, "span": span}
    environment.filters |= filters | {"table": table}
    rows = results.get("waiting", {}).get("rows", {})
    page = environment.get_template("results.md.jinja").render(results, KINDS=KINDS, rows=rows)
    (folder / "results.md").write_text(page)
    figures.draw(results, folder)
    return page


def duration(seconds):
    return (
        f"{1000 * seconds:.3g} ms"
        if seconds < 1
        else f"{seconds:.3g} s"
        if seconds < 1000
        else f"{seconds:.0f} s"
    )


def memory(count):
    return f"{count / 1e9:.2f} GB"


def times(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def span(accuracies):
    low, high = f"{min(accuracies):.4f}", f"{max(accuracies):.4f}"
    return low if low == high else f"{low} to {high}"


# What people wait for

SHORT = (  # the rows that README.md has
    "`make run`, both notebooks",
    "a submission with both notebooks",
    "12 submissions without notebooks",
)


def table(rows, head=""):
    """Return the table of rows {name: {"seconds": [...], "cpu": [...]} or {"missing": why}}."""
    lines = [f"| {head} | time | range | processor time | runs |", "|---|---|---|---|---|"]
    for name, run in rows.items():
        if why := run.get("missing"):
            lines.append(f"| {name} | not measured: {why} | | | |")
            continue
        middle, cpu = (duration(statistics.median(run[key])) for key in ("seconds", "cpu"))
        first, last = (duration(pick(run["seconds"])) for pick in (min, max))
        lines.append(f"| {name} | {middle} | {first} to {last} | {cpu} | {len(run['seconds'])} |")
    return "\n".join(lines)


def short_table(results):
    """Return the table of README.md."""
    waiting = results["waiting"]
    rows = {name: waiting["rows"][name] for name in SHORT if name in waiting["rows"]}
    return table(rows, "on {cores} cores, {processor}".format(**waiting["machine"]))


def put_into(text, results):
    """Return the text of README.md with the table of these results behind the page's address."""
    place = re.compile(r"(benchmarks/results\.md\)\.\n)(\n\| on .*?\n(?=\n))?", re.DOTALL)
    return place.sub(lambda found: f"{found[1]}\n{short_table(results)}\n", text)

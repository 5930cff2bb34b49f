"""What a cell of code has shown, read once for all pages: text, pictures, markup of a stranger's.

shown(cell)     its outputs, each a Shown; whatever they hold, nothing raises
"""

from itertools import groupby
from typing import NamedTuple

from course.export.answers import FIGURE_BYTES, picture_in
from course.notebook import dig, joined


class Shown(NamedTuple):
    """An output. kind is "text", "error", "html", "markdown" or, of a picture, its MIME type.

    content   its text, or the bytes of a picture;  plain   the text that may stand in its place
    """

    kind: str
    content: str | bytes
    plain: str


def shown(cell):
    """Yield what a cell has shown; text that was printed in small pieces is one."""
    for stream, group in groupby(cell.outputs, stream_of):
        if stream:
            text = "".join(joined(one.get("text")) for one in group)
            yield Shown(stream, text, text)
        else:
            yield from map(show, group)


def stream_of(output):
    if output.get("output_type") != "stream":
        return ""
    return "error" if output.get("name") == "stderr" else "text"


def show(output):
    data, traceback = output.get("data"), output.get("traceback")
    if output.get("output_type") == "error":
        text = "\n".join(map(joined, traceback)) if isinstance(traceback, list) else ""
        text = text or f"{output.get('ename')}: {output.get('evalue')}"
        return Shown("error", text, text)
    plain = joined(dig(data, "text/plain")) or joined(dig(data, "text/latex"))
    if found := picture_in(data):
        return Shown(*found, plain)
    for kind in ("html", "markdown"):
        if text := joined(dig(data, f"text/{kind}")):
            return Shown(kind, text, plain or text)
    if text := joined(dig(data, "image/svg+xml")):
        plain = f"a picture in SVG, whose text this is:\n{text}"
    elif isinstance(data, dict) and any(kind.startswith("image/") for kind in data):
        plain = f"a picture, damaged or over {FIGURE_BYTES:,} bytes: not shown"
    return Shown("text", plain, plain)

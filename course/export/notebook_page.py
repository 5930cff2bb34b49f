"""An executed notebook as one page to read: nothing in it runs, and its size is bounded.

    notebook_page(content)    the page of a notebook's file; nothing in the file makes it raise

nbconvert's pages are made to run scripts, load more of them from elsewhere, and take nine times as
long to make. Here pictures are shown, HTML is sanitized, and SVG is shown as its text.
"""

from contextlib import suppress

from markupsafe import Markup

from course.export.markup import (
    PICTURES,
    markdown,
    picture,
    preformatted,
    python,
    render,
    sanitized,
)
from course.export.shown import shown
from course.limited import Refused, in_child
from course.notebook import read_cells
from course.text import clean, one_line

TEXT_LIMIT = 20_000  # characters of one output
PAGE_LIMIT = 20_000_000  # characters of the page; a notebook of this course makes 2 million
RICH_LIMIT = 200_000  # characters that are parsed; the rest is shown as it is typed
SECONDS = 8  # of processor time for a page, which takes half of one


def notebook_page(content):
    """Return the HTML page of a notebook's file (bytes)."""
    for rich in (RICH_LIMIT, 0):
        with suppress(Refused):
            return made_page(content, rich)
    return made_page.__wrapped__(b"", 0)


@in_child(SECONDS, 6 * PAGE_LIMIT)  # JSON may take six bytes for a character
def made_page(content, rich):
    try:
        cells = read_cells(content)
    except ValueError:
        return render("notebook.html", cells=None, left_out=0)
    budget, bodies, length = Budget(rich), [], 0
    for cell in cells:
        body = cell_body(cell, budget)
        length += len(body)
        if length > PAGE_LIMIT:
            break
        bodies.append((cell, body))
    return render("notebook.html", cells=bodies, left_out=len(cells) - len(bodies))


class Budget:
    """How much is still parsed: a notebook of 50 MB must not keep the grader busy."""

    def __init__(self, characters):
        self.left = characters

    def spend(self, parse, text):
        self.left -= len(text)
        return parse(text) if self.left >= 0 else preformatted(clean(text, TEXT_LIMIT))


def cell_body(cell, budget):
    if cell.type == "markdown":
        return budget.spend(markdown, cell.source)
    if cell.type != "code":
        return preformatted(clean(cell.source, TEXT_LIMIT))
    source = clean(cell.source, TEXT_LIMIT)
    code = budget.spend(python, source) if budget.left > 0 else source
    body = Markup('<pre class="source" tabindex="0">{}</pre>').format(code)
    return body + Markup("").join(output_body(one, budget, cell.alt) for one in shown(cell))


def output_body(shown, budget, alt):
    if shown.kind in PICTURES:
        uri, alt = picture(shown.content, shown.kind), one_line(alt, 500) or "output of this cell"
        return Markup('<p class="output"><img src="{}" alt="{}"></p>').format(uri, alt)
    if shown.kind in ("html", "markdown"):
        html = budget.spend(sanitized if shown.kind == "html" else markdown, shown.content)
        return Markup('<div class="output html">{}</div>').format(html)
    text = clean(shown.content, TEXT_LIMIT)
    pre = Markup('<pre class="output {}" tabindex="0">{}</pre>').format(shown.kind, text)
    return pre if text.strip() else Markup("")

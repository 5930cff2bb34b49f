"""Pages that nothing from a submission can break out of, run in, or call home from.

Three walls, each enough by itself: templates escape whatever is put in; HTML of other people, also
what their Markdown turns into, is rebuilt by bleach from a short list of elements; and a policy in
each page forbids scripts, requests, forms and frames. Pages are single files without scripts.
"""

import base64
import re
from contextlib import suppress
from functools import cache
from html import escape, unescape
from pathlib import Path
from xml.etree import ElementTree

import bleach
from bleach.css_sanitizer import CSSSanitizer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from mistune import HTMLRenderer
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from course.export.answers import decode
from course.export.points import points
from course.limited import Refused, in_child
from course.text import clean, one_line

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'"
)
RICH = 20_000  # characters that are parsed; what is longer is shown as it is
SECONDS, SIZE = 2, 1_000_000  # of parsing a text, which takes some milliseconds; bytes of its HTML

FOLDER = Path(__file__).with_name("templates")
PICTURES = ("image/png", "image/jpeg", "image/gif")
PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
LINK = re.compile(r"(https?://|mailto:)\S+", re.IGNORECASE)

TEXT = {
    *("a", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "font"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "kbd", "li", "mark", "ol", "p"),
    *("pre", "q", "s", "small", "span", "strong", "sub", "sup", "u", "ul"),
    *("caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
}
# Formulas: what the library makes, besides links and styles
MATH = re.compile(r'<code class="math">([^<]*)</code>')
MATHML = {
    *("math", "menclose", "mfrac", "mi", "mn", "mo", "mover", "mpadded", "mphantom", "mroot"),
    *("mrow", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext"),
    *("mtr", "munder", "munderover"),
}
LOOKS = {
    *("columnalign", "columnspacing", "display", "displaystyle", "linethickness", "mathcolor"),
    *("mathsize", "mathvariant", "notation", "rowspacing", "stretchy", "width"),
}
PLAIN = re.compile(r"[\w.%#+ -]{1,40}")
NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
MOST_FORMULAS = 300  # of one text: each takes a millisecond or two

# Enough for tables of pandas and the reports of course.checks; nothing that leaves its place.
STYLES = CSSSanitizer(
    allowed_css_properties=[
        *("border-left", "font-style", "font-weight", "line-height", "list-style", "margin"),
        *("max-width", "padding-left", "text-align", "text-indent"),
    ],
    allowed_svg_properties=[],
)


# Other people's markup


def is_allowed(tag, name, value):
    """Whether bleach may keep an attribute."""
    if (tag, name) == ("a", "href"):
        return LINK.fullmatch(value) is not None
    if (tag, name) == ("img", "src"):
        return PICTURE.fullmatch(value) is not None and decode(value.partition(",")[2]) is not None
    if name == "class":
        return tag in ("code", "pre") and value == "math"
    numbers = ("ol", "start"), ("td", "colspan"), ("td", "rowspan"), ("th", "colspan")
    if (tag, name) in (*numbers, ("th", "rowspan")):
        return re.fullmatch(r"\d{1,3}", value) is not None
    return (tag, name) == ("img", "alt")


# A link is followed when it is clicked, without telling from where; data: is for pictures alone.
PROTOCOLS = {"http", "https", "mailto", "data"}


class Renderer(HTMLRenderer):
    """HTML of Markdown, with formulas as they were typed, marked."""

    def __init__(self):
        super().__init__(escape=False)

    def block_code(self, code, info=None):
        return f"<pre><code>{escape(code)}</code></pre>\n"

    def inline_math(self, body):
        return f'<code class="math">${escape(body)}$</code>'

    def block_math(self, body):
        return f'<code class="math">$${escape(body)}$$</code>'

    def latex_environment(self, name, body):
        text = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return f'<code class="math">{escape(text)}</code>'

    def image(self, text, url, title=None):
        if PICTURE.fullmatch(url):
            return f'<img src="{escape(url)}" alt="{escape(text)}">'
        return f"[picture: {escape(one_line(text or url))}]"


def markdown(text):
    """Return sanitized HTML of Markdown; forbidden elements are shown as they were typed."""
    return parsed(from_markdown, clean(text))


def typeset(found):
    """Return the MathML of a formula, found by MATH in sanitized HTML, or what was found.

    Nothing of its text gets past: the tree that the library made is written anew, and an element or
    attribute that is none of ours makes it count as no formula.
    """
    from course.outputs.page import mathml  # the child alone waits for nbconvert

    latex = unescape(found[1])
    display = "block" if latex.startswith(("$$", "\\begin")) else "inline"
    try:
        tree = ElementTree.fromstring(mathml(latex.strip("$"), display))
    except ElementTree.ParseError:  # nothing was made of it
        return found[0]
    for element in tree.iter():
        element.tag = element.tag.removeprefix(NAMESPACE)
        plain = all(map(PLAIN.fullmatch, element.attrib.values()))
        if element.tag not in MATHML or not LOOKS.issuperset(element.attrib) or not plain:
            return found[0]
    return ElementTree.tostring(tree, encoding="unicode", method="html")


def sanitized(html):
    """Return the sanitized HTML of an output; forbidden elements are left out."""
    return parsed(from_html, clean(html, RICH - 100))  # and the word that it was cut


def python(source):
    """Return the source as HTML, with its syntax marked by classes."""
    return parsed(from_python, clean(source), Markup.escape)


def preformatted(text):
    return Markup('<pre tabindex="0">{}</pre>').format(text)


def parsed(parse, text, otherwise=preformatted):
    """Return what `parse` makes of a text, or the text as it is where that takes too much."""
    if len(text) <= RICH:
        with suppress(Refused, ValueError):
            return Markup(parse(text))
    return otherwise(text)


@in_child(SECONDS, SIZE, keep=True)
def from_markdown(text):
    from nbconvert.filters.markdown_mistune import MarkdownWithMath

    html = MarkdownWithMath(renderer=Renderer()).render(text)
    html = bleach.clean(html, tags=TEXT, attributes=is_allowed, protocols=PROTOCOLS)
    return MATH.sub(typeset, html, MOST_FORMULAS)


@in_child(SECONDS, SIZE, keep=True)
def from_html(html):
    # For the eye alone, as bleach would keep the text inside. Safety does not depend on it.
    html = re.sub(r"<(script|style)\b.*?(</\1\s*>|\Z)", "", html, flags=re.DOTALL | re.IGNORECASE)
    return bleach.clean(
        html,
        tags=TEXT,
        attributes=lambda tag, name, value: name == "style" or is_allowed(tag, name, value),
        protocols=PROTOCOLS,
        css_sanitizer=STYLES,
        strip=True,
    )


@in_child(SECONDS, SIZE, keep=True)
def from_python(source):
    return highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))


def picture(content, mime):
    """Return the data URI of a picture's bytes; ValueError for anything but pixels."""
    if mime not in PICTURES:
        raise ValueError(f"a page cannot show {one_line(mime, 40)!r}; it shows {PICTURES}")
    return Markup(f"data:{mime};base64,{base64.b64encode(content).decode()}")


# Pages


@cache
def environment():
    """The templates; whatever they are given is cleaned and escaped, unless it is Markup."""
    loader = FileSystemLoader(FOLDER)
    made = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    made.globals |= {"POLICY": POLICY, "PICTURES": PICTURES}
    made.filters |= {"markdown": markdown, "python": python, "picture": picture}
    made.filters |= {"line": one_line, "clean": clean, "points": points}
    return made


def render(template, **values):
    """Return the page that a template makes of the values."""
    return environment().get_template(template).render(values)

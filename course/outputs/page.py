"""An executed notebook as one page to read, for which no network is needed.

nbconvert makes it. Added are formulas as MathML and alternative texts of pictures, from the
metadata "alt" of their cells; left out is what its own pages load from elsewhere.
"""

from jinja2 import pass_context
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

# The blocks that are emptied load RequireJS, MathJax and Mermaid.
PAGE = """
{%- extends "index.html.j2" -%}
{% block html_head_js %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
{% block data_png scoped %}
{%- set told = ' alt="%s"' | format(cell.metadata.alt | escape_html) if cell.metadata.alt -%}
{{ super() | replace("<img", "<img" ~ told, 1) }}
{%- endblock %}
"""
LONGEST = 2_000  # characters of a formula


def to_html(notebook, title):
    """Return `notebook` as a page that stands alone."""
    exporter = Exporter(raw_template=PAGE)
    page, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": title}})
    return page


def mathml(latex, display="inline"):
    """Return a formula as MathML; "" where that cannot be made. display may be "block"."""
    try:
        # Here, so that an environment from before it was needed goes on making pages.
        from latex2mathml.converter import convert

        return convert(latex, display=display) if len(latex) <= LONGEST else ""
    except Exception:  # of many kinds, for what is no formula
        return ""


class Renderer(IPythonRenderer):
    """Markdown as nbconvert renders it, but formulas as MathML; as they were typed without that."""

    def inline_math(self, body):
        return mathml(body) or super().inline_math(body)

    def block_math(self, body):
        return mathml(body, "block") or super().block_math(body)

    def latex_environment(self, name, body):
        whole = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return mathml(whole, "block") or super().latex_environment(name, body)


class Exporter(HTMLExporter):
    """nbconvert's, with that renderer."""

    @pass_context
    def markdown2html(self, context, source):
        attachments = context.get("cell", {}).get("attachments", {})
        return MarkdownWithMath(renderer=Renderer(escape=False, attachments=attachments)).render(
            source
        )

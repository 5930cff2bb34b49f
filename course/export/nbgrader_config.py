"""The settings of a course of nbgrader, made from the declaration.

    settings(course, graded_here)    the text of nbgrader_config.py

Where this grader grades, nbgrader keeps the books: its autograder, which would run students' code
with the rights of whoever starts it, refuses. Where nbgrader grades alone, it is told which files
are the students' own.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FILE = "nbgrader_config.py"


def settings(course, graded_here):
    """Return the text of nbgrader_config.py."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.get_template(f"{FILE}.jinja")
    return template.render(course=course, graded_here=graded_here)

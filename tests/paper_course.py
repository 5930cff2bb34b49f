"""A course on paper, for tests of what is handed in: names and bytes, of which nothing can be run.

Its names have capitals, as any course's may.
"""

from pathlib import Path

from cells import markdown, notebook

from course.definition import Course, Data, Exercise, Files, Notebook

ONE, TWO = "notebooks/One.ipynb", "notebooks/two.ipynb"
FIRST, SECOND, THIRD = "Pack/deep/first.py", "Pack/deep/second.py", "Pack/third.py"
GIVEN = "Pack/__init__.py", "Pack/given.py", "pictures/given.png"  # handed out and handed in again


def exercise(file, notebook):
    name = Path(file).stem
    return Exercise(name, "kind", "problems", file, notebook, cell=f"check-{name}", points=1)


COURSE = Course(
    root=Path("paper"),
    name="paper",
    title="A course on paper",
    package="Pack",
    folder="paper-course",
    points=3,
    notebooks={"One": Notebook(ONE), "two": Notebook(TWO)},
    exercises={
        "first": exercise(FIRST, "One"),
        "second": exercise(SECOND, "One"),
        "third": exercise(THIRD, "two"),
    },
    by_hand=(),
    files=Files(
        handed_out=(
            "README.md",
            "tools/*.py",
            "Pack/__init__.py",
            "Pack/given.py",
            "Pack/third.py",
            "Pack/deep/first.py",
            "pictures/given.png",
        ),
        pictures=("notebooks", "pictures"),
    ),
    data=Data(),
)
EXPECTED = COURSE.expected_files


def finished_work():
    """Return a submission with all that is handed in: {name: bytes}."""
    code = {name: f"name = {name!r}\n".encode() for name in (*EXPECTED[2:], *GIVEN)}
    return {ONE: notebook(markdown("# One")), TWO: notebook(markdown("# Two"))} | code

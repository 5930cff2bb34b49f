"""From the stored results to what people read: gradebook, feedback, Gradescope's file, the course.

All of it is written anew by each run, as a person may have given points in the meantime. It follows
from the store and the gradebook alone.

    nbgrader/                                    the course folder of nbgrader
    submissions/<slug>/feedback.html             for the student
    submissions/<slug>/gradescope/results.json   the same for Gradescope
    grades.csv, index.html                       the course
"""

import json

from course.export import answers, feedback, gradescope
from course.export import course as course_page
from course.export import nbgrader as gradebook
from course.files import put
from course.grader.store import read_entry


def write(course, out, store, slugs):
    """Write everything for the submissions `slugs`; return the rows of the course's table."""
    book = out / "nbgrader"
    gradebook.record(
        course,
        book,
        (
            (result, notebooks(course, files), notebooks(course, files, "_submitted"))
            for result, files in entries(store, slugs)
        ),
    )
    by_hand, rows = gradebook.all_manual(course, book), []
    for result, files in entries(store, slugs):
        folder, manual = store.folder(result["slug"]), by_hand.get(result["slug"], {})
        handed_in = notebooks(course, files, "_submitted")
        figures = answers.figures(
            course,
            {one.file: handed_in.get(f"{one.name}.ipynb") for one in course.notebooks.values()},
        )
        page = feedback.page(course, result, manual, figures)
        put(folder / "feedback.html", page.encode("utf-8", "replace"))
        (folder / "gradescope").mkdir(mode=0o700, exist_ok=True)
        text = json.dumps(gradescope.results(result, manual), indent=1) + "\n"
        put(folder / "gradescope" / "results.json", text.encode())
        rows.append(course_page.row(course, result, manual))
    course_page.write(course, out, rows)
    return rows


def entries(store, slugs):
    """Yield (result, {name of an attachment: bytes}), one submission at a time."""
    found = (read_entry(store.folder(slug)) for slug in slugs)
    return (entry for entry in found if entry is not None)


def notebooks(course, attachments, kind=""):
    """Return {"one.ipynb": bytes, ...}: the executed notebooks, or those of another kind."""
    names = {f"{stem}{kind}.ipynb": f"{stem}.ipynb" for stem in course.notebooks}
    return {names[name]: content for name, content in attachments.items() if name in names}

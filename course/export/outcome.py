"""From the stored results to what people read: gradebook, feedback, Gradescope's file, the course.

All of it is written anew by each run, as a person may have given points in the meantime. It follows
from the store and the gradebook alone.

    nbgrader/                                    the course folder of nbgrader
    submissions/<slug>/feedback.html             for the student
    submissions/<slug>/gradescope/results.json   the same for Gradescope
    grades.csv, index.html                       the course
"""

import json

from course.export import answers, feedback, gradescope, nbgrader, overview
from course.files import put
from course.grader.store import read_entry

EXECUTED, SUBMITTED = "{}.ipynb", "{}_submitted.ipynb"  # attachments of a result


def write(course, out, store, slugs):
    """Write everything for the submissions `slugs`; return the rows of the course's table."""
    book, rows = out / "nbgrader", []
    nbgrader.record(
        course,
        book,
        (
            (result, notebooks(course, attached, EXECUTED), notebooks(course, attached, SUBMITTED))
            for result, attached in read_entries(store, slugs)
        ),
    )
    by_hand = nbgrader.all_manual(course, book)
    for result, attached in read_entries(store, slugs):
        manual = by_hand.get(result["slug"], {})
        write_feedback(course, store.folder(result["slug"]), result, attached, manual)
        rows.append(overview.row(course, result, manual))
    overview.write(course, out, rows)
    return rows


def read_entries(store, slugs):
    """Yield (result, {name of an attachment: bytes}), one submission at a time."""
    found = (read_entry(store.folder(slug)) for slug in slugs)
    return (entry for entry in found if entry is not None)


def notebooks(course, attached, pattern):
    """Return {name of a notebook: bytes} of the attachments whose names are made by a pattern."""
    names = {name: pattern.format(name) for name in course.notebooks}
    return {name: attached[file] for name, file in names.items() if file in attached}


def write_feedback(course, folder, result, attached, manual):
    """Write what one student gets back."""
    submitted = notebooks(course, attached, SUBMITTED)
    files = {course.notebooks[name].file: content for name, content in submitted.items()}
    page = feedback.page(course, result, manual, answers.figures(course, files))
    put(folder / "feedback.html", page.encode("utf-8", "replace"))
    (folder / "gradescope").mkdir(mode=0o700, exist_ok=True)
    text = json.dumps(gradescope.results(result, manual), indent=1) + "\n"
    put(folder / "gradescope" / "results.json", text.encode())

"""From the stored results to what people read: gradebook, feedback, Gradescope's file, the course.

All of it is written anew by each run, as a person may have given points in the meantime. It follows
from the store and the gradebook alone.

    nbgrader/                                    the course folder of nbgrader
    submissions/<slug>/feedback.html             for the student
    submissions/<slug>/gradescope/results.json   the same for Gradescope
    grades.csv, index.html                       the course
"""

import json
from pathlib import Path

from cs231n.submission.contents import NOTEBOOKS
from grading.grader import gradebook
from grading.grader.files import put
from grading.grader.pages import answers, course, feedback, gradescope
from grading.grader.store import read_entry

STEMS = [Path(path).stem for path in NOTEBOOKS]


def write(out, store, slugs):
    """Write everything for the submissions `slugs`; return the rows of the course's table."""
    book = out / "nbgrader"
    gradebook.record(
        book,
        (
            (result, notebooks(files), notebooks(files, "_submitted"))
            for result, files in entries(store, slugs)
        ),
    )
    by_hand, rows = gradebook.all_manual(book), []
    for result, files in entries(store, slugs):
        folder, manual = store.folder(result["slug"]), by_hand.get(result["slug"], {})
        handed_in = notebooks(files, "_submitted")
        figures = answers.figures({f"notebooks/{name}": one for name, one in handed_in.items()})
        page = feedback.page(result, manual, figures)
        put(folder / "feedback.html", page.encode("utf-8", "replace"))
        (folder / "gradescope").mkdir(mode=0o700, exist_ok=True)
        text = json.dumps(gradescope.results(result, manual), indent=1) + "\n"
        put(folder / "gradescope" / "results.json", text.encode())
        rows.append(course.row(result, manual))
    course.write(out, rows)
    return rows


def entries(store, slugs):
    """Yield (result, {name of an attachment: bytes}), one submission at a time."""
    found = (read_entry(store.folder(slug)) for slug in slugs)
    return (entry for entry in found if entry is not None)


def notebooks(attachments, kind=""):
    """Return {"svm.ipynb": bytes, ...}: the executed notebooks, or those of another kind."""
    names = {f"{stem}{kind}.ipynb": f"{stem}.ipynb" for stem in STEMS}
    return {names[name]: content for name, content in attachments.items() if name in names}

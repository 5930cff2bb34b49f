"""From the stored results to what people read: gradebook, feedback, Gradescope's file, the course.

All of it is written anew by each run, as a person may have given points in the meantime. It follows
from the store and the gradebook alone.

    nbgrader/                                    the course folder of nbgrader
    submissions/<slug>/feedback.html             for the student
    submissions/<slug>/gradescope/results.json   the same for Gradescope
    grades.csv, index.html                       the course
"""

import json

from grading.grader import answers, course, feedback, gradebook, gradescope
from grading.grader.course import replace


def write(out, store, slugs):
    """Write everything for the submissions `slugs`; return the rows of the course's table."""
    book = out / "nbgrader"
    gradebook.record(
        book,
        (
            (result, notebooks(store, result), notebooks(store, result, "_submitted"))
            for result in store.results(slugs)
        ),
    )
    by_hand, rows = gradebook.all_manual(book), []
    for result in store.results(slugs):
        folder, manual = store.folder(result["slug"]), by_hand.get(result["slug"], {})
        handed_in = notebooks(store, result, "_submitted")
        figures = answers.figures({f"notebooks/{name}": one for name, one in handed_in.items()})
        replace(folder / "feedback.html", feedback.page(result, manual, figures))
        (folder / "gradescope").mkdir(mode=0o700, exist_ok=True)
        text = json.dumps(gradescope.results(result, manual), indent=1) + "\n"
        replace(folder / "gradescope" / "results.json", text)
        rows.append(course.row(result, manual))
    course.write(out, rows)
    return rows


def notebooks(store, result, kind=""):
    """Return {"svm.ipynb": bytes, ...} of one kind of notebooks among the attachments."""
    ending = f"{kind}.ipynb"
    return {
        f"{name.removesuffix(ending)}.ipynb": content
        for name, content in store.attachments(result).items()
        if name.endswith(ending) and (kind or "_" not in name)
    }

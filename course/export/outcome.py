"""From the stored results to what people read: gradebook, feedback, Gradescope's file, the course.

All of it is written anew by each run, as a person may have given points in the meantime. It follows
from the store and the gradebook alone.

    nbgrader/                          the course folder of nbgrader
    feedback/<slug>/feedback.html      for the student, with the notebooks as executed
    feedback/<slug>.zip                all of that
    gradescope/<slug>/results.json     the same for Gradescope
    grades.csv, index.html             the course

What is in feedback/ may be handed out; the rest names others, or quotes unseen problems.
"""

import io
import json
import shutil
import zipfile

from course.export import answers, feedback, gradescope, nbgrader, overview
from course.files import make_folder, put
from course.grader.store import Store, read_entry

EXECUTED, SUBMITTED = "{}.ipynb", "{}_submitted.ipynb"  # attachments of a result


def write(course, out, store, slugs, about=None):
    """Write everything for the submissions `slugs`; return the rows of the course's table.

    about   of the run, as in overview.index
    """
    book, rows = out / "nbgrader", []
    nbgrader.record(
        course,
        book,
        (
            (result, notebooks(course, attached, EXECUTED), notebooks(course, attached, SUBMITTED))
            for result, attached in read_entries(store, slugs)
        ),
    )
    by_hand = nbgrader.manual(course, book)
    for result, attached in read_entries(store, slugs):
        manual = by_hand.get(result["slug"], {})
        write_feedback(course, out, result, attached, manual)
        rows.append(overview.row(course, result, manual))
    withdraw(out, {row["slug"] for row in rows})
    overview.write(course, out, rows, about)
    return rows


def withdraw(out, slugs):
    """Take away the feedback of submissions that are no longer there, and say so."""
    for folder in ("feedback", "gradescope"):
        for path in sorted((out / folder).iterdir()) if (out / folder).is_dir() else ():
            if path.is_dir() and path.name not in slugs:
                shutil.rmtree(path)
                path.with_name(f"{path.name}.zip").unlink(missing_ok=True)
                if folder == "feedback":
                    print(f"{path.name}: the submission is gone, so its feedback was removed")


def rows_of(course, out):
    """Return the course's rows of what was graded into `out`, with the points of people."""
    store, by_hand = Store(out), nbgrader.manual(course, out / "nbgrader")
    kept = [slug for slug in store.slugs() if (out / "feedback" / slug).is_dir()]
    found = store.results(kept)
    return [overview.row(course, one, by_hand.get(one["slug"], {})) for one in found]


def read_entries(store, slugs):
    """Yield (result, {name of an attachment: bytes}), one submission at a time."""
    found = (read_entry(store.folder(slug)) for slug in slugs)
    return (entry for entry in found if entry is not None)


def notebooks(course, attached, pattern):
    """Return {name of a notebook: bytes} of the attachments whose names are made by a pattern."""
    names = {name: pattern.format(name) for name in course.notebooks}
    return {name: attached[file] for name, file in names.items() if file in attached}


def write_feedback(course, out, result, attached, manual):
    """Write what one student gets back."""
    slug, submitted = result["slug"], notebooks(course, attached, SUBMITTED)
    files = {course.notebooks[name].file: content for name, content in submitted.items()}
    page = feedback.page(course, result, manual, answers.figures(course, files))
    pages = {name: content for name, content in attached.items() if name.endswith(".html")}
    pages |= {"feedback.html": page.encode("utf-8", "replace")}
    for name, content in pages.items():
        put(make_folder(out / "feedback" / slug) / name, content)
    put(out / "feedback" / f"{slug}.zip", zip_of(pages))
    text = json.dumps(gradescope.results(result, manual), indent=1) + "\n"
    put(make_folder(out / "gradescope" / slug) / "results.json", text.encode())


def zip_of(files):
    """Return a zip of {name: bytes}; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()

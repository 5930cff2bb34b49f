"""From the stored results to what people read: gradebook, feedback, Gradescope's file, the course.

A student's part is written as soon as the work is graded. All of it is written anew at the end of
a run where a person has given points, or a word of ours has changed, in the meantime: it follows
from the store, the gradebook and our words alone. Which pages hold is kept in .pages.json.

    nbgrader/                          the course folder of nbgrader
    feedback/<slug>/feedback.html      for the student, with the notebooks as executed
    feedback/<slug>.zip                all of that
    gradescope/<slug>/results.json     the same for Gradescope
    grades.csv, index.html             the course

What is in feedback/ may be handed out; the rest names others, or quotes unseen problems.
"""

import hashlib
import io
import json
import shutil
import zipfile
from contextlib import suppress

from course.checks.catalogue import Catalogue
from course.export import answers, feedback, gradescope, nbgrader, overview
from course.files import make_folder, put
from course.grader.settings import grader_version
from course.grader.store import Store, read_entry

KEPT = ".pages.json"
EXECUTED, SUBMITTED = "{}.ipynb", "{}_submitted.ipynb"  # attachments of a result


def write(course, pages, slugs, about=None):
    """Write everything for the submissions `slugs`; return the rows of the course's table.

    pages   the Pages of this run, of which some are there already
    about   of the run, as in overview.index
    """
    out, rows = pages.out, []
    pages.by_hand = nbgrader.manual(course, out / "nbgrader")  # as it is by now

    def graded():
        for result, attached in pages.entries(slugs):
            pages.write(result, attached)
            rows.append(overview.row(course, result, pages.by_hand.get(result["slug"], {})))
            yield result, *(notebooks(course, attached, one) for one in (EXECUTED, SUBMITTED))

    nbgrader.record(course, out / "nbgrader", graded())
    pages.keep()
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


class Pages:
    """What students get back of the results in a store, written where it is not there yet.

    by_hand    {slug: what people gave}, as nbgrader.manual returns it
    """

    def __init__(self, course, out, store):
        self.course, self.out, self.store = course, out, store
        self.by_hand = nbgrader.manual(course, out / "nbgrader")
        self.words = {one.name: one.explanation for one in Catalogue(course).entries}
        self.made_from = {}  # {slug: what its pages were made from}
        with suppress(OSError, ValueError):
            self.made_from = json.loads((out / KEPT).read_bytes())

    def entries(self, slugs):
        """Yield (result, {name of an attachment: bytes}), one submission at a time."""
        found = (read_entry(self.store.folder(slug)) for slug in slugs)
        return ((self.told(one[0]), one[1]) for one in found if one is not None)

    def told(self, result):
        """Return a result in which our words stand for the names of misconceptions."""
        exercises = [
            one
            | {"misconceptions": {name: self.words.get(name, "") for name in one["misconceptions"]}}
            | {"notes": [self.words.get(note, note) for note in one["notes"]]}
            for one in result["exercises"]
        ]
        return result | {"exercises": exercises}

    def write(self, result, attached):
        """Write what one student gets back, unless it is there."""
        slug = result["slug"]
        manual, place = self.by_hand.get(slug, {}), self.out / "feedback" / slug
        parts = json.dumps(result), sorted(manual.items()), grader_version(self.course)
        made_from = hashlib.sha256(repr(parts).encode()).hexdigest()
        if self.made_from.get(slug) != made_from or not (place / "feedback.html").exists():
            write_feedback(self.course, self.out, result, attached, manual)
            self.made_from[slug] = made_from

    def write_one(self, slug):
        """The same for a result that was stored just now."""
        for entry in self.entries([slug]):
            self.write(*entry)

    def keep(self):
        put(self.out / KEPT, json.dumps(self.made_from, indent=1).encode())


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

"""Back to the LMS: a gradebook with one column filled, feedback under the names of the download.

    fill(course, table, rows, column) -> [line, ...]   what was not filled, and why
    feedback_zip(pages) -> bytes                       for Moodle and Canvas to take

A total is filled in only when nothing of it waits. No other cell changes.
"""

import re

from course.export.outcome import zip_of
from course.export.points import points
from course.export.roster import People, TableError, letters

READ_ONLY = "(read only)"


def fill(course, table, rows, column=None):
    """Fill a column of a gradebook (roster.Table) with the totals of rows (overview.row).

    Returns lines on what was not filled. Raises TableError if it is not clear which column, if the
    LMS does not take it, or if it is for another number of points.
    """
    people = People(table)
    place = find_column(course, table, column)
    check_points(course, table, place)
    told, seen = [], set()
    for row in rows:
        who = f"{row['name']} ({row['id']})" if row["id"] else row["name"]
        line = people.find(row)
        if line is None:
            told.append(f"refused: {who}: nobody in {table.path.name} has this id or name")
            continue
        if line in seen:
            told.append(f"refused: {who}: another submission is this student's, too")
            continue
        seen.add(line)
        if row["waits"]:
            told.append(f"not filled in: {who}: {row['waits']}")
            continue
        cells = table.lines[line]
        cells += [""] * (place + 1 - len(cells))
        cells[place] = points(row["points"].total)
    absent = [people.name(n) or people.id(n) for n in people.lines if n not in seen]
    return told + [f"no submission: {name}" for name in absent]


def find_column(course, table, wanted):
    """Return the number of the column to fill."""
    names = table.columns
    if wanted is not None:
        found = [n for n, name in enumerate(names) if wanted in (name, bare(name))]
    else:
        words = {letters(course.name), letters(course.title)}
        found = [n for n, name in enumerate(names) if letters(bare(name)) in words]
        found = found or [n for n, name in enumerate(names) if letters(name) == "grade"]
    if len(found) == 1 and not read_only(table, found[0]):
        return found[0]
    what = (
        "several columns are" if found[1:] else "a read-only column is" if found else "no column is"
    )
    known = ", ".join(repr(name) for n, name in enumerate(names) if not read_only(table, n))
    raise TableError(
        f"{table.path}: {what} called {wanted or course.title!r}; name one with --column: {known}"
    )


def bare(name):
    """Return a column's name without what Canvas and Blackboard add, "(77)" and "[…] |77"."""
    return re.sub(r"\s*(\(\d+\)|\[[^\]]*\].*)\s*$", "", name)


def special_lines(table):
    """Return the lines of a Canvas gradebook that stand above the students."""
    return [line for line in table.lines[1:4] if line and not "".join(line[1:2]).strip()]


def read_only(table, place):
    return any(place < len(one) and READ_ONLY in one[place] for one in special_lines(table))


def check_points(course, table, place):
    """Raise TableError if the LMS has another number of points for the column."""
    texts = [one[place] for one in special_lines(table) if place < len(one)]
    if found := re.search(r"Total Pts: ([\d.,]+)", table.columns[place]):
        texts.append(found[1].replace(",", ""))
    most = next((n for n, name in enumerate(table.columns) if name == "Maximum Grade"), None)
    texts += [line[most] for line in table.lines[1:2] if most is not None and most < len(line)]
    for text in texts:
        number = re.fullmatch(r"\s*(\d+)(?:[.,](\d+))?\s*", text)
        if number and float(f"{number[1]}.{number[2] or 0}") != course.points:
            raise TableError(
                f"{table.path}: {table.columns[place]!r} is for {text.strip()} points, the course "
                f"has {course.points}; make them the same in the LMS, and export anew"
            )


def feedback_zip(pages):
    """Return a zip of feedback under the names that the LMS gave in its download.

    pages   [(what the result tells of the student, page), ...]
    """
    return zip_of({name: page for student, page in pages for name in original_names(student)})


def original_names(student):
    """Return under which names one student's feedback is taken back: one is enough for a page."""
    names = student.get("files", [])
    for name in names:
        if found := re.fullmatch(r"(.+_assignsubmission_)file_(.*)", name):  # Moodle
            folder = f"{name}/" if not found[2] else f"{found[1]}file_"
            return [f"{folder}feedback.html"]
    for name in names:  # Canvas, Blackboard
        return [re.sub(r"\.\w+$", "", name) + ".html"]
    return []

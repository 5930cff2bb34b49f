"""grades.csv: what overview.row keeps of each result, as spreadsheets and scripts read it.

    table_of(rows)    the content of the file
    label(entry)      what the column of an exercise or an answer is called

Nothing in it is taken for a formula, whatever the separator.
"""

import csv
import io
import re

from course.export.points import points

# A spreadsheet takes a cell that begins so for a formula; the last four are wide forms. Where the
# separator is another one, a cell may begin behind it.
FORMULA = re.compile(r"(^|[,;|\t\"])(\s*)(?=[=+\-@\t\r\n＝＋－＠])")  # noqa: RUF001


def table_of(rows):
    """Return the content of grades.csv: a line for each submission, with a mark by which Excel
    knows UTF-8."""
    lines, file = [columns(one) for one in rows], io.StringIO()
    writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows(lines[:1])  # the names of the columns
    writer.writerows(line.values() for line in lines)
    return "\ufeff" + file.getvalue()


def columns(one):
    """Return {name of a column: text} of a row."""
    counted, yes_no = one["points"], {True: "yes", False: "no"}
    so_far = points(counted.total)
    return {
        "name": harmless(one["name"]),
        "id": harmless(one["id"]),
        "late": yes_no[bool(one["late"])],
        "handed in": one["time"],
        "attempts": str(one["attempts"]),
        "automatic": points(counted.automatic),
        "by hand": points(counted.by_hand + counted.changed),
        "penalty": points(counted.penalty),
        "total": "" if one["waits"] else so_far,
        "so far": so_far,
        "waits": one["waits"],
        "slug": harmless(one["slug"]),
        **{
            label(it | {"exercise": name}): points(it["points"])
            for name, it in one["exercises"].items()
        },
        **{name: "" if score is None else points(score) for name, score in one["answers"].items()},
        **{f"{name}.ipynb": told for name, told in one["notebooks"].items()},
        "remarks": str(one["remarks"]),
        "sandbox": yes_no[one["sandbox"]],
    }


def harmless(text):
    """Return a text that no spreadsheet takes for a formula: with a quote before what begins so."""
    return FORMULA.sub(r"\1'\2", text)


def label(entry):
    """Return the name of an exercise or an answer that no other has."""
    return f"{entry['notebook']}: {entry.get('title') or entry['exercise']}"

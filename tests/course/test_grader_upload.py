"""Does what was graded come back into the LMS: one column, whole totals, nobody forgotten?"""

import csv
import io
import zipfile

import pytest
from sample_results import graded, result

from course.export import overview, upload
from course.export.roster import TableError, read_table

# Gradebooks as these systems write them; %s is the cell to be filled.
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,A sample course (77),Final Score\r\n"
    ",,,,,Manual Posting,\r\n"
    "    Points Possible,,,,,100.00,(read only)\r\n"
    '"Doe, Jane",10001,A1,doejane,"S1, early",%s,12.5\r\n'
    '"Roe, John",10002,A2,roejohn,S1,,\r\n'
    '"Müller, Zoë",10003,A3,mueller,S1,7,\r\n'
    '"Student, Test",10009,,f00,S1,,\r\n'
)
MOODLE = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum Grade",'
    '"Last modified (grade)","Feedback comments"\n'
    '"Participant 10001","Jane Doe",doejane@example.org,"Submitted for grading",%s,100.00,-,\n'
    '"Participant 10002","John Roe",roejohn@example.org,"No submission",,100.00,-,\n'
    '"Participant 10003","Zoë Müller",mueller@example.org,Submitted,,100.00,-,"a\nb"\n'
)
BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t'
    '"A sample course [Total Pts: 100 Score] |4711"\n'
    '"Doe"\t"Jane"\t"doejane"\t"10001"\t"2026-10-01"\t"%s"\n'
    '"Roe"\t"John"\t"roejohn"\t"10002"\t""\t""\n'
    '"Müller"\t"Zoë"\t"mueller"\t"10003"\t""\t""\n'
)
BOOKS = {
    "canvas": (CANVAS, "utf-8-sig", "10001"),
    "canvas by login": (CANVAS, "utf-8", "doejane"),
    "moodle": (MOODLE, "utf-8", "10001"),
    "moodle with a mark": (MOODLE, "utf-8-sig", ""),
    "blackboard": (BLACKBOARD, "utf-16", "doejane"),
    "blackboard in Latin": (BLACKBOARD, "cp1252", "doejane"),
}


def row(sample, name, id_, done=True):
    one = result(name=name, slug=name, student={"id": id_})
    return overview.row(sample, one, graded(one, 4.5) if done else {})


def parsed(content, encoding, delimiter):
    return list(csv.reader(io.StringIO(content.decode(encoding), newline=""), delimiter=delimiter))


@pytest.mark.parametrize("book", BOOKS)
def test_one_cell_changes_and_nothing_else(sample, tmp_path, book):
    text, encoding, id_ = BOOKS[book]
    path = tmp_path / "gradebook.csv"
    path.write_bytes((text % "").encode(encoding))
    table = read_table(path)
    rows = [
        row(sample, "Jane Doe", id_),
        row(sample, "Zoë Müller", "", done=False),
        row(sample, "Ann Poe", "10004"),
    ]
    told = upload.fill(sample, table, rows)
    delimiter = "\t" if "blackboard" in book else ","
    wanted = parsed((text % "97").encode(encoding), encoding, delimiter)
    assert parsed(table.to_bytes(), encoding, delimiter) == wanted
    assert told == [
        "not filled in: Zoë Müller: answers worth 30 wait for a person",
        "refused: Ann Poe (10004): nobody in gradebook.csv has this id or name",
        "no submission: John Roe",
    ]
    if "moodle" not in book:  # whose blanks are quoted, as PHP does
        assert table.to_bytes() == (text % "97").encode(encoding)


@pytest.mark.parametrize(
    ("old", "new", "column", "told"),
    [
        ("100.00", "10", None, "'A sample course (77)' is for 10 points, the course has 100"),
        (
            "A sample course (77)",
            "Linear (77)",
            None,
            "no column is called 'A sample course'; name one",
        ),
        ("", "", "Final Score", "a read-only column is called 'Final Score'"),
        ("Student,ID,SIS User ID,SIS Login ID,", "a,b,c,d,", None, "none of its columns names"),
    ],
)
def test_what_is_unclear_is_refused(sample, tmp_path, old, new, column, told):
    (tmp_path / "book.csv").write_text((CANVAS % "").replace(old, new), newline="")
    with pytest.raises(TableError) as caught:
        upload.fill(sample, read_table(tmp_path / "book.csv"), [], column)
    assert told in str(caught.value)


def test_feedback_goes_back_under_the_names_of_the_download():
    names = {
        "JD_1_assignsubmission_file_": "JD_1_assignsubmission_file_/feedback.html",
        "JR_2_assignsubmission_file_svm.ipynb": "JR_2_assignsubmission_file_"
        "feedback.html",
        "roejohn_LATE_10002_900007_work-1.zip": "roejohn_LATE_10002_900007_work-1.html",
    }  # fmt: skip
    pages = [({"files": [name]}, name.encode()) for name in names]
    with zipfile.ZipFile(io.BytesIO(upload.feedback_zip(pages))) as archive:
        got = {name: archive.read(name).decode() for name in archive.namelist()}
    assert got == {there: name for name, there in names.items()}

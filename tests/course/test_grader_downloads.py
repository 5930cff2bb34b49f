"""What learning management systems hand over: is every file that of a student, or named?

Names follow the systems' rules, and are those of nobody.
"""

import unicodedata
from dataclasses import replace

import pytest
import submissions
from paper_course import COURSE, finished_work
from submissions import SOFTMAX, SVM, to_folder, zip_bytes

from course.export.roster import People, read_table
from course.grader import intake

WORK = zip_bytes(finished_work())
NOTE = b"Name: Jane Doe (doejane)\nAssignment: Linear\nDate Submitted: 1 October 2026 10:00\n"
GRADESCOPE_LIST = b"""---
submission_111:
  :submitters:
  - :name: Jane Doe
    :sid: '10001'
    :email: doejane@example.org
  - :name: "Zo\xc3\xab M\xc3\xbcller"
    :sid: '10003'
    :email: mueller@example.org
  :created_at: 2026-10-01 10:00:00.000000000 Z
submission_112:
  :submitters:
  - :name: John Roe
    :sid: '10002'
    :email: roejohn@example.org
  :created_at: 2026-10-01 11:00:00.000000000 Z
submission_109:
  :submitters:
  - :name: John Roe
    :sid: '10002'
    :email: roejohn@example.org
  :created_at: 2026-09-30 11:00:00.000000000 Z
"""

# What it is, {name: content}, {key: (name, late, time, attempts)}, names that are not graded.
JANE, JOHN = "doejane_10001", "roejohn_10002"
TABLE = {
    "a Canvas download: 3 students, 5 files": (
        {
            "doejane_10001_900001_svm.ipynb": b"{}",
            "doejane_10001_900002_cs.zip": WORK,
            "roejohn_LATE_10002_900003_work.zip": b"old",
            "roejohn_LATE_10002_900007_work-1.zip": WORK,
            "mueller_10003_text.html": b"<p>",
            "doejane_10001_900002_softmax-2.ipynb": b"{}",
            ".DS_Store": b"",
            "readme.md": b"",
        },
        {
            JANE: ("doejane", False, "", 1),
            "mueller_10003": ("mueller", False, "", 1),
            JOHN: ("roejohn", True, "", 2),
        },
        ["readme.md"],
    ),
    "a Moodle download: 3 students, 5 files": (
        {
            "Jane Doe_10001_assignsubmission_file_/a/svm.ipynb": b"{}",
            "Jane Doe_10001_assignsubmission_file_/cs.zip": WORK,
            "Jane Doe_10001_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
            "John Roe_10002_assignsubmission_file_svm.ipynb": b"{}",
            "John Roe_10002_assignsubmission_file_softmax.ipynb": b"{}",
            "Zoë Müller_10003_assignsubmission_file_work.zip": WORK,
        },
        {
            "Jane Doe_10001": ("Jane Doe", False, "", 1),
            "John Roe_10002": ("John Roe", False, "", 1),
            "Zoë Müller_10003": ("Zoë Müller", False, "", 1),
        },
        [],
    ),
    "a Blackboard download: 2 students, 3 files": (
        {
            "Linear_1_doejane_attempt_2026-10-01-10-00-00_svm.ipynb": b"{}",
            "Linear_1_doejane_attempt_2026-10-01-10-00-00_a_b.zip": WORK,
            "Linear_1_doejane_attempt_2026-10-01-10-00-00.txt": NOTE,
            "Linear_1_doejane_attempt_2026-09-30-10-00-00_svm.ipynb": b"{}",
            "Linear_1_roe_john_attempt_2026-10-01-11-02-03_work.zip": WORK,
        },
        {
            "doejane": ("Jane Doe", False, "2026-10-01 10:00:00", 2),
            "roe_john": ("roe_john", False, "2026-10-01 11:02:03", 1),
        },
        [],
    ),
    "a Gradescope export: 3 students, 2 files": (
        {
            "assignment_5_export/submission_metadata.yml": GRADESCOPE_LIST,
            "assignment_5_export/submission_111/work.zip": WORK,
            "assignment_5_export/submission_112/svm.ipynb": b"{}",
            "assignment_5_export/submission_109/svm.ipynb": b"{}",
            "assignment_5_export/stray.txt": b"",
        },
        {
            "Jane Doe_10001": ("Jane Doe", False, "2026-10-01 10:00:00+00:00", 1),
            "John Roe_10002": ("John Roe", False, "2026-10-01 11:00:00+00:00", 2),
            "Zoë Müller_10003": ("Zoë Müller", False, "2026-10-01 10:00:00+00:00", 1),
        },
        ["stray.txt"],
    ),
    "an nbgrader course: 2 students, 3 files": (
        {
            "submitted/doejane/paper/One.ipynb": b"{}",
            "submitted/doejane/paper/timestamp.txt": b"2026-10-01 10:00:00.5 UTC",
            "submitted/roejohn/paper/One.ipynb": b"{}",
            "source/paper/One.ipynb": b"{}",
            "gradebook.db": b"",
        },
        {
            "doejane": ("doejane", False, "2026-10-01 10:00:00+00:00", 1),
            "roejohn": ("roejohn", False, "", 1),
        },
        [],
    ),
    "clones of GitHub Classroom: 2 students, 4 files": (
        {
            "linear-doejane/.git/HEAD": b"ref",
            "linear-doejane/notebooks/One.ipynb": b"{}",
            "linear-roejohn/.git/HEAD": b"ref",
            "linear-roejohn/notebooks/One.ipynb": b"{}",
        },
        {"doejane": ("doejane", False, "", 1), "roejohn": ("roejohn", False, "", 1)},
        [],
    ),
    "a folder or archive a student: 3 students, 5 files": (
        {
            "doejane.zip": WORK,
            "doejane (1).zip": WORK,
            "roejohn/notebooks/One.ipynb": b"{}",
            "roejohn.zip": WORK,
            "Zoë Müller/a": b"",
            "Zoë Müller/b": b"",
            "svm.ipynb": b"{}",
        },
        {
            "Zoë Müller": ("Zoë Müller", False, "", 1),
            "doejane": ("doejane", False, "", 2),
            "roejohn": ("roejohn", False, "", 1),
        },
        ["svm.ipynb"],
    ),
    "a Canvas download and a folder or archive a student: 2 students, 2 files": (
        {"doejane_10001_900001_svm.ipynb": b"{}", "John Roe/work.zip": WORK, "list.pdf": b""},
        {JANE: ("doejane", False, "", 1), "John Roe": ("John Roe", False, "", 1)},
        ["list.pdf"],
    ),
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("told", TABLE)
def test_every_file_is_a_students_or_named(tmp_path, told, zipped):
    files, students, not_graded = TABLE[told]
    place = to_folder(files, tmp_path / "all")
    if zipped:
        place = tmp_path / "all.zip"
        place.write_bytes(zip_bytes(files))
        if any(".git/" in name for name in files):
            pytest.skip("what is hidden is not unpacked, so clones are folders then")
    with intake.unpacked(COURSE, place) as (folder, refused):
        found = intake.find(COURSE, folder)
        assert (found.told, refused) == (told, [])
        got = {one.key: (one.name, one.late, one.time, one.attempts) for one in found.students}
        assert got == students
        assert [name for name, _ in found.not_graded] == not_graded
        slugs = {intake.read(COURSE, one).slug for one in found.students}
        assert len(slugs) == len(students)


def test_all_files_of_a_student_are_one_submission(tmp_path):
    work = finished_work()
    loose = {name: content for name, content in work.items() if name.endswith(".ipynb")}
    package = {name: content for name, content in work.items() if name.startswith("Pack/")}
    files = {f"doejane_10001_90000{n}_{name.rpartition('/')[2]}": loose[name]
             for n, name in enumerate(loose)}  # fmt: skip
    files |= {"doejane_10001_900009_Pack-3.zip": zip_bytes(package)}
    files |= {"doejane_10001_900005_Pack-2.zip": b"Rar!"}
    [one] = intake.find(COURSE, to_folder(files, tmp_path / "all")).students
    submission = intake.read(COURSE, one)
    assert set(submission.files) == {*loose, *package}
    assert "2 attempts: the last one counts; not graded: doejane_10001_900005_Pack-2.zip" in (
        submission.remarks
    )
    assert submission.student["attempts"] == 2 and len(submission.student["files"]) == 3


def test_a_folder_of_one_zip_is_the_download_or_a_student(tmp_path):
    files = {"doejane_10001_900001_work.zip": WORK, "roejohn_10002_900002_work.zip": WORK}
    to_folder({"submissions.zip": zip_bytes(files)}, tmp_path / "all")
    to_folder({"doejane.zip": WORK}, tmp_path / "one")
    for name, keys in (("all", [JANE, JOHN]), ("one", ["doejane"])):
        with intake.unpacked(COURSE, tmp_path / name) as (folder, _):
            assert [one.key for one in intake.find(COURSE, folder).students] == keys


def test_a_folder_of_students_in_a_folder_or_zip_is_no_student(tmp_path):
    work = finished_work()
    ann_and_ben = {f"{who}/w/{name}": text for who in ("ann", "ben") for name, text in work.items()}
    for number, (files, keys) in enumerate([
        (ann_and_ben, ["ann", "ben"]),
        ({"ann.zip": WORK, "ben.zip": WORK}, ["ann", "ben"]),
        (work, ["all"]),
        ({f"hand in/{name}": text for name, text in work.items()}, ["all"]),
    ]):  # fmt: skip
        place = to_folder(
            {f"all/{name}": text for name, text in files.items()}, tmp_path / str(number)
        )
        zipped = to_folder({"all.zip": zip_bytes(files)}, tmp_path / f"{number}-zip")
        deeper = to_folder({"x.zip": zip_bytes(files, "all")}, tmp_path / f"{number}-deeper")
        for one in (place, zipped, *[deeper] * (len(keys) > 1)):
            with intake.unpacked(COURSE, one) as (folder, _):
                assert [who.key for who in intake.find(COURSE, folder).students] == keys


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("kim_10006_text.html", "a text was typed into the system; it is not graded here"),
        ("Su Kim_6_assignsubmission_onlinetext_/onlinetext.html", "a text was typed into the"),
        ("Linear_kim_attempt_2026-10-01-10-00-00.txt", "the attempt of 2026-10-01 10:00:00 holds"),
    ],
)
def test_who_typed_a_text_or_nothing_is_a_row_that_says_so(tmp_path, name, told):
    [one] = intake.find(COURSE, to_folder({name: b"<p>"}, tmp_path / "all")).students
    assert one.remarks[0].startswith(told)
    assert "nothing of the assignment was found" in intake.read(COURSE, one).remarks


def test_blackboards_text_tells_where_the_users_name_begins(tmp_path):
    start = "Linear_1_roe_{}_attempt_2026-10-01-10-00-00"
    files = {f"{start.format(who)}_work.zip": WORK for who in ("john", "jane")}
    files |= {f"{start.format('jane')}.txt": b"Name: Jane Roe (roe_jane)\n"}
    found = intake.find(COURSE, to_folder(files, tmp_path / "all")).students
    assert [(one.id, one.name) for one in found] == [
        ("roe_jane", "Jane Roe"), ("roe_john", "roe_john"),
    ]  # fmt: skip


def test_all_that_a_download_unpacks_to_is_limited_and_what_is_left_out_is_told(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(intake, "UNPACKED_LIMIT", 2_500)
    files = {f"s{n}_1000{n}_90000{n}_svm.ipynb": b"x" * 1_000 for n in range(4)}
    (tmp_path / "all.zip").write_bytes(zip_bytes(files))
    with intake.unpacked(COURSE, tmp_path / "all.zip") as (folder, refused):
        assert len(intake.find(COURSE, folder).students) == 2
    assert [name for name, _ in refused] == sorted(files)[2:]
    assert refused[0][1].endswith("unpack it, and name the folder")


def test_a_name_is_one_student_however_its_letters_are_put_together(tmp_path):
    parts = unicodedata.normalize("NFD", "Zoë Müller")
    files = {
        f"{parts}_10003_assignsubmission_file_/work.zip": WORK,
        "Zoë Müller_10003_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
        f"{parts[:4]}/a": b"",
        "Zoë.zip": WORK,
    }
    found = intake.find(COURSE, to_folder(files, tmp_path / "all")).students
    assert [(one.key, len(one.pieces)) for one in found] == [("Zoë", 2), ("Zoë Müller_10003", 1)]


def test_an_attempt_without_files_does_not_take_the_place_of_one_with_files(tmp_path):
    start = "Linear_poe_attempt_2026-10-0"
    files = {f"{start}{day}-10-00-00.txt": b"Name: Ann Poe (poe)\n" for day in (1, 2)}
    files |= {f"{start}1-10-00-00_work.zip": WORK}
    [one] = intake.find(COURSE, to_folder(files, tmp_path / "all")).students
    assert (one.name, one.attempts, one.time) == ("Ann Poe", 2, "2026-10-01 10:00:00")
    assert len(intake.read(COURSE, one).files) == len(finished_work())
    told = "the attempt of 2026-10-02 10:00:00 holds no file; the one before it counts"
    assert one.remarks == (told,)


@pytest.mark.parametrize("name", ["paper", "Pack"])
def test_a_folder_named_like_the_assignment_is_not_nbgraders_beside_the_work(tmp_path, name):
    """It may be a student's own, or the package's."""
    course = replace(COURSE, name=name)
    files = finished_work() | {"paper/notes.txt": b"mine"}
    class_ = {f"{who}/{path}": content for who in ("ann", "bob") for path, content in files.items()}
    found = intake.find(course, to_folder(class_, tmp_path / "all")).students
    assert [intake.read(course, one).files for one in found] == [finished_work()] * 2


# Lists of students

ROSTERS = {  # as Canvas, Moodle, Blackboard, Gradescope, nbgrader write them
    "canvas": "Student,ID,SIS User ID,SIS Login ID,Section,Linear (1)\r\n"
    "    Points Possible,,,,,100\r\n"
    '"Doe, Jane",10001,A1,doejane,S1,\r\n"Roe, John",10002,A2,roejohn,S1,\r\n'
    '"Müller, Zoë",10003,A3,mueller,S1,\r\n"Student, Test",10009,,f00,S1,\r\n',
    "moodle": "\ufeffIdentifier,Full name,Email address,Grade\n"
    "Participant 10001,Jane Doe,doejane@example.org,\n"
    "Participant 10002,John Roe,roejohn@example.org,\n"
    "Participant 10003,Zoë Müller,mueller@example.org,\n",
    "blackboard": '"Last Name"\t"First Name"\t"Username"\t"Student ID"\n'
    '"Doe"\t"Jane"\t"doejane"\t"10001"\n"Roe"\t"John"\t"roejohn"\t"10002"\n'
    '"Müller"\t"Zoë"\t"mueller"\t"10003"\n',
}


@pytest.mark.parametrize(
    ("system", "encoding"),
    [("canvas", "utf-8"), ("moodle", "utf-8"), ("blackboard", "utf-16"), ("blackboard", "cp1252")],
)
def test_a_list_of_students_tells_names_and_who_is_absent(tmp_path, system, encoding):
    path = tmp_path / "list.csv"
    path.write_bytes(ROSTERS[system].encode(encoding))
    assert read_table(path).to_bytes() == ROSTERS[system].encode(encoding)
    for files in (
        {"doejane_10001_900001_svm.ipynb": b"{}", "Zoë Müller.zip": WORK, "Müller Zoë.zip": WORK},
        {"Jane Doe/a": b"", "Zoe Muller/b": b"", "nobody/c": b""},
    ):
        found = intake.find(
            COURSE, to_folder(files, tmp_path / f"all{len(files)}{len(str(files))}"),
            People(read_table(path)),
        )  # fmt: skip
        names = {one.name for one in found.students}
        assert names - {"nobody"} == {"Jane Doe", "Zoë Müller"}
        assert found.absent == ["John Roe"]
        assert [one.name for one in found.students if one.remarks] == ["nobody"] * (
            "nobody" in names
        )


# Notebooks under other names

NAMES = ["svm (1).ipynb", "svm-Copy1.ipynb", "svm_doejane_12345.ipynb", "Final.ipynb",
         "svm.ipynb.txt"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_renamed_notebook_is_known_by_its_cells(tmp_path, name):
    work = submissions.solved()
    renamed = {one: content for one, content in work.items() if one not in (SVM, SOFTMAX)}
    files = renamed | {f"notebooks/{name}": work[SVM], "Softmax final.ipynb": work[SOFTMAX]}
    submission = read(tmp_path, files)
    assert submission.files == work
    assert f"{SVM}: taken from notebooks/{name}, known by its cells" in submission.remarks
    assert len(submission.remarks) == 2


def test_of_several_notebooks_the_complete_and_latest_one_is_taken(tmp_path):
    work, blank = submissions.solved(), submissions.blank()
    cases = [  # what there is, and what is taken
        ({"svm.ipynb": work[SVM], "svm (1).ipynb": blank[SVM]}, "svm.ipynb"),
        ({"svm.ipynb": blank[SVM], "svm-Copy1.ipynb": work[SVM]}, "svm-Copy1.ipynb"),
        ({"svm (1).ipynb": blank[SVM], "svm (2).ipynb": work[SVM]}, "svm (2).ipynb"),
        ({"svm (1).ipynb": work[SVM], "svm (2).ipynb": work[SVM] + b" "}, "svm (2).ipynb"),
    ]
    for copies, taken in cases:
        rest = {name: content for name, content in work.items() if name != SVM}
        files = rest | {f"notebooks/{name}": content for name, content in copies.items()}
        submission = read(tmp_path, files)
        assert submission.files[SVM] == copies[taken], copies.keys()
        [other] = set(copies) - {taken}
        told = f"{SVM}: it is there more than once; not taken: notebooks/{other}"
        assert told in submission.remarks


def read(folder, files):
    path = folder / "ann.zip"
    path.write_bytes(zip_bytes(files))
    return intake.read(submissions.COURSE, path)

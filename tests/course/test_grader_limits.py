"""Is what is at a limit taken, is what is beyond it not, and is either said?"""

import io
import random
import zipfile

import pytest
from cells import markdown, notebook
from paper_course import COURSE, EXPECTED, FIRST, GIVEN, ONE, THIRD, TWO, finished_work
from submissions import put_zip, to_folder, to_zip, with_file, zip_bytes

from course.grader import intake
from course.grader.intake import archive, examine, layout

LEFT_OUT = "{} more files are left out: too many, or too large together"


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Read files as a submission, whatever they hold; return it."""
    monkeypatch.setattr(examine, "remarks", lambda files: [])

    def read(files, make=to_zip):
        return intake.read(COURSE, make(files, tmp_path / f"{make.__name__}.zip"))

    return read


# The size of a file


@pytest.mark.parametrize("make", [to_zip, to_folder])
@pytest.mark.parametrize(
    ("limit", "name"),
    [
        ("NOTEBOOK_LIMIT", ONE),
        ("NOTEBOOK_LIMIT", TWO),
        ("FILE_LIMIT", FIRST),
        ("FILE_LIMIT", "Pack/given.py"),
        ("FILE_LIMIT", "Pack/own.py"),
        ("FILE_LIMIT", "own.py"),
        ("PICTURE_LIMIT", "pictures/given.png"),
        ("PICTURE_LIMIT", "notebooks/own.png"),
    ],
)
def test_a_file_as_large_as_allowed_is_taken_and_a_byte_more_is_not(
    read, monkeypatch, make, limit, name
):
    files = dict.fromkeys(EXPECTED, b"#") | {TWO: notebook(markdown("own.png"))}
    files[name] = b"#" * 5000
    monkeypatch.setattr(layout, limit, len(files[name]))
    assert (read(files, make).files, read(files, make).remarks) == (files, [])
    monkeypatch.setattr(layout, limit, len(files[name]) - 1)
    submission = read(files, make)
    assert submission.files == with_file(files, name, None)
    assert submission.remarks == [f"{name}: it has more than 0 MB"]


def test_what_the_student_edition_packs_is_taken_whole(read):
    """Both sides speak of the same limits, or a complete submission would lose something."""
    from course.submission import contents

    for name in ("NOTEBOOK_LIMIT", "FILE_LIMIT", "PICTURE_LIMIT", "OWN_LIMIT"):
        assert getattr(layout, name) == getattr(contents, name)
    assert (layout.NOTEBOOK_LIMIT, layout.FILE_LIMIT) == (25_000_000, 1_000_000)
    noise = random.Random(231).randbytes(900_000)
    own = {f"Pack/own{number:02}.py": noise for number in range(22)} | {
        "Pack/z.py": noise[:200_000]
    }
    assert sum(map(len, own.values())) == contents.OWN_LIMIT
    files = finished_work() | own
    submission = read(files, to_folder)
    assert (submission.files, submission.remarks) == (files, [])


def test_how_much_files_shrink_is_bounded_beyond_a_size(read, monkeypatch):
    monkeypatch.setattr(archive, "FREE", 50_000)
    files = dict.fromkeys(EXPECTED, b"#") | {FIRST: b"#" * 50_000}
    assert read(files).files == files  # as large as may be, however much it shrank
    files[FIRST] += b"#"
    submission = read(files)
    assert submission.files == with_file(files, FIRST, None)
    assert submission.remarks == [f"{FIRST}: it is a zip bomb: more than 200 times its packed size"]
    packed = zipfile.ZipFile(io.BytesIO(zip_bytes(files))).getinfo(FIRST).compress_size
    assert packed < 50_001 / archive.RATIO  # so it shrank by more
    monkeypatch.setattr(archive, "FREE", 0)
    files[FIRST] = random.Random(231).randbytes(50_001)
    assert FIRST in read(files).files  # as it did not shrink at all


# The number of files


def numbered(form, count):
    return {form.format(number): b"x = 1\n" for number in range(count)}


WORK = finished_work()
PICTURES = [f"notebooks/{number}.png" for number in range(4)]
DRAWN = WORK | {ONE: notebook(markdown(" ".join(PICTURES)))} | dict.fromkeys(PICTURES, b"1")
COUNTED = {  # limit: (module, files, so many may be there, what goes if one less may, remark)
    "OTHER_FILES": (layout, WORK | numbered("Pack/own{}.py", 4), len(GIVEN) + 4, ["Pack/own3.py"],
                    LEFT_OUT.format(1)),
    "PICTURES": (layout, DRAWN, 4, PICTURES[3:], LEFT_OUT.format(1)),
    "MAX_FILES": (archive, WORK, len(WORK), WORK,
                  f"it cannot be read: it holds more than {len(WORK) - 1} files"),
}  # fmt: skip


@pytest.mark.parametrize("make", [to_zip, to_folder])
@pytest.mark.parametrize("limit", COUNTED)
def test_so_many_files_are_taken_and_no_more(read, monkeypatch, make, limit):
    module, files, most, beyond, told = COUNTED[limit]
    monkeypatch.setattr(module, limit, most)
    assert (read(files, make).files, read(files, make).remarks) == (files, [])
    monkeypatch.setattr(module, limit, most - 1)
    submission = read(files, make)
    assert submission.files == {name: files[name] for name in files if name not in beyond}
    assert submission.remarks == [told]


def test_files_that_are_refused_count_as_they_take_time(read, monkeypatch):
    monkeypatch.setattr(layout, "OTHER_FILES", 2)
    monkeypatch.setattr(layout, "FILE_LIMIT", 20)
    files = dict.fromkeys(EXPECTED, b"#")
    own = {f"Pack/own{number}.py": b"#" * (30 - 10 * (number > 1)) for number in range(4)}
    submission = read(files | own)
    assert submission.files == files
    assert submission.remarks[2:] == [LEFT_OUT.format(2)]


def test_a_students_own_files_together_are_bounded(read, monkeypatch):
    own = numbered("Pack/own{}.py", 4)  # of 6 bytes each
    files = finished_work() | own
    assert sum(len(files[name]) for name in GIVEN) > 12  # these do not count
    for limit, taken in ((18, 4), (17, 3), (12, 3), (11, 2)):
        monkeypatch.setattr(layout, "OWN_LIMIT", limit)
        submission = read(files)
        assert [name for name in own if name in submission.files] == list(own)[:taken]
        assert submission.remarks == [LEFT_OUT.format(4 - taken)] * (taken < 4)
        assert set(finished_work()) <= set(submission.files)


def test_a_zips_list_of_contents_is_read_up_to_a_size(read, monkeypatch):
    files = finished_work()
    size = len(zip_bytes(files)) - zip_bytes(files).index(b"PK\x01\x02") - 22  # without its end
    monkeypatch.setattr(archive, "LIST_LIMIT", size)
    assert read(files).files == files
    monkeypatch.setattr(archive, "LIST_LIMIT", size - 1)
    submission = read(files)
    too_long = "it cannot be read: its list of contents is too long"
    assert (submission.files, submission.remarks) == ({}, [too_long])


# Names


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a" * 255, None),
        ("a" * 256, "its name is too long"),
        ("é" * 127, None),
        ("é" * 128, "its name is too long"),  # of 256 bytes
        ("/".join(["a" * 99] * 10) + "a", None),  # of 1000 characters
        ("/".join(["a" * 99] * 10) + "ab", "its name is too long"),
        ("a/" * 39 + "a", None),
        ("a/" * 40 + "a", "it lies too deep"),
        ("a\x1fb", "its name has control characters"),
        ("a b", None),
        ("a\x7fb", "its name has control characters"),
        ("\ud800", "its name is not UTF-8"),
        ("\udfff", "its name is not UTF-8"),
        ("\ud7ff\ue000", None),
    ],
)
def test_names_are_as_long_and_as_deep_as_allowed(name, why):
    if why is None:
        assert archive.clean(name) == name
    else:
        with pytest.raises(archive.Refused, match=why):
            archive.clean(name)


def test_folders_are_listed_as_deep_as_names_may_be(read, monkeypatch):
    monkeypatch.setattr(archive, "MAX_DEPTH", 3)
    files = finished_work() | {"Pack/a/b.py": b"x = 1\n"}
    deeper = {"Pack/a/c/d.py": b"", "Pack/a/c/e/f/g.py": b"", "Pack/a/c/h/i.py": b""}
    told = [f"Pack/a/c/{name}: it lies too deep" for name in ("d.py", "e", "h")]
    submission = read(files | deeper, to_folder)
    assert (submission.files, submission.remarks) == (files, told)  # e and h are not looked into
    submission = read(files | deeper, to_zip)
    assert (submission.files, len(submission.remarks)) == (files, 3)


# Zips inside, and copies


def test_so_many_zips_inside_are_opened_the_highest_first(read, monkeypatch):
    inner = zip_bytes(finished_work())
    empty = zip_bytes({"readme.txt": b""})
    files = {"a/d.zip": inner, "b.zip": empty, "c.zip": empty}
    assert read(files).files == finished_work()
    monkeypatch.setattr(archive, "INNER_ZIPS", 2)
    submission = read(files)
    assert (submission.files, submission.remarks) == ({}, ["nothing of the assignment was found"])


def test_a_zip_inside_is_opened_up_to_a_size(read, monkeypatch):
    files = {"work.zip": zip_bytes(finished_work())}
    monkeypatch.setattr(archive, "INNER_LIMIT", len(files["work.zip"]))
    assert read(files).files == finished_work()
    monkeypatch.setattr(archive, "INNER_LIMIT", len(files["work.zip"]) - 1)
    submission = read(files)
    assert submission.files == {}
    assert submission.remarks[0] == "work.zip: it has more than 0 MB"


def test_zips_inside_are_not_opened_where_everything_is_there(read):
    submission = read(finished_work() | {"old.zip": zip_bytes({FIRST: b"# old\n"})})
    assert (submission.files, submission.remarks) == (finished_work(), [])
    lacking = with_file(finished_work(), THIRD, None)
    submission = read(lacking | {"old.zip": zip_bytes(finished_work())})
    assert submission.files == finished_work()
    [remark] = submission.remarks
    assert "taken is old.zip (5 of 5 files); not taken: the top folder (4 of 5 files)" in remark


def test_copies_are_told_up_to_three_and_looked_at_up_to_a_number(read, monkeypatch):
    copies = {f"copy{number}/{name}": b"#" for number in range(5) for name in EXPECTED}
    [remark] = read(copies).remarks
    assert remark.count("(5 of 5 files)") == 4 and "copy3 (" in remark and "copy4" not in remark
    # A file in a copy that is not looked at is only another file of this name.
    monkeypatch.setattr(layout, "MAX_PLACES", 2)
    assert read(copies).remarks[0].count("(5 of 5 files)") == 2


# Remarks


@pytest.mark.parametrize(("refused", "lines"), [(20, 20), (21, 21), (22, 21)])
def test_refused_entries_are_told_up_to_a_number(read, refused, lines):
    assert layout.MAX_REFUSED == 20
    bad = {f"../{number}.py": b"" for number in range(refused)}
    submission = read(finished_work() | bad)
    assert submission.files == finished_work() and len(submission.remarks) == lines
    if refused > 20:
        assert submission.remarks[20] == f"and {refused - 20} more entries that were refused"


@pytest.mark.parametrize("bad", [40, 41])
def test_remarks_are_told_up_to_a_number_those_on_what_counts_first(tmp_path, bad):
    assert intake.MAX_REMARKS == 40
    files = finished_work() | {f"Aack/bad{n:02}.py": b"(" for n in range(bad - 1)} | {FIRST: b"("}
    submission = intake.read(COURSE, put_zip(tmp_path / "ann.zip", zip_bytes(files)))
    assert sum("is not Python" in remark for remark in submission.remarks) == 40
    assert any(remark.startswith(FIRST) for remark in submission.remarks)
    assert (submission.remarks[-1] == "and 1 more remarks") == (bad > 40)

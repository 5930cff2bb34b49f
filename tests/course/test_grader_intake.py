"""Is the work found wherever it lies in a submission, and is every submission found and named?"""

import os
import re

import pytest
from cells import markdown, notebook
from paper_course import COURSE, EXPECTED, ONE, finished_work
from submissions import put_zip, to_folder, to_zip, with_file, zip_bytes

from course.grader import intake
from course.grader.intake import downloads
from course.submission import archive as packing
from course.submission.contents import Contents

WORK = finished_work()


@pytest.mark.parametrize("folder", ["", "assignment1", "a b/Ünï/assignment1/assignment1"])
@pytest.mark.parametrize("make", [to_zip, to_folder])
def test_work_is_found_in_folders_and_zips(tmp_path, folder, make):
    extra = {
        "manifest.json": b"{}",
        "html/One.html": b"page",
        "__MACOSX/notebooks/One.ipynb": b"Mac",
        "notebooks/.ipynb_checkpoints/One-checkpoint.ipynb": b"{}",
        "Pack/__pycache__/two.cpython-311.pyc": b"cache",
        "datasets/cifar-10-batches-py/data_batch_1": b"data",
        "tools/download.py": b"ours",
        "notebooks/other.ipynb": b"{}",
    }
    submission = intake.read(COURSE, make(WORK | extra, tmp_path / "ann.zip", folder))
    assert submission.remarks == []
    assert submission.files == WORK


def test_what_make_submission_packs_is_read_as_it_is(tmp_path):
    entries = packing.with_manifest(COURSE, Contents(WORK), {}, {}, "code")
    packing.write(tmp_path / "ann.zip", entries)
    submission = intake.read(COURSE, tmp_path / "ann.zip")
    assert (submission.files, submission.remarks) == (WORK, [])


def test_windows_names_and_letter_case(tmp_path):
    """Older zips of Windows have backslashes, other tools leave these in the names of files."""
    named = {f"Assignment1\\{name}".replace("/", "\\"): WORK[name] for name in WORK}
    assert intake.read(COURSE, to_zip(named, tmp_path / "ann.zip")).files == WORK
    assert intake.read(COURSE, to_folder(named, tmp_path / "ann")).files == WORK
    spellings = {"notebooks/O": "Notebooks/o", "Pack/deep": "pack/DEEP", "pictures": "Pictures"}
    named = WORK
    for ours, theirs in spellings.items():
        named = {name.replace(ours, theirs): content for name, content in named.items()}
    assert not set(named) & {*EXPECTED[:1], *EXPECTED[2:4]}
    submission = intake.read(COURSE, to_zip(named, tmp_path / "bob.zip"))
    assert (submission.files, submission.remarks) == (WORK, [])


@pytest.mark.parametrize("flag", [0, 0x800])
def test_names_in_utf8_and_code_page_437(tmp_path, flag):
    files = {f"Übung/{name}": content for name, content in WORK.items()}
    content = zip_bytes(files | {"Übung/Pack/häufig.py": b"x = 1\n"})
    assert content.count(b"\x00\x08") >= 2 * len(files)  # the flag "UTF-8" in each header
    if not flag:  # as written by tools that know no flag: same bytes, not declared
        content = undeclared(content)
    submission = intake.read(COURSE, put_zip(tmp_path / "ann.zip", content))
    assert submission.files == WORK | {"Pack/häufig.py": b"x = 1\n"}


def undeclared(content):
    """Return a zip without the flag that its names are UTF-8."""
    content = bytearray(content)
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(magic)
        while at >= 0:
            content[at + offset + 1] &= ~0x08
            at = content.find(magic, at + 4)
    return bytes(content)


def test_a_zip_inside_is_opened_one_level_deep(tmp_path):
    inner = zip_bytes(WORK, "assignment1/assignment1")
    for make in (to_zip, to_folder):
        path = make({"up/load.zip": inner, "up/readme.txt": b""}, tmp_path / f"{make.__name__}.zip")
        assert intake.read(COURSE, path).files == WORK
    submission = intake.read(
        COURSE, to_zip({"a.zip": zip_bytes({"b.zip": inner})}, tmp_path / "deep.zip")
    )
    assert submission.files == {}
    assert submission.remarks == ["nothing of the assignment was found"]
    broken = intake.read(COURSE, to_zip({"a.zip": inner[:-100]}, tmp_path / "cut.zip"))
    assert broken.files == {}
    assert broken.remarks[0].startswith("a.zip: it is no zip that can be read")


def test_of_several_copies_the_most_complete_and_highest_is_taken(tmp_path):
    old = {f"old/{name}": b"# old\n" for name in EXPECTED}
    part = {"new/work/" + name: WORK[name] for name in WORK}
    part = with_file(part, "new/work/" + ONE, None)
    taken = intake.read(COURSE, to_zip(part | old, tmp_path / "a.zip"))
    assert taken.files == dict.fromkeys(EXPECTED, b"# old\n")  # 5 of 5 files, the other has 4
    assert any("taken is old (5 of 5 files); not taken: new/work (4" in s for s in taken.remarks)
    top = intake.read(COURSE, to_zip(WORK | old, tmp_path / "b.zip"))
    assert top.files == WORK  # and nothing of old/, though it lies below
    assert "taken is the top folder (5 of 5 files); not taken: old (5 of 5" in top.remarks[0]
    assert len(top.remarks) == 1


def test_files_without_their_folders_are_taken_with_a_word(tmp_path):
    flat = {"hand in/" + name.rpartition("/")[2]: WORK[name] for name in EXPECTED}
    submission = intake.read(COURSE, to_zip(flat, tmp_path / "ann.zip"))
    assert submission.files == {name: WORK[name] for name in EXPECTED}
    assert f"{ONE}: taken from hand in/One.ipynb, not from its own place" in submission.remarks
    assert len(submission.remarks) == len(EXPECTED)


def test_own_code_and_named_pictures_are_taken(tmp_path):
    own = {
        "notebooks/curve.png": b"1",
        "notebooks/K\u00e4se.jpg": b"2",  # spelled as in the notebook, but for the bytes
        "Pack/deep/helper.py": b"x = 1\n",
        "Pack/weights.npz": b"3",
        "plots.py": b"x = 2\n",
    }
    files = WORK | {ONE: notebook(markdown("![](curve.png) ![](Ka\u0308se.jpg)"))} | own
    unused = {"notebooks/unused.png": b"4", "notes.txt": b"5", "Pack/try.ipynb": b"{}"}
    submission = intake.read(COURSE, to_zip(files | unused, tmp_path / "ann.zip"))
    assert (submission.files, submission.remarks) == (files, [])


# The list of submissions


def test_folders_and_archives_are_submissions(tmp_path):
    to_folder(WORK, tmp_path / "ann")
    for name in ("bob.zip", "Cy.ZIP", "dan.tar.gz", "eve.rar"):
        (tmp_path / name).write_bytes(b"")
    for name in ("grades.csv", ".DS_Store", ".hidden.zip"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "__MACOSX").mkdir()
    found = intake.find(COURSE, tmp_path)
    names = [intake.read(COURSE, one).name for one in found.students]
    assert names == ["Cy", "ann", "bob", "dan.tar.gz", "eve.rar"]
    assert found.not_graded == [("grades.csv", downloads.NO_STUDENT)]


def test_folders_without_submissions_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="is no folder"):
        intake.find(COURSE, tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="holds no submission"):
        intake.find(COURSE, tmp_path)
    to_folder(WORK, tmp_path / "ann")
    with pytest.raises(ValueError, match="is itself a submission"):
        intake.find(COURSE, tmp_path / "ann")


NAMES = [
    "Ann", "ann", "ANN", "ann.", ".ann", "-ann", "ann b", "ann  b", "ann\tb", "ann\nb", "a--n",
    "=1+2", "+1", "-1", "@x", "анна", "\u0430nn", "日本", "é", "e\u0301",
    "a/b", "..", ".", "", "<script>",
    "x" * 64, "x" * 65, "x" * 255, "\udc80", "\udc81", "nul\0", "ann@uni.edu", "ann?", "a%2e",
]  # fmt: skip


def test_slugs_are_safe_stable_and_unique():
    slugs = [intake.make_slug(name) for name in NAMES]
    assert len({slug.lower() for slug in slugs}) == len(NAMES)
    for name, slug in zip(NAMES, slugs, strict=True):
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", slug), (name, slug)
        assert (slug == name) == (name in ("ann", "x" * 64))
        if slug != name:  # nobody can choose a name that is somebody else's slug
            assert intake.make_slug(slug) != slug
    assert intake.make_slug("Ann B") == "Ann-B--" + intake.make_slug("Ann B")[-16:]
    assert intake.make_slug("ann_12.b-c") == "ann_12.b-c"
    assert intake.make_slug("Ann").startswith("Ann--") and len(intake.make_slug("Ann")) == 21


def test_names_stay_as_they_are(tmp_path):
    content = zip_bytes({name: WORK[name] for name in EXPECTED})
    for name in ("=1+2", "анна", "<b>", "x" * 200, "new\nline"):
        submission = intake.read(COURSE, put_zip(tmp_path / f"{name}.zip", content))
        assert submission.name == name
    odd = put_zip(tmp_path / os.fsdecode(b"\xff.zip"), content)
    submission = intake.read(COURSE, odd)
    assert (submission.name, submission.remarks) == ("\ufffd", [])
    assert submission.slug.startswith("submission--")


def test_the_key_changes_with_names_and_contents():
    files = {"a": b"1", "b": b"23"}
    key = intake.content_key(files)
    assert key == intake.content_key(dict(reversed(files.items()))) and len(key) == 64
    others = [
        {},
        {"a": b"1"},
        {"a": b"12", "b": b"3"},
        {"a": b"1", "c": b"23"},
        {"b": b"1", "a": b"23"},
    ]
    assert len({key, *map(intake.content_key, others)}) == len(others) + 1

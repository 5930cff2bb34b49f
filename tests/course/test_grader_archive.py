"""Is what could do harm refused, with a line, are limits kept, and is nothing written?"""

import io
import os
import random
import struct
import zipfile
import zlib

import pytest
from paper_course import COURSE, EXPECTED, FIRST, ONE, SECOND, TWO, finished_work
from submissions import put_zip, to_folder, to_zip, with_file, zip_bytes

from course.grader import intake
from course.grader.intake import archive, examine

LINK, PIPE = 0o120777, 0o010644


WORK = finished_work()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../../evil.py", "leads out of the submission"),
        ("Pack/../../evil.py", "leads out of the submission"),
        ("..\\evil.py", "leads out of the submission"),
        ("/etc/evil.py", "name is absolute"),
        ("\\\\server\\evil.py", "name is absolute"),
        ("C:\\evil.py", "name is absolute"),
        ("Pack/evil\n.py", "control characters"),
        ("Pack/" + "e" * 256 + ".py", "too long"),
        ("d/" * 500 + "evil.py", "too long"),
        ("d/" * 45 + "evil.py", "too deep"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path, name, why):
    path = to_zip(WORK | {name: b"evil = 1\n"}, tmp_path / "ann.zip")
    submission = intake.read(COURSE, path)
    assert submission.files == WORK
    [remark] = submission.remarks
    assert why in remark
    assert remark.isprintable() and len(remark) < 400
    assert list(tmp_path.iterdir()) == [path]


def test_links_and_devices_in_zips_are_refused(tmp_path):
    files = WORK | {ONE: (b"/etc/passwd", LINK), "Pack/pipe.py": (b"", PIPE)}
    submission = intake.read(COURSE, to_zip(files, tmp_path / "ann.zip"))
    assert submission.files == with_file(WORK, ONE, None)
    assert set(submission.remarks) == {
        f"{ONE}: it is a link, which is not followed",
        "Pack/pipe.py: it is not a regular file",
        f"{ONE}: it is missing",
    }


def test_links_and_devices_in_folders_are_never_opened(tmp_path):
    secret = to_folder({"first.py": b"secret = 1\n", "sub/x.py": b"y = 1\n"}, tmp_path / "out")
    folder = to_folder(with_file(WORK, FIRST, None), tmp_path / "ann")
    (folder / FIRST).symlink_to(secret / "first.py")
    (folder / "Pack/linked").symlink_to(secret / "sub")
    (folder / "Pack/loop").symlink_to(folder)
    os.mkfifo(folder / "Pack/pipe.py")  # opening it to read would wait for ever
    submission = intake.read(COURSE, folder)
    assert submission.files == with_file(WORK, FIRST, None)
    assert len(submission.remarks) == 5
    assert "Pack/pipe.py: it is not a regular file" in submission.remarks
    assert f"{FIRST}: it is a link, which is not followed" in submission.remarks
    for target, name in ((folder, "eve"), (to_zip(WORK, tmp_path / "bob.zip"), "eve.zip")):
        (tmp_path / name).symlink_to(target)
        submission = intake.read(COURSE, tmp_path / name)
        assert submission.files == {}
        assert submission.remarks == ["it cannot be read: it is a link, which is not followed"]
    os.mkfifo(tmp_path / "pipe.zip")
    assert intake.read(COURSE, tmp_path / "pipe.zip").remarks == [
        "it cannot be read: it is not a regular file"
    ]


def test_a_file_that_became_a_link_since_it_was_listed_is_not_followed(tmp_path):
    (tmp_path / "here").symlink_to("/etc/hostname")
    with pytest.raises(OSError, match="symbolic link"):
        archive.open_regular(tmp_path / "here")


def test_an_unreadable_file_is_a_line(tmp_path, monkeypatch):
    def fail(path):  # root may read everything, so that a mode tests nothing
        raise PermissionError(13, "Permission denied") if path.endswith("One.ipynb") else OSError(5)

    folder = to_folder({name: WORK[name] for name in (ONE, FIRST)}, tmp_path / "ann")
    monkeypatch.setattr(archive, "open_regular", fail)
    submission = intake.read(COURSE, folder)
    assert submission.files == {}
    assert submission.remarks[0] == f"{ONE}: it cannot be read (Permission denied)"
    assert submission.remarks[1] == f"{FIRST}: it cannot be read (5)"


def test_a_submission_that_cannot_be_opened_is_a_line_without_its_path(tmp_path):
    assert intake.read(COURSE, tmp_path / "gone.zip").remarks == [
        "it cannot be read: No such file or directory"
    ]


def test_what_occurs_twice_is_refused(tmp_path):
    buffer = io.BytesIO(zip_bytes(WORK))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(buffer, "a") as file:
        file.writestr(FIRST, b"other = 1\n")
        file.writestr("./" + SECOND, b"other = 1\n")  # another spelling of the same
        file.writestr(ONE + "/inside.py", b"other = 1\n")
        file.writestr("Notebooks/two.ipynb", b"{}")
    submission = intake.read(COURSE, put_zip(tmp_path / "ann.zip", buffer.getvalue()))
    assert submission.files == {name: WORK[name] for name in WORK if name not in (FIRST, SECOND)}
    assert set(submission.remarks) == {
        f"{FIRST}: it is there twice; none is taken",
        f"{SECOND}: it is there twice; none is taken",
        f"{FIRST}: it is missing",
        f"{SECOND}: it is missing",
        f"{ONE}/inside.py: it lies in what is a file",
        f"{TWO}: it is there in another letter case, too",
    }


def test_encrypted_and_oddly_compressed_entries_are_refused(tmp_path):
    buffer = io.BytesIO(zip_bytes(with_file(WORK, FIRST, None)))
    with zipfile.ZipFile(buffer, "a") as file:
        file.writestr(FIRST, WORK[FIRST])
    content = bytearray(buffer.getvalue())
    entry = content.rfind(ONE.encode()) - 46  # in the list of contents
    assert content[entry : entry + 4] == b"PK\x01\x02"
    content[entry + 8] |= 1
    content[content.rfind(FIRST.encode()) - 46 + 10] = 1  # "shrunk", of 1989
    submission = intake.read(COURSE, put_zip(tmp_path / "ann.zip", content))
    assert set(submission.files) == set(WORK) - {ONE, FIRST}
    assert f"{ONE}: it is encrypted" in submission.remarks
    assert any(s.startswith(f"{FIRST}: it is compressed in") for s in submission.remarks)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zips_of_other_methods_are_read_within_the_same_limits(tmp_path, method):
    def pack(files):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as file:
            for name, content in files.items():
                file.writestr(name, content)
        return buffer.getvalue()

    assert intake.read(COURSE, put_zip(tmp_path / "ann.zip", pack(WORK))).files == WORK
    bomb = pack(with_file(WORK, ONE, b" " * 24_000_000))
    remarks = intake.read(COURSE, put_zip(tmp_path / "bob.zip", bomb)).remarks
    assert f"{ONE}: it is a zip bomb: more than 200 times its packed size" in remarks
    damaged = bytearray(pack({FIRST: bytes(range(256))}))
    damaged[damaged.find(FIRST.encode()) + len(FIRST) + 60] ^= 255
    remarks = intake.read(COURSE, put_zip(tmp_path / "eve.zip", damaged)).remarks
    assert any(line.startswith(f"{FIRST}: it cannot be unpacked") for line in remarks)


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"Rar!\x1a\x07\x01\0", "a RAR archive, not a zip; unpack it"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "a 7z archive, not a zip; unpack it"),
        (b"\x1f\x8b\x08\0", "packed by gzip, not a zip; unpack it"),
        (b"\n<!DOCTYPE html><html>", "a page of the web, not a zip; download it anew"),
        (b"", "an empty file, not a zip; download it anew"),
    ],
)
def test_what_is_no_zip_is_told_by_its_first_bytes(tmp_path, start, what):
    remarks = intake.read(COURSE, put_zip(tmp_path / "ann.zip", start)).remarks
    assert remarks[0].startswith(f"it cannot be read: it is {what}")


# Limits


def test_bombs_are_stopped_while_they_unpack(tmp_path):
    """Zeros shrink a thousandfold; neither the limit of a file nor the ratio is passed."""
    bomb = b" " * 30_000_000
    files = with_file(with_file(WORK, ONE, bomb), FIRST, bomb)
    submission = intake.read(COURSE, to_zip(files, tmp_path / "ann.zip"))
    assert set(submission.files) == set(WORK) - {ONE, FIRST}
    assert f"{FIRST}: it has more than 1 MB" in submission.remarks
    assert f"{ONE}: it is a zip bomb: more than 200 times its packed size" in submission.remarks


def test_sizes_that_a_zip_states_are_not_believed(tmp_path):
    """What is stated too small ends there, and has a wrong checksum; too large changes nothing."""
    files = with_file(WORK, "Pack/own.py", b"x = 1\n" * 1000)
    content = zip_bytes(files)
    for stated in (10, 0xFFFFFFF0):
        lying = bytearray(content)
        entry = content.rfind(b"Pack/own.py") - 46
        struct.pack_into("<I", lying, entry + 24, stated)
        submission = intake.read(COURSE, put_zip(tmp_path / "ann.zip", lying))
        if stated == 10:
            assert submission.files == WORK
            assert submission.remarks[0].startswith("Pack/own.py: it cannot be unpacked (Bad CRC")
        else:
            assert (submission.files, submission.remarks) == (files, [])


def test_thousands_of_copies_and_bombs_do_not_hang_the_reader(tmp_path):
    """What is looked for and unpacked is bounded, also where each of it is refused."""
    copies = {f"{number}/{ONE}": b"{}" for number in range(2000)}
    bombs = {f"Pack/{number}.py": b"#" * 1_100_000 for number in range(310)}
    environments = {f"{number}/pyvenv.cfg": b"" for number in range(2000, 4000)}
    submission = intake.read(
        COURSE, to_zip(WORK | copies | bombs | environments, tmp_path / "ann.zip")
    )
    assert submission.files == WORK
    assert len(submission.remarks) == intake.MAX_REMARKS + 1


def test_virtual_environments_are_passed_over(tmp_path):
    env = {"env/pyvenv.cfg": b"", "env/lib/x.py": b"", "env/bin/python": (b"/usr/bin", LINK)}
    assert intake.read(COURSE, to_zip(WORK | env, tmp_path / "ann.zip")).remarks == []


def test_no_broken_zip_stops_the_reader(tmp_path, monkeypatch):
    """Every tenth of a zip, and zips of which a few bytes were changed anywhere."""
    monkeypatch.setattr(examine, "remarks", lambda files: [])  # it is the zips that are looked at
    small = {name: WORK[name] for name in EXPECTED}
    content = zip_bytes(small)
    generator = random.Random(231)
    variants = [content[: len(content) * tenth // 10] for tenth in range(10)]
    for _ in range(60):
        damaged = bytearray(content)
        in_list = [generator.randrange(len(content) - 500, len(content)) for _ in range(5)]
        for place in (*in_list, generator.randrange(len(content))):
            damaged[place] = generator.randrange(256)
        variants.append(bytes(damaged))
    variants += [b"PK\x05\x06" + b"\xff" * 18, zlib.compress(content)]
    said = 0
    for variant in variants:
        submission = intake.read(COURSE, put_zip(tmp_path / "ann.zip", variant))
        said += bool(submission.remarks)
        for name, file in submission.files.items():
            assert small[name] == file
    assert said > 60

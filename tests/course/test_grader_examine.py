"""Is what is wrong with a file said in one line, whatever the file holds?"""

import json

import pytest
from paper_course import COURSE, EXPECTED, FIRST, GIVEN, ONE, finished_work
from submissions import to_zip, with_file

from course.grader import intake
from course.grader.intake import examine, layout
from course.limited import Refused

WORK = finished_work()


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"


DAMAGED = {  # name: [(content, what is said of it), ...]
    FIRST: [
        (b" \n", "it is empty"),
        (LFS, "it is a Git LFS pointer, not the file"),
        (b"x = 1\ny = '\xe4'\n", "it is not UTF-8 (line 2)"),
        ("x = 1\n".encode("utf-16"), "it is not UTF-8 (line 1)"),
        (b"x = 1\n<<<<<<< HEAD\n", "it has the marks of an unfinished merge (line 2)"),
        (b"x = 1\nprint x\n", "line 2 is not Python (Missing parentheses in call to 'print'"),
        (b"x = 1\nraise ValueError, 'no'\n", "line 2 is not Python (invalid syntax)"),
        (b"x = 1\ny = (1,\n", "line 2 is not Python ('(' was never closed)"),
        (b"def f(:\n", "line 1 is not Python ("),
        (
            b"x = \xe2\x80\x9c1\xe2\x80\x9d\n",
            "line 1 is not Python (invalid character '“' (U+201C))",
        ),
        (b"x = 1\0\n", "line 1 is not Python (source code string cannot contain null bytes)"),
        (b"x = '\\d'\n", None),  # a warning for some versions of Python
        ("\ufeffx = 'é'\r\n".encode(), None),
    ],
    ONE: [
        (b"", "it is empty"),
        (LFS, "it is a Git LFS pointer, not the file"),
        (b"<html>", "it is no notebook (not JSON: "),
        (b"[" * 200_000, "it is no notebook (not JSON: "),
        (b'{"nbformat": 3, "worksheets": []}', "it is no notebook (not in notebook format 4)"),
        (b'{"nbformat": 4, "cells": 7}', "it is no notebook (it has no list of cells)"),
        (
            b'{"nbformat": 4, "cells": []}\n<<<<<<< HEAD\n',
            "it has the marks of an unfinished merge",
        ),
        (b'{"nbformat": 4, "cells": [], "metadata": 3}', None),
        (b'{"nbformat": 4, "cells": [], "metadata": {"kernelspec": ["python2"]}}', None),
    ],
}


@pytest.mark.parametrize(
    ("name", "content", "said"), [(name, *row) for name, rows in DAMAGED.items() for row in rows]
)
def test_damaged_files_are_remarked_on(tmp_path, name, content, said):
    files = with_file(WORK, name, content)
    submission = intake.read(COURSE, to_zip(files, tmp_path / "ann.zip"))
    assert submission.files == files
    assert len(submission.remarks) == (said is not None)
    assert all(remark.startswith(f"{name}: {said}") for remark in submission.remarks)


@pytest.mark.parametrize(
    "content",
    [
        b"(" * 100_000,
        b"x = " + b"-" * 300_000 + b"1",
        b"x" + b".y" * 200_000,
        b"x = " + b"1 + " * 100_000 + b"1",
        b"x = " + b"[" * 90 + b"]" * 90,
        b"".join(b" " * i + b"if 1:\n" for i in range(99)) + b" " * 99 + b"x",
        b"f'" + b"{x:" * 5000 + b"'",
    ],
    ids=lambda content: repr(content[:8]),
)
def test_no_source_brings_the_reader_down(content):
    lines = examine.remarks({"a.py": content, "b.py": b"print 1\n"})
    assert lines[-1].startswith("b.py: line 1 is not Python")
    assert len(lines) <= 2


def test_a_file_that_the_child_dies_of_is_named_and_the_others_are_examined(monkeypatch):
    hostile = b'{"cells": [' + b"{}," * 8_000_000 + b"{}]}"
    good = json.dumps({"nbformat": 4, "cells": []}).encode()
    lines = examine.remarks({"a.ipynb": hostile, "b.ipynb": good, "c.py": b""})
    assert lines[-1] == "c.py: it is empty"
    assert len(lines) == 2 and lines[0].startswith("a.ipynb: it ")

    def die(name, content):
        raise Refused("the parser crashes")

    monkeypatch.setattr(examine, "problem", die)
    lines = examine.remarks({f"{number}.py": b"" for number in range(9)})
    assert lines == [f"{n}.py: it cannot be parsed" for n in range(examine.MOST_HOSTILE)]


def test_an_empty_file_is_right_where_it_makes_a_package():
    assert examine.remarks({"Pack/own/__init__.py": b"", "a.py": b""}) == ["a.py: it is empty"]


def test_missing_files_are_remarked_on(tmp_path):
    for name in EXPECTED:
        submission = intake.read(COURSE, to_zip(with_file(WORK, name, None), tmp_path / "ann.zip"))
        assert submission.remarks == [f"{name}: it is missing"]
    theirs = {name: WORK[name] for name in WORK if name not in GIVEN}
    assert (
        intake.read(COURSE, to_zip(theirs, tmp_path / "ann.zip")).remarks == []
    )  # ours take their place
    submission = intake.read(COURSE, to_zip({"essay.txt": b"none"}, tmp_path / "ann.zip"))
    assert submission.remarks == ["nothing of the assignment was found"]


def test_remarks_are_printable_and_few(tmp_path):
    nasty = {f"../{number}\x1b[31m\u202e{'é' * 900}.py": b"" for number in range(300)}
    submission = intake.read(COURSE, to_zip(WORK | nasty, tmp_path / "ann.zip"))
    assert submission.files == WORK
    assert len(submission.remarks) == layout.MAX_REFUSED + 1
    assert all(remark.isprintable() and len(remark) < 400 for remark in submission.remarks)
    bad = {f"Pack/bad{number}.py": b"(" for number in range(100)}
    submission = intake.read(COURSE, to_zip(WORK | bad, tmp_path / "ann.zip"))
    assert len(submission.remarks) == intake.MAX_REMARKS + 1
    assert submission.remarks[-1] == "and 60 more remarks"

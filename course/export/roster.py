"""Lists of students, as learning management systems export them: read, and found again.

    read_table(path) -> Table        any gradebook or list, with what is needed to write it again
    People(table)                    who stands in it; find(student) -> number of the line, or None

Canvas's gradebook, Moodle's worksheet, Blackboard's download, Gradescope's and nbgrader's lists
are told apart by nothing: what counts is how columns are called.
"""

import csv
import io
import re
import unicodedata
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

LIMIT = 50_000_000  # bytes of a file
# Columns by what they hold, in small letters without signs.
NAME = ("student", "fullname", "name", "studentname")
FIRST, LAST = ("firstname", "givenname"), ("lastname", "surname", "familyname")
ID = ("id", "identifier", "username", "sid", "studentid", "idnumber", "sisuserid", "sisloginid")
ID += ("emailaddress", "email", "login", "githubusername", "integrationid")
# When it was handed in, and when it is due for one student; a dash is none.
TIME = ("handedin", "submitted", "submissiontime", "lastmodifiedsubmission", "timestamp")
DUE = ("due", "duedate", "extendedto")


class TableError(ValueError):
    """What is wrong with a list of students, with the way out."""


@dataclass
class Table:
    """The lines of a CSV file, the first of which names the columns, and how it was written."""

    path: Path
    lines: list
    encoding: str
    delimiter: str
    quoting: int
    end: str

    @property
    def columns(self):
        return self.lines[0]

    def to_bytes(self):
        file = io.StringIO(newline="")
        csv.writer(
            file, delimiter=self.delimiter, lineterminator=self.end, quoting=self.quoting
        ).writerows(self.lines)
        return file.getvalue().encode(self.encoding)


def read_table(path):
    """Return the Table in a file. Raises TableError, OSError."""
    with Path(path).open("rb") as file:
        content = file.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise TableError(f"{path}: it has more than {LIMIT // 10**6} MB; is it a list of students?")
    for encoding in encodings(content):
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            break
    else:
        raise TableError(f"{path}: it is cut off, or no text; export it anew")
    end = "\r\n" if "\r\n" in text else "\n"
    first = text.partition("\n")[0]
    delimiter = max(",\t;", key=first.count)
    quoted = re.match(rf'"[^"]*"({delimiter}"[^"]*")*\s*$', first)
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise TableError(f"{path}: it is no CSV file ({error})") from None
    if len(lines) < 2 or len(lines[0]) < 2:
        raise TableError(f"{path}: it is no list of students: it has no columns, or no lines")
    return Table(Path(path), lines, encoding, delimiter, quoting, end)


def encodings(content):
    """Return the encodings that a text may have, the likeliest first."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ["utf-16"]  # Blackboard's "xls", which is text with tabs
    if content.startswith(b"\xef\xbb\xbf"):
        return ["utf-8-sig"]
    return ["utf-8", "cp1252", "latin-1"]  # the last of which any bytes are


def letters(text):
    """Return a name by which people are found: small letters and digits, without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in plain if one.isalnum())


def is_student(line):
    """Whether a line is that of a student: Canvas has lines of points, and a student to test."""
    first = line[0].strip().casefold() if line else ""
    return bool("".join(line).strip()) and not first.startswith(
        ("points possible", "student, test")
    )


class People:
    """The students of a table."""

    def __init__(self, table):
        self.table = table
        names = [letters(one) for one in table.columns]
        self.ids = [i for i, name in enumerate(names) if name in ID]

        def column(known):
            return next((i for i, name in enumerate(names) if name in known), None)

        self.full, *self.parts = map(column, (NAME, FIRST, LAST))
        self.times = column(TIME), column(DUE)
        if not self.ids and self.full is None and None in self.parts:
            raise TableError(
                f"{table.path}: none of its columns names students ({', '.join(table.columns)}); "
                "one has to be called ID, Username, Email, Student or Full name"
            )
        self.lines = [
            number
            for number, line in enumerate(table.lines)
            if number and is_student(line) and (self.id(number) or self.name(number))
        ]

    def cell(self, number, column):
        line = self.table.lines[number]
        return line[column].strip() if column is not None and column < len(line) else ""

    def name(self, number):
        """Return "Jane Doe" of a line, in whatever order it is written there."""
        if self.full is None:
            return " ".join(filter(None, (self.cell(number, part) for part in self.parts)))
        last, comma, first = self.cell(number, self.full).partition(",")
        return f"{first.strip()} {last}" if comma else last

    def id(self, number):
        return next(filter(None, (self.cell(number, column) for column in self.ids)), "")

    def time(self, number):
        return self.cell(number, self.times[0]).strip("-")

    def due(self, number):
        return self.cell(number, self.times[1]).strip("-")

    @cached_property
    def by_id(self):
        """{identifier: line}, without those that are of several."""
        found = [
            (value.casefold(), number)
            for number in self.lines
            for value in {self.cell(number, column) for column in self.ids}
            if value
        ]
        # Moodle's worksheet says "Participant 10001", its files 10001.
        found += [(value.split()[-1], n) for value, n in found if value.startswith("participant ")]
        return unique(found)

    @cached_property
    def by_name(self):
        found = []
        for number in self.lines:
            name = self.name(number)
            words = name.split()
            turned = {" ".join(words[-n:] + words[:-n]) for n in range(len(words))}
            found += [(letters(one), number) for one in turned if one]
        return unique(found)

    def find(self, student):
        """Return the line of a student {"name", "id", "email"}; None if it is none, or not one."""
        for key in ("id", "email"):
            value = (student.get(key) or "").casefold()
            if value and value in self.by_id:
                return self.by_id[value]
        name = student.get("name") or ""
        if (value := name.casefold()) in self.by_id:  # a folder that is called like an id
            return self.by_id[value]
        return self.by_name.get(letters(name))


def unique(pairs):
    counts = Counter(key for key, _ in set(pairs))
    return {key: number for key, number in pairs if counts[key] == 1}

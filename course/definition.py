"""What a course asks, read from exercises/course.toml: the one place that lists it.

    load(root) -> Course      the declaration, sound in itself; DefinitionError names what is not

Whether it fits the notebooks and the code beside it is told by course/edition/whole.py, which
instructors have.
"""

import fnmatch
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

from course import ROOT
from course.kinds import Kind
from course.soundness import check
from course.tables import MADE, POINTS, Reader

FILE = "exercises/course.toml"
CHECKS = "exercises/checks.npz"
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")


def is_picture(name):
    return name.lower().endswith(PICTURES)


class DefinitionError(ValueError):
    """What is wrong with a course's definition: problems, one a line."""


@dataclass(frozen=True)
class Notebook:
    """A notebook that is handed out and in.

    file     its path from the root, such as notebooks/one.ipynb
    locked   ids of cells that students need not edit, besides questions and checks
    stamp    id of the cell after which the student edition notes which code is in use
    place    id of the cell after which an edition with an address fetches what is not there
    line     where it is declared
    """

    file: str
    locked: tuple = ()
    stamp: str = "imports"
    place: str = "place"
    line: int = field(default=0, metadata=MADE)

    @property
    def name(self):
        """Its short name, by which results and tables call it."""
        return PurePosixPath(self.file).stem


@dataclass(frozen=True)
class Exercise:
    """A function or method that students write, and that is checked automatically.

    kind         the folder below exercises/ that draws its problems, calls and judges it
    problems     the name of its set of problems; exercises of one kind may share a set
    file         where it is written, from the root
    attribute    what is called there: a function or a class; its name, if not said
    functions    whose text belongs to it, in the file's order; its attribute, if not said
    notebook     the notebook with the cell that checks it
    cell         the id of that cell
    points       all of them are given if it is right
    parts        {part: points} of these, of all parts that its kind has; if none are declared, an
                 exercise that is not right earns nothing
    minutes      that a student may need, as the students' README tells; 0 if none are told
    vectorized   whether it is to do without loops
    groups       names under which misconceptions.toml plants in several exercises at once
    hints        up to three, from the idea to the step that is usually missed
    line         where it is declared
    """

    name: str
    kind: str
    problems: str
    file: str
    notebook: str
    cell: str
    points: int
    attribute: str = ""
    functions: tuple = ()
    vectorized: bool = False
    groups: tuple = ()
    hints: tuple = ()
    minutes: int = 0
    parts: POINTS = field(default_factory=dict, hash=False)
    line: int = field(default=0, metadata=MADE)

    def __post_init__(self):
        object.__setattr__(self, "attribute", self.attribute or self.name)
        object.__setattr__(self, "functions", self.functions or (self.attribute,))

    @property
    def module(self):
        """The name by which the file is imported."""
        return self.file.removesuffix(".py").replace("/", ".")


NO_WORDS = {"hints": (), "minutes": 0, "line": 0}  # of an exercise, from which no verdict follows


@dataclass(frozen=True)
class ByHand:
    """A cell that a person grades: an answer in prose or, without a question, code.

    notebook, cell   where it is: the notebook's short name, the cell's id
    title            what it is called in feedback and gradebooks
    question         the id of the cell that asks, which stands before that of the answer
    rubric           what earns how many points, a line each: for whoever grades, not handed out
    minutes          as those of an Exercise
    line             where it is declared
    """

    notebook: str
    cell: str
    title: str
    points: int
    question: str = ""
    rubric: tuple = ()
    minutes: int = 0
    line: int = field(default=0, metadata=MADE)

    @property
    def kind(self):
        return "answer" if self.question else "code"


@dataclass(frozen=True)
class Files:
    """Which files are handed out and in. In a pattern, * stands for anything but a slash.

    handed_out   patterns of what students get besides the notebooks
    pictures     folders in which a picture of a student's own may lie
    renamed      {name here: name in the student edition}, of files that are handed out
    shared       lines of solutions that stand in given code, too, and give nothing away
    """

    handed_out: tuple
    pictures: tuple = ()
    renamed: dict = field(default_factory=dict)
    shared: tuple = ()

    def hold(self, name):
        """Whether a file of the solved tree is handed out."""
        return any(
            name.count("/") == pattern.count("/") and fnmatch.fnmatchcase(name, pattern)
            for pattern in self.handed_out
        )


@dataclass(frozen=True)
class DataSet:
    """A data set that notebooks run on: its folder, how it is told there, and what gets it."""

    name: str
    folder: str
    told: str
    get: tuple


@dataclass(frozen=True)
class Data:
    """The data sets, the best first.

    variable   the environment variable that names another folder for one run
    marker     a file in each of them; where it is, the data set is
    sets       names of data sets: DataSet
    stored     the one on which the outputs that are stored were made
    seeded     functions that draw random numbers unless they are given a generator
    """

    variable: str = ""
    marker: str = ""
    sets: dict = field(default_factory=dict, metadata=MADE)
    stored: str = ""
    seeded: tuple = ()


@dataclass(frozen=True)
class Deadline:
    """When work is due, and what being late costs; without the table [deadline], nothing.

    due       with its zone, in which times are read that name none
    grace     minutes that cost nothing
    per_day   percent of all points, for each day that has begun
    at_most   percent
    line      where it is declared
    """

    due: datetime
    grace: int = 0
    per_day: int = 0
    at_most: int = 100
    line: int = field(default=0, metadata=MADE)


@dataclass(frozen=True, eq=False)
class Course:
    """All that is declared of a course, and where it lies.

    name         of the assignment in gradebooks
    title        what people call it
    package      the folder of the code in which students write
    folder       what the student edition unpacks to
    points       that its exercises and what is graded by hand have together
    exercises, notebooks are dictionaries by name, in the order of the file; by_hand is a tuple.
    """

    name: str
    title: str
    package: str
    folder: str
    points: int
    root: Path = field(metadata=MADE)
    notebooks: dict = field(metadata=MADE)
    exercises: dict = field(metadata=MADE)
    by_hand: tuple = field(metadata=MADE)
    files: Files = field(metadata=MADE)
    data: Data = field(metadata=MADE)
    deadline: Deadline | None = field(default=None, metadata=MADE)

    @property
    def data_file(self):
        """The problems and expected values of the self-checks."""
        return self.root / CHECKS

    @cached_property
    def exercise_files(self):
        """The files in which students write, each once."""
        return tuple(dict.fromkeys(one.file for one in self.exercises.values()))

    @cached_property
    def notebook_files(self):
        return tuple(one.file for one in self.notebooks.values())

    @cached_property
    def expected_files(self):
        """What no submission can be graded without."""
        return (*self.notebook_files, *self.exercise_files)

    def graded_cells(self, notebook):
        """Return {cell id: Exercise or ByHand} of a notebook's cells that earn points."""
        graded = (*self.exercises.values(), *self.by_hand)
        return {one.cell: one for one in graded if one.notebook == notebook}

    def is_handed_out(self, name):
        """Whether a file of this name came with the student edition."""
        renamed = self.files.renamed
        return (
            name in self.notebook_files
            or name in renamed.values()
            or (name not in renamed and self.files.hold(name))
        )

    def is_given(self, name):
        """Whether a file is handed out, and handed in again: a notebook, the package, a picture."""
        top = name.split("/")[0]
        inside = top == self.package or (top in self.files.pictures and is_picture(name))
        return name in self.notebook_files or (inside and self.is_handed_out(name))

    def kind(self, name):
        """Return the Kind of exercise in the folder exercises/<name>/."""
        return Kind(self.root, name)


# Read the declaration


def load(root=ROOT):
    """Return the Course that the folder `root` declares.

    Raises DefinitionError, which lists every problem and the way out; FileNotFoundError if there
    is no declaration.
    """
    root = Path(root).resolve()
    return load_version(root, (root / FILE).stat().st_mtime_ns)


@lru_cache(maxsize=16)
def load_version(root, mtime):
    """Return the Course; the same object as long as the declaration does not change."""
    try:
        text = (root / FILE).read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DefinitionError(f"{FILE}: {error}") from None
    reader = Reader(FILE, text)
    course = read_course(table, root, reader)
    if not reader.problems:
        check(course, reader)
    if reader.problems:
        raise DefinitionError("\n".join(reader.problems))
    return course


def read_course(table, root, reader):
    """Return the Course of a TOML table; the reader collects what does not fit."""
    notebooks = reader.each(Notebook, table, "notebook")
    exercises = reader.each(Exercise, table, "exercise")
    by_hand = reader.each(ByHand, table, "by_hand")
    files = reader.one(Files, table, "files")
    data = table.get("data", {})
    sets = reader.each(DataSet, data if isinstance(data, dict) else {}, "set", "data.set")
    data = reader.one(Data, table, "data", sets=reader.by_name(sets, "data.set"))
    deadline = reader.one(Deadline, table, "deadline") if "deadline" in table else None
    course = reader.one(
        Course,
        table,
        "course",
        root=root,
        notebooks=reader.by_name(notebooks, "notebook"),
        exercises=reader.by_name(exercises, "exercise"),
        by_hand=tuple(by_hand),
        files=files,
        data=data,
        deadline=deadline,
    )
    for name in table:
        known = "[course], [[notebook]], [[exercise]], [[by_hand]], [files], [data], [[data.set]], "
        known += "[deadline]"
        reader.say(reader.line_of(f"[{name}"), f"there is no table [{name}]; there are {known}")
    return course

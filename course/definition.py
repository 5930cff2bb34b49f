"""What a course asks, read from exercises/course.toml: the one place that lists it.

    load(root) -> Course      the declaration, sound in itself; DefinitionError names what is not

Whether it fits the notebooks and the code beside it is told by course/edition/whole.py, which
instructors have.
"""

import fnmatch
import hashlib
import importlib.util
import sys
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

from course import ROOT
from course.tables import MADE, POINTS, Reader

FILE = "exercises/course.toml"
CHECKS = "exercises/checks.npz"
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")
MOST_HINTS = 3


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
        return Kind(self, name)


@dataclass(frozen=True)
class Kind:
    """The three parts of a kind of exercise, each imported when it is needed."""

    course: Course
    name: str

    @property
    def call_file(self):
        """The file that runs beside a student's code."""
        return self.course.root / "exercises" / self.name / "call.py"

    @property
    def call(self):
        return self.part("call")

    @property
    def judge(self):
        return self.part("judge")

    @property
    def problems(self):
        """Draws problems and knows what is expected: on the instructors' side alone."""
        return self.part("problems")

    def part(self, name):
        return importlib.import_module(f".{name}", self.package.__name__)

    @property
    def package(self):
        return importlib.import_module(f"{declaration(self.course.root)}.{self.name}")

    def parts(self, exercise):
        """Return {part: titles of the lines that have to be right} of an Exercise of this kind."""
        return self.package.parts(exercise) if hasattr(self.package, "parts") else {}


def declaration(root):
    """Import the package exercises/ of a course; return the name under which it is found.

    Courses in other folders than this one get names of their own, so that two can be loaded side
    by side.
    """
    name = "exercises"
    if root != ROOT:
        name += "_" + hashlib.sha256(str(root).encode()).hexdigest()[:12]
    if name not in sys.modules:
        folder = root / "exercises"
        spec = importlib.util.spec_from_file_location(
            name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return name


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


# Check that it is sound in itself


def check(course, reader):
    """Let the reader collect what does not fit together in the declaration."""
    graded = (*course.exercises.values(), *course.by_hand)
    cells = {}
    for one in graded:
        if one.notebook not in course.notebooks:
            known = ", ".join(course.notebooks)
            reader.say(one.line, f"there is no notebook {one.notebook!r}; there are: {known}")
        if one.points < 1:
            reader.say(one.line, f"{one.cell!r} has {one.points} points; at least 1 is needed")
        place = one.notebook, one.cell
        if place in cells:
            what = f"the cell {one.cell!r} of {one.notebook!r} is declared in line {cells[place]}"
            reader.say(one.line, f"{what}, too; each is graded once")
        cells[place] = one.line
    titles = {}
    for one in course.by_hand:
        first = titles.setdefault((one.notebook, one.title), one)
        if first is not one:
            what = f"{one.title!r} is the title of the cell {first.cell!r}, too"
            reader.say(one.line, f"{what}; points are listed by titles")
    check_exercises(course, reader)
    check_files(course, reader)
    if (total := sum(one.points for one in graded)) != course.points:
        line = reader.line_of("points", reader.line_of("[course]"))
        what = f"the points sum to {total}, not to {course.points}"
        reader.say(line, f"{what}: change these, or those of exercises and [[by_hand]]")
    if late := course.deadline:
        for key, most in (("grace", 100_000), ("per_day", 100), ("at_most", 100)):
            if not 0 <= (number := getattr(late, key)) <= most:
                line = reader.line_of(key, late.line)
                reader.say(line, f"[deadline]: {key} has to be 0 to {most}, not {number}")
    stored, sets = course.data.stored, course.data.sets
    if stored and stored not in sets:
        what = f"there is no data set {stored!r}; there are: {', '.join(sets)}"
        reader.say(reader.line_of("stored", reader.line_of("[data]")), what)


def check_exercises(course, reader):
    kinds = {}
    for one in course.exercises.values():
        if not (one.file.startswith(f"{course.package}/") and one.file.endswith(".py")):
            what = f"{one.name}: {one.file} is no Python file in {course.package}/"
            reader.say(one.line, f"{what}, the folder that is handed in")
        if len(one.hints) > MOST_HINTS:
            what = f"{one.name} has {len(one.hints)} hints; at most {MOST_HINTS} are shown"
            reader.say(one.line, what)
        first = kinds.setdefault(one.problems, one)
        if first.kind != one.kind:
            what = f"{one.name} is of the kind {one.kind!r}, but shares the problems"
            reader.say(one.line, f"{what} {one.problems!r} with {first.name}, a {first.kind!r}")
        if one.parts and course.kind(one.kind).call_file.exists():
            check_parts(course, one, reader)


def check_parts(course, exercise, reader):
    line, name = reader.line_of("parts", exercise.line), exercise.name
    known = course.kind(exercise.kind).parts(exercise)
    if exercise.parts.keys() != known.keys():
        what = f"{name} has the parts {', '.join(exercise.parts)}"
        told = f"its kind, {exercise.kind!r}, has {', '.join(known) or 'none'}"
        reader.say(line, f"{what}; {told}: each of these needs points")
    if (total := sum(exercise.parts.values())) != exercise.points:
        reader.say(
            line, f"{name}: the points of its parts sum to {total}, not to {exercise.points}"
        )
    if least := [part for part, points in exercise.parts.items() if points < 0]:
        reader.say(line, f"{name}: {least[0]} has {exercise.parts[least[0]]} points")


def check_files(course, reader):
    line = reader.line_of("renamed", reader.line_of("[files]")) or reader.line_of("[files.renamed]")
    for here, there in course.files.renamed.items():
        if not course.files.hold(here):
            reader.say(line, f"{here} is renamed, but not among the files that are handed_out")
        if there not in course.files.renamed and course.files.hold(there):
            reader.say(line, f"{here} and {there} would both be {there} in the student edition")

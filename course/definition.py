"""What a course asks, read from exercises/course.toml: the one place that lists it.

    load(root) -> Course      the declaration, sound in itself; ValueError names what is not

Whether it fits the notebooks and the code beside it is told by course/edition/whole.py, which
instructors have.
"""

import difflib
import fnmatch
import hashlib
import importlib.util
import sys
import tomllib
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

from course import ROOT

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
    """

    file: str
    locked: tuple = ()
    stamp: str = "imports"

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
    vectorized   whether it is to do without loops
    groups       names under which misconceptions.toml plants in several exercises at once
    hints        up to three, from the idea to the step that is usually missed
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

    def __post_init__(self):
        object.__setattr__(self, "attribute", self.attribute or self.name)
        object.__setattr__(self, "functions", self.functions or (self.attribute,))

    @property
    def module(self):
        """The name by which the file is imported."""
        return self.file.removesuffix(".py").replace("/", ".")


@dataclass(frozen=True)
class ByHand:
    """A cell that a person grades: an answer in prose or, without a question, code."""

    notebook: str
    cell: str
    title: str
    points: int
    question: str = ""

    @property
    def kind(self):
        return "answer" if self.question else "code"


@dataclass(frozen=True)
class Files:
    """Which files are handed out and in. In a pattern, * stands for anything but a slash.

    handed_out   patterns of what students get besides the notebooks
    pictures     folders in which a picture of a student's own may lie
    renamed      {name here: name in the student edition}
    """

    handed_out: tuple
    pictures: tuple = ()
    renamed: dict = field(default_factory=dict)


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
    sets: dict = field(default_factory=dict)
    stored: str = ""
    seeded: tuple = ()


@dataclass(frozen=True, eq=False)
class Course:
    """All that is declared of a course, and where it lies.

    exercises, notebooks are dictionaries by name, in the order of the file; by_hand is a tuple.
    """

    root: Path
    name: str
    title: str
    package: str
    folder: str
    points: int
    notebooks: dict
    exercises: dict
    by_hand: tuple
    files: Files
    data: Data

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
        return name in self.notebooks_by_file or any(
            name.count("/") == pattern.count("/") and fnmatch.fnmatchcase(name, pattern)
            for pattern in self.files.handed_out
        )

    def is_given(self, name):
        """Whether a file is handed out, and handed in again: a notebook, the package, a picture."""
        top = name.split("/")[0]
        inside = top == self.package or (top in self.files.pictures and is_picture(name))
        return name in self.notebooks_by_file or (inside and self.is_handed_out(name))

    @cached_property
    def notebooks_by_file(self):
        return {one.file: one for one in self.notebooks.values()}

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
        return importlib.import_module(f"{declaration(self.course.root)}.{self.name}.{name}")


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


# Read and check the declaration


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
    text = (root / FILE).read_text(encoding="utf-8")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(f"{FILE}: {error}") from None
    reader = Reader(text)
    notebooks = reader.each(Notebook, table.pop("notebook", []), "notebook")
    exercises = reader.each(Exercise, table.pop("exercise", []), "exercise")
    by_hand = reader.each(ByHand, table.pop("by_hand", []), "by_hand")
    files = reader.one(Files, table.pop("files", {}), "files")
    data = table.pop("data", {})
    sets = reader.each(DataSet, data.pop("set", []), "data.set")
    data = reader.one(Data, data | {"sets": {one.name: one for one in sets}}, "data")
    head = table.pop("course", {})
    for name in table:
        reader.say(f"[{name}]", f"there is no table [{name}]")
    if not reader.problems:
        own = {"root": root, "files": files, "data": data, "by_hand": tuple(by_hand)}
        own["notebooks"] = {one.name: one for one in notebooks}
        own["exercises"] = {one.name: one for one in exercises}
        course = reader.one(Course, head | own, "course")
    if not reader.problems:
        check(course, exercises, notebooks, reader)
    if reader.problems:
        raise DefinitionError("\n".join(reader.problems))
    return course


class Reader:
    """Makes objects of tables, and collects what is wrong, with lines of the file."""

    def __init__(self, text):
        self.lines, self.problems = text.splitlines(), []

    def say(self, sought, what):
        """Add a problem, with the first line that holds what is sought."""
        numbers = (n for n, line in enumerate(self.lines, 1) if sought in line)
        number = next(numbers, None)
        self.problems.append(f"{FILE}{f', line {number}' if number else ''}: {what}")

    def each(self, cls, tables, name):
        return [one for table in tables if (one := self.one(cls, table, name)) is not None]

    def one(self, cls, table, name):
        """Return an object of the dataclass `cls`, None if the table does not fit it."""
        known, before = {one.name: one for one in fields(cls)}, len(self.problems)
        told = next((f" {table[key]!r}" for key in ("name", "cell", "file") if key in table), "")
        for key in table.keys() - known.keys():
            near = difflib.get_close_matches(key, known, 1)
            way_out = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
            self.say(key, f"[{name}]{told} has no setting {key!r}{way_out}")
        for key, one in known.items():
            if one.default is MISSING and one.default_factory is MISSING and key not in table:
                self.say(told.strip(" '") or f"[{name}]", f"[{name}]{told} lacks the setting {key}")
            elif key in table:
                wanted = list if one.type is tuple else one.type
                if type(table[key]) is not wanted and not isinstance(table[key], one.type):
                    what = f"[{name}]{told}: {key} is {table[key]!r}, which is no {wanted.__name__}"
                    self.say(key, what)
        if len(self.problems) > before:
            return None
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in table.items()})


def check(course, exercises, notebooks, reader):
    """Add what does not fit together in the declaration itself."""
    seen = set()
    for what, names in (
        ("exercise", [one.name for one in exercises]),
        ("notebook", [one.name for one in notebooks]),
        ("graded cell", [f"{one.notebook}: {one.cell}" for one in (*exercises, *course.by_hand)]),
    ):
        for name in names:
            if (what, name) in seen:
                reader.say(name.split(": ")[-1], f"the {what} {name!r} is declared twice")
            seen.add((what, name))
    for one in (*exercises, *course.by_hand):
        if one.notebook not in course.notebooks:
            known = ", ".join(course.notebooks)
            reader.say(
                one.cell, f"{one.cell!r} is in the notebook {one.notebook!r}; known: {known}"
            )
        if one.points < 1:
            reader.say(one.cell, f"{one.cell!r} has {one.points} points; at least 1 is needed")
    for one in exercises:
        if len(one.hints) > MOST_HINTS:
            reader.say(one.name, f"{one.name} has {len(one.hints)} hints, more than {MOST_HINTS}")
    total = sum(one.points for one in (*exercises, *course.by_hand))
    if total != course.points:
        what = f"the points sum to {total}, not to {course.points}: change them, or [course] points"
        reader.say("points", what)
    if course.data.stored and course.data.stored not in course.data.sets:
        reader.say("stored", f"there is no data set {course.data.stored!r}")

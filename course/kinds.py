"""The kinds of exercises of a course, each a folder below exercises/ with three parts."""

import hashlib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

from course import ROOT


@dataclass(frozen=True)
class Kind:
    """The three parts of a kind of exercise, each imported when it is needed."""

    root: Path  # of the course
    name: str

    @property
    def call_file(self):
        """The file that runs beside a student's code."""
        return self.root / "exercises" / self.name / "call.py"

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
        return importlib.import_module(f"{declaration(self.root)}.{self.name}")

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

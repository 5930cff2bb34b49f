"""What a run of the grader applies to every submission, and what a result follows from."""

import hashlib
import platform
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.metadata import version as version_of

from course import ROOT, definition
from course.checks import data
from course.definition import NO_WORDS
from course.notebook import joined, read_notebook

LIBRARIES = ("numpy", "matplotlib", "pillow", "ipython", "ipykernel", "jupyter_client", "pyzmq")
SOURCES = ("course/**/*.*", "exercises/**/*.*")
# What no code of a student, and no verdict on it, follows from. Of declarations and problems, see
# `declared`: a changed word or title makes nobody's code run again.
TOLD = (
    *("course/export/*", "course/grader/intake/*", "course/grader/many/*"),
    *(f"course/grader/{name}.py" for name in ("__main__", "commands", "options", "store")),
    *("course/grader/demo.py", "course/grader/examples.py", "course/checks/report.html"),
    *("exercises/*.toml", "*.npz", "*.ipynb", "*.md", "*.txt"),
)
APART = {
    "exercises": (*TOLD, "course/outputs/*", "course/submission/*", "course/grader/notebooks/*"),
    "notebooks": (*TOLD, "course/grader/verdict/[!t]*"),  # tree.py is the tree that they run in
}


@dataclass(frozen=True)
class Settings:
    """What a run of the grader applies to every submission.

    root      the folder of the course, "" for the one that the grader lies in
    problems  the npz file of the unseen problems, made with `seed`
    version   of the grader that asks; a worker with another one refuses
    """

    seed: int
    data: str
    problems: bytes = field(repr=False)
    sandbox: bool = True
    notebooks: bool = True
    version: str = ""
    root: str = ""

    @property
    def course(self):
        return definition.load(self.root or ROOT)


def keys(content, settings):
    """Return {part: hexadecimal key} of the result of a submission's `content` under `settings`.

    exercises   what the verdicts follow from;  notebooks  what the executions follow from
    whole       both, and what is told of them
    """
    parts = asdict(settings) | {"content": content, "version": ""}
    parts["problems"] = hashlib.sha256(settings.problems).hexdigest()
    executed = (parts.pop("data"), parts.pop("notebooks"))
    found = {part: versions(settings.course)[part] for part in APART}
    found["exercises"] = sha256(parts, found["exercises"])
    del parts["problems"], parts["seed"]
    found["notebooks"] = sha256(parts, executed, found["notebooks"])
    return found | {"whole": sha256(found, settings.version)}


def sha256(*what):
    return hashlib.sha256(repr(what).encode()).hexdigest()


def grader_version(course):
    """Return 16 hexadecimal digits that change with the grader and with its libraries."""
    return versions(course)["whole"]


@lru_cache
def versions(course):
    """Return {part: 16 hexadecimal digits that change with what it follows from}."""
    libraries = [(name, version_of(name)) for name in LIBRARIES]
    patterns = (*SOURCES, f"{course.package}/**/*.*", *course.notebook_files)
    sums = {
        path.relative_to(course.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted({path for pattern in patterns for path in course.root.glob(pattern)})
        if path.is_file() and path.suffix != ".pyc"
    }
    found = {"whole": sha256(platform.python_version(), libraries, sums)[:16]}
    for part, apart in APART.items():
        sources = [one for one in sums.items() if not any(fnmatchcase(one[0], p) for p in apart)]
        asked = declared(course, part)
        found[part] = sha256(platform.python_version(), libraries, sources, asked)[:16]
    return found


def declared(course, part):
    """Return what a part follows from in declarations, problems and notebooks."""
    numbers, cells = [], []
    if course.data_file.exists():
        known = data.load(course.data_file)
        known.explanations = dict.fromkeys(known.explanations)
        arrays = data.to_arrays(known).items()
        numbers = [(name, hashlib.sha256(array.tobytes()).hexdigest()) for name, array in arrays]
    for name in filter(lambda name: (course.root / name).exists(), course.notebook_files):
        for cell in read_notebook((course.root / name).read_bytes())["cells"]:
            cells.append((cell.get("id"), joined(cell["source"]), cell["metadata"].get("nbval")))
    apart = NO_WORDS if part == "exercises" else NO_WORDS | {"points": 0, "parts": {}}
    asked = [replace(one, **apart) for one in course.exercises.values()]
    return asked, course.files, course.data, course.package, numbers, cells

"""What a run of the grader applies to every submission, and what a result follows from."""

import hashlib
import platform
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from importlib.metadata import version as version_of

from course import ROOT, definition

# What a result follows from, besides the submission.
SOURCES = ("course/**/*.*", "exercises/**/*.*")
LIBRARIES = ("numpy", "matplotlib", "pillow", "ipython", "ipykernel", "jupyter_client", "pyzmq")


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


def key(content, settings):
    """Return the hexadecimal key of the result of a submission's `content` under `settings`."""
    parts = asdict(settings) | {"content": content}
    parts["problems"] = hashlib.sha256(settings.problems).hexdigest()
    return hashlib.sha256(repr(sorted(parts.items())).encode()).hexdigest()


@lru_cache
def grader_version(course):
    """Return 16 hexadecimal digits that change with the grader and with its libraries."""
    digest = hashlib.sha256(platform.python_version().encode())
    for library in LIBRARIES:
        digest.update(f"{library} {version_of(library)}\n".encode())
    patterns = (*SOURCES, f"{course.package}/**/*.*", *course.notebook_files)
    for path in sorted({path for pattern in patterns for path in course.root.glob(pattern)}):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(course.root).as_posix().encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]

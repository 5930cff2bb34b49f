"""The unseen problems: what checks.npz holds, drawn with a seed that students do not know.

Building takes some seconds, as every misconception is run on the problems, alone and in pairs. So
the file is kept, under a name that changes with the seed and with all it is made from.
"""

import hashlib
import io
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from course.checks import build, data
from course.checks.catalogue import Catalogue
from course.definition import NO_WORDS
from course.files import put

SOURCES = ("course/checks/*.py", "exercises/*/*.py")


def unseen_problems(course, seed, folder):
    """Return the npz file of the problems of a seed as bytes; build it unless `folder` has it.

    A file there that is damaged is built again. Raises ValueError for the seed of the problems
    that students have: these come with what is expected.
    """
    if seed == build.SEED:
        raise ValueError(f"seed {seed} gives the problems that students have; take another one")
    folder = Path(folder)
    path = folder / f"problems-{seed}-{sources_hash(course)}.npz"
    try:
        content = path.read_bytes()
        read.__wrapped__(content)
        return content
    except (OSError, ValueError):
        pass
    buffer, found = io.BytesIO(), build.build(course, seed)
    # Results name misconceptions; what is told of them is looked up when pages are made.
    found.explanations = {name: name for name in found.explanations}
    build.write(buffer, found)
    folder.mkdir(parents=True, exist_ok=True)
    put(path, buffer.getvalue())
    return buffer.getvalue()


@lru_cache(maxsize=2)
def read(content):
    """Return the CheckData in the bytes of such a file; ValueError if they are something else."""
    return data.load(io.BytesIO(content))


def sources_hash(course):
    """Return 16 hexadecimal digits that change with what the problems are made from and by."""
    asked = [replace(one, points=0, **NO_WORDS) for one in course.exercises.values()]
    planted = [replace(one, explanation="") for one in Catalogue(course).entries]
    digest = hashlib.sha256(repr((np.__version__, asked, planted)).encode())
    for path in sources(course):
        digest.update(path.relative_to(course.root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def sources(course):
    patterns = (*SOURCES, *course.exercise_files)
    return sorted({path for pattern in patterns for path in course.root.glob(pattern)})

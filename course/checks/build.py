"""Write exercises/checks.npz: problems, expected values, traces of misconceptions: `make checks`.

    python -m course.checks.build [--seed S] [--out FILE]

Each kind of exercise draws its problems and runs the solved functions, and every misconception of
the catalogue, on them (exercises/<kind>/problems.py); what is stored is numbers, never code.
"""

import argparse
import io
import itertools
import sys
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from course import ROOT, definition
from course.checks.catalogue import Catalogue
from course.checks.data import CheckData, to_arrays
from course.checks.names import Misconception, Problem, unknown_names
from course.edition import whole

SEED = 231  # of the problems that students have


def build(course, seed=SEED):
    """Return the CheckData of a course.

    Raises DefinitionError where names of misconceptions or of problems in a judge are unknown.
    """
    catalogue = Catalogue(course)
    names = list(dict.fromkeys(one.problems for one in course.exercises.values()))
    with ProcessPoolExecutor(2) as processes:
        roots, seeds = itertools.repeat(course.root), itertools.repeat(seed)
        sets = dict(zip(names, processes.map(build_set, roots, names, seeds), strict=True))
    if problems := wrong_names(course, catalogue, sets):
        raise definition.DefinitionError("\n".join(problems))
    explanations = {one.name: one.explanation for one in catalogue.entries}
    return CheckData(sets, explanations, frozenset(m.name for m in catalogue.entries if m.note))


def build_set(root, name, seed):
    """Return the ProblemSet of this name."""
    course = definition.load(root)
    exercises = [one for one in course.exercises.values() if one.problems == name]
    rng = np.random.default_rng([seed, *name.encode()])
    return course.kind(exercises[0].kind).problems.build(exercises, Catalogue(course), rng)


def wrong_names(course, catalogue, sets):
    """Return a line for each misspelt name of a misconception or problem in the judges."""
    known, lines = {one.name for one in catalogue.entries}, []
    for kind in sorted({one.kind for one in course.exercises.values()}):
        parts = course.kind(kind)
        prefix = parts.judge.__name__.rpartition(".")[0]
        drawn = [
            set(sets[one.problems].problems)
            for one in course.exercises.values()
            if one.kind == kind
        ]
        for name, module in list(sys.modules.items()):
            if name.startswith(f"{prefix}."):
                lines += unknown_names(module, Misconception, known)
                lines += unknown_names(module, Problem, set.intersection(*drawn))
    return lines


def write(path, data):
    """Write a npz file whose bytes depend on nothing but the numbers: np.savez notes the time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in to_arrays(data).items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.asarray(array), allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(name + ".npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED
            )


def main(argv=None, root=ROOT):
    """Write the data of the course that lies in `root`; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m course.checks.build", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(argv)
    try:
        course = definition.load(root)
        if problems := whole.find_problems(course, with_data=False):
            raise definition.DefinitionError("\n".join(problems))
        data = build(course, options.seed)
    except definition.DefinitionError as error:
        print(f"{error}\n\nerror: nothing was written, because of the above", file=sys.stderr)
        return 1
    write(options.out or course.data_file, data)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Write exercises/checks.npz: problems, expected values, traces of misconceptions: `make checks`.

Each kind of exercise draws its problems and runs the solved functions, and every misconception of
the catalogue, on them (exercises/<kind>/problems.py); what is stored is numbers, never code. Names
of misconceptions and problems that a kind's code uses are held against those that there are.
"""

import io
import itertools
import signal
import sys
import zipfile
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from course import ROOT, console, definition
from course.checks.catalogue import Catalogue
from course.checks.data import CheckData, to_arrays
from course.checks.names import Misconception, Problem, unknown_names
from course.edition import whole

SEED = 231  # of the problems that students have
EXAMPLES = """\
examples:
  python -m course.checks.build                            the file that students get
  python -m course.checks.build --seed 7 --out other.npz   other numbers of the same kinds

exit codes:
  0  the file was written
  1  something in the declaration is wrong: each line names it, and nothing was written
  2  the command was not understood
"""


def build(course, seed=SEED):
    """Return the CheckData of a course.

    Raises DefinitionError, which lists the names of misconceptions and problems in the kinds'
    code that there are not.
    """
    catalogue = Catalogue(course)
    if unknown := wrong_names(course, catalogue):
        raise definition.DefinitionError("\n".join(unknown))
    names = list(dict.fromkeys(one.problems for one in course.exercises.values()))
    with ProcessPoolExecutor(2, initializer=be_quiet) as processes:
        roots, seeds = itertools.repeat(course.root), itertools.repeat(seed)
        sets = dict(zip(names, processes.map(build_set, roots, names, seeds), strict=True))
    explanations = {one.name: one.explanation for one in catalogue.entries}
    return CheckData(sets, explanations, frozenset(m.name for m in catalogue.entries if m.note))


def be_quiet():
    """Leave it to the parent to answer Ctrl-C and SIGTERM, and to say so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def build_set(root, name, seed):
    """Return the ProblemSet of this name."""
    course = definition.load(root)
    exercises = [one for one in course.exercises.values() if one.problems == name]
    kind, rng = course.kind(exercises[0].kind).problems, draws(name, seed)
    return kind.build(kind.draw(rng), exercises, Catalogue(course), rng)


def draws(name, seed):
    """Return the generator from which a set of problems is drawn."""
    return np.random.default_rng([seed, *name.encode()])


def wrong_names(course, catalogue):
    """Return a line for each unknown name of a misconception or problem in the kinds' code."""
    lines, sets = [], defaultdict(set)  # {kind: names of sets of problems}
    for one in course.exercises.values():
        sets[one.kind].add(one.problems)
    for kind, names in sorted(sets.items()):
        draw = course.kind(kind).problems.draw
        drawn = [set(draw(draws(name, SEED))) for name in names]
        known = {Misconception: {one.name for one in catalogue.entries}}
        known[Problem] = set.intersection(*drawn)
        folder = course.root / "exercises"
        for path in sorted([*folder.glob("*.py"), *(folder / kind).glob("*.py")]):
            file = path.relative_to(course.root).as_posix()
            lines += unknown_names(file, path.read_text(encoding="utf-8"), known)
    return list(dict.fromkeys(lines))


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
    parser = console.parser("checks.build", __doc__, EXAMPLES)
    parser.add_argument("--seed", type=int, default=SEED, help="of the problems that are drawn")
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: exercises/checks.npz")
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

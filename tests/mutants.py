"""Would the unit tests of a module notice a random slip? Make single mutants, and list survivors.

    python tests/mutants.py course/checks/steps.py                        10 of them
    python tests/mutants.py course/checks/steps.py --count 30 --seed 2    others

A mutant differs in one place: a comparison is turned, an operator swapped, a number or a flag
changed (so a default, too), a `not` dropped, a return value replaced by None. The tests are the
files that catch its planted bugs, unless others are named. Exit codes: 0 all were caught, 1 some
survived, 2 the tests are not known, or fail without any mutant. This is run by hand: what survives
may be equal in meaning, and a person has to look.
"""

import argparse
import ast
import copy
import os
import random
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from net import BUGS, ROOT, copy_repository

SWAPS = {
    ast.Eq: ast.NotEq,
    ast.Lt: ast.LtE,
    ast.Gt: ast.GtE,
    ast.In: ast.NotIn,
    ast.Is: ast.IsNot,
    ast.Add: ast.Sub,
    ast.Mult: ast.Div,
    ast.And: ast.Or,
}
SWAPS |= {new: old for old, new in SWAPS.items()}
SECONDS = 600  # for the tests of one mutant; one that hangs is caught


def changed(node):
    """Return a node with one slip in it, or None where there is nothing to slip on."""
    new = copy.deepcopy(node)
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        new.ops[0] = SWAPS[type(node.ops[0])]()
    elif isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPS:
        new.op = SWAPS[type(node.op)]()
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        new = new.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        new.value = not node.value
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        new.value += 1
    elif isinstance(node, ast.Return) and node.value and ast.unparse(node.value) != "None":
        new.value = ast.Constant(None)
    else:
        return None
    return new


def mutants(text):
    """Return [(line, old, new, text of the mutant)] of a module; the rest of its text stays."""
    content, found, waiting = text.encode(), [], [ast.parse(text)]
    starts = [0, *(place + 1 for place, byte in enumerate(content) if byte == ord("\n"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr):
            continue  # Python 3.11 does not know where its parts stand
        waiting += ast.iter_child_nodes(node)
        if (new := changed(node)) is None:
            continue
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        told = ast.unparse(new)
        put = told if isinstance(node, ast.Return) else f"({told})"
        whole = content[:start] + put.encode() + content[end:]
        found.append((node.lineno, content[start:end].decode(), told, whole.decode()))
    return found


def are_caught(folder, tests):
    """Run the tests in a copy of the repository; say whether they fail, or do not end."""
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"}
    options = ("-x", "-q", "-n0", "--tb=no", "-p", "no:cacheprovider", "-m", "not (slow or night)")
    command = [sys.executable, "-m", "pytest", *options, *tests]
    try:
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", metavar="FILE", help="from the root of the repository")
    parser.add_argument("tests", nargs="*", metavar="TEST")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    files = {bug.test.partition("::")[0] for bug in BUGS if bug.file == options.file}
    tests = options.tests or sorted(files)
    if not tests:
        parser.error(f"no bug of {options.file} is planted: name its tests here")
    found = mutants((ROOT / options.file).read_text(encoding="utf-8"))
    chosen = random.Random(options.seed).sample(found, min(options.count, len(found)))
    survived = 0
    with TemporaryDirectory() as folder:
        copy_repository(ROOT, Path(folder))
        if are_caught(folder, tests):
            parser.error(f"{' '.join(tests)} fails without any mutant")
        for line, old, new, text in sorted(chosen):
            Path(folder, options.file).write_text(text, encoding="utf-8")
            caught = are_caught(folder, tests)
            survived += not caught
            print(
                "caught  " if caught else "SURVIVED", f"line {line}: {old}  ->  {new}", flush=True
            )
    print(f"{len(chosen) - survived} of {len(chosen)} mutants were caught")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())

"""Would its tests notice? Change one thing in a module, at random, and see whether they fail.

    python tests/mutants.py course/grader/store.py tests/course/test_grader_store.py
    python tests/mutants.py --count 20 --seed 1 FILE TEST [TEST ...]

A change flips a comparison, moves a whole number by one, takes `and` for `or` or `+` for `-`, or
drops a `not`, in a copy of the repository. What gets through is printed: some of it is right in
disguise, the rest wants a test. Run by hand, as it takes the time of the tests for each change; the
bugs in planted_bugs.txt are chosen, these are not.
"""

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("benchmarks", "course", "cs231n", "exercises", "notebooks", "tests")
FILES = ("Makefile", "README.md", "conftest.py", "pyproject.toml", "requirements.txt")
SECONDS = 600  # for the tests of one change; what never ends is noticed, too
PAIRS = (
    (ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.In, ast.NotIn),
    (ast.Is, ast.IsNot), (ast.And, ast.Or), (ast.Add, ast.Sub),
)  # fmt: skip
FLIPPED = {old: new for pair in PAIRS for old, new in (pair, pair[::-1])}


def changes(node):
    """Return functions, each of which changes a node of this shape in another way."""
    if isinstance(node, ast.Compare):
        return [partial(flip_comparison, place=place) for place in range(len(node.ops))]
    if isinstance(node, ast.BoolOp | ast.BinOp) and type(node.op) in FLIPPED:
        return [flip_operator]
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return [partial(move, by=1), partial(move, by=-1)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [drop_not]
    return []


def flip_comparison(node, place):
    node.ops[place] = FLIPPED[type(node.ops[place])]()


def flip_operator(node):
    node.op = FLIPPED[type(node.op)]()


def move(node, by):
    node.value += by


def drop_not(node):
    node.operand = ast.UnaryOp(ast.Not(), node.operand)


def mutants(source):
    """Return [(what was changed, source with that one change), ...]."""
    tree, found = ast.parse(source), []
    for place, node in enumerate(ast.walk(tree)):
        for change in changes(node):
            changed = copy.deepcopy(tree)
            other = list(ast.walk(changed))[place]
            before = ast.unparse(other)
            change(other)
            told = f"line {node.lineno}: {before}  ->  {ast.unparse(other)}"
            found.append((told, ast.unparse(changed)))
    return found


def failure(file, text, tests):
    """Return what fails in a copy of the repository in which the file has this text; "" if nothing
    does."""
    with TemporaryDirectory() as folder:
        for part in PARTS:
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / part, Path(folder, part), ignore=ignore)
        for name in FILES:
            shutil.copy(ROOT / name, folder)
        Path(folder, "datasets").symlink_to(ROOT / "datasets")
        Path(folder, file).write_text(text, encoding="utf-8")
        flags = ("-x", "-q", "-n0", "--no-header", "-p", "no:cacheprovider", "-m", "not slow")
        command = [sys.executable, "-m", "pytest", *flags, *tests]
        env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(
                command, cwd=folder, env=env, capture_output=True, text=True, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            return "it takes too long"
        return done.stdout if done.returncode else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", help="the module to change, from the root of the repository")
    parser.add_argument("tests", nargs="+", metavar="TEST", help="files of tests that shall notice")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=231)
    args = parser.parse_args()
    source = (ROOT / args.file).read_text(encoding="utf-8")
    if told := failure(args.file, source, args.tests):
        sys.exit(f"{told}\nwithout any change, so the rest would mean nothing")
    every = mutants(source)
    chosen = random.Random(args.seed).sample(every, min(args.count, len(every)))
    with ThreadPoolExecutor(2) as pool:
        failures = list(pool.map(lambda one: failure(args.file, one[1], args.tests), chosen))
    unnoticed = [told for (told, _), failed in zip(chosen, failures, strict=True) if not failed]
    for told in unnoticed:
        print(f"{args.file}, {told}: not noticed")
    noticed = len(chosen) - len(unnoticed)
    print(f"{args.file}: {noticed} of {len(chosen)} noticed, of {len(every)} possible")


if __name__ == "__main__":
    main()

"""Makes the submissions of test_grader_attacks.py, and a child that sends forged frames."""

import sys

import submissions

from attacks import (
    EVERYTHING,
    answers,
    at_call,
    at_import,
    cheats,
    limits_exercise,
    machine_exercise,
    wrong_exercise,
)
from attacks.archives import shadows
from conftest import ROOT

FILE = submissions.SOFTMAX_LOSS
SENDS = """
import os, sys
content = open(sys.argv[1], "rb").read()
while content:
    content = content[os.write(1, content) :]
"""
HONEST = ("solved", "blank", "one mistake")
# name in limits.py: bound; each is more than an exercise may have
LIMITED = {
    "processes": 2000, "private": 3000, "spread": 3000, "files": 3000, "outlasting": 300,
}  # fmt: skip


def honest():
    """Return {name: files} of submissions that attack nothing."""
    solved = submissions.solved(executed=False)
    mistaken = submissions.plant(solved, "reg-missing-loss", "softmax_loss_vectorized")
    return dict(zip(HONEST, (solved, submissions.blank(), mistaken), strict=True))


def cheating(world):
    """Return {name: text of softmax.py} for every attack from inside it, none of which is right."""
    stub = submissions.blank()[FILE].decode()
    found = {"wrong": wrong_exercise(stub)}
    for attack in cheats.AT_IMPORT + answers.ENDS:
        found[attack.__name__] = at_import(stub, attack, REPOSITORY=str(ROOT))
    for attack in answers.AT_CALL:
        found[attack.__name__] = at_call(stub, attack)
    for name, bound in LIMITED.items():
        found[f"limits {name}"] = limits_exercise(stub, name, bound)
    found["machine"] = machine_exercise(stub, world.targets(*EVERYTHING))
    return found


def alone(text):
    """Return a submission of one file."""
    return {FILE: text.encode()}


def beside_solutions(text):
    """Return a submission in which everything else is right."""
    return submissions.with_file(submissions.solved(executed=False), FILE, text)


def shadowed(path):
    """Return a solved submission, and files that leave `path` if anybody imports them."""
    return {**shadows(path), **submissions.solved(executed=False)}


def sending(path):
    """Return the start of a command line that sends a file instead of calling exercises."""
    return [sys.executable, "-I", "-S", "-c", SENDS, str(path)]

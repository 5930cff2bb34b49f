"""Plants entries of the catalogue in the solved tree and judges them, without a child process."""

import ast
from collections import ChainMap
from itertools import chain

from course import checks, definition
from course.checks import child
from course.checks.calling import Outcome, Outcomes
from course.checks.catalogue import Catalogue

COURSE = definition.load()
CATALOGUE = Catalogue(COURSE)
NOTES = {entry.name for entry in CATALOGUE.entries if entry.note}
VARIANTS = [variant for entry in CATALOGUE.entries for variant in entry.variants]


def with_helpers(exercise, text):
    """Return a text with the solved helpers of an exercise that it does not define itself."""
    one, tree = COURSE.exercises[exercise], ast.parse(text)
    there = {getattr(node, "name", "") for node in tree.body}
    solved = CATALOGUE.sources[one.file]
    for node in ast.parse(solved).body:
        if getattr(node, "name", "") in set(one.functions[1:]) - there:
            text += "\n\n" + ast.get_source_segment(solved, node) + "\n"
    return text


def solved_in(text):
    """Return the names of the exercises that functions, or a class Classifier, of a text solve."""
    nodes = ast.parse(text).body
    inside = (getattr(node, "body", []) for node in nodes if is_classifier(node))
    found = (getattr(one, "name", "") for one in chain(nodes, *inside))
    return [name for name in found if name in COURSE.exercises]


def is_classifier(node):
    return getattr(node, "name", "") == "Classifier"


def judged_here(exercise, *variants, known=None):
    """Return the Report on variants planted together; known is the CheckData, if not the usual."""
    return judged_text(exercise, CATALOGUE.plant(*variants), known=known)


def judged_text(exercise, text, known=None):
    """Return the Report on an exercise in the text of its file."""
    return judged(exercise, called_here(exercise, text, known), known)


def judged(exercise, outcomes, known=None):
    known = known or checks.load(COURSE.data_file)
    return checks.judge(COURSE, COURSE.exercises[exercise], known, Outcomes(outcomes), {})


def called_here(exercise, text, known=None):
    """Return {problem: Outcome} of an exercise in the text of its file."""
    known, one = known or checks.load(COURSE.data_file), COURSE.exercises[exercise]
    target, calls_of_kind = CATALOGUE.compiled(text, exercise), COURSE.kind(one.kind).call.CALLS
    problems, calls = checks.problems_of(COURSE, one, known)
    problems.pop(checks.STEPS, None)
    outcomes = {}
    for name, problem in problems.items():
        try:
            call, _, helper = calls[name].partition(" of ")
            function = target.__globals__[helper] if helper else target
            meta, returned = calls_of_kind[call](function, problem)
            values = [child.numbers(key, value) for key, value in returned.items()]
            outcomes[name] = Outcome("value", meta, dict(ChainMap(*values)))
        except Exception as error:
            meta = {"error": type(error).__name__, "message": str(error), "file": "", "line": 0}
            outcomes[name] = Outcome("raises", meta)
    return outcomes

"""What a student is told of a failure: nothing that code could fill with unseen problems.

A message of an exception, the name of a class, a value that came back: code in the sandbox chooses
them. So only builtin names, files of the submission and lines are repeated, and fixed sentences. A
line must be one of the file on which its code can stop: code that is compiled under the name of a
file raises in whatever line it likes, and its number would carry as many bits as it has.
"""

import builtins
import re
from contextlib import suppress
from dataclasses import replace

from course.checks.faults import failure
from course.grader.verdict.tree import is_own
from course.limited import Refused, in_child

MOST_LINES = 2000  # of a file; who writes more has something else in mind

EXCEPTIONS = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
} | {"AxisError", "LinAlgError"}
TYPES = {name for name, value in vars(builtins).items() if isinstance(value, type)}
TYPES |= {"NoneType", "ndarray", "matrix", "generator", "function", "builtin_function_or_method"}
TYPES |= {f"{kind}{bits}" for kind in ("float", "int", "uint") for bits in (8, 16, 32, 64)}
# Details of the checks that hold nothing but a type's name.
WITH_TYPE = re.compile(r"(\w+) instead of the pair loss, dW|dW is a (\w+), not an array")
LOOP = re.compile(r"(some lines run|line \d+( of [^ ]+)? runs) again for each ")
CHANGED = re.compile(r"[\w ]+ changed during the call|a second call with the same arrays is wrong")


class Texts:
    """Finds the public text for what is said of calling.Outcomes of a student's work."""

    def __init__(self, work, outcomes):
        own = {
            name.rpartition("/")[2]: work.files[name]
            for name in sorted(work.files)
            if name in work.course.exercise_files or is_own(work, name)
        }
        self.short = not any(map(is_long, own.values()))
        self.safe = {
            failure(outcome): told(outcome, own)
            for outcome in outcomes.by_name.values()
            if outcome.status != "value"
        }

    def of_message(self, report):
        if report.message and not self.safe:
            return report.message  # the file is missing: our own words
        return self.safe.get(report.message, "")

    def of_line(self, line):
        """Return what may be said of a line of the report, an empty text if nothing more."""
        if line.ok or (self.short and line.title == "vectorized" and LOOP.match(line.detail)):
            return line.detail
        if line.title == "inputs left unchanged":
            found = CHANGED.match(line.detail)
            return found[0] if found else ""
        if line.title == "returns a number and an array":
            found = WITH_TYPE.fullmatch(line.detail)
            return line.detail if found and set(filter(None, found.groups())) <= TYPES else ""
        return next((safe for text, safe in self.safe.items() if text in line.detail), "")


def told(outcome, own):
    """Return what may be said of an outcome without a value; own: {name: content of a file}."""
    error, file, line = (outcome.meta.get(key) for key in ("error", "file", "line"))
    error = error if error in EXCEPTIONS else "an exception"
    is_place = file in own and line in lines_of_code(own[file])
    safe = {"error": error, "message": "", "file": file if is_place else ""}
    return failure(replace(outcome, meta={**outcome.meta, **safe}))


def lines_of_code(content):
    """Return the lines of a file in which an exception can be raised; of a long one, none."""
    with suppress(Refused, ValueError):  # the latter of a NUL, in some versions of Python
        return [] if is_long(content) else stops(content)
    return []


def is_long(content):
    return len(content.splitlines()) > MOST_LINES  # which end in more than one way


@in_child(seconds=2, size=100_000, keep=True)
def stops(content):
    try:
        waiting, lines = [compile(content, "file", "exec", dont_inherit=True)], set()
    except SyntaxError as error:
        return [error.lineno]
    while waiting:
        code = waiting.pop()
        lines |= {line for _, _, line in code.co_lines() if line}
        waiting += [one for one in code.co_consts if isinstance(one, type(code))]
    return sorted(lines)

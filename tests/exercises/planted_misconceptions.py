"""Plants entries of the catalogue in the solved tree and judges them, without a child process."""

from course import checks
from course.checks import build as build_checks
from course.checks import catalogue, child, data
from course.checks.calling import Outcome, Outcomes

CATALOGUE = catalogue.read()
NOTES = {entry.name for entry in CATALOGUE if entry.note}
VARIANTS = [variant for entry in CATALOGUE for variant in entry.variants]


def judged_here(exercise, *variants, known=None):
    """Return the Report on variants planted together; known is the CheckData, if not the usual."""
    return judged_text(exercise, catalogue.plant(*variants), known=known)


def judged_text(exercise, text, known=None):
    """Return the Report on an exercise in the text of its file."""
    known = known or checks.load(data.DEFAULT)
    target = build_checks.compiled(text, exercise)
    problems, kinds = checks.problems_of(exercise, known)
    problems.pop(checks.TIMING, None)
    outcomes = {}
    for name, problem in problems.items():
        try:
            outcomes[name] = Outcome("value", *child.CALLS[kinds[name]](target, problem))
        except Exception as error:
            meta = {"error": type(error).__name__, "message": str(error), "file": "", "line": 0}
            outcomes[name] = Outcome("raises", meta)
    return checks.judge(exercise, known, Outcomes(outcomes), source="", attribute=exercise)

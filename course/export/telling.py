"""Verdicts in words, told once: what may be read of an exercise, an answer, a notebook.

    ToldExercise(entry, manual)
    ToldAnswer(entry, manual)
    ToldNotebook(entry)
    tell_lateness(student)       -> "2 days late"
    tell_waiting(result, points) -> "answers worth 5 wait for a person"

The feedback page, Gradescope's file and the gradebook's comments lay these out, and add no words of
their own on a verdict. An entry is that of a result, see grader/grade.py; `manual` is what people
gave, see points.py. The marks and verdicts are those of students' own checks.

What is said of an exercise are its verdict, the catalogue's hints and the texts that grader/verdict
marks as "public". Details of lines and messages quote unseen problems, and are not here.
"""

from course.checks.report import MARKS, VERDICTS, Line, Part, tell_parts, text_lines
from course.export.points import given_by_hand, points, score_of, score_of_exercise
from course.text import one_line

VECTORIZED, LOOPS = "vectorized", "loops"  # a line and a misconception that are told apart
NOT_ASKED = "The edition that this work was done on did not ask for it, so it has its points."
LOOPING = "Not vectorized: it visits elements one by one in Python."
NO_POINTS = "No points depend on this."
BY_ITSELF = "told by the process that ran the code, and not seen from outside"
WITHOUT_SANDBOX = (
    "Graded without the sandbox. The code could have changed this result: it is not to be trusted "
    "until it was graded again."
)

NOTEBOOKS = {
    "executed": "Executed again from top to bottom",
    "timeout": "Stopped at the time limit",
    "flooded": "Stopped, as it printed more than is taken in",
    "dead": "Its kernel died",
    "stopped": "Stopped by the sandbox",
    "missing": "Not handed in",
    "unreadable": "Not readable",
}
CELLS = {  # verdicts on cells that deserve a look, those that matter most first
    "fails": "fails when it is executed again",
    "differs": "shows something else than what is stored",
}
COUNTED = {"same": "as stored", "fails": "failing", "differs": "different"}


class ToldExercise:
    """What is told of an exercise.

    ok           whether the verdict is a good one
    lines        [report.Line] of what was looked at
    vectorized   (True or False, sentences), None where nothing is asked for, or can be told
    loops        the hint on it, or ""
    parts        the points of its parts in words, "" if it has none
    points       that it earned;  score  that count, as a person may have changed them
    comment      a person's, or ""
    """

    def __init__(self, entry, manual):
        verdict = VERDICTS.get(entry["status"], "could not be judged").capitalize()
        hints = entry["misconceptions"]
        self.notebook, self.name = entry["notebook"], entry["exercise"]
        self.code = entry.get("code")
        asked = entry.get("asked", True)
        self.ok = entry["status"] == "passed" or not asked
        self.verdict = f"{verdict}. {public(entry)}".rstrip() if asked else NOT_ASKED
        self.lines = [
            Line(line["title"], line["ok"], public(line) or BY_ITSELF * bool(line.get("told")))
            for line in entry["lines"]
            if line["title"] != VECTORIZED
        ]
        self.hints = [hint for name, hint in hints.items() if name != LOOPS]
        self.loops = hints.get(LOOPS, "")
        self.notes = entry["notes"]
        self.parts = tell_parts([Part(**one) for one in entry.get("parts", ())])
        self.vectorized = tell_vectorization(entry["vectorized"], costs=bool(self.parts))
        self.points, self.possible = entry["points"], entry["possible"]
        self.score = score_of_exercise(entry, manual)
        _, self.comment = given_by_hand(entry, manual)

    @property
    def text(self):
        """All but the comment, as lines of plain text."""
        text = [self.verdict, *text_lines(self.lines, self.hints, self.notes)]
        if self.vectorized:
            ok, sentence = self.vectorized
            text += [f"{MARKS[ok]} {sentence}", *filter(None, [self.loops])]
        return text + [self.parts] * bool(self.parts)


def public(entry):
    """Return the text of an exercise or of a line that may be shown to anybody."""
    return one_line(entry.get("public") or "", 500)


def tell_vectorization(found, costs):
    """Return (mark, sentences) about vectorization, None where nothing can be told."""
    if found is None:
        return None
    told = f"Vectorized: {BY_ITSELF}." if found else LOOPING
    return found, told if costs else f"{told} {NO_POINTS}"


class ToldAnswer:
    """What is told of a cell that a person grades.

    remark   why there is nothing to read, or ""
    score    None while it waits for a person
    """

    def __init__(self, entry, manual):
        self.notebook, self.title = entry["notebook"], entry["title"]
        self.remark = tell_nothing(entry)
        self.score, self.possible = score_of(entry, manual), entry["possible"]
        _, self.comment = given_by_hand(entry, manual)


def tell_nothing(answer):
    """Return why there is nothing to read of an answer, "" if there is something."""
    if answer["answered"]:
        return ""
    file, state = f"{answer['notebook']}.ipynb", answer["state"]
    if not answer.get("asked", True):
        return NOT_ASKED
    if state == "foreign":
        return f"{file} is of another edition, and this was not found in it: please look."
    if state == "guessed":
        return "No notebook tells its edition, and the nearest did not ask for this: please look."
    if state == "unreadable":
        return f"{file} cannot be read."
    return f"Nothing was written: {file} is missing." if state else "Nothing was written."


class ToldNotebook:
    """What is told of a notebook that was executed again.

    status   a sentence, with its reason;  ok  whether all of it was executed
    counts   how many cells have which verdict, in words; "" if none was compared
    cells    [(entry of a cell, words), ...] of those that deserve a look
    """

    def __init__(self, entry):
        status = NOTEBOOKS.get(entry["status"], "Not executed")
        why = "" if entry["status"] == "missing" else one_line(entry["message"], 500)
        counts = [(entry["counts"].get(verdict), words) for verdict, words in COUNTED.items()]
        self.name, self.ok = entry["name"], entry["status"] == "executed"
        self.status = f"{status}: {why.rstrip('.')}." if why else f"{status}."
        self.other_data = (entry.get("data") or {}).get("same") is False
        self.counts = ", ".join(f"{count} {words}" for count, words in counts if count)
        self.cells = [
            (cell, words)
            for verdict, words in CELLS.items()
            for cell in entry["cells"]
            if cell["verdict"] == verdict
        ]


def tell_lateness(student):
    """Return how late work was handed in: "2 days late", "late", or ""."""
    if not student.get("late"):
        return ""
    days = student.get("days", 0)
    return f"{days} {'day' if days == 1 else 'days'} late" if days else "late"


def tell_waiting(result, counted):
    """Return why a total, of these Points, is not final; "" if it is."""
    missing = [name.rpartition("/")[2] for name in result.get("missing", ())]
    ungraded = any(remark.startswith("not graded: ") for remark in result["remarks"])
    unknown = result.get("student", {}).get("penalty", 0) is None
    why = [f"answers worth {points(counted.waiting)} wait for a person"] * bool(counted.waiting)
    why += ["it was not graded"] * ungraded
    why += ["how late it was handed in is not known"] * unknown
    if missing:
        why.append(f"{', '.join(missing)} {'was' if len(missing) == 1 else 'were'} not found")
    return "; ".join(why)

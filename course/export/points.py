"""The points of a result, with those that people gave.

People give points to answers, and may change those of an exercise: `manual` is
{(notebook, cell): {"score": points or None, "comment": text}}, as the gradebook returns it.
"""

from dataclasses import dataclass

from course.text import clean


@dataclass(frozen=True, slots=True)
class Points:
    """The points of a result, with those that people gave.

    changed   what people added to the points of exercises, or took away
    waiting   the possible points of answers that nobody has graded yet
    penalty   the points that being late costs
    """

    automatic: float
    automatic_possible: float
    changed: float
    by_hand: float
    by_hand_possible: float
    waiting: float
    penalty: float

    @classmethod
    def of(cls, result, manual):
        counted, exercises = result["points"], result["exercises"]
        late = result.get("student", {}).get("penalty") or 0
        possible = counted["automatic_possible"] + counted["by_hand_possible"]
        scores = [(score_of(one, manual), one["possible"]) for one in result["answers"]]
        return cls(
            automatic=counted["automatic"],
            automatic_possible=counted["automatic_possible"],
            changed=sum(score_of_exercise(one, manual) - one["points"] for one in exercises),
            by_hand=sum(score for score, _ in scores if score is not None),
            by_hand_possible=counted["by_hand_possible"],
            waiting=sum(possible for score, possible in scores if score is None),
            penalty=late / 100 * possible,
        )

    @property
    def total(self):
        return max(0, self.automatic + self.changed + self.by_hand - self.penalty)

    @property
    def possible(self):
        return self.automatic_possible + self.by_hand_possible


def given_by_hand(entry, manual):
    """Return (points or None, comment) that people gave for a cell."""
    given = manual.get((entry["notebook"], entry["cell"]), {})
    return given.get("score"), clean(given.get("comment") or "", 20_000).strip()


def score_of_exercise(entry, manual):
    score, _ = given_by_hand(entry, manual)
    return entry["points"] if score is None else score


def score_of(answer, manual):
    """Return the points of an answer: a person's, 0 if there is none, None if it waits for one.

    An answer in a notebook that cannot be read, or is of another edition, may still be found by a
    person, who also looks where an edition was guessed. What one did not ask for has all points.
    """
    score, _ = given_by_hand(answer, manual)
    if score is None and not answer.get("asked", True):
        return float(answer["possible"])
    nothing = not answer["answered"] and answer.get("state") not in (
        "unreadable",
        "foreign",
        "guessed",
    )
    return 0.0 if score is None and nothing else score


def points(number):
    """Return a number of points as people write it: 5, not 5.0."""
    return f"{float(number):.2f}".rstrip("0").rstrip(".")

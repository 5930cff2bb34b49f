"""Draw some numbers; the solved function says what is expected."""

from course.checks.data import ProblemSet


def build(exercises, catalogue, rng):
    problems = {
        "three": {"numbers": rng.uniform(1, 9, 3)},
        "none": {"numbers": rng.uniform(size=0)},
    }
    solved = catalogue.solved(exercises[0].name)
    expected = {name: {"number": solved(**problem)} for name, problem in problems.items()}
    return ProblemSet(problems, expected)

"""Are the functions of scores judged that the grid search calls, whether or not the loss does?"""

import ast

import pytest
from planted_misconceptions import CATALOGUE, COURSE, called_here, judged, judged_text

from course import checks

HINGE = "svm_loss_vectorized", "hinge_loss"
ENTROPY = "softmax_loss_vectorized", "cross_entropy_loss"
P = "softmax_loss_vectorized", "probabilities"


def beside(exercise, helper, *change):
    """Return the solved text whose loss uses a copy of a helper, beside one that is changed."""
    solved = CATALOGUE.sources[COURSE.exercises[exercise].file]
    [node] = [one for one in ast.parse(solved).body if getattr(one, "name", "") == helper]
    own = ast.get_source_segment(solved, node)
    text = solved.replace(f"{helper}(", "own(").replace("def own(", f"def {helper}(")
    old, new = change or (own, "")
    assert own.count(old) == 1
    return text.replace(own, own.replace(old, new)) + "\n\n" + own.replace(helper, "own") + "\n"


WRONG = [
    (*HINGE, "violations.sum(axis=1)", "violations.sum()", "its first result has shape () instead"),
    (*HINGE, "violations.sum(axis=1)", "violations.sum(axis=1) / len(y)", "its first result[0] is"),
    (*HINGE, "return losses, dscores", "return losses, dscores / len(y)", "its second result[0, "),
    (*HINGE, "return losses, dscores", "return losses", "its second result is not an array"),
    (*HINGE, "return losses, dscores", "return None", "its first result is not an array"),
    (*HINGE, "rows = np.arange", "raise NotImplementedError('mine')\n    rows = np.arange", "mine"),
    (*HINGE, "violations[rows, y] = 0", "scores += 1\n    violations[rows, y] = 0", "scores chang"),
    (*ENTROPY, "shifted[rows, y]", "shifted[rows, y].mean()", "its first result[0] is"),
    (*ENTROPY, "dscores[rows, y] -= 1", "dscores[:, y] -= 1", "its second result[0, "),
    (*P, "axis=1, keepdims=True)\n    ###", "keepdims=True)\n    ###", "its first result[0, 0] is"),
]


@pytest.mark.parametrize(("exercise", "helper", "old", "new", "told"), WRONG)
def test_a_helper_that_is_wrong_costs_its_own_line(exercise, helper, old, new, told):
    report = judged_text(exercise, beside(exercise, helper, old, new))
    wrong = [line for line in report.lines if line.ok is False]
    assert [line.title for line in wrong][-1] == "rows of scores" and not report.passed, report
    assert wrong[-1].detail.startswith(f"{helper}: ") and told in wrong[-1].detail, report
    assert len(wrong) == 1 and not report.misconceptions, report


def test_a_helper_that_is_right_passes_and_no_naive_exercise_asks_for_one():
    for exercise, helper in (HINGE, ENTROPY, P):
        text = beside(exercise, helper, "):\n", "):\n")
        assert judged_text(exercise, text).passed
        assert "rows" not in COURSE.exercises[exercise.replace("vectorized", "naive")].parts


def test_a_helper_that_was_not_written_or_is_gone_is_told(tmp_path):
    exercise, helper = HINGE
    for change, status, told in (
        ((), "passed", "there is no hinge_loss in this file"),  # the loss is right without it
        (
            ("rows = np.arange", "raise NotImplementedError('hinge_loss')\n    rows = np.arange"),
            "failed",
            "NotImplementedError: hinge_loss (mine.py, line ",
        ),
    ):
        file = tmp_path / "mine.py"
        file.write_text(beside(exercise, helper, *change), encoding="utf-8")
        report = checks.run(exercise, file=file)
        assert report.status == status and told in report.lines[-2].detail, report
        assert [part.name for part in report.parts if not part.points] == ["rows"], report


def test_inputs_that_change_are_found_by_a_second_call_whatever_the_process_tells():
    for exercise, old, new in (
        ("svm_loss_naive", "return loss, dW", "X *= 2\n    return loss, dW"),
        ("softmax_loss_vectorized", "return loss, dW", "W *= 1.1\n    return loss, dW"),
        ("predict", "return labels", "X *= -1\n        return labels"),
    ):
        text = CATALOGUE.sources[COURSE.exercises[exercise].file]
        start, end = CATALOGUE.regions[exercise]
        end = text.index(old, start) + len(old)
        text = text[:start] + text[start:end].replace(old, new) + text[end:]
        outcomes = called_here(exercise, text)
        for outcome in outcomes.values():
            outcome.meta["changed"] = []  # so says a process that hides it
        report = judged(exercise, outcomes)
        [line] = [line for line in report.lines if line.ok is False]
        assert line.title == "inputs left unchanged", report
        assert line.detail.startswith("a second call with the same arrays"), report

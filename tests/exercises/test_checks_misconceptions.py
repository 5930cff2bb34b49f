"""Are misconceptions named, each alone, two together, in other people's style, and nothing else?"""

import ast
import itertools
from pathlib import Path

import numpy as np
import pytest
from planted_misconceptions import CATALOGUE, COURSE, NOTES, VARIANTS, judged_here

from conftest import ROOT
from course import checks
from course.checks.catalogue import Variant

HERE = Path(__file__).parent
WRONG_SOLUTIONS = [HERE / name for name in ("wrong_losses.py", "wrong_classifiers.py")]

PAIRS = [
    ("svm_loss_naive", "no-mean-loss", "reg-gradient-halved"),
    ("svm_loss_naive", "no-mean-gradient", "reg-missing-loss"),
    ("svm_loss_naive", "no-mean", "margin"),
    ("svm_loss_naive", "no-mean", "correct-class-in-loss"),
    ("svm_loss_naive", "correct-class-in-loss", "correct-class-in-row-total"),
    ("svm_loss_naive", "reg-over-n", "ten-classes"),
    ("svm_loss_naive", "ten-classes", "margin"),
    ("svm_loss_naive", "inconsistent-ties", "reg-missing-gradient"),
    ("svm_loss_naive", "np-matrix", "reg-gradient-halved"),
    ("svm_loss_vectorized", "no-mean-gradient", "reg-gradient-halved"),
    ("svm_loss_vectorized", "correct-class-not-subtracted", "no-mean-loss"),
    ("svm_loss_vectorized", "correct-class-in-loss", "reg-factor-missing"),
    ("svm_loss_vectorized", "gradient-only-correct-class", "margin"),
    ("svm_loss_vectorized", "inputs-modified", "no-mean"),
    ("svm_loss_vectorized", "bias-row-forgotten", "n-and-c-confused"),
    ("softmax_loss_naive", "no-shift", "reg-gradient-halved"),
    ("softmax_loss_naive", "no-shift", "no-mean"),
    ("softmax_loss_naive", "global-maximum", "reg-missing-gradient"),
    ("softmax_loss_naive", "one-hot-times-log", "reg-gradient-scalar"),
    ("softmax_loss_naive", "constant-added-to-p", "no-mean-loss"),
    ("softmax_loss_naive", "no-negative-log", "reg-gradient-halved"),
    ("softmax_loss_naive", "ten-classes", "maximum-from-zero"),
    ("softmax_loss_vectorized", "maximum-added", "reg-missing-loss"),
    ("softmax_loss_vectorized", "no-shift", "correct-class-not-subtracted"),
    ("softmax_loss_vectorized", "global-maximum", "n-and-c-confused"),
    ("softmax_loss_vectorized", "rows-by-arange-c", "reg-gradient-halved"),
    ("softmax_loss_vectorized", "no-mean-gradient", "half-convention"),
    ("train", "wrong-sign", "learning-rate-twice"),
    ("train", "sampling-without-replacement", "appended-twice"),
    ("train", "labels-not-matching", "weights-reset"),
    ("train", "no-update", "reg-not-handed-on"),
    ("predict", "smallest-score", "wrong-axis"),
    ("predict", "smallest-score", "bias-row-forgotten"),
]


@pytest.fixture(autouse=True)
def quiet_numpy():
    """Wrong code overflows, divides by 0 and makes matrices; here that is no warning's business."""
    with np.errstate(all="ignore"):
        yield


pytestmark = [
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]


SLOW = pytest.mark.slow
EVERY = [pytest.param(9, id="some"), pytest.param(1, id="all", marks=SLOW)]


@pytest.mark.parametrize("every", EVERY)
def test_every_entry_planted_alone_is_named_and_nothing_else_is(every, tmp_path, capsys):
    planted = {}  # {(name, exercise): [what was named, for each variant]}
    for number, variant in enumerate(VARIANTS[::every]):
        if variant.name == "loops":  # lines are counted in the child process
            file = tmp_path / f"{number}.py"
            file.write_text(CATALOGUE.plant(variant))
            report = checks.run(variant.exercise, file=file)
            assert report.passed, "vectorization is judged apart from correctness"
            assert report.vectorized is False
        else:
            report = judged_here(variant.exercise, variant)
            assert report.passed == (variant.name in NOTES), f"{variant}\n{report}"
        planted.setdefault((variant.name, variant.exercise), []).append(set(report.misconceptions))
    table = matrix(planted)
    if every == 1:
        (ROOT / "build").mkdir(exist_ok=True)
        (ROOT / "build" / "checks_matrix.txt").write_text(table, encoding="utf-8")
    with capsys.disabled():
        print("\n" + table)
    wrong = [
        (name, exercise, named)
        for (name, exercise), all_named in planted.items()
        for named in all_named
        if named != {name} - NOTES
    ]
    assert not wrong


def matrix(planted):
    """Return planted against named: how many codings of each entry were named, and as what."""
    exercises = list(COURSE.exercises)
    short = [name.replace("_loss", "")[:9] for name in exercises]
    lines = [
        "planted                         " + "".join(f"{s:>10}" for s in short) + "  else named"
    ]
    for entry in CATALOGUE.entries:
        cells, others = "", set()
        for exercise in exercises:
            all_named = planted.get((entry.name, exercise), [])
            hits = sum(entry.name in named for named in all_named)
            cells += f"{f'{hits}/{len(all_named)}' if all_named else '·':>10}"
            others |= {name for named in all_named for name in named} - {entry.name}
        note = "(a note, no mistake)" if entry.note else ", ".join(sorted(others)) or "-"
        lines.append(f"{entry.name:<32}{cells}  {note}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("every", EVERY)
def test_under_the_half_convention_the_same_is_named(every, capsys):
    """Two penalties are relative to the loss, and cannot be planted in half of it like that."""
    half = {v.exercise: v for v in VARIANTS if v.name == "half-convention"}
    wrong, planted = [], {}
    for variant in VARIANTS[::every]:
        if variant.exercise not in half or variant.name in ("half-convention", "loops"):
            continue
        try:
            report = judged_here(variant.exercise, half[variant.exercise], variant)
        except ValueError:
            continue  # both change the same text
        named = set(report.misconceptions)
        planted.setdefault((variant.name, variant.exercise), []).append(named)
        if named != {variant.name} - NOTES and (named or "reg" not in variant.name):
            wrong.append((variant, named))
    with capsys.disabled():
        print("\nunder the half convention\n" + matrix(planted))
    assert len(planted) > 15 and not wrong


def penalties(loss, gradient):
    """Return the changes that give all losses these penalties."""
    return (
        ("float(reg) * float(np.sum(W * W))", f"float({loss})"),
        ("2 * float(reg) * W", gradient),
    )


HALF = "0.5 * reg * np.sum(W * W)"
UNFINISHED = [  # penalties of loss and gradient, the names, and whether half of it is noted
    ("0", "0", {"reg-missing"}, False),
    (HALF, "0", {"reg-missing-gradient"}, False),
    (HALF, "reg * W / len(X)", {"reg-over-n"}, False),
    ("0", "reg * W", {"reg-missing-loss"}, False),
    (HALF, "0.5 * reg * W", {"reg-gradient-halved"}, False),
    (HALF, "2 * reg * W", {"reg-gradient-doubled"}, False),
    (HALF, "reg * W", set(), True),
    (HALF, "2 * W", {"reg-factor-missing"}, False),
    ("reg * np.sum(W * W) / 3", "reg * W / 5", set(), False),  # no story
]


@pytest.mark.parametrize(("loss", "gradient", "names", "noted"), UNFINISHED)
def test_penalties_are_judged_by_what_the_loss_needs(loss, gradient, names, noted):
    for exercise in COURSE.exercises:
        if "loss" in exercise:
            variant = Variant("made", exercise, penalties(loss, gradient))
            report = judged_here(exercise, variant)
            assert set(report.misconceptions) == names, report
            assert any("half the regularization" in note for note in report.notes) == noted


def test_a_name_that_does_not_account_for_all_is_not_given():
    over_n = next(v for v in VARIANTS if v.name == "reg-over-n" and v.exercise == "svm_loss_naive")
    assert list(judged_here(over_n.exercise, over_n).misconceptions) == ["reg-over-n"]
    odd = "return loss * (1 + 0.1 * (len(X) % 3)), dW"  # which nobody has a name for
    more = Variant("odd", over_n.exercise, (("return loss, dW", odd),))
    assert not judged_here(over_n.exercise, over_n, more).misconceptions


def test_of_explanations_that_are_equally_good_only_what_they_share_is_told():
    def planted(name, text):
        ours = (v for v in CATALOGUE.of("softmax_loss_naive") if v.name == name)
        return next(v for v in ours if text in str(v.changes))

    pair = planted("maximum-added", "+ scores.max()"), planted("rows-of-weights", "(W.shape)[i]")
    assert list(judged_here("softmax_loss_naive", *pair).misconceptions) == ["rows-of-weights"]


def test_of_a_gradient_that_is_still_zero_nothing_else_is_told():
    for loss in ("0", HALF):
        changes = (*penalties(loss, "0"), ("return loss, dW", "return loss, 0 * dW"))
        report = judged_here("svm_loss_naive", Variant("made", "svm_loss_naive", changes))
        assert list(report.misconceptions) == ["gradient-zero"] and not report.notes, report


@pytest.mark.parametrize(("exercise", "first", "second"), PAIRS)
def test_two_planted_together_are_both_named(exercise, first, second):
    tried = 0
    for pair in itertools.product(
        [v for v in VARIANTS if v.name == first and v.exercise == exercise],
        [v for v in VARIANTS if v.name == second and v.exercise == exercise],
    ):
        try:
            CATALOGUE.plant(*pair)
        except ValueError:
            continue  # both change the same text
        report = judged_here(exercise, *pair)
        assert set(report.misconceptions) == {first, second} - NOTES, pair
        tried += 1
        if tried == 2:
            break
    assert tried


NEIGHBOURS = [  # what nobody planted, and what must be true of it as well
    ("softmax_loss_naive", "scores.max()", "scores.mean()", "or the mean"),
    ("softmax_loss_naive", "- scores.max()", "- np.abs(scores).max()", "of absolute values"),
    ("softmax_loss_naive", "scores - scores.max()", "np.clip(scores, -700, 700)", "cut off"),
    ("svm_loss_naive", "return loss, dW", "return loss, dW.T", "gradient: not judged"),
]


@pytest.mark.parametrize(("exercise", "old", "new", "told"), NEIGHBOURS)
def test_what_is_told_is_true_of_neighbours(exercise, old, new, told):
    report = judged_here(exercise, Variant("made", exercise, ((old, new),)))
    assert told in str(report) and len(report.misconceptions) == ("not judged" not in told), report


def test_a_gradient_that_is_zero_or_never_reached_is_no_other_gradient():
    for exercise, other in (
        ("svm_loss_naive", "ten-classes"),
        ("softmax_loss_naive", "maximum-added"),  # 0 times what is not a number is none, either
        ("softmax_loss_vectorized", "global-maximum"),
    ):
        variants = [
            [v for v in VARIANTS if (v.name, v.exercise) == (name, exercise)][-1]
            for name in ("gradient-zero", other)
        ]
        report = judged_here(exercise, *variants)
        assert list(report.misconceptions) == ["gradient-zero", other], report
    nothing = Variant("made", "svm_loss_naive", (("return loss, dW", "return loss, np.nan * dW"),))
    assert "gradient-zero" not in judged_here("svm_loss_naive", nothing).misconceptions


def test_three_at_once_are_all_named():
    names = ["no-mean-gradient", "reg-gradient-halved", "constant-added-to-p"]
    variants = [
        next(v for v in VARIANTS if v.name == name and v.exercise == "softmax_loss_vectorized")
        for name in names
    ]
    assert list(judged_here("softmax_loss_vectorized", *variants).misconceptions) == names


@pytest.mark.parametrize(
    ("file", "attribute"),
    [
        pytest.param(file, node.name, id=node.name)
        for file in WRONG_SOLUTIONS
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ],
)
def test_wrong_solutions_in_another_style_are_named(file, attribute):
    exercise, *names = attribute.split("__")
    named = {name.replace("_", "-") for name in names}
    report = checks.run(exercise, file=file, attribute=attribute)
    assert set(report.misconceptions) == named - NOTES, report

"""Both losses: hand-worked examples, an independent oracle, numerical gradients, bad input."""

import numpy as np
import pytest

from cs231n.classifiers.linear_svm import hinge_loss, svm_loss_naive, svm_loss_vectorized
from cs231n.classifiers.softmax import (
    cross_entropy_loss,
    probabilities,
    softmax_loss_naive,
    softmax_loss_vectorized,
)
from cs231n.gradient_check import eval_numerical_gradient

SVM = [svm_loss_naive, svm_loss_vectorized]
SOFTMAX = [softmax_loss_naive, softmax_loss_vectorized]
LOSSES = SVM + SOFTMAX


@pytest.fixture
def problem(rng):
    """W, X, y of a small problem: N=13, D=7, C=5; every class occurs."""
    W = rng.standard_normal((7, 5))
    X = rng.standard_normal((13, 7))
    return W, X, np.arange(13) % 5


def problem_with_scores(scores, y):
    """W, X, y of one example whose scores are exactly the given ones."""
    return np.array([scores], dtype=float), np.ones((1, 1)), np.array([y])


# Values worked out by hand, with pencil: scores, correct class, hinge loss
BY_HAND = [
    ([3.2, 5.1, -1.7], 0, 2.9),  # 5.1 - 3.2 + 1 = 2.9; -1.7 is far below
    ([1.3, 4.9, 2.0], 1, 0.0),
    ([2.2, 2.5, -3.1], 2, 12.9),  # 6.3 + 6.6
    ([0.0, 0.0, 0.0], 1, 2.0),  # C - 1 at equal scores
    ([2.0, 1.0, 5.0], 2, 0.0),
]


@pytest.mark.parametrize("loss", SVM)
@pytest.mark.parametrize(("scores", "y", "expected"), BY_HAND)
def test_hinge_loss_agrees_with_hand_worked_examples(loss, scores, y, expected):
    value, _ = loss(*problem_with_scores(scores, y), 0.0)
    assert value == pytest.approx(expected, rel=1e-14, abs=1e-14)  # a few roundings


@pytest.mark.parametrize("loss", SOFTMAX)
@pytest.mark.parametrize(
    ("scores", "y", "expected"),
    [
        ([0.0, 0.0, 0.0, 0.0], 2, np.log(4)),
        ([np.log(1), np.log(2), np.log(5)], 1, np.log(4)),  # p = 2 / 8
        ([2, 11, 9, 8, 5], 1, 0.17203930),  # inline question 2 of softmax.ipynb
        ([2, 11, 9, 7, 5], 1, 0.14518467),
    ],
)
def test_cross_entropy_agrees_with_hand_worked_examples(loss, scores, y, expected):
    value, _ = loss(*problem_with_scores(scores, y), 0.0)
    assert value == pytest.approx(expected, rel=1e-7)  # as many digits as are written above


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("reg", [0.0, 0.7])
def test_gradient_is_the_slope_of_the_loss(loss, reg, problem):
    W, X, y = problem
    _, dW = loss(W, X, y, reg)
    numerical = eval_numerical_gradient(lambda W: loss(W, X, y, reg)[0], W, verbose=False)
    # central differences: h^2 = 1e-10 and rounding eps / h = 2e-11, with room for the sums
    np.testing.assert_allclose(dW, numerical, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(("naive", "vectorized"), [SVM, SOFTMAX])
@pytest.mark.parametrize("reg", [0.0, 3.0])
def test_vectorized_equals_naive(naive, vectorized, reg, problem):
    loss, dW = naive(*problem, reg)
    fast_loss, fast_dW = vectorized(*problem, reg)
    assert fast_loss == pytest.approx(loss, rel=1e-13)  # the same sums in another order
    np.testing.assert_allclose(fast_dW, dW, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("loss", LOSSES)
def test_regularization_is_reg_times_the_sum_of_squares(loss, problem):
    W, X, y = problem
    plain, dW_plain = loss(W, X, y, 0.0)
    penalized, dW_penalized = loss(W, X, y, 0.5)
    assert penalized - plain == pytest.approx(0.5 * np.sum(W**2), rel=1e-12)
    np.testing.assert_allclose(dW_penalized - dW_plain, W, rtol=1e-12, atol=1e-14)  # 2*0.5*W


@pytest.mark.parametrize("loss", LOSSES)
def test_loss_is_a_mean_over_the_batch(loss, problem):
    W, X, y = problem
    once, _ = loss(W, X, y, 0.0)
    twice, _ = loss(W, np.vstack([X, X]), np.hstack([y, y]), 0.0)
    assert twice == pytest.approx(once, rel=1e-13)


def test_a_class_competes_within_a_margin_of_1_unless_another_is_given():
    scores, y = np.array([[2.0, 1.5]]), np.array([0])
    assert hinge_loss(scores, y)[0] == [0.5]  # 1.5 - 2 + 1
    assert hinge_loss(scores, y, margin=3.0)[0] == [2.5]
    for loss in SVM:
        assert loss(*problem_with_scores([2.0, 1.5], 0), 0.0)[0] == 0.5


@pytest.mark.parametrize("loss", SVM)
def test_margin_is_a_matter_of_scale(loss, problem):
    W, X, y = problem
    wide, dW_wide = loss(3 * W, X, y, 0.0, margin=3.0)
    unit, dW_unit = loss(W, X, y, 0.0)
    assert wide == pytest.approx(3 * unit, rel=1e-13)
    np.testing.assert_allclose(dW_wide, dW_unit, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("loss", SVM)
def test_hinge_subgradient_at_the_kink_is_zero(loss):
    scores = [3.0, 2.0]  # class 1 lies exactly the margin below class 0
    value, dW = loss(*problem_with_scores(scores, 0), 0.0)
    assert value == 0
    np.testing.assert_array_equal(dW, [[0, 0]])


@pytest.mark.parametrize("loss", SOFTMAX)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e6, -1e6])
def test_softmax_is_stable_at_huge_scores(loss, dtype, size):
    W = np.array([[size, 0.0]], dtype=dtype)
    X = np.array([[1.0]], dtype=dtype)
    winner = 0 if size > 0 else 1
    value, dW = loss(W, X, np.array([winner]), 0.0)
    assert value == 0
    np.testing.assert_array_equal(dW, [[0, 0]])
    value, dW = loss(W, X, np.array([1 - winner]), 0.0)
    assert value == 1e6
    assert abs(dW).tolist() == [[1, 1]]


@pytest.mark.parametrize("loss", SOFTMAX)
def test_softmax_shifts_each_example_by_its_own_maximum(loss):
    # shifted by 1e6, the second example would have no probability above 0 left
    value, _ = loss(np.array([[1.0, 0.0]]), np.array([[1e6], [0.0]]), np.array([0, 0]), 0.0)
    assert value == pytest.approx((0 + np.log(2)) / 2, rel=1e-15)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types_and_inputs_are_kept(loss, dtype, problem):
    W, X, y = (problem[0].astype(dtype), problem[1].astype(dtype), problem[2])
    before = W.copy(), X.copy(), y.copy()
    for array in (W, X, y):
        array.flags.writeable = False
    value, dW = loss(W, X, y, np.float64(0.1))
    assert type(value) is float
    assert dW.dtype == dtype and dW.shape == W.shape
    for array, old in zip((W, X, y), before, strict=True):
        np.testing.assert_array_equal(array, old)


@pytest.mark.parametrize("loss", LOSSES)
def test_integer_arrays_are_welcome(loss):
    value, dW = loss(np.array([[1, 2], [3, 4]]), np.array([[1, 0]]), np.array([0]), 0)
    expected = {True: 2.0, False: np.log(1 + np.e)}[loss in SVM]
    assert value == pytest.approx(expected)
    assert dW.dtype == np.float64


def changed(array, index, value):
    array = array.copy()
    array[index] = value
    return array


BAD = [
    (lambda W, X, y: (W[:, 0], X, y), r"W must have shape \(D, C\).*\(7,\)"),
    (lambda W, X, y: (W, X[:, :6], y), r"X must have shape \(N, 7\).*\(13, 6\)"),
    (lambda W, X, y: (W, X[0], y), r"X must have shape"),
    (lambda W, X, y: (W, X, y[:5]), r"y must have shape \(13,\).*\(5,\)"),
    (lambda W, X, y: (W, X, y[:, np.newaxis]), r"y must have shape"),
    (lambda W, X, y: (W, X[:0], y[:0]), "empty"),
    (lambda W, X, y: (W, X, y.astype(float)), "y must hold integers.*float64"),
    (lambda W, X, y: (W, X, y > 1), "y must hold integers.*bool"),
    (lambda W, X, y: (W, X, changed(y, 3, 5)), r"label 5, but W has 5 columns \(labels 0..4\)"),
    (lambda W, X, y: (W, X, changed(y, 3, -1)), "label -1"),
    (lambda W, X, y: (changed(W, (6, 4), np.nan), X, y), "W holds NaN"),
    (lambda W, X, y: (W, changed(X, (12, 0), np.nan), y), "X holds NaN"),
    (lambda W, X, y: (W, changed(X, (12, 0), np.inf), y), "X holds NaN or infinity"),
]


@pytest.mark.filterwarnings("ignore:invalid value encountered in matmul")  # inf - inf, wanted
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("spoil", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_input_is_refused_by_name(loss, spoil, message, problem):
    with pytest.raises(ValueError, match=message):
        loss(*spoil(*problem), 0.0)


@pytest.mark.parametrize("loss_on_scores", [hinge_loss, cross_entropy_loss])
def test_losses_on_scores_take_each_row_by_itself(loss_on_scores, rng):
    scores, y = rng.standard_normal((11, 4)), np.arange(11) % 4
    losses, dscores = loss_on_scores(scores, y)
    assert losses.shape == (11,) and dscores.shape == (11, 4)
    for i in range(11):
        loss, d = loss_on_scores(scores[i : i + 1], y[i : i + 1])
        np.testing.assert_array_equal(losses[i], loss[0])
        np.testing.assert_array_equal(dscores[i], d[0])


@pytest.mark.parametrize("loss_on_scores", [hinge_loss, cross_entropy_loss])
def test_dscores_is_the_slope_of_every_row(loss_on_scores, rng):
    scores, y = rng.standard_normal((6, 3)), np.arange(6) % 3
    _, dscores = loss_on_scores(scores, y)
    numerical = eval_numerical_gradient(
        lambda s: loss_on_scores(s, y)[0].sum(), scores, verbose=False
    )
    np.testing.assert_allclose(dscores, numerical, rtol=1e-7, atol=1e-8)  # as above


@pytest.mark.parametrize(("scores", "y", "loss"), BY_HAND)
def test_hinge_loss_has_a_margin_of_1_unless_told(scores, y, loss):
    # a handful of additions, each rounded to 1e-16 of some 10
    assert hinge_loss(np.array([scores]), np.array([y]))[0] == pytest.approx([loss], abs=1e-14)


def test_probabilities_are_those_of_the_formula(rng):
    scores = rng.standard_normal((11, 4))
    P = probabilities(scores)
    expected = np.exp(scores) / np.exp(scores).sum(axis=1)[:, np.newaxis]
    np.testing.assert_allclose(P, expected, rtol=1e-14)
    assert probabilities(scores.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(probabilities(scores + rng.random((11, 1))), P, rtol=1e-14)


def test_probabilities_of_large_scores_are_certain():
    P = probabilities(np.array([[1e6, 0.0, -1e6], [-1e6, -1e6, -1e6]]))
    np.testing.assert_allclose(P, [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-15)

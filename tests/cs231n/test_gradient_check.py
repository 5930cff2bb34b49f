"""The gradient checks: right on functions with known slopes, and quick to reject a wrong one."""

import re

import numpy as np
import pytest

from cs231n.gradient_check import (
    eval_numerical_gradient,
    eval_numerical_gradient_array,
    grad_check_sparse,
)

LINE = re.compile(r"numerical: (\S+) analytic: (\S+), relative error: (\S+)")

# Central differences of smooth functions of size 1, with h = 1e-5: h^2 = 1e-10 from the cubic
# term, eps / h = 2e-11 from rounding; times 10 for sums of a few such functions.
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def sum_of_sines(x):
    return np.sin(x).sum()


def sum_of_squares(x):
    return np.sum(x * x)


@pytest.mark.parametrize("shape", [(), (4,), (3, 2), (2, 1, 3)])
def test_gradient_is_right_for_any_shape(shape, rng):
    x = np.array(rng.standard_normal(shape))
    gradient = eval_numerical_gradient(sum_of_sines, x, verbose=False)
    assert gradient.shape == shape and gradient.dtype == np.float64
    np.testing.assert_allclose(gradient, np.cos(x), **CLOSE)


def test_gradient_is_right_for_a_view(rng):
    x = rng.standard_normal((4, 6)).T[::2]
    gradient = eval_numerical_gradient(sum_of_sines, x, verbose=False)
    np.testing.assert_allclose(gradient, np.cos(x), **CLOSE)


@pytest.mark.parametrize("h", [1e-3, 0.5])
def test_differences_are_central(h, rng):
    x = rng.standard_normal(5)
    gradient = eval_numerical_gradient(sum_of_squares, x, verbose=False, h=h)
    # exact for a quadratic at any h, where one-sided ones are off by h; rounding eps / h = 2e-13
    np.testing.assert_allclose(gradient, 2 * x, rtol=0, atol=1e-11)


def test_other_checks_take_the_step_they_are_given():
    x, h = np.zeros(3), 0.5
    slope = np.sin(h) / h  # not 1, which a small step would find; a few roundings
    assert eval_numerical_gradient_array(np.sin, x, 1.0, h=h) == pytest.approx(slope, rel=1e-14)
    (check,) = grad_check_sparse(sum_of_sines, x, np.ones(3), num_checks=1, h=h)
    assert check.numerical == pytest.approx(slope, rel=1e-14)


@pytest.mark.parametrize("verbose", [True, False])
def test_verbose_prints_a_line_for_each_entry(verbose, capsys):
    gradient = eval_numerical_gradient(sum_of_squares, np.array([[1.0, 2.0]]), verbose=verbose)
    lines = [f"(0, 0) {gradient[0, 0]}", f"(0, 1) {gradient[0, 1]}"]
    assert capsys.readouterr().out.splitlines() == (lines if verbose else [])


def test_array_gradient_flows_back_through_a_matrix(rng):
    A, x, df = rng.standard_normal((5, 3)), rng.standard_normal((3, 2)), rng.standard_normal((5, 2))
    gradient = eval_numerical_gradient_array(lambda x: A @ x, x, df)
    np.testing.assert_allclose(gradient, A.T @ df, **CLOSE)


CHECKS = [
    lambda f, x: eval_numerical_gradient(f, x, verbose=False),
    lambda f, x: eval_numerical_gradient_array(f, x, 1.0),
    lambda f, x: grad_check_sparse(f, x, np.zeros_like(x)),
]


@pytest.mark.parametrize("check", CHECKS)
def test_x_is_put_back_bit_for_bit(check, rng):
    x = rng.standard_normal(7) * 1e3  # adding and subtracting h would leave a rounding error
    before = x.copy()
    check(sum_of_sines, x)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("fails_at", [1, 2])
def test_x_is_put_back_even_if_f_raises(check, fails_at):
    x = np.array([0.1, 0.2])
    calls = []

    def failing(x):
        calls.append(x.copy())
        if len(calls) == fails_at:
            raise ZeroDivisionError
        return 0.0

    with pytest.raises(ZeroDivisionError):
        check(failing, x)
    assert x.tolist() == [0.1, 0.2]
    assert calls[-1].tolist() != [0.1, 0.2]


def test_f_may_read_x_through_a_variable_of_its_own(rng):
    x = rng.standard_normal(4)
    gradient = eval_numerical_gradient(lambda _: sum_of_sines(x), x, verbose=False)
    np.testing.assert_allclose(gradient, np.cos(x), **CLOSE)


def test_sparse_check_returns_what_it_prints(rng, capsys):
    x = rng.standard_normal((3, 4))
    checks = grad_check_sparse(sum_of_sines, x, np.cos(x) + 0.1, num_checks=6)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(checks) == 6
    for line, check in zip(lines, checks, strict=True):
        printed = LINE.fullmatch(line).groups()
        assert printed == (
            f"{check.numerical:f}",
            f"{check.analytic:f}",
            f"{check.relative_error:e}",
        )
        assert check.analytic == np.cos(x[check.index]) + 0.1
        assert check.numerical == pytest.approx(np.cos(x[check.index]), rel=1e-9, abs=1e-9)


def test_sparse_check_makes_ten_checks_unless_told(capsys):
    assert len(grad_check_sparse(sum_of_squares, np.ones(3), 2 * np.ones(3))) == 10
    assert grad_check_sparse(sum_of_squares, np.ones(3), 2 * np.ones(3), num_checks=0) == []


def test_sparse_check_reaches_every_entry(rng):
    x = rng.standard_normal((2, 3))
    checks = grad_check_sparse(sum_of_squares, x, 2 * x, num_checks=100, rng=rng)
    assert {check.index for check in checks} == set(np.ndindex(x.shape))


# numerical slope of a * x, analytic gradient, |n - a| / (|n| + |a|)
ERRORS = [
    (1.0, 1.0, 0.0),
    (1.0, 3.0, 0.5),
    (3.0, -1.0, 1.0),
    (-3.0, -1.0, 0.5),
    (0.0, 0.0, 0.0),
    (0.0, 1e-9, 1.0),
]


@pytest.mark.parametrize(("slope", "analytic", "error"), ERRORS)
def test_relative_error_is_difference_over_sum(slope, analytic, error):
    (check,) = grad_check_sparse(
        lambda x: slope * x[0], np.array([0.0]), np.array([analytic]), num_checks=1
    )
    assert check.relative_error == pytest.approx(error, abs=1e-10)  # rounding of slope * h / h


def test_right_gradient_passes(rng):
    x = rng.standard_normal((5, 5))
    checks = grad_check_sparse(sum_of_squares, x, 2 * x, num_checks=25, rng=rng)
    # rounding of f = 25 by eps * f / h = 6e-10, against slopes of about 1, the least 0.01
    assert max(check.relative_error for check in checks) < 1e-6


@pytest.mark.parametrize(
    "wrong", [lambda g: -g, lambda g: 2 * g, lambda g: g.T, lambda g: g + 0.01, lambda g: 0 * g]
)
def test_wrong_gradient_is_rejected(wrong, rng):
    x = rng.standard_normal((5, 5))
    checks = grad_check_sparse(sum_of_squares, x, wrong(2 * x), num_checks=25, rng=rng)
    assert max(check.relative_error for check in checks) > 1e-3


def test_rng_makes_checks_repeatable_and_spares_the_global_generator():
    x = np.arange(100.0)

    def indices(rng):
        return [check.index for check in grad_check_sparse(sum_of_squares, x, 2 * x, rng=rng)]

    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = indices(np.random.default_rng(5))
    assert first == indices(np.random.default_rng(5)) != indices(np.random.default_rng(6))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_global_seed_makes_checks_repeatable():
    x = np.arange(100.0)
    runs = []
    for seed in (3, 3, 4):
        np.random.seed(seed)  # noqa: NPY002
        runs.append(grad_check_sparse(sum_of_squares, x, 2 * x))
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    ("x", "name"),
    [(np.ones(2, np.float32), "float32"), (np.array([1, 2]), "int64"), ([1.0, 2.0], "list")],
)
def test_anything_but_float64_is_refused(check, x, name):
    with pytest.raises(ValueError, match=rf"float64 array, but x is .*{name}.*astype"):
        check(sum_of_squares, x)


def test_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"shape \(3, 2\), but x is \(2, 3\)"):
        grad_check_sparse(sum_of_squares, np.ones((2, 3)), np.ones((3, 2)))

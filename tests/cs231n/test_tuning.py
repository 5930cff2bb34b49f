"""Training side by side: every model is the one that would have been trained alone."""

import math

import numpy as np
import pytest

from cs231n.classifiers import LinearClassifier, LinearSVM, Softmax
from cs231n.classifiers.linear_classifier import cosine_decay
from cs231n.tuning import GridSearch, accuracies, grid_search, train_together

CLASSIFIERS = [LinearSVM, Softmax]
LEARNING_RATES = [1e-3, 3e-2]
REGS = [0.0, 0.5, 4.0]


@pytest.fixture
def problem(rng):
    """X, y, X_val, y_val: 60 and 40 examples of three overlapping classes, D=5 with the bias."""
    y = np.arange(100) % 3
    X = rng.standard_normal((100, 5)) + y[:, np.newaxis] * [1, -1, 0.5, 0, 0]
    X[:, -1] = 1
    return X[:60], y[:60], X[60:], y[60:]


def trained_alone(classifier, X, y, learning_rate, reg, **options):
    model = classifier()
    options |= {"num_iters": 50, "batch_size": 20, "rng": np.random.default_rng(7)}
    losses = model.train(X, y, learning_rate, reg, **options)
    return model, losses


def assert_equal_weights(W, model, rtol=1e-12):
    np.testing.assert_allclose(W, model.W, rtol=0, atol=rtol * abs(model.W).max())


def search(classifier, problem, learning_rates=LEARNING_RATES, regs=REGS, seed=7, **options):
    options = {"num_iters": 50, "batch_size": 20, "rng": np.random.default_rng(seed)} | options
    return grid_search(classifier, *problem, learning_rates, regs, **options)


def result(val_accuracy):
    """A GridSearch with these validation accuracies, whose weights tell the models apart."""
    val_accuracy = np.array(val_accuracy)
    L, R = val_accuracy.shape
    W = np.arange(4.0 * L * R * 3).reshape(4, L, R, 3)
    learning_rates, regs = [10.0**-k for k in range(L)], [float(k) for k in range(R)]
    losses = np.zeros((0, L, R))
    return GridSearch(LinearSVM, learning_rates, regs, val_accuracy, val_accuracy, losses, W)


@pytest.mark.parametrize("classifier", CLASSIFIERS)
# the same sums in another order, 50 steps: some hundred roundings of 1e-16 or 6e-8
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_every_model_equals_the_one_trained_alone(classifier, dtype, rtol, problem):
    X, y, X_val, y_val = problem
    X, X_val = X.astype(dtype), X_val.astype(dtype)
    found = search(classifier, (X, y, X_val, y_val))
    assert found.W.shape == (5, 2, 3, 3) and found.W.dtype == dtype
    for row, learning_rate in enumerate(LEARNING_RATES):
        for column, reg in enumerate(REGS):
            alone, losses = trained_alone(classifier, X, y, learning_rate, reg)
            assert_equal_weights(found.W[:, row, column], alone, rtol)
            np.testing.assert_allclose(found.losses[:, row, column], losses, rtol=rtol)
            # fractions of 60 and 40 examples, exact but for the division
            right = np.mean(alone.predict(X) == y), np.mean(alone.predict(X_val) == y_val)
            counted = found.train_accuracy[row, column], found.val_accuracy[row, column]
            assert counted == pytest.approx(right)


SETTINGS = {
    "plain": {"learning_rate": 0.03, "reg": 0.5},
    "momentum": {"learning_rate": 1e-3, "reg": 0.0, "momentum": 0.9},
    "schedule": {"learning_rate": 0.1, "reg": 0.1, "schedule": cosine_decay},
    "both": {"learning_rate": 0.01, "reg": 4.0, "momentum": 0.5, "schedule": cosine_decay},
}


def together(problem, settings, classifier=LinearSVM):
    rng = np.random.default_rng(7)
    return train_together(classifier, *problem[:2], settings, 50, 20, rng=rng)


@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("names", [["plain", "schedule"], list(SETTINGS)])
def test_momentum_and_schedule_differ_from_model_to_model(classifier, names, problem):
    models, losses = together(problem, {name: SETTINGS[name] for name in names}, classifier)
    assert list(models) == list(losses) == names
    for name in names:
        alone, expected = trained_alone(classifier, *problem[:2], **SETTINGS[name])
        assert type(models[name]) is classifier
        np.testing.assert_allclose(losses[name], expected, rtol=1e-12)  # as above
        assert_equal_weights(models[name].W, alone)


def test_a_diverged_model_beside_momentum_is_nan_and_spoils_no_other(problem):
    # Its W * W overflows after the first step; the second would shrink W to a finite loss again.
    wild = {"learning_rate": 1e200, "reg": 5e-11, "schedule": lambda at: 1e-190 if at else 1.0}
    models, losses = together(problem, {"wild": wild} | SETTINGS)
    assert np.isnan(models["wild"].W).all()
    np.testing.assert_array_equal(np.isnan(losses["wild"]), np.arange(50) > 0)
    for name in SETTINGS:
        alone, _ = trained_alone(LinearSVM, *problem[:2], **SETTINGS[name])
        assert_equal_weights(models[name].W, alone)


def test_settings_that_cannot_work_are_refused(problem):
    with pytest.raises(ValueError, match="no model to train"):
        together(problem, {})
    with pytest.raises(ValueError, match=r"momentum must lie in \[0, 1\).*1"):
        together(problem, {"bad": SETTINGS["plain"] | {"momentum": 1}})


def test_accuracies_count_every_row_of_every_model(rng):
    W, X, y = rng.standard_normal((4, 3, 5)), rng.standard_normal((23, 4)), np.arange(23) % 5
    expected = [np.mean(np.argmax(X @ W[:, k], axis=1) == y) for k in range(3)]
    np.testing.assert_allclose(accuracies(W, X, y), expected, rtol=1e-14)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_accuracy_of_weights_that_are_not_finite_is_nan(bad):
    W = np.ones((2, 3, 2))
    W[1, 1, 0] = bad
    with np.errstate(invalid="ignore"):
        found = accuracies(W, np.ones((4, 2)), np.zeros(4, int))
    np.testing.assert_array_equal(found, [1, np.nan, 1])


@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_diverged_models_spoil_neither_their_neighbours_nor_the_result(classifier, dtype, problem):
    X, y, X_val, y_val = problem
    problem = X.astype(dtype), y, X_val.astype(dtype), y_val
    found = search(classifier, problem, learning_rates=[0.03, 1e3], regs=[1e9, 0.5])
    # 1 - 2*lr*reg is -6e7 and -2e12 in the first column. At (1, 1) it is -999, whose 50th power,
    # 1e150, is too large for float32 alone; and (0, 1) is what converges.
    diverged = [[True, False], [True, dtype == np.float32]]
    np.testing.assert_array_equal(np.isnan(found.val_accuracy), diverged)
    np.testing.assert_array_equal(np.isnan(found.train_accuracy), diverged)
    alone, _ = trained_alone(classifier, *problem[:2], 0.03, 0.5)
    np.testing.assert_allclose(found.W[:, 0, 1], alone.W, rtol=0, atol=1e-5 * abs(alone.W).max())
    assert found.best_index == (0, 1)


def test_a_model_that_diverges_is_dropped_when_it_would_have_stopped_alone(problem):
    # 1 - 2*lr*reg is -39: float32 lasts for some twenty steps, and for others' sake they count
    X, y, X_val, y_val = problem
    problem = X.astype(np.float32), y, X_val.astype(np.float32), y_val
    found = search(LinearSVM, problem, learning_rates=[0.01, 2.0], regs=[0.5, 10.0])
    with pytest.warns(RuntimeWarning, match="the loss became inf"):
        _, losses = trained_alone(LinearSVM, *problem[:2], 2.0, 10.0)
    assert 5 < len(losses) < 45
    alive = np.isfinite(found.losses[:, 1, 1])
    np.testing.assert_array_equal(alive, np.arange(50) < len(losses))
    np.testing.assert_allclose(found.losses[alive, 1, 1], losses, rtol=1e-5)
    assert np.isnan(found.W[:, 1, 1]).all()
    for row, column in ((0, 0), (0, 1), (1, 0)):
        learning_rate, reg = found.learning_rates[row], found.regs[column]
        alone, losses = trained_alone(LinearSVM, *problem[:2], learning_rate, reg)
        assert_equal_weights(found.W[:, row, column], alone, rtol=1e-5)
        np.testing.assert_allclose(found.losses[:, row, column], losses, rtol=1e-5)


def test_classifier_without_a_loss_on_scores_is_told_so(problem):
    with pytest.raises(NotImplementedError, match="no loss_on_scores"):
        search(LinearClassifier, problem)


def test_own_loss_on_scores_is_used(problem):
    class Indifferent(LinearClassifier):
        @staticmethod
        def loss_on_scores(scores, y):
            return np.full(len(scores), 2.0), np.zeros_like(scores)

    found = search(Indifferent, problem, regs=[0.0])
    np.testing.assert_array_equal(found.losses, 2.0)
    assert type(found.best_model) is Indifferent


def test_best_is_the_highest_validation_accuracy():
    found = result([[0.1, 0.3, 0.2], [0.2, 0.9, 0.4]])
    assert found.best_index == (1, 1)
    learning_rate, reg, accuracy = found.best
    assert (learning_rate, reg, accuracy) == (0.1, 1.0, 0.9)
    assert type(accuracy) is float
    assert type(found.best_model) is LinearSVM
    np.testing.assert_array_equal(found.best_model.W, found.W[:, 1, 1])


def test_best_goes_by_validation_not_by_training():
    found = result([[0.5, 0.6]])
    found.train_accuracy = np.array([[0.9, 0.1]])
    assert found.best_index == (0, 1)


def test_first_of_equals_wins_and_diverged_models_never_do():
    assert result([[0.1, 0.7], [0.7, 0.7]]).best_index == (0, 1)
    assert result([[math.nan, math.nan], [0.0, math.nan]]).best_index == (1, 0)


def test_best_weights_are_a_copy():
    found = result([[0.5]])
    found.best_model.W[:] = -1
    assert found.W.min() == 0


def test_printed_it_is_a_line_for_each_pair():
    found = result([[0.1234, math.nan], [0.5, 0.75]])
    found.train_accuracy = found.val_accuracy / 2
    assert str(found).splitlines() == [
        "lr 1.0e+00  reg 0.0e+00  training 0.062  validation 0.123",
        "lr 1.0e+00  reg 1.0e+00  training nan  validation nan",
        "lr 1.0e-01  reg 0.0e+00  training 0.250  validation 0.500",
        "lr 1.0e-01  reg 1.0e+00  training 0.375  validation 0.750",
    ]


@pytest.mark.parametrize("attribute", ["best", "best_index", "best_model"])
def test_without_a_survivor_there_is_no_best(attribute):
    found = result([[math.nan, math.nan], [math.nan, math.nan]])
    with pytest.raises(ValueError, match=r"every model diverged: lower the learning rates.*0\.1"):
        getattr(found, attribute)


def test_whole_grid_may_diverge_without_a_warning(problem):
    found = search(LinearSVM, problem, learning_rates=[1e9], regs=[1e9])
    assert np.isnan(found.val_accuracy).all()
    with pytest.raises(ValueError, match="every model diverged"):
        found.best  # noqa: B018 - it is the look-up that raises


def test_grid_may_have_a_single_cell(problem):
    found = search(LinearSVM, problem, [1e-2], [0.5])
    assert found.val_accuracy.shape == (1, 1)
    assert found.best[:2] == (1e-2, 0.5)
    np.testing.assert_array_equal(found.best_model.W, found.W[:, 0, 0])


def test_batches_may_hold_one_example(problem):
    found = search(LinearSVM, problem, batch_size=1)
    alone = LinearSVM()
    rng = np.random.default_rng(7)
    losses = alone.train(*problem[:2], LEARNING_RATES[0], REGS[1], 50, batch_size=1, rng=rng)
    np.testing.assert_allclose(found.losses[:, 0, 1], losses, rtol=1e-12)  # as above
    assert_equal_weights(found.W[:, 0, 1], alone)


def test_grids_may_be_any_iterable(problem):
    listed = search(LinearSVM, problem)
    for kind in (tuple, np.array, iter):
        found = search(LinearSVM, problem, kind(LEARNING_RATES), kind(REGS))
        assert found.learning_rates == LEARNING_RATES and found.regs == REGS
        np.testing.assert_array_equal(found.W, listed.W)


def test_inputs_are_never_modified(problem):
    before = [array.copy() for array in problem]
    for array in problem:
        array.flags.writeable = False
    learning_rates, regs = list(LEARNING_RATES), list(REGS)
    search(Softmax, problem, learning_rates, regs)
    for array, old in zip(problem, before, strict=True):
        np.testing.assert_array_equal(array, old)
    assert learning_rates == LEARNING_RATES and regs == REGS


def test_given_rng_spares_the_global_generator(problem):
    before = np.random.get_state()[1:3]  # noqa: NPY002
    search(LinearSVM, problem)
    np.testing.assert_equal(np.random.get_state()[1:3], before)  # noqa: NPY002


def test_global_seed_makes_the_search_repeatable(problem):
    runs = []
    for seed in (1, 1, 2):
        np.random.seed(seed)  # noqa: NPY002
        runs.append(search(LinearSVM, problem, rng=None).W)
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


@pytest.mark.parametrize("verbose", [True, False])
def test_verbose_shows_a_bar(verbose, problem, capsys):
    search(LinearSVM, problem, verbose=verbose)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert ("LinearSVM" in shown.err and "/50" in shown.err) if verbose else shown.err == ""


def test_no_iterations_compare_the_same_initial_weights(problem):
    found = search(LinearSVM, problem, num_iters=0)
    assert (found.W[:, :1, :1] == found.W).all()
    assert len(set(found.val_accuracy.ravel())) == 1


BAD = [
    ({"learning_rates": []}, "the grid is empty"),
    ({"regs": []}, "the grid is empty"),
    ({"learning_rates": [0.1, -0.1]}, "learning_rate must be positive.*-0.1"),
    ({"learning_rates": [0.1, math.nan]}, "learning_rate must be positive.*nan"),
    ({"regs": [0.1, -3]}, "reg must .* not negative.*-3"),
    ({"num_iters": -1}, "-1 iterations"),
    ({"batch_size": 0}, "batches of 0"),
    ({"X": np.ones(60)}, r"X must have shape \(N, D\)"),
    ({"y": np.zeros(60)}, "y must hold integers"),
    ({"y": np.zeros(59, int)}, r"y must have shape \(60,\).*\(59,\)"),
    ({"X_val": np.ones((40, 4))}, r"X_val must have shape \(N, 5\).*\(40, 4\)"),
    ({"X_val": np.ones(40)}, r"X_val must have shape \(N, 5\)"),
    ({"y_val": np.zeros(39, int)}, r"y must have shape \(40,\).*\(39,\)"),
    ({"X_val": np.ones((0, 5)), "y_val": np.zeros(0, int)}, "empty"),
]


@pytest.mark.parametrize(("bad", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_arguments_are_refused_before_any_work(bad, message, problem, rng):
    X, y, X_val, y_val = problem
    arguments = {"X": X, "y": y, "X_val": X_val, "y_val": y_val}
    arguments |= {"learning_rates": LEARNING_RATES, "regs": REGS, "num_iters": 5, "rng": rng} | bad
    state = rng.bit_generator.state
    with pytest.raises(ValueError, match=message):
        grid_search(LinearSVM, **arguments)
    assert rng.bit_generator.state == state

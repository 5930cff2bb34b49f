"""The optional exercises that end the notebooks, solved: does what is folded there come out?

Those of svm.ipynb first; what both notebooks ask is solved for both at once.
"""

import numpy as np
import pytest

from cs231n import data_utils
from cs231n.classifiers import LinearSVM, Softmax
from cs231n.classifiers.linear_classifier import cosine_decay
from cs231n.classifiers.linear_svm import svm_loss_vectorized
from cs231n.classifiers.softmax import cross_entropy_loss, probabilities
from cs231n.tuning import grid_search, train_together

pytestmark = pytest.mark.slow  # two minutes for all

# The winners of the searches, and how long each is trained
WINNER = {"learning_rate": 2e-7, "reg": 1e3}
SOFTMAX = {"learning_rate": 2e-6, "reg": 1e2}
SCHEDULE = {"learning_rate": 2e-6, "reg": 1e3, "schedule": cosine_decay}
STEPS, SOFTMAX_STEPS = 750, 500


class Data:
    """The data of the notebook, less the mean image or not."""

    def __init__(self, folder, center=True):
        images, self.y, test_images, self.y_test = data_utils.load_CIFAR10(folder, dtype=np.uint8)
        self.images, self.y, self.y_val = images[:49_000], self.y[:49_000], self.y[49_000:]
        self.mean = self.images.mean(axis=0) if center else np.zeros(images[0].shape)
        parts = (self.images, images[49_000:], test_images)
        self.X, self.X_val, self.X_test = (data_utils.to_rows(part, self.mean) for part in parts)
        p = 0.45  # or so; this varies slowly
        self.error = np.sqrt(p * (1 - p) / len(self.y_test))

    def train(self, settings=WINNER, classifier=LinearSVM, seed=7):
        return self.train_all([settings], classifier, seed)[0]

    def train_all(self, settings, classifier=LinearSVM, seed=7):
        named, rng = dict(enumerate(settings)), np.random.default_rng(seed)
        steps = SOFTMAX_STEPS if classifier is Softmax else STEPS
        models, _ = train_together(classifier, self.X, self.y, named, steps, rng=rng)
        return list(models.values())

    def add_mirror_images(self):
        mirrored = data_utils.to_rows(self.images[:, :, ::-1], self.mean)
        self.X = np.concatenate([self.X, mirrored])
        self.y = np.concatenate([self.y, self.y])

    def test(self, model):
        return np.mean(model.predict(self.X_test) == self.y_test)

    def agreement(self, one, other):
        return np.mean(one.predict(self.X_test) == other.predict(self.X_test))


@pytest.fixture(scope="module")
def data(synthetic_dir):
    return Data(synthetic_dir)


@pytest.fixture(scope="module")
def winner(data):
    return data.train()


@pytest.fixture(scope="module")
def softmax(data):
    return data.train(SOFTMAX, Softmax)


def start(scale):
    """A generator after it has drawn the usual start, and `scale` times that."""
    rng = np.random.default_rng(7)
    return rng, (scale * 0.0001 * rng.standard_normal((3073, 10))).astype(np.float32)


def pictures(model):
    return model.W[:-1].T.reshape(-1, 32, 32, 3)


def test_starting_at_zero_costs_nothing_but_the_grain(data, winner):
    zero = LinearSVM()
    rng, zero.W = start(0)
    zero.train(data.X, data.y, **WINNER, num_iters=STEPS, rng=rng)
    assert abs(data.test(zero) - data.test(winner)) < data.error
    grain = [np.diff(pictures(one), axis=1).std() / one.W.std() for one in (zero, winner)]
    assert grain[0] < 0.8 * grain[1]


def test_a_margin_of_ten_scales_everything_by_ten(data, winner):
    class Ten(LinearSVM):
        def loss(self, X_batch, y_batch, reg):
            return svm_loss_vectorized(self.W, X_batch, y_batch, reg, margin=10.0)

    ten = Ten()
    rng, ten.W = start(10)
    ten.train(data.X, data.y, 10 * WINNER["learning_rate"], WINNER["reg"] / 10, STEPS, rng=rng)
    assert data.agreement(ten, winner) >= 0.99
    assert np.linalg.norm(ten.W) == pytest.approx(10 * np.linalg.norm(winner.W), rel=0.01)


def test_beyond_the_border_of_the_grid_little_is_gained(data, winner):
    regs, sets = [0, 1e2, 1e3], (data.X, data.y, data.X_val, data.y_val)
    rate, rng = WINNER["learning_rate"], np.random.default_rng(7)
    found = grid_search(LinearSVM, *sets, [rate], regs, STEPS, rng=rng)
    none, _, before = found.train_accuracy[0]
    assert 0.001 < none - before < 0.0025
    weak = LinearSVM()
    weak.W = found.W[:, 0, 0]
    assert abs(data.test(weak) - data.test(winner)) < data.error


def test_a_squared_hinge_does_nearly_as_well_with_smaller_steps(data):
    class Squared(LinearSVM):
        @staticmethod
        def loss_on_scores(scores, y):
            rows = np.arange(len(y))
            violations = np.maximum(0, scores - scores[rows, y][:, np.newaxis] + 1)
            violations[rows, y] = 0
            dscores = 2 * violations
            dscores[rows, y] = -dscores.sum(axis=1)
            return (violations**2).sum(axis=1), dscores

    rates = (SCHEDULE["learning_rate"] / slower for slower in (10, 5))
    settings = [SCHEDULE | {"learning_rate": rate} for rate in rates]
    good, diverged = data.train_all(settings, Squared)
    assert abs(data.test(good) - data.test(data.train(SCHEDULE))) < 2 * data.error
    assert np.isnan(diverged.W).all()


def test_a_bias_without_penalty_changes_next_to_nothing(data, winner):
    class Free(LinearSVM):
        def loss(self, X_batch, y_batch, reg):
            loss, dW = super().loss(X_batch, y_batch, reg)
            dW[-1] -= 2 * reg * self.W[-1]
            return loss - reg * np.sum(self.W[-1] ** 2), dW

    free = Free()
    free.train(data.X, data.y, **WINNER, num_iters=STEPS, rng=np.random.default_rng(7))
    assert data.agreement(free, winner) > 0.98
    assert np.linalg.norm(free.W[-1]) > np.linalg.norm(winner.W[-1])


@pytest.mark.night
def test_seeds_spread_by_about_half_the_standard_error(data):
    spread = np.std([data.test(data.train(seed=seed)) for seed in range(5)], ddof=1)
    assert 0.25 * data.error < spread < 0.8 * data.error


# softmax.ipynb


def test_beyond_the_corner_of_the_grid_softmax_gains_next_to_nothing(data, softmax):
    grid = [{"learning_rate": rate, "reg": reg} for rate in (2e-6, 4e-6, 8e-6) for reg in (1e2, 10)]
    corner, *others, largest, weaker = map(data.test, data.train_all(grid, Softmax))
    assert corner == data.test(softmax)
    assert all(abs(other - corner) < data.error for other in others)
    assert max(largest, weaker) < corner - 2 * data.error


def test_softmax_starts_at_zero_as_well(data, softmax):
    zero = Softmax()
    rng, zero.W = start(0)
    losses = zero.train(data.X, data.y, **SOFTMAX, num_iters=SOFTMAX_STEPS, rng=rng)
    assert losses[0] == pytest.approx(np.log(10), abs=1e-6)  # rounding of float32
    assert abs(data.test(zero) - data.test(softmax)) < data.error


def test_a_temperature_repairs_a_part_of_the_calibration(data, softmax):
    scores, said = data.X_val @ softmax.W, data.X_test @ softmax.W
    temperatures = np.arange(0.5, 1.5, 0.01)
    losses = [cross_entropy_loss(scores / T, data.y_val)[0].mean() for T in temperatures]
    best = temperatures[np.argmin(losses)]
    assert 0.9 < best < 1
    before, after = (
        data.test(softmax) - probabilities(said / T).max(axis=1).mean() for T in (1, best)
    )
    assert 0.55 < after / before < 0.8
    assert ((said / best).argmax(axis=1) == said.argmax(axis=1)).all()


@pytest.mark.night
def test_softmax_seeds_spread_by_about_the_standard_error(data):
    spread = np.std([data.test(data.train(SOFTMAX, Softmax, k)) for k in range(5)], ddof=1)
    assert 0.7 * data.error < spread < 1.4 * data.error


# Both, last: these take the memory of the data a second time


@pytest.mark.night
def test_with_the_mean_image_left_in_steps_are_too_large(synthetic_dir, data, winner, softmax):
    raw = Data(synthetic_dir, center=False)
    same, quarter = map(raw.test, raw.train_all([WINNER, WINNER | {"learning_rate": 5e-8}]))
    assert same + 0.05 < quarter < data.test(winner) - 0.02
    tenth = SOFTMAX | {"learning_rate": 2e-7}
    same, tenth = map(raw.test, raw.train_all([SOFTMAX, tenth], Softmax))
    assert same < 0.3 < tenth < data.test(softmax) - 0.02


@pytest.mark.night
def test_mirror_images_make_symmetric_templates_and_no_better_accuracy(
    synthetic_dir, data, softmax
):
    svm, both = data.train(SCHEDULE), Data(synthetic_dir)
    both.add_mirror_images()
    for alone, mirrored in (
        (svm, both.train(SCHEDULE)),
        (softmax, both.train(SOFTMAX, Softmax)),
    ):
        assert (symmetry(mirrored) > symmetry(alone)).all()
        # Each has an error of its own.
        assert abs(data.test(mirrored) - data.test(alone)) < 2 * data.error
        fitted = [np.mean(one.predict(data.X) == data.y) for one in (alone, mirrored)]
        assert fitted[1] < fitted[0]


def symmetry(model):
    """The correlation (C,) of each template with its mirror image."""
    pairs = ((one.ravel(), one[:, ::-1].ravel()) for one in pictures(model))
    return np.array([np.corrcoef(*pair)[0, 1] for pair in pairs])

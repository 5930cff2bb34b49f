"""Training by SGD, prediction, saving and loading."""

import inspect
import math
import pickle

import numpy as np
import pytest

from cs231n.classifiers import LinearClassifier, LinearSVM, Softmax
from cs231n.classifiers.linear_classifier import cosine_decay
from cs231n.classifiers.linear_svm import svm_loss_naive
from cs231n.classifiers.softmax import softmax_loss_naive

MODELS = [LinearSVM, Softmax]


def clusters(rng, N=60, C=3, dtype=np.float64):
    """X (N, 3), y: well separated clusters around C points of a circle, and a bias column."""
    y = np.arange(N) % C
    angles = 2 * np.pi * y / C
    X = np.stack([5 * np.cos(angles), 5 * np.sin(angles), np.ones(N)], axis=1)
    X[:, :2] += 0.3 * rng.standard_normal((N, 2))
    return X.astype(dtype), y


def recording(model_class):
    """A model of this class with a list, model.calls, of what its loss was given and returned."""

    class Recorder(model_class):
        def loss(self, X_batch, y_batch, reg):
            loss, dW = super().loss(X_batch, y_batch, reg)
            self.calls.append((self.W.copy(), X_batch, y_batch, loss))
            return loss, dW

    model = Recorder()
    model.calls = []
    return model


class Scripted(LinearClassifier):
    """A user's own classifier: its losses are those of a list, its gradient is always 1."""

    def __init__(self, *losses):
        super().__init__()
        self.W = np.zeros((2, 2))
        self.losses = list(losses)

    def loss(self, X_batch, y_batch, reg):
        return self.losses.pop(0), np.ones((2, 2))


class LeastSquares(LinearClassifier):
    """A user's own classifier: (s - one-hot)^2. Large steps overshoot its minimum and diverge."""

    def loss(self, X_batch, y_batch, reg):
        errors = X_batch @ self.W - np.eye(self.W.shape[1])[y_batch]
        return np.sum(errors**2) / len(errors), 2 * X_batch.T @ errors / len(errors)


def two_examples():
    return np.eye(2), np.array([0, 1])


def global_state():
    return np.random.get_state()[1:3]  # noqa: NPY002


# What one training does


def test_signature_is_what_notebooks_call():
    parameters = inspect.signature(LinearClassifier().train).parameters
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    assert list(defaults)[:2] == ["X", "y"]
    assert list(defaults.items())[2:7] == [
        ("learning_rate", 1e-3),
        ("reg", 1e-5),
        ("num_iters", 100),
        ("batch_size", 200),
        ("verbose", False),
    ]


@pytest.mark.parametrize("model_class", [*MODELS, LeastSquares])
def test_separable_classes_are_learned_perfectly(model_class, rng):
    X, y = clusters(rng)
    model = model_class()
    losses = model.train(X, y, learning_rate=1e-2, num_iters=300, rng=rng)
    np.testing.assert_array_equal(model.predict(X), y)
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize("model_class", [*MODELS, LeastSquares])
def test_losses_are_floats_one_an_iteration(model_class, rng):
    X, y = clusters(rng, dtype=np.float32)
    losses = model_class().train(X, y, num_iters=7, rng=rng)
    assert type(losses) is list
    assert [type(loss) for loss in losses] == [float] * 7


def test_no_iterations_give_small_random_weights(rng):
    model = Softmax()
    X, y = rng.standard_normal((50, 400)), np.arange(50) % 10
    assert model.train(X, y, num_iters=0, rng=rng) == []
    assert model.W.shape == (400, 10)
    # 4,000 numbers: their standard deviation is sure to 1.1%, their mean to 1.6% of it; times 4
    assert model.W.std() == pytest.approx(1e-4, rel=0.045)
    assert abs(model.W.mean()) < 6.4e-6


def test_first_loss_is_that_of_equal_scores(rng):
    X, y = clusters(rng, C=4)
    # weights of 0.0001 times pixels of 5 move scores, and so the loss, by about 0.001
    assert LinearSVM().train(X, y, num_iters=1, rng=rng)[0] == pytest.approx(3, abs=0.01)
    assert Softmax().train(X, y, num_iters=1, rng=rng)[0] == pytest.approx(math.log(4), abs=0.01)


def reference(W, calls, naive_loss, *, learning_rate, reg, momentum, cosine):
    """SGD once more, written plainly: the weights after the minibatches of `calls`, the losses."""
    W, velocity, losses = W.copy(), np.zeros_like(W), []
    for t, (_, X_batch, y_batch, _) in enumerate(calls):
        loss, dW = naive_loss(W, X_batch, y_batch, reg)
        losses.append(loss)
        rate = learning_rate
        if cosine:
            rate = learning_rate * (1 + math.cos(math.pi * t / len(calls))) / 2
        velocity = momentum * velocity - rate * dW
        W += velocity
    return W, losses


@pytest.mark.parametrize(
    ("model_class", "naive_loss"), [(LinearSVM, svm_loss_naive), (Softmax, softmax_loss_naive)]
)
@pytest.mark.parametrize("cosine", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_training_equals_a_plain_loop(model_class, naive_loss, momentum, cosine, rng):
    X, y = clusters(rng)
    model = recording(model_class)
    settings = {"learning_rate": 0.03, "reg": 0.2, "momentum": momentum}
    schedule = cosine_decay if cosine else None
    losses = model.train(X, y, num_iters=20, batch_size=8, schedule=schedule, rng=rng, **settings)
    W, expected = reference(model.calls[0][0], model.calls, naive_loss, cosine=cosine, **settings)
    # the same sums in another order, 20 times
    np.testing.assert_allclose(model.W, W, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(losses, expected, rtol=1e-11)


def test_defaults_are_plain_gradient_descent():
    X, y = two_examples()
    model = Scripted(*[1.0] * 100)
    model.train(X, y)
    np.testing.assert_allclose(model.W, -0.1, rtol=1e-12)  # 100 steps of 0.001 * 1


def test_schedule_sees_progress_from_0_to_below_1():
    seen = []
    X, y = two_examples()
    model = Scripted(*[1.0] * 4)
    model.train(X, y, 1.0, num_iters=4, schedule=lambda p: seen.append(p) or p)
    assert seen == [0, 0.25, 0.5, 0.75]
    np.testing.assert_array_equal(model.W, -1.5)  # the sum of them


def test_cosine_decay_goes_from_1_to_0():
    assert cosine_decay(0) == 1
    assert cosine_decay(0.5) == pytest.approx(0.5)
    assert cosine_decay(2 / 3) == pytest.approx(0.25)
    assert cosine_decay(1) == 0


# Minibatches


def test_minibatches_are_drawn_with_replacement(rng):
    X = np.arange(10.0)[:, np.newaxis]
    y = np.arange(10) % 3
    model = recording(LinearSVM)
    model.train(X, y, num_iters=100, batch_size=50, rng=rng)
    rows = np.array([X_batch[:, 0] for _, X_batch, _, _ in model.calls])
    assert rows.shape == (100, 50)  # more than there are examples
    counts = np.bincount(rows.astype(int).ravel())
    assert counts.shape == (10,)
    # 5,000 draws: 500 of each, standard deviation 21; the fixed seed makes it repeatable
    assert abs(counts - 500).max() < 4 * 21
    assert len({tuple(np.bincount(row.astype(int), minlength=10)) for row in rows}) > 90


def test_a_minibatch_may_be_one_example(rng):
    X, y = clusters(rng)
    model = recording(Softmax)
    losses = model.train(X, y, num_iters=30, batch_size=1, rng=rng)
    assert [X_batch.shape for _, X_batch, _, _ in model.calls] == [(1, 3)] * 30
    assert len(losses) == 30


def test_minibatches_keep_images_and_labels_together(rng):
    X = np.arange(10.0)[:, np.newaxis]
    y = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5, 3])
    model = recording(LinearSVM)
    model.train(X, y, num_iters=5, batch_size=7, rng=rng)
    for _, X_batch, y_batch, _ in model.calls:
        np.testing.assert_array_equal(y_batch, y[X_batch[:, 0].astype(int)])


# Weights: where they start, what they are


def test_training_goes_on_from_given_weights(rng):
    X, y = clusters(rng)
    once, twice = Softmax(), Softmax()
    losses = once.train(X, y, num_iters=20, rng=np.random.default_rng(1))
    generator = np.random.default_rng(1)
    first = twice.train(X, y, num_iters=8, rng=generator)
    assert first + twice.train(X, y, num_iters=12, rng=generator) == losses
    np.testing.assert_array_equal(twice.W, once.W)


def test_given_weights_may_have_more_classes_than_y(rng):
    X, y = clusters(rng)
    model = LinearSVM()
    model.W = np.zeros((3, 10))
    model.train(X, y, num_iters=5, rng=rng)
    assert model.W.shape == (3, 10)


@pytest.mark.parametrize("model_class", MODELS)
def test_inputs_are_never_modified(model_class, rng):
    X, y = clusters(rng)
    W = np.ones((3, 3))
    before = W.copy(), X.copy(), y.copy()
    for array in (W, X, y):
        array.flags.writeable = False
    model = model_class()
    model.W = W
    model.train(X, y, num_iters=5, momentum=0.9, rng=rng)
    model.predict(X)
    for array, old in zip((W, X, y), before, strict=True):
        np.testing.assert_array_equal(array, old)
    assert not np.array_equal(model.W, W)


@pytest.mark.parametrize("model_class", MODELS)
@pytest.mark.parametrize(
    ("X_dtype", "W_dtype"), [("f4", "f4"), ("f8", "f8"), ("i8", "f8"), ("u1", "f8")]
)
def test_weights_have_the_dtype_of_X(model_class, X_dtype, W_dtype, rng):
    X, y = clusters(rng)
    model = model_class()
    model.train(
        abs(X).astype(X_dtype),
        y,
        np.float64(1e-3),
        np.float64(0.1),
        num_iters=3,
        momentum=np.float64(0.9),
        schedule=lambda progress: np.float64(1.0),
        rng=rng,
    )
    assert model.W.dtype == W_dtype


def test_lists_are_welcome(rng):
    X, y = clusters(rng)
    model = Softmax()
    model.train(X.tolist(), y.tolist(), learning_rate=0.01, num_iters=100, rng=rng)
    np.testing.assert_array_equal(model.predict(X.tolist()), y)


# Randomness


def test_global_seed_makes_training_repeatable(rng):
    X, y = clusters(rng)
    models = []
    for seed in (1, 1, 2):
        np.random.seed(seed)  # noqa: NPY002
        models.append(LinearSVM())
        models[-1].train(X, y, num_iters=5)
    np.testing.assert_array_equal(models[0].W, models[1].W)
    assert not np.array_equal(models[0].W, models[2].W)


@pytest.mark.parametrize("make_rng", [np.random.default_rng, np.random.RandomState])
def test_given_rng_is_all_the_randomness_there_is(make_rng, rng):
    X, y = clusters(rng)
    before = global_state()
    models = [LinearSVM(), LinearSVM()]
    for model in models:
        model.train(X, y, num_iters=5, rng=make_rng(7))
    np.testing.assert_array_equal(models[0].W, models[1].W)
    np.testing.assert_equal(global_state(), before)


# What is shown


def test_verbose_shows_a_bar_and_the_loss_every_100_iterations(rng, capsys):
    X, y = clusters(rng)
    losses = LinearSVM().train(X, y, num_iters=201, verbose=True, rng=rng)
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "iteration %d / %d: loss %f" % (iteration, 201, losses[iteration])  # noqa: UP031
        for iteration in (0, 100, 200)
    ]
    assert "LinearSVM" in shown.err and "/201" in shown.err


def test_quiet_training_shows_nothing(rng, capsys):
    LinearSVM().train(*clusters(rng), num_iters=5, rng=rng)
    assert capsys.readouterr() == ("", "")


# Divergence


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_training_stops_at_a_loss_that_is_not_finite(bad):
    model = Scripted(4.0, 3.0, bad, 2.0)
    with pytest.warns(RuntimeWarning, match=f"the loss became {bad} at iteration 2") as caught:
        losses = model.train(*two_examples(), learning_rate=0.5, num_iters=4)
    assert losses == [4.0, 3.0]
    np.testing.assert_array_equal(model.W, -0.5)  # one step: the weights whose loss was 3
    assert model.losses == [2.0]
    assert caught[0].filename == __file__  # it points at the caller


def test_given_weights_stay_if_their_loss_is_not_finite():
    model = Scripted(math.nan)
    W = model.W
    with pytest.warns(RuntimeWarning, match="iteration 0"):
        assert model.train(*two_examples()) == []
    assert model.W is W


@pytest.mark.parametrize("model_class", MODELS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_regularization_that_diverges_is_named(model_class, dtype, rng):
    model = recording(model_class)
    with pytest.warns(RuntimeWarning) as caught:
        losses = model.train(*clusters(rng, dtype=dtype), 0.2, 1e3, num_iters=1000, rng=rng)
    (message,) = [str(warning.message) for warning in caught]
    assert "learning rate 0.2 and reg 1000" in message
    assert "|1 - 2*lr*reg| = 399 > 1" in message
    assert 0 < len(losses) < 1000 and np.isfinite(losses).all()
    assert np.isfinite(model.W).all()
    last_finite_W, _, _, last_finite_loss = model.calls[-2]
    np.testing.assert_array_equal(model.W, last_finite_W)
    assert losses[-1] == last_finite_loss


def test_steps_that_overshoot_are_told_from_regularization(rng):
    model = LeastSquares()
    with pytest.warns(RuntimeWarning, match="learning rate 10 .*a smaller learning rate") as caught:
        model.train(*clusters(rng), learning_rate=10, num_iters=1000, rng=rng)
    assert "2*lr*reg" not in str(caught[0].message)
    assert np.isfinite(model.W).all()


# Bad arguments


BAD = [
    ({"X": np.ones(4)}, r"X must have shape \(N, D\).*\(4,\)"),
    ({"X": np.ones((4, 5))}, r"X must have shape \(N, 3\).*\(4, 5\)"),
    ({"y": np.array([0, 1])}, r"y must have shape \(4,\).*\(2,\)"),
    ({"y": np.array([0.0, 1, 0, 1])}, "integers.*float64"),
    ({"y": np.array([0, 1, 0, -1])}, "label -1"),
    ({"y": np.array([0, 1, 0, 2])}, r"label 2, but W has 2 columns"),
    ({"X": np.ones((0, 3)), "y": np.ones(0, int)}, "empty"),
    ({"learning_rate": 0}, "learning_rate must be positive.*0"),
    ({"learning_rate": -1e-3}, "learning_rate must be positive.*-0.001"),
    ({"learning_rate": math.nan}, "learning_rate must be positive.*nan"),
    ({"learning_rate": math.inf}, "learning_rate must be positive and finite.*inf"),
    ({"reg": -1}, "reg must be finite and not negative.*-1"),
    ({"reg": math.nan}, "reg must .*nan"),
    ({"reg": math.inf}, "reg must .*inf"),
    ({"num_iters": -1}, "-1 iterations"),
    ({"batch_size": 0}, "batches of 0"),
    ({"momentum": 1}, r"momentum must lie in \[0, 1\).*1"),
    ({"momentum": -0.1}, "momentum must lie.*-0.1"),
    ({"momentum": math.nan}, "momentum must lie.*nan"),
]


@pytest.mark.parametrize(("bad", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_arguments_are_refused_before_anything_is_changed(bad, message, rng):
    model = LinearSVM()
    model.W = W = np.ones((3, 2))
    state = rng.bit_generator.state
    arguments = {"X": np.ones((4, 3)), "y": np.array([0, 1, 0, 1]), "rng": rng} | bad
    with pytest.raises(ValueError, match=message):
        model.train(**arguments)
    assert model.W is W
    np.testing.assert_array_equal(W, 1)
    assert rng.bit_generator.state == state


@pytest.mark.parametrize("bad", [{"learning_rate": 0}, {"reg": -1}, {"y": np.array([0, -1, 0, 1])}])
def test_refused_training_leaves_a_new_model_without_weights(bad):
    model = LinearSVM()
    with pytest.raises(ValueError):
        model.train(**{"X": np.ones((4, 3)), "y": np.array([0, 1, 0, 1])} | bad)
    assert model.W is None


def test_base_class_has_no_loss(rng):
    with pytest.raises(NotImplementedError, match=r"LinearClassifier has no loss.*LinearSVM"):
        LinearClassifier().train(*clusters(rng))


# Prediction


def test_prediction_is_the_largest_score():
    model = Softmax()
    model.W = np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]])
    predicted = model.predict(np.array([[1.0, 0.0], [-1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]))
    assert predicted.tolist() == [0, 2, 1, 0]  # the first of equal ones
    assert np.issubdtype(predicted.dtype, np.integer)
    assert model.predict([[3, 1]]).tolist() == [0]
    assert model.predict(np.ones((0, 2))).shape == (0,)


def test_prediction_needs_weights():
    with pytest.raises(ValueError, match="no weights yet: call train or load"):
        Softmax().predict(np.ones((2, 3)))


@pytest.mark.parametrize("X", [np.ones(3), np.ones((2, 4)), np.ones((1, 2, 3))])
def test_prediction_needs_rows_that_fit(X):
    model = Softmax()
    model.W = np.ones((3, 2))
    with pytest.raises(ValueError, match=r"X must have shape \(N, 3\)"):
        model.predict(X)


# Files


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["weights.npy", "weights", "weights.best.dat"])
def test_weights_come_back_as_they_were_saved(name, dtype, tmp_path, rng):
    model, other = LinearSVM(), Softmax()
    model.W = rng.standard_normal((5, 3)).astype(dtype)
    model.save(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    other.load(str(tmp_path / name))
    assert other.W.dtype == dtype
    np.testing.assert_array_equal(other.W, model.W)


def test_saving_needs_weights_and_leaves_an_older_file(tmp_path):
    path = tmp_path / "weights.npy"
    path.write_bytes(b"precious")
    with pytest.raises(ValueError, match="no weights to save"):
        LinearSVM().save(path)
    assert path.read_bytes() == b"precious"


def test_objects_are_not_saved(tmp_path):
    model = LinearSVM()
    model.W = np.array([[{}]])
    with pytest.raises(ValueError, match=r"[Oo]bject"):
        model.save(tmp_path / "weights.npy")


class Payload:
    """An object that would create a file, the canary, if it were unpickled."""

    def __init__(self, path):
        self.canary = str(path.parent / "canary")

    def __reduce__(self):
        return open, (self.canary, "w")


def saved(path, array):
    np.save(path, array, allow_pickle=True)
    return path.read_bytes()


def write_npz(path):
    with open(path, "wb") as file:
        np.savez(file, W=np.ones((3, 2)))


NO_WEIGHTS = {
    "a pickled object": lambda path: path.write_bytes(
        pickle.dumps(Payload(path.parent / "canary"))
    ),
    "an array of objects": lambda path: saved(path, np.array([[Payload(path.parent / "canary")]])),
    "an npz archive": write_npz,
    "a broken archive": lambda path: path.write_bytes(b"PK\x03\x04 and no more"),
    "nothing": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_bytes(b"W = 3\n"),
    "a header that is no Python": lambda path: path.write_bytes(
        saved(path, np.ones((3, 2))).replace(b"{'descr'", b"{'''scr'")
    ),
    "half the header": lambda path: path.write_bytes(saved(path, np.ones((3, 2)))[:40]),
    "one byte too few": lambda path: path.write_bytes(saved(path, np.ones((3, 2)))[:-1]),
    "a row": lambda path: saved(path, np.ones(3)),
    "three axes": lambda path: saved(path, np.ones((3, 2, 1))),
    "integers": lambda path: saved(path, np.ones((3, 2), int)),
    "complex numbers": lambda path: saved(path, np.ones((3, 2), complex)),
}


@pytest.mark.parametrize("write", NO_WEIGHTS.values(), ids=NO_WEIGHTS)
def test_what_is_no_weights_is_refused_by_name(write, tmp_path):
    path = tmp_path / "weights.npy"
    write(path)
    model = LinearSVM()
    model.W = W = np.ones((3, 2))
    with pytest.raises(ValueError, match=r"weights\.npy"):
        model.load(path)
    assert model.W is W
    assert [path.name for path in tmp_path.iterdir()] == ["weights.npy"]  # no canary

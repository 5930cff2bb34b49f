"""Problems for the self-checks: small arrays on which right and wrong solutions differ.

Each is drawn from `rng`, so another seed gives other numbers of the same kinds. Scores of the
ordinary problems are of the order of 1 and stay away from the kinks of the hinge; those of the
large ones are sums of few binary digits, so that float32 and any order of summation get them
exactly.
"""

import numpy as np

SHAPES = {  # name: (N, D, C)
    "one row": (1, 6, 10),
    "N < C": (5, 6, 10),
    "N > C": (20, 6, 10),
    "3 classes": (8, 5, 3),
    "12 classes": (5, 4, 12),
    "many rows, 12 classes": (30, 4, 12),
    "N = C = 4": (4, 9, 4),
    "N = C = 12": (12, 7, 12),
    "N < D, 3 classes": (4, 6, 3),
    "one row, 3 classes": (1, 5, 3),
}


def loss_problems(rng):
    """Return {name: {W, X, y, reg}} for the four loss functions."""
    base = ordinary(rng, 10, 6, 10)
    problems = {
        "base": base,
        "base, regularized": {**base, "reg": rng.uniform(0.3, 0.9)},
        "absent classes": {**ordinary(rng, 10, 6, 10), "y": rng.choice([2, 5, 7], 10)},
        "W = 0": {**ordinary(rng, 10, 6, 10), "W": np.zeros((6, 10))},
    }
    problems["absent classes"] = away_from_kinks(rng, problems["absent classes"])
    for name, shape in SHAPES.items():
        problems[name] = ordinary(rng, *shape)
    tall = problems["3 classes"]
    problems["3 classes, regularized"] = {**tall, "reg": rng.uniform(0.3, 0.9)}
    tall = problems["many rows, 12 classes"]
    problems["12 classes, regularized"] = {**tall, "reg": rng.uniform(1.1, 1.9)}
    problems["3 classes, W = 0"] = {**problems["3 classes"], "W": np.zeros((5, 3))}
    problems["ties"] = tied(rng)
    problems |= large_problems(rng)
    for name in ("base", "levels of 1e3"):
        problems[f"{name}, float32"] = {
            key: array.astype(np.float32) if key in "WX" else array
            for key, array in problems[name].items()
        }
    problems["base, int32 labels"] = {**base, "y": base["y"].astype(np.int32)}
    return {
        name: {"reg": 0.0, **problem, "y": np.asarray(problem["y"])}
        for name, problem in problems.items()
    }


def ordinary(rng, N, D, C):
    """Return W, X with a bias column, y: scores of the order of 1, no hinge near its kink."""
    y = rng.permutation(np.arange(max(N, C)) % C)[:N]  # every class, if there are enough rows
    problem = {"W": 0.5 * rng.standard_normal((D, C)), "y": y}
    problem["X"] = np.column_stack([rng.standard_normal((N, D - 1)), np.ones(N)])
    return away_from_kinks(rng, problem)


def away_from_kinks(rng, problem, distance=1e-3):
    """Redraw W until no score difference is within `distance` of the kink at a margin of 1."""
    rows = np.arange(len(problem["X"]))
    while True:
        scores = problem["X"] @ problem["W"]
        differences = scores - scores[rows, problem["y"]][:, None]
        if np.abs(differences + 1).min() > distance:
            return problem
        problem["W"] = 0.5 * rng.standard_normal(problem["W"].shape)


def tied(rng):
    """Return integers for which some score is exactly 1 less than the correct one, for each row."""
    while True:
        W = rng.integers(-1, 2, (6, 10)).astype(float)
        X = np.column_stack([rng.integers(-1, 2, (10, 5)), np.ones(10)])
        y = rng.permutation(10)
        scores = X @ W
        ties = (scores - scores[np.arange(10), y][:, None] == -1).sum(axis=1)
        if (ties >= 1).sum() >= 8:
            return {"W": W, "X": X, "y": y}


def large_problems(rng):
    """Return problems with scores of ±1e3 and ±1e6, and ±400, which exp still bears once."""
    up, levels = np.ones(10), rng.permutation([1, 1, 1, 0, 0, 0, -1, -1, -1, 0]).astype(float)
    return {
        "scores near 1e3": leveled(rng, 1000 * up),
        "scores near -1e3": leveled(rng, -1000 * up),
        "scores near 400": leveled(rng, 400 * up),
        "scores near -400": leveled(rng, -400 * up),
        "levels of 1e3": leveled(rng, 1000 * levels),
        "levels of 1e6": leveled(rng, 1e6 * levels, step=1.0),
        "correct class ahead by 1e3": spread(rng, 1000, "best"),
        "correct class behind by 1e3": spread(rng, 1000, "any"),
        "correct class behind by 1e6": spread(rng, 1e6, "any"),
        "one row, behind by 1e3": one_row(1000),
        "one row, behind by 2e3": one_row(2000),
    }


def leveled(rng, levels, step=0.125):
    """Return scores = the row's level plus a few eighths that differ from class to class."""
    N, C = len(levels), 10
    W = np.vstack([np.ones(C), step * rng.integers(-5, 6, (4, C))])
    X = np.column_stack([levels, rng.integers(0, 2, (N, 4))])
    X[:, 1] = 1
    y = rng.permutation(N)
    scores = X @ W
    kink = scores - scores[np.arange(N), y][:, None] == -1
    return leveled(rng, levels, step) if kink.any() else {"W": W, "X": X, "y": y}


def spread(rng, size, correct):
    """Return scores that differ by multiples of `size` between any two classes."""
    N, C = 10, 10
    W = np.vstack([rng.permutation(C) - 4.0, np.zeros((4, C))])
    W[1:] = 0.125 * rng.integers(-5, 6, (4, C))
    signs = np.where(np.arange(N) % 2, 1.0, -1.0)
    X = np.column_stack([size * signs, rng.integers(0, 2, (N, 4))])
    scores = X @ W
    y = (
        scores.argmax(axis=1)
        if correct == "best"
        else (scores.argmax(axis=1) + 1 + rng.integers(0, 9, N)) % C
    )
    return {"W": W, "X": X, "y": y}


def one_row(size):
    """Return one example, all of whose wrong classes but one score far below another."""
    W = np.zeros((2, 10))
    W[0, 3] = size
    return {"W": W, "X": np.ones((1, 2)), "y": np.array([7])}


def predict_problems(rng):
    """Return {name: {W, X}} whose largest scores are unique and far from ties."""
    problems = {}
    shapes = {
        "N > C": (12, 6, 10),
        "N = C": (10, 6, 10),
        "3 classes": (7, 5, 3),
        "one row": (1, 6, 10),
        "12 classes": (5, 4, 12),
    }
    for name, (N, D, C) in shapes.items():
        problem = ordinary(rng, N, D, C)
        problem["X"][:, -1] = 1.0
        problem["W"][-1] = 3.0 * rng.permutation(C) / C  # a bias that decides many rows
        problem["X"][:, :-1] *= 2
        problems[name] = {"W": problem["W"], "X": problem["X"]}
    problems["scores near -1e3"] = {**problems["N > C"], "W": problems["N > C"]["W"].copy()}
    problems["scores near -1e3"]["W"][-1] -= 1000
    problems["float32"] = {
        key: array.astype(np.float32) for key, array in problems["N > C"].items()
    }
    return problems


def train_problems(rng):
    """Return {name: arguments} for train: every row of X is unlike the others."""
    plain = training(rng, N=12, batch_size=5, num_iters=40)
    from_W = training(rng, N=12, batch_size=4, num_iters=6)
    from_W["W"] = rng.standard_normal((4, 3))
    large = training(rng, N=5, batch_size=12, num_iters=4)
    seeded = {**training(rng, N=12, batch_size=5, num_iters=6), "seed": rng.integers(1 << 30)}
    return {"plain": plain, "W is set": from_W, "batch larger than the data": large, "rng": seeded}


def training(rng, N, batch_size, num_iters, D=4, C=3):
    X = rng.permutation(N)[:, None] + np.linspace(0.1, 0.9, D)
    learning_rate = rng.uniform(0.05, 0.2)
    dW = rng.standard_normal((num_iters, D, C))
    return {
        "X": X,
        "y": rng.permutation(np.arange(N) % C),
        "learning_rate": learning_rate,
        "reg": rng.uniform(0.3, 0.9),
        "num_iters": num_iters,
        "batch_size": batch_size,
        "losses": rng.uniform(1, 2, num_iters) + np.arange(num_iters),
        "dW": dW,
        "steps": -learning_rate * dW,
        "numpy_seed": rng.integers(1 << 30),
    }

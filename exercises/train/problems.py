"""Problems for `train`: every row of X is unlike the others, and losses and gradients are known."""

import numpy as np

from course.checks.data import ProblemSet


def draw(rng):
    """Return {name: arguments}."""
    plain = training(rng, N=12, batch_size=5, num_iters=40)
    from_W = training(rng, N=12, batch_size=4, num_iters=6)
    from_W["W"] = rng.standard_normal((4, 3))
    large = training(rng, N=5, batch_size=12, num_iters=4)
    seeded = {**training(rng, N=12, batch_size=5, num_iters=6), "seed": rng.integers(1 << 30)}
    other_global = {**seeded, "numpy_seed": rng.integers(1 << 30)}
    momentum = with_velocity(training(rng, N=12, batch_size=4, num_iters=6), 0.8, np.ones(6))
    schedule = training(rng, N=12, batch_size=4, num_iters=6)
    schedule = with_velocity(schedule, 0.0, rng.uniform(0.2, 0.9, 6))
    return {
        "plain": plain,
        "W is set": from_W,
        "batch larger than the data": large,
        "given rng": seeded,
        "given rng again": other_global,
        "with momentum": momentum,
        "with schedule": schedule,
    }


def with_velocity(problem, momentum, factors):
    """Return the problem with momentum, and a factor of the learning rate for each iteration."""
    velocity, steps = 0.0, []
    for factor, plain in zip(factors, problem["steps"], strict=True):
        velocity = momentum * velocity + factor * plain
        steps.append(velocity)
    return {**problem, "momentum": momentum, "factors": factors, "steps": np.array(steps)}


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


def build(problems, exercises, catalogue, rng):
    """Return the ProblemSet; what is expected follows from the problems themselves."""
    return ProblemSet(problems, {})

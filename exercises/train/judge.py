"""Judge `train` by what a loss of ours saw of it. No code of a student runs here.

The child process trains a subclass whose loss notes every batch, label, reg and W, and returns
known losses and gradients. So each property of SGD can be read off, whatever was drawn at random.
"""

import numpy as np

from course.checks.faults import failure, wrong_array
from course.checks.names import Misconception, Problem
from course.checks.report import Line, Report

PLAIN, FROM_W = Problem("plain"), Problem("W is set")
LARGE = Problem("batch larger than the data")

ANSWERS = ("steps",)  # what the student's process is not told

WITHOUT_REPLACEMENT = Misconception("sampling-without-replacement")
INPUTS_MODIFIED = Misconception("inputs-modified")
FLOAT_LABELS = Misconception("float-labels")
LABELS_NOT_MATCHING = Misconception("labels-not-matching")
WEIGHTS_RESET = Misconception("weights-reset")
REG_NOT_HANDED_ON = Misconception("reg-not-handed-on")
SAME_BATCH = Misconception("same-batch")
ROWS_NEVER_DRAWN = Misconception("rows-never-drawn")
APPENDED_TWICE = Misconception("appended-twice")
NO_UPDATE = Misconception("no-update")
WRONG_SIGN = Misconception("wrong-sign")
LEARNING_RATE_TWICE = Misconception("learning-rate-twice")


def judge(exercise, data, outcomes):
    """Return the Report on `train`."""
    problems = data.sets[exercise.problems].problems
    seen = {name: Seen(problems[name], outcomes[name]) for name in problems}
    plain, large = seen[PLAIN], seen[LARGE]
    small = [one for name, one in seen.items() if name != LARGE]
    checks = [
        ("runs", first(one.failed() for one in small)),
        ("size of a batch", first(one.batch_fault() for one in small)),
        ("batch larger than the data", large.failed() or large.batch_fault()),
        ("rows of a batch are rows of X", first(one.rows_fault() for one in small)),
        ("labels of a batch belong to its rows", first(one.labels_fault() for one in small)),
        ("a new random batch in each iteration", plain.randomness_fault()),
        ("reg reaches the loss", first(one.reg_fault() for one in small)),
        ("step against the gradient", first(one.step_fault() for one in small)),
        ("list of losses, one an iteration", first(one.losses_fault() for one in small)),
        ("goes on from W if it is set", seen[FROM_W].start_fault() or plain.second_call_fault()),
        ("inputs left unchanged", first(one.changed_fault() for one in seen.values())),
    ]
    running = not checks[0][1]
    lines = [Line("runs", False, checks[0][1])] if not running else []
    if running:
        lines = [Line(title, not fault, fault) for title, fault in checks[1:]]
    names = {name for one in seen.values() for name in one.recognised()}
    if running and (large.failed() or large.has_short_batches()):
        names.add(WITHOUT_REPLACEMENT)
    passed = all(line.ok for line in lines)
    report = Report(exercise.name, "passed" if passed else "failed", lines)
    return report.name(names, data)


def first(faults):
    return next((fault for fault in faults if fault), "")


def is_close(array, other):
    return array.shape == other.shape and np.allclose(array, other)


def is_record(values):
    """Say whether what should be counts are counts, and belong to as many calls of self.loss."""
    sizes, y_sizes, calls = (values[name] for name in ("sizes", "y_sizes", "calls"))
    n = len(np.atleast_1d(sizes))
    counts = np.concatenate([np.ravel(array) for array in (sizes, y_sizes, calls)])
    return (
        sizes.shape == (n, 2)
        and y_sizes.shape == values["reg"].shape == (n,)
        and calls.shape == ()
        and bool(((counts >= 0) & (counts < 1e6) & (counts == np.round(counts))).all())
        and calls <= n
        and values["y"].shape == (y_sizes.sum(),)
        and ("W" not in values or (n > 0 and values["W"].shape[:1] == (n,)))
    )


class Seen:
    """What the probe saw in one problem: two calls of train, one after the other."""

    def __init__(self, problem, outcome):
        self.problem, self.outcome = problem, outcome
        self.values = values = outcome.values
        self.failure = failure(outcome)
        if not self.failure and not is_record(values):
            self.failure = "what self.loss was called with is not known"
        self.calls = int(values["calls"]) if not self.failure else 0
        self.num_iters = int(problem["num_iters"])
        self.batch_size = int(problem["batch_size"])
        self.whole = False
        if self.failure:
            return
        X, y = problem["X"], problem["y"]
        sizes = values["sizes"].astype(int)
        self.whole = (
            self.calls > 0
            and bool((sizes[:, 1] == X.shape[1]).all())
            and values["X"].size == sizes.prod(axis=1).sum()
        )
        if self.whole:
            self.batches = np.split(
                values["X"].reshape(-1, X.shape[1]), np.cumsum(sizes[:, 0])[:-1]
            )
            self.labels = np.split(values["y"], np.cumsum(values["y_sizes"].astype(int))[:-1])
            # Rows differ in their first number, so it tells which row of X each is.
            self.indices = [np.abs(b[:, :1] - X[:, 0]).argmin(axis=1) for b in self.batches]
            self.true = [X[i] for i in self.indices]
            self.true_labels = [y[i] for i in self.indices]

    def failed(self):
        if self.failure:
            return self.failure
        if not self.whole:
            return (
                "self.loss is not called with rows of X"
                if self.calls
                else ("self.loss is never called")
            )
        return ""

    def batch_fault(self):
        for size in self.values["sizes"][: self.calls, 0] if self.whole else ():
            if size != self.batch_size:
                return f"{size:g} rows instead of {self.batch_size}"
        return ""

    def has_short_batches(self):
        N = len(self.problem["X"])
        sizes = self.values["sizes"][:, 0] if self.whole else []
        return len(sizes) > 0 and all(size <= N < self.batch_size for size in sizes)

    def rows_fault(self):
        if self.whole and not all(
            np.allclose(batch, true) for batch, true in zip(self.batches, self.true, strict=True)
        ):
            return "self.loss got a row that is not in X"
        return ""

    def labels_fault(self):
        if not self.whole or self.rows_fault():
            return ""
        for labels, true in zip(self.labels, self.true_labels, strict=True):
            if labels.shape != true.shape:
                return f"{len(labels)} labels for {len(true)} rows"
            if (labels != true).any():
                row = int(np.argmax(labels != true))
                return f"a row labelled {true[row]} came with label {labels[row]:g}"
        if self.outcome.meta["float_labels"]:
            return "the labels arrived as floating-point numbers"
        return ""

    def randomness_fault(self):
        if not self.whole or self.calls < 2 or self.rows_fault():
            return ""
        drawn = self.indices[: self.calls]
        if all(np.array_equal(np.sort(i), np.sort(drawn[0])) for i in drawn):
            return "every iteration got the same rows"
        missing = set(range(len(self.problem["X"]))) - set(np.concatenate(drawn))
        if missing:
            return f"{len(missing)} of {len(self.problem['X'])} rows were never drawn"
        return ""

    def reg_fault(self):
        reg = float(self.problem["reg"])
        if self.whole and not np.allclose(self.values["reg"], reg):
            return f"the loss got reg = {self.values['reg'][0]:.4g} instead of {reg:.4g}"
        return ""

    def step_fault(self):
        if not self.whole:
            return ""
        step = self.steps()
        if step is None:
            return "the shape of W changes during training, or is not that of the gradient"
        rate = float(self.problem["learning_rate"])
        text = wrong_array("", step / rate, self.expected_steps() / rate)
        if not text:
            return ""
        index = np.argwhere(~np.isclose(step, self.expected_steps(), rtol=1e-4, atol=1e-6))[0]
        got, want = step[tuple(index)], self.expected_steps()[tuple(index)]
        return f"an entry of W changed by {got:.6g} instead of {want:.6g}"

    def steps(self):
        """Return how W changed in each iteration of the first call, (iterations, D, C), or None."""
        W = self.values.get("W")
        between = self.values["between"]
        if W is None or W[0].shape != between.shape or W[0].shape != self.problem["dW"][0].shape:
            return None
        return np.diff(np.concatenate([W[: self.calls], between[None]]), axis=0)

    def gradients(self):
        count = np.arange(self.calls) % len(self.problem["dW"])
        return self.problem["dW"][count]

    def expected_steps(self):
        return self.problem["steps"][np.arange(self.calls) % len(self.problem["steps"])]

    def losses_fault(self):
        losses = self.values.get("losses")
        if self.failure:
            return ""
        if losses is None or losses.ndim != 1:
            return f"train returned {self.outcome.meta['type']} instead of a list of numbers"
        if len(losses) != self.num_iters:
            return f"{len(losses)} losses after {self.num_iters} iterations"
        if self.calls < self.num_iters:
            return f"self.loss was called {self.calls} times in {self.num_iters} iterations"
        if not np.allclose(losses, self.problem["losses"], rtol=1e-4):
            return "the losses are not those that self.loss returned"
        return ""

    def start_fault(self):
        W = self.values.get("W")
        if not self.whole or W is None or "W" not in self.problem:
            return ""
        same = is_close(W[0], self.problem["W"])
        return "" if same else "W was replaced before the first step"

    def second_call_fault(self):
        W = self.values.get("W")
        if not self.whole or W is None or len(W) <= self.calls:
            return ""
        same = is_close(W[self.calls], self.values["between"])
        return "" if same else "a second call did not go on from the weights of the first"

    def changed_fault(self):
        changed = self.outcome.meta.get("changed", [])
        return f"{' and '.join(changed)} changed during the call" if changed else ""

    def recognised(self):
        """Yield the names of the misconceptions that this problem shows."""
        if self.changed_fault():
            yield INPUTS_MODIFIED
        if not self.whole:
            return
        if self.outcome.meta["float_labels"]:
            yield FLOAT_LABELS
        elif self.labels_fault():
            yield LABELS_NOT_MATCHING
        if self.start_fault() or self.second_call_fault():
            yield WEIGHTS_RESET
        if self.reg_fault():
            yield REG_NOT_HANDED_ON
        if self.num_iters > 20 and self.randomness_fault() and self.calls > 1:
            same = "same" in self.randomness_fault()
            yield SAME_BATCH if same else ROWS_NEVER_DRAWN
        losses = self.values.get("losses")
        if losses is not None and losses.size == 2 * self.num_iters:
            yield APPENDED_TWICE
        yield from self.step_names()

    def step_names(self):
        """Compare each step with the one that is expected: their ratio tells."""
        steps = self.steps()
        if steps is None or not self.step_fault():
            return
        expected = self.expected_steps()
        ratio = (steps * expected).sum() / (expected**2).sum()
        if not np.allclose(steps, ratio * expected, rtol=1e-3, atol=1e-6):
            return
        rate = float(self.problem["learning_rate"])
        if np.isclose(ratio, 0, atol=1e-6):
            yield NO_UPDATE
        elif ratio < 0:
            yield WRONG_SIGN
        if np.isclose(abs(ratio), rate, rtol=1e-3):
            yield LEARNING_RATE_TWICE

"""Judge `train` by what a loss of ours saw of it. No code of a student runs here.

The child process trains a subclass whose loss notes every batch, label, reg and W, and returns
known losses and gradients. So each property of SGD can be read off, whatever was drawn at random.
"""

import numpy as np

from course.checks.faults import changed_inputs, failure, wrong_array
from course.checks.names import Misconception, Problem
from course.checks.report import Line, Report

PLAIN, FROM_W = Problem("plain"), Problem("W is set")
SEEDED, SEEDED_AGAIN = Problem("given rng"), Problem("given rng again")
LARGE = Problem("batch larger than the data")

ANSWERS = ("steps",)  # what the student's process is not told

WITHOUT_REPLACEMENT = Misconception("sampling-without-replacement")
INPUTS_MODIFIED = Misconception("inputs-modified")
FLOAT_LABELS = Misconception("float-labels")
LABELS_NOT_MATCHING = Misconception("labels-not-matching")
WEIGHTS_RESET = Misconception("weights-reset")
REG_NOT_HANDED_ON = Misconception("reg-not-handed-on")
NOT_RANDOM = Misconception("not-random")
OTHER_GENERATOR = Misconception("other-generator")
MOMENTUM_IGNORED = Misconception("momentum-ignored")
SCHEDULE_IGNORED = Misconception("schedule-ignored")
IN_PLACE = Misconception("updated-in-place")
SAME_BATCH = Misconception("same-batch")
ROWS_NEVER_DRAWN = Misconception("rows-never-drawn")
APPENDED_TWICE = Misconception("appended-twice")
NO_UPDATE = Misconception("no-update")
WRONG_SIGN = Misconception("wrong-sign")
LEARNING_RATE_TWICE = Misconception("learning-rate-twice")


def judge(exercise, data, outcomes):
    """Return the Report on `train`."""
    problems = data.sets[exercise.problems].problems
    unseen = {name: why_unseen(problems[name], outcomes[name]) for name in problems}
    seen = {name: Seen(problems[name], outcomes[name]) for name in problems if not unseen[name]}
    changed = changed_inputs(outcomes)
    fails = first(why for name, why in unseen.items() if name != LARGE)
    if fails:
        lines = [Line("runs", False, fails)]
    else:
        lines = [Line(title, not fault, fault) for title, fault in faults(seen, unseen[LARGE])]
        if without_replacement(seen, unseen):  # right as long as there are rows enough
            lines = [one for one in lines if one.title != LARGE]
        lines.append(Line("inputs left unchanged", not changed, changed, told=True))
    names = {name for one in seen.values() for name in recognised(one)}
    names |= {INPUTS_MODIFIED} if changed else set()
    if not fails:
        names |= {WITHOUT_REPLACEMENT} if without_replacement(seen, unseen) else set()
        names |= {OTHER_GENERATOR} if generator_fault(seen) else set()
        names |= set(ignored_options(seen))
    names |= {IN_PLACE} if any(one.meta.get("in_place") for one in outcomes.values()) else set()
    passed = all(line.ok is not False for line in lines)
    return Report(exercise.name, "passed" if passed else "failed", lines).name(names, data)


def faults(seen, large_unseen):
    """Return [(title, fault)]; of the large problem, perhaps nothing was seen."""
    plain, small = seen[PLAIN], [one for name, one in seen.items() if name != LARGE]
    usual = [one for one in small if "factors" not in one.problem]
    other = [one for one in small if "factors" in one.problem]
    return [
        ("size of a batch", first(one.batch_fault() for one in small)),
        ("batch larger than the data", large_unseen or seen[LARGE].batch_fault()),
        ("rows of a batch are rows of X", first(one.rows_fault() for one in small)),
        ("labels of a batch belong to its rows", first(one.labels_fault() for one in small)),
        ("a new random batch in each iteration", plain.randomness_fault()[0]),
        ("random numbers from the given rng", generator_fault(seen)),
        ("reg reaches the loss", first(one.reg_fault() for one in small)),
        ("step against the gradient", first(one.step_fault() for one in usual)),
        ("momentum and schedule", first(one.step_fault() for one in other)),
        ("list of losses, one an iteration", first(one.losses_fault() for one in small)),
        ("goes on from W if it is set", seen[FROM_W].start_fault() or plain.second_call_fault()),
    ]


def without_replacement(seen, unseen):
    """Say whether rows are drawn at random, none twice, and only so many as there are."""
    fails = unseen[LARGE] or seen[LARGE].has_short_batches()
    random = not seen[PLAIN].randomness_fault()[0] and not seen[PLAIN].rows_fault()
    return bool(fails) and random and seen[PLAIN].has_no_row_twice()


def generator_fault(seen):
    """With the same rng, all batches are the same, whatever NumPy's global generator does."""
    one, other = (seen[name] for name in (SEEDED, SEEDED_AGAIN))
    if "rng" not in one.meta["options"] or one.rows_fault() or other.rows_fault():
        return ""
    same = zip(one.indices, other.indices, strict=False)
    if all(np.array_equal(index, other_index) for index, other_index in same):
        return ""
    return "with the same rng, other rows are drawn: they come from another generator"


def ignored_options(seen):
    """Yield what is ignored: steps are as long as if it had not been given."""
    for one in seen.values():
        if one.meta["options"] and "factors" in one.problem and one.step_fault():
            plain = -float(one.problem["learning_rate"]) * one.problem["dW"]
            steps = one.steps()
            if steps is not None and len(steps) == len(plain) and np.allclose(steps, plain):
                yield MOMENTUM_IGNORED if one.problem["momentum"] else SCHEDULE_IGNORED


def first(found):
    return next((fault for fault in found if fault), "")


# What was seen


def why_unseen(problem, outcome):
    """Return why nothing is known of the batches that self.loss got, an empty text if all is."""
    if fault := failure(outcome):
        return fault
    values, columns = outcome.values, problem["X"].shape[1]
    if not is_record(values):
        return "what self.loss was called with is not known"
    if values["calls"] == 0:
        return "self.loss is never called"
    sizes = values["sizes"]
    if (sizes[:, 1] != columns).any() or values["X"].size != sizes.prod(axis=1).sum():
        return "self.loss is not called with rows of X"
    return ""


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
    """What the probe saw in one problem: two calls of train, one after the other.

    Made of an outcome for which why_unseen has nothing to say.

    calls         of self.loss during the first of them
    batches       rows that self.loss got, one array for each of its calls
    labels        the labels that came with them
    indices       which rows of the problem's X they are
    reg, W        what it got at each call; W is None if the shape of the weights changed
    between       the weights between the two calls of train
    losses        what the first of them returned; None if that is not numbers
    meta          of the outcome
    """

    def __init__(self, problem, outcome):
        values, X = outcome.values, problem["X"]
        ends = np.cumsum(values["sizes"][:, 0].astype(int))
        self.problem, self.meta = problem, outcome.meta
        self.calls = int(values["calls"])
        self.batches = np.split(values["X"].reshape(-1, X.shape[1]), ends[:-1])
        self.labels = np.split(values["y"], np.cumsum(values["y_sizes"].astype(int))[:-1])
        # Rows differ in their first number, so it tells which row of X each is.
        self.indices = [np.abs(batch[:, :1] - X[:, 0]).argmin(axis=1) for batch in self.batches]
        self.reg, self.between = values["reg"], values["between"]
        self.W, self.losses = values.get("W"), values.get("losses")

    @property
    def num_iters(self):
        return int(self.problem["num_iters"])

    def batch_fault(self):
        wanted = int(self.problem["batch_size"])
        wrong = [len(batch) for batch in self.batches[: self.calls] if len(batch) != wanted]
        return f"{wrong[0]} rows instead of {wanted}" if wrong else ""

    def has_short_batches(self):
        N = len(self.problem["X"])
        return all(len(batch) <= N < self.problem["batch_size"] for batch in self.batches)

    def has_no_row_twice(self):
        return all(len(set(index)) == len(index) for index in self.indices[: self.calls])

    def rows_fault(self):
        for batch, index in zip(self.batches, self.indices, strict=True):
            if not np.allclose(batch, self.problem["X"][index]):
                return "self.loss got a row that is not in X"
        return ""

    def labels_fault(self):
        if self.rows_fault():
            return ""
        for labels, index in zip(self.labels, self.indices, strict=True):
            true = self.problem["y"][index]
            if labels.shape != true.shape:
                return f"{len(labels)} labels for {len(true)} rows"
            if (labels != true).any():
                row = int(np.argmax(labels != true))
                return f"a row labelled {true[row]} came with label {labels[row]:g}"
        return "the labels arrived as floating-point numbers" if self.meta["float_labels"] else ""

    def randomness_fault(self):
        """Return what is wrong with the choice of rows, and the misconception that does that."""
        if self.rows_fault():
            return "", None
        if self.calls < self.num_iters:
            return f"batches in {self.num_iters} iterations: {self.calls}", None
        drawn, N = self.indices[: self.calls], len(self.problem["X"])
        if all(np.array_equal(np.sort(index), np.sort(drawn[0])) for index in drawn):
            return "every iteration got the same rows", SAME_BATCH
        if all(len(index) > 1 == len(set(index)) for index in drawn):
            return "all rows of a batch are one and the same", NOT_RANDOM
        if all(len(index) > 1 and (np.diff(index) % N == 1).all() for index in drawn):
            return "the rows of every batch follow each other in X", NOT_RANDOM
        if missing := set(range(N)) - set(np.concatenate(drawn)):
            return f"never drawn: {len(missing)} of {N} rows", ROWS_NEVER_DRAWN
        return "", None

    def reg_fault(self):
        reg = float(self.problem["reg"])
        if np.allclose(self.reg, reg):
            return ""
        return f"the loss got reg = {self.reg[0]:.4g} instead of {reg:.4g}"

    def step_fault(self):
        if "factors" in self.problem and (
            "momentum" not in self.meta["options"] or self.calls_each > 1
        ):
            return ""  # this train has no such arguments; or which step is meant is not known
        steps, expected = self.steps(), self.expected_steps()
        if steps is None:
            return "the shape of W changes during training, or is not that of the gradient"
        rate = float(self.problem["learning_rate"])
        if not wrong_array("", steps / rate, expected / rate):
            return ""
        index = tuple(np.argwhere(~np.isclose(steps, expected, rtol=1e-4, atol=1e-6))[0])
        return f"an entry of W changed by {steps[index]:.6g} instead of {expected[index]:.6g}"

    def steps(self):
        """Return how W changed in each iteration of the first call, (iterations, D, C), or None."""
        shape = self.problem["dW"][0].shape
        if self.W is None or not self.W[0].shape == self.between.shape == shape:
            return None
        starts = self.W[: self.calls : self.calls_each]
        return np.diff(np.concatenate([starts, self.between[None]]), axis=0)

    def expected_steps(self):
        """Return the steps that belong to the last call of the loss in each iteration."""
        last = np.arange(self.calls_each - 1, self.calls, self.calls_each)
        return self.problem["steps"][last % len(self.problem["steps"])]

    @property
    def calls_each(self):
        """How often the loss is called in each iteration, as far as it is the same in all."""
        return 1 if self.calls % self.num_iters else max(1, self.calls // self.num_iters)

    def losses_fault(self):
        if self.losses is None or self.losses.ndim != 1:
            return f"train returned {self.meta['type']} instead of a list of numbers"
        if len(self.losses) != self.num_iters:
            return f"{len(self.losses)} losses after {self.num_iters} iterations"
        if self.calls < self.num_iters:
            return f"self.loss was called {self.calls} times in {self.num_iters} iterations"
        if self.calls_each > 1:
            times = f"self.loss was called {self.calls_each} times an iteration"
            return f"{times}; the step is judged by the last"
        if not np.allclose(self.losses, self.problem["losses"], rtol=1e-4):
            return "the losses are not those that self.loss returned"
        return ""

    def start_fault(self):
        if self.W is None or "W" not in self.problem or is_close(self.W[0], self.problem["W"]):
            return ""
        return "W was replaced before the first step"

    def second_call_fault(self):
        if self.W is None or len(self.W) <= self.calls:
            return ""
        if is_close(self.W[self.calls], self.between):
            return ""
        return "a second call did not go on from the weights of the first"


def is_close(array, other):
    return array.shape == other.shape and np.allclose(array, other)


# Misconceptions


def recognised(seen):
    """Yield the names of the misconceptions that one problem shows."""
    if seen.meta["float_labels"]:
        yield FLOAT_LABELS
    elif seen.labels_fault():
        yield LABELS_NOT_MATCHING
    if seen.start_fault() or seen.second_call_fault():
        yield WEIGHTS_RESET
    if seen.reg_fault():
        yield REG_NOT_HANDED_ON
    # In fewer iterations, rows may be missing by chance.
    if seen.num_iters > 20 and (name := seen.randomness_fault()[1]):
        yield name
    if seen.losses is not None and seen.losses.size == 2 * seen.num_iters:
        yield APPENDED_TWICE
    if "factors" not in seen.problem and seen.step_fault():
        yield from by_steps(seen.steps(), seen.expected_steps(), seen.problem["learning_rate"])


def by_steps(steps, expected, rate):
    """Compare each step with the one that is expected: their ratio tells."""
    if steps is None:
        return
    ratio = (steps * expected).sum() / (expected**2).sum()
    if not np.allclose(steps, ratio * expected, rtol=1e-3, atol=1e-6):
        return
    if np.isclose(ratio, 0, atol=1e-6):
        yield NO_UPDATE
    elif ratio < 0:
        yield WRONG_SIGN
    if np.isclose(abs(ratio), float(rate), rtol=1e-3):
        yield LEARNING_RATE_TWICE

"""Judge a loss function by what it returned. No code of a student runs here.

Each property is judged by itself: the penalty by the difference that reg makes, other shapes and
large scores only in what is right on ordinary problems. So one mistake leaves one cross where that
is possible, and the report shows where to look.
"""

import numpy as np

from course.checks.faults import changed_inputs, failure, wrong_array, wrong_number
from course.checks.names import Misconception, Problem
from course.checks.report import Line, Report

from ..shapes import names_by_shapes, shape_of
from . import rules
from .signatures import LARGE, PARTS, PENALTY, SHAPES, TIES, family_of

OTHER_TYPES = (
    Problem("base, float32"),
    Problem("base, int32 labels"),
    Problem("levels of 1e3, float32"),  # of no use where large scores go wrong
)
NOT_VECTORIZED = Misconception("loops")
AGAIN, WIDE = Problem("base, called twice"), Problem("many features")
HALF_CONVENTION = Misconception("half-convention")
KEYS = {"loss": "loss", "gradient": "dW"}


def growing():
    """Return (a problem, {what: (how many more, a problem with more of it)}): see steps.py."""
    rng = np.random.default_rng(0)

    def problem(examples=8, features=6, classes=4):
        return {
            "W": 0.1 * rng.standard_normal((features, classes)),
            "X": rng.standard_normal((examples, features)),
            "y": np.arange(examples) % classes,
            "reg": np.array(0.1),
        }

    return problem(), {
        "example": (512, problem(examples=520)),
        "class": (8, problem(classes=12)),
        "feature": (12, problem(features=18)),
    }


def judge(exercise, data, outcomes):
    """Return the Report on a loss function, without what is told of vectorization."""
    known = data.sets[exercise.problems]
    own = {name: one for name, one in outcomes.items() if name not in known.helpers}
    report = LossJudge(data, family_of(known), own).report(exercise.name)
    if len(own) < len(outcomes):
        line = helper_line(known, {n: one for n, one in outcomes.items() if n not in own})
        report.lines.append(line)
        if line.ok is False:
            report.status = "failed"
    return report


def helper_line(known, outcomes):
    """Return the Line on the functions of scores that the exercise has besides the loss.

    A loss may be right without them, in a file that has none: then they are not judged.
    """
    title, gone = "rows of scores", ""
    for name, outcome in outcomes.items():
        function, (N, C) = known.helpers[name], known.problems[name]["scores"].shape
        text = failure(outcome)
        if f"has no attribute '{function}'" in text:
            gone = gone or f"there is no {function} in this file, which the search calls"
            continue
        for key, expected in known.expected[name].items():
            text = text or wrong_array(f"its {key} result", outcome.values.get(key), expected)
        text = text or changed_inputs({name: outcome})
        if text:
            return Line(title, False, f"{function}: {text} (N = {N}, C = {C})")
    return Line(title, None if gone else True, gone)


class LossJudge:
    """The outcomes of one loss function on the problems of its family."""

    def __init__(self, data, family, outcomes):
        self.data, self.family, self.outcomes = data, family, outcomes
        self.half = self.uses_half_convention()

    def report(self, exercise):
        right = {part: self.first_fault(part, part) == "" for part in PARTS}
        lines = [self.line(part, part, part) for part in PARTS]
        if right["gradient"] and (slow := self.fault(WIDE, "gradient")):
            lines[-1] = Line("gradient", False, slow)
        for part in PARTS:
            text = self.penalty_fault(part)
            title = f"regularization in the {part}"
            lines.append(Line(title, None if text is None else not text, text or ""))
        shapes, large = (self.family.aspects["loss" + ending][1] for ending in (SHAPES, LARGE))
        lines.append(self.joint_line("other numbers of examples and classes", shapes, right))
        if self.has_ties():
            lines.append(self.tie_line(right))
        lines.append(self.joint_line("scores of ±1e3 and ±1e6", large, right))
        types = OTHER_TYPES if lines[-1].ok else OTHER_TYPES[:-1]
        lines.append(self.joint_line("float32, int32 labels", types, right))
        lines.append(self.return_line())
        lines.append(self.unchanged_line(right))
        passed = all(line.ok for line in lines)
        return Report(exercise, "passed" if passed else "failed", lines).name(
            self.names(), self.data
        )

    # Properties

    def fault(self, name, part):
        """Return what is wrong with one part on one problem, or an empty text."""
        outcome, expected = self.outcomes[name], self.family.expected[name]
        text = failure(outcome)
        if not text and part == "loss":
            inf_ok = name in self.family.may_be_infinite
            text = wrong_number("the loss", outcome.values.get("loss"), expected["loss"], inf_ok)
        elif not text:
            repeats = int(self.family.problems[name].get("repeats", 1))
            wanted = np.tile(expected["dW"], (repeats, 1))
            text = wrong_array("dW", outcome.values.get("dW"), wanted)
        return f"{text} ({shape_of(self.family.problems[name])})" if text else ""

    def first_fault(self, aspect, part):
        names = self.family.aspects[aspect][1]
        return next((text for name in names if (text := self.fault(name, part))), "")

    def line(self, title, aspect, part):
        text = self.first_fault(aspect, part)
        return Line(title, not text, text)

    def joint_line(self, title, names, right):
        """Judge loss and gradient on further problems, in what is right on ordinary ones."""
        for name in names:
            kind = f"{name.split(', ')[1]}, " if name in OTHER_TYPES else ""
            for part in PARTS:
                text = self.fault(name, part)
                if text and (right[part] or self.fails_only_here(name, part)):
                    return Line(title, False, f"{kind}{part}: {text}")
        return Line(title, True if all(right.values()) else None)

    def fails_only_here(self, name, part):
        """Say whether this problem gives no number, though the ordinary ones do."""
        base = self.family.aspects[part][1][0]
        return self.number(base, part) and not self.number(name, part)

    def number(self, name, part):
        array = self.outcomes[name].values.get(KEYS[part])
        return array is not None and bool(np.isfinite(array).all())

    def has_ties(self):
        names = self.family.aspects["gradient" + TIES][1]
        return any("other_dW" in self.family.expected[name] for name in names)

    def tie_line(self, right):
        """At the kink of the hinge, either one-sided gradient is right, if it is consistent."""
        title = "scores exactly at the margin"
        if not right["gradient"]:
            return Line(title, None)
        for name in self.family.aspects["gradient" + TIES][1]:
            text = self.fault(name, "gradient")
            other = self.family.expected[name]["other_dW"]
            if text and wrong_array("dW", self.outcomes[name].values.get("dW"), other):
                return Line(title, False, f"gradient: {text}")
        return Line(title, True)

    def return_line(self):
        title = "returns a number and an array"
        for name, outcome in self.outcomes.items():
            if outcome.status != "value" or name not in self.family.problems:
                continue
            meta = outcome.meta
            if "loss_type" not in meta:
                return Line(title, False, f"{meta['type']} instead of the pair loss, dW")
            loss = outcome.values.get("loss")
            if loss is None or loss.ndim:
                shape = "" if loss is None else f" of shape {loss.shape}"
                return Line(title, False, f"the loss is a {meta['loss_type']}{shape}")
            if meta["dW_type"] != "ndarray":
                return Line(title, False, f"dW is a {meta['dW_type']}, not an array")
        returned = any(outcome.status == "value" for outcome in self.outcomes.values())
        return Line(title, True if returned else None, told=True)

    def unchanged_line(self, right):
        """Judge by what the process tells, and by a second call with the same arrays."""
        text = changed_inputs(self.outcomes)
        for part in PARTS:
            if right[part] and not text and (fault := self.fault(AGAIN, part)):
                text = f"a second call with the same arrays is wrong, {part}: {fault}"
        return Line("inputs left unchanged", not text, text)

    # Regularization

    def penalties(self, part):
        """Yield (got, full, half, problem), the difference that reg makes, where it is known."""
        key = KEYS[part]
        for name, base in self.family.aspects[part + PENALTY][1]:
            values = [self.outcomes[n].values.get(key) for n in (name, base)]
            expected = self.family.expected[name]
            zero = self.family.expected[base][key]
            full, half = expected[key] - zero, expected[f"half_{key}"] - zero
            wanted = full.shape if full.ndim else 1  # of a loss, a single number in any shape
            if not any(v is None or (v.shape if full.ndim else v.size) != wanted for v in values):
                with np.errstate(invalid="ignore"):
                    got, base_got = (v.reshape(full.shape).astype(np.float64) for v in values)
                    yield got - base_got, full, half, name

    def uses_half_convention(self):
        """Say whether the loss, or the gradient of one without penalty, has half of it."""
        loss, gradient = (list(self.penalties(part)) for part in PARTS)
        if any(got.any() for got, *_ in loss):
            return all(not wrong_number("", got, half) for got, _, half, _ in loss)
        return bool(gradient) and all(not wrong_array("", g, half) for g, _, half, _ in gradient)

    def penalty_fault(self, part):
        """Return what is wrong with the penalty's share, None where there are no values."""
        pairs = self.family.aspects[part + PENALTY][1]
        for name, base in pairs:
            if self.number(base, part) and not self.number(name, part):
                return f"with reg: {self.fault(name, part)}"
        found = list(self.penalties(part))
        if not found:
            return None
        for got, full, half, name in found:
            want = half if self.half else full
            if part == "loss":
                text = wrong_number("the penalty", got, want)
                text = text and f"the penalty is {text}"
            else:
                text = wrong_array("dW", got, want)
                text = text and f"the penalty's share of {text}"
            if text:
                problem = self.family.problems[name]
                return f"{text} ({shape_of(problem)}, reg = {float(problem['reg']):.4g})"
        return ""

    # Misconceptions

    def names(self):
        """Return the misconceptions that the outcomes show."""
        names = set(rules.by_types(self.outcomes))
        if self.half and all(self.penalty_fault(part) == "" for part in PARTS):
            names.add(HALF_CONVENTION)
        tried = {n: one for n, one in self.outcomes.items() if one.status in ("value", "raises")}
        tried.pop(WIDE, None)  # its gradient has another shape
        if by_shapes := names_by_shapes(self.family.problems, self.outcomes):
            names |= by_shapes  # which leave nothing else to be seen
        elif any(one.status == "value" for one in tried.values()):
            observed = self.family.observe(tried)
            names |= rules.explain(self.family, observed, list(self.data.explanations))
        return names

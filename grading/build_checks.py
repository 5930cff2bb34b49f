"""Write cs231n/checks.npz: problems, expected values and signatures, from the solved tree.

    python -m grading.build_checks [--seed S] [--out FILE]

The reference and every misconception of the catalogue, alone and in pairs, is run on the problems;
what each leaves there is stored as a short signature (cs231n/checks/signatures.py), never as code.
"""

import argparse
import io
import itertools
import json
import types
import warnings
import zipfile
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from cs231n.checks.calling import Outcome
from cs231n.checks.data import DEFAULT, VERSION
from cs231n.checks.exercises import EXERCISES
from cs231n.checks.signatures import observe, signature
from grading import catalogue, problems
from grading.signature_table import SignatureTable

SEED = 231
LOSSES = {
    "svm": ["svm_loss_naive", "svm_loss_vectorized"],
    "softmax": ["softmax_loss_naive", "softmax_loss_vectorized"],
}
ASPECTS = {
    "": ["base", "absent classes", "W = 0"],
    " regularization": [
        ["base, regularized", "base"],
        ["3 classes, regularized", "3 classes"],
        ["12 classes, regularized", "many rows, 12 classes"],
    ],
    " shapes": [*problems.SHAPES, "3 classes, W = 0"],
    " ties": ["ties"],
    " large": list(problems.large_problems(np.random.default_rng(0))),
}
LARGEST_LOG_OF_FLOAT32 = 87  # -log of a float32 probability that has not underflowed


def build(seed=SEED):
    """Return {name: array}, everything the data file holds."""
    known = catalogue.read()
    families = [*LOSSES, "train", "predict"]
    with ProcessPoolExecutor(2) as processes:  # the two losses take nearly all the time
        built = list(processes.map(build_family, families, itertools.repeat(seed)))
    text = {
        "version": VERSION,
        "families": {family: text for family, (text, _) in zip(families, built, strict=True)},
        "explanations": {m.name: m.explanation for m in known},
        "notes": [m.name for m in known if m.note],
    }
    encoded = json.dumps(text, ensure_ascii=False, separators=(",", ":")).encode()
    arrays = {"text": np.frombuffer(encoded, dtype=np.uint8)}
    for _, more in built:
        arrays |= more
    return arrays


def build_family(family, seed):
    """Return (text, arrays) of one family: what is no array, and {name: array}."""
    rng = np.random.default_rng([seed, *family.encode()])
    arrays = {}
    if family in LOSSES:
        text = add_losses(family, problems.loss_problems(rng), rng, arrays)
    elif family == "train":
        text = add_problems(family, problems.train_problems(rng), arrays)
    else:
        text = add_problems(family, problems.predict_problems(rng), arrays)
        add_labels(text, arrays)
    return text, arrays


def add_losses(family, drawn, rng, arrays):
    """Add what belongs to the svm's or the softmax's losses to arrays; return its text."""
    text, known = add_problems(family, drawn, arrays), catalogue.read()
    expected, text["inf_ok"] = reference(family, drawn)
    for name, values in expected.items():
        text["expected"][name] = list(values)
        arrays.update({f"{family}/{name}/{key}": np.array(a) for key, a in values.items()})
        values["inf_ok"] = name in text["inf_ok"]
    projection = rng.standard_normal(max(p["W"].size for p in drawn.values()))
    arrays[f"{family}/projection"] = projection
    text["aspects"] = {
        part + aspect: (part, entries)
        for aspect, entries in ASPECTS.items()
        for part in ("loss", "gradient")
    }

    def run(*variants):
        function = compiled(catalogue.plant(*variants), variants[0].exercise)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            outcomes = {name: called(function, problem) for name, problem in drawn.items()}
        seen = {n: observe(o, expected[n], projection) for n, o in outcomes.items()}
        return signature(seen, text["aspects"])

    nothing = catalogue.Variant("nothing", LOSSES[family][0], ())
    table = SignatureTable(run(nothing), scales(expected, projection, text["aspects"]))
    for exercise in LOSSES[family]:
        table.add_all([v for m in known for v in m.variants if v.exercise == exercise], run)
    text["meanings"] = {}
    for aspect, (rows, meanings) in table.rows().items():
        arrays[f"{family}/signatures/{aspect}"] = rows
        arrays[f"{family}/scales/{aspect}"] = table.scales[aspect].astype(np.float32)
        text["meanings"][aspect] = meanings
    return text


def add_problems(family, drawn, arrays):
    """Add the problems' arrays, each once, and return the text that says where they are."""
    text = {
        "problems": {},
        "expected": {},
        "inf_ok": [],
        "meanings": {},
        "aspects": {},
        "mistakes": [],
    }
    stored = {}
    for name, problem in drawn.items():
        sources = text["problems"][name] = {}
        for argument, array in problem.items():
            array = np.asarray(array)
            key = (argument, array.dtype.str, array.shape, array.tobytes())
            sources[argument] = stored.setdefault(key, name)
            if sources[argument] == name:
                arrays[f"{family}/{name}/{argument}"] = array
    return text


def reference(family, drawn):
    """Return {problem: expected values} in both conventions, and where infinity is excused."""
    naive = LOSSES[family][0]
    function = compiled(catalogue.solved_source(naive), naive)
    expected, inf_ok = {}, []
    for name, problem in drawn.items():
        W, X, y, reg = (problem[key] for key in ("W", "X", "y", "reg"))
        W, X = W.astype(np.float64), X.astype(np.float64)
        values = dict(zip(("loss", "dW"), function(W, X, y, reg), strict=True))
        if reg:
            # The penalty is linear in reg: half of it is the other convention.
            half = function(W, X, y, reg / 2)
            values |= dict(zip(("half_loss", "half_dW"), half, strict=True))
        expected[name] = values
        worst = max(function(W, X[i : i + 1], y[i : i + 1], 0.0)[0] for i in range(len(X)))
        if family == "svm" and name == "ties":
            values["other_dW"] = at_or_above_the_kink()(W, X, y, reg)[1]
        if family == "softmax" and worst > LARGEST_LOG_OF_FLOAT32:
            inf_ok.append(name)
    return expected, inf_ok


def at_or_above_the_kink():
    """Return the hinge loss that takes the other valid gradient at the kink."""
    entry = next(m for m in catalogue.read() if m.name == "greater-or-equal")
    return compiled(catalogue.plant(entry.variants[0]), entry.variants[0].exercise)


def add_labels(text, arrays):
    """Add the right labels, and what predict returns with each mistake, and with each two."""
    variants = [v for m in catalogue.read() for v in m.variants if v.exercise == "predict"]
    solved = catalogue.solved_source("predict")
    versions = [(), *((v,) for v in variants), *itertools.combinations(variants, 2)]
    for planted in versions:
        try:
            source = catalogue.plant(*planted) if planted else solved
        except ValueError:
            continue  # they change the same place
        cls = compiled(source, "predict")
        key = f"mistake {len(text['mistakes'])}" if planted else "labels"
        for name, sources in text["problems"].items():
            classifier = cls()
            classifier.W, X = (arrays[f"predict/{sources[k]}/{k}"] for k in ("W", "X"))
            arrays[f"predict/{name}/{key}"] = classifier.predict(X.copy())
            if not planted:
                text["expected"][name] = ["labels"]
        if planted:
            text["mistakes"].append([v.name for v in planted])


def compiled(source, exercise):
    """Return the exercise's function, or class, from the text of its file."""
    module = types.ModuleType("planted")
    exec(compile(source, EXERCISES[exercise].path, "exec"), module.__dict__)
    return getattr(module, EXERCISES[exercise].attribute)


def called(function, problem):
    """Call a loss function as the child process of the checks does, but here."""
    arguments = [problem[key].copy() for key in ("W", "X", "y")]
    try:
        loss, dW = function(*arguments, float(problem["reg"]))
    except Exception as error:
        return Outcome("raises", {"error": type(error).__name__})
    return Outcome("value", {}, {"loss": np.array(loss), "dW": np.array(dW)})


def scales(expected, projection, aspects):
    """Return {aspect: the sizes of its observations}, for tolerances relative to them."""
    sizes = {}
    for name, values in expected.items():
        size = np.linalg.norm(values["dW"]) * np.abs(projection).mean()
        sizes[name] = {"loss": max(abs(values["loss"]), 0.1), "gradient": max(size, 1e-3)}
    return {
        aspect: np.array([sizes[e if isinstance(e, str) else e[0]][part] for e in entries])
        for aspect, (part, entries) in aspects.items()
    }


def write(path, arrays):
    """Write a npz file whose bytes depend on nothing but the arrays: np.savez notes the time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.asarray(array), allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(name + ".npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", default=DEFAULT)
    options = parser.parse_args()
    write(options.out, build(options.seed))


if __name__ == "__main__":
    main()

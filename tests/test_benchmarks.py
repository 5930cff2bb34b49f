"""Do both sides of every benchmark compute the same thing? Nothing here is timed."""

import json
import os
import pickle
import platform
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import loading, measure, optimum, report, run, stages, textbook, waiting
from course import definition
from cs231n import data_utils

KINDS = ("svm", "softmax")


@pytest.fixture(scope="module")
def data():
    """300 noisy images of ten classes that a linear classifier can tell apart."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 10, 300)
    X = 30 * rng.standard_normal((10, 49))[y] + 30 * rng.standard_normal((300, 49))
    X = np.hstack([X, np.ones((300, 1))])
    return SimpleNamespace(X=X.astype(np.float32), X64=X, y=y, X_val=X[:90], y_val=y[:90])


def test_both_loaders_return_the_same_arrays(tmp_path, rng, monkeypatch):
    sizes = {"num_training": 90, "num_validation": 10, "num_test": 15, "num_dev": 30}
    write_small_set(tmp_path, rng)
    loading.compare(tmp_path, **sizes)
    monkeypatch.setattr(loading.textbook, "load_data", lambda *args, **kwargs: [np.ones(3)] * 8)
    with pytest.raises(AssertionError):
        loading.compare(tmp_path, **sizes)


def write_small_set(folder, rng, rows=20):
    meta = {"num_cases_per_batch": rows, "label_names": [f"class {c}" for c in range(10)]}
    (folder / "batches.meta").write_bytes(pickle.dumps(meta))
    for name in [*data_utils.TRAIN_BATCHES, "test_batch"]:
        images = rng.integers(0, 256, (rows, 3072), dtype=np.uint8)
        labels = rng.integers(0, 10, rows).tolist()
        (folder / name).write_bytes(pickle.dumps({"data": images, "labels": labels}))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_losses_agree_and_the_comparison_sees_a_wrong_one(data, kind, dtype, rng, monkeypatch):
    X, W = data.X64.astype(dtype), (0.01 * rng.standard_normal((50, 10))).astype(dtype)
    stages.compare_losses(kind, W, X, data.y, reg=0.5)
    ours, theirs = stages.LOSSES[kind]
    monkeypatch.setitem(stages.LOSSES, kind, (ours, lambda *args: (2 * theirs(*args)[0], 0)))
    with pytest.raises(AssertionError):
        stages.compare_losses(kind, W, X, data.y, reg=0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_training_follows_the_textbook_loop(data, kind, monkeypatch):
    # The data are smaller and fewer than images, which allows and needs larger steps.
    monkeypatch.setitem(stages.RATES, kind, 1e-4)
    monkeypatch.setitem(stages.REGS, kind, 0.1)
    monkeypatch.setattr(stages, "BATCH_SIZE", 20)
    stages.compare_training(kind, data)


@pytest.mark.parametrize("kind", KINDS)
def test_grid_finds_what_one_model_after_another_finds(data, kind, monkeypatch):
    monkeypatch.setitem(stages.RATES, kind, 1e-4)
    monkeypatch.setitem(stages.REGS, kind, 0.1)
    plan = SimpleNamespace(grid_shape=(2, 2), grid_iters=20, rounds=1, slow_rounds=1)
    measured = stages.measure_grid(kind, plan, data)
    assert measured["models"] == 4
    assert set(measured["ratios"]) == {"floor", "sequential", "textbook"}


def test_comparison_of_grids_sees_a_model_that_differs():
    ours = {(1.0, 2.0): (0.4, 0.3)}
    stages.compare_grids(ours, {(1.0, 2.0): (0.401, 0.3)})
    for wrong in ({(1.0, 2.0): (0.41, 0.3)}, {(2.0, 1.0): (0.4, 0.3)}):
        with pytest.raises(AssertionError):
            stages.compare_grids(ours, wrong)


def test_averaged_weights_are_the_mean_of_those_on_the_way(data, monkeypatch):
    monkeypatch.setitem(optimum.SGD, "svm", {"learning_rate": 1e-4, "reg": 0.1, "num_iters": 3})
    W, on_the_way = optimum.initial_weights(np.random.default_rng(7), data.X), []
    monkeypatch.setattr(optimum, "MOMENTUM", 0.0)
    rng = np.random.default_rng(7)
    rng.standard_normal((50, 10))
    for _ in range(3):
        on_the_way.append(W)
        batch = rng.choice(300, optimum.BATCH_SIZE)
        W = W - 1e-4 * textbook.svm_loss(W, data.X[batch], data.y[batch], 0.1)[1]
    mean = np.mean(on_the_way, axis=0)
    # float32 and float64 differ by 1e-7 of the largest weight a step.
    np.testing.assert_allclose(optimum.ours("svm", data.X, data.y, 7), mean, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_pytorch_takes_our_steps(data, kind, monkeypatch):
    pytest.importorskip("torch")
    settings = {"learning_rate": 1e-4, "reg": 0.1, "num_iters": 50}
    monkeypatch.setitem(optimum.SGD, kind, settings)
    optimum.compare(kind, data.X, data.y)
    monkeypatch.setitem(optimum.PYTORCH, "wrong", lambda *args: 2 * optimum.ours(*args))
    with pytest.raises(AssertionError):
        optimum.compare(kind, data.X, data.y)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_of_scikit_learn_predict_what_its_classifiers_predict(data, kind):
    pytest.importorskip("sklearn")
    scale = data.X[:, :-1].std(axis=0)
    pixels = data.X[:, :-1] / scale
    estimator = optimum.scikit_learn("SGDClassifier", kind, seed=0, threads=1).fit(pixels, data.y)
    labels = (data.X @ optimum.weights(estimator, scale)).argmax(axis=1)
    assert np.mean(labels == estimator.predict(pixels)) == 1


def test_every_side_prints_time_accuracy_and_memory(data, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    optimum.store(tmp_path, data.X, data.y, data.X_val.astype(np.float32), data.y_val)
    optimum.main("ours", "svm", "0", tmp_path)
    assert set(json.loads(capsys.readouterr().out)) == {"seconds", "accuracy", "peak"}


def test_runs_take_turns_and_ratios_are_taken_within_a_round():
    calls, now = [], iter(range(1000))
    sides = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    seconds = measure.in_turns(sides, rounds=2, repeat=2, clock=lambda: next(now))
    assert "".join(calls) == 3 * "aabb"  # a round to warm up, two that count
    assert seconds == {"a": [0.5, 0.5], "b": [0.5, 0.5]}
    noisy = {"a": [2, 20, 3], "b": [1, 10, 1]}
    assert measure.ratio(noisy, "a", to="b") == 2


def test_peak_memory_counts_this_process_and_not_its_parent():
    ballast = np.ones(30_000_000)  # 240 MB
    code = "from benchmarks.measure import peak_memory; print(peak_memory())"
    command = [sys.executable, "-c", code]
    child = subprocess.run(command, cwd=measure.ROOT, stdout=subprocess.PIPE, check=True)
    assert measure.peak_memory() > ballast.nbytes
    if os.path.exists("/proc/self/status"):
        assert int(child.stdout) < ballast.nbytes / 2


def test_machine_is_described_without_its_name():
    pytest.importorskip("threadpoolctl")
    described = measure.machine(threads=1)
    assert described["versions"]["numpy"] == np.__version__
    assert "threads" in described["blas"]
    assert platform.node() not in json.dumps(described)


def test_page_shows_the_measured_numbers_and_no_path(tmp_path):
    results = example()
    page = report.write(results, tmp_path)
    assert (tmp_path / "results.md").read_text() == page
    assert (tmp_path / "ratios.png").stat().st_size and (tmp_path / "cost.png").stat().st_size
    for text in ("| textbook | 10 s | 4.00 GB | 5.00 | 4.00 |", "5 of 5", "0.3910 to 0.3930"):
        assert text in page
    assert "| grading | 12 s | 11 s to 13 s | 20 s | 3 |" in page
    assert "| a peer | not measured: it is not installed |" in page
    assert str(measure.ROOT) not in page


def test_what_people_wait_for_is_timed_with_all_its_processes(monkeypatch):
    work = [sys.executable, "-c", "sum(range(2_000_000))"]
    group = {"work": lambda: waiting.timed(work), "no peer": lambda: waiting.otter(None, None)}
    monkeypatch.delenv("OTTER_PYTHON", raising=False)
    monkeypatch.setattr(waiting, "rows", lambda *_: {"one": group, "other": {"none": None}})
    found = waiting.measure(["one"], rounds=2)
    assert found.keys() == {"work", "no peer"} and min(found["work"]["seconds"]) > 0
    assert len(found["work"]["cpu"]) == 2
    assert "pip install otter-grader" in found["no peer"]["missing"]
    with pytest.raises(RuntimeError, match="exit status 2"):
        waiting.timed([sys.executable, "-c", "raise SystemExit(2)"])


def test_groups_run_one_by_one_and_keep_what_others_found(monkeypatch, tmp_path):
    def run(group, machine):
        monkeypatch.setattr(sys, "argv", ["waiting", group, "--out", str(tmp_path)])
        monkeypatch.setattr(waiting, "machine", lambda _: example()["machine"] | machine)
        waiting.main()
        return json.loads((tmp_path / "results.json").read_text())["waiting"]["rows"].keys()

    monkeypatch.setattr(
        waiting, "measure", lambda groups, rounds: {groups[0]: {"seconds": [1], "cpu": [2]}}
    )
    assert run("start", {}) == {"start"}
    assert run("peers", {}) == {"start", "peers"}
    assert run("start", {"processor": "another"}) == {"start"}, "times of two machines in a table"


def test_submissions_to_grade_are_of_all_kinds_and_none_twice(tmp_path):
    course = definition.load()
    made = sorted(waiting.handed_in(course, tmp_path, 5).iterdir())
    contents = [tuple(path.read_bytes() for path in sorted(one.rglob("*.*"))) for one in made]
    assert len(set(contents)) == len(made) == 5


def test_readme_has_the_table_of_the_results():
    results = json.loads((measure.ROOT / "benchmarks" / "results.json").read_text())
    readme = (measure.ROOT / "README.md").read_text("utf-8")
    if "waiting" in results:
        assert report.put_into(readme, results) == readme
    results = {"waiting": example()["waiting"]}
    results["waiting"]["rows"] = {report.SHORT[0]: {"seconds": [777], "cpu": [1]}}
    once = report.put_into(readme, results)
    assert "| 777 s | 777 s to 777 s | 1 s | 1 |" in once and "\n\nTo learn" in once
    assert report.put_into(once, results) == once


def test_page_does_without_stages_that_were_not_run(tmp_path):
    results = example()
    assert "Training" not in report.write({k: results[k] for k in ("machine", "data")}, tmp_path)


def example():
    loss = {"seconds": {"ours": 0.02, "floor": 0.018, "textbook": 0.06}}
    loss["ratios"] = {"floor": 1.1, "textbook": 3.0}
    sides = {"ours": 1.0, "products": 0.7, "one by one": 4.0, "textbook": 9.0}
    grid = {"models": 16, "iterations": 300, "seconds": sides}
    grid["ratios"] = {"floor": 1.4, "sequential": 4.0, "textbook": 9.0}
    found = {"seconds": 0.5, "peak": 1e9, "accuracies": [0.391, 0.393] * 2 + [0.392], "reached": 5}
    return {
        "machine": {
            "processor": "a processor",
            "cores": 2,
            "memory_gb": 8.0,
            "system": "Linux",
            "threads": 1,
            "blas": "a BLAS",
            "versions": {"python": "3.11.0"},
        },
        "data": "some set",
        "loading": {
            "ours": {"seconds": 2, "peak": 1e9},
            "textbook": {"seconds": 10, "peak": 4e9},
            "floor": {"seconds": 1, "peak": 7e8},
        },
        "losses": [
            {"kind": "softmax", "N": N, "dtype": dtype, **loss}
            for dtype in ("float32", "float64")
            for N in (500, 2000)
        ],
        "training": {"svm": {"iterations": 1500, **loss}},
        "grid": {"svm": grid},
        "models": {"svm": dict.fromkeys((1, 2, 4), grid)},
        "waiting": {
            "machine": {"processor": "a processor", "cores": 2, "memory_gb": 8.0},
            "rows": {
                "grading": {"seconds": [12.0, 13.0, 11.0], "cpu": [19.0, 20.0, 21.0]},
                "a peer": {"missing": "it is not installed"},
            },
        },
        "optimum": {"svm": {"target": 0.39, "sides": {"ours": found, "PyTorch": found}}},
    }


def test_every_stage_of_a_run_has_a_part_of_the_page():
    template = (measure.ROOT / "benchmarks" / "results.md.jinja").read_text()
    for name in run.STAGES:
        assert callable(getattr(stages, name))
        assert f"{{% if {name} %}}" in template

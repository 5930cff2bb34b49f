"""Turn results into a page, results.md, and the figures beside it."""

from benchmarks import figures
from benchmarks.figures import KINDS


def write(results, folder):
    """Write the page and the figures to `folder`; return the page."""
    page = "\n".join(line for part in parts(results) for line in (*part, "")).rstrip() + "\n"
    (folder / "results.md").write_text(page)
    figures.draw(results, folder)
    return page


def parts(results):
    yield header(results)
    for name, describe in PARTS.items():
        if name in results:
            yield describe(results[name])


def header(results):
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return [
        "# Benchmarks",
        "",
        f"Data: {results['data']}.",
        "Times are medians over runs in turns, ratios are medians of ratios within a round.",
        "`make bench` writes this page; `results.json` holds the numbers.",
        "",
        f"* Machine: {machine['processor']}, {machine['cores']} cores,"
        f" {machine['memory_gb']} GB, {machine['system']}",
        f"* Threads of each side: {machine['threads']}",
        f"* Versions: {versions}; {machine['blas']}",
    ]


def table(columns, rows):
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]


def duration(seconds):
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def times(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def describe_loading(loading):
    ours = loading["ours"]
    rows = [
        [
            side,
            duration(run["seconds"]),
            f"{run['peak'] / 1e9:.2f} GB",
            times(run["seconds"] / ours["seconds"]),
            times(run["peak"] / ours["peak"]),
        ]
        for side, run in loading.items()
    ]
    columns = ["", "time", "peak memory", "time / ours", "memory / ours"]
    return ["## Loading and preprocessing", "", *table(columns, rows)]


def describe_losses(losses):
    rows = [
        [
            f"{KINDS[run['kind']]}, {run['dtype']}",
            f"{run['N']:,}",
            duration(run["seconds"]["ours"]),
            times(run["ratios"]["floor"]),
            times(run["ratios"]["textbook"]) if "textbook" in run["ratios"] else "",
        ]
        for run in losses
    ]
    columns = ["", "N", "ours", "ours / two products", "textbook / ours"]
    return ["## Loss and gradient, (N, 3073) x (3073, 10)", "", *table(columns, rows)]


def describe_training(training):
    rows = [
        [
            KINDS[kind],
            f"{run['iterations']:,}",
            duration(run["seconds"]["ours"]),
            times(run["ratios"]["floor"]),
            times(run["ratios"]["textbook"]),
        ]
        for kind, run in training.items()
    ]
    columns = ["", "iterations", "ours", "ours / floor", "textbook / ours"]
    note = "The floor gathers minibatches of 200, multiplies twice and updates the weights."
    return ["## Training", "", note, "", *table(columns, rows)]


def describe_grid(grid):
    rows = [
        [
            KINDS[kind],
            run["models"],
            run["iterations"],
            duration(run["seconds"]["ours"]),
            times(run["ratios"]["floor"]),
            times(run["ratios"]["sequential"]),
            times(run["ratios"]["textbook"]),
        ]
        for kind, run in grid.items()
    ]
    columns = ["", "models", "iterations", "ours", "ours / products", "one by one / ours",
               "textbook / ours"]  # fmt: skip
    note = "Training and evaluation on 49,000 and 1,000 images, on all sides."
    return ["## A whole grid at once", "", note, "", *table(columns, rows)]


def describe_models(models):
    rows = [
        [
            KINDS[kind],
            K,
            duration(run["seconds"]["ours"]),
            duration(run["seconds"]["ours"] / int(K)),
            times(run["ratios"]["floor"]),
        ]
        for kind, runs in models.items()
        for K, run in runs.items()
    ]
    columns = ["", "models", "ours", "a model", "ours / products"]
    return ["## Cost by the number of models", "", *table(columns, rows)]


def describe_optimum(optimum):
    lines = ["## To the optimum", "", "From rows in memory to the target on 10,000 test images."]
    for kind, found in optimum.items():
        ours = found["sides"]["ours"]["seconds"]
        rows = [
            [
                side,
                duration(run["seconds"]),
                times(run["seconds"] / ours),
                f"{run['reached']} of {len(run['accuracies'])}",
                accuracies(run["accuracies"]),
                f"{run['peak'] / 1e9:.2f} GB",
            ]
            for side, run in found["sides"].items()
        ]
        title = f"{KINDS[kind]}, target {found['target']:.3f}"
        columns = [title, "time", "time / ours", "reached", "accuracy", "peak memory"]
        lines += ["", *table(columns, rows)]
    return lines


def accuracies(values):
    low, high = f"{min(values):.4f}", f"{max(values):.4f}"
    return low if low == high else f"{low} to {high}"


PARTS = {
    "loading": describe_loading,
    "losses": describe_losses,
    "training": describe_training,
    "grid": describe_grid,
    "models": describe_models,
    "optimum": describe_optimum,
}

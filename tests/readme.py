"""The table of results in README.md."""

from conftest import ROOT

COLUMNS = ["learning_rate", "reg", "val_accuracy", "test_accuracy", "test_accuracy_all"]


def results_table():
    """Return its rows: "notebook", "prefix" of the keys in `results`, and a number a column."""
    rows = []
    for line in (ROOT / "README.md").read_text("utf-8").splitlines():
        if line.startswith(("| SVM, ", "| softmax, ")):
            name, *numbers = [cell.strip(" *") for cell in line.strip("|").split("|")]
            row = dict(zip(COLUMNS, map(float, numbers), strict=True))
            prefix = "" if name.endswith("best of the search") else "further_"
            rows.append({"notebook": name.split(",")[0].lower(), "prefix": prefix} | row)
    return rows

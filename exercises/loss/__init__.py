"""A loss function of weights, images, labels and reg: returns a number and its gradient."""

PARTS = {  # the titles of the lines that have to be right; judge.py words them
    "loss": ("loss",),
    "gradient": ("gradient", "scores exactly at the margin"),
    "regularization": ("regularization in the loss", "regularization in the gradient"),
    "shapes and types": (
        "other numbers of examples and classes",
        "float32, int32 labels",
        "returns a number and an array",
        "inputs left unchanged",
    ),
    "rows": ("rows of scores",),
    "stability": ("scores of ±1e3 and ±1e6",),
    "speed": ("vectorized", "loss", "gradient"),
}


def parts(exercise):
    """Return the PARTS of an Exercise."""
    unasked = {"rows": not exercise.functions[1:], "speed": not exercise.vectorized}
    return {name: lines for name, lines in PARTS.items() if not unasked.get(name)}

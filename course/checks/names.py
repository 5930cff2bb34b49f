"""Names that code and data share: of misconceptions, and of problems.

The code of a kind of exercise writes each of them like this, wherever it needs one:

    Misconception("same-batch")        an entry of misconceptions.toml
    Problem("plain")                   a problem that its problems.py draws

So `make checks` can hold all of them against what there is, and a misspelt one is refused there,
before anybody is judged.
"""

import ast
import difflib


class Misconception(str):
    """The name of an entry of misconceptions.toml."""


class Problem(str):
    """The name of a problem of this kind of exercise."""


def unknown_names(file, text, known):
    """Return a line for each name in a Python file that is not known.

    known {class: names}, as in {Misconception: {"same-batch", ...}}; file is how to call it.
    """
    classes, lines = {cls.__name__: cls for cls in known}, []
    for node in ast.walk(ast.parse(text)):
        cls = classes.get(getattr(getattr(node, "func", None), "id", None))
        if cls is None:
            continue
        what = f"{file}, line {node.lineno}: "
        name = getattr(node.args[0], "value", None) if node.args else None
        if not isinstance(name, str):
            lines.append(f"{what}write the name out in {cls.__name__}(...), so it can be checked")
        elif name not in known[cls]:
            near = difflib.get_close_matches(name, sorted(known[cls]), 1)
            way_out = f"did you mean {near[0]!r}?" if near else f"known: {sorted(known[cls])}"
            lines.append(f"{what}there is no {cls.__name__.lower()} {name!r}; {way_out}")
    return lines

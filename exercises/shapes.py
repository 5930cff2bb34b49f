"""How the sizes of a problem are told, and what is told by shapes that do not fit.

See cs231n/__init__.py for N, D and C.
"""

import re

from course.checks.names import Misconception

ELEMENTWISE = Misconception("elementwise-product")
INNER_SIZES = Misconception("inner-sizes-differ")
SWAPPED = Misconception("rows-and-columns-swapped")
FEATURES_AS_EXAMPLES = Misconception("features-as-examples")


def sizes_of(problem):
    (N, D), C = problem["X"].shape, problem["W"].shape[1]
    return {"N": N, "D": D * int(problem.get("repeats", 1)), "C": C}


def shape_of(problem):
    """Return "N = 5, D = 4, C = 3" of a problem with X and W."""
    return ", ".join(f"{letter} = {size}" for letter, size in sizes_of(problem).items())


def names_by_shapes(problems, outcomes):
    """Return the Misconceptions that messages tell of a function that never gets through.

    One that fits a single row, or where two sizes are equal, fits by chance.
    """
    telling = []
    for name, outcome in outcomes.items():
        sizes = sizes_of(problems[name])
        if sizes["N"] > 1 and len(set(sizes.values())) == 3:
            telling.append((sizes, outcome))
    if not all(one.status == "raises" for _, one in telling):
        return set()
    found = (by_message(one.meta["message"], sizes) for sizes, one in telling)
    return {next(filter(None, found), None)} - {None}


def by_message(message, sizes):
    """Return the Misconception that NumPy's message on shapes tells, or None."""
    letters = {str(size): letter for letter, size in sizes.items()}
    shapes = [
        tuple(letters.get(size, size) for size in shape.replace(" ", "").strip(",").split(","))
        for shape in re.findall(r"\(([\d, ]+)\)", message)
    ][:2]
    if "not aligned" in message or "core dimension" in message:
        return INNER_SIZES
    if len(shapes) < 2 or "broadcast" not in message:
        return None
    first, second = shapes
    if "indexing" in message:
        found = "indexing arrays" in message and {first, second} == {("D",), ("N",)}
        return FEATURES_AS_EXAMPLES if found else None
    if sorted({*first, *second}) == ["C", "D", "N"] and first[-1] == second[0]:
        return ELEMENTWISE  # of arrays of which there is a matrix product
    return SWAPPED if {first, second} == {("C",), ("D",)} else None

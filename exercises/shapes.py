"""How the sizes of a problem are told; see cs231n/__init__.py for N, D and C."""


def shape_of(problem):
    """Return "N = 5, D = 4, C = 3" of a problem with X and W."""
    (N, D), C = problem["X"].shape, problem["W"].shape[1]
    return f"N = {N}, D = {D}, C = {C}"

"""Names that code and data share: of misconceptions, and of problems.

A judge writes each of them once, as a constant of its module, alone or in a table:

    SAME_BATCH = Misconception("same-batch")
    PLAIN = Problem("plain")

So `make checks` can hold all of them against misconceptions.toml and against the problems that
were drawn, and a misspelt one is refused there, before anybody is judged.
"""

import difflib


class Misconception(str):
    """The name of an entry of misconceptions.toml."""


class Problem(str):
    """The name of a problem of this kind of exercise."""


def names_in(value, cls):
    """Yield the names of class `cls` in a value: itself, or what its containers hold."""
    if isinstance(value, cls):
        yield value
    elif isinstance(value, dict):
        yield from names_in((*value.keys(), *value.values()), cls)
    elif isinstance(value, tuple | list | set | frozenset):
        for one in value:
            yield from names_in(one, cls)


def unknown_names(module, cls, known):
    """Return a line for each name of class `cls` in a module's constants that is not known."""
    lines = []
    for constant, value in vars(module).items():
        for name in names_in(value, cls):
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                lines.append(
                    f"{module.__file__}: {constant} names the {cls.__name__.lower()} {str(name)!r}, "
                    + (f"which there is not; did you mean {near[0]!r}?" if near else "unknown")
                )
    return lines

"""Attacks, as data: files that make submissions which try what they should not.

    machine.py    on the machine: secrets, files, network, rights, processes
    limits.py     on limits: processes, memory, files
    cheats.py     on the verdict, when an exercise file is imported
    answers.py    on the verdict, by what a function returns, and how its process ends
    frames.py     on what reads the answers of the child process that calls the exercises
    kernels.py    on what re-executes notebooks
    archives.py   on what reads submissions: zips, names, files beside the package

Nothing here is imported by a grader: the text of a function, or a whole file, goes into a
submission. Bounds are their own, so that a sandbox that fails costs no machine.
"""

import inspect
import json
from pathlib import Path

HERE = Path(__file__).parent
WRONG = """

def softmax_loss_naive(W, X, y, reg):
    return 1.0, 0 * W


def softmax_loss_vectorized(W, X, y, reg):
    return 1.0, 0 * W

"""
EVERYTHING = ("reads", "walks", "writes", "connects", "gains_rights", "harms_processes")


def wrong_exercise(stub):
    """Return the student's softmax.py with both functions wrong, but not unfinished."""
    return stub + WRONG


def at_import(stub, attack, **given):
    """Return a softmax.py with wrong solutions and an attack, a function, when it is imported."""
    return f"{wrong_exercise(stub)}\n{assigned(given)}\n{source(attack)}\n\n{attack.__name__}()\n"


def at_call(stub, attack, **given):
    """Return a softmax.py both of whose functions are an attack."""
    name = attack.__name__
    chosen = f"softmax_loss_naive = softmax_loss_vectorized = {name}\n"
    return f"{stub}\n{assigned(given)}\n{source(attack)}\n\n{chosen}"


def assigned(given):
    return "\n".join(f"{name} = {value!r}" for name, value in given.items())


def source(function):
    return "\n\n" + inspect.getsource(function)


def machine_code(targets):
    """Return Python code that attacks the machine, and prints and keeps what succeeded."""
    text = (HERE / "machine.py").read_text(encoding="utf-8")
    return f"""
import json, types
machine = types.ModuleType("machine")
exec({text!r}, machine.__dict__)
found = machine.attempts(json.loads({json.dumps(targets)!r}))
print("FOUND", found)
"""


def machine_exercise(stub, targets):
    """Return a softmax.py that attacks the machine, and tells in an exception what succeeded."""
    return f"{wrong_exercise(stub)}{machine_code(targets)}raise RuntimeError(str(found))\n"


def limits_exercise(stub, name, bound):
    """Return a softmax.py that runs one attack of limits.py in its first call, then goes on."""
    text = (HERE / "limits.py").read_text(encoding="utf-8")
    return f"""{stub}

def softmax_loss_naive(W, X, y, reg):
    names = {{"__name__": "limits"}}
    exec({text!r}, names)
    names[{name!r}]({bound})
    return 1.0, 0 * W


softmax_loss_vectorized = softmax_loss_naive
"""

"""Is a loop found where one is used, is none found elsewhere, and is its place told?"""

import pytest

from course.checks import loops
from course.checks.loops import find_loop

LOOP = "  for x in X: pass\n"
HELPERS = "def g(X):\n" + LOOP
FILE, HELPER_FILE = "toy/sums.py", "toy/helpers.py"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("return X @ W", None),
        ("for i in range(len(X)):\n  pass", 2),
        ("while X: pass", 2),
        ("return sum(x for x in X)", 2),
        ("return [x for x in X]", 2),
        ("return {x: 1 for i in range(3) for x in X}", 2),
        ("return np.vectorize(float)(X)", 2),
        ("return list(map(float, X))", 2),
        ("for a in (W, X): assert a.ndim == 2", None),
        ("for i in range(0, len(X), 1000): pass", None),
        ("for i in range(1, len(X)): pass", 2),
        ("for i in range(3): pass", None),
        ("return [i for i in range(3)]", None),
        ("return X @", None),
    ],
)
def test_a_loop_over_the_data_is_found(body, line):
    found = find_loop(f"def f(W, X):\n {body}\n", "f")
    assert (found and found.line) == line


# What a function uses: a loop at the line, or None. f is looked at.
USED = {
    "a function below": (f"def f(X):\n return g(X)\n{HELPERS}", 4),
    "an unused function": (f"def f(X):\n return X\n{HELPERS}", None),
    "a lambda": ("g = lambda X: [x for x in X]\ndef f(X):\n return g(X)\n", 1),
    "a lambda on the spot": ("def f(X):\n return (lambda X: [x for x in X])(X)\n", 2),
    "an alias": (f"{HELPERS}h = g\ndef f(X):\n return h(X)\n", 2),
    "a local alias": (f"{HELPERS}def f(X):\n h = g\n return h(X)\n", 2),
    "one of two": (f"{HELPERS}def f(X):\n h = g if X.size else abs\n return h(X)\n", 2),
    "the later definition": (f"{HELPERS}def g(X): return X\ndef f(X):\n return g(X)\n", None),
    "either definition": (
        "if fast:\n def g(X): return X\nelse:\n def g(X):\n"
        "  while X: pass\ndef f(X): return g(X)\n",
        5,
    ),
    "an argument": (f"{HELPERS}def f(X):\n return reduce(g, X)\n", 2),
    "a partial function": (f"{HELPERS}h = functools.partial(g)\ndef f(X): return h(X)\n", 2),
    "a vectorized function": ("h = np.vectorize(abs)\ndef f(X):\n return h(X)\n", 1),
    "a decorator": ("@np.vectorize\ndef g(x): return x\ndef f(X):\n return g(X)\n", 1),
    "another name": ("from numpy import vectorize as v\ndef f(X):\n return v(abs)(X)\n", 3),
    "a recursion": ("def f(X):\n return f(X[1:])\n", None),
    "two that call each other": ("def f(X):\n return g(X)\ndef g(X):\n return f(X)\n", None),
    "a coroutine": ("async def f(X):\n async for x in X: pass\n", 2),
    # Names that are bound to something else
    "a local variable": (f"def f(X):\n g = X.sum()\n return g\n{HELPERS}", None),
    "a parameter": (f"def f(X, g):\n return g(X)\n{HELPERS}", None),
    "a parameter by name": (f"def f(X, *, g):\n return g(X)\n{HELPERS}", None),
    "a tuple": (f"def f(X):\n g, h = X\n return g\n{HELPERS}", None),
    "with": (f"def f(X):\n with X as g: return g\n{HELPERS}", None),
    "except": (f"def f(X):\n try: pass\n except E as g: return g\n{HELPERS}", None),
    "a walrus": (f"def f(X):\n return (g := X) + g\n{HELPERS}", None),
    "a global": (f"def f(X):\n global g\n g = 1\n return g\n{HELPERS}", 6),
    "an attribute of numpy": (f"def f(X):\n return np.g(X)\n{HELPERS}", None),
    "an attribute of an array": (f"def f(X):\n return X.g(X)\n{HELPERS}", None),
    "one's own map": ("def map(X): return X\ndef f(X):\n return map(X)\n", None),
    "the map of a pool": ("def f(X, pool):\n return pool.map(abs, X)\n", 2),
    "a parameter map": ("def f(X, map):\n return map(X)\n", None),
    # Functions in functions
    "a nested function": ("def f(X):\n def g(X):\n  while X: pass\n return g(X)\n", 3),
    "an unused nested function": ("def f(X):\n def g(X):\n  while X: pass\n return X\n", None),
    "a nested one of this name": (f"def f(X):\n def g(X): return X\n return g(X)\n{HELPERS}", None),
    "one that a nested one uses": (f"def f(X):\n def h(): return g(X)\n return h()\n{HELPERS}", 5),
    # What runs once, when the file is imported, is no matter of the function's time
    "a table": ("T = [i for i in range(n)]\ndef f(X):\n return X @ T\n", None),
    "a table by a function": (f"{HELPERS}T = g(range(9))\ndef f(X):\n return X @ T\n", None),
    "a default": ("def f(X, k=[i for i in R]):\n return X\n", None),
    # Classes
    "a method": (f"class A:\n def g(self, X):\n {LOOP}def f(X):\n return A().g(X)\n", 3),
    "a method of an object": (f"class A:\n def g(s, X):\n {LOOP}a = A()\ndef f(X): a.g(X)\n", 3),
    "a method of this name": (f"class A:\n def g(self, X):\n {LOOP}def f(X):\n return X.g\n", None),
    "a variable of its name": (
        f"class A:\n def g(s, X):\n {LOOP}def f(X):\n g=1; return g\n",
        None,
    ),
    "an unused method": (f"class A:\n def g(s, X):\n {LOOP}def f(X):\n return A().h(X)\n", None),
    "by self": (
        f"class A:\n def g(self, X):\n {LOOP} def h(me, X): me.g(X)\ndef f(X):\n A().h(X)\n",
        3,
    ),
    "an attribute of the class": (
        f"class A:\n g = 3\n def h(self): return self.g\n{HELPERS}def f(X): return A().h()\n",
        None,
    ),
    "no method by its bare name": (
        f"class A:\n def g(self, X):\n {LOOP} def h(self, X): return g(X)\ndef f(X): A().h(X)\n",
        None,
    ),
    "a static method": (
        f"class A:\n @staticmethod\n def g(X):\n {LOOP}def f(X):\n return A.g(X)\n",
        4,
    ),
    "a class method": (
        f"class A:\n @classmethod\n def h(cls, X): cls.g(X)\n def g(X):\n {LOOP}def f(X): A.h(X)\n",
        5,
    ),
    "a base class": (
        f"class B:\n def g(self, X):\n {LOOP}class A(B): pass\ndef f(X):\n A().g(X)\n",
        3,
    ),
    "a constructor": (f"class A:\n def __init__(self, X):\n {LOOP}def f(X):\n A(X)\n", 3),
    "an object that is called": (
        f"class A:\n def __call__(self, X):\n {LOOP}def f(X):\n a = A()\n return a(X)\n",
        3,
    ),
    "a class of its own kind": ("class A(A): pass\ndef f(X):\n return A().g(X)\n", None),
}


@pytest.mark.parametrize(("source", "line"), USED.values(), ids=USED)
def test_only_what_is_used_is_looked_at(source, line):
    found = find_loop(source, "f")
    assert (found and found.line) == line


IMPORTS = {
    "from .helpers import g\ndef f(X): return g(X)\n": True,
    "from toy.helpers import g as h\ndef f(X): return h(X)\n": True,
    "from . import helpers\ndef f(X): return helpers.g(X)\n": True,
    "import toy.helpers\ndef f(X): return toy.helpers.g(X)\n": True,
    "import toy.helpers as m\ndef f(X): return m.g(X)\n": True,
    "from .helpers import *\ndef f(X): return g(X)\n": True,
    "def f(X):\n from .helpers import g\n return g(X)\n": True,
    "from .again import g\ndef f(X): return g(X)\n": True,
    "from .helpers import f\n": True,
    "from .helpers import g\ndef f(X, g): return g(X)\n": False,
    "from numpy import g\ndef f(X): return g(X)\n": False,
    "from .other import g\ndef f(X): return g(X)\n": False,
    "from helpers import g\ndef f(X): return g(X)\n": False,
    "from ..helpers import g\ndef f(X): return g(X)\n": False,
    "import toy.helpers as m\ndef f(X): return X.g(m)\n": False,
    "def f(X): return g(X)\n": False,
    "from .helpers import *\ndef g(X): return X\ndef f(X): return g(X)\n": False,
    "from .round import g\ndef f(X): return g(X)\n": False,
}


@pytest.mark.parametrize("source", IMPORTS)
def test_imports_are_followed_to_the_students_other_files_and_the_file_is_told(source):
    others = {
        HELPER_FILE: "import numpy as np\n" + HELPERS + "f = g\n",
        "toy/again.py": "from toy.helpers import g\n",
        "toy/round.py": "from .sums import g\n",
    }
    found = find_loop(source, "f", others, FILE)
    if not IMPORTS[source]:
        assert found is None
        return
    assert found == (3, "for x in X: pass", HELPER_FILE)
    assert str(found) == "line 3 of helpers.py loops: for x in X: pass"


def test_relative_imports_count_from_the_package():
    others = {"toy/part/__init__.py": "from .one import g\n", "toy/part/one.py": HELPERS}
    for line in ("from .part import g", "from toy.part.one import g", "from .part.one import g"):
        assert find_loop(f"{line}\ndef f(X): return g(X)\n", "f", others, FILE), line
    deeper = "from ..helpers import g\ndef f(X): return g(X)\n"
    assert find_loop(deeper, "f", {HELPER_FILE: HELPERS}, "toy/part/two.py")


def test_a_loop_in_the_functions_own_file_is_told_without_it():
    found = find_loop("def f(X):\n  while \x1b[0m: pass\n".replace("\x1b[0m", "1"), "f", {}, FILE)
    assert str(found) == "line 2 loops: while 1: pass" and found.file == ""
    long = find_loop(f"def f(X):\n  while X: {'x' * 200}\n", "f")
    assert len(long.text) == loops.MOST_SHOWN
    assert "\x1b" not in find_loop("def f(X):\n  while '\x1b[0m': pass\n", "f").text


@pytest.mark.parametrize(
    "source",
    [
        "f = f\n",
        "f = 3\n",
        "from .sums import f\n",
        "from toy.sums import *\n",
        "def f(): return " + "a." * 900 + "b\n",
        "def f(): return " + "-" * 900 + "1\n",
        "def f(): return " + "(" * 5000 + "\n",
        "".join(f"if a:\n a{i} = a{i + 1}\nelse:\n a{i} = b{i}\n" for i in range(2000))
        + "def f(): return a0()\n",
        "".join(
            f"class A{i}(A{i + 1}, B{i}): pass\nclass B{i}(A{i + 1}, B{i + 1}): pass\n"
            for i in range(300)
        )
        + "def f(): return A0().g()\n",
        "# " + "x" * 200_000 + "\ndef f():\n while 1: pass\n",
    ],
    ids=range(10),
)
@pytest.mark.timeout(20)
def test_odd_files_are_read_in_reasonable_time(source):
    assert find_loop(source, "f", {}, FILE) is None


def test_the_growth_of_the_time_tells_where_the_text_does_not():
    sizes, product, loop = [500, 1000, 2000], [1.0, 2.0, 4.0], [9.0, 18.0, 36.0]

    def slow(*seconds):
        return not loops.grows_slowly(sizes, [list(seconds), product, loop])

    assert not slow(3.0, 6.0, 12.0)
    assert slow(3000.0, 6000.0, 12000.0)
    assert not slow(3000.0, 6000.0, 6001.0), "a disturbed measurement may hide a loop"
    # The limit: 100 products (0.002 a row) or 30 loops (0.018 a row), what is more.
    assert loops.slowness(sizes, [[0, 270.0, 810.0], product, loop]) == pytest.approx(1)
    fast_loop = [0.0, 1e-6, 2e-6]
    ratio = loops.slowness(sizes, [[0, 100.0, 300.0], product, fast_loop])
    assert ratio == pytest.approx(1)


@pytest.mark.parametrize("seconds", [[[1, 2, 3]] * 2, [[1, 2]] * 3, [[1, 2, float("nan")]] * 3])
def test_what_is_no_measurement_says_nothing(seconds):
    assert loops.slowness([1, 2, 3], seconds) != loops.slowness([1, 2, 3], seconds)
    assert loops.grows_slowly([1, 2, 3], seconds)
    still = [[1.0, 1.0]] * 3
    assert not loops.slowness([1, 2], still) > 1

"""Does each exercise run alone, and does nothing count but right values, whatever comes back?"""

import dataclasses
import json
import re
import resource
import sys
import time
from functools import partial

import numpy as np
import pytest
from grader_submissions import (
    COURSE,
    LINEAR,
    PROBLEMS,
    SANDBOX,
    SOFTMAX,
    SOLVED,
    STUBS,
    SVM,
    judge,
    judge_all,
    work,
)
from toy_course import copy_toy

from conftest import contents
from course import checks
from course.checks import build as build_checks
from course.checks import calling, frames
from course.checks.calling import Outcome
from course.edition import handed_out
from course.export.telling import BY_ITSELF, ToldExercise
from course.grader import verdict
from course.grader.examples import solved as solved_files
from course.grader.grade import grade
from course.grader.notebooks import rerun
from course.grader.settings import Settings
from course.grader.verdict import unseen
from course.grader.verdict.tree import (
    Work,
    sha256,
    student_edition,
    tell_changes,
    tree,
    write_tree,
)
from course.grader.verdict.unseen import read, unseen_problems
from course.record import Record


def changed(path, text, old=None):
    """Return the solved submission with text added to a file, or put in the place of `old`."""
    solved = SOLVED[path].decode()
    if old is None:
        return SOLVED | {path: f"{solved}\n{text}\n".encode()}
    assert solved.count(old) == 1
    return SOLVED | {path: solved.replace(old, text).encode()}


@pytest.fixture
def hurry(monkeypatch):
    """Hangs are the subject: two seconds for a call are enough. Return what ends the hurry."""
    monkeypatch.setattr(verdict, "SECONDS", 6.0)
    return monkeypatch.undo


# The tree


OWN = {
    "toy/helpers.py": b"mine",
    "toy/checks/deep.py": b"mine",
    "notebooks/plots.py": b"mine",
}
REFUSED = {
    "toy/__init__.py": b"forged",
    "toy/__INIT__.py": b"the same file on macOS",
    "toy/sums/x.py": b"beside a module of this name",
    "toy/helpers.py/x.py": b"helpers.py is a file",
    "toy/../../x.py": b"outside",
    "toy/.hidden/x.py": b"",
    "toy/a\\b.py": b"",
    "toy/a\u202eb.py": b"written from right to left",
    "toy/" + "x" * 300 + ".py": b"",
    "toy/" + "x/" * 600 + "x.py": b"",
    "toy/\ud800.py": b"",
    "/toy/x.py": b"",
    "numpy.py": b"beside the package",
    "sitecustomize.py": b"",
    "toy.py": b"",
    "toy/evil.pth": b"",
    "course/checks/__init__.py": b"forged",
    "course/checks/new.py": b"forged",
    "exercises/checks.npz": b"forged",
    "notebooks/figure.png": b"no folder of pictures",
    "notebooks/one.ipynb": b"for the re-execution alone",
}


@pytest.fixture(scope="module")
def solved(toy):
    return {name: (toy.root / name).read_bytes() for name in toy.exercise_files}


def test_our_files_take_the_place_of_a_students_and_own_ones_go_along(toy, solved):
    made = tree(Work.of(toy, solved | OWN | REFUSED))
    assert made == {**student_edition(toy), **solved, **OWN}


def test_pictures_of_ones_own_go_where_the_course_wants_them():
    own = {"notebooks/my figure.png": b"mine", "datasets/picture.png": b"mine"}
    refused = {"datasets/data_batch_1": b"", "cs231n/checks.png": b""}
    assert tree(work(SOLVED | own | refused)) == {**student_edition(COURSE), **SOLVED, **own}


def test_a_missing_exercise_file_stays_missing_and_stubs_are_the_student_editions():
    assert SVM not in tree(work({}))
    assert not set(SOLVED.values()) & set(tree(work({})).values()), "our solutions are in no tree"
    made = tree(work(SOLVED), stubs=[SVM, LINEAR])
    assert [made[name] for name in (SVM, SOFTMAX, LINEAR)] == [
        STUBS[SVM], SOLVED[SOFTMAX], STUBS[LINEAR],
    ]  # fmt: skip


def test_the_tree_is_written_for_everybody_to_read(toy, solved, tmp_path):
    handed_in = Work.of(toy, solved | {"toy/parts/deep.py": b"x = 1"})
    write_tree(handed_in, tmp_path / "tree")
    paths = [tmp_path / "tree", *(tmp_path / "tree").rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o755, 0o644}
    assert contents(tmp_path / "tree") == tree(handed_in)


# The edition that was handed out


def of_edition(toy, files, **handed_out):
    """Return the Work of somebody whose edition had these files of the package, and no others."""
    sums = {f"toy/{name}.py": sha256(text) for name, text in handed_out.items()}
    return Work(toy, Record(sums, {}), files)


def test_what_is_a_students_own_is_told_by_the_edition_that_was_handed_out(toy, solved):
    own = {"toy/__init__.py": b"mine: that edition had none"}
    assert tree(of_edition(toy, solved | own, sums=b""))["toy/__init__.py"].startswith(b"mine")
    assert tree(Work.of(toy, solved | own))["toy/__init__.py"] != own["toy/__init__.py"]


def test_a_file_that_we_have_no_more_goes_along_unless_it_was_changed(toy, solved):
    for text, kept in ((b"old", True), (b"old, and changed", False)):
        made = tree(of_edition(toy, solved | {"toy/plots.py": text}, plots=b"old"))
        assert ("toy/plots.py" in made) == kept


def test_work_is_read_as_its_edition_when_a_given_cell_is_corrected_later(tmp_path):
    course = copy_toy(tmp_path)
    handed_out.keep(course, handed_out.edition(course).record)
    earlier = Work.of(course, solved_files(course))
    path = course.root / "notebooks" / "one.ipynb"
    path.write_text(path.read_text().replace("print(sums.total", "print(+sums.total"))
    course = dataclasses.replace(course)  # another object: what was derived of it is not known yet
    later = Work.of(course, earlier.files)
    assert handed_out.edition(course).record.id != earlier.record.id
    assert later.record.id == earlier.record.id
    assert rerun.ours(later, "notebooks/one.ipynb") == rerun.ours(earlier, "notebooks/one.ipynb")
    settings = Settings(1, "", course.data_file.read_bytes(), False, False, root=str(course.root))
    assert grade(earlier.files, settings).result["edition"] == earlier.record.id


def test_given_files_that_were_changed_are_named(toy, solved):
    given = student_edition(toy)["toy/__init__.py"]
    for text, names in (
        (given, []),
        (given.replace(b"\n", b"\r\n"), []),
        (b"x", ["toy/__init__.py: it was changed; ours was used"]),
    ):
        assert tell_changes(Work.of(toy, solved | {"toy/__init__.py": text})) == names


# Each exercise alone


@pytest.mark.parametrize(
    ("harm", "told", "public"),
    [
        ("def", "SyntaxError: invalid syntax (softmax.py, line ", "SyntaxError (softmax.py, line "),
        ("raise ValueError(3)", "ValueError: 3 (softmax.py, line ", "ValueError (softmax.py, line"),
        ("import os; os._exit(0)", "ended the Python process while its file was imported", None),
        ("while True: pass", "did not finish in time while its file was imported", None),
    ],
)
def test_what_breaks_a_file_costs_its_exercises_only(hurry, harm, told, public):
    files = changed(SOFTMAX, harm)
    for name in ("softmax_loss_naive", "softmax_loss_vectorized"):
        entry = judge(name, files)
        assert (entry["points"], entry["status"], entry["lines"]) == (0, "broken", [])
        assert told in entry["message"] and (public or told) in entry["public"]
    hurry()
    for name in ("svm_loss_vectorized", "train"):
        assert judge(name, files)["correct"], name


def test_a_missing_file_costs_its_exercises_only():
    files = {SVM: SOLVED[SVM], LINEAR: SOLVED[LINEAR]}
    entry = judge("softmax_loss_naive", files)
    assert (entry["points"], entry["status"]) == (0, "broken")
    assert entry["message"] == entry["public"] == f"the submission has no file {SOFTMAX}"
    assert judge("train", files)["correct"] and judge("svm_loss_naive", files)["correct"]
    assert [entry["status"] for entry in judge_all({})] == ["broken"] * 6


def test_a_hang_costs_its_exercise_only(hurry):
    old = "    W, X, y = check_inputs(W, X, y)\n    ### BEGIN SOLUTION\n    N, C"
    files = changed(SVM, "    while True: pass\n" + old, old)
    began = time.monotonic()
    entry = judge("svm_loss_naive", files)
    assert time.monotonic() - began < 60
    line = files[SVM].decode().splitlines().index("    while True: pass") + 1
    told = f"it did not finish in time (linear_svm.py, line {line})"
    assert entry["points"] == 0 and entry["lines"][0]["public"] == told
    hurry()
    assert judge("svm_loss_vectorized", files)["correct"]


def test_a_solution_may_use_another_exercises_file():
    helper = "def penalty(W, reg):\n    return float(reg) * float(np.sum(W * W))\n"
    text = SOLVED[SOFTMAX].decode().replace("float(reg) * float(np.sum(W * W))", "penalty(W, reg)")
    text = f"from cs231n.classifiers.linear_svm import penalty\n{text}"
    files = changed(SVM, helper) | {SOFTMAX: text.encode()}
    assert judge("softmax_loss_vectorized", files)["correct"]
    files = {SOFTMAX: files[SOFTMAX], LINEAR: SOLVED[LINEAR]}
    entry = judge("softmax_loss_vectorized", files)
    assert entry["status"] == "broken" and "linear_svm" in entry["message"]


BROKEN = b"from nowhere import nothing\n"


@pytest.mark.parametrize(
    "others",
    [{LINEAR: BROKEN}, {LINEAR: BROKEN, SOFTMAX: BROKEN}, {LINEAR: b"def\n"}, {}],
    ids=["does not import", "neither imports", "syntax error", "missing"],
)
@pytest.mark.parametrize("helper", ["renamed", "in a module of its own"])
def test_what_becomes_of_helpers_and_of_other_files_costs_a_right_loss_nothing(others, helper):
    """The helper that was handed out is gone, which other files import if they come with it."""
    text = SOLVED[SVM].decode().replace("hinge_loss", "own_loss")
    files = {SVM: text.encode(), **others}
    if helper != "renamed":
        start = text.index("def own_loss")
        files[SVM] = (text[:start] + "from cs231n.mine import own_loss\n").encode()
        files["cs231n/mine.py"] = text.encode()
    assert judge("svm_loss_naive", files)["correct"]
    entry = judge("svm_loss_vectorized", files)
    # That helper is a part of this exercise: its point, and no other, is lost where it is gone.
    assert entry["correct"] and entry["points"] >= entry["possible"] - 1, entry


def test_a_broken_loss_costs_the_training_nothing():
    for broken in (BROKEN, b"def\n"):
        entries = [
            judge(name, {LINEAR: SOLVED[LINEAR], SVM: broken}) for name in ("train", "predict")
        ]
        assert [entry["correct"] for entry in entries] == [True, True], entries


def test_of_two_attempts_the_one_that_got_further_is_told():
    head = "import numpy as np\nfrom cs231n.classifiers.softmax import helper\n"
    text = head + "def svm_loss_naive(W, X, y, reg): raise helper()\n"
    files = {SVM: text.encode(), SOFTMAX: b"class helper(ValueError): pass\n"}
    assert judge("svm_loss_naive", files)["lines"][0]["detail"].startswith("helper (linear_svm.py,")
    text = """
def svm_loss_naive(W, X, y, reg):
    raise AttributeError("mine")

import cs231n.classifiers.softmax
"""
    files = {SVM: text.encode(), SOFTMAX: b"import os; os._exit(0)"}
    assert judge("svm_loss_naive", files)["lines"][0]["detail"].startswith("AttributeError: mine")
    # Neither gets anywhere: what is told is about the student's files, and none of ours.
    files = {SVM: b"from cs231n.classifiers.softmax import nothing\n", SOFTMAX: BROKEN}
    assert judge("svm_loss_naive", files)["message"] == (
        "ModuleNotFoundError: No module named 'nowhere' (softmax.py, line 1)"
    )


def test_a_solution_may_use_a_file_of_ones_own():
    mine = b"import numpy as np\n\ndef slow(X):\n    return [np.sum(x) for x in X]\n"
    vectorized = (
        "\n\ndef svm_loss_vectorized(*args):\n    mine.slow(args[1])\n    return hinge(*args)\n"
    )
    text = SOLVED[SVM].decode().replace("def svm_loss_vectorized", "def hinge")
    files = SOLVED | {SVM: f"from cs231n import mine\n{text}{vectorized}".encode()}
    files["cs231n/mine.py"] = mine
    entry = judge("svm_loss_vectorized", files)
    assert entry["correct"], entry
    assert entry["vectorized"] is False
    loop = "line 4 of mine.py runs again for each example: return [np.sum(x) for x in X]"
    assert entry["lines"][-1]["public"] == loop


def test_lines_of_ones_own_are_shown_without_signs_for_a_terminal():
    loop = 'for i in X: "\x1b[2J \u202e \\d"'
    lines = ["def svm_loss_vectorized(W, X, y, reg):", f"    {loop}", "    return 0.0, W"]
    text = "\r\n".join([*lines, "hinge_loss = None  # linear_classifier imports it"])
    entry = judge("svm_loss_vectorized", {SVM: b"\xef\xbb\xbf" + text.encode()})
    shown = loop.replace("\x1b", "\ufffd").replace("\u202e", "\ufffd")
    assert (
        entry["lines"][-1]["detail"]
        == f"line 2 of linear_svm.py runs again for each example: {shown}"
    )


def test_own_copies_of_given_files_count_for_nothing():
    forged = {
        "cs231n/classifiers/inputs.py": b"import os; os._exit(0)",
        "course/checks/child.py": b"raise SystemExit",
        "cs231n/__init__.py": b"raise ValueError",
    }
    assert judge("svm_loss_naive", SOLVED | forged)["correct"]


# Values only


HEAD = "import os, sys, struct, inspect, io, json, time\nimport numpy as np\n"
LIES = {
    "subclass": "class Lie(np.ndarray):\n    __eq__ = lambda *a: True\n"
    "    __abs__ = __le__ = __sub__ = lambda *a: np.zeros(1)\n"
    "def answer(W): return 0.0, np.zeros(W.shape).view(Lie)",
    "objects": "class Lie:\n    __eq__ = __le__ = lambda *a: True\n    __float__ = lambda s: 0.0\n"
    "def answer(W): return Lie(), np.full(W.shape, Lie(), dtype=object)",
    "array method": "class Lie:\n    def __array__(self, *a, **k): os._exit(0)\n"
    "def answer(W): return Lie(), W",
    "each time another": "class Lie:\n    n, shape, ndim = 0, (6, 10), 2\n"
    "    def __array__(self, dtype=None, copy=None):\n"
    "        Lie.n += 1; return np.full((6, 10), float(Lie.n))\n"
    "def answer(W): return 1.0, Lie()",
    "by turns": "class Pair(tuple):\n    __len__ = lambda s: 2\n"
    "    __iter__ = lambda s: iter((0.0, np.zeros(1)))\n"
    "class Number(float): __eq__ = __le__ = __lt__ = __gt__ = __ge__ = lambda *a: True\n"
    "class Lie: __reduce__ = lambda s: (eval, ('os._exit(0)',))\nn = 0\n"
    "def answer(W):\n    global n; n += 1\n    return [Pair(), (Number(0), W), Lie(), None,\n"
    "        (10**400, W), (1.0, memoryview(W)), (1.0, np.ma.masked_all(W.shape)),\n"
    "        (1.0, np.zeros((0, 10**12))), (1.0, np.full(W.shape, Lie())),\n"
    "        (np.array([[1.0]]), W)][n % 10]",
    "pickle": "import pickle\ndef answer(W): return pickle.dumps(print), W",
    "generator": "def answer(W): yield from (0.0, W)",
    "gigabytes": "def answer(W): return 0.0, np.lib.stride_tricks.as_strided(W, (1 << 33,), (0,))",
    "wide": "def answer(W): return np.zeros(1 << 40, dtype='V0'), W",
    "nan": "def answer(W): return np.nan, np.full(W.shape, np.nan)",
    "infinite": "def answer(W): return np.inf, np.full(W.shape, -np.inf)",
    "largest": "def answer(W): return 1.7e308, np.full(W.shape, -1.7e308)",
    "minus zero": "def answer(W): return -0.0, np.full(W.shape, -0.0)",
    "booleans": "def answer(W): return True, W > 0",
    "small integers": "def answer(W): return np.uint8(255), W.astype(np.uint8)",
    "half": "def answer(W): return np.float16(1), W.astype(np.float16)",
    "long double": "def answer(W): return np.longdouble('1e4000'), W.astype(np.longdouble)",
    "complex": "def answer(W): return 1j, W + 1j",
    "records": "def answer(W): return 0.0, np.zeros(W.shape, dtype=[('a', float), ('b', 'U9')])",
    "text": "def answer(W): return '0', W.astype('U9')",
    "dates": "def answer(W): return 0.0, W.astype('M8[s]')",
    "other shape": "def answer(W): return W.ravel(), W.ravel()",
    "one more axis": "n = 0\ndef answer(W):\n    global n; n += 1\n"
    "    return 0.0, W.reshape(W.shape if n % 2 else (-1, 1))",
    "long names": "Lie = type('x' * 100000, (), {})\ndef answer(W): return Lie(), Lie()",
    "names that are none": "class Meta(type):\n    __name__ = property(lambda cls: b'x')\n"
    "class Lie(metaclass=Meta): pass\ndef answer(W): return Lie(), W",
    "names for terminals": "Lie = type('\\x1b[2J\\u202e<script>', (), {})\n"
    "def answer(W): return Lie()",
    "exception without text": "class Lie(Exception):\n    def __str__(self): raise self\n"
    "def answer(W): raise Lie",
    "syntax error of one's own": "def answer(W): raise SyntaxError('x', (5, 'a', [], {}))",
    "exit in another thread": "import threading\n"
    "def answer(W): threading.Timer(0.001, os._exit, [0]).start(); time.sleep(9)",
    "stopped": "import signal\ndef answer(W): os.kill(os.getpid(), signal.SIGSTOP)",
    "closed": "def answer(W): os.closerange(0, 99)",
}


def liar(code, exercise="svm_loss_naive"):
    body = f"\n\ndef {exercise}(W, X, y, reg):\n    return answer(W)\n"
    return SOLVED | {SVM: (SOLVED[SVM].decode() + "\n" + HEAD + code + body).encode()}


@pytest.mark.parametrize(
    "lie", [pytest.param(lie, marks=[pytest.mark.slow] * (lie == "stopped")) for lie in LIES]
)
def test_lying_objects_earn_nothing(hurry, lie):
    files = liar(LIES[lie])
    entry = judge("svm_loss_naive", files)
    assert entry["points"] == 0 and entry["status"] in ("failed", "broken"), entry
    text = json.dumps(entry, allow_nan=False, ensure_ascii=False)
    text.encode()  # no lone surrogates
    assert "\\u001b" not in text and "\u202e" not in text and "x" * 1000 not in text
    assert not entry["misconceptions"], entry


FRAMES = r"""
def frame(meta, **arrays):
    text = meta if isinstance(meta, bytes) else json.dumps(meta).encode()
    file = io.BytesIO()
    np.savez(file, meta=np.frombuffer(text, dtype=np.uint8), **arrays)
    send(file.getvalue())

def channel():
    "The descriptor over which the child sends its frames: a local variable of its main()."
    return [one.frame.f_locals["channel"] for one in inspect.stack(0) if one.function == "main"][0]

def send(content):
    os.write(channel(), struct.pack(">Q", len(content)) + content)

def value(index, **more):
    return {"event": "value", "index": index, "changed": [], "type": "tuple",
            "loss_type": "float", "dW_type": "ndarray"} | more

n = -1
def answer(W):
    global n
    n += 1
    forge(W)
    return 0.0, np.zeros(W.shape)
"""
FORGERIES = {  # what is no frame at all, or none that can be read: tests/attacks/frames.py
    "in place of ours": "frame(value(n), loss=0.0, dW=W)",
    "for all at once": "[frame(value(i), loss=0.0, dW=W) for i in range(40)]",
    "twice": "frame(value(n), loss=0.0, dW=W); frame(value(n), loss=1.0, dW=W)",
    "for no problem": "frame(value(1 << 70), loss=0.0, dW=W)",
    "ready again": "frame({'event': 'ready'})",
    "import": "frame({'event': 'import', 'error': 'E', 'message': '', 'file': '', 'line': 0,"
    " 'missing': False})",
    "meta says little": "frame({'event': 'value', 'index': n}, loss=0.0, dW=W)",
    "changed is anything": "frame(value(n, changed=['<script>', [], 'Z']), loss=0.0, dW=W)",
    "a line that is none": "frame({'event': 'raises', 'index': n, 'error': 'E', 'message': 'm',"
    " 'file': 'f', 'line': float('nan'), 'missing': False})",
    "further keys": "frame(value(n, points=15, correct=True), loss=0.0, dW=W)",
    "further arrays": "frame(value(n), loss=0.0, dW=W, points=15.0)",
    "an endless frame": "os.write(channel(), b'\\0\\0\\0\\0\\0\\x01' + bytes(1 << 20))",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_frames_earn_nothing(hurry, forgery):
    files = liar(f"{FRAMES}\ndef forge(W):\n    {FORGERIES[forgery]}\n")
    entry = judge("svm_loss_naive", files)
    assert entry["points"] == 0 and entry["status"] == "failed", entry
    text = json.dumps(entry, allow_nan=False)
    assert "script" not in text
    assert not re.search("OSError|NameError|StopIteration", text), "the forger himself failed"


def test_a_frame_that_is_complete_is_all_there_is(hurry):
    """Right values earn points, however they reach the pipe: that is no secret to be kept."""
    code = f"{FRAMES}\ndef forge(W): pass\n".replace("answer(W)", "answer(*args)", 1)
    body = """

def svm_loss_naive(W, X, y, reg):
    global n
    n += 1
    loss, dW = svm_loss_vectorized(W, X, y, reg)
    frame(value(n), loss=loss, dW=dW)
    time.sleep(60)
"""
    files = SOLVED | {SVM: (SOLVED[SVM].decode() + HEAD + code + body).encode()}
    entry = judge("svm_loss_naive", files)
    assert entry["points"] == 0, "its second frame was late: the first answered one problem only"


def test_a_file_named_by_an_exception_is_not_parsed():
    """Python's parser takes 0.5 GB for 40 kB of such a file, here in the process that judges."""
    raises = "def svm_loss_naive(W, X, y, reg):\n    raise NotImplementedError"
    code = "import os\nplace = os.path.join(os.path.dirname(__file__), '..', 'long.py')\n"
    code += f"exec(compile({raises!r}, os.path.normpath(place), 'exec'))\n"
    long = b"import " + b"a." * 20_000 + b"a\n"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    entry = judge("svm_loss_naive", SOLVED | {SVM: code.encode(), "cs231n/long.py": long})
    assert (entry["status"], entry["message"]) == ("not implemented", "long.py, line 2")
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert used < 200_000, "kB: five hundred thousand if it is parsed, nearly none if not"


OWN_TRAIN = """
class LinearClassifier(LinearClassifier):
    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=0):
        if self.W is None:
            self.W = 0.001 * np.random.randn(X.shape[1], int(y.max()) + 1)
        losses = []
        for _ in range(num_iters):
            rows = {rows}
            loss, dW = self.loss(X[rows], y[rows], reg)
            losses.append(loss)
            self.W = self.W - learning_rate * dW
        return losses
"""


@pytest.mark.parametrize(
    "rows",
    [
        "(np.random.randint(len(X)) + np.arange(batch_size)) % len(X)",
        "np.full(batch_size, np.random.randint(len(X)))",
    ],
    ids=["consecutive", "one row"],
)
def test_batches_that_are_not_random_cost_their_points(rows):
    code = SOLVED[LINEAR].decode() + OWN_TRAIN.format(rows=rows)
    entry = judge("train", SOLVED | {LINEAR: code.encode()})
    assert entry["misconceptions"].keys() == {"not-random"}
    lost = {one["name"] for one in entry["parts"] if not one["points"]}
    assert lost == {"batches"} and entry["points"] < entry["possible"]


FORGETFUL = """
import json, sys

def overwrites(W, X, y, reg, right=svm_loss_naive, dumps=json.dumps):
    loss, dW = right(W, X, y, reg)
    W[...] = X[...] = 0
    faked = {"changed": [], "loss_type": "float", "dW_type": "ndarray", "type": "tuple"}
    json.dumps = lambda value, **more: dumps(value | faked if "event" in value else value, **more)
    return loss, dW

svm_loss_naive = overwrites
"""


def test_inputs_that_are_overwritten_cost_points_whatever_the_process_says():
    entry = judge("svm_loss_naive", SOLVED | {SVM: SOLVED[SVM] + FORGETFUL.encode()})
    failed = [line["title"] for line in entry["lines"] if line["ok"] is False]
    assert failed == ["inputs left unchanged"]
    assert [one["name"] for one in entry["parts"] if not one["points"]] == ["shapes and types"]


def test_what_the_students_process_tells_is_marked():
    found = {name: judge(name, SOLVED) for name in ("svm_loss_vectorized", "train")}
    told = [line["title"] for entry in found.values() for line in entry["lines"] if line["told"]]
    assert told == ["returns a number and an array", "vectorized", "inputs left unchanged"]
    for entry in found.values():
        text = " ".join(ToldExercise(entry, {}).text)
        assert text.count(BY_ITSELF) == sum(line["told"] for line in entry["lines"])


DIFFERENCES = """
def value(W, X, y, reg):
    scores = X @ W
    over = np.maximum(0, scores - scores[np.arange(len(y)), y][:, None] + 1)
    return over.sum() / len(y) - 1 + (reg * np.sum(W * W) if reg else 0)

def differences(W, X, y, reg):
    W, dW = W.astype(float), np.zeros(W.shape)
    base = value(W, X, y, 0)
    for place in np.ndindex(*W.shape):
        kept, W[place] = W[place], W[place] + 1e-7
        dW[place] = (value(W, X, y, 0) - base) / 1e-7
        W[place] = kept
    return value(W, X, y, reg), dW + 2 * reg * W

svm_loss_naive = svm_loss_vectorized = differences
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["svm_loss_naive", "svm_loss_vectorized"])
def test_finite_differences_are_too_slow_where_there_are_many_features(monkeypatch, name):
    monkeypatch.setattr(verdict, "SECONDS", 9.0)
    entry = judge(name, SOLVED | {SVM: SOLVED[SVM] + DIFFERENCES.encode()})
    lines = {line["title"]: line["detail"] for line in entry["lines"] if line["ok"] is False}
    assert "did not finish in time" in lines["gradient"] and "D = 9600" in lines["gradient"]
    lost = {one["name"] for one in entry["parts"] if not one["points"]}
    assert lost >= ({"gradient", "speed"} if name == "svm_loss_vectorized" else {"gradient"})
    assert entry["limit"]  # a person should look


TRAIN_LIES = {
    "W of another shape": "self.W = np.zeros((2, 2)); [self.loss(X[:5], y[:5], reg)] * num_iters",
    "one call": "self.loss(X[:batch_size], y[:batch_size], reg)",
    "scalars": "self.loss(3, 4, reg)",
    "cubes": "self.loss(X[None], y, reg)",
    "no reg": "self.loss(X[:5], y[:5], None)",
    "shapes that differ": "self.loss(X[:5], y[:3], reg); self.loss(X[:0], y[:0], reg)",
    "NaN": "self.W = X * np.nan; self.loss(X[:5] * np.nan, y[:5] * np.nan, np.nan)",
    "caught": "try: self.loss(X[:5], y[:5], [])\n        except TypeError: pass",
    "from the stack": "frame = sys._getframe(1); found = frame.f_locals['problem']\n"
    "        self.W = np.zeros(found['dW'][0].shape)\n"
    "        self.loss(X[:batch_size], y[:batch_size], reg)\n"
    "        self.W = self.W - learning_rate * found['dW'][0]\n"
    "        return list(found['losses'])",
}


@pytest.mark.parametrize("lie", TRAIN_LIES)
def test_trainings_that_are_none_earn_nothing(lie):
    code = f"""
import sys
class LinearClassifier(LinearClassifier):
    def train(self, X, y, learning_rate=1, reg=1, num_iters=1, batch_size=1, verbose=False):
        {TRAIN_LIES[lie]}
        return [1.0] * num_iters
"""
    entry = judge("train", changed(LINEAR, code))
    assert entry["points"] == 0 and entry["status"] == "failed", entry
    json.dumps(entry, allow_nan=False)


FORGED_RECORDS = {
    "nothing": {},
    "texts": {"calls": np.array("x")},
    "negative": {"sizes": -np.ones((3, 2))},
    "NaN": {"sizes": np.full((3, 2), np.nan), "calls": np.array(np.nan)},
    "too many calls": {"calls": np.array(1e9)},
    "vectors for scalars": {"calls": np.arange(3.0)},
    "too few rows": {"X": np.zeros(3)},
    "labels": {"y_sizes": np.full(3, 1e5), "y": np.zeros(2)},
    "W": {"W": np.zeros((9, 4, 3)), "between": np.zeros(7)},
    "no W": {"W": np.array(1.0)},
    "infinite": {"W": np.full((3, 4, 3), np.inf), "reg": np.full(3, -np.inf)},
}


@pytest.mark.parametrize("record", FORGED_RECORDS)
def test_a_forged_record_of_a_training_is_judged_without_harm(record):
    known = read(PROBLEMS)
    exercise = COURSE.exercises["train"]
    returns = COURSE.kind(exercise.kind).call.RETURNS["train"]
    D = known.sets["train"].problems["plain"]["X"].shape[1]
    values = {
        "sizes": np.tile([5.0, D], (3, 1)),
        "X": np.zeros(15 * D),
        "y": np.zeros(15),
        "y_sizes": np.full(3, 5.0),
        "reg": np.zeros(3),
        "between": np.zeros((D, 3)),
        "calls": np.array(3.0),
    }
    meta = {"event": "value", "changed": [], "type": "list", "float_labels": False}
    try:
        told = frames.told_of_value(returns, meta, values | FORGED_RECORDS[record])
    except ValueError:
        return  # calling.py takes it for a crash
    by_name = {name: Outcome("value", *told) for name in known.sets["train"].problems}
    report = checks.judge(COURSE, exercise, known, calling.Outcomes(by_name), {})
    assert not report.passed and str(report)


def test_no_value_and_no_meta_end_the_grading():
    """Judge random nonsense that has the form of an answer: judging must not raise."""
    rng = np.random.default_rng(0)
    known, numbers = read(PROBLEMS), (0.0, -0.0, 1.0, 9.0, -1e308, 1e308, np.nan, np.inf)
    for name in ["svm_loss_naive", "predict", "train"] * 40:
        exercise = COURSE.exercises[name]
        returns = COURSE.kind(exercise.kind).call.RETURNS[exercise.kind]
        forms = {form.removesuffix("?"): kind for form, kind in returns["meta"].items()}
        some = {str: "ndarray", bool: True}
        by_name = {}
        for problem in known.sets[exercise.problems].problems:
            shapes = [rng.integers(0, 4, rng.integers(0, 4)) for _ in returns["arrays"]]
            arrays = {
                key.removesuffix("?"): rng.choice(numbers, shapes.pop())
                for key in returns["arrays"]
            }
            meta = {
                key: kind[:1] if isinstance(kind, list) else some[kind]
                for key, kind in forms.items()
            }
            by_name[problem] = Outcome("value", *frames.told_of_value(returns, meta, arrays))
        report = checks.judge(COURSE, exercise, known, calling.Outcomes(by_name), {})
        assert not report.passed and str(report)


def test_a_mistake_of_the_judge_does_not_end_the_run(monkeypatch):
    monkeypatch.setattr(checks, "judge", lambda *arguments: 1 / 0)
    entry = judge("predict", SOLVED)
    assert (entry["points"], entry["status"]) == (0, "broken")
    assert (
        entry["public"]
        == entry["message"]
        == "what came back could not be judged (ZeroDivisionError)"
    )


# What students are told


def test_the_public_texts_quote_nothing_that_code_can_choose():
    code = "def answer(W): raise ValueError(f'secret {W[0, 0]}')"
    entry = judge("svm_loss_naive", liar(code))
    assert "secret" in entry["lines"][0]["detail"]
    line = liar(code)[SVM].decode().splitlines().index(code) + 1
    assert entry["lines"][0]["public"] == f"ValueError (linear_svm.py, line {line})"
    for code in (
        "def answer(W): raise type(f'Secret{W[0, 0]}', (Exception,), {})",
        "def answer(W): return type(f'Secret{W[0, 0]}', (), {})()",
        "def answer(W): return 7654321.0, W",
        "def answer(W):\n    code = compile('1 / 0', '/submission/1/cs231n/secret.py', 'exec')\n"
        "    exec(code)",
    ):
        entry = judge("svm_loss_naive", liar(code))
        public = json.dumps([entry["public"], [line["public"] for line in entry["lines"]]])
        assert entry["points"] == 0
        assert "ecret" not in public and "7.65" not in public and " instead of" not in public
    raises = "exec(compile(299_999 * chr(10) + '1 / 0', __file__, 'exec'))"
    entry = judge("svm_loss_naive", liar(f"def answer(W): {raises}"))
    assert "linear_svm.py, line 300000)" in entry["lines"][0]["detail"]
    assert entry["lines"][0]["public"] == "ZeroDivisionError"
    entry = judge("svm_loss_naive", liar("def answer(W): return None"))
    told = {line["title"]: line["public"] for line in entry["lines"]}
    assert told["returns a number and an array"] == "NoneType instead of the pair loss, dW"


SECOND = """
def answer(W, X, y, reg, right=svm_loss_naive, before=[]):
    given = [W.tobytes(), X.tobytes(), y.tobytes(), reg]
    again, before[:] = before == given, given
    return (7654321.0 + W[0, 0] if again else right(W, X, y, reg)[0]), right(W, X, y, reg)[1]

svm_loss_naive = answer
"""
COUNTED = """
def pipes():  # a library of newer systems has a file of its own open, for reading
    links = ((n, f"/proc/self/fd/{{n}}") for n in range(3, 9))
    return [n for n, link in links if os.path.lexists(link) and "pipe" in os.readlink(link)]

def answer(W, X, y, reg, right=svm_loss_vectorized):
    words = "Timeout (0:00:01)!\\nThread 0x0\\n  File "
    words += f'"{{os.path.dirname(__file__)}}/secret 1.25", line 1 in f\\n'
    if sys.gettrace():
        {}
    return right(W, X, y, reg)

svm_loss_vectorized = answer
{}
"""


def test_no_number_or_word_that_code_can_choose_is_told_of_other_lines():
    def line(name, code, title):
        entry = judge(name, SOLVED | {SVM: SOLVED[SVM] + b"\nimport os, sys\n" + code.encode()})
        [found] = (one for one in entry["lines"] if one["title"] == title)
        return found["detail"], found["public"]

    detail, public = line("svm_loss_naive", SECOND, "inputs left unchanged")
    assert "7.65432e+06 instead of" in detail
    assert public == "a second call with the same arrays is wrong"
    for what, more, seen, told in (
        ("exec(compile(7653 * chr(10) + 'for one in y: one', __file__, 'exec'))", 8000 * "\r",
         "line 7654", ""),
        ("[os.write(n, words.encode()) for n in pipes()]; os._exit(0)", "",
         "secret 1.25, line 1", "it did not finish in time"),
    ):  # fmt: skip
        detail, public = line("svm_loss_vectorized", COUNTED.format(what, more), "vectorized")
        assert seen in detail and public == told


# What is no matter of the submission


def test_a_process_that_does_not_start_is_no_verdict(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(calling.NotStarted, match="did not start: no word"):
        judge("predict", SOLVED)
    command = ["/bin/sh", "-c", "echo no more processes; exit 1", "sh"]
    start = partial(calling.started, command=command)
    target = calling.Target.of(COURSE, COURSE.exercises["svm_loss_naive"], "/")
    with pytest.raises(calling.NotStarted, match="did not start: no more processes"):
        calling.call(target, {"p": {"W": np.zeros(1)}}, {"p": "loss"}, start=start)


def test_unseen_problems_are_built_once_and_again_if_damaged(toy, tmp_path, monkeypatch):
    built, build = [], build_checks.build

    def counted(course, seed):
        built.append(seed)
        return build(course, seed)

    monkeypatch.setattr(build_checks, "build", counted)
    content = unseen_problems(toy, 7, tmp_path / "new")
    assert unseen_problems(toy, 7, tmp_path / "new") == content and built == [7]
    (path,) = (tmp_path / "new").iterdir()
    for damaged in (b"", content[:1000], content[:-1000], content.replace(b"totals", b"tootls", 1)):
        path.write_bytes(damaged)
        assert unseen_problems(toy, 7, tmp_path / "new") == content
        assert path.read_bytes() == content
    assert built == [7] * 5
    monkeypatch.setattr(unseen, "sources_hash", lambda course: "changed")
    assert unseen_problems(toy, 7, tmp_path / "new") == content and built == [7] * 6
    assert unseen_problems(toy, 8, tmp_path / "new") != content
    with pytest.raises(ValueError, match="231 gives the problems that students have"):
        unseen_problems(toy, build_checks.SEED, tmp_path)


# In the sandbox


@pytest.mark.skipif(not SANDBOX, reason="bubblewrap is not installed")
def test_two_gradings_in_the_sandbox_and_one_outside_give_the_same():
    code = "def answer(W): raise ValueError(open(__file__).read(20), os.listdir('/home'))"
    files = liar(code) | {"cs231n/mine.py": b"x = 1"}
    first, second = (judge_all(files, sandbox=True) for _ in range(2))
    assert json.dumps(first) == json.dumps(second)
    assert [entry["points"] for entry in first] == [0, 15, 10, 5, 15, 10]
    assert "[]" in first[0]["lines"][0]["detail"], "the home folder is empty"
    outside = judge_all(SOLVED)
    assert json.dumps(first[1:]) == json.dumps(outside[1:])

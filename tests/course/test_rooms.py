"""Does each room keep to itself: what it speaks of, what it imports, how large it is?"""

import ast
import re
import subprocess
import sys
import tomllib

import pytest

from conftest import ROOT
from course import definition
from course.edition.derive import derive

ROOMS = "cs231n", "course", "exercises", "benchmarks", "tests", "scenes"
# Libraries by the name of what is imported, where that is not the name of the package.
PACKAGES = {
    "dateutil": "python-dateutil",
    "yaml": "pyyaml",
    "PIL": "pillow",
    "zmq": "pyzmq",
    "distributed": "dask",
    "IPython": "ipython",
}
NEEDED_UNSEEN = {"cryptography"}  # by Dask, for the keys that it is asked to make


@pytest.fixture(scope="module")
def edition():
    """The student edition: {name: bytes}."""
    return derive(definition.load()).files


@pytest.fixture(scope="module")
def solved():
    """All files of the rooms in the solved tree: {name: bytes}."""
    rooms = ("cs231n", "course", "exercises")
    paths = [path for room in rooms for path in (ROOT / room).rglob("*") if path.is_file()]
    paths = [path for path in paths if "__pycache__" not in path.parts]
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(params=["solved", "edition"])
def tree(request):
    return request.getfixturevalue(request.param)


def of(tree, room, ending=".py"):
    return {n: c for n, c in tree.items() if n.startswith(f"{room}/") and n.endswith(ending)}


def imported(content):
    """Return the modules that a source imports, also in functions; those beside it are its own."""
    names = set()
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def rooms_of(content):
    return {name.split(".")[0] for name in imported(content)} & set(ROOMS)


# The subject


def test_the_subject_imports_nothing_of_ours(tree):
    assert of(tree, "cs231n")
    for name, content in of(tree, "cs231n").items():
        assert rooms_of(content) <= {"cs231n"}, name


def test_the_subject_is_small_enough_to_be_read(tree):
    files = of(tree, "cs231n", "")
    lines = sum(content.count(b"\n") for content in files.values())
    assert len(files) <= 15 and lines <= 1400


# The declaration


def test_the_declaration_imports_the_engine_and_draws_from_the_subject(tree):
    assert of(tree, "exercises")
    for name, content in of(tree, "exercises").items():
        instructors_side = name.endswith(("/problems.py", "/evidence.py"))
        allowed = {"course", "exercises"} | ({"cs231n"} if instructors_side else set())
        assert rooms_of(content) <= allowed, name
        ours = {one for one in imported(content) if one.startswith("course")}
        assert all(one.startswith("course.checks") or one == "course" for one in ours), name


def test_what_runs_beside_a_students_code_imports_nothing_of_ours(tree):
    calls = [content for name, content in of(tree, "exercises", "call.py").items()]
    assert calls and not any(map(rooms_of, calls))


def test_nobody_else_lists_exercises_or_notebooks(solved, course):
    """What is asked is told to the engine, so that a course can change without it."""
    files = of(solved, "course", "") | {
        name: (ROOT / name).read_bytes() for name in ("Makefile", "conftest.py", "pyproject.toml")
    }
    words = course.exercises.keys() | course.notebooks.keys()
    words -= {"train", "predict"}  # which are words of any course on learning
    for word in words:
        for name, content in files.items():
            assert not re.search(rf"\b{word}\b".encode(), content), f"{name} speaks of {word}"


# The engine


def test_the_engine_knows_nothing_of_the_subject(tree):
    for name, content in of(tree, "course", "").items():
        text = f"{name}\n{content.decode('utf-8', 'replace')}"
        assert not re.search("cs231n|svm|softmax|cifar|hinge", text, re.IGNORECASE), name


def test_the_engine_imports_no_other_room(tree):
    assert of(tree, "course")
    for name, content in of(tree, "course").items():
        assert rooms_of(content) <= {"course"}, name


def test_the_students_engine_imports_what_students_have(edition):
    for name, content in of(edition, "course").items():
        for module in imported(content):
            path = module.replace(".", "/")
            if module.startswith("course.") and (ROOT / f"{path}.py").exists():
                assert f"{path}.py" in edition, f"{name} imports {module}"
            elif (ROOT / path).is_dir() and module.startswith("course."):
                assert any(one.startswith(f"{path}/") for one in edition), f"{name}: {module}"


def test_the_folder_of_the_repository_is_found_in_one_place(solved):
    """Wherever else a file counts its parents, it breaks when it is moved."""
    for room in ("course", "exercises"):
        for name, content in of(solved, room).items():
            found = b"parents[" in content
            # The former defines it; the latter is started as a script, before it can be imported.
            own = name in ("course/__init__.py", "course/grader/intake/examine.py")
            assert not found or own, name


def required(name):
    """Return the packages that a file of requirements names."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {re.match(r"[\w-]+", line)[0].lower() for line in lines if re.match(r"\w", line)}


def test_every_library_is_required_and_nothing_else(solved):
    ours = {*ROOMS, "usage"}  # a file beside the sandbox's guard, which runs alone
    tops = {
        name.split(".")[0]
        for content in of(solved, "course").values()
        for name in imported(content)
    }
    libraries = {PACKAGES.get(top, top) for top in tops - ours - sys.stdlib_module_names}
    students, instructors = required("requirements.txt"), required("course/requirements.txt")
    assert libraries - students - instructors == set()
    assert instructors - libraries == NEEDED_UNSEEN
    assert not students & instructors


def test_the_project_asks_for_what_students_need():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if "project" in project:
        dynamic = project["tool"]["setuptools"]["dynamic"]
        assert dynamic["dependencies"]["file"] == ["requirements.txt"]


def test_whoever_reads_notebooks_does_not_wait_for_a_grammar_of_addresses():
    """By what is loaded, as times vary: lark builds that grammar for 1.6 s of CPU."""
    code = "import sys, course, nbformat; print('lark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr

"""Is the data file what `make checks` builds, and is what is wrong refused? On the toy course."""

import os
import subprocess
import sys

import numpy as np
import pytest

from course import checks, definition
from course.checks import build, data
from course.checks.catalogue import Catalogue, Variant


def change(tree, file, old, new):
    """Put `new` in place of `old`, which stands there once, in a file of the kind."""
    path = tree / "exercises" / "number" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def run_build(tree, *arguments):
    command = [sys.executable, "-m", "course.checks.build", *arguments]
    environment = {**os.environ, "PYTHONPATH": ""}
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, env=environment)


def test_what_is_built_is_read_again(toy, tmp_path):
    built = build.build(toy)
    for name in ("once.npz", "again.npz"):
        build.write(tmp_path / name, built)
    once, again = ((tmp_path / name).read_bytes() for name in ("once.npz", "again.npz"))
    assert once == again == toy.data_file.read_bytes(), "the same numbers must give the same bytes"
    read = data.load(tmp_path / "once.npz")
    assert read.explanations == built.explanations and read.notes == built.notes
    for name, one in built.sets.items():
        assert read.sets[name].facts == one.facts
        for part in ("problems", "expected"):
            found, made = getattr(read.sets[name], part), getattr(one, part)
            assert {p: list(values) for p, values in found.items()} == {
                p: list(values) for p, values in made.items()
            }
            for problem, values in made.items():
                for key, array in values.items():
                    assert np.array_equal(found[problem][key], array)


def test_equal_arrays_are_stored_once_and_types_are_kept():
    one = {"x": np.arange(3), "y": np.arange(3)}
    other = {"x": np.arange(3), "y": np.arange(3.0)}
    known = data.CheckData({"set": data.ProblemSet({"a": one, "b": other}, {})}, {}, frozenset())
    stored = data.to_arrays(known)
    assert set(stored) == {"text", "set/a/x", "set/a/y", "set/b/y"}
    assert stored["set/b/y"].dtype == np.float64


def test_another_seed_gives_other_numbers_that_the_same_code_reads(toy, tmp_path):
    other = tmp_path / "other.npz"
    build.write(other, build.build(toy, seed=7))
    mine, others = (checks.load(path).sets["totals"] for path in (toy.data_file, other))
    assert not np.array_equal(
        mine.problems["three"]["numbers"], others.problems["three"]["numbers"]
    )
    assert checks.run("total", root=toy.root, data=other).passed


def test_a_file_of_something_else_is_refused(toy, tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, W=np.zeros(3))
    with pytest.raises(ValueError, match=r"other\.npz is not a data file of the checks"):
        checks.run("total", root=toy.root, data=path)
    path.write_bytes(b"no archive")
    with pytest.raises(ValueError, match=r"other\.npz is not a data file of the checks"):
        data.load(path)
    with pytest.raises(FileNotFoundError):
        checks.run("total", root=toy.root, data=tmp_path / "missing.npz")


def test_the_answers_of_a_judge_stay_outside(toy, monkeypatch):
    judge, exercise = toy.kind("number").judge, toy.exercises["total"]
    known = checks.load(toy.data_file)
    assert list(checks.problems_of(toy, exercise, known)[0]["three"]) == ["numbers"]
    monkeypatch.setattr(judge, "ANSWERS", ("numbers",), raising=False)
    assert checks.problems_of(toy, exercise, known)[0] == {"three": {}, "none": {}}


# The command


def test_the_command_writes_the_file(tree):
    before = (tree / "exercises" / "checks.npz").read_bytes()
    (tree / "exercises" / "checks.npz").unlink()
    assert run_build(tree).returncode == 0
    assert (tree / "exercises" / "checks.npz").read_bytes() == before


# Names that code and data share


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "judge.py",
            'Misconception("always-zero")',
            'Misconception("always-ziro")',
            "line 8: there is no misconception 'always-ziro'; did you mean 'always-zero'?",
        ),
        (
            "judge.py",
            "    known, lines = ",
            '    if Misconception("nothing-like-it") in outcomes: pass\n    known, lines = ',
            "line 12: there is no misconception 'nothing-like-it'; known: ['always-zero']",
        ),
        (
            "judge.py",
            'Problem("three")',
            'Problem("thre")',
            "judge.py, line 7: there is no problem 'thre'; did you mean 'three'?",
        ),
        (
            "problems.py",
            "def build(",
            'from course.checks.names import Problem\nNINE = [Problem("nine")]\n\ndef build(',
            "problems.py, line 11: there is no problem 'nine'; did you mean 'none'?",
        ),
        (
            "problems.py",
            '"three": {',
            '"four": {',
            "judge.py, line 7: there is no problem 'three'; known: ['four', 'none']",
        ),
        (
            "judge.py",
            'Problem("three")',
            "Problem(3 * 'three')",
            "judge.py, line 7: write the name out in Problem(...), so it can be checked",
        ),
    ],
)
def test_a_misspelt_name_is_refused_when_checks_are_built(tree, file, old, new, told):
    change(tree, file, old, new)
    with pytest.raises(definition.DefinitionError) as error:
        build.build(definition.load(tree))
    assert str(error.value).startswith("exercises/number/") and told in str(error.value)


def test_the_command_tells_of_a_misspelt_name_and_writes_nothing(tree):
    change(tree, "judge.py", '"always-zero"', '"always-ziro"')
    before = (tree / "exercises" / "checks.npz").read_bytes()
    done = run_build(tree)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert done.stderr.startswith("exercises/number/judge.py, line 8: there is no misconception")
    assert "nothing was written" in done.stderr
    assert (tree / "exercises" / "checks.npz").read_bytes() == before


def test_a_misspelt_exercise_of_a_misconception_is_refused(tree):
    path = tree / "exercises" / "misconceptions.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('["total"', '["totl"'))
    with pytest.raises(definition.DefinitionError, match=r"\[always-zero\].*no exercise 'totl'"):
        build.build(definition.load(tree))
    path.write_text(path.read_text(encoding="utf-8").replace(', "result = 0.0"', ""))
    with pytest.raises(definition.DefinitionError, match="pairs of old and new text"):
        Catalogue(definition.load(tree))


# The catalogue


def test_a_variant_is_planted_in_its_exercise_only(toy):
    catalogue = Catalogue(toy)
    [variant] = catalogue.of("total")
    assert not catalogue.of("mean")
    solved, planted = catalogue.sources["toy/sums.py"], catalogue.plant(variant)
    assert planted == solved.replace("result = result + float(number)", "result = 0.0")
    assert catalogue.solved("total")([1, 2]) == 3 and catalogue.planted(variant)([1, 2]) == 0


def test_an_old_text_that_is_not_there_once_is_an_error(toy):
    for old in ("nowhere", "result", "max(1"):  # max(1 stands in another exercise
        count = {"result": 4}.get(old, 0)
        variant = Variant("some", "total", ((old, "there"),))
        with pytest.raises(ValueError, match=rf"\[some\] total: .* stands {count} times, not once"):
            Catalogue(toy).plant(variant)

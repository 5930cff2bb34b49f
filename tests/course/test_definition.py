"""Is every mistake in a declaration named with its line and the way out?"""

import re
import shutil

import pytest

from conftest import ROOT
from course import definition

DECLARATION = (ROOT / "tests" / "toy" / definition.FILE).read_text(encoding="utf-8")


@pytest.fixture
def load(tmp_path):
    """A function that loads the declaration after replacing texts in it, once each."""

    def load_changed(*changes):
        text = DECLARATION
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        (tmp_path / "exercises").mkdir(exist_ok=True)
        (tmp_path / definition.FILE).write_text(text, encoding="utf-8")
        return definition.load(tmp_path)

    return load_changed


def test_the_declaration_becomes_a_course(load):
    course = load()
    assert (course.name, course.package, course.points) == ("toy", "toy", 10)
    assert list(course.exercises) == ["total", "mean"]
    total = course.exercises["total"]
    assert (total.attribute, total.functions, total.vectorized) == ("total", ("total",), False)
    assert total.module == "toy.sums" and len(total.hints) == 3
    assert course.expected_files == ("notebooks/one.ipynb", "toy/sums.py")
    assert course.graded_cells("one").keys() == {"check-of-total", "mean-check", "answer-1"}
    lines = DECLARATION.splitlines()
    assert lines[course.exercises["mean"].line - 1] == "[[exercise]]"
    assert lines[course.exercises["mean"].line] == 'name = "mean"'


def test_what_is_handed_out_and_in(load):
    renamed = '"README.md"', '"docs/hello.md"'
    course = load(renamed, ("[files]\n", '[files]\nrenamed = { "docs/hello.md" = "README.md" }\n'))
    assert course.is_handed_out("README.md") and not course.is_handed_out("docs/hello.md")
    assert course.is_handed_out("course/outputs/page.py")  # by a pattern
    assert not course.is_handed_out("course/outputs/a/page.py")
    assert course.is_handed_out("notebooks/one.ipynb")
    assert course.is_given("toy/sums.py") and not course.is_given("course/text.py")


MISTAKES = {
    "misspelt setting": (
        [("points = 3\nhints", "pionts = 3\nhints")],
        r"line 19: \[\[exercise\]\] 'total' has no setting 'pionts'; did you mean points\?",
        r"line 12: \[\[exercise\]\] 'total' lacks the setting points",
    ),
    "unknown setting": (
        [("folder =", "colour = 'red'\nfolder =")],
        r"line 5: \[course\] 'toy' has no setting 'colour'; there are name, title, ",
    ),
    "wrong type": (
        [("points = 4", "points = '4'")],
        r"line 29: \[\[exercise\]\] 'mean': points has to be a whole number, not '4'",
    ),
    "true is no number": ([("points = 4", "points = true")], r"a whole number, not True"),
    "a text for a list": (
        [('locked = ["imports"]', 'locked = "imports"')],
        r"line 10: .*'notebooks/one.ipynb': locked has to be a list of texts, not 'imports'",
    ),
    "a number in a list": ([('["imports"]', "[1]")], r"a list of texts, not \[1\]"),
    "no head": (
        [("[course]", "[cuorse]")],
        r"line 1: there is no table \[cuorse\]; there are \[co",
    ),
    "table for list": (
        [("[[notebook]]", "[notebook]")],
        r"line 8: write \[\[notebook\]\], once fo",
    ),
    "list for table": ([("[files]", "[[files]]")], r"line \d+: write \[files\], once"),
    "two of a name": (
        [('name = "mean"', 'name = "total"')],
        r"line 22: there are two \[\[exercise\]\] with the name 'total'",
    ),
    "two of a cell": (
        [('"mean-check"', '"check-of-total"')],
        r"line 22: the cell 'check-of-total' of 'one' is declared in line 12, too",
    ),
    "unknown notebook": (
        [('notebook = "one"', 'notebook = "two"')],
        r"line 12: there is no notebook 'two'; there are: one",
    ),
    "no points": (
        [("points = 4", "points = 0")],
        r"line 22: 'mean-check' has 0 points; at least 1",
    ),
    "wrong sum": (
        [("points = 4", "points = 5")],
        r"line 6: the points sum to 11, not to 10: change these, or those of exercises",
    ),
    "many hints": ([('"Start from', '"", "Start from')], r"line 12: total has 4 hints; at most 3"),
    "shared problems": (
        [('"number"', '"digit"'), ('"means"', '"totals"')],
        r"mean is of the kind 'number', but shares the problems 'totals' with total, a 'digit'",
    ),
    "file that is not handed in": (
        [('"toy/sums.py"\nnotebook', '"sums.py"\nnotebook')],
        r"line 12: total: sums.py is no Python file in toy/, the folder that is handed in",
    ),
    "renamed, not handed out": (
        [("[files]\n", '[files]\nrenamed = { "docs/hello.md" = "hello.md" }\n')],
        r"line 39: docs/hello.md is renamed, but not among the files that are handed_out",
    ),
    "two files of a name": (
        [("[files]\n", '[files]\nrenamed = { "toy/sums.py" = "README.md" }\n')],
        r"toy/sums.py and README.md would both be README.md in the student edition",
    ),
    "unknown data set": (
        [("[files]\n", '[data]\nstored = "small"\n[files]\n')],
        r"line 39: there is no data set 'small'; there are: ",
    ),
    "no TOML": ([("[course]", "[course")], r"course.toml: .*line 1"),
}


MISTAKES |= {
    f"deadline: {name}": (
        [("[files]", f"[deadline]\ndue = {due}\n{more}\n\n[files]")],
        rf"course\.toml, line \d+: .*{told}",
    )
    for name, due, more, told in (
        ("no zone", "2026-10-08T23:59:00", "", "has to be a time with its zone, such as 2026"),
        ("a text", '"2026-10-08"', "", "has to be a time with its zone"),
        (
            "over 100",
            "2026-10-08T23:59:00Z",
            "per_day = 101",
            "per_day has to be 0 to 100, not 101",
        ),
        ("unknown", "2026-10-08T23:59:00Z", "perday = 1", "did you mean per_day"),
    )
}


@pytest.mark.parametrize(("changes", "told"), [(c, t) for c, *t in MISTAKES.values()], ids=MISTAKES)
def test_a_mistake_is_named_with_its_line_and_the_way_out(load, changes, told):
    with pytest.raises(definition.DefinitionError) as caught:
        load(*changes)
    problems = str(caught.value).splitlines()
    assert all(one.startswith(definition.FILE) for one in problems)
    for text in told:
        assert any(re.search(text, one) for one in problems), problems


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ("{ usual = 3, nothing = 1 }", ""),
        ("{ usual = 4, nothing = 0 }", ""),
        (
            "{ usual = 4 }",
            r"line 30: mean has the parts usual; its kind, 'number', has usual, nothing: each of",
        ),
        ("{ usaul = 3, nothing = 1 }", r"mean has the parts usaul, nothing; its kind"),
        (
            "{ usual = 3, nothing = 2 }",
            r"line 30: mean: the points of its parts sum to 5, not to 4",
        ),
        ("{ usual = 5, nothing = -1 }", r"mean: nothing has -1 points"),
        ("{ usual = 3.5, nothing = 0.5 }", r"parts has to be a table of whole numbers, not"),
        ("3", r"parts has to be a table of whole numbers, not 3"),
    ],
)
def test_parts_are_those_of_the_kind_and_sum_to_the_points(load, tmp_path, parts, told):
    shutil.copytree(ROOT / "tests" / "toy" / "exercises", tmp_path / "exercises")
    change = "points = 4", f"points = 4\nparts = {parts}"
    if told:
        with pytest.raises(definition.DefinitionError, match=told):
            load(change)
    else:
        assert sum(load(change).exercises["mean"].parts.values()) == 4


def test_all_mistakes_are_listed(load):
    with pytest.raises(definition.DefinitionError) as caught:
        load(("points = 4", "points = 0"), ('notebook = "one"', 'notebook = "two"'))
    assert len(str(caught.value).splitlines()) == 3  # the sum is wrong, too


def test_a_declaration_is_read_again_when_it_changes(load, tmp_path):
    course = load()
    assert definition.load(tmp_path) is course
    assert load(("A toy course", "Another")).title == "Another"


def test_a_folder_without_a_declaration_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"course\.toml"):
        definition.load(tmp_path)


def test_two_courses_have_kinds_of_their_own(load, tmp_path):
    course = load()
    shutil.copytree(
        ROOT / "tests" / "toy" / "exercises", tmp_path / "exercises", dirs_exist_ok=True
    )
    ours = definition.load().kind("loss").call
    assert course.kind("number").call.CALLS.keys() == {"number"} != ours.CALLS.keys()

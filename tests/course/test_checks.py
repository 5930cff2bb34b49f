"""What checks.run and checks.hint say, on the toy course: of right, unfinished and broken work."""

import html.parser
import os
import subprocess
import sys

import pytest
from toy_course import copy_toy

from course import checks
from course.checks import report as reports
from course.checks.report import Line, Report

RIGHT = "def total(numbers):\n    return float(numbers.sum())\n"


def run_code(toy, tmp_path, code, name="total", **options):
    """Check an exercise in a file that holds just this code."""
    file = tmp_path / "mine.py"
    file.write_text(code, encoding="utf-8")
    return checks.run(name, root=toy.root, file=file, **options)


def test_right_work_passes(toy):
    for name in ("total", "mean"):
        report = checks.run(name, root=toy.root)
        assert report.passed and not report.misconceptions and not report.notes
        assert report.vectorized is None
        assert str(report) == f"✓ {name}: all right\n  ✓ some numbers\n  ✓ no number"


def test_a_misconception_is_named(toy, tmp_path):
    report = run_code(toy, tmp_path, "def total(numbers):\n    return 0\n")
    assert list(report.misconceptions) == ["always-zero"] and report.status == "failed"
    told = str(report).splitlines()
    assert told[0] == "✗ total: not yet right"
    assert told[1].startswith("  ✗ some numbers: 0 instead of ")
    assert told[3] == "  → Nothing is ever added: the result stays what it was at first."


def test_an_unknown_exercise_is_the_callers_mistake(toy):
    for ask in (checks.run, checks.hint):
        with pytest.raises(ValueError, match="no exercise 'totl'; there are: total, mean"):
            ask("totl", root=toy.root)


def test_another_attribute_of_a_file_can_be_checked(toy, tmp_path):
    code = RIGHT.replace("total", "mine")
    assert run_code(toy, tmp_path, code, attribute="mine").passed
    assert run_code(toy, tmp_path, code).status == "broken"


def command(root, *arguments):
    environment = {**os.environ, "PYTHONPATH": ""}
    command = [sys.executable, "-m", "course.checks", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment)


def test_the_terminal_shows_all_and_tells_by_its_status(tree):
    done = command(tree)
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if line[0] != " "] == [
        "✓ total: all right",
        "✓ mean: all right",
    ]
    done = command(tree, "knn")
    assert done.returncode == 2 and "there is no exercise 'knn'; there are: total" in done.stderr
    (tree / "toy" / "sums.py").write_text(RIGHT, encoding="utf-8")
    done = command(tree, "mean", "total")
    assert done.returncode == 1 and "✗ mean" in done.stdout and "✓ total" in done.stdout


# Work in progress


def test_a_file_is_always_read_anew(tree):
    file = tree / "toy" / "sums.py"
    solved = file.read_text(encoding="utf-8")
    assert checks.run("total", root=tree).passed
    # The same size, and within the same second: a stale .pyc would not be noticed.
    file.write_text(solved.replace("+ float(number)", "- float(number)"), encoding="utf-8")
    assert not checks.run("total", root=tree).passed
    file.write_text(solved, encoding="utf-8")
    assert checks.run("total", root=tree).passed


def test_what_is_not_implemented_yet_is_said_in_one_line(toy, tmp_path):
    code = "def mean(numbers):\n    raise NotImplementedError('write me')\n"
    report = run_code(toy, tmp_path, code, "mean")
    assert report.status == "not implemented"
    assert str(report) == "mean: not implemented yet (line 2 of mine.py still raises, in mean)"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "    raise NotImplementedError('x sets mean')\n    mean = 3\n    return mean\n",
            "mean; your",
        ),
        ("    raise NotImplementedError('x sets mean')\n    return mean\n", "in mean)"),
        (
            "    if len(numbers):\n        raise NotImplementedError(\n            'x sets mean'\n"
            "        )\n        mean, n = 3, 4\n    return mean\n",
            "line 3 of mine.py still raises, in mean; your",
        ),
        ("    raise NotImplementedError('x sets mean')\n    assert mean == 3\n", "in mean)"),
        ("    return helper()\ndef helper():\n    raise NotImplementedError\n", "in helper)"),
    ],
)
def test_the_stub_that_was_reached_is_named(toy, tmp_path, code, told):
    report = run_code(toy, tmp_path, "def mean(numbers):\n" + code, "mean")
    assert told in str(report), report


@pytest.mark.parametrize(
    ("first", "way_out"),
    [
        ("from past.builtins import xrange", "write range where xrange stands"),
        ("from future import standard_library", "delete this import"),
        ("print 'hello'", "print is a function"),
    ],
)
def test_an_import_that_fails_tells_the_way_out(toy, tmp_path, first, way_out):
    report = run_code(toy, tmp_path, f"{first}\n{RIGHT}")
    assert report.status == "broken"
    assert way_out in str(report) and "line 1" in str(report), report


def test_a_syntax_error_is_shown_with_file_and_line(tree):
    (tree / "toy" / "sums.py").write_text("import math\n\ndef total(numbers)\n", encoding="utf-8")
    report = checks.run("mean", root=tree)
    assert report.status == "broken"
    assert str(report) == "✗ mean: SyntaxError: expected ':' (sums.py, line 3)"


def test_a_file_that_is_missing_is_reported(tree):
    (tree / "toy" / "sums.py").unlink()
    assert "No module named 'toy.sums'" in str(checks.run("mean", root=tree))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import nmpy\n", "ModuleNotFoundError: No module named 'nmpy' (mine.py, line 1)"),
        ("x = 1\n", "AttributeError: module 'student_file' has no attribute 'total'"),
        ("import sys\nsys.exit('bye')\n", "SystemExit: bye (mine.py, line 2)"),
        ("\0", "SyntaxError: source code string cannot contain null bytes"),
    ],
)
def test_a_file_that_cannot_be_imported_is_reported(toy, tmp_path, code, message):
    report = run_code(toy, tmp_path, code)
    assert report.status == "broken" and message in str(report)


def test_reports_hold_no_paths_of_this_machine(tree):
    code = "def mean(numbers):\n    raise ValueError(f'{__file__} {object()}')\n"
    (tree / "toy" / "sums.py").write_text(code, encoding="utf-8")
    text = str(checks.run("mean", root=tree))
    assert "ValueError: toy/sums.py <object object at 0x…> (sums.py, line 2)" in text
    assert str(tree) not in text


# Hints


@pytest.fixture
def afresh(monkeypatch):
    """Forget which hints this process has shown."""
    monkeypatch.setattr(checks, "shown", type(checks.shown)())


def test_each_call_shows_one_hint_more(toy, afresh):
    first, second, third = toy.exercises["total"].hints
    shown = [str(checks.hint("total", root=toy.root)) for _ in range(5)]
    assert shown[0] == f"total: hint 1 of 3\n  1. {first}"
    assert shown[1] == f"total: hint 2 of 3\n  1. {first}\n  2. {second}"
    everything = f"\n  1. {first}\n  2. {second}\n  3. {third}"
    assert shown[2] == f"total: hint 3 of 3{everything}"
    assert shown[3] == shown[4] == f"total: these are all hints, there are no more{everything}"


def test_other_exercises_and_courses_have_their_own_count(toy, tmp_path, afresh):
    other = copy_toy(tmp_path)
    for root in (toy.root, other.root):
        assert len(checks.hint("total", root=root).shown) == 1
    assert str(checks.hint("mean", root=toy.root)) == ("mean: there are no hints for this exercise")
    assert len(checks.hint("total", root=toy.root).shown) == 2


def test_a_report_says_that_there_are_hints_if_they_are_of_use(toy, tmp_path):
    offer = 'checks.hint("total") shows a hint, and one more with each call.'
    wrong = run_code(toy, tmp_path, "def total(numbers):\n    return 7\n")
    assert str(wrong).endswith(f"\n  {offer}") and html_text(wrong).endswith(offer)
    unwritten = run_code(toy, tmp_path, "def total(numbers):\n    raise NotImplementedError\n")
    assert str(unwritten).endswith(f"still raises, in total)\n  {offer}")
    assert "hint" not in str(run_code(toy, tmp_path, RIGHT))
    assert "hint" not in str(run_code(toy, tmp_path, RIGHT, "mean")), "it has none"


def test_hints_are_shown_in_html_as_in_text(toy, afresh):
    hints = checks.hint("total", root=toy.root)
    assert html_text(hints) == "total: hint 1 of 31. Start from nothing."


# HTML


class Structure(html.parser.HTMLParser):
    """Notes tags and text, and raises where tags are not closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)
        assert "color" not in str(attrs), "colours of our own would fail on a dark page"

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def structure(shown):
    found = Structure()
    found.feed(shown._repr_html_())
    assert not found.open
    return found


def html_text(shown):
    return structure(shown).text


def test_html_is_escaped_and_says_what_the_text_says():
    harm = "<script>alert(1)</script> & <b> it's"
    lines = [Line("right", True), Line("wrong", False, f"{harm} (N = 10)"), Line("other", None)]
    report = Report("total", "failed", lines, {"some": harm}, [harm], hints=3)
    found = structure(report)
    assert found.tags == ["div", "strong", "ul", "li", "li", "li", "p", "p", "p"]
    text = "".join(line.strip().removeprefix("→ ") for line in str(report).splitlines())
    assert found.text.replace("\xa0", " ") == text
    page = report._repr_html_()
    assert "(N&nbsp;=&nbsp;10)" in page, "no line ends beside an equals sign"
    assert "script>" not in page and "<b>" not in page


def test_the_html_of_a_report_is_what_notebooks_store():
    report = Report("total", "passed", [Line("some numbers", True)], {}, ["Well done."])
    assert report._repr_html_() == (
        '<div style="line-height: 1.4; max-width: 50em"><strong>✓ total: all right</strong>'
        '<ul style="list-style: none; margin: 0.3em 0; padding-left: 1em">'
        '<li style="padding-left: 1.3em; text-indent: -1.3em">✓ some numbers</li></ul>'
        '<p style="margin: 0.5em 0 0.5em 1em; padding-left: 0.6em; border-left: 1px solid">'
        "Note: Well done.</p></div>"
    )
    bare = Report("total", "not implemented")._repr_html_()
    assert structure(Report("total", "not implemented")).tags == ["div", "strong"], bare


def test_jinja2_is_imported_only_where_html_is_asked_for(toy):
    code = (
        "import sys\nfrom course import checks\n"
        f"report = checks.run('total', root={str(toy.root)!r})\nstr(report)\n"
        "assert 'jinja2' not in sys.modules\nreport._repr_html_()\n"
        "assert 'jinja2' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=toy.root, check=True)


def test_nbgrader_gets_no_points_from_what_is_not_right(monkeypatch):
    wrong, right = Report("total", "failed"), Report("total", "passed")
    assert repr(wrong) == str(wrong)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert repr(wrong) == "0.0" and repr(right) == str(right) == "✓ total: all right"


def test_parts_have_points_of_their_own(tree, monkeypatch):
    path = tree / "exercises" / "course.toml"
    parts = "points = 3\nparts = { usual = 2, nothing = 1 }"
    path.write_text(path.read_text(encoding="utf-8").replace("points = 3", parts, 1))
    half = "def total(numbers):\n    return float(numbers.sum()) + 7 * (not numbers.size)\n"
    for code, points, told in (
        (RIGHT, "3.0", "Points: 3 of 3: usual 2 of 2, nothing 1 of 1"),
        (half, "2.0", "Points: 2 of 3: usual 2 of 2, nothing 0 of 1"),
        ("def total(numbers):\n    return 0\n", "0.0", "Points: 0 of 3: usual 0 of 2, nothing 0"),
        ("def total(numbers):\n    raise NotImplementedError\n", "0.0", "Points: 0 of 3: usual 0"),
    ):
        (tree / "mine.py").write_text(code, encoding="utf-8")
        report = checks.run("total", root=tree, file=tree / "mine.py")
        assert told in str(report) and told in report._repr_html_()
        with monkeypatch.context() as context:
            context.setenv("NBGRADER_EXECUTION", "autograde")
            assert repr(report) == (str(report) if code == RIGHT else points)


def test_a_name_that_is_no_misconception_is_never_dropped(toy):
    with pytest.raises(KeyError, match="always-ziro"):
        Report("total", "failed").name({"always-ziro"}, checks.load(toy.data_file))


def test_the_template_lies_beside_the_module():
    assert reports.TEMPLATE.is_file()

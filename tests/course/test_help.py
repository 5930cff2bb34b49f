"""Does each command's --help show two examples and its exit statuses?"""

import re

import pytest

from course.checks import __main__ as checks
from course.checks import build
from course.edition import release
from course.grader import __main__ as grader
from course.outputs import run
from course.submission import __main__ as submission

GRADER = (grader.main, {0, 1, 2, 130})
COMMANDS = {
    "checks": (checks.main, {0, 1, 2}),
    "checks.build": (build.main, {0, 1, 2}),
    "edition.release": (release.main, {0, 1, 2, 3}),
    "outputs.run": (run.main, {0, 1, 2, 130}),
    "submission": (submission.main, {0, 1, 2, 3, 4, 130}),
    **{f"grader{word}": GRADER for word in ("", " grade", " export", " demo")},
}

FOR_STUDENTS = ("checks", "outputs.run", "submission")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_two_examples_and_the_exit_statuses(name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    (main, statuses), (module, *words) = COMMANDS[name], name.split()
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    told = capsys.readouterr().out
    assert ended.value.code == 0
    examples = re.findall(rf"^  python -m course\.{re.escape(module)} *(\w*)", told, re.M)
    assert len(examples) >= 2 and (not words or set(examples) == set(words))
    assert {int(status) for status in re.findall(r"^  (\d+) +\w", told, re.M)} == statuses
    if module in FOR_STUDENTS:
        assert max(map(len, told.splitlines())) <= 80

"""Is a result kept exactly as long as what it follows from stays the same?"""

import re
from dataclasses import replace

import pytest
from toy_course import copy_toy

from course import definition
from course.checks import build, data
from course.grader.settings import Settings, keys, versions

SETTINGS = Settings(seed=231, data="", problems=b"of seed 231")
BOTH = {"exercises", "notebooks"}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return copy_toy(tmp_path_factory.mktemp("toy")).root


def parts(root):
    return versions.__wrapped__(definition.load(root))


@pytest.mark.parametrize(
    ("file", "edit", "changed"),
    [
        ("exercises/misconceptions.toml", (r'(explanation = ")', r"\1Please read: "), set()),
        ("exercises/course.toml", (r'title = "([^"]*)"', r'title = "Another \1"'), set()),
        ("exercises/misconceptions.toml", ("$", "\n# why\n"), set()),
        ("course/export/feedback.py", ("$", "#"), set()),
        ("course/grader/commands.py", ("$", "#"), set()),
        ("course/grader/verdict/unseen.py", ("$", "#"), {"exercises"}),
        ("course/grader/notebooks/compare.py", ("$", "#"), {"notebooks"}),
        ("course/grader/verdict/tree.py", ("$", "#"), BOTH),
        ("course/grader/sandbox/guard.py", ("$", "#"), BOTH),
        ("course/checks/calling.py", ("$", "#"), BOTH),
        ("exercises/number/judge.py", ("$", "#"), BOTH),
        ("toy/sums.py", ("$", "#"), BOTH),
        ("notebooks/one.ipynb", (r'"source": "', r'"source": "new '), BOTH),
    ],
)
def test_a_part_holds_until_something_changes_that_it_follows_from(root, file, edit, changed):
    before, path = parts(root), root / file
    old = path.read_text(encoding="utf-8")
    new = re.sub(edit[0], edit[1], old, count=1)
    assert new != old
    try:
        path.write_text(new, encoding="utf-8")
        after = parts(root)
    finally:
        path.write_text(old, encoding="utf-8")
    assert {part for part in BOTH if after[part] != before[part]} == changed
    assert after["whole"] != before["whole"]
    assert parts(root) == before


def test_words_in_the_data_of_the_checks_are_not_what_verdicts_follow_from(root):
    path = definition.load(root).data_file
    before, content, known = parts(root), path.read_bytes(), data.load(path)
    known.explanations = {name: f"{text} Look again." for name, text in known.explanations.items()}
    build.write(path, known)
    reworded = parts(root)
    next(iter(known.sets.values())).facts["another"] = 1
    build.write(path, known)
    other = parts(root)
    path.write_bytes(content)
    assert [part for part in before if reworded[part] != before[part]] == ["whole"]
    assert all(other[part] != before[part] for part in BOTH)


@pytest.mark.parametrize(
    ("settings", "changed"),
    [
        ({"seed": 232, "problems": b"of seed 232"}, {"exercises"}),
        ({"data": "another"}, {"notebooks"}),
        ({"notebooks": False}, {"notebooks"}),
        ({"sandbox": False}, BOTH),
    ],
)
def test_settings_concern_the_parts_that_they_are_for(root, settings, changed):
    here = replace(SETTINGS, root=str(root))
    before, after = keys("content", here), keys("content", replace(here, **settings))
    assert {part for part in before if before[part] != after[part]} == changed | {"whole"}
    assert not set(before.values()) & set(keys("other", here).values())

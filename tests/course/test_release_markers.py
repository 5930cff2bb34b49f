"""Are marked regions found, cut out and put back exactly, and malformed markers refused?"""

import ast

import pytest
from student_edition import put_back

from course.edition.markers import find_regions, looks_like_marker, replace_regions
from course.edition.stubs import enclosing_function, names_to_set, raise_not_implemented

SOLVED = '''\
class Line:
    def fit(self, x):
        """Fit."""
        slope = 0.0
        for value in x:
            ### BEGIN SOLUTION
            step = value - slope
            slope = slope + step
            self.count, offset = len(x), step
            ### END SOLUTION
            print(offset)
        return slope

# BEGIN INSTRUCTORS
# Not for students.
# END INSTRUCTORS

print("end")
'''


def problems_of(text):
    problems = []
    find_regions(text, lambda number: f"file.py:{number}: ", problems)
    return problems


def cut(text):
    problems = []
    regions = find_regions(text, str, problems)
    assert problems == []
    return replace_regions(text, regions, lambda region: ["            raise ..."])


def test_solutions_make_way_for_stubs_and_other_regions_vanish_with_their_blank_line():
    student, _ = cut(SOLVED)
    assert (
        student
        == '''\
class Line:
    def fit(self, x):
        """Fit."""
        slope = 0.0
        for value in x:
            raise ...
            print(offset)
        return slope

print("end")
'''
    )


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
@pytest.mark.parametrize("start", ["", "\n", "a\n", "a\n\n"])
def test_a_text_is_put_together_again_to_the_letter(start, end):
    text = start + SOLVED + "# BEGIN INSTRUCTORS\nx\n# END INSTRUCTORS" + end
    assert put_back(*cut(text)) == text


def test_a_stub_is_told_the_function_around_it_and_the_names_that_others_use():
    region = find_regions(SOLVED, str, [])[0]
    function, name = enclosing_function(ast.parse(SOLVED), region)
    assert name == "Line.fit"
    assert names_to_set(function, region) == ["slope", "offset"]  # not `step`, used inside only


def test_a_region_outside_of_one_function_belongs_to_none():
    text = (
        "def f():\n    ### BEGIN SOLUTION\n    x = 1\n\ndef g():\n    y = 2\n    ### END SOLUTION\n"
    )
    assert enclosing_function(ast.parse(text), find_regions(text, str, [])[0]) is None
    text = "### BEGIN SOLUTION\ndef f():\n    return 1\n### END SOLUTION\n"
    assert enclosing_function(ast.parse(text), find_regions(text, str, [])[0]) is None


@pytest.mark.parametrize("indent", ["", "    ", " " * 40])
def test_a_stub_is_one_statement_within_the_line_length(indent):
    lines = raise_not_implemented(indent, "svm_loss", "a/b.py", "see 'its' docstring " * 9)
    assert max(map(len, lines)) <= 100 and all(line.startswith(indent) for line in lines)
    with pytest.raises(
        NotImplementedError, match="svm_loss in a/b.py .* " + "see 'its' docs.* " * 8
    ):
        exec("\n".join(line.removeprefix(indent) for line in lines))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "### BEGIN SOLUTION\na\n### BEGIN SOLUTION\nb\n### END SOLUTION",
            "py:3: BEGIN SOLUTION ins",
        ),
        ("a\n### BEGIN SOLUTION\nb", "py:2: BEGIN SOLUTION without an END SOLUTION"),
        ("a\n### END SOLUTION\n", "py:2: END SOLUTION without a BEGIN SOLUTION"),
        ("### BEGIN SOLUTION\na\n# END INSTRUCTORS", "py:3: END INSTRUCTORS without"),
        ("### BEGIN SOLUTION\n# BEGIN INSTRUCTORS\n", "py:2: BEGIN INSTRUCTORS inside"),
        ("### BEGIN SOLUTION\n  \n### END SOLUTION", "py:1: nothing stands between"),
    ],
)
def test_nested_unmatched_and_empty_regions_are_named_with_their_line(text, expected):
    assert expected in problems_of(text)[0]


MISSPELLED = [
    "### BEGIN SOLUTON",
    "### BEGIN SOLUTIONS",
    "# BEGIN SOLUTION",
    "## END SOLUTION",
    "#### END SOLUTION",
    "###BEGIN SOLUTION",
    "### BEGIN  SOLUTION",
    "### begin solution",
    "### Begin Solution",
    "### BEGIN_SOLUTION",
    "### BEGINSOLUTION",
    "### BEGN SOLUTION",
    "### EN SOLUTION",
    "### END SOLUTION.",
    "### END OF SOLUTION",
    "### START SOLUTION",
    "### BEGIN SOLN",
    "x = 1  ### BEGIN SOLUTION",
    'print("#")  ### END SOLUTION',
    "### BEGIN INSTRUCTORS",
    "# BEGIN INSTRUCTOR",
    "# END INSTRUKTORS",
    "<!-- BEGIN INSTRUCTORS-->",
    "<!-- END SOLUTION -->",
]


@pytest.mark.parametrize("line", MISSPELLED)
def test_what_looks_like_a_marker_and_is_none_is_refused(line):
    assert problems_of(f"a\n    {line}\n")[0].startswith("file.py:2: ")


@pytest.mark.parametrize(
    "line",
    [
        "## For instructors",
        "## Solution",
        "# the begin of the solution is not marked in this line, which is a sentence",
        "# softmax: the probabilities",
        "text = 'BEGIN SOLUTION'",
        "<!-- a comment -->",
    ],
)
def test_other_comments_are_no_markers(line):
    assert not looks_like_marker(line)


def test_all_problems_of_a_text_are_listed():
    text = "### END SOLUTION\n### BEGIN SOLUTON\n### BEGIN SOLUTION\n"
    assert [problem.split(":")[1] for problem in problems_of(text)] == ["1", "2", "3"]

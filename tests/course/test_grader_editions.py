"""Work on an edition that is not today's: known, told, and held to what it was asked?"""

import json

import pytest
from cells import code, markdown, notebook
from sample_results import text_of
from toy_course import copy_toy

from course import definition
from course.edition import handed_out
from course.export import answers, feedback, gradescope, overview
from course.grader.examples import blank, solved
from course.grader.grade import grade
from course.grader.settings import Settings

ONE = "notebooks/one.ipynb"
SECOND = markdown("### And\nWhat is a sum?", "question-2")
MORE = """
[[by_hand]]
notebook = "one"
cell = "answer-2"
question = "question-2"
title = "Question on sums"
points = 5

[files]"""


def added(course):
    """Add a question to a course that is handed out already; return the Course."""
    path = course.root / definition.FILE
    text = path.read_text().replace("points = 10", "points = 15", 1).replace("\n[files]", MORE, 1)
    path.write_text(text)
    path = course.root / ONE
    whole = json.loads(path.read_text())
    whole["cells"] += [SECOND, markdown("**Answer.** So.", "answer-2")]
    path.write_text(json.dumps(whole))
    return definition.load(course.root)


def graded(course, files):
    problems = course.data_file.read_bytes()
    settings = Settings(1, "", problems, sandbox=False, notebooks=False, root=str(course.root))
    head = {"name": "Ann", "slug": "ann", "content": "c" * 64, "attachments": {}}
    result = grade(files, settings).result
    return result | head | {"remarks": result["told"]}


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    """The course of mid-term, and work on the edition from before: finished, and untouched."""
    course = copy_toy(tmp_path_factory.mktemp("course"))
    handed_out.keep(course, handed_out.edition(course).record)
    finished, untouched = solved(course), blank(course)
    return added(course), finished, untouched


def test_a_question_that_was_added_costs_no_earlier_work_its_points(earlier):
    course, finished, untouched = earlier
    one = graded(course, finished)
    given = {("one", "answer-1"): {"score": 3.0, "comment": ""}}
    row = overview.row(course, one, given)
    assert (row["points"].total, row["points"].possible, row["waits"]) == (15, 15, "")
    page, told = (
        text_of(feedback.page(course, one, given)),
        "The edition that this work was done on",
    )
    assert told in page and "5 of 5" in page
    test = gradescope.results(one, given)["tests"][-1]
    assert test["score"] == 5 and told in test["output"]
    note = "one: Question on sums was not asked in the edition of Ann: they have its points."
    assert note in overview.tell_notes(course, [row])
    assert f"Editions that were worked on: {one['edition']}: 1." in overview.tell_notes(
        course, [row]
    )
    lowered = given | {("one", "answer-2"): {"score": 1.0, "comment": ""}}
    assert overview.row(course, one, lowered)["points"].total == 11  # a person may
    assert overview.row(course, graded(course, untouched))["points"].total == 0
    today = overview.row(course, graded(course, blank(course)))
    assert (today["points"].total, today["not_asked"]) == (0, [])
    assert overview.row(course, graded(course, solved(course)))["not_asked"] == []


def test_whoever_deletes_a_question_and_the_editions_id_has_no_points_for_it(earlier):
    course, _, _ = earlier
    files = solved(course)
    whole = json.loads(files[ONE])
    whole["cells"] = [
        cell for cell in whole["cells"] if cell["id"] not in ("question-2", "answer-2")
    ]
    told = graded(course, files | {ONE: json.dumps(whole).encode()})
    assert overview.row(course, told)["points"].waiting == 3  # its id tells that it was asked
    del whole["metadata"]["course_edition"]
    one = graded(course, files | {ONE: json.dumps(whole).encode()})
    row = overview.row(course, one)
    assert (row["points"].waiting, row["not_asked"]) == (8, [])
    why = "No notebook tells its edition, and the nearest did not ask for this: please look."
    assert why in text_of(feedback.page(course, one))
    assert one["told"][0].startswith(f"{ONE}: no notebook tells its edition; graded as")
    files = {name: text for name, text in blank(course).items() if name.endswith(".py")}
    assert all(entry["asked"] for entry in graded(course, files)["exercises"])


def test_whoever_answers_it_nevertheless_is_graded_by_a_person(earlier):
    course, finished, _ = earlier
    whole = json.loads(finished[ONE])
    whole["cells"] += [SECOND, markdown("A lot.", "answer-2")]
    one = graded(course, finished | {ONE: json.dumps(whole).encode()})
    assert overview.row(course, one)["points"].waiting == 8


def told_of(course, files):
    return [one.removeprefix(f"{ONE}: ") for one in graded(course, files)["told"]]


def test_an_edition_that_is_not_recorded_and_files_of_another_are_told(earlier):
    course, finished, _ = earlier
    assert told_of(course, finished) == []
    whole = json.loads(finished[ONE])
    whole["metadata"]["course_edition"] = 16 * "f"
    own, *_ = told_of(course, finished | {ONE: json.dumps(whole).encode()})
    assert own.startswith(
        "it is of the edition ffffffffffffffff, of which exercises/editions/ has no"
    )
    init = "toy/__init__.py"
    (course.root / init).write_text('"""Another."""\n')
    course = definition.load(course.root)
    handed_out.records.cache_clear()
    handed_out.edition.cache_clear()
    newer = (course.root / init).read_bytes()
    assert told_of(course, finished | {init: newer}) == [
        f"{init}: it is of another edition than the rest; ours was used"
    ]
    assert told_of(course, finished | {init: newer + b"x = 1\n"}) == [
        f"{init}: it was changed; ours was used"
    ]


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["# Other", "**Question on means** Why?\n\n*Your answer:* Kinks."], "Kinks."),
        (["%run", "Question on means", "**Your Answer:** Kinks.", "And so on.", "# Next"],
         "**Your Answer:** Kinks.\n\nAnd so on."),
        (["Tell me: why is a mean no sum?", "Kinks.", "%run", "No."], "Kinks."),
        (["Question on means", "%run", "No."], ""),
        (["Something else", "No."], ""),
        (["%run"], ""),
    ],
)  # fmt: skip
def test_a_notebook_of_another_course_is_told_once_and_never_silently_0(earlier, texts, found):
    course, finished, _ = earlier
    cells = [code(text) if text.startswith("%") else markdown(text) for text in texts]
    files = finished | {ONE: notebook(*cells)}
    first, second = answers.cut_out(course, files)
    assert (first["state"], first["source"], first["answered"]) == ("foreign", found, bool(found))
    told = handed_out.tell_editions(course, files)
    assert told == [
        f"{ONE}: none of its cells is the course's; its answers are looked for by the words of the "
        "questions"
    ]
    row = overview.row(course, graded(course, files))
    assert row["points"].waiting == 8  # both, found or not
    assert not second["answered"] and second["asked"]

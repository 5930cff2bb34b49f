"""Do the example submissions show what they are said to show, and get the points they should?"""

import functools
import json
import re

import pytest
from submissions import SOFTMAX, SVM, cell, solved

from conftest import ROOT
from course.checks import EXERCISES
from course.grader import demo, examples, intake, verdict
from course.grader.examples import begin_with, blank, edit_cells, plant
from course.submission.contents import code_hash
from course.submission.lookover import look_over

NAMES = [example.name for example in demo.EXAMPLES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "new" / "examples"
    demo.write(folder)
    return folder


@functools.cache
def judged(code):
    """Return the exercises of a submission, judged with the problems that students have."""
    return verdict.judge_exercises(dict(code), (ROOT / "cs231n" / "checks.npz").read_bytes())


def judge(submission):
    code = {name: submission.files[name] for name in submission.files if name.endswith(".py")}
    return judged(tuple(sorted(code.items())))


def test_there_are_twelve_which_intake_finds_under_names_of_their_own(folder):
    paths = intake.find(folder)
    assert sorted(path.name for path in paths) == sorted(NAMES)
    assert len({intake.read(path).slug for path in paths}) == len(NAMES) == 12
    assert sum(path.is_dir() for path in paths) == 2


def test_writing_again_gives_the_same_bytes_and_touches_nothing_else(folder, tmp_path):
    def contents(place):
        return {str(p.relative_to(place)): p.read_bytes() for p in place.rglob("*") if p.is_file()}

    before = contents(folder)
    assert demo.write(folder) == [folder / name for name in NAMES]
    assert contents(folder) == before
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"holds 'thesis\.txt'; name a new folder"):
        demo.write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("example", demo.EXAMPLES, ids=lambda example: example.name)
def test_each_gets_its_points_and_its_misconceptions(folder, example, monkeypatch):
    if example.make is demo.infinite_loop:  # no need to wait for as long as a course would
        monkeypatch.setattr(verdict, "SECONDS", 12.0)
    exercises = judge(intake.read(folder / example.name))
    assert {one["exercise"]: one["correct"] for one in exercises} == {
        name: name not in example.lost for name in EXERCISES
    }
    assert sum(one["points"] for one in exercises) == example.points()
    named = {name for one in exercises for name in one["misconceptions"]}
    assert named == set(example.misconceptions)


def test_the_points_are_those_of_the_course():
    assert {one.name: one.points() for one in demo.EXAMPLES}["full-marks.zip"] == 70
    assert {one.name: one.points() for one in demo.EXAMPLES}["blank"] == 0
    assert sum(demo.exercise_points().values()) == 70


def test_what_is_wrong_is_said_by_intake(folder):
    remarks = {name: intake.read(folder / name).remarks for name in NAMES}
    assert {name for name in NAMES if remarks[name]} == {"broken.zip", "python-2.zip"}
    assert "it is Python 2 (a print statement in line" in remarks["python-2.zip"][0]
    assert "it is no zip that can be read" in remarks["broken.zip"][0]


def test_full_marks_is_a_complete_submission():
    files = demo.full_marks()
    assert json.loads(files["manifest.json"])["complete"]
    for name in (SVM, SOFTMAX):
        assert look_over(name, files[name], code_hash(files)) == []


def test_stored_outputs_are_those_of_the_solved_tree():
    files = solved()
    for name in (SVM, SOFTMAX):
        model = {one["id"]: one for one in json.loads((ROOT / name).read_bytes())["cells"]}
        for one in json.loads(files[name])["cells"]:
            expected = model.get(one["id"], one)
            assert "".join(one["source"]) == without_markers("".join(expected["source"]))
            if one["cell_type"] == "code":
                assert len(one["outputs"]) == len(expected["outputs"])
                for output, other in zip(one["outputs"], expected["outputs"], strict=True):
                    assert output.get("data") == other.get("data")
                    assert output.get("text") == other.get("text")
    assert not any(b"SOLUTION" in content for content in files.values())


def without_markers(text):
    return re.sub(r"### (BEGIN|END) SOLUTION\n", "", text.removesuffix("\n### END SOLUTION"))


def test_the_forged_number_differs_from_what_was_printed():
    true, forged = (cell(files, SVM, "naive-cell") for files in (solved(), demo.forged()))
    assert true["outputs"] != forged["outputs"]
    assert true["source"] == forged["source"]


def test_notebooks_are_short_except_in_full_marks(folder):
    for name in NAMES:
        files = intake.read(folder / name).files
        if name not in ("full-marks.zip", "blank", "broken.zip"):
            for notebook in (SVM, SOFTMAX):
                cells = json.loads(files[notebook])["cells"]
                assert sum(one["cell_type"] == "code" for one in cells) < 12
                ids = [one["id"] for one in cells]
                assert {"question-1", "answer-1", "question-2", "answer-2"} < set(ids)


def test_makers_of_submissions_complain_of_what_does_not_fit():
    with pytest.raises(ValueError, match="the catalogue has no no-mean of train"):
        plant(blank(), "no-mean", "train")
    with pytest.raises(ValueError, match="two changes of"):
        plant(blank(), "no-mean", "svm_loss_naive", "svm_loss_vectorized")
    with pytest.raises(KeyError):
        edit_cells(blank(), SVM, {"no-such-cell": dict.clear})
    text = begin_with(blank(), "train", "x = 1")[examples.EXERCISES["train"].path].decode()
    assert re.search(r'"""\n        x = 1\n', text)

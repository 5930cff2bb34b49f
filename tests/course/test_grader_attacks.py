"""Submissions that attack: do they earn what they did not compute, change or disturb anything?

All are graded among honest ones in one run; honest ones, and attacks beside right solutions, also
each alone, to be compared. tests/attacks holds them; test_grader_attacks_machine.py tries the
sandbox without a grader, and _notebooks.py what re-executes notebooks. A tester that could not fail
would prove nothing: the last tests show that these attacks succeed where a protection is missing.
"""

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256

import pytest
import submissions
from attacks import WRONG, answers, archives, at_import, cheats, tester
from attacks.frames import frame, streams
from attacks.world import in_its_place, outlasting
from grader_submissions import COURSE, PROBLEMS, work

from conftest import OTHER_SEED
from course import checks
from course.checks import calling
from course.export import nbgrader as gradebook
from course.export import outcome
from course.grader import intake, verdict
from course.grader.grade import grade
from course.grader.many import grade_all
from course.grader.settings import Settings, grader_version
from course.grader.store import Store
from course.grader.verdict import unseen

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is for Linux"),
]

SOFTMAX = ("softmax_loss_naive", "softmax_loss_vectorized")
OTHERS = 45  # points of the exercises in the other two files
BESIDE = ("replaces_checks", "prepares_results", "leaves_quietly", "kills_everybody", "traces")


@pytest.fixture(scope="module")
def settings(other_problems):
    return Settings(
        seed=OTHER_SEED,
        data="synthetic",
        problems=other_problems,
        sandbox=True,
        notebooks=False,
        version=grader_version(COURSE),
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory, settings):
    """What may not be touched, as it is while everything below is graded."""
    with in_its_place(tmp_path_factory.mktemp("w")) as (world, _):
        gradebook.record(COURSE, world.gradebook.parent, [])  # an empty one
        world.before = world.state()
        yield world


@pytest.fixture(scope="module")
def alone(world, settings):
    """{name: result} of honest submissions and such as are right besides, each graded by itself."""
    texts, tried = tester.cheating(world), tester.honest()
    tried |= {f"{name}, beside": tester.beside_solutions(texts[name]) for name in BESIDE}
    tried["shadowed"] = tester.shadowed(world.folder / "shadow")
    with ThreadPoolExecutor(2) as pool:
        graded = pool.map(lambda files: grade(files, settings), tried.values())
        return dict(zip(tried, map(with_digests, graded), strict=True))


def with_digests(graded):
    """Return the result as the store would keep it: with the sums of its attachments."""
    sums = {name: sha256(content).hexdigest() for name, content in graded.attachments.items()}
    return graded.result | {"attachments": sums}


@pytest.fixture(scope="module")
def together(world, settings):
    """{name: result} of all of them in one run, with what attacks the reading of submissions."""
    handed_in = world.folder / "handed in"
    handed_in.mkdir()
    texts = tester.cheating(world)
    for name, text in texts.items():
        submissions.to_zip(tester.alone(text), handed_in / f"{name}.zip")
    for name, files in tester.honest().items():
        submissions.to_folder(files, handed_in / name)
    submissions.to_folder(tester.shadowed(world.folder / "shadow"), handed_in / "shadowed")
    honest = submissions.solved(executed=False)
    archives.write_all(handed_in, honest, world.folder, world.secrets[0])
    with Store(world.out) as store:
        world.before = world.state()
        summary = grade_all(intake.find(COURSE, handed_in).students, settings, store, jobs=2)
        world.found = world.damage()
        assert (summary.errors, summary.stopped) == ({}, "")
        return {result["name"]: result for result in store.results(sorted(summary.states))}


@pytest.fixture(scope="module")
def pages(world, together):
    """The folder with everything that is written for people."""
    with Store(world.out) as store:
        slugs = sorted(one["slug"] for one in together.values())
        outcome.write(COURSE, outcome.Pages(COURSE, world.out, store), slugs)
    return world.out


def points(result, exercises=SOFTMAX):
    return sum(one["points"] for one in result["exercises"] if one["exercise"] in exercises)


def without_times(result):
    """Return what grading says of a submission's content, and not of who handed it in."""
    left_out = ("times", "name", "slug", "remarks", "key", "content", "format", "version")
    left_out += ("student", "keys")
    return {name: value for name, value in result.items() if name not in left_out}


ATTACKS = [one.__name__ for one in cheats.AT_IMPORT + answers.ENDS + answers.AT_CALL]
ATTACKS += ["wrong", "machine", *(f"limits {name}" for name in tester.LIMITED)]


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_earns_nothing(together, name):
    result = together[name]
    assert points(result) == 0, result["exercises"]
    assert result["points"]["automatic"] == 0
    assert len(result["exercises"]) == 6


def test_the_machine_gives_nothing_away(together):
    exercises = together["machine"]["exercises"]
    told = {one["message"] for one in exercises if one["exercise"] in SOFTMAX}
    assert len(told) == 1 and told.pop().startswith("RuntimeError: [] "), told


@pytest.mark.parametrize("name", BESIDE)
def test_an_attack_in_one_file_costs_no_exercise_of_another(alone, name):
    result = alone[f"{name}, beside"]
    assert points(result) == 0
    assert result["points"]["automatic"] == OTHERS


@pytest.mark.parametrize("name", [*tester.HONEST, "shadowed"])
def test_honest_results_are_the_same_among_attacks(alone, together, name):
    assert without_times(together[name]) == without_times(alone[name])


def test_honest_results_are_right(alone):
    solved, blank, mistaken, shadowed = (
        alone[name]["points"]["automatic"] for name in [*tester.HONEST, "shadowed"]
    )
    assert (solved, blank, shadowed) == (70, 0, 70)
    assert 60 <= mistaken < 70  # some of the 10 points of one exercise


def test_every_submission_has_a_result(world, together):
    handed_in = intake.find(COURSE, world.folder / "handed in").students
    assert len(together) == len(handed_in)
    for result in together.values():
        assert result["sandbox"] is True
        assert len(result["exercises"]) == 6
    for name in ("bomb", "slips", "links", "no zip", "large notebook"):
        assert together[name]["remarks"], name
    assert together["bomb in the package"]["points"]["automatic"] == 0
    assert together["links"]["points"]["automatic"] == 0
    assert together["crowd"]["points"]["automatic"] == 70


def test_nothing_was_changed_or_told(world, alone):
    assert world.damage() == []
    assert not (world.folder / "shadow").exists()
    assert world.canary not in json.dumps(alone)


def test_nothing_was_changed_or_told_among_others(world, together, pages):
    assert world.found == []
    assert not (world.folder / "shadow").exists()
    assert not list(world.folder.rglob("*slipped*"))
    assert world.canary not in json.dumps(together)
    written = [path for path in pages.rglob("*") if path.is_file()]
    ours = set(world.secrets)
    assert len(written) > 2 * len(together)
    for path in written:
        assert path in ours or world.canary.encode() not in path.read_bytes(), path
        assert path.stat().st_mode & 0o022 == 0, path


def test_students_are_not_told_the_unseen_problems(together, pages):
    slug = together["tells_the_problem"]["slug"]
    assert "SECRET" in (pages / "submissions" / slug / "result.json").read_text()  # for instructors
    for name in (f"feedback/{slug}/feedback.html", f"gradescope/{slug}/results.json"):
        assert "SECRET" not in (pages / name).read_text(encoding="utf-8")


def test_no_process_outlives_its_sandbox(together):
    assert outlasting(tester.LIMITED["outlasting"]) == []


@pytest.mark.parametrize("attack", answers.WITHOUT_END)
def test_what_never_ends_is_ended(world, settings, monkeypatch, attack):
    monkeypatch.setattr(verdict, "SECONDS", 4.0)
    stub = submissions.blank()[tester.FILE].decode()
    files = tester.alone(at_import(stub, attack))
    entries = verdict.judge_exercises(work(files), settings.problems)
    told = [one["message"] for one in entries if one["exercise"] in SOFTMAX]
    assert ["did not finish" in text for text in told] == [True, True], told
    assert sum(one["points"] for one in entries) == 0


# What comes out of the sandbox


# What is said of a loss takes a while where it fits no misconception: every sixth frame will do.
@pytest.mark.parametrize("name, step", [("svm_loss_naive", 6), ("train", 1), ("predict", 1)])
def test_forged_frames_are_neither_right_nor_an_error_of_ours(settings, tmp_path, name, step):
    known, exercise = unseen.read(settings.problems), COURSE.exercises[name]
    tasks, calls = checks.problems_of(COURSE, exercise, known)
    target = calling.Target.of(COURSE, exercise, "/")
    forged = list(streams().items())[::step]
    begin = frame({"event": "ready"}) + frame({"event": "start", "index": 0})

    def status(name, stream):
        path = tmp_path / hashlib.sha256(name.encode()).hexdigest()
        path.write_bytes(begin + stream)
        start = partial(calling.started, command=tester.sending(path))
        outcomes = calling.call(target, tasks, calls, start=start, time_limit=9)
        return name, checks.judge(COURSE, exercise, known, outcomes, {}).status

    with ThreadPoolExecutor(2) as pool:
        found = dict(pool.map(lambda pair: status(*pair), forged))
    assert set(found.values()) <= {"failed", "broken", "not implemented"}, found


# Test the tester


def test_a_checker_in_the_same_process_would_be_deceived():
    attack = tester.at_import("", cheats.replaces_checks).removeprefix(WRONG)
    check = "import numpy as np\nnp.testing.assert_allclose(1, 2)\nexec('assert 1 == 2')\nprint(5)"
    for text, deceived in ((check, False), (f"{attack}\n{check}", True)):
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
        assert (done.stdout == "5\n") == deceived, done.stderr


def test_without_a_sandbox_a_solution_is_found_and_borrowed(settings, world):
    files = tester.alone(tester.cheating(world)["borrows_a_solution"])
    entries = verdict.judge_exercises(work(files), settings.problems, sandbox=False)
    assert sum(one["points"] for one in entries) == 24  # it leaves the functions of scores


def test_problems_that_students_have_would_be_answered_from_their_file(settings, world):
    files = tester.alone(tester.cheating(world)["knows_the_answers"])
    entries = verdict.judge_exercises(work(files), PROBLEMS)
    right = {line["title"]: line["ok"] for line in entries[-1]["lines"]}
    assert right["loss"], right  # not the gradient: that of many features is in no file
    entries = verdict.judge_exercises(work(files), settings.problems)
    right = {line["title"]: line["ok"] for line in entries[-1]["lines"]}
    assert right["loss"] is False and right["gradient"] is False

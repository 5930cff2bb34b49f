"""Are many submissions graded to the end, each once, whatever is lost on the way?"""

import io
import os
import random
import re
import resource
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, redirect_stderr
from dataclasses import replace

import pytest

pytest.importorskip("distributed")

import stand_in_grader as stand_in
from distributed import Client
from stand_in_grader import CLASS, hand_in, points, results, run, shared_cluster
from toy_course import copy_toy

from conftest import ROOT, contents, wait_for
from course.grader import many
from course.grader.many import GRADED, NOT_GRADED, REUSED, cluster, sending
from course.grader.store import Store


@pytest.fixture(scope="module", autouse=True)
def client():
    with shared_cluster() as client:
        yield client


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class that was graded without any trouble: (paths, folder of the results)."""
    folder = tmp_path_factory.mktemp("graded")
    paths = hand_in(folder / "submissions", CLASS)
    summary = run(paths, folder / "out")
    assert summary.status == many.COMPLETE and not summary.stopped
    assert sorted(summary.states) == sorted(CLASS)
    assert set(summary.states.values()) == {GRADED}
    return paths, folder / "out"


@pytest.fixture
def regraded(graded, tmp_path, monkeypatch):
    """A copy of the results of `graded`; no cluster is needed to look at them again."""
    monkeypatch.setattr(sending, "connect", no_cluster)
    shutil.copytree(graded[1], tmp_path / "out")
    return tmp_path / "out"


def no_cluster(*args):
    raise AssertionError("a cluster was started")


def test_every_submission_gets_its_own_result(graded):
    assert points(graded[1]) == {f"student-{i:02d}": i for i in range(10)}
    result = Store(graded[1]).load("student-03")
    assert list(result)[:7] == ["format", "version", "name", "slug", "remarks", "content", "key"]
    assert result["name"] == "student-03" and "notebooks/one.ipynb: it is missing" in str(result)


def test_the_second_run_grades_nothing(graded, regraded):
    before = contents(regraded)
    summary = run(graded[0], regraded)
    assert set(summary.states.values()) == {REUSED} and summary.status == many.COMPLETE
    assert contents(regraded) == before


def test_another_order_and_other_names_need_no_grading(graded, regraded, tmp_path):
    names = sorted(CLASS)
    moved = dict(zip([*names[1:], "zoe"], names, strict=True))  # each name now has other work
    hand_in(tmp_path / "moved", {new: CLASS[old] for new, old in moved.items()})
    paths = sorted((tmp_path / "moved").iterdir(), reverse=True)
    assert set(run(paths, regraded).states.values()) == {REUSED}
    expected = {new: int(CLASS[old].split()[1]) for new, old in moved.items()}
    assert points(regraded) == expected | {"student-00": 0}
    result = Store(regraded).load("student-05")
    assert (result["name"], result["points"]) == ("student-05", {"automatic": 4})


def test_what_is_new_or_damaged_is_graded_and_nothing_else(graded, regraded, tmp_path, monkeypatch):
    monkeypatch.undo()
    hand_in(tmp_path / "again", CLASS | {"student-04": "earn 40"})
    os.truncate(regraded / "submissions" / "student-06" / "one.ipynb", 10)
    summary = run(stand_in.find(tmp_path / "again"), regraded)
    new = {slug for slug, state in summary.states.items() if state == GRADED}
    assert new == {"student-04", "student-06"}
    assert points(regraded) == points(graded[1]) | {"student-04": 40}


def test_mistakes_and_killers_cost_no_other_submission(graded, tmp_path):
    log, once = tmp_path / "killer", tmp_path / "once"
    trouble = {
        "b-mistake": "mistake",
        "c-killer": f"kill 1000 {log}",
        "d-kills-once": f"kill 1 {once}",
    }
    paths = hand_in(tmp_path / "submissions", CLASS | trouble)
    settings = replace(stand_in.SETTINGS, root=str(copy_toy(tmp_path / "toy").root))
    summary = run(paths, tmp_path / "out", settings=settings)
    assert {slug for slug, state in summary.states.items() if state == NOT_GRADED} == {
        "b-mistake",
        "c-killer",
    }
    assert summary.status == many.PROBLEMS and not summary.stopped
    # Only the mistake of ours leaves a traceback.
    assert list(summary.errors) == ["b-mistake"]
    assert "ZeroDivisionError: a mistake of the grader" in summary.errors["b-mistake"]
    # Two workers with nothing beside it, and two before, of which one may be the other killer's.
    assert len(log.read_text()) in (3, 4)
    kept = results_without_attachments(tmp_path / "out")
    expected = results_without_attachments(graded[1])
    assert {slug: kept[slug] for slug in CLASS} == expected
    assert points(tmp_path / "out")["d-kills-once"] == 1
    for slug, why in (("b-mistake", "a mistake (ZeroDivisionError)"), ("c-killer", "was lost")):
        result = Store(tmp_path / "out").load(slug)
        assert why in result["remarks"][-1] and result["points"]["automatic"] == 0
        assert {one["status"] for one in result["exercises"]} == {"broken"}
        assert sum(one["possible"] for one in result["exercises"]) == 7
        assert result["key"] == ""  # so that the next run tries again


def results_without_attachments(out):
    """Return {slug: result}, without what depends on the time or on where the course lies."""
    kept = {one["slug"]: one for one in Store(out).results()}
    for one in kept.values():
        del one["times"], one["key"], one["keys"]
    return kept


def test_a_worker_that_is_killed_from_outside_loses_nothing(tmp_path):
    told = tmp_path / "told"
    hand_in(tmp_path / "submissions", {"ada": f"tell {told} 7", "bob": "earn 1"})

    def kill():
        os.kill(int(wait_for(lambda: told.exists() and told.read_text())), signal.SIGKILL)
        told.unlink()
        wait_for(told.exists)  # the second time it may end
        told.unlink()

    killer = threading.Thread(target=kill)
    killer.start()
    summary = run(stand_in.find(tmp_path / "submissions"), tmp_path / "out")
    killer.join()
    assert summary.status == many.COMPLETE and points(tmp_path / "out") == {"ada": 7, "bob": 1}


@contextmanager
def grading_process(folder, out):
    """A run in a process, and in a session, of its own."""
    command = [sys.executable, ROOT / "tests" / "stand_in_grader.py", folder, out]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    # Killed with signal 9, it leaves its temporary folder behind.
    env = {**os.environ, "TMPDIR": str(out.parent)}
    process = subprocess.Popen(command, env=env, start_new_session=True, **pipes)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def saved(out):
    return sorted(path.parent for path in out.glob("submissions/*/result.json"))


def members(session):
    """Return the processes of a session."""
    found = subprocess.run(["ps", "-o", "pid=", "-s", str(session)], stdout=subprocess.PIPE)
    return found.stdout.split()


@pytest.mark.slow
def test_a_run_that_is_killed_at_any_moment_goes_on(tmp_path):
    slow = {name: f"{behaviour} 0.1" for name, behaviour in CLASS.items()}
    paths = hand_in(tmp_path / "submissions", slow)
    run(paths, tmp_path / "uninterrupted")
    moments, out = random.Random(231), tmp_path / "out"
    for number in (1, 6):
        with grading_process(tmp_path / "submissions", out) as process:
            wait_for(lambda number=number: len(saved(out)) >= number)
            time.sleep(moments.uniform(0, 0.15))
            process.kill()  # with signal 9, and only this process
            process.wait()
            wait_for(lambda process=process: not members(process.pid))  # its workers end, too
        kept = {path: (path / "result.json").read_bytes() for path in saved(out)}
    summary = run(paths, out)
    assert summary.status == many.COMPLETE
    assert results(out) == results(tmp_path / "uninterrupted")
    for path, content in kept.items():  # these were not graded again: even their times are the same
        assert (path / "result.json").read_bytes() == content
        assert summary.states[path.name] == REUSED


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_done_and_leaves_no_process(tmp_path):
    hand_in(tmp_path / "submissions", {name: f"{what} 0.3" for name, what in CLASS.items()})
    out = tmp_path / "out"
    with grading_process(tmp_path / "submissions", out) as process:
        wait_for(lambda: len(saved(out)) >= 2)
        os.killpg(process.pid, signal.SIGINT)  # what a terminal does
        told, noise = process.communicate(timeout=60)
        assert process.returncode == many.INTERRUPTED
        assert re.search(r"^interrupted; \d+ are done, and the same command goes on$", told, re.M)
        assert "Traceback" not in noise
        assert re.search(r"grading: .*\d+/10 \[", noise)  # the bar, and nothing else
        wait_for(lambda: not members(process.pid))
    before = len(saved(out))
    assert 2 <= before < 10 and not (out / ".new").exists()
    summary = run(stand_in.find(tmp_path / "submissions"), out)
    assert sorted(summary.states.values()) == [GRADED] * (10 - before) + [REUSED] * before


def test_a_full_disk_stops_the_run_and_loses_nothing(graded, tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(slug, state):  # after three: no file can have as many bytes as an attachment
        if len(saved(tmp_path / "out")) == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))

    try:
        summary = run(graded[0], tmp_path / "out", report=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert summary.status == many.PROBLEMS and len(summary.states) == 3
    assert re.search(r"out/submissions/student-\d+: File too large; 3 are done", summary.stopped)
    assert len(list(Store(tmp_path / "out").results())) == 3
    assert run(graded[0], tmp_path / "out").status == many.COMPLETE
    assert results(tmp_path / "out") == results(graded[1])


def test_a_result_that_cannot_be_stored_is_a_mistake_of_ours(tmp_path):
    paths = hand_in(tmp_path / "submissions", {"ada": "earn 1", "bob": "earn 2"})
    settings = replace(stand_in.SETTINGS, root=str(copy_toy(tmp_path / "toy").root))
    summary = run(paths, tmp_path / "out", work=strange, settings=settings)
    assert set(summary.states.values()) == {NOT_GRADED}
    assert all("cannot be the name of an attachment" in text for text in summary.errors.values())


def strange(files, settings):
    graded = stand_in.grade(files, settings)
    return type(graded)(graded.result, {"../../escaped": b""})


def test_the_bar_estimates_the_time_left_from_what_was_graded():
    shown = io.StringIO()
    with redirect_stderr(shown), many.progress(4) as report:
        report("ada", REUSED)
        time.sleep(0.11)  # the bar is drawn at most every 0.1 s
        report("bob", GRADED)
        time.sleep(0.11)
        report("eve", GRADED)
    assert re.search(r"grading: +75%.* 3/4 \[00:00<00:00, ", shown.getvalue())


# What the cluster is given and who may talk to it


class CountedSettings(type(stand_in.SETTINGS)):
    pickled = 0

    def __reduce__(self):
        CountedSettings.pickled += 1
        return type(stand_in.SETTINGS), tuple(vars(self).values())


def test_the_settings_are_sent_once_and_files_only_a_few_ahead(tmp_path, monkeypatch):
    settings = CountedSettings(**vars(stand_in.SETTINGS))
    ahead, done, reading = [], [], many.read
    monkeypatch.setattr(
        many, "read", lambda course, path: (ahead.append(path), reading(course, path))[1]
    )
    most = []

    def report(slug, state):
        most.append(len(ahead) - len(done))
        done.append(slug)

    paths = hand_in(tmp_path / "s", {f"student-{i:02d}": f"earn {i} 0.02" for i in range(40)})
    summary = run(paths, tmp_path / "out", settings=settings, report=report)
    assert summary.status == many.COMPLETE
    assert 1 <= settings.pickled <= 2
    # Six are under way with two workers, and five more may have been read.
    assert max(most) <= 6 + many.READERS + 1 < 40


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is read on Linux only")
def test_no_more_than_a_few_submissions_are_held(client):
    memory = []
    files = (os.urandom(900_000) for _ in range(80))
    for _, future in cluster.completed(client, lambda one: client.submit(len, one), files):
        assert future.result() == 900_000
        with open("/proc/self/statm") as file:
            memory.append(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    # All of them would be 54 MB more at the end than after the first 20.
    assert memory[-1] - memory[20] < 20e6


def test_nobody_else_can_talk_to_the_local_cluster(client):
    address = client.scheduler.address
    assert re.fullmatch(r"tls://127\.0\.0\.1:\d+", address)
    assert cluster.threads(client) == 2
    with pytest.raises((OSError, ValueError, TypeError)):
        Client(address.replace("tls", "tcp"), timeout=2)
    with pytest.raises((OSError, ValueError, TypeError)):
        Client(address, timeout=2)  # without the keys


def test_a_connection_that_just_ends_spoils_no_other(client):
    """On Debian 13, with OpenSSL 3.5, no cluster would start; all processes of it have these."""
    keys = client.cluster.security
    made = [keys.get_connection_args(role) for role in ("client", "scheduler", "worker")]
    made += [keys.get_listen_args(role) for role in ("scheduler", "worker")]
    for one in made:
        assert one["ssl_context"].options & ssl.OP_IGNORE_UNEXPECTED_EOF

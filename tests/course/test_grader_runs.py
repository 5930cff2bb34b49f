"""Does a run end as it should, whatever happens around it: to its files, machine and processes?"""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("distributed")

import stand_in_grader as stand_in
from stand_in_grader import CLASS, hand_in, points, run, shared_cluster

from conftest import ROOT
from course.grader import many
from course.grader.many import GRADED, cluster, sending
from course.grader.store import Store

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


# Processes


def test_more_jobs_than_the_machine_can_do_are_fewer(capsys):
    most = cluster.MOST_JOBS * cluster.cpus()
    assert [cluster.fewer(jobs) for jobs in (1, most, 1000)] == [1, most, most]
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"--jobs 1000: {most} are started, as this machine has")


LATE_WORKER = """
import time
from course.grader.many import cluster

def dask_setup(worker):
    cluster.dask_setup(worker)
    if worker.name:  # all but number 0
        time.sleep(600)
"""


@pytest.mark.slow
def test_grading_begins_with_the_workers_that_have_started(tmp_path, monkeypatch, capsys):
    (tmp_path / "late.py").write_text(LATE_WORKER)
    late = {"distributed.worker.preload": [str(tmp_path / "late.py")]}
    monkeypatch.setattr(cluster, "LOCAL", cluster.LOCAL | late)
    monkeypatch.setattr(cluster, "START", 0.1)
    paths = hand_in(tmp_path / "handed in", {"ada": "earn 1", "bob": "earn 2"})
    assert run(paths, tmp_path / "out").status == many.COMPLETE
    assert points(tmp_path / "out") == {"ada": 1, "bob": 2}
    [line] = capsys.readouterr().err.splitlines()  # and not Dask's pages
    assert line == "1 of 2 worker processes have started; grading begins with these"
    monkeypatch.setattr(cluster, "PATIENCE", 0.1)
    summary = run(paths, tmp_path / "other")
    assert summary.stopped.startswith("no worker process has started in 0.2 s")


STARTS = """
import multiprocessing, signal, threading
from course.grader.many.cluster import ctrl_c_for_us

def start():
    process = multiprocessing.get_context("spawn").Process(target=print)
    process.start()
    process.join()
    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))

with ctrl_c_for_us():
    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
"""


@linux
def test_ctrl_c_stays_blocked_where_workers_are_started():
    """The first that is started, by which multiprocessing starts another, had it unblocked."""
    done = subprocess.run([sys.executable, "-c", STARTS], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.split() == ["True"], done


@pytest.mark.parametrize("error", [asyncio.CancelledError, OSError, cluster.ClusterError])
def test_what_fails_after_ctrl_c_does_not_take_its_place(tmp_path, monkeypatch, error):
    @contextmanager
    def connect(*_):
        try:
            yield
        finally:
            raise error("of the cluster")

    def send(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sending, "connect", connect)
    monkeypatch.setattr(sending, "send", send)
    paths = hand_in(tmp_path / "handed in", {"ada": "earn 1"})
    summary = run(paths, tmp_path / "out")
    assert summary.status == many.INTERRUPTED
    assert summary.stopped == "interrupted; 0 are done, and the same command goes on"
    monkeypatch.setattr(sending, "send", lambda *_: None)
    if error is cluster.ClusterError:
        assert run(paths, tmp_path / "out").status == many.PROBLEMS
    else:
        with pytest.raises(error):
            run(paths, tmp_path / "out")


# With one cluster for all


@pytest.fixture(scope="module")
def client():
    with shared_cluster() as client:
        yield client


def late_beside_others(files, settings):
    """Cross a limit of time wherever another task is under way; some do so always."""
    folder = Path(settings.data)
    mine = folder / str(os.getpid())
    mine.touch()
    end = time.monotonic() + 1
    while not (busy := len(list(folder.iterdir())) > 1) and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.2)  # the other looks, too
    mine.unlink()
    graded = stand_in.grade(files, settings)
    always = graded.result["points"]["automatic"] == 0
    graded.result["exercises"] = [{"exercise": "total", "limit": busy or always}]
    return graded


@pytest.mark.parametrize("again", [True, False])
def test_what_was_too_slow_is_tried_once_more_alone(client, tmp_path, monkeypatch, again):
    (tmp_path / "running").mkdir()
    settings = replace(stand_in.SETTINGS, data=str(tmp_path / "running"))
    paths = hand_in(tmp_path / "handed in", {f"student-{i}": f"earn {i}" for i in range(4)})
    if not again:
        monkeypatch.setattr(sending, "is_late", lambda future: False)
    summary = run(paths, tmp_path / "out", work=late_beside_others, settings=settings)
    assert summary.status == many.COMPLETE
    found = list(Store(tmp_path / "out").results())
    told = {one["name"] for one in found if "please look" in " ".join(one["remarks"])}
    if again:
        assert told == {"student-0"}
    else:
        assert len(told) > 1


def test_submissions_that_change_come_and_go_cost_no_other(client, tmp_path):
    folder = tmp_path / "handed in"
    slow = {name: f"{what} 0.1" for name, what in CLASS.items()}
    paths = hand_in(folder, slow)

    def disturb(slug, state):
        if len(list((tmp_path / "out" / "submissions").iterdir())) == 1:
            shutil.rmtree(folder / "student-09")
            (folder / "student-08" / stand_in.FILE).write_text("# earn 80")
            (folder / "student-07" / stand_in.FILE).chmod(0)
            hand_in(folder, {"student-10": "earn 10"})

    many_read = many.READERS + 1 + 6  # those that are ahead when the first result comes
    assert len(paths) <= many_read  # so each may have been read before or after
    summary = run(paths, tmp_path / "out", report=disturb)
    assert summary.status in (many.COMPLETE, many.PROBLEMS) and not summary.stopped
    assert sorted(summary.states) == sorted(CLASS)
    found = points(tmp_path / "out")
    assert {name: found[name] for name in list(CLASS)[:7]} == {f"student-0{i}": i for i in range(7)}
    (folder / "student-07" / stand_in.FILE).chmod(0o600)
    summary = run(stand_in.find(folder), tmp_path / "out")
    assert summary.status == many.COMPLETE
    assert {summary.states[name] for name in ("student-10",)} == {GRADED}
    found = points(tmp_path / "out")
    assert [found[f"student-{i:02}"] for i in (7, 8, 10)] == [7, 80, 10]

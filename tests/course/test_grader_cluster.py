"""Does a cluster that exists grade as a local one does, and are its failures said in a line?"""

import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from unittest import mock

import pytest

pytest.importorskip("distributed")

import stand_in_grader as stand_in
from distributed import CancelledError, Client
from distributed.comm import CommClosedError
from stand_in_grader import CLASS, hand_in, results, run, shared_cluster

from conftest import ROOT
from course.grader import many
from course.grader.many import cluster, sending, worker


@pytest.fixture(scope="module", autouse=True)
def client():
    with shared_cluster() as client:
        yield client


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class that a local cluster graded: (paths, folder of the results)."""
    folder = tmp_path_factory.mktemp("graded")
    paths = hand_in(folder / "submissions", CLASS)
    assert run(paths, folder / "out").status == many.COMPLETE
    return paths, folder / "out"


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


@contextmanager
def existing_cluster(path, *, workers=2, one_lacks=False):
    """A Dask cluster that was started elsewhere; yields (address, processes).

    With one_lacks, its last worker cannot import the grader.
    """
    where = {"cwd": path, "stderr": subprocess.PIPE, "text": True}
    python = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    has, lacks = {**os.environ, "PYTHONPATH": python}, {**os.environ, "PYTHONPATH": ""}
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard"]
    command += ["--host", "127.0.0.1", "--port", "0"]
    processes = [subprocess.Popen(command, env=has, **where)]
    try:
        address = next(
            found[0]
            for line in processes[0].stderr
            if (found := re.search(r"tcp://127\.0\.0\.1:\d+", line))
        )
        drains = [threading.Thread(target=processes[0].stderr.read)]
        for number in range(workers):
            command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-nanny"]
            env = lacks if one_lacks and number else has
            command += ["--nthreads", "1", "--no-dashboard"]
            processes.append(subprocess.Popen(command, env=env, **where))
            drains.append(threading.Thread(target=processes[-1].stderr.read))
        for drain in drains:
            drain.start()
        yield address, processes
    finally:
        for process in processes:
            process.kill()
            process.wait()
        for drain in drains:
            drain.join()
        for process in processes:
            process.stderr.close()


@pytest.mark.slow
def test_an_existing_cluster_gives_the_same_results_until_it_is_lost(graded, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    with existing_cluster(tmp_path / "elsewhere") as (address, processes):
        summary = run(graded[0], tmp_path / "out", scheduler=address)
        assert summary.status == many.COMPLETE
        assert results(tmp_path / "out") == results(graded[1])

        # A worker with another version of the grader is named, and nothing is graded.
        summary = run(graded[0], tmp_path / "other", scheduler=address, work=worker.grade_one)
        assert re.search(r"has version [0-9a-f]{16} of the grader, not stand-in", summary.stopped)
        assert summary.states == {} and summary.status == many.PROBLEMS
        assert not list((tmp_path / "elsewhere").glob("*.*"))

        def lose(slug, state):
            processes[0].kill()

        summary = run(graded[0], tmp_path / "lost", scheduler=address, report=lose)
    assert "the Dask scheduler was lost" in summary.stopped and summary.status == many.PROBLEMS
    assert run(graded[0], tmp_path / "lost").status == many.COMPLETE
    assert results(tmp_path / "lost") == results(graded[1])


@pytest.mark.parametrize("error", [CancelledError, CommClosedError])
def test_a_result_that_is_lost_on_its_way_is_nobodys_mistake(error):
    future = mock.Mock(result=mock.Mock(side_effect=error))
    run = many.Run(stand_in.SETTINGS, store=None, report=None, summary=many.Summary())
    with pytest.raises(cluster.ClusterError, match="scheduler was lost"):
        sending.finish(run, mock.Mock(), future)


def test_workers_without_the_grader_are_named_and_survive(graded, tmp_path):
    with existing_cluster(tmp_path, one_lacks=True) as (address, processes):
        with Client(address) as client:
            client.wait_for_workers(2, timeout=60)
        summary = run(graded[0], tmp_path / "out", scheduler=address)
        assert re.search(
            r"no course\.grader\.many\.cluster for Python at tcp:.*: set", summary.stopped
        )
        assert summary.stopped.count("tcp://") == 1
        assert all(process.poll() is None for process in processes)


def test_a_cluster_that_is_not_there_or_has_no_workers_is_said(graded, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT", 1)
    summary = run(graded[0], tmp_path / "out", scheduler="tcp://127.0.0.1:9")
    assert "there is no Dask scheduler at tcp://127.0.0.1:9" in summary.stopped
    monkeypatch.setattr(cluster, "WAIT", 0.1)
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with existing_cluster(tmp_path, workers=0) as (address, _):
        summary = run(graded[0], tmp_path / "out", scheduler=address)
    assert "the cluster has had no worker for 1 s" in summary.stopped


def test_nobody_else_can_talk_to_the_local_cluster(client):
    address = client.scheduler.address
    assert re.fullmatch(r"tls://127\.0\.0\.1:\d+", address)
    assert cluster.threads(client) == 2
    with pytest.raises((OSError, ValueError, TypeError)):
        Client(address.replace("tls", "tcp"), timeout=2)
    with pytest.raises((OSError, ValueError, TypeError)):
        Client(address, timeout=2)  # without the keys

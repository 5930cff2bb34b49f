"""Does a cluster that exists grade as a local one does, and are its failures said in a line?"""

import os
import re
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from unittest import mock

import pytest

pytest.importorskip("distributed")

import stand_in_grader as stand_in
from distributed import CancelledError, Client, LocalCluster
from distributed.comm import CommClosedError
from stand_in_grader import CLASS, hand_in, results, run

from conftest import ROOT
from course.grader import many
from course.grader.many import cluster, sending, worker


@pytest.fixture
def paths(tmp_path):
    """A class that has handed in."""
    return hand_in(tmp_path / "submissions", CLASS)


@contextmanager
def cluster_here(workers=0):
    """A cluster in threads of this process, as if it had been started elsewhere; its address."""
    # Any free port: without an address, Dask takes 8787, which another cluster here may have.
    options = {"processes": False, "protocol": "tcp://", "dashboard_address": ":0"}
    with LocalCluster(n_workers=workers, threads_per_worker=1, **options) as here:
        yield here.scheduler_address


@contextmanager
def dask(command, *words, path, python=f"{ROOT}{os.pathsep}{ROOT / 'tests'}"):
    """Run a program of Dask's in a folder; yield its process."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{command}", *words, "--no-dashboard"]
    env = {**os.environ, "PYTHONPATH": python}
    with subprocess.Popen(command, cwd=path, env=env, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


WORKER = ("worker", "--no-nanny", "--nthreads", "1")


@pytest.mark.slow
def test_an_existing_cluster_gives_the_same_results_until_it_is_lost(paths, tmp_path):
    assert run(paths, tmp_path / "local").status == many.COMPLETE
    (tmp_path / "elsewhere").mkdir()
    file = "--scheduler-file", str(tmp_path / "scheduler.json")
    with ExitStack() as stack:

        def start(*words):
            return stack.enter_context(dask(*words, *file, path=tmp_path / "elsewhere"))

        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0")
        start(*WORKER), start(*WORKER)
        with Client(scheduler_file=file[1]) as client:
            address = client.scheduler.address
        summary = run(paths, tmp_path / "out", scheduler=address)
        assert summary.status == many.COMPLETE
        assert results(tmp_path / "out") == results(tmp_path / "local")

        # A worker with another version of the grader is named, and nothing is graded.
        summary = run(paths, tmp_path / "other", scheduler=address, work=worker.grade_one)
        assert re.search(r"has version [0-9a-f]{16} of the grader, not stand-in", summary.stopped)
        assert summary.states == {} and summary.status == many.PROBLEMS
        assert not list((tmp_path / "elsewhere").glob("*.*"))

        def lose(slug, state):
            scheduler.kill()

        summary = run(paths, tmp_path / "lost", scheduler=address, report=lose)
    assert "the Dask scheduler was lost" in summary.stopped and summary.status == many.PROBLEMS
    assert run(paths, tmp_path / "lost").status == many.COMPLETE
    assert results(tmp_path / "lost") == results(tmp_path / "local")


@pytest.mark.parametrize("error", [CancelledError, CommClosedError])
def test_a_result_that_is_lost_on_its_way_is_nobodys_mistake(error):
    future = mock.Mock(result=mock.Mock(side_effect=error))
    run = many.Run(stand_in.SETTINGS, store=None, report=None, summary=many.Summary())
    with pytest.raises(cluster.ClusterError, match="scheduler was lost"):
        sending.finish(run, mock.Mock(), future)


def test_workers_without_the_grader_are_named_and_survive(paths, tmp_path):
    with (
        cluster_here(workers=1) as address,
        dask(*WORKER, address, path=tmp_path, python="") as lacking,
    ):
        with Client(address) as client:
            client.wait_for_workers(2, timeout=60)
        summary = run(paths, tmp_path / "out", scheduler=address)
        assert re.search(
            r"no course\.grader\.many\.cluster for Python at tcp:.*: set", summary.stopped
        )
        assert summary.stopped.count("tcp://") == 1
        assert lacking.poll() is None


def test_a_cluster_that_is_not_there_or_has_no_workers_is_said(paths, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT", 1)
    summary = run(paths, tmp_path / "out", scheduler="tcp://127.0.0.1:9")
    assert "there is no Dask scheduler at tcp://127.0.0.1:9" in summary.stopped
    monkeypatch.setattr(cluster, "WAIT", 0.1)
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with cluster_here() as address:
        summary = run(paths, tmp_path / "out", scheduler=address)
    assert "the cluster has had no worker for 1 s" in summary.stopped

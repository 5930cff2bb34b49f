"""The Dask cluster that grades: processes started here, or any that exists; alike from there on.

Tasks go to the cluster a window at a time, and leave it one at a time. A task whose worker is lost
is tried again by Dask, which then also suspects the tasks that only waited for the same worker.
Those that it gives up are therefore tried once more, each with nothing beside it.
"""

import itertools
import logging
import os
import signal
import ssl
import sys
import tempfile
import time
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from multiprocessing import resource_tracker

import dask
from distributed import Client, KilledWorker, LocalCluster, Security, wait
from tqdm import tqdm

from course.grader import CannotGrade

WAIT = 5  # seconds after which to look whether the cluster is still there
CONNECT = 30  # seconds to wait for the scheduler
START = 30  # seconds to wait for all workers of a local cluster
MOST_JOBS = 4  # processes of ours for each processor
PATIENCE = 120  # seconds to wait for the first worker, and for a new one if all are lost

# One process a CPU, nothing else: no dashboard, no pages, no statistics. Memory is limited by the
# sandbox, not here. After two lost workers a task is tried alone.
LOCAL = {
    "distributed.scheduler.allowed-failures": 1,
    # A lost worker is started again. On a busy machine that takes longer than the usual 15 s.
    "distributed.deploy.lost-worker-timeout": "1 hour",
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    "distributed.worker.preload": [__name__],  # calls dask_setup below
    "distributed.admin.system-monitor.gil.enabled": False,
}
CLIENT = {
    # Notebooks may be large, and that is no mistake of whoever reads the warning.
    "distributed.admin.large-graph-warning-threshold": "1GB",
    # Dask would keep the last 1000 messages, some with a whole submission in them.
    "distributed.admin.low-level-log-length": 1,
}
LOST = "the Dask scheduler was lost, with the tasks that it held"


class ClusterError(CannotGrade):
    """There is no cluster, or none any more, that grades."""


class Keys(Security):
    """Those of a local cluster; to them, a connection that ends without a farewell is just over.

    Else Python leaves an error of it behind, which with OpenSSL 3.5 the next connection that its
    thread reads from takes for its own, and fails (github.com/python/cpython/issues/148594).
    """

    def _get_tls_context(self, tls, purpose):
        context = super()._get_tls_context(tls, purpose)
        context.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
        return context


@contextmanager
def connect(jobs=None, scheduler=None):
    """Yield the Client of the cluster at the address `scheduler`, or else of a new local one.

    A local cluster has `jobs` processes, by default one for each CPU that may be used. Only who
    holds the keys made for it can talk to it: any other program that reaches a Dask cluster, as
    those of all users of this machine would, can run code in it.
    """
    for name in ("distributed", "tornado", "tornado.application", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what matters is said by us
    with dask.config.set(CLIENT):
        if scheduler is None:
            jobs = fewer(jobs or cpus())
            with local_cluster() as cluster, Client(cluster) as client:
                cluster.scale(jobs)  # not before: a client waits for all that a cluster has
                wait_for_workers(client, jobs)
                yield client
            return
        try:
            client = Client(scheduler, timeout=CONNECT)
        except (OSError, ValueError, TimeoutError) as error:
            raise ClusterError(f"there is no Dask scheduler at {scheduler}: {error}") from error
        with client:
            require_grader(client)
            yield client


def require_grader(client):
    """Raise ClusterError unless the scheduler and its workers can import the grader.

    Dask would stop those that cannot at the first task that they get.
    """
    found = client.run(find_spec, __name__, on_error="return")  # {address: a specification}
    with suppress(ImportError):
        found["the scheduler"] = client.run_on_scheduler(find_spec, __name__)
    names = sorted({"the scheduler", *found})
    if lacking := [name for name in names if not isinstance(found.get(name), ModuleSpec)]:
        raise ClusterError(
            f"there is no {__name__} for Python at {', '.join(lacking)}: set PYTHONPATH to a "
            "checkout of this repository, install course/requirements.txt, and start it again"
        )


@contextmanager
def local_cluster():
    with (
        tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True) as scratch,
        dask.config.set(LOCAL),
    ):
        try:
            with ctrl_c_for_us():
                cluster = LocalCluster(
                    n_workers=0,
                    threads_per_worker=1,
                    memory_limit=0,
                    security=Keys.temporary(),
                    dashboard_address=":0",
                    scheduler_kwargs={"dashboard": False},
                    local_directory=scratch,
                    # What a killed worker leaves behind goes with the folder.
                    env={"TMPDIR": scratch},
                    silence_logs=logging.CRITICAL,
                )
        except (OSError, RuntimeError, TimeoutError) as error:
            raise ClusterError(f"no local cluster could be started: {error}") from error
        try:
            yield cluster
        finally:
            with suppress(TimeoutError):
                cluster.close(timeout=WAIT)


@contextmanager
def ctrl_c_for_us():
    """Keep the signal from processes that threads made in this block start, until dask_setup.

    A worker would die of it with a traceback while Python starts, before it can take it.
    """
    # Started by one of these threads, it would unblock the signal there, and so in workers; and it
    # would warn of what an interrupted run leaves to it to free.
    sys.warnoptions.append("ignore:resource_tracker")
    resource_tracker.ensure_running()
    sys.warnoptions.pop()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def fewer(jobs):
    """Return how many processes to start: so many that the machine goes on answering."""
    most = MOST_JOBS * cpus()
    if jobs > most:
        say(f"--jobs {jobs}: {most} are started, as this machine has {cpus()} processors")
    return min(jobs, most)


def wait_for_workers(client, jobs):
    """Wait for the workers, on a busy machine for some of them. Raises ClusterError."""
    for wanted, seconds in ((jobs, START), (1, PATIENCE)):
        with suppress(TimeoutError):
            client.wait_for_workers(wanted, timeout=seconds)
        if started := threads(client):
            break
    else:
        raise ClusterError(f"no worker process has started in {START + PATIENCE} s")
    if started < jobs:
        say(f"{started} of {jobs} worker processes have started; grading begins with these")


def say(line):
    tqdm.write(line, file=sys.stderr)


def dask_setup(worker):
    """Let Ctrl-C be answered by the process that started this one. Its children are as usual."""
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # see ctrl_c_for_us


def cpus():
    """Return how many CPUs this process may use."""
    with suppress(AttributeError):  # macOS cannot tell
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def threads(client):
    """Return how many tasks the cluster runs at once. Raises ClusterError if it is gone."""
    try:
        return sum(client.nthreads().values())
    except (OSError, TimeoutError) as error:
        raise ClusterError(LOST) from error


def completed(client, submit, items, is_doubtful=lambda future: False):
    """Yield (item, future) as they complete, in whatever order; submit(item) returns the future.

    `items` is read as far as needed to keep every worker busy and its next task at hand. An item
    whose task was given up, or whose future is doubtful, is submitted a second time, alone.
    """
    suspects = []
    for item, future in in_window(submit, items, lambda: 2 * threads(client) + 2, client):
        lost = future.status == "error" and isinstance(future.exception(), KilledWorker)
        if lost or (future.status == "finished" and is_doubtful(future)):
            suspects.append(item)
        else:
            yield item, future
    yield from in_window(submit, suspects, lambda: 1, client)


def in_window(submit, items, window, client):
    """Yield (item, future) as they complete, with at most window() of them under way."""
    items, running = iter(items), {}
    while True:
        for item in itertools.islice(items, max(0, window() - len(running))):
            running[submit(item)] = item
        if not running:
            return
        for future in wait_for_some(client, list(running)):
            yield running.pop(future), future
            future.release()


def wait_for_some(client, futures):
    """Return those futures that are done, at least one. Raises ClusterError."""
    alive = time.monotonic()
    while True:
        try:
            return wait(futures, timeout=WAIT, return_when="FIRST_COMPLETED").done
        except CancelledError as error:
            raise ClusterError(LOST) from error
        except TimeoutError:
            if threads(client):
                alive = time.monotonic()
            elif time.monotonic() > alive + PATIENCE:
                raise ClusterError(f"the cluster has had no worker for {PATIENCE} s") from None

"""Simulate a long run of the grader over many workers, from the durations of a short one:

    python -m benchmarks.grading_simulate OUT --workers 64 --submissions 10000

OUT is the folder of a run that was done. Durations are drawn from its results, with replacement.
What is simulated is the way of course/grader/many/: one process reads, sends and saves, one
submission after another, at a cost that is measured; as many are under way as the window allows;
a free worker takes the one that has waited longest; a submission whose worker is lost waits again.

What is not: the network, workers of different speed, and disks or memory that many workers share.
`--check` has the real scheduler of Dask send sleeping tasks to as many workers, on a smaller scale,
and compares the time that this takes with the simulated one.
"""

import argparse
import heapq
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dask
import numpy as np
from distributed import Client, LocalCluster

from course.grader.many.cluster import LOCAL, completed
from course.grader.store import Store

SEED = 231
OVERHEAD = 0.05  # seconds of the sending process for each submission, if it was not measured
LOSS = 0.001  # probability that a worker is lost during a submission
RESTART = 5.0  # seconds until a lost worker is back


@dataclass
class Simulated:
    """A run: what each of its `workers` did. Times in seconds, a row for each try."""

    workers: int
    durations: np.ndarray  # (N,) of the submissions
    starts: np.ndarray  # (tries,)
    ends: np.ndarray  # (tries,)
    finished: np.ndarray  # (tries,) False where the worker was lost

    @property
    def makespan(self):
        return self.ends.max()

    @property
    def ideal(self):
        """The shortest time in which so many workers could do it."""
        return max(self.durations.sum() / self.workers, self.durations.max())

    @property
    def idle(self):
        """The share of all workers' time in which they had nothing to do."""
        return 1 - (self.ends - self.starts).sum() / (self.workers * self.makespan)

    @property
    def tail(self):
        """How long the last hundredth of the submissions took after all others were done."""
        done = np.sort(self.ends[self.finished])
        return done[-1] - done[int(0.99 * len(done)) - 1]


def simulate(durations, workers, *, overhead=0.0, loss=0.0, rng=None):
    """Return the Simulated run of submissions with these durations (N,), in seconds.

    overhead  seconds of the sending process for each submission
    loss      probability that a worker is lost during a submission, at a random moment of it
    """
    rng = rng or np.random.default_rng(SEED)
    lost_at = np.where(rng.random(len(durations)) < loss, rng.random(len(durations)), 1.0)
    free = [0.0] * workers  # heap: when each worker is free
    ends = []  # heap: (end, submission, finished)
    tries = []  # (start, end, finished)

    def start(i, now, share):
        begin = max(now, heapq.heappop(free))
        end = begin + share * durations[i]
        heapq.heappush(free, end if share == 1 else end + RESTART)
        heapq.heappush(ends, (end, i, share == 1))
        tries.append((begin, end, share == 1))

    now, sent, under_way, window = 0.0, 0, 0, 2 * workers + 2
    while sent < len(durations) or under_way:
        while sent < len(durations) and under_way < window:
            now += overhead
            start(sent, now, lost_at[sent])
            sent, under_way = sent + 1, under_way + 1
        end, i, finished = heapq.heappop(ends)
        if finished:
            now, under_way = max(now, end), under_way - 1
        else:  # Dask tries again by itself
            start(i, end, 1)
    starts, ended, finished = (np.array(column) for column in zip(*tries, strict=True))
    return Simulated(workers, np.asarray(durations), starts, ended, finished)


def read_durations(path):
    """Return the seconds that each result in the folder `path` took. Raises ValueError."""
    times = [result["times"].get("seconds") for result in Store(path).results()]
    durations = np.array([seconds for seconds in times if seconds is not None])
    if not len(durations):
        raise ValueError(f"{path} holds no results with their durations; name the --out of a run")
    return durations


@contextmanager
def workers_in_threads(count):
    """Yield the Client of a real Dask cluster whose workers are threads of this process."""
    settings = {name: value for name, value in LOCAL.items() if "preload" not in name}
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=False,
            memory_limit=0,
            dashboard_address=":0",
            scheduler_kwargs={"dashboard": False},
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def check(durations, workers):
    """Return the seconds that Dask takes for sleeping tasks, and those that are simulated.

    Tasks without any duration are run before, to tell the overhead of a task in this process, where
    all workers share it.
    """

    def seconds(client, sleeps):
        start = time.perf_counter()
        for _ in completed(client, lambda s: client.submit(time.sleep, s, pure=False), sleeps):
            pass
        return time.perf_counter() - start

    with workers_in_threads(workers) as client:
        seconds(client, [0.0] * 2 * workers)  # warms up
        overhead = seconds(client, [0.0] * 500) / 500
        measured = seconds(client, durations.tolist())
    return measured, simulate(durations, workers, overhead=overhead).makespan, overhead


def table(draws):
    """Yield lines: what the runs of each order have in common. draws: {label: [Simulated, ...]}"""
    yield f"{'order':<18}{'minutes':>9}{'ideal':>9}{'idle':>8}{'last 1 %':>11}{'tries':>8}"
    for label, runs in draws.items():
        mean = {
            name: np.mean([getattr(run, name) for run in runs])
            for name in ("makespan", "ideal", "idle", "tail")
        }
        tries = np.mean([len(run.starts) for run in runs])
        yield (
            f"{label:<18}{mean['makespan'] / 60:>9.1f}{mean['ideal'] / 60:>9.1f}"
            f"{mean['idle']:>8.2%}{mean['tail']:>9.0f} s{tries:>8.0f}"
        )


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("durations", type=Path, metavar="OUT", help="the results of a run")
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--submissions", type=int, default=10_000)
    parser.add_argument("--overhead", type=float, default=OVERHEAD, help="s to send and save one")
    parser.add_argument("--loss", type=float, default=LOSS, help="of a worker, for a submission")
    parser.add_argument("--draws", type=int, default=10, help="runs to take the mean of")
    parser.add_argument("--check", type=float, metavar="SCALE", help="compare with Dask, e.g. 0.04")
    args = parser.parse_args(argv)
    recorded = read_durations(args.durations)
    print(
        f"{args.submissions} submissions over {args.workers} workers; durations of "
        f"{len(recorded)} results: mean {recorded.mean():.1f} s, longest {recorded.max():.1f} s"
    )
    draws = {"as they come": [], "longest first": []}
    for number in range(args.draws):
        rng = np.random.default_rng([SEED, number])
        drawn = rng.choice(recorded, args.submissions)
        for label, durations in zip(draws, (drawn, np.sort(drawn)[::-1]), strict=True):
            options = {"overhead": args.overhead, "loss": args.loss, "rng": rng}
            draws[label].append(simulate(durations, args.workers, **options))
    print(*table(draws), sep="\n")
    if args.check:
        some = args.check * draws["as they come"][0].durations[: 40 * args.workers]
        measured, simulated, overhead = check(some, args.workers)
        print(
            f"Dask, {len(some)} tasks that sleep {args.check:g} times as long, {args.workers} "
            f"workers in one process: {measured:.1f} s; simulated, with the {1000 * overhead:.1f} "
            f"ms that a task costs there: {simulated:.1f} s"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

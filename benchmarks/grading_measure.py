"""Measure what grading costs on this machine.

    python -m benchmarks.grading_measure runs FOLDER --json FILE     the command itself
    python -m benchmarks.grading_measure overhead FOLDER             all of it but the grading

`runs` grades copies of the submissions in FOLDER, each with bytes of its own: a few with one worker
and with two, many with two, and all of it without notebooks as well. CPU seconds are those of the
whole machine, which must be idle otherwise; the peak memory is the command's own process's.
`overhead` reads, sends and saves the submissions in FOLDER as they are, with workers that do
nothing.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.measure import peak_memory
from course import ROOT, definition
from course.grader import intake, many
from course.grader.grade import Graded
from course.grader.settings import Settings
from course.grader.store import Store

COURSE = definition.load()


@dataclass
class Measured:
    """A run of the command.

    seconds      of the whole command; `span`: from the first result to the last, without the start
                 of the workers before, and the pages and the gradebook after
    cpu_seconds  of the whole machine
    memory       bytes, the peak of the process that the command started
    durations    seconds of a worker for each submission, sorted
    """

    submissions: int
    jobs: int
    notebooks: bool
    seconds: float
    span: float
    cpu_seconds: float
    memory: int
    durations: list

    @property
    def rate(self):
        """Submissions a second while all workers are busy."""
        return (self.submissions - 1) / self.span

    def __str__(self):
        cpu, hourly = self.cpu_seconds / self.submissions, 3600 * self.submissions / self.seconds
        return (
            f"{self.submissions:>5} submissions, {self.jobs} worker{'s' * (self.jobs > 1)}, "
            f"{'with' if self.notebooks else 'without'} notebooks: {hourly:.0f} an hour, "
            f"{cpu:.1f} CPU s each, peak {self.memory / 1e6:.0f} MB"
        )


def write_copies(templates, folder, count):
    """Write `count` submissions to `folder`: the templates in turns, each with bytes of its own.

    They differ in empty lines at the end of a file, which change nothing else.
    """
    templates = [one for path in templates if (one := intake.read(COURSE, path)).files]
    for i in range(count):
        submission = templates[i % len(templates)]
        changed = min(submission.files)
        for name, content in submission.files.items():
            path = folder / f"{i:05d}-{submission.slug[:50]}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content + b"\n" * (i + 1) if name == changed else content)


def run(folder, out, jobs, notebooks):
    """Grade a folder by the command, into the new folder `out`, and return what was Measured."""
    command = [sys.executable, "-m", "course.grader", "grade", folder, "--out", out]
    command += ["--jobs", str(jobs), *([] if notebooks else ["--no-notebooks"])]
    start, cpu, peak = time.perf_counter(), busy_seconds(), 0
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        with suppress(OSError, StopIteration):  # it has ended meanwhile
            peak = peak_memory(process.pid)
        time.sleep(0.2)
    seconds, cpu = time.perf_counter() - start, busy_seconds() - cpu
    saved = [path.stat().st_mtime for path in out.glob("submissions/*/result.json")]
    times = [result["times"].get("seconds", 0.0) for result in Store(out).results()]
    span = max(saved) - min(saved)
    return Measured(len(times), jobs, notebooks, seconds, span, cpu, peak, sorted(times))


def busy_seconds():
    """Return the CPU time that all programs of this machine have had. Only on Linux.

    A process is told nothing of what ran in a sandbox that was killed, as most are.
    """
    user, nice, system, _, _, irq, softirq = (
        int(ticks) for ticks in Path("/proc/stat").read_text().split("\n")[0].split()[1:8]
    )
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def runs(templates, most, few, notebooks=(True, False)):
    """Yield what was Measured: few submissions with one worker and with two, many with two."""
    for with_notebooks in notebooks:
        for count, jobs in ((few, 1), (few, 2), (most, 2)):
            with tempfile.TemporaryDirectory() as scratch:
                folder, out = Path(scratch, "submissions"), Path(scratch, "out")
                write_copies(templates, folder, count)
                yield run(folder, out, jobs, with_notebooks)


def nothing(files, settings):
    """Stand in for the grader: a result at once, with attachments as large as what came."""
    return Graded({"times": {}}, {"everything.ipynb": b"".join(files.values())})


def overhead(paths, jobs=2):
    """Return what it costs to read, send and save each submission, in seconds, and the memory."""
    settings, moments = Settings(0, "", bytes(200_000)), []
    with tempfile.TemporaryDirectory() as out, Store(out) as store:

        def report(slug, state):
            moments.append((time.perf_counter(), time.process_time()))

        many.grade_all(paths, settings, store, jobs=jobs, report=report, work=nothing)
    wall, cpu = np.subtract(moments[-1], moments[0]) / max(1, len(moments) - 1)
    return {
        "seconds": wall,
        "cpu_seconds": cpu,
        "memory": peak_memory(),
        "count": len(moments),
    }


def main(argv=None):
    parser = argparse.ArgumentParser(description="Measure what grading costs on this machine.")
    parser.add_argument("what", choices=("runs", "overhead"))
    parser.add_argument("folder", type=Path, help="of submissions")
    parser.add_argument("--many", type=int, default=200)
    parser.add_argument("--few", type=int, default=20)
    parser.add_argument("--json", type=Path, help="where to write what `runs` measured")
    args = parser.parse_args(argv)
    paths = intake.find(COURSE, args.folder).students
    if args.what == "overhead":
        print(json.dumps(overhead(paths)))
        return 0
    measured = []
    for one in runs(paths, args.many, args.few):
        print(one, flush=True)
        measured.append(one)
        if args.json:
            machine = {"python": platform.python_version(), "cpus": os.cpu_count()}
            found = {"machine": machine, "runs": [asdict(one) for one in measured]}
            args.json.write_text(json.dumps(found, indent=1) + "\n")
    for one, two in (measured[0:2], measured[3:5]):
        kind = "with" if one.notebooks else "without"
        print(f"{kind} notebooks, two workers are {two.rate / one.rate:.2f} times as fast")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A grader in miniature, for tests of what lies around it: it does what a submission tells it to.

A submission is a folder with one file, whose last line is a word of BEHAVIOURS and its arguments.

    python tests/stand_in_grader.py FOLDER OUT     as `python -m course.grader grade` does
"""

import argparse
import hashlib
import json
import os
import signal
import sys
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path
from unittest import mock

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from distributed import Client

from course import ROOT
from course.grader import intake, many
from course.grader.grade import Graded
from course.grader.many import sending
from course.grader.many.cluster import connect
from course.grader.settings import Settings
from course.grader.store import Store

FILE = "toy/sums.py"
CLASS = {f"student-{i:02d}": f"earn {i}" for i in range(10)}
TOY = str(ROOT / "tests" / "toy")  # its declaration is enough
SETTINGS = Settings(seed=231, data="", problems=bytes(200_000), version="stand-in", root=TOY)


def hand_in(folder, submissions):
    """Write submissions, {name: behaviour}, and return their paths."""
    for name, behaviour in submissions.items():
        path = folder / name / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"""The work of a student."""\n# {behaviour}\n')
    return find(folder)


def find(folder):
    return intake.find(SETTINGS.course, folder).students


def grade(files, settings, kept=None):
    """Return a result that follows from the files and the settings, and an attachment."""
    start = time.perf_counter()
    word, *arguments = files[FILE].decode().splitlines()[-1].removeprefix("# ").split()
    points = BEHAVIOURS[word](*arguments)
    digest = hashlib.sha256(repr(sorted(files.items())).encode() + settings.problems).hexdigest()
    result = {
        "seed": settings.seed,
        "points": {"automatic": points},
        "digest": digest,
        "told": [],
        "exercises": [],
        "notebooks": [],
        "times": {"seconds": time.perf_counter() - start, "process": os.getpid()},
    }
    return Graded(result, {"one.ipynb": digest.encode() * 1000})


def earn(points, seconds=0):
    time.sleep(float(seconds))
    return int(points)


def kill(times, log):
    """Kill the worker the first so many times; `log` is a file that counts."""
    with open(log, "a") as file:
        file.write("x")
    if os.path.getsize(log) <= int(times):
        os.kill(os.getpid(), signal.SIGKILL)
    return 1


def mistake(*_):
    raise ZeroDivisionError("a mistake of the grader")


def tell(path, points):
    """Write the number of the worker's process to a file, then wait for the file to vanish."""
    Path(path).write_text(str(os.getpid()))
    while Path(path).exists():
        time.sleep(0.01)
    return int(points)


BEHAVIOURS = {"earn": earn, "kill": kill, "mistake": mistake, "tell": tell}


@contextmanager
def shared_cluster(cluster=None):
    """Let all runs of this process have one cluster, for it takes seconds to start: a new local one
    unless another is given. Yields the client."""

    def connected(jobs, scheduler):
        return connect(jobs, scheduler) if scheduler else nullcontext(client)

    made = Client(cluster) if cluster else connect(jobs=2)
    with made as client, mock.patch.object(sending, "connect", connected):
        yield client


def run(paths, out, work=grade, settings=SETTINGS, **options):
    """Grade into the folder `out`; return the Summary."""
    with Store(out) as store:
        return many.grade_all(paths, settings, store, jobs=2, work=work, **options)


def results(out):
    """Return {slug: the bytes of its result without times, and of its attachment}."""
    kept = {}
    for folder in (out / "submissions").iterdir():
        result = json.loads((folder / "result.json").read_bytes())
        del result["times"]
        kept[folder.name] = json.dumps(result), (folder / "one.ipynb").read_bytes()
    return kept


def points(out):
    return {one["slug"]: one["points"]["automatic"] for one in Store(out).results()}


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    paths = find(args.folder)
    with many.progress(len(paths)) as report:
        summary = run(paths, args.out, report=report)
    print(summary.stopped)
    return summary.status


if __name__ == "__main__":
    # A background job of a shell has inherited that Ctrl-C is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())

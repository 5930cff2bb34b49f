"""Grade many submissions: read, send to the cluster, save what comes back, one at a time.

However many there are, this process holds only those that are under way. What is in the store
already is not graded again, under whatever name it was handed in. No submission stops the run. What
ends the run early loses no result, and the same command goes on from there.
"""

import itertools
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace

from tqdm import tqdm

from course.grader import CannotGrade, intake
from course.grader.options import COMPLETE, INTERRUPTED, PROBLEMS
from course.grader.settings import APART, keys
from course.grader.store import FORMAT, VERSION

GRADED, REUSED, NOT_GRADED = "graded", "reused", "not graded"
PARTS = tuple(APART)  # of a result, each of which is kept as long as it holds
READERS = 4  # submissions that are read at the same time


@dataclass
class Summary:
    """What became of a run.

    states    {slug: GRADED, REUSED or NOT_GRADED}, as they were done
    errors    {slug: traceback}, of mistakes of the grader
    stopped   why the run ended early, and how to go on; "" if it did not
    """

    states: dict = field(default_factory=dict)
    errors: dict = field(default_factory=dict)
    stopped: str = ""
    interrupted: bool = False

    @property
    def status(self):
        """The exit status of the run."""
        if self.interrupted:
            return INTERRUPTED
        return PROBLEMS if self.stopped or NOT_GRADED in self.states.values() else COMPLETE


@dataclass
class Task:
    """A submission that is under way. Its files are let go when they are sent.

    keys    of its result, see settings.keys;  kept  parts of an older one that hold, see grade.py
    """

    handed: intake.Handed
    submission: intake.Submission
    content: str
    keys: dict
    kept: dict = field(default_factory=dict)

    def take_files(self, course):
        """Return the files. The second time they are read again."""
        if self.submission.files is None:
            return intake.read(course, self.handed).files
        files = self.submission.files
        self.submission = replace(self.submission, files=None)
        return files

    def complete(self, result):
        """Return a result under the name, and with the remarks, of this submission."""
        head = {"format": FORMAT, "version": VERSION}
        head |= {"name": self.submission.name, "slug": self.submission.slug}
        late = [
            f"{one}: points were lost by a limit of time; please look" for one in late_in(result)
        ]
        remarks = [*self.submission.remarks, *result["told"], *late]
        head |= {"remarks": remarks, "content": self.content, "key": self.keys["whole"]}
        head |= {"keys": {part: self.keys[part] for part in PARTS}}
        head |= {"student": self.submission.student}
        return head | {name: value for name, value in result.items() if name not in head}


def grade_all(
    handed, settings, store, *, jobs=None, scheduler=None, report=lambda *_: None, work=None
):
    """Grade `handed`, intake.Handed, into `store`, which is locked, and return the Summary.

    The cluster is that at the address `scheduler`, or a local one of `jobs` processes. report(slug,
    state) is called for each submission. work(files, settings) -> Graded is done by the workers,
    by default worker.grade_one.
    """
    run = Run(settings, store, report, Summary())
    try:
        run.grade(handed, jobs, scheduler, work)
    except BaseException as error:
        run.summary.interrupted = is_interrupt(error)
        if not isinstance(error, CannotGrade) and not run.summary.interrupted:
            raise
        run.summary.stopped = "interrupted" if run.summary.interrupted else str(error)
    if run.summary.stopped:
        run.summary.stopped += f"; {len(run.summary.states)} are done, and the same command goes on"
    return run.summary


def is_interrupt(error):
    """Whether Ctrl-C has led to an error: as a cluster is closed because of it, others may come."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


@dataclass
class Run:
    """One run: what its steps share."""

    settings: object
    store: object
    report: object
    summary: Summary

    def grade(self, handed, jobs, scheduler, work):
        """Grade what is not in the store. A cluster is started only if there is any such."""
        with closing(self.unfinished(handed)) as tasks:
            if (first := next(tasks, None)) is not None:
                from course.grader.many import sending  # takes seconds, as it imports Dask

                sending.grade(self, itertools.chain([first], tasks), jobs, scheduler, work)

    def unfinished(self, handed):
        """Yield a Task for each submission that has no result. Others get theirs at once."""
        for one, submission, content in read_ahead(self.settings.course, handed):
            task = Task(one, submission, content, keys(content, self.settings))
            kept = self.store.load(submission.slug, task.keys["whole"])
            if kept is None or kept != task.complete(kept):  # the latter: it was handed in again
                if (found := self.store.find(task.keys["whole"])) is None:
                    task.kept = self.parts_kept(task.keys)
                    found = self.told_again(task)
                if found is None:
                    yield task
                    continue
                self.store.save(task.complete(found[0]), found[1])
            self.done(task, REUSED)

    def told_again(self, task):
        """Return (result, attachments) where all parts hold, None where code has to run."""
        if not task.kept.keys() >= set(PARTS):
            return None
        from course.grader.grade import grade  # takes a second to import

        try:
            graded = grade(task.submission.files, self.settings, task.kept)
        except Exception:  # a mistake of ours, which a worker makes again, and tells
            return None
        return graded.result | {"times": task.kept["times"]}, graded.attachments

    def parts_kept(self, keys):
        """Return the parts of older results that hold, as grade.py takes them."""
        kept = {}
        if found := self.store.find(keys["exercises"]):
            kept |= {"exercises": found[0]["exercises"], "times": found[0]["times"]}
        if found := self.store.find(keys["notebooks"]):
            entries, attachments = found[0]["notebooks"], found[1]
            executed = {one["name"]: attachments.get(f"{one['name']}.ipynb") for one in entries}
            kept["notebooks"] = entries, {name: one for name, one in executed.items() if one}
        return kept

    def done(self, task, state):
        self.summary.states[task.submission.slug] = state
        self.report(task.submission.slug, state)


def late_in(result):
    """Return the names of exercises that lost points by a limit of time."""
    return [one["exercise"] for one in result.get("exercises", ()) if one.get("limit")]


def read_ahead(course, handed):
    """Yield (Handed, submission, content key) in order, while a few further ones are being read."""
    handed, under_way = iter(handed), deque()
    with ThreadPoolExecutor(READERS) as pool:
        while True:
            for one in itertools.islice(handed, READERS + 1 - len(under_way)):
                under_way.append(pool.submit(read, course, one))
            if not under_way:
                return
            yield under_way.popleft().result()


def read(course, handed):
    submission = intake.read(course, handed)
    return handed, submission, intake.content_key(submission.files)


@contextmanager
def progress(total, write_pages=lambda slug: None):
    """Yield a `report` for grade_all that moves a bar, with an estimate of the time left.

    write_pages(slug) is called for each submission, too. What goes wrong there is told when all
    pages are written, after the last submission: it must not end the run.
    """
    with tqdm(total=total, desc="grading", unit="", smoothing=0) as bar:

        def report(slug, state):
            if state == REUSED:
                bar.initial += 1  # tells nothing about the time that others take
            bar.update()
            with suppress(Exception):
                write_pages(slug)

        yield report

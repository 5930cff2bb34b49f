"""Have a Run's tasks done by the cluster, and save what comes back."""

import traceback

from distributed import CancelledError, KilledWorker
from distributed.comm import CommClosedError

from course.grader import CannotGrade
from course.grader.many import GRADED, NOT_GRADED, late_in
from course.grader.many.cluster import LOST, ClusterError, completed, connect
from course.grader.many.worker import grade_one, not_graded


def grade(run, tasks, jobs, scheduler, work=None):
    """Grade the tasks; see many.grade_all."""
    with connect(jobs, scheduler) as client:
        send(run, client, tasks, work or grade_one)


def send(run, client, tasks, work):
    """Have the tasks done by the cluster."""
    # Sent once; what depends on this future gets its value from worker to worker. Unlike
    # scattered data it is made again if the workers that have it are lost.
    settings = client.submit(same, run.settings, pure=False)

    def submit(task):
        files = task.take_files(run.settings.course)
        kept = [task.kept] if task.kept else []
        return client.submit(work, files, settings, *kept, pure=False)

    for task, future in completed(client, submit, tasks, is_late):
        finish(run, task, future)


def finish(run, task, future):
    """Save what came back for a submission, or that nothing did."""
    try:
        graded = future.result()
        run.store.save(task.complete(graded.result), graded.attachments)
    except CannotGrade:
        raise
    except (CancelledError, CommClosedError) as error:  # the latter while it is being fetched
        raise ClusterError(LOST) from error
    except KilledWorker:
        give_up(run, task, "every worker that tried was lost, also with nothing beside it")
    except Exception as error:  # a mistake of ours, which costs no other submission
        run.summary.errors[task.submission.slug] = "".join(traceback.format_exception(error))
        give_up(run, task, f"the grader made a mistake ({type(error).__name__})")
    else:
        run.done(task, GRADED)


def give_up(run, task, why):
    """Save a result without points that says why. Its key is none: the next run tries again."""
    result = task.complete(not_graded(run.settings, why))
    result["remarks"] = [*result["remarks"], f"not graded: {why}"]
    run.store.save({**result, "key": "", "keys": {}}, {})
    run.done(task, NOT_GRADED)


def is_late(future):
    """Whether to try again what a future has, with nothing beside it: the machine may be busy."""
    try:
        return bool(late_in(future.result().result))
    except Exception:  # it cannot be fetched: Run.finish says why
        return False


def same(value):
    return value

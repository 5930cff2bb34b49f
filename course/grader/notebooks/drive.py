"""Run the cells of a notebook in a kernel, one after another, and report.

    python -P -m course.grader.notebooks.drive < job > report

The job is a JSON object, see `Job`. The report has lines of JSON: {} once the kernel answers, one
for each cell as it ends, {"status", "outputs"}, and the last one, {"end": how, "message": why,
"code": the exit status of a kernel that has ended by itself, "in_cell": whether one was running,
"cpu": seconds}.

This is a process of its own, with little memory, so that nothing that a kernel sends can hurt the
grader: what would cross the limit ends here.
"""

import json
import resource
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

from course.grader.notebooks.kernel import Kernel, KernelEnded, Limits

MEMORY = 1_000_000_000  # bytes of address space of this process


@dataclass(frozen=True)
class Job:
    """sources: those of all cells. The others: see Kernel."""

    command: list
    folder: str
    cwd: str | None
    env: dict | None
    sources: list
    limits: Limits


def run(job, report):
    """Run all cells, hand what became of each to `report`; return the processor time.

    Raises KernelEnded if the end comes before the last cell's.
    """
    limits = job.limits
    kernel = Kernel(job.command, job.folder, job.cwd, job.env, limits)
    limit_memory()  # after its start, as the kernel would inherit the limit
    try:
        kernel.connect()
        report({})
        end, timeouts = time.monotonic() + limits.notebook, 0
        for source in job.sources:
            if time.monotonic() > end:
                left_out("timeout", f"all cells together take more than {limits.notebook:g} s")
            if timeouts >= limits.timeouts:
                left_out("timeout", f"{timeouts} cells take too long")
            if kernel.received > limits.total:
                left_out("flooded", f"all cells together show more than {limits.total:,} bytes")
            done = kernel.execute(source, end)
            timeouts += done["status"] == "timeout"
            report(done)
        return kernel.cpu_seconds()
    finally:
        kernel.kill()


def left_out(how, message):
    raise KernelEnded(how, message, in_cell=False)


def limit_memory():
    with suppress(ValueError, OSError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def report(line):
    text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
    sys.stdout.buffer.write(text.encode() + b"\n")
    sys.stdout.flush()


def main():
    words = json.load(sys.stdin)
    job = Job(**words | {"limits": Limits(**words["limits"])})
    try:
        cpu = run(job, report)
        end = {"end": "executed", "message": "", "code": None, "in_cell": False, "cpu": cpu}
    except KernelEnded as ended:
        end = {"end": ended.how, "message": str(ended), "code": ended.code}
        end |= {"in_cell": ended.in_cell, "cpu": 0.0}
    report(end)


if __name__ == "__main__":
    main()

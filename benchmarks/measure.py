"""How things are measured: in turns, in fresh processes, and with a note of the machine."""

import importlib.metadata
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def set_threads(count):
    """Let BLAS and OpenMP use `count` threads; only libraries loaded afterwards take notice."""
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(count)))
    os.environ["VECLIB_MAXIMUM_THREADS"] = str(count)


def in_turns(sides, rounds, repeat=1, warm_up=True, clock=time.perf_counter):
    """Run the functions of `sides` {name: function} A, B, C, A, B, C ...; return {name: seconds}.

    The lists hold a time for each of `rounds` rounds: the mean of `repeat` calls. With warm_up, a
    round before them is not counted. What else the machine does then hits all sides alike, which
    is why ratios are taken within rounds, and their median reported.
    """
    seconds = {name: [] for name in sides}
    for round_ in range(-1 if warm_up else 0, rounds):
        for name, function in sides.items():
            start = clock()
            for _ in range(repeat):
                function()
            if round_ >= 0:
                seconds[name].append((clock() - start) / repeat)
    return seconds


def ratio(seconds, name, to):
    """Return the median over rounds of the time of `name` over that of `to`."""
    pairs = zip(seconds[name], seconds[to], strict=True)
    return statistics.median(a / b for a, b in pairs)


def in_fresh_process(module, *args):
    """Run `python -m module args...` and return the dictionary that it prints as JSON."""
    command = [sys.executable, "-m", module, *map(str, args)]
    result = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, check=True)
    return json.loads(result.stdout)


def peak_memory(pid="self"):
    """Return the largest memory that a process, by default this one, has held at once, in bytes.

    On Linux, ru_maxrss would also count what the parent held when it started this process.
    """
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        lines = (line.partition(":") for line in status.read_text().splitlines())
        kibibytes = next(value for name, _, value in lines if name == "VmHWM")
        return 1024 * int(kibibytes.split()[0])
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def machine(threads):
    """Describe what the numbers depend on: processor, memory, threads, versions."""
    names = ("numpy", "scikit-learn", "torch")
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.system(),
        "threads": threads,
        "blas": blas(),
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in names if is_installed(name)},
    }


def processor():
    if Path("/proc/cpuinfo").exists():
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def blas():
    """Return the BLAS that NumPy has loaded, its version, kernels and threads, in a few words."""
    import numpy  # noqa: F401  loads it

    if not is_installed("threadpoolctl"):
        return "unknown"
    import threadpoolctl

    for pool in threadpoolctl.threadpool_info():
        if pool["user_api"] == "blas":
            kernels = pool.get("architecture", "unknown")
            version, threads = pool["version"], pool["num_threads"]
            return f"{pool['internal_api']} {version}, {kernels} kernels, threads: {threads}"
    return "unknown"


def is_installed(name):
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True

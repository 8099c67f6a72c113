"""What a command took: run in a process of its own, so that the peak is the command's alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple

_PROBE = """
import os, resource, subprocess, sys, time
cores = int(sys.argv[1])
if cores:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
start = time.perf_counter()
subprocess.run(sys.argv[2:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(wall, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)
"""


class Cost(NamedTuple):
    """Wall seconds, processor seconds of all its processes, peak megabytes of the largest."""

    wall: float
    processor: float
    peak_mb: int


def taken(command: Sequence[str], *, cores: int = 0, threads: int | None = None) -> Cost:
    """Run a command and measure it.

    Args:
        command: program and arguments; its output is dropped.
        cores: bind it to so many cores; 0 for all there are.
        threads: threads that Polars and BLAS may use; None for their own choice.
    """
    environment = dict(os.environ)
    if threads is not None:
        names = ("POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
        environment |= dict.fromkeys(names, str(threads))
    probe = [sys.executable, "-c", _PROBE, str(cores), *command]
    done = subprocess.run(probe, check=True, capture_output=True, text=True, env=environment)
    wall, processor, peak = done.stdout.split()
    return Cost(float(wall), float(processor), int(peak))

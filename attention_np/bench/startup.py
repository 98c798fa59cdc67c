"""What ``import attention_np`` costs, beside ``import numpy``, which it contains.

An import happens once in a process, so every sample is a process of its own. The clock stands around the import statement:
starting Python costs both the same, and counting it would only bring the ratio nearer to 1. The two take turns. A
first process of each, which is not counted, compiles the package's files and brings them into the disk cache.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from .timing import Ratio, median, ratio

MODULES = ("attention_np", "numpy")
_CHILD = "import time; begin = time.perf_counter(); import {module}; print(time.perf_counter() - begin)"


@dataclass(frozen=True)
class StartupResult:
    """Median seconds of each import, and their ratio."""

    attention_np: float
    numpy: float
    ratio: Ratio

    def figures(self) -> dict[str, float]:
        """What bars are set for, by name."""
        return {"import attention_np / import numpy": self.ratio.median}


def bench_startup(rounds: int, say: Callable[[str], None]) -> StartupResult:
    """Time both imports in fresh processes."""
    say("startup")
    for module in MODULES:
        _import_seconds(module)
    times: dict[str, list[float]] = {module: [] for module in MODULES}
    for index in range(rounds):
        for module in MODULES if index % 2 == 0 else reversed(MODULES):
            times[module].append(_import_seconds(module))
    ours, numpy = (times[module] for module in MODULES)
    return StartupResult(median(ours), median(numpy), ratio(ours, numpy))


def _import_seconds(module: str) -> float:
    done = subprocess.run([sys.executable, "-c", _CHILD.format(module=module)], capture_output=True, text=True)
    if done.returncode:
        cause = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise ImportError(f"import {module} failed in a fresh process: {cause[0]}")
    return float(done.stdout)

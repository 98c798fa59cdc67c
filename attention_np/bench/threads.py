"""The same number of threads for everyone."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

MOST_THREADS = 2
"""The bars are set for two cores; on a larger machine two are used as well."""


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads() -> int:
    """How many threads each contender may use."""
    return min(MOST_THREADS, cores())


def can_set_blas_threads() -> bool:
    """Whether threadpoolctl is installed; without it the matrix products use what their library chose."""
    return _controller() is not None


def blas_limit(number: int) -> Callable[[], AbstractContextManager[object]]:
    """What gives a context in which NumPy's matrix products use `number` threads."""
    controller = _controller()
    return nullcontext if controller is None else lambda: controller.limit(limits=number, user_api="blas")


@contextmanager
def equal_threads() -> Iterator[None]:
    """Matrix products and PyTorch, where it has been imported, use `threads` while the block runs."""
    torch = sys.modules.get("torch")
    before = None if torch is None else torch.get_num_threads()
    if torch is not None:
        torch.set_num_threads(threads())
    try:
        with blas_limit(threads())():
            yield
    finally:
        if torch is not None:
            torch.set_num_threads(before)


@cache
def _controller() -> Any:
    """What sets the threads of the libraries loaded so far: kept, since looking for them takes longer than a small call."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()

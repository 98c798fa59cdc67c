"""The number of threads of the matrix products, fixed."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def blas_threads(number: int) -> Iterator[int | None]:
    """Fix the number of threads that matrix products use, while the block runs.

    A matrix product adds in another order with another number of threads, and so differs in its last bits:
    training resumed with another number would drift from the uninterrupted one. Small products are also
    faster with one.

    Parameters
    ----------
    number : int
        At least 1.

    Yields
    ------
    int or None
        The number that is in force; None where it is not known, because threadpoolctl is not installed or
        does not know this BLAS. A warning says so, and that the bits may differ then.
    """
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValueError(f"threads: expected a whole number of at least 1, got {number!r}")
    try:
        import threadpoolctl
    except ImportError:
        _warn("threadpoolctl is not installed (the extra `tasks` brings it)")
        yield None
        return
    with threadpoolctl.threadpool_limits(limits=number, user_api="blas"):
        pools = threadpoolctl.threadpool_info()
        found = {pool["num_threads"] for pool in pools if pool["user_api"] == "blas"}
        in_force = found.pop() if len(found) == 1 else None
        if in_force is None:
            _warn("threadpoolctl does not know the BLAS that NumPy uses here")
        elif in_force != number:
            _warn(f"this BLAS gives {in_force} of the {number} threads asked for")
        yield in_force


def _warn(reason: str) -> None:
    warnings.warn(
        f"the number of BLAS threads cannot be fixed: {reason}. Training works, but a resumed run may "
        "differ from an uninterrupted one in its last bits.",
        RuntimeWarning,
        stacklevel=4,
    )

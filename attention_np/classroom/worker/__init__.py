"""Runs what learners hand in: a process that knows nothing of the answers, confined, and dead before anything is compared."""

from __future__ import annotations

from .isolation import Isolation, isolation_here
from .runner import WorkerFailed, run_function

__all__ = ["Isolation", "WorkerFailed", "isolation_here", "run_function"]

"""How much of the machine other programs took while something was measured."""

from __future__ import annotations

import os
from pathlib import Path

_STATISTICS = Path("/proc/stat")
_WORKING = slice(0, 3)
"""User, nice and system; behind them stand idle and waiting, and what interrupts and other machines took."""


class Neighbours:
    """Watches from its making on, where Linux tells."""

    def __init__(self) -> None:
        self._total, self._busy = _cores_seconds()
        self._own = _own_seconds()

    def share(self) -> float | None:
        """The share of all cores' time, in [0, 1], that neither lay idle nor was used by this process and its children.

        None where it is not known, or too little time has passed.
        """
        total, busy = _cores_seconds()
        if total <= self._total:
            return None
        others = (busy - self._busy) - (_own_seconds() - self._own)
        return min(1.0, max(0.0, others / (total - self._total)))


def _cores_seconds() -> tuple[float, float]:
    """Seconds since the machine started, of all cores together, and those of them that were worked."""
    try:
        fields = _STATISTICS.read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
        ticks = [int(field) for field in fields]
        per_second = os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return 0.0, 0.0
    return sum(ticks) / per_second, sum(ticks[_WORKING]) / per_second


def _own_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system

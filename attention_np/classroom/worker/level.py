"""The level of isolation in words, as every report prints it: what was reached, and plainly what was not."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from .isolation import Isolation

OWN_MACHINE = "a process of its own, limits of time; not prevented: anything else that its user may do"


def level(reached: Sequence[str], isolation: Isolation | None) -> str:
    """One line.

    Parameters
    ----------
    reached : sequence of str
        What the worker had reached when it began.
    isolation : Isolation or None
        What it had been asked for.
    """
    if isolation is None:
        return OWN_MACHINE
    missing = []
    spaces = any("namespaces" in part for part in reached)
    if not isolation.landlock:
        missing.append("reading files, and changing its user's, by code that gets round the audit hook")
    if not spaces and not isolation.system_calls and isolation.landlock < 4:
        missing.append("using the network by such code")
    elif not spaces and not isolation.system_calls:
        missing.append("network protocols other than TCP, by such code")
    if not isolation.own_user and not spaces and not isolation.system_calls and isolation.landlock < 6:
        missing.append("signals to other processes of its user, by such code")
    if not any("MiB of files" in part for part in reached):
        missing.append("filling the disk with many files")
    if not sys.platform.startswith("linux"):
        missing.append("processes that leave their group and outlive it")
    if sys.platform == "win32":
        missing.append("using up memory and processor")
    elif os.geteuid() == 0 and not isolation.own_user:
        missing.append("what root may do: it runs as root")
    return "; ".join(reached) + (f"; not prevented: {', '.join(missing)}" if missing else "")

"""What the package is compared with: found, or skipped by name; and refused where its results are not ours."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..functional._checks import Array

TOLERANCE = 1e-4
"""Of the largest entry: float32 sums of thousands of products in another order agree to about 1e-6."""


class Disagreement(Exception):
    """A peer computed something else: its time means nothing."""


@dataclass(frozen=True)
class Skipped:
    """A peer that is not here, and the command that brings it."""

    peer: str
    install: str


@dataclass(frozen=True)
class Peers:
    """The modules of the peers, None where one is not installed."""

    torch: Any
    autograd: Any

    def skipped(self) -> list[Skipped]:
        """Those that are not installed."""
        known = (("PyTorch", "torch", self.torch), ("HIPS autograd", "autograd", self.autograd))
        return [Skipped(name, f"pip install {module}") for name, module, found in known if found is None]


def find_peers() -> Peers:
    """Import what is installed."""
    return Peers(_found("torch"), _found("autograd"))


def _found(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def require_equal(peer: str, where: str, ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> None:
    """Refuse a peer whose results differ from ours.

    Parameters
    ----------
    peer, where : str
        Who, and at what, for the message.
    ours, theirs : mapping of str to array
        Results by name.

    Raises
    ------
    Disagreement
        If one has another shape, or is off by more than `TOLERANCE` of the largest entry of ours.
    """
    for name, own in ours.items():
        other = theirs[name]
        if own.shape != other.shape:
            raise Disagreement(f"{peer} at {where}: {name} has shape {other.shape} where ours has {own.shape}")
        largest = float(np.max(np.abs(own), initial=0))
        off = float(np.max(np.abs(own - other), initial=0))
        if not off <= TOLERANCE * largest:
            raise Disagreement(
                f"{peer} at {where}: {name} is off by {off:.2g} where the largest entry is {largest:.2g}; "
                "the time of a wrong result is worthless, nothing was timed"
            )

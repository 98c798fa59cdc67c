"""Random numbers that differ by process, and repeat when a training is resumed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np


def stream_of(rng: np.random.Generator, epoch_state: dict[str, Any], step: int, rank: int) -> Any:
    """The state with which process `rank` begins a step: what it drops is not what the others drop.

    It follows from the state at the epoch's beginning, which is the same everywhere and in the checkpoint.
    """
    digest = hashlib.sha256(json.dumps([epoch_state, step, rank]).encode()).digest()
    words = np.random.SeedSequence([int.from_bytes(digest, "little")])
    return type(rng.bit_generator)(words).state

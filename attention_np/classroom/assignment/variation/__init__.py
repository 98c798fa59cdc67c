"""Another contract for the same exercise, drawn from a secret: the package's own function is then no answer to it."""

from __future__ import annotations

from .choice import chosen
from .comment import as_handed_out, in_short, with_contract
from .exercises import varied
from .variation import Variation

__all__ = ["Variation", "as_handed_out", "chosen", "in_short", "varied", "with_contract"]

"""What is asked of the figures, and whether they give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .attention import FLOOR
from .attention_contenders import AUTOGRAD, EAGER, FUSED
from .memory import LONGEST
from .subjects import ARTICLE, SUMMARIZER, TRANSFORMER

BARS: dict[str, tuple[float, float | None]] = {
    f"attention / {EAGER}, geometric mean": (1.0, 0.7),
    f"attention / {EAGER}, worst shape": (1.5, None),
    f"attention / {FUSED}, geometric mean": (1.5, 1.0),
    f"attention / {AUTOGRAD}, geometric mean": (0.5, 0.25),
    f"attention / {FLOOR}, geometric mean": (3.0, 2.0),
    f"training step of {ARTICLE} / PyTorch": (0.7, 0.4),
    f"training step of {SUMMARIZER} / PyTorch": (1.0, 0.7),
    f"training step of {TRANSFORMER} / PyTorch": (1.0, 0.7),
    f"extra memory at {LONGEST:,} tokens, MiB": (64.0, 32.0),
    "exponent of extra memory": (1.1, None),
    "import attention_np / import numpy": (1.3, 1.15),
}
"""By figure: the bar that it must not exceed, and the aim, where there is one. Set for two cores and float32."""


@dataclass(frozen=True)
class Judged:
    """A figure beside its bar."""

    figure: str
    value: float
    bar: float
    aim: float | None

    @property
    def met(self) -> bool:
        """Whether the value is not above the bar."""
        return self.value <= self.bar


def judge(figures: Mapping[str, float]) -> list[Judged]:
    """Put measured figures beside their bars, in the bars' order; what was not measured is left out."""
    return [Judged(name, figures[name], *limits) for name, limits in BARS.items() if name in figures]

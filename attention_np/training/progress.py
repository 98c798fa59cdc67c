"""What a training shows while it runs: loss, speed, time left, and what is watched."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TextIO

REFRESH_SECONDS = 0.5
HIDDEN = ("epoch", "step", "seconds", "tokens_per_second")


class Progress:
    """A line for each epoch, and a progress bar where the stream is a terminal and tqdm is installed.

    Parameters
    ----------
    stream : text stream or None
        Where it is shown; None shows nothing.
    total, done : int
        The steps of the whole training, and those that were done before.
    watch : callable or None
        Gives the values to show beside the loss, by name, as a learned sharpness.
    """

    def __init__(
        self, stream: TextIO | None, total: int, done: int, watch: Callable[[], Mapping[str, float]] | None
    ) -> None:
        self._stream, self._total, self._done, self._watch = stream, total, done, watch
        self._begun_at, self._began_with = time.perf_counter(), done
        self._shown_at, self._loss_sum, self._tokens = self._begun_at, 0.0, 0
        self._bar = _bar(stream, total, done)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def step(self, loss: float, tokens: int) -> None:
        """Count a step; the bar shows the mean loss and the speed since it was last drawn."""
        self._done += 1
        self._loss_sum += loss * tokens
        self._tokens += tokens
        if self._bar is None:
            return
        self._bar.update(1)
        now = time.perf_counter()
        if now - self._shown_at >= REFRESH_SECONDS and self._tokens:
            values = {"loss": self._loss_sum / self._tokens, **(self._watch() if self._watch else {})}
            speed = self._tokens / (now - self._shown_at)
            self._bar.set_postfix_str(f"{_values(values)}, {speed:,.0f} tokens/s")
            self._shown_at, self._loss_sum, self._tokens = now, 0.0, 0

    def epoch(self, record: Mapping[str, Any]) -> None:
        """Write the line of an epoch that has been closed."""
        shown = {name: value for name, value in record.items() if name not in HIDDEN}
        per_step = (time.perf_counter() - self._begun_at) / max(1, self._done - self._began_with)
        self.line(
            f"epoch {record['epoch']}, step {record['step']:,} of {self._total:,}: {_values(shown)}, "
            f"{record['tokens_per_second']:,.0f} tokens/s, "
            f"{_clock(per_step * (self._total - self._done))} left"
        )

    def line(self, text: str) -> None:
        """Write a line, above the bar where there is one."""
        if self._bar is not None:
            self._bar.write(text, file=self._stream)
        elif self._stream is not None:
            print(text, file=self._stream, flush=True)


def _bar(stream: TextIO | None, total: int, done: int) -> Any:
    if stream is None or not stream.isatty() or importlib.util.find_spec("tqdm") is None:
        return None
    from tqdm import tqdm

    return tqdm(total=total, initial=done, file=stream, unit="step", dynamic_ncols=True, leave=False)


def _values(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items())


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

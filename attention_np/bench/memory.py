"""Memory and time of attention as the input grows.

A matrix of scores for 16,384 tokens takes 1 GiB in float32; the fast path never holds it. What is measured is the greatest amount of
memory in use at any moment of forward and backward pass, beyond the inputs and what is returned.

It is counted by `tracemalloc`, to which NumPy reports each array it makes and frees. The operating system's figure, the
*resident set*, would answer another question. It never falls: it holds the highest of everything since the process began,
imports included. It moves by whole pages, keeps what the allocator has not given back, and differs from run to run.
`tracemalloc` counts what the program asked for, to the byte and with the same result each time. What it does not see is
the matrix product's own packing buffer, which is of a fixed size per thread and does not grow with the input.

Every length is measured in a process of its own: workspaces that an earlier call left behind would not be counted again. Time
is taken elsewhere, since being watched costs time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..functional import attention, attention_backward
from .attention_contenders import SHARPNESS, Inputs, ours
from .power_law import fit_power_law
from .threads import equal_threads
from .timing import Contender, measure, median

WIDTH = 64
MIB = 2**20
LONGEST = 16_384
"""The length at which the bar is set."""

_CHILD = "import sys; from attention_np.bench.memory import print_extra_bytes; print_extra_bytes(int(sys.argv[1]))"


@dataclass(frozen=True)
class LengthResult:
    """Median seconds, and bytes at the peak beyond inputs and results, for one sequence of `length` tokens."""

    length: int
    seconds: float
    extra_bytes: int


@dataclass(frozen=True)
class MemoryResult:
    """All lengths, and the exponents k of cost ~ lengthᵏ."""

    width: int
    lengths: tuple[LengthResult, ...]
    time_exponent: float
    memory_exponent: float

    def figures(self) -> dict[str, float]:
        """What bars are set for, by name; none where the longest length was left out."""
        found = {each.length: each.extra_bytes for each in self.lengths}
        if LONGEST not in found:
            return {}
        return {
            f"extra memory at {LONGEST:,} tokens, MiB": found[LONGEST] / MIB,
            "exponent of extra memory": self.memory_exponent,
        }


def bench_memory(lengths: tuple[int, ...], rounds: int, say: Callable[[str], None]) -> MemoryResult:
    """Measure sequences of several lengths, batch 1."""
    extra = []
    for length in lengths:
        say(f"memory: {length:,} tokens")
        extra.append(_in_own_process(length))
    say(f"memory: the time of {lengths[0]:,} to {lengths[-1]:,} tokens")
    times = measure([Contender(str(length), ours(_inputs(length))) for length in lengths], rounds)
    seconds = [median(times[str(length)]) for length in lengths]
    return MemoryResult(
        WIDTH,
        tuple(map(LengthResult, lengths, seconds, extra)),
        fit_power_law(lengths, seconds)[0],
        fit_power_law(lengths, extra)[0],
    )


def extra_bytes(length: int) -> int:
    """The peak of forward and backward pass beyond inputs and results, as a process's first call.

    The greater of two peaks. In the forward pass the results are the context and its log-normaliser, which the backward pass is given;
    in the backward pass they are there still, and the gradients are added.
    """
    tracemalloc.start()
    try:
        d_context, queries, keys, values = _inputs(length)
        inputs, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        context, log_normaliser = attention(queries, keys, values, scale=SHARPNESS, return_log_normaliser=True)
        kept = context.nbytes + log_normaliser.nbytes
        forward = tracemalloc.get_traced_memory()[1] - inputs - kept
        tracemalloc.reset_peak()
        gradients = attention_backward(
            d_context, queries, keys, values, scale=SHARPNESS, context=context, log_normaliser=log_normaliser
        )
        results = kept + sum(gradient.nbytes for gradient in gradients)
        return max(forward, tracemalloc.get_traced_memory()[1] - inputs - results)
    finally:
        tracemalloc.stop()


def print_extra_bytes(length: int) -> None:
    """What a process of its own does: measure, and print the number."""
    with equal_threads():
        print(json.dumps(extra_bytes(length)))


def _in_own_process(length: int) -> int:
    done = subprocess.run([sys.executable, "-c", _CHILD, str(length)], capture_output=True, text=True)
    if done.returncode:
        cause = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise MemoryError(f"memory at {length:,} tokens: the measuring process failed: {cause[0]}")
    return int(json.loads(done.stdout))


def _inputs(length: int) -> Inputs:
    rng = np.random.default_rng(0)
    return Inputs(*(rng.standard_normal((1, length, WIDTH), np.float32) for _ in range(4)))

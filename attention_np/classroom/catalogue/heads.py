"""Exercises on heads: components dealt out, and put side by side again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...functional._checks import Array
from ...gradcheck.cases.situations import Drawn, Lengths, away_from_zero, layouts
from ...gradcheck.catalogue.mistake import Mistake
from ...layers.heads import merge_heads, split_heads
from ..exercise import Exercise
from .build import Rng, numbers, own_exercise

_TOPIC = "attention"
_SIZES = {"L": "L, the number of targets", "S": "S, the number of sources", "d": "d, the width"}
_AXES = "Write the four axes down before and after: which of them neighbour in memory?"


def _split(rng: Rng, n: Lengths) -> dict[str, Any]:
    return {"array": away_from_zero(rng, *n.lead, n.L, 3 * n.d), "heads": 3}


def _merge(rng: Rng, n: Lengths) -> dict[str, Any]:
    return {"array": away_from_zero(rng, *n.lead, n.h, n.L, n.d)}


def _split_cases(rng: Rng) -> Iterator[Drawn]:
    return layouts(rng, _split, _SIZES)


def _merge_cases(rng: Rng) -> Iterator[Drawn]:
    return layouts(rng, _merge, _SIZES)


def _split_blocks(array: Array, heads: int) -> Array:
    *lead, length, width = array.shape
    return array.reshape(*lead, heads, length, width // heads)


def _split_interleaved(array: Array, heads: int) -> Array:
    *lead, length, width = array.shape
    return np.moveaxis(array.reshape(*lead, length, width // heads, heads), -1, -3)


def _split_unswapped(array: Array, heads: int) -> Array:
    *lead, length, width = array.shape
    return array.reshape(*lead, length, heads, width // heads)


def _merge_blocks(array: Array) -> Array:
    *lead, heads, length, width = array.shape
    return array.reshape(*lead, length, heads * width)


def _merge_interleaved(array: Array) -> Array:
    *lead, heads, length, width = array.shape
    return np.moveaxis(array, -3, -1).reshape(*lead, length, heads * width)


def _merge_backwards(array: Array) -> Array:
    return merge_heads(np.flip(array, -3))


def exercises() -> tuple[Exercise, ...]:
    """In the order in which they are best done."""
    return (
        own_exercise(
            split_heads,
            ("output",),
            "A vector's components dealt out to heads",
            _TOPIC,
            difficulty=2,
            minutes=10,
            statement="Cut each vector of width $h \\cdot d$ into h heads of width d; the heads' axis stands before the positions'.",
            shapes="`array` (..., L, width), `heads` a number h → (..., h, L, width / h)",
            example={"array": numbers([1, 2], [3, 4]), "heads": 2},
            hints=(
                "Two moves: cut an axis, exchange two axes.",
                "A reshape keeps the order in memory; it cannot move the heads past L.",
                "reshape to (..., L, heads, width // heads), then swapaxes(-2, -3)",
            ),
            notebook="05",
            cases=_split_cases,
            mistakes=(
                Mistake(
                    "split_heads",
                    "output",
                    "misplaced",
                    _split_blocks,
                    "a reshape alone: whole positions are dealt out, and not components.",
                    _AXES,
                ),
                Mistake(
                    "split_heads",
                    "output",
                    "misplaced",
                    _split_interleaved,
                    "neighbouring components go to different heads.",
                    _AXES,
                ),
                Mistake(
                    "split_heads",
                    "output",
                    "transposed",
                    _split_unswapped,
                    "the heads' axis stands behind the positions'.",
                    _AXES,
                ),
            ),
        ),
        own_exercise(
            merge_heads,
            ("output",),
            "Heads put side by side again",
            _TOPIC,
            difficulty=2,
            minutes=10,
            statement="Put the h heads of width d side by side: a vector of width $h \\cdot d$ for each position.",
            shapes="`array` (..., h, L, d) → (..., L, h d)",
            example={"array": numbers([[1], [2]], [[3], [4]])},
            hints=(
                "It undoes split_heads.",
                "First the axes, then the merging: the heads must neighbour their components.",
                "swapaxes(-2, -3), then reshape to (..., L, h * d)",
            ),
            notebook="05",
            cases=_merge_cases,
            mistakes=(
                Mistake(
                    "merge_heads",
                    "output",
                    "misplaced",
                    _merge_blocks,
                    "a reshape alone: the rows of one head are put side by side.",
                    _AXES,
                ),
                Mistake(
                    "merge_heads",
                    "output",
                    "misplaced",
                    _merge_interleaved,
                    "the heads' components are interleaved.",
                    _AXES,
                ),
                Mistake("merge_heads", "output", "misplaced", _merge_backwards, "the last head comes first.", _AXES),
            ),
        ),
    )

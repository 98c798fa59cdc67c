"""Ordinary arguments of forward functions, in any lengths: nothing is zero, and nothing very large."""

from __future__ import annotations

from typing import Any

from .situations import Lengths, Rng, away_from_zero, normal


def queries_and_keys(rng: Rng, n: Lengths) -> dict[str, Any]:
    """Of every score but the additive."""
    return {"queries": away_from_zero(rng, *n.lead, n.L, n.d), "keys": away_from_zero(rng, *n.lead, n.S, n.d)}


def additive_arguments(rng: Rng, n: Lengths) -> dict[str, Any]:
    """Of the additive score: queries and keys may differ in width."""
    return {
        "queries": normal(rng, *n.lead, n.L, n.d),
        "keys": normal(rng, *n.lead, n.S, n.e),
        "query_weight": normal(rng, n.d, n.h),
        "key_weight": normal(rng, n.e, n.h),
        "score_vector": normal(rng, n.h),
    }


def scores(rng: Rng, n: Lengths) -> dict[str, Any]:
    """Of the softmax."""
    return {"scores": normal(rng, *n.lead, n.L, n.S)}


def weights_and_values(rng: Rng, n: Lengths) -> dict[str, Any]:
    """Of the context; the rows of the weights sum to nothing in particular, for its derivative must not count on it."""
    return {"weights": rng.uniform(0.1, 1, (*n.lead, n.L, n.S)), "values": normal(rng, *n.lead, n.S, n.e)}


def linear_arguments(rng: Rng, n: Lengths) -> dict[str, Any]:
    """Of a linear map."""
    return {"inputs": normal(rng, *n.lead, n.L, n.d), "weight": normal(rng, n.d, n.h), "bias": normal(rng, n.h)}


def logits_and_classes(rng: Rng, n: Lengths) -> dict[str, Any]:
    """Of the cross-entropy."""
    return {"logits": 2 * normal(rng, *n.lead, n.L, n.h), "targets": rng.integers(0, n.h, (*n.lead, n.L))}


def rows_gain_bias(rng: Rng, n: Lengths) -> dict[str, Any]:
    """Of layer normalisation."""
    return {
        "inputs": 1 + 2 * normal(rng, *n.lead, n.L, n.d),
        "gain": away_from_zero(rng, n.d),
        "bias": normal(rng, n.d),
    }

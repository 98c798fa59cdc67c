"""The pieces of the cosine's gradient, dw = (dŵ − ŵ (ŵ·dŵ)) / ‖w‖ with dŵ = Σᵢ ds v̂ᵢ, for its wrong formulas."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...functional._checks import Array
from .mistake import Formula, Mistakes
from .sides import Decorator, on_both_sides
from .vectors import directions


def wrong_of_cosine(known: Mistakes) -> Callable[[str, str, str], Decorator]:
    """As `on_both_sides`, of wrong formulas in which a zero vector still receives 0, by the convention."""
    both = on_both_sides(known, "cosine_scores_backward")

    def wrong(code: str, message: str, hint: str) -> Decorator:
        def add(formula: Formula) -> Formula:
            def by_convention(d_scores: Array, queries: Array, keys: Array) -> Array:
                has_direction = queries.any(axis=-1, keepdims=True)
                return np.where(has_direction, formula(d_scores, queries, keys), 0)

            both(code, message, hint)(by_convention)
            return formula

        return add

    return wrong


def pull(d_scores: Array, keys: Array) -> Array:
    """Σᵢ ds v̂ᵢ, the gradient of the unit query."""
    return d_scores @ directions(keys)


def along(d_scores: Array, queries: Array, keys: Array) -> Array:
    """ŵ (ŵ · Σᵢ ds v̂ᵢ), its part along the query; the same as Σᵢ ds s ŵ."""
    unit_queries = directions(queries)
    return unit_queries * np.sum(unit_queries * pull(d_scores, keys), axis=-1, keepdims=True)

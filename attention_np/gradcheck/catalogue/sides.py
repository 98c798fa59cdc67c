"""Queries and keys stand in a score alike: a wrong d_queries is, with the two exchanged, a wrong d_keys."""

from __future__ import annotations

from collections.abc import Callable

from ...functional._checks import Array
from .mistake import Formula, Mistakes

# The words of a message, as they read for d_queries and for d_keys.
_NAMES = "w v unit_w unit_v query key queries keys".split()
_QUERIES = dict(zip(_NAMES, "w v ŵ v̂ query key queries keys".split(), strict=True))
_KEYS = dict(zip(_NAMES, "v w v̂ ŵ key query keys queries".split(), strict=True))

Decorator = Callable[[Formula], Formula]


def on_both_sides(known: Mistakes, function: str) -> Callable[[str, str, str], Decorator]:
    """A decorator of wrong formulas of d_queries that writes down each of them for d_keys too.

    Message and hint are written for d_queries, with the names of the two sides in braces: ``{w}``, ``{unit_w}``,
    ``{query}`` and ``{queries}`` for the side of the gradient, ``{v}``, ``{unit_v}``, ``{key}`` and ``{keys}`` for the other.
    """

    def wrong(code: str, message: str, hint: str) -> Decorator:
        def add(formula: Formula) -> Formula:
            for result, names, side in [
                ("d_queries", _QUERIES, formula),
                ("d_keys", _KEYS, exchanged(formula)),
            ]:
                known.mistake(function, result, code, message.format(**names), hint.format(**names))(side)
            return formula

        return add

    return wrong


def exchanged(formula: Formula) -> Formula:
    """A formula of d_queries as one of d_keys."""

    def of_keys(d_scores: Array, queries: Array, keys: Array) -> Array:
        return formula(d_scores.swapaxes(-1, -2), keys, queries)

    return of_keys

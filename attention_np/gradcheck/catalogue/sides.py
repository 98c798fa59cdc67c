"""Queries and keys stand in a score alike: a wrong d_queries is, with the two exchanged, a wrong d_keys."""

from __future__ import annotations

from collections.abc import Callable

from ...functional._checks import Array
from .mistake import Formula, Mistakes

# The words of a message, as they read for d_queries and for d_keys.
_QUERIES = {
    "w": "w",
    "v": "v",
    "unit_w": "ŵ",
    "unit_v": "v̂",
    "query": "query",
    "key": "key",
    "j": "j",
    "i": "i",
}
_KEYS = {"w": "v", "v": "w", "unit_w": "v̂", "unit_v": "ŵ", "query": "key", "key": "query", "j": "i", "i": "j"}

Decorator = Callable[[Formula], Formula]


def on_both_sides(known: Mistakes, function: str) -> Callable[[str, str, str], Decorator]:
    """A decorator of wrong formulas of d_queries that writes down each of them for d_keys too.

    Message and hint are written for d_queries, with the names of the two sides in braces: ``{w}``, ``{unit_w}``,
    ``{query}`` and ``{j}`` for the side of the gradient, ``{v}``, ``{unit_v}``, ``{key}`` and ``{i}`` for the other.
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

"""Every function of the contract: what it takes and gives, and the cases that it is checked with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ... import functional
from ...functional._checks import Array
from .attention import attention_cases
from .layers import (
    activation_cases,
    cross_entropy_cases,
    embedding_cases,
    layer_norm_cases,
    linear_cases,
    relu_cases,
)
from .scores import additive_cases, context_cases, cosine_cases, dot_cases, softmax_cases
from .situations import Drawn, Rng


class Pair(NamedTuple):
    """A forward function and its backward.

    Attributes
    ----------
    draw : callable
        Yields the cases of the forward function.
    upstream : str or None
        The name of the backward's first argument; None for a loss.
    takes : tuple of str
        The backward's other arguments: names of the forward's arguments, or of what `kept` gives.
    gives : tuple of str
        The arguments whose gradients it returns.
    kept : callable
        Gives what else the backward takes, from the forward's arguments and its result.
    options : tuple of str
        The forward's options that the backward has too.
    """

    draw: Callable[[Rng], Iterator[Drawn]]
    upstream: str | None
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    kept: Callable[[dict[str, Any], Array], dict[str, Any]] = lambda arguments, result: {}
    options: tuple[str, ...] = ()


def _keep(name: str) -> Callable[[dict[str, Any], Array], dict[str, Any]]:
    return lambda arguments, result: {name: result}


_PAIR = ("queries", "keys")
_ADDITIVE = ("queries", "keys", "query_weight", "key_weight", "score_vector")
_SMOOTHING = ("ignore_index", "label_smoothing")

PAIRS = {
    "cosine_scores": Pair(cosine_cases, "d_scores", _PAIR, _PAIR),
    "dot_scores": Pair(dot_cases, "d_scores", _PAIR, _PAIR),
    "scaled_dot_scores": Pair(dot_cases, "d_scores", _PAIR, _PAIR),
    "additive_scores": Pair(additive_cases, "d_scores", _ADDITIVE, _ADDITIVE),
    "softmax": Pair(softmax_cases, "d_weights", ("weights",), ("scores",), _keep("weights"), ("axis",)),
    "context": Pair(context_cases, "d_context", ("weights", "values"), ("weights", "values")),
    "attention": Pair(
        attention_cases,
        "d_context",
        ("queries", "keys", "values"),
        ("queries", "keys", "values", "scale"),
        options=("score", "scale", "mask", "bias", "causal"),
    ),
    "linear": Pair(linear_cases, "d_outputs", ("inputs", "weight"), ("inputs", "weight", "bias")),
    "embedding": Pair(
        embedding_cases,
        "d_outputs",
        ("ids", "vocabulary_size"),
        ("table",),
        lambda arguments, result: {"vocabulary_size": len(arguments["table"])},
    ),
    "cross_entropy": Pair(cross_entropy_cases, None, ("logits", "targets"), ("logits",), options=_SMOOTHING),
    "layer_norm": Pair(
        layer_norm_cases, "d_outputs", ("inputs", "gain"), ("inputs", "gain", "bias"), options=("eps",)
    ),
    "relu": Pair(relu_cases, "d_outputs", ("inputs",), ("inputs",)),
    "gelu": Pair(activation_cases, "d_outputs", ("inputs",), ("inputs",)),
    "tanh": Pair(activation_cases, "d_outputs", ("outputs",), ("inputs",), _keep("outputs")),
    "sigmoid": Pair(activation_cases, "d_outputs", ("outputs",), ("inputs",), _keep("outputs")),
}
"""All pairs of the contract by the name of the forward function."""


class Contract(NamedTuple):
    """One function of the contract, forward or backward.

    Attributes
    ----------
    name : str
    reference : callable
        The package's own function.
    results : tuple of str
        ``("output",)``, or the gradients by their names.
    pair : Pair
    """

    name: str
    reference: Callable[..., Any]
    results: tuple[str, ...]
    pair: Pair

    @property
    def is_backward(self) -> bool:
        return self.results != ("output",)


def contract_of(name: str) -> Contract:
    """The contract of a public function.

    Raises
    ------
    ValueError
        If it has none.
    """
    forward = name.removesuffix("_backward")
    if forward not in PAIRS:
        known = ", ".join(sorted(PAIRS))
        raise ValueError(f"name: expected one of {known}, or one of them with _backward; got {name!r}")
    pair = PAIRS[forward]
    results = ("output",) if name == forward else tuple(f"d_{argument}" for argument in pair.gives)
    return Contract(name, getattr(functional, name), results, pair)


def backward_case(forward: str, drawn: Drawn, rng: Rng) -> tuple[Drawn, Array | None]:
    """The backward function's arguments for a case of its forward function, with a fresh random upstream."""
    pair = PAIRS[forward]
    result = getattr(functional, forward)(**drawn.arguments, **drawn.options)
    # What the forward pass kept of itself, where it was asked to, the backward pass is given.
    kept = dict(zip(("context", "log_normaliser"), result, strict=True)) if isinstance(result, tuple) else {}
    output = kept["context"] if kept else np.asarray(result)
    known = {**drawn.arguments, **pair.kept(drawn.arguments, output)}
    arguments = {name: known[name] for name in pair.takes}
    options = {**{name: value for name, value in drawn.options.items() if name in pair.options}, **kept}
    if pair.upstream is None:
        return drawn._replace(arguments=arguments, options=options), None
    upstream = rng.standard_normal(output.shape)
    return drawn._replace(arguments={pair.upstream: upstream, **arguments}, options=options), upstream

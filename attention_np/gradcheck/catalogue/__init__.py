"""The wrong formulas that learners write for the package's own functions, each with what to say of it.

A file holds the mistakes of a function or of a few that belong together, as small formulas beside each other. To add one,
write it beside its like, under a decorator that says which result it gets wrong, by what code, in what words; a new file
is added to the list here.
"""

from . import (
    activations,
    additive,
    additive_backward,
    attention,
    attention_backward,
    attention_stages,
    context,
    cosine_edges,
    cosine_norms,
    cosine_projection,
    cross_entropy,
    cross_entropy_backward,
    dot_backward,
    embedding,
    gelu,
    layer_norm,
    layer_norm_backward,
    layer_norm_gain,
    linear,
    scores,
    weights,
    weights_backward,
    weights_masked,
)
from .mistake import Mistake, Terms

_FILES = (
    scores,
    cosine_edges,
    cosine_projection,
    cosine_norms,
    dot_backward,
    additive,
    additive_backward,
    weights,
    weights_masked,
    weights_backward,
    context,
    attention,
    attention_backward,
    attention_stages,
    linear,
    embedding,
    cross_entropy,
    cross_entropy_backward,
    layer_norm,
    layer_norm_backward,
    layer_norm_gain,
    activations,
    gelu,
)


def mistakes_of(function: str) -> list[Mistake]:
    """The known mistakes of a public function, by its name."""
    return [mistake for file in _FILES for mistake in file.known.mistakes if mistake.function == function]


def terms_of(function: str) -> list[Terms]:
    """The right formulas of a public function that are sums, cut into their terms."""
    return [terms for file in _FILES for terms in file.known.terms if terms.function == function]

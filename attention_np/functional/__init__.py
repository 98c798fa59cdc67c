"""Pure functions of arrays: every equation and its hand-written backward, side by side.

One convention holds for the whole package, the field's: weights have shape ``(..., targets, sources)``, a row per target, so a
row sums to one. Targets w are the queries, inputs v are the keys and the values. The article's a_ij (input i, target j) is
``scores[..., j, i]``.

=========================================  ======================================  ==================
the article                                here                                    file
=========================================  ======================================  ==================
a_ij = v_i · w_j / (‖v_i‖ ‖w_j‖)           ``cosine_scores(queries, keys)``        ``scores.py``
p_ij = softmax of a                        ``softmax(scores, axis=-1)``            ``weights.py``
c_j = Σ_i p_ij v_i                         ``context(weights, values)``            ``context.py``
=========================================  ======================================  ==================

``f_backward`` takes the gradient of the loss with respect to f's output first, then just those arrays of the forward pass that the
derivative depends on. ``d_x`` is ∂L/∂x and has x's shape and dtype. Every function takes any number of leading batch
dimensions, keeps the floating dtype it is given, and never changes an argument.
"""

from .activations import gelu, gelu_backward, relu, relu_backward, sigmoid, sigmoid_backward, tanh, tanh_backward
from .additive import additive_scores, additive_scores_backward
from .alibi import alibi_bias, alibi_slopes
from .attention import attention, attention_backward
from .context import context, context_backward
from .cross_entropy import cross_entropy, cross_entropy_backward
from .dropout import dropout, dropout_backward, dropout_mask
from .embedding import embedding, embedding_backward
from .grouped_attention import grouped_attention, grouped_attention_backward
from .layer_norm import layer_norm, layer_norm_backward
from .linear import linear, linear_backward
from .linear_attention import linear_attention, linear_attention_backward
from .masks import causal_mask, padding_mask, prefix_mask, sliding_window_mask
from .pointer import copy_cross_entropy, copy_cross_entropy_backward, copy_mixture, copy_mixture_backward
from .positions import sinusoidal_positions
from .qk_norm import qk_norm_scale
from .recurrent import gru_cell, gru_cell_backward
from .rms_norm import rms_norm, rms_norm_backward
from .rotary import rotary, rotary_backward
from .scores import (
    cosine_scores,
    cosine_scores_backward,
    dot_scores,
    dot_scores_backward,
    scaled_dot_scores,
    scaled_dot_scores_backward,
)
from .weights import softmax, softmax_backward

__all__ = [
    "additive_scores",
    "additive_scores_backward",
    "alibi_bias",
    "alibi_slopes",
    "attention",
    "attention_backward",
    "causal_mask",
    "context",
    "context_backward",
    "copy_cross_entropy",
    "copy_cross_entropy_backward",
    "copy_mixture",
    "copy_mixture_backward",
    "cosine_scores",
    "cosine_scores_backward",
    "cross_entropy",
    "cross_entropy_backward",
    "dot_scores",
    "dot_scores_backward",
    "dropout",
    "dropout_backward",
    "dropout_mask",
    "embedding",
    "embedding_backward",
    "gelu",
    "gelu_backward",
    "grouped_attention",
    "grouped_attention_backward",
    "gru_cell",
    "gru_cell_backward",
    "layer_norm",
    "layer_norm_backward",
    "linear",
    "linear_attention",
    "linear_attention_backward",
    "linear_backward",
    "padding_mask",
    "prefix_mask",
    "qk_norm_scale",
    "relu",
    "relu_backward",
    "rms_norm",
    "rms_norm_backward",
    "rotary",
    "rotary_backward",
    "scaled_dot_scores",
    "scaled_dot_scores_backward",
    "sigmoid",
    "sigmoid_backward",
    "sinusoidal_positions",
    "sliding_window_mask",
    "softmax",
    "softmax_backward",
    "tanh",
    "tanh_backward",
]

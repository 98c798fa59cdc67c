"""Layers: parameters and the functions that use them; ``output, backward = layer(x)``.

The forward pass returns its backward pass, a closure that holds exactly what the derivative needs. It adds the gradients of
parameters into ``parameter.grad`` and returns the gradients of the inputs, in their order. Each closure is called once.
"""

from .attention import Attended, Attention
from .dropout import Dropout
from .embedding import Embedding
from .key_value_cache import KeyValueCache
from .layer_norm import LayerNorm
from .linear import Linear
from .linear_attention import LinearAttention, LinearAttentionCache
from .module import Layer, Parameter
from .multi_head import MultiHeadAttention
from .recurrent import GRU, Read
from .rms_norm import RMSNorm
from .sharpness import Sharpness

__all__ = [
    "GRU",
    "Attended",
    "Attention",
    "Dropout",
    "Embedding",
    "KeyValueCache",
    "Layer",
    "LayerNorm",
    "Linear",
    "LinearAttention",
    "LinearAttentionCache",
    "MultiHeadAttention",
    "Parameter",
    "RMSNorm",
    "Read",
    "Sharpness",
]

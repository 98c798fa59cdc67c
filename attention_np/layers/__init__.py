"""Layers: parameters and the functions that use them; ``output, backward = layer(x)``.

The forward pass returns its backward pass, a closure that holds exactly what the derivative needs. It adds the gradients of
parameters into ``parameter.grad`` and returns the gradients of the inputs, in their order. Each closure is called once.
"""

from .attention import Attended, Attention
from .dropout import Dropout
from .elman import Elman
from .embedding import Embedding
from .key_value_cache import KeyValueCache
from .layer_norm import LayerNorm
from .linear import Linear
from .linear_attention import LinearAttention, LinearAttentionCache
from .lstm import LSTM
from .module import Layer, Parameter
from .multi_head import MultiHeadAttention
from .recurrent import GRU, Read
from .rms_norm import RMSNorm
from .sharpness import Sharpness
from .step_attention import StepAttention

__all__ = [
    "GRU",
    "LSTM",
    "Attended",
    "Attention",
    "Dropout",
    "Elman",
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
    "StepAttention",
]

"""The same attention by four programs: cosine scores times a sharpness, softmax, context, and all three gradients."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

from ..functional import attention, attention_backward
from ..functional._checks import Array

SHARPNESS = 10.0
"""β, where `layers.Attention` begins to learn it."""

OURS, EAGER, FUSED, AUTOGRAD = "ours", "PyTorch eager", "PyTorch fused", "HIPS autograd"


class Inputs(NamedTuple):
    """The upstream (B, L, d), and queries (B, L, d), keys and values (B, S, d)."""

    d_context: Array
    queries: Array
    keys: Array
    values: Array


class Outcome(NamedTuple):
    """What one forward and backward pass gives."""

    context: Array
    d_queries: Array
    d_keys: Array
    d_values: Array


def ours(inputs: Inputs) -> Callable[[], Outcome]:
    """The package's fast path; the backward pass is given what the forward pass kept."""
    d_context, queries, keys, values = inputs

    def both() -> Outcome:
        context, log_normaliser = attention(queries, keys, values, scale=SHARPNESS, return_log_normaliser=True)
        d_queries, d_keys, d_values, _ = attention_backward(
            d_context, queries, keys, values, scale=SHARPNESS, context=context, log_normaliser=log_normaliser
        )
        return Outcome(context, d_queries, d_keys, d_values)

    return both


def torch_eager(torch: Any, inputs: Inputs) -> Callable[[], Outcome]:
    """The formulas in PyTorch, as its users write them."""
    normalise = torch.nn.functional.normalize

    def formula(queries: Any, keys: Any, values: Any) -> Any:
        scores = normalise(queries, dim=-1) @ normalise(keys, dim=-1).transpose(-1, -2)
        return torch.softmax(SHARPNESS * scores, dim=-1) @ values

    return _torch(torch, formula, inputs)


def torch_fused(torch: Any, inputs: Inputs) -> Callable[[], Outcome]:
    """PyTorch's ``scaled_dot_product_attention`` of the normalised queries and keys.

    With an axis for heads, without which it takes a slower path.
    """
    functional = torch.nn.functional

    def formula(queries: Any, keys: Any, values: Any) -> Any:
        unit_queries, unit_keys = functional.normalize(queries, dim=-1), functional.normalize(keys, dim=-1)
        heads = (tensor.unsqueeze(1) for tensor in (unit_queries, unit_keys, values))
        return functional.scaled_dot_product_attention(*heads, scale=SHARPNESS).squeeze(1)

    return _torch(torch, formula, inputs)


def _torch(torch: Any, formula: Callable[..., Any], inputs: Inputs) -> Callable[[], Outcome]:
    d_context, *rest = (torch.from_numpy(array) for array in inputs)
    arguments = [tensor.requires_grad_() for tensor in rest]

    def both() -> Outcome:
        context = formula(*arguments)
        gradients = torch.autograd.grad(context, arguments, d_context)
        return Outcome(context.detach().numpy(), *(gradient.numpy() for gradient in gradients))

    return both


def hips_autograd(inputs: Inputs) -> Callable[[], Outcome]:
    """The plain formula in NumPy, differentiated by HIPS autograd."""
    autograd, anp = (importlib.import_module(name) for name in ("autograd", "autograd.numpy"))
    d_context, *arguments = inputs

    def formula(queries: Any, keys: Any, values: Any) -> Any:
        unit_queries = queries / anp.sqrt(anp.sum(queries * queries, axis=-1, keepdims=True))
        unit_keys = keys / anp.sqrt(anp.sum(keys * keys, axis=-1, keepdims=True))
        scores = SHARPNESS * anp.matmul(unit_queries, anp.swapaxes(unit_keys, -1, -2))
        exponentials = anp.exp(scores - anp.max(scores, axis=-1, keepdims=True))
        return anp.matmul(exponentials / anp.sum(exponentials, axis=-1, keepdims=True), values)

    differentiate = autograd.make_vjp(formula, argnum=(0, 1, 2))

    def both() -> Outcome:
        backward, context = differentiate(*arguments)
        return Outcome(context, *backward(d_context))

    return both

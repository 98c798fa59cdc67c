"""Attention of many heads over few keys and values: each group of heads shares one set of them."""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np

from ._checks import Array, require_broadcast, require_floats, require_shape
from .attention import attention, attention_backward
from .attention_options import Options, Scale


@overload
def grouped_attention(
    queries: Array,
    keys: Array,
    values: Array,
    *,
    score: str = ...,
    scale: Scale = ...,
    mask: Array | None = ...,
    bias: Array | None = ...,
    causal: bool = ...,
    return_log_normaliser: Literal[False] = ...,
) -> Array: ...
@overload
def grouped_attention(
    queries: Array,
    keys: Array,
    values: Array,
    *,
    score: str = ...,
    scale: Scale = ...,
    mask: Array | None = ...,
    bias: Array | None = ...,
    causal: bool = ...,
    return_log_normaliser: Literal[True],
) -> tuple[Array, Array]: ...
def grouped_attention(
    queries: Array,
    keys: Array,
    values: Array,
    *,
    score: str = "cosine",
    scale: Scale = None,
    mask: Array | None = None,
    bias: Array | None = None,
    causal: bool = False,
    return_log_normaliser: bool = False,
) -> Array | tuple[Array, Array]:
    r"""Attention in H heads over keys and values of G groups, H a multiple of G (Ainslie et al. 2023, section 2.2).

    .. math:: c_h = \mathrm{attention}(w_h, \, v_{g(h)}, \, v'_{g(h)}), \qquad g(h) = \lfloor h \, G / H \rfloor

    Neighbouring heads form a group. With G = H it is plain multi-head attention, with G = 1 multi-query attention (Shazeer 2019). What a
    cache has to hold shrinks by G / H. Keys and values are not copied: the first heads of all groups attend together, then the second ones.

    Parameters
    ----------
    queries : array (..., H, L, d)
    keys : array (..., G, S, d)
    values : array (..., G, S, e)
    score, scale, mask, bias, causal
        As in `attention`; scale broadcasts to (..., H), mask and bias to (..., H, L, S).
    return_log_normaliser : bool
        As in `attention`.

    Returns
    -------
    context : array (..., H, L, e)
    log_normaliser : array (..., H, L)
        Only with the flag.

    Raises
    ------
    TypeError, ValueError
        As `attention`, and if H is not a multiple of G.
    """
    members = _members(queries, keys)
    options = _options(queries, keys, Options(score, scale, mask, bias, causal))
    parts = [
        attention(
            queries[..., member, :, :], keys, values, **_of(options, member, queries), return_log_normaliser=True
        )
        for member in members
    ]
    context = _interleave([part for part, _ in parts], 3)
    return (context, _interleave([part for _, part in parts], 2)) if return_log_normaliser else context


def grouped_attention_backward(
    d_context: Array,
    queries: Array,
    keys: Array,
    values: Array,
    *,
    score: str = "cosine",
    scale: Scale = None,
    mask: Array | None = None,
    bias: Array | None = None,
    causal: bool = False,
    context: Array | None = None,
    log_normaliser: Array | None = None,
) -> tuple[Array, Array, Array, Array]:
    r"""Gradients of grouped attention: those of attention, and what a group shares receives the sum over the group.

    :math:`v_g` is used by every head with :math:`g(h) = g`, and a value that is used several times receives the sum of what each use gives:

    .. math:: dv_g = \sum_{h : g(h) = g} dv_g^{(h)} .

    Parameters
    ----------
    d_context : array (..., H, L, e)
    queries, keys, values, score, scale, mask, bias, causal
        As in `grouped_attention`.
    context, log_normaliser : array, optional
        As `grouped_attention` gave them.

    Returns
    -------
    d_queries, d_keys, d_values : array
        Each of the shape of its argument.
    d_scale : array
        Of the shape of `scale`, ``()`` for a number or None.

    Raises
    ------
    TypeError, ValueError
        As `grouped_attention`, and if what comes from the forward pass does not have its shape.
    """
    members = _members(queries, keys)
    given = Options(score, scale, mask, bias, causal)
    options = _options(queries, keys, given)
    for name, array, own in (("d_context", d_context, 2), ("context", context, 2), ("log_normaliser", log_normaliser, 1)):
        if array is not None:
            require_floats(queries=queries, **{name: array})
            lengths = (queries.shape[-2], values.shape[-1])[:own]
            require_shape(name, array, (*queries.shape[:-2], *lengths), "like the forward pass")
    parts = [
        attention_backward(
            d_context[..., member, :, :],
            queries[..., member, :, :],
            keys,
            values,
            **_of(options, member, queries),
            context=None if context is None else context[..., member, :, :],
            log_normaliser=None if log_normaliser is None else log_normaliser[..., member, :],
        )
        for member in members
    ]
    d_queries, d_keys, d_values, d_scales = zip(*parts, strict=True)
    return (
        _interleave(list(d_queries), 3),
        _sum(d_keys),
        _sum(d_values),
        given.sum_to_scale(_interleave(list(d_scales), 1)),
    )


def _members(queries: Array, keys: Array) -> list[slice]:
    """The heads that attend together: the first of every group, the second of every group, and so on."""
    require_floats(queries=queries, keys=keys)
    require_shape("queries", queries, ("...", "heads", "targets", "width"), "with at least three dimensions")
    require_shape("keys", keys, ("...", "groups", "sources", "width"), "with at least three dimensions")
    heads, groups = queries.shape[-3], keys.shape[-3]
    if queries.shape[:-3] != keys.shape[:-3] or not groups or heads % groups:
        raise ValueError(
            f"keys: expected leading dimensions {queries.shape[:-3]} and a number of groups that divides {heads} heads, "
            f"got {keys.shape[:-2]} of shape {keys.shape}"
        )
    size = heads // groups
    return [slice(member, None, size) for member in range(size)]


def _options(queries: Array, keys: Array, given: Options) -> dict[str, Any]:
    """What is given, the scale as an array with a number for each head."""
    lead, shape = queries.shape[:-2], (*queries.shape[:-1], keys.shape[-2])
    for name, array in (("mask", given.mask), ("bias", given.bias)):
        if isinstance(array, np.ndarray):
            require_broadcast(name, array, shape)
    return {**given._asdict(), "scale": np.broadcast_to(given.multiplier(queries), lead)}


def _of(options: dict[str, Any], member: slice, queries: Array) -> dict[str, Any]:
    """The options of the heads that attend together."""
    own = {name: options[name] for name in ("mask", "bias")}
    for name, array in own.items():
        if array is not None and array.ndim > 2 and array.shape[-3] > 1:
            own[name] = array[..., member, :, :]
    return {**options, **own, "scale": options["scale"][..., member]}


def _interleave(parts: list[Array], axis: int) -> Array:
    """Heads in their order, from those that attended together; `axis` counts from the end."""
    if len(parts) == 1:
        return parts[0]
    stacked = np.stack(parts, axis=parts[0].ndim - axis + 1)
    *lead, groups, size = stacked.shape[: stacked.ndim - axis + 1]
    return stacked.reshape(*lead, groups * size, *stacked.shape[stacked.ndim - axis + 1 :])


def _sum(parts: tuple[Array, ...]) -> Array:
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total

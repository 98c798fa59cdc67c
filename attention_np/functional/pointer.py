"""The pointer: a model that may copy a word of the source instead of writing one of its vocabulary.

The vocabulary is extended, for each text, by the words of its source that are not in it: ids from V on. What the model says
is a mixture of the softmax over the vocabulary, P, and of the attention over the source, a (See, Liu, Manning 2017, eq. 9):

    p(y) = g P[y] + (1 - g) Σ_i a_i [x_i = y],    g = σ(u) the probability of writing, u the gate's logit.

`copy_mixture` gives it for every word, which is what predicting needs. Training needs p at the right answers only:
`copy_cross_entropy` takes the loss there, from the logits, without the extended vocabulary ever being laid out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ._checks import Array, require_floats, require_ids, require_shape
from .activations import sigmoid
from .cross_entropy import log_softmax_at, scaled_softmax, softmax_parts


def copy_mixture(
    vocabulary_weights: Array, attention_weights: Array, gate: Array, source_ids: Array, extended_size: int
) -> Array:
    r"""Probability of every word of the extended vocabulary, written or copied.

    .. math:: p_t(y) = g_t P_t(y) + (1 - g_t) \sum_i a_{ti} [x_i = y]

    Parameters
    ----------
    vocabulary_weights : array (..., T, V)
        P, a softmax.
    attention_weights : array (..., T, S)
        a, a softmax.
    gate : array (..., T)
        g in [0, 1], the probability of writing.
    source_ids : integer array (..., S)
        x, ids of the source's words in the extended vocabulary.
    extended_size : int
        V and the number of the source's words beyond it.

    Returns
    -------
    array (..., T, extended_size)

    Raises
    ------
    TypeError, ValueError
        If dtypes or shapes do not fit, or an id is out of range.
    """
    written = _check_mixture(vocabulary_weights, attention_weights, gate, source_ids, extended_size)
    mixture = np.zeros((*gate.shape, extended_size), gate.dtype)
    mixture[..., :written] = gate[..., None] * vocabulary_weights
    copied = (1 - gate)[..., None] * attention_weights
    # Repeated source words add up, which plain indexed assignment would not do.
    np.add.at(mixture, _places(source_ids, gate), copied)
    return mixture


def copy_mixture_backward(
    d_mixture: Array, vocabulary_weights: Array, attention_weights: Array, gate: Array, source_ids: Array
) -> tuple[Array, Array, Array]:
    r"""Gradients of the mixture with respect to the vocabulary's weights, the attention and the gate.

    The mixture is linear in each of the three. A source word handed its weight to one entry and gets that entry's upstream:

    .. math:: dP_t = g_t \, dp_t , \qquad da_{ti} = (1 - g_t) \, dp_t(x_i) , \qquad
              dg_t = \sum_{y < V} dp_t(y) P_t(y) - \sum_i dp_t(x_i) \, a_{ti} .

    Parameters
    ----------
    d_mixture : array (..., T, extended_size)
    vocabulary_weights, attention_weights, gate, source_ids
        As in `copy_mixture`.

    Returns
    -------
    d_vocabulary_weights : array (..., T, V)
    d_attention_weights : array (..., T, S)
    d_gate : array (..., T)

    Raises
    ------
    TypeError, ValueError
        As `copy_mixture`, and if `d_mixture` does not have its result's shape.
    """
    require_floats(gate=gate, d_mixture=d_mixture)
    require_shape("d_mixture", d_mixture, ("...", "extended_size"), "")
    written = _check_mixture(vocabulary_weights, attention_weights, gate, source_ids, d_mixture.shape[-1])
    require_shape("d_mixture", d_mixture, (*gate.shape, "extended_size"), "with a row for each gate")
    d_written = d_mixture[..., :written]
    d_copied = d_mixture[_places(source_ids, gate)]
    d_gate = np.sum(d_written * vocabulary_weights, axis=-1) - np.sum(d_copied * attention_weights, axis=-1)
    return gate[..., None] * d_written, (1 - gate)[..., None] * d_copied, d_gate


def copy_cross_entropy(
    logits: Array,
    attention_weights: Array,
    gate_logits: Array,
    targets: Array,
    source_ids: Array,
    ignore_index: int | None = None,
) -> Array:
    r"""Mean negative logarithm of the mixture at the targets.

    .. math:: L = -\frac1N \sum_t \log p_t(y_t), \qquad
              p_t(y_t) = g_t \, \mathrm{softmax}(z_t)[y_t] + (1 - g_t) \, B_t, \qquad B_t = \sum_i a_{ti} [x_i = y_t]

    Both terms are kept as logarithms until they are added, so neither underflows. An extended target has no first term;
    a target that is neither in the vocabulary nor in the source is impossible, and its loss is infinite.

    Parameters
    ----------
    logits : array (..., T, V)
        z.
    attention_weights : array (..., T, S)
    gate_logits : array (..., T)
        u, with :math:`g = \sigma(u)`.
    targets : integer array (..., T)
        y, in the extended vocabulary.
    source_ids : integer array (..., S)
        x, in the extended vocabulary.
    ignore_index : int, optional
        Targets of this value do not count (padding).

    Returns
    -------
    array ()
        The loss in nats per counted target; 0 if all are ignored.

    Raises
    ------
    TypeError, ValueError
        If dtypes or shapes do not fit.
    """
    return copy_loss(logits, attention_weights, gate_logits, targets, source_ids, ignore_index)[0]


def copy_cross_entropy_backward(
    logits: Array,
    attention_weights: Array,
    gate_logits: Array,
    targets: Array,
    source_ids: Array,
    ignore_index: int | None = None,
) -> tuple[Array, Array, Array]:
    r"""Gradients of the copy loss with respect to the logits, the attention weights and the gate's logit.

    Write :math:`A = \mathrm{softmax}(z)[y]` and :math:`p = g A + (1-g) B`. The share of the probability that came from writing,

    .. math:: \rho = \frac{g A}{p} ,

    is the posterior belief that the word was written. As :math:`-d \log p = -\rho \, d\log A - (1 - \rho) \, d\log B - \dots`, each path learns in
    proportion to its share: the softmax its usual gradient times :math:`\rho`, the attention where the word stands in the source,
    and the gate moves from what it said, g, to what was found, :math:`\rho`:

    .. math:: dz_k = \rho \, (\mathrm{softmax}(z)_k - \delta_{ky}), \qquad da_i = -(1 - \rho) \, \frac{[x_i = y]}{B}, \qquad du = g - \rho ,

    each divided by N. An impossible target, whose loss is infinite, has no gradient and receives zero.

    Parameters
    ----------
    logits, attention_weights, gate_logits, targets, source_ids, ignore_index
        As in `copy_cross_entropy`.

    Returns
    -------
    d_logits : array (..., T, V)
    d_attention_weights : array (..., T, S)
    d_gate_logits : array (..., T)

    Raises
    ------
    TypeError, ValueError
        As `copy_cross_entropy`.
    """
    return copy_loss(logits, attention_weights, gate_logits, targets, source_ids, ignore_index)[1]()


def copy_loss(
    logits: Array,
    attention_weights: Array,
    gate_logits: Array,
    targets: Array,
    source_ids: Array,
    ignore_index: int | None = None,
) -> tuple[Array, Callable[[], tuple[Array, Array, Array]]]:
    """`copy_cross_entropy`, and its backward with what both need made once: a model's step takes this."""
    counted = _check_loss(logits, attention_weights, gate_logits, targets, source_ids, ignore_index)
    number = max(int(counted.sum()), 1)
    rows = logits.reshape(targets.size, logits.shape[-1])
    column = _vocabulary_column(targets, logits.shape[-1]).reshape(-1)
    maximum, total = softmax_parts(rows)
    log_target = log_softmax_at(rows, column, maximum, total).reshape(targets.shape)
    # log σ(u) = -log(1 + e^-u) and log(1 - σ(u)) = -log(1 + e^u), neither of which rounds to log 0.
    zero = np.zeros((), gate_logits.dtype)
    log_written = np.where(targets < logits.shape[-1], log_target - np.logaddexp(zero, -gate_logits), -np.inf)
    found = source_ids[..., None, :] == targets[..., None]
    weight_found = np.sum(attention_weights * found, axis=-1)
    with np.errstate(divide="ignore"):
        log_copied = np.log(weight_found) - np.logaddexp(zero, gate_logits)
    log_mixture = np.logaddexp(log_written, log_copied)
    loss = np.asarray(-log_mixture[counted].sum() / number, dtype=logits.dtype)

    def backward() -> tuple[Array, Array, Array]:
        impossible = log_mixture == -np.inf
        share = counted.astype(logits.dtype) / number
        share[impossible] = 0
        finite = np.where(impossible, zero, log_mixture)
        written = np.exp(log_written - finite) * share
        copied = np.exp(log_copied - finite) * share

        flat_written = written.reshape(-1)
        d_rows = scaled_softmax(rows, flat_written)
        d_rows[np.arange(len(column)), column] -= flat_written
        # A weight may be too small for its reciprocal to be a float; the smallest normal number stands in for it then.
        per_weight = copied / np.maximum(weight_found, np.finfo(weight_found.dtype).tiny)
        d_gate_logits = sigmoid(gate_logits) * share - written
        return d_rows.reshape(logits.shape), -per_weight[..., None] * found, d_gate_logits

    return loss, backward


def _vocabulary_column(targets: Array, size: int) -> Array:
    # Extended and ignored targets have no column; any stands in, since their share of writing is zero.
    return np.where((targets >= 0) & (targets < size), targets, 0)


def _places(source_ids: Array, gate: Array) -> tuple[Array, ...]:
    """Indices of ``mixture[..., t, source_ids[..., i]]``, of shape (..., T, S)."""
    rows: tuple[Array, ...] = np.indices((*gate.shape, 1), sparse=True)[:-1]
    return (*rows, source_ids[..., None, :])


def _check_mixture(
    vocabulary_weights: Array, attention_weights: Array, gate: Array, source_ids: Array, extended_size: int
) -> int:
    require_floats(gate=gate, vocabulary_weights=vocabulary_weights, attention_weights=attention_weights)
    require_shape("gate", gate, ("...", "targets"), "with at least one dimension")
    require_shape("vocabulary_weights", vocabulary_weights, (*gate.shape, "vocabulary"), "with a row for each gate")
    require_shape("attention_weights", attention_weights, (*gate.shape, "sources"), "with a row for each gate")
    require_ids("source_ids", source_ids, extended_size)
    require_shape("source_ids", source_ids, (*gate.shape[:-1], attention_weights.shape[-1]), "to match the weights")
    written = vocabulary_weights.shape[-1]
    if extended_size < written:
        raise ValueError(f"extended_size: expected at least the vocabulary's {written}, got {extended_size}")
    return written


def _check_loss(
    logits: Array,
    attention_weights: Array,
    gate_logits: Array,
    targets: Array,
    source_ids: Array,
    ignore_index: int | None,
) -> Array:
    """Check everything, and say which targets count."""
    require_floats(logits=logits, attention_weights=attention_weights, gate_logits=gate_logits)
    require_shape("gate_logits", gate_logits, ("...", "targets"), "with at least one dimension")
    require_shape("logits", logits, (*gate_logits.shape, "vocabulary"), "with a row for each gate")
    require_shape("attention_weights", attention_weights, (*gate_logits.shape, "sources"), "with a row for each gate")
    if logits.shape[-1] == 0:
        raise ValueError("logits: expected at least one word in the vocabulary, got none")
    sources = (*gate_logits.shape[:-1], attention_weights.shape[-1])
    # The extended vocabulary may be larger than what the softmax can write by any number of words.
    largest = np.iinfo(np.int64).max
    require_ids("source_ids", source_ids, largest)
    require_shape("source_ids", source_ids, sources, "to match attention_weights")
    require_ids("targets", targets, largest, ignore_index=ignore_index)
    require_shape("targets", targets, gate_logits.shape, "with a word for each gate")
    return np.full(targets.shape, True) if ignore_index is None else targets != ignore_index

"""The steps of one run of a recurrence that attention feeds: forwards, and backwards through time."""

from __future__ import annotations

import numpy as np

from ..functional._checks import Array
from ..functional.cells import Cell
from ..functional.products import matrix_product
from ..layers import GRU, LSTM, Elman, StepAttention
from ..layers.recurrence import apart, together


class DecoderRun:
    r"""All that a run makes, step by step: :math:`c_i = \mathrm{attention}(g_{i-1}, h)`, :math:`g_i = \mathrm{cell}([y_{i-1}; c_i], g_{i-1})`.

    The state is multiplied once a step, for the cell and for the query together.

    Parameters
    ----------
    recurrent : Elman, GRU or LSTM
        Whose parameters the cell takes.
    cell : Cell
    attention : StepAttention or None
    memory, mask, initial
        As in `FeedingDecoder`.
    steps : int

    Attributes
    ----------
    inputs : array (T, B, h or 2h)
        Word and context.
    features : array (T, B, h or 2h)
        Hidden state and context.
    states : array (T + 1, k, B, h)
    looks : Looks or None
    """

    def __init__(
        self,
        recurrent: Elman | GRU | LSTM,
        cell: Cell,
        attention: StepAttention | None,
        memory: Array,
        mask: Array,
        initial: Array,
        steps: int,
    ) -> None:
        batch, _, width = memory.shape
        self.recurrent, self.cell, self.attention = recurrent, cell, attention
        self.width, self.columns = width, cell.gates * width
        self.looks = None if attention is None else attention.over(memory, mask, steps)
        maps = [recurrent.recurrent_weight.value.reshape(width, self.columns)]
        if attention is not None:
            maps.append(attention.query_weight.value)
        self.state_weight = np.concatenate(maps, axis=1)
        self.state_bias = recurrent.recurrent_bias.value.reshape(self.columns)
        self.inputs = np.empty((steps, batch, len(recurrent.input_weight.value)), memory.dtype)
        self.features = np.empty_like(self.inputs)
        self.maps = np.empty((steps, batch, self.state_weight.shape[1]), memory.dtype)
        self.gates = np.empty((steps, batch, self.columns), memory.dtype)
        self.states = np.empty((steps + 1, cell.carried, batch, width), memory.dtype)
        self.states[0] = apart(initial, cell.carried)

    def step(self, t: int, words: Array) -> None:
        """Take the embedded actions (B, h) before step t, and make its inputs, state and features."""
        width, columns = self.width, self.columns
        inputs, features, maps, gates = self.inputs[t], self.features[t], self.maps[t], self.gates[t]
        np.matmul(self.states[t, 0], self.state_weight, out=maps)
        recurrent = maps[:, :columns]
        recurrent += self.state_bias
        inputs[:, :width] = words
        if self.looks is not None:
            inputs[:, width:] = features[:, width:] = self.looks.look(t, maps[:, columns:])
        np.matmul(inputs, self.recurrent.input_weight.value, out=gates)
        gates += self.recurrent.input_bias.value
        self.cell.advance(gates, recurrent, self.states[t], self.states[t + 1])
        features[:, :width] = self.states[t + 1, 0]

    def backward(self, d_features: Array) -> tuple[Array, Array | None, Array]:
        """From all features' gradients: d_words (T, B, h), d_memory (None without attention) and d_initial; adds the parameters'."""
        width, columns = self.width, self.columns
        slopes = self.cell.local_slopes(self.gates, self.maps[..., :columns], self.states)
        d_gates, d_maps = np.empty_like(self.gates), np.empty_like(self.maps)
        d_contexts = d_features[..., width:].copy()
        # Transposed once: a product whose right side runs along the wrong axis takes twice as long.
        back_to_state = np.ascontiguousarray(self.state_weight.T)
        back_to_context = np.ascontiguousarray(self.recurrent.input_weight.value[width:].T)
        d_state = np.zeros_like(self.states[0])
        for t in reversed(range(len(slopes))):
            d_state[0] += d_features[t, :, :width]
            self.cell.retreat(slopes[t], d_state, d_gates[t], d_maps[t, :, :columns])
            if self.looks is not None:
                d_contexts[t] += d_gates[t] @ back_to_context
                self.looks.look_back(t, d_contexts[t], d_maps[t, :, columns:])
            d_state[0] += d_maps[t] @ back_to_state
        d_words = self._add_gradients(d_gates, d_maps)
        d_memory = None if self.looks is None else self.looks.finish(d_contexts)
        return d_words, d_memory, together(d_state)

    def _add_gradients(self, d_gates: Array, d_maps: Array) -> Array:
        """Those of all weights outside the attention's scores; gives d_words."""
        d_rows, d_map_rows, inputs, hidden = (
            array.reshape(-1, array.shape[-1]) for array in (d_gates, d_maps, self.inputs, self.states[:-1, 0])
        )
        recurrent, columns = self.recurrent, self.columns
        d_state_weight = matrix_product(hidden.T, d_map_rows)
        recurrent.recurrent_weight.grad += d_state_weight[:, :columns].reshape(recurrent.recurrent_weight.grad.shape)
        recurrent.recurrent_bias.grad += d_map_rows[:, :columns].sum(axis=0)
        if self.attention is not None:
            self.attention.query_weight.grad += d_state_weight[:, columns:]
        recurrent.input_weight.grad += matrix_product(inputs.T, d_rows)
        recurrent.input_bias.grad += d_rows.sum(axis=0)
        d_words = matrix_product(d_rows, recurrent.input_weight.value[: self.width].T)
        return d_words.reshape(*d_gates.shape[:2], self.width)

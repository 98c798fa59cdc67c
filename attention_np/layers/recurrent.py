"""A gated recurrent unit that reads a sequence, in one direction or in both at once."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike

from ..functional import gru_cell, gru_cell_backward, linear, linear_backward
from ..functional._checks import Array, require_floats, require_mask, require_shape
from .module import Layer, Parameter, called_once, uniform


class Read(NamedTuple):
    """What reading gives: the states (B, T, directions · h), and the last of each direction (B, directions · h)."""

    outputs: Array
    final: Array


class GRUBackward(Protocol):
    """One upstream per field of `Read`, each optional; gives d_inputs and d_initial."""

    def __call__(self, *, d_outputs: Array | None = None, d_final: Array | None = None) -> tuple[Array, Array]: ...


class GRU(Layer):
    """Gated recurrent unit over time (see `attention_np.gru_cell` for the equations).

    The product of all inputs with their weight is taken at once, outside the loop over time; in the loop both directions share
    one stacked product. In the second direction time runs backwards.

    Parameters
    ----------
    in_width, hidden_width : int
    bidirectional : bool
    rng : numpy.random.Generator
        Draws all parameters from U(-1/√h, 1/√h), as PyTorch does.
    dtype : dtype

    Attributes
    ----------
    input_weight : Parameter (in_width, directions · 3h)
    input_bias : Parameter (directions · 3h,)
    recurrent_weight : Parameter (directions, h, 3h)
    recurrent_bias : Parameter (directions, 1, 3h)
        In each, the parts for reset, update and candidate stand in this order.
    """

    def __init__(
        self,
        in_width: int,
        hidden_width: int,
        *,
        bidirectional: bool = False,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        directions = 2 if bidirectional else 1
        bound = hidden_width**-0.5
        self.directions = directions
        self.hidden_width = hidden_width
        self.input_weight = Parameter(uniform((in_width, directions * 3 * hidden_width), bound, rng, dtype))
        self.input_bias = Parameter(uniform((directions * 3 * hidden_width,), bound, rng, dtype))
        self.recurrent_weight = Parameter(uniform((directions, hidden_width, 3 * hidden_width), bound, rng, dtype))
        self.recurrent_bias = Parameter(uniform((directions, 1, 3 * hidden_width), bound, rng, dtype))

    def __call__(
        self, inputs: Array, mask: Array | None = None, initial: Array | None = None
    ) -> tuple[Read, GRUBackward]:
        """Read `inputs` from the first step to the last.

        Parameters
        ----------
        inputs : array (B, T, in)
        mask : boolean array (B, T), optional
            True where there is a word; elsewhere the state is carried on unchanged.
        initial : array (B, directions · h), optional
            The state before the first step; zeros unless given.

        Returns
        -------
        read : Read
        backward : GRUBackward
        """
        require_shape("inputs", inputs, ("batch", "time", self.input_weight.value.shape[0]), "to match input_weight")
        batch, time, _ = inputs.shape
        width = self.directions * self.hidden_width
        if mask is not None:
            require_mask(mask, (batch, time))
            require_shape("mask", mask, (batch, time), "to match inputs")
        if initial is None:
            initial = np.zeros((batch, width), inputs.dtype)
        require_floats(inputs=inputs, initial=initial)
        require_shape("initial", initial, (batch, width), "directions x hidden width")

        recurrent_weight = self.recurrent_weight.value
        projected = self._time_first(linear(inputs, self.input_weight.value, self.input_bias.value))
        present = None if mask is None else self._time_first(np.repeat(mask[..., None], self.directions, axis=-1))
        hidden = np.empty((time + 1, self.directions, batch, self.hidden_width), inputs.dtype)
        recurrent, gates = np.empty_like(projected), np.empty_like(projected)
        hidden[0] = self._by_direction(initial)
        for t in range(time):
            recurrent[t] = hidden[t] @ recurrent_weight + self.recurrent_bias.value
            hidden[t + 1], gates[t] = gru_cell(projected[t], recurrent[t], hidden[t])
            if present is not None and not present[t].all():
                np.copyto(hidden[t + 1], hidden[t], where=~present[t])
        read = Read(self._batch_first(hidden[1:]), hidden[-1].swapaxes(0, 1).reshape(batch, width))

        @called_once
        def backward(*, d_outputs: Array | None = None, d_final: Array | None = None) -> tuple[Array, Array]:
            require_floats(inputs=inputs, d_outputs=d_outputs, d_final=d_final)
            d_hidden = np.zeros_like(hidden[0])
            if d_outputs is not None:
                require_shape("d_outputs", d_outputs, (batch, time, width), "like outputs")
            if d_final is not None:
                require_shape("d_final", d_final, (batch, width), "like final")
                d_hidden += self._by_direction(d_final)
            d_states = None if d_outputs is None else self._time_first(d_outputs)
            d_projected, d_recurrent = np.empty_like(projected), np.empty_like(projected)
            transposed = recurrent_weight.swapaxes(-1, -2)
            for t in reversed(range(time)):
                if d_states is not None:
                    d_hidden = d_hidden + d_states[t]
                carried = 0
                if present is not None and not present[t].all():
                    carried = d_hidden * ~present[t]
                    d_hidden = d_hidden * present[t]
                d_projected[t], d_recurrent[t], d_hidden = gru_cell_backward(
                    d_hidden, gates[t], recurrent[t], hidden[t]
                )
                d_hidden += d_recurrent[t] @ transposed + carried

            rows, d_rows = (self._rows(array) for array in (hidden[:-1], d_recurrent))
            self.recurrent_weight.grad += rows.swapaxes(-1, -2) @ d_rows
            self.recurrent_bias.grad += d_rows.sum(axis=1, keepdims=True)
            d_inputs, d_weight, d_bias = linear_backward(
                self._batch_first(d_projected), inputs, self.input_weight.value
            )
            self.input_weight.grad += d_weight
            self.input_bias.grad += d_bias
            return d_inputs, d_hidden.swapaxes(0, 1).reshape(batch, width)

        return read, backward

    def _by_direction(self, states: Array) -> Array:
        """(B, directions · h) to (directions, B, h)."""
        return states.reshape(len(states), self.directions, self.hidden_width).swapaxes(0, 1)

    def _time_first(self, array: Array) -> Array:
        """(B, T, directions · n) to a new (T, directions, B, n), time reversed in the second direction."""
        batch, time, width = array.shape
        by_direction = array.reshape(batch, time, self.directions, width // self.directions)
        turned = by_direction.transpose(1, 2, 0, 3).copy()
        if self.directions == 2:
            turned[:, 1] = turned[::-1, 1].copy()
        return turned

    def _batch_first(self, array: Array) -> Array:
        """The inverse of `_time_first`, new as well."""
        time, directions, batch, width = array.shape
        turned = array.transpose(2, 0, 1, 3).copy()
        if directions == 2:
            turned[:, :, 1] = turned[:, ::-1, 1].copy()
        return turned.reshape(batch, time, directions * width)

    def _rows(self, array: Array) -> Array:
        """(T, directions, B, n) to (directions, T · B, n)."""
        time, directions, batch, width = array.shape
        return array.swapaxes(0, 1).reshape(directions, time * batch, width)

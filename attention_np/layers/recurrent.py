"""A gated recurrent unit that reads a sequence, in one direction or in both at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike

from ..functional._checks import Array, require_floats, require_mask, require_shape
from ..functional.products import matrix_product
from ..functional.recurrent import advance, local_slopes
from ..functional.workers import share
from .module import Layer, Parameter, called_once, uniform

_ORDERS = (slice(None), slice(None, None, -1))
"""Of time: forwards, and backwards in the second direction."""
_STEPS = 16
"""Of time, that a worker projects at once."""


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

        gates = self._projected(inputs)
        absent = None if mask is None else self._time_first(np.repeat(~mask[..., None], self.directions, axis=-1))
        hidden = np.empty((time + 1, self.directions, self.hidden_width, batch), inputs.dtype)
        candidate_recurrent = np.empty_like(hidden[1:])
        hidden[0] = self._by_direction(initial)
        self._read(gates, candidate_recurrent, hidden, absent)
        read = Read(self._batch_first(hidden[1:]), self._joined(hidden[-1]))

        @called_once
        def backward(*, d_outputs: Array | None = None, d_final: Array | None = None) -> tuple[Array, Array]:
            require_floats(inputs=inputs, d_outputs=d_outputs, d_final=d_final)
            if d_outputs is not None:
                require_shape("d_outputs", d_outputs, (batch, time, width), "like outputs")
            if d_final is not None:
                require_shape("d_final", d_final, (batch, width), "like final")
            d_states = None if d_outputs is None else self._time_first(d_outputs)
            d_hidden = np.zeros_like(hidden[0])
            if d_final is not None:
                d_hidden += self._by_direction(d_final)
            if absent is not None:
                # An update gate of 1 carries the state on: where there is no word, this alone makes all slopes right.
                np.copyto(gates[:, :, self.hidden_width : 2 * self.hidden_width], 1, where=absent)
            slopes = local_slopes(gates, candidate_recurrent, hidden[:-1])
            d_initial = self._read_backward(d_hidden, d_states, slopes)
            return self._add_gradients(slopes, hidden, inputs), self._joined(d_initial)

        return read, backward

    def _projected(self, inputs: Array) -> Array:
        """Both biases and the product of all inputs with their weight, (T, directions, 3h, B), as the loop takes it."""
        batch, time, _ = inputs.shape
        h = self.hidden_width
        projected = np.empty((time, self.directions, 3 * h, batch), inputs.dtype)
        weights = self.input_weight.value.T.reshape(self.directions, 3 * h, inputs.shape[-1])

        def project(parts: Iterator[tuple[int, slice]]) -> None:
            for direction, steps in parts:
                in_order = inputs.transpose(1, 2, 0)[_ORDERS[direction]]
                np.matmul(weights[direction], in_order[steps], out=projected[steps, direction])

        steps = [slice(first, first + _STEPS) for first in range(0, time, _STEPS)]
        share(product(range(self.directions), steps), project, alone=time <= _STEPS)
        bias = self.input_bias.value.reshape(self.directions, 3 * h, 1).copy()
        # The recurrent bias of reset and update is but added to the sum; the candidate's stands behind the reset gate.
        bias[:, : 2 * h] += self.recurrent_bias.value[:, 0, : 2 * h, None]
        projected += bias
        return projected

    def _read(self, gates: Array, candidate_recurrent: Array, hidden: Array, absent: Array | None) -> None:
        """Fill `hidden` and `candidate_recurrent`; `gates` holds what is projected before, and the gates after."""
        h = self.hidden_width
        weight = np.ascontiguousarray(self.recurrent_weight.value.swapaxes(-1, -2))
        bias = self.recurrent_bias.value[:, 0, 2 * h :, None]
        recurrent = np.empty_like(gates, shape=gates.shape[1:])

        def read(steps: Iterator[int]) -> None:
            with np.errstate(over="ignore"):
                for t in steps:
                    np.matmul(weight, hidden[t], out=recurrent)
                    np.add(recurrent[:, 2 * h :], bias, out=candidate_recurrent[t])
                    advance(gates[t], recurrent[:, : 2 * h], candidate_recurrent[t], hidden[t], hidden[t + 1])
                    if absent is not None and absent[t].any():
                        np.copyto(hidden[t + 1], hidden[t], where=absent[t])

        # One step needs the one before, and its products are too small for several threads: one worker, with one thread.
        share(range(len(gates)), read, alone=True)

    def _read_backward(self, d_hidden: Array, d_states: Array | None, slopes: Array) -> Array:
        """Multiply each step's `slopes` in place by what flows into it, from the last step to the first."""
        h = self.hidden_width
        d_hidden = d_hidden.copy()

        def read_backward(steps: Iterator[int]) -> None:
            for t in steps:
                if d_states is not None:
                    np.add(d_hidden, d_states[t], out=d_hidden)
                parts = slopes[t].reshape(self.directions, 5, *d_hidden.shape[1:])
                parts *= d_hidden[:, None]
                np.matmul(self.recurrent_weight.value, slopes[t, :, h : 4 * h], out=d_hidden)
                np.add(d_hidden, parts[:, 4], out=d_hidden)

        share(reversed(range(len(slopes))), read_backward, alone=True)
        return d_hidden

    def _add_gradients(self, d_parts: Array, hidden: Array, inputs: Array) -> Array:
        """From the gradients (T, directions, 5h, B) of `local_slopes`' parts, the parameters'; gives d_inputs."""
        time, _, _, batch = d_parts.shape
        h = self.hidden_width
        states, d_maps = (self._rows(array) for array in (hidden[:-1], d_parts[:, :, : 4 * h]))
        d_biases = d_maps.sum(axis=-1)
        self.recurrent_bias.grad[:, 0] += d_biases[:, h:]
        d_inputs = np.zeros_like(inputs)
        for direction, order in enumerate(_ORDERS[: self.directions]):
            columns = slice(direction * 3 * h, (direction + 1) * 3 * h)
            rows = inputs.swapaxes(0, 1)[order].reshape(time * batch, inputs.shape[-1])
            # The input's map has the candidate first here, and last in its parameters.
            d_map = d_maps[direction, : 3 * h]
            self.recurrent_weight.grad[direction] += matrix_product(states[direction], d_maps[direction, h:].T)
            self.input_weight.grad[:, columns] += np.roll(matrix_product(d_map, rows), -h, axis=0).T
            self.input_bias.grad[columns] += np.roll(d_biases[direction, : 3 * h], -h)
            d_rows = matrix_product(d_map.T, np.roll(self.input_weight.value[:, columns].T, h, axis=0))
            d_inputs += d_rows.reshape(time, batch, inputs.shape[-1])[order].swapaxes(0, 1)
        return d_inputs

    def _by_direction(self, states: Array) -> Array:
        """(B, directions · h) to (directions, h, B)."""
        return states.reshape(len(states), self.directions, self.hidden_width).transpose(1, 2, 0)

    def _joined(self, states: Array) -> Array:
        """The inverse of `_by_direction`, new."""
        return states.transpose(2, 0, 1).reshape(states.shape[-1], self.directions * self.hidden_width)

    def _time_first(self, array: Array) -> Array:
        """(B, T, directions · n) to a new (T, directions, n, B), time reversed in the second direction."""
        batch, time, width = array.shape
        by_direction = array.reshape(batch, time, self.directions, width // self.directions).transpose(1, 2, 3, 0)
        turned = np.empty_like(by_direction, order="C")
        for direction, order in enumerate(_ORDERS[: self.directions]):
            turned[:, direction] = by_direction[order, direction]
        return turned

    def _batch_first(self, array: Array) -> Array:
        """The inverse of `_time_first`, new as well."""
        time, directions, width, batch = array.shape
        turned = np.empty((batch, time, directions, width), array.dtype)
        for direction, order in enumerate(_ORDERS[:directions]):
            turned[:, :, direction] = array[order, direction].transpose(2, 0, 1)
        return turned.reshape(batch, time, directions * width)

    def _rows(self, array: Array) -> Array:
        """(T, directions, n, B) to (directions, n, T · B)."""
        time, directions, width, batch = array.shape
        return array.transpose(1, 2, 0, 3).reshape(directions, width, time * batch)

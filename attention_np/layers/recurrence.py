"""What the Elman network and the LSTM share: a cell that reads a sequence in one direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from ..functional._checks import Array, require_floats, require_mask, require_shape
from ..functional.cells import Cell
from ..functional.products import matrix_product
from .module import Layer, Parameter, called_once, uniform
from .recurrent import GRUBackward, Read


class Recurrence(Layer):
    """A `Cell` over time, with its two linear maps: that of all inputs is one product, taken outside the loop.

    Parameters
    ----------
    cell : Cell
    in_width, hidden_width : int
    rng : numpy.random.Generator
        Draws all parameters from U(-1/√h, 1/√h), as PyTorch does.
    dtype : dtype

    Attributes
    ----------
    input_weight : Parameter (in_width, n h)
    input_bias : Parameter (n h,)
    recurrent_weight : Parameter (h, n h)
    recurrent_bias : Parameter (n h,)
        n parts, in the order of the cell's gates.
    """

    def __init__(
        self, cell: Cell, in_width: int, hidden_width: int, *, rng: np.random.Generator, dtype: DTypeLike
    ) -> None:
        bound = hidden_width**-0.5
        columns = cell.gates * hidden_width
        self.cell = cell
        self.hidden_width = hidden_width
        self.input_weight = Parameter(uniform((in_width, columns), bound, rng, dtype))
        self.input_bias = Parameter(uniform((columns,), bound, rng, dtype))
        self.recurrent_weight = Parameter(uniform((hidden_width, columns), bound, rng, dtype))
        self.recurrent_bias = Parameter(uniform((columns,), bound, rng, dtype))

    def __call__(
        self, inputs: Array, mask: Array | None = None, initial: Array | None = None
    ) -> tuple[Read, GRUBackward]:
        """Read `inputs` from the first step to the last.

        Parameters
        ----------
        inputs : array (B, T, in)
        mask : boolean array (B, T), optional
            True where there is a word; elsewhere the state is carried on unchanged.
        initial : array (B, k h), optional
            The state before the first step, what the cell carries side by side; zeros unless given.

        Returns
        -------
        read : Read
            The hidden states (B, T, h), and the whole of the last state (B, k h).
        backward : GRUBackward
        """
        require_shape("inputs", inputs, ("batch", "time", self.input_weight.value.shape[0]), "to match input_weight")
        batch, time, in_width = inputs.shape
        h, carried = self.hidden_width, self.cell.carried
        if mask is not None:
            require_mask(mask, (batch, time))
            require_shape("mask", mask, (batch, time), "to match inputs")
        if initial is None:
            initial = np.zeros((batch, carried * h), inputs.dtype)
        require_floats(inputs=inputs, initial=initial)
        require_shape("initial", initial, (batch, carried * h), "of all that the cell carries")

        rows = inputs.swapaxes(0, 1).reshape(time * batch, in_width)
        gates = matrix_product(rows, self.input_weight.value) + self.input_bias.value
        gates = gates.reshape(time, batch, self.cell.gates * h)
        recurrent = np.empty_like(gates)
        states = np.empty((time + 1, carried, batch, h), inputs.dtype)
        states[0] = apart(initial, carried)
        absent = [None] * time if mask is None else [_where(~present) for present in mask.T]
        with np.errstate(over="ignore"):
            for t in range(time):
                np.matmul(states[t, 0], self.recurrent_weight.value, out=recurrent[t])
                recurrent[t] += self.recurrent_bias.value
                self.cell.advance(gates[t], recurrent[t], states[t], states[t + 1])
                if absent[t] is not None:
                    states[t + 1][:, absent[t]] = states[t][:, absent[t]]
        read = Read(states[1:, 0].swapaxes(0, 1).copy(), together(states[-1]))

        @called_once
        def backward(*, d_outputs: Array | None = None, d_final: Array | None = None) -> tuple[Array, Array]:
            require_floats(inputs=inputs, d_outputs=d_outputs, d_final=d_final)
            if d_outputs is not None:
                require_shape("d_outputs", d_outputs, (batch, time, h), "like outputs")
            if d_final is not None:
                require_shape("d_final", d_final, (batch, carried * h), "like final")
            # Transposed once: a product whose right side runs along the wrong axis takes twice as long.
            back_to_state = np.ascontiguousarray(self.recurrent_weight.value.T)
            slopes = self.cell.local_slopes(gates, recurrent, states)
            d_projected, d_recurrent = np.empty_like(gates), np.empty_like(gates)
            d_state = np.zeros_like(states[0])
            if d_final is not None:
                d_state += apart(d_final, carried)
            for t in reversed(range(time)):
                if d_outputs is not None:
                    d_state[0] += d_outputs[:, t]
                if absent[t] is not None:
                    d_kept = d_state[:, absent[t]]
                self.cell.retreat(slopes[t], d_state, d_projected[t], d_recurrent[t])
                if absent[t] is not None:
                    d_projected[t, absent[t]] = d_recurrent[t, absent[t]] = 0
                    d_state[:, absent[t]] = d_kept
                d_state[0] += d_recurrent[t] @ back_to_state
            d_rows, d_maps = (array.reshape(len(rows), array.shape[-1]) for array in (d_projected, d_recurrent))
            self.input_weight.grad += matrix_product(rows.T, d_rows)
            self.input_bias.grad += d_rows.sum(axis=0)
            self.recurrent_weight.grad += matrix_product(states[:-1, 0].reshape(len(rows), h).T, d_maps)
            self.recurrent_bias.grad += d_maps.sum(axis=0)
            d_inputs = matrix_product(d_rows, self.input_weight.value.T).reshape(time, batch, in_width)
            return d_inputs.swapaxes(0, 1).copy(), together(d_state)

        return read, backward


def apart(state: Array, carried: int) -> Array:
    """(B, k h) to (k, B, h)."""
    return state.reshape(len(state), carried, state.shape[1] // carried).swapaxes(0, 1)


def together(state: Array) -> Array:
    """The inverse of `apart`, new."""
    carried, batch, width = state.shape
    return state.swapaxes(0, 1).copy().reshape(batch, carried * width)


def _where(absent: Array) -> Array | None:
    """The rows that are absent; None where there is none."""
    return np.flatnonzero(absent) if absent.any() else None

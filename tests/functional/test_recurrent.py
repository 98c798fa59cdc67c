"""The gated cell: the formula, what open and shut gates do, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from attention_np import gru_cell, gru_cell_backward

from .cases import assert_gradients_equal_differences, cases, few_examples, leads, seeds, sizes

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("case", cases("gru_cell"), ids=str)
@few_examples
@given(lead=leads, sizes=sizes, seed=seeds)
def test_the_gradients_equal_differences(case, lead, sizes, seed):
    assert_gradients_equal_differences(case, lead, sizes, seed)


def draw_arguments(lead=(2, 3), width=4, seed=0):
    rng = np.random.default_rng(seed)
    return (
        rng.standard_normal((*lead, 3 * width)),
        rng.standard_normal((*lead, 3 * width)),
        rng.standard_normal((*lead, width)),
    )


def test_the_next_state_equals_the_formulas_number_by_number():
    projected, recurrent, hidden = draw_arguments()
    next_hidden, gates = gru_cell(projected, recurrent, hidden)
    for b, t, k in np.ndindex(2, 3, 4):
        a, u, h = projected[b, t], recurrent[b, t], hidden[b, t, k]
        r = 1 / (1 + math.exp(-(a[k] + u[k])))
        z = 1 / (1 + math.exp(-(a[4 + k] + u[4 + k])))
        n = math.tanh(a[8 + k] + r * u[8 + k])
        assert next_hidden[b, t, k] == pytest.approx((1 - z) * n + z * h, rel=1e-12)
        assert gates[b, t, [k, 4 + k, 8 + k]] == pytest.approx([r, z, n], rel=1e-13)


@few_examples
@given(seed=seeds)
def test_the_next_state_lies_between_the_state_and_the_candidate(seed):
    projected, recurrent, hidden = draw_arguments(seed=seed)
    next_hidden, gates = gru_cell(projected, recurrent, hidden)
    candidate = gates[..., 8:]
    assert np.all(next_hidden >= np.minimum(candidate, hidden) - 1e-15)
    assert np.all(next_hidden <= np.maximum(candidate, hidden) + 1e-15)


def test_an_update_gate_of_1_keeps_the_state_and_hands_its_gradient_on_unchanged():
    projected, recurrent, hidden = draw_arguments()
    projected[..., 4:8] = 1e4
    next_hidden, gates = gru_cell(projected, recurrent, hidden)
    np.testing.assert_allclose(next_hidden, hidden, rtol=1e-14, atol=1e-15)
    upstream = np.random.default_rng(1).standard_normal(hidden.shape)
    d_projected, d_recurrent, d_hidden = gru_cell_backward(upstream, gates, recurrent, hidden)
    np.testing.assert_array_equal(d_hidden, upstream)
    assert not d_projected.any() and not d_recurrent.any()


def test_an_update_gate_of_0_forgets_the_state():
    projected, recurrent, hidden = draw_arguments()
    projected[..., 4:8] = -1e4
    next_hidden, gates = gru_cell(projected, recurrent, hidden)
    np.testing.assert_array_equal(next_hidden, gates[..., 8:])
    upstream = np.random.default_rng(1).standard_normal(hidden.shape)
    d_projected, _, d_hidden = gru_cell_backward(upstream, gates, recurrent, hidden)
    assert not d_hidden.any() and not d_projected[..., 4:8].any()
    np.testing.assert_allclose(d_projected[..., 8:], upstream * (1 - next_hidden**2), rtol=1e-14)


def test_a_reset_gate_of_0_hides_the_state_from_the_candidate():
    projected, recurrent, hidden = draw_arguments()
    projected[..., :4] = -1e4
    next_hidden, gates = gru_cell(projected, recurrent, hidden)
    np.testing.assert_array_equal(gates[..., 8:], np.tanh(projected[..., 8:]))
    upstream = np.random.default_rng(1).standard_normal(hidden.shape)
    d_projected, d_recurrent, _ = gru_cell_backward(upstream, gates, recurrent, hidden)
    assert not d_recurrent[..., 8:].any() and d_projected[..., 8:].all() and not d_projected[..., :4].any()


def test_both_maps_receive_the_same_except_behind_the_reset_gate():
    projected, recurrent, hidden = draw_arguments()
    _, gates = gru_cell(projected, recurrent, hidden)
    upstream = np.random.default_rng(1).standard_normal(hidden.shape)
    d_projected, d_recurrent, _ = gru_cell_backward(upstream, gates, recurrent, hidden)
    np.testing.assert_array_equal(d_projected[..., :8], d_recurrent[..., :8])
    np.testing.assert_allclose(d_projected[..., 8:] * gates[..., :4], d_recurrent[..., 8:], rtol=1e-15)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"hidden": np.array(1.0)},
            r"^hidden: expected shape \(\.\.\., hidden\) with at least one dimension, got \(\)",
        ),
        (
            {"projected": np.ones((2, 3, 8))},
            r"^projected: expected shape \(2, 3, 12\) three times .*, got \(2, 3, 8\)",
        ),
        (
            {"recurrent": np.ones((3, 12))},
            r"^recurrent: expected shape \(2, 3, 12\) three times .*, got \(3, 12\)",
        ),
    ],
)
def test_shapes_that_do_not_fit_are_refused_by_name(changed, message):
    arguments = dict(zip(("projected", "recurrent", "hidden"), draw_arguments(), strict=True))
    with pytest.raises(ValueError, match=message):
        gru_cell(**{**arguments, **changed})
    if "projected" not in changed:
        with pytest.raises(ValueError, match=message):
            arguments = {
                **arguments,
                **changed,
                "d_next_hidden": np.ones((2, 3, 4)),
                "gates": np.ones((2, 3, 12)),
            }
            del arguments["projected"]
            gru_cell_backward(**arguments)

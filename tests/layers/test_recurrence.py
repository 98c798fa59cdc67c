"""What holds for every one-directional recurrent network: derivative, padding, pieces, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.layers.elman import Elman
from attention_np.layers.lstm import LSTM

BATCH, TIME, IN, HIDDEN = 3, 4, 2, 3
# A whole sequence, one with padding behind, one with padding in front and within.
MASK = np.array([[True, True, True, True], [True, True, False, False], [False, True, False, True]])
every_cell = pytest.mark.parametrize(("kind", "carried"), [(Elman, 1), (LSTM, 2)])


def make(kind, rng, in_width=IN, hidden_width=HIDDEN):
    return kind(in_width, hidden_width, rng=rng, dtype=np.float64)


def draw(carried, rng, batch=BATCH, time=TIME):
    return {
        "inputs": rng.standard_normal((batch, time, IN)),
        "initial": rng.standard_normal((batch, carried * HIDDEN)),
    }


@every_cell
@pytest.mark.parametrize(
    ("mask", "upstreams"),
    [(None, None), (MASK, None), (MASK, ("d_outputs",)), (MASK, ("d_final",))],
    ids=["no-mask", "mask", "outputs-alone", "final-alone"],
)
def test_its_backward_is_the_derivative_with_masks_and_an_initial_state(
    kind, carried, mask, upstreams, check, randomise, rng
):
    layer, arrays = randomise(make(kind, rng), rng), draw(carried, rng)
    check(layer, {"inputs": arrays["inputs"], "mask": mask, "initial": arrays["initial"]}, rng, upstreams)


@every_cell
@pytest.mark.parametrize("sizes", [(1, 3), (3, 1), (1, 1), (0, 3), (2, 0), (0, 0)])
def test_single_and_no_sequences_of_one_and_no_steps_work(kind, carried, sizes, check, randomise, rng):
    layer, arrays = randomise(make(kind, rng), rng), draw(carried, rng, *sizes)
    check(layer, {"inputs": arrays["inputs"], "mask": None, "initial": arrays["initial"]}, rng)
    read, _ = layer(arrays["inputs"])
    assert read.outputs.shape == (*sizes, HIDDEN)
    assert read.final.shape == (sizes[0], carried * HIDDEN)


@every_cell
def test_without_an_initial_state_it_starts_from_zeros(kind, carried, rng):
    layer, inputs = make(kind, rng), rng.standard_normal((BATCH, TIME, IN))
    plain, _ = layer(inputs)
    started, _ = layer(inputs, initial=np.zeros((BATCH, carried * HIDDEN)))
    np.testing.assert_array_equal(plain.final, started.final)


@every_cell
def test_what_stands_at_padding_has_no_influence_and_receives_no_gradient(kind, carried, rng):
    layer, arrays = make(kind, rng), draw(carried, rng)
    read, backward = layer(arrays["inputs"], MASK, arrays["initial"])
    others = np.where(MASK[..., None], arrays["inputs"], 100 * rng.standard_normal(arrays["inputs"].shape))
    again, _ = layer(others, MASK, arrays["initial"])
    np.testing.assert_array_equal(again.outputs, read.outputs)
    np.testing.assert_array_equal(again.final, read.final)
    d_inputs, _ = backward(
        d_outputs=rng.standard_normal(read.outputs.shape), d_final=rng.standard_normal(read.final.shape)
    )
    np.testing.assert_array_equal(np.any(d_inputs != 0, axis=-1), MASK)


@every_cell
def test_a_padded_sequence_gives_what_it_gives_without_its_padding(kind, carried, rng):
    layer, arrays = make(kind, rng), draw(carried, rng)
    padded, _ = layer(arrays["inputs"], MASK, arrays["initial"])
    for row, present in enumerate(MASK):
        alone, _ = layer(arrays["inputs"][row : row + 1, present], initial=arrays["initial"][row : row + 1])
        np.testing.assert_allclose(padded.outputs[row, present], alone.outputs[0], rtol=1e-12)
        np.testing.assert_allclose(padded.final[row], alone.final[0], rtol=1e-12)


@every_cell
def test_step_by_step_it_gives_the_same_as_in_one_piece(kind, carried, rng):
    layer, arrays = make(kind, rng), draw(carried, rng)
    whole, _ = layer(**arrays)
    state = arrays["initial"]
    for t in range(TIME):
        read, _ = layer(arrays["inputs"][:, t : t + 1], initial=state)
        state = read.final
        np.testing.assert_allclose(read.outputs[:, 0], whole.outputs[:, t], rtol=1e-12)
    np.testing.assert_allclose(state, whole.final, rtol=1e-12)


@every_cell
def test_changing_the_results_changes_neither_gradients_nor_later_results(kind, carried, rng):
    layer, arrays = make(kind, rng), draw(carried, rng)
    read, backward = layer(**arrays)
    upstreams = {f"d_{name}": rng.standard_normal(array.shape) for name, array in read._asdict().items()}
    expected, kept = backward(**upstreams), [array.copy() for array in read]
    read, backward = layer(**arrays)
    for array, wanted in zip(read, kept, strict=True):
        np.testing.assert_array_equal(array, wanted)
        array[...] = 7
    for gradient, wanted in zip(backward(**upstreams), expected, strict=True):
        np.testing.assert_array_equal(gradient, wanted)


@every_cell
def test_float32_is_the_default_and_stays(kind, carried, rng):
    layer = kind(IN, HIDDEN, rng=rng)
    read, backward = layer(rng.standard_normal((BATCH, TIME, IN)).astype(np.float32), MASK)
    gradients = backward(d_outputs=rng.standard_normal(read.outputs.shape).astype(np.float32))
    for array in (*read, *gradients, *(parameter.grad for parameter in layer.parameters())):
        assert array.dtype == np.float32


@every_cell
def test_parameters_are_drawn_from_the_interval_of_pytorch(kind, carried, rng):
    layer = kind(20, 16, rng=rng)
    for name, parameter in layer.named_parameters():
        assert 0.2 < np.abs(parameter.value).max() <= 0.25, name


@every_cell
@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"inputs": np.ones((BATCH, TIME, 5))}, ValueError, r"^inputs: expected shape \(batch, time, 2\) to match"),
        ({"mask": MASK[:2]}, ValueError, r"^mask: expected a shape that broadcasts to \(3, 4\), got \(2, 4\)"),
        ({"mask": np.ones((BATCH, TIME))}, TypeError, r"^mask: expected booleans"),
        ({"initial": np.ones((BATCH, 5))}, ValueError, r"^initial: expected shape \(3, \d\) of all that the cell"),
        ({"initial": np.ones((BATCH, 3), np.float32)}, TypeError, r"^initial: expected dtype float64 like inputs"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_by_name(kind, carried, changed, error, message, rng):
    with pytest.raises(error, match=message):
        make(kind, rng)(**{**draw(carried, rng), **changed})


@every_cell
@pytest.mark.parametrize("name", ["d_outputs", "d_final"])
def test_upstreams_that_do_not_fit_are_refused_by_name(kind, carried, name, rng):
    _, backward = make(kind, rng)(**draw(carried, rng))
    with pytest.raises(ValueError, match=rf"^{name}: expected shape .* like {name[2:]}"):
        backward(**{name: np.ones((BATCH, 1, 1))})

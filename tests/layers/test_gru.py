"""The gated recurrent unit: PyTorch's numbers, its derivative, padding, directions, and what is refused."""

from __future__ import annotations

import importlib.util
import math
import runpy
from pathlib import Path

import numpy as np
import pytest

from attention_np.layers import GRU

HERE = Path(__file__).parent
MAKER = runpy.run_path(str(HERE / "make_golden_gru.py"))
CASES, PARTS = MAKER["CASES"], MAKER["PARTS"]
HAS_TORCH = importlib.util.find_spec("torch") is not None
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="torch is missing; the golden numbers are checked")
BATCH, TIME, IN, HIDDEN = 3, 4, 2, 3
# A whole sequence, one with padding behind, one with padding in front and within.
MASK = np.array([[True, True, True, True], [True, True, False, False], [False, True, False, True]])


@pytest.fixture(scope="module")
def golden():
    with np.load(HERE / "golden_gru.npz", allow_pickle=False) as file:
        return dict(file)


def make(rng, directions, in_width=IN, hidden_width=HIDDEN, dtype=np.float64):
    return GRU(in_width, hidden_width, bidirectional=directions == 2, rng=rng, dtype=dtype)


def draw(rng, directions, batch=BATCH, time=TIME):
    return {
        "inputs": rng.standard_normal((batch, time, IN)),
        "initial": rng.standard_normal((batch, directions * HIDDEN)),
    }


def our_gru(case, arrays):
    """As the maker's `torch_gru`, by our layer."""
    directions, lengths, in_width, width = CASES[case]
    layer = make(np.random.default_rng(0), directions, in_width, width)
    layer.load_state_dict({name: arrays[name] for name in PARTS})
    present = np.arange(max(lengths)) < np.array(lengths)[:, None]
    mask = None if present.all() else present
    read, backward = layer(arrays["inputs"], mask, arrays["initial"])
    d_inputs, d_initial = backward(d_outputs=arrays["d_outputs"], d_final=arrays["d_final"])
    results = {
        "outputs": read.outputs * present[..., None],
        "final": read.final,
        "d_inputs": d_inputs,
        "d_initial": d_initial,
    }
    return {**results, **{f"d_{name}": parameter.grad for name, parameter in layer.named_parameters()}}


def assert_agree(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, expected in theirs.items():
        np.testing.assert_allclose(ours[name], expected, rtol=1e-11, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("case", CASES)
def test_results_and_gradients_are_those_of_pytorchs_gru_on_padded_sequences(case, golden):
    own = {name.split(" ", 1)[1]: array for name, array in golden.items() if name.startswith(f"{case} ")}
    given = {name.removeprefix("given "): own.pop(name) for name in list(own) if name.startswith("given ")}
    assert len(own) == 8
    assert_agree(our_gru(case, given), own)


@needs_torch
@pytest.mark.parametrize("case", CASES)
def test_pytorch_gives_the_same_on_other_data(case):
    arrays = MAKER["draw"](case, np.random.default_rng(18))
    assert_agree(our_gru(case, arrays), MAKER["torch_gru"](case, arrays))


@needs_torch
def test_the_golden_file_is_what_its_script_makes(golden):
    arrays = MAKER["draw"]("both_padded", np.random.default_rng(17))
    for name, array in MAKER["torch_gru"]("both_padded", arrays).items():
        np.testing.assert_allclose(golden[f"both_padded {name}"], array, rtol=1e-12, atol=1e-13, err_msg=name)


def test_a_state_is_made_by_the_equations():
    """One step of one sequence with one number each, by hand."""
    layer = make(np.random.default_rng(5), 1, in_width=1, hidden_width=1)
    (a, b, c), (d, e, f) = layer.input_weight.value[0], layer.input_bias.value
    (u, v, w), (x, y, z) = layer.recurrent_weight.value[0, 0], layer.recurrent_bias.value[0, 0]
    step, state = 0.7, -0.4
    reset = 1 / (1 + math.exp(-(step * a + d + state * u + x)))
    update = 1 / (1 + math.exp(-(step * b + e + state * v + y)))
    candidate = math.tanh(step * c + f + reset * (state * w + z))
    read, _ = layer(np.array([[[step]]]), initial=np.array([[state]]))
    assert read.final[0, 0] == pytest.approx((1 - update) * candidate + update * state, rel=1e-14)


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize(
    ("mask", "upstreams"),
    [(None, None), (MASK, None), (MASK, ("d_outputs",)), (MASK, ("d_final",))],
    ids=["no-mask", "mask", "outputs-alone", "final-alone"],
)
def test_its_backward_is_the_derivative_with_masks_and_an_initial_state(
    directions, mask, upstreams, check, randomise, rng
):
    layer, arrays = randomise(make(rng, directions), rng), draw(rng, directions)
    check(layer, {"inputs": arrays["inputs"], "mask": mask, "initial": arrays["initial"]}, rng, upstreams)


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("sizes", [(1, 3), (3, 1), (1, 1), (0, 3), (2, 0), (0, 0)])
def test_single_and_no_sequences_of_one_and_no_steps_work(directions, sizes, check, randomise, rng):
    layer = randomise(make(rng, directions), rng)
    arrays = draw(rng, directions, *sizes)
    check(layer, {"inputs": arrays["inputs"], "mask": None, "initial": arrays["initial"]}, rng)
    read, _ = layer(arrays["inputs"])
    assert read.outputs.shape == (*sizes, directions * HIDDEN)
    assert read.final.shape == (sizes[0], directions * HIDDEN)


@pytest.mark.parametrize("directions", [1, 2])
def test_without_an_initial_state_it_starts_from_zeros(directions, rng):
    layer, inputs = make(rng, directions), rng.standard_normal((BATCH, TIME, IN))
    plain, _ = layer(inputs)
    started, _ = layer(inputs, initial=np.zeros((BATCH, directions * HIDDEN)))
    np.testing.assert_array_equal(plain.outputs, started.outputs)
    np.testing.assert_array_equal(plain.final, started.final)


@pytest.mark.parametrize("directions", [1, 2])
def test_what_stands_at_padding_has_no_influence_and_receives_no_gradient(directions, rng):
    layer = make(rng, directions)
    arrays = draw(rng, directions)
    read, backward = layer(arrays["inputs"], MASK, arrays["initial"])
    others = np.where(MASK[..., None], arrays["inputs"], 100 * rng.standard_normal(arrays["inputs"].shape))
    again, _ = layer(others, MASK, arrays["initial"])
    np.testing.assert_array_equal(again.outputs, read.outputs)
    np.testing.assert_array_equal(again.final, read.final)
    d_inputs, _ = backward(
        d_outputs=rng.standard_normal(read.outputs.shape), d_final=rng.standard_normal(read.final.shape)
    )
    np.testing.assert_array_equal(np.any(d_inputs != 0, axis=-1), MASK)


@pytest.mark.parametrize("directions", [1, 2])
def test_a_padded_sequence_gives_what_it_gives_without_its_padding(directions, rng):
    layer = make(rng, directions)
    arrays = draw(rng, directions)
    padded, _ = layer(arrays["inputs"], MASK, arrays["initial"])
    for row, present in enumerate(MASK):
        alone, _ = layer(arrays["inputs"][row : row + 1, present], initial=arrays["initial"][row : row + 1])
        np.testing.assert_allclose(padded.outputs[row, present], alone.outputs[0], rtol=1e-12)
        np.testing.assert_allclose(padded.final[row], alone.final[0], rtol=1e-12)


def test_a_sequence_that_is_all_padding_keeps_its_initial_state_and_hands_its_gradient_through(rng):
    layer = make(rng, 2)
    arrays, d_final = draw(rng, 2), rng.standard_normal((BATCH, 2 * HIDDEN))
    mask = MASK & np.array([[True], [False], [True]])
    read, backward = layer(arrays["inputs"], mask, arrays["initial"])
    np.testing.assert_array_equal(read.final[1], arrays["initial"][1])
    d_inputs, d_initial = backward(d_final=d_final)
    np.testing.assert_array_equal(d_initial[1], d_final[1])
    assert not d_inputs[1].any()


def test_the_second_direction_reads_the_sequence_from_its_end(rng):
    layer, turned = make(rng, 2), make(rng, 2)
    # The same two units with their places exchanged.
    for name, parameter in turned.named_parameters():
        own = dict(layer.named_parameters())[name].value
        halves = own[::-1] if name.startswith("recurrent") else np.roll(own, 3 * HIDDEN, axis=-1)
        parameter.value[...] = halves
    inputs = rng.standard_normal((BATCH, TIME, IN))
    read, _ = layer(inputs)
    reversed_read, _ = turned(inputs[:, ::-1])
    np.testing.assert_allclose(
        np.roll(reversed_read.outputs[:, ::-1], HIDDEN, axis=-1), read.outputs, rtol=1e-13
    )
    np.testing.assert_allclose(np.roll(reversed_read.final, HIDDEN, axis=-1), read.final, rtol=1e-13)
    np.testing.assert_array_equal(read.final[:, :HIDDEN], read.outputs[:, -1, :HIDDEN])
    np.testing.assert_array_equal(read.final[:, HIDDEN:], read.outputs[:, 0, HIDDEN:])


def test_read_in_two_pieces_it_gives_the_same_as_in_one(rng):
    layer, inputs = make(rng, 1), rng.standard_normal((BATCH, 6, IN))
    whole, _ = layer(inputs)
    first, _ = layer(inputs[:, :2])
    second, _ = layer(inputs[:, 2:], initial=first.final)
    pieces = np.concatenate([first.outputs, second.outputs], axis=1)
    np.testing.assert_allclose(pieces, whole.outputs, rtol=1e-12)
    np.testing.assert_allclose(second.final, whole.final, rtol=1e-12)


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("batch", [1, BATCH])
def test_changing_the_results_does_not_change_the_gradients(directions, batch, rng):
    """As a dropout in place would."""
    layer, arrays = make(rng, directions), draw(rng, directions, batch)
    read, backward = layer(**arrays)
    upstreams = {f"d_{name}": rng.standard_normal(array.shape) for name, array in read._asdict().items()}
    expected = backward(**upstreams)
    read, backward = layer(**arrays)
    read.outputs[...] = 7
    read.final[...] = 7
    for gradient, wanted in zip(backward(**upstreams), expected, strict=True):
        np.testing.assert_array_equal(gradient, wanted)


def test_results_are_not_overwritten_by_a_later_call(rng):
    layer = make(rng, 2)
    read, backward = layer(**draw(rng, 2))
    kept = [array.copy() for array in read]
    layer(**draw(rng, 2))[1](d_final=rng.standard_normal((BATCH, 2 * HIDDEN)))
    for array, expected in zip(read, kept, strict=True):
        np.testing.assert_array_equal(array, expected)


def test_float32_is_the_default_and_stays(rng):
    layer = GRU(IN, HIDDEN, bidirectional=True, rng=rng)
    read, backward = layer(rng.standard_normal((BATCH, TIME, IN)).astype(np.float32), MASK)
    gradients = backward(d_outputs=rng.standard_normal(read.outputs.shape).astype(np.float32))
    for array in (*read, *gradients, *(parameter.grad for parameter in layer.parameters())):
        assert array.dtype == np.float32


def test_parameters_are_drawn_from_the_interval_of_pytorch(rng):
    layer = GRU(20, 16, bidirectional=True, rng=rng)
    assert {name: parameter.value.shape for name, parameter in layer.named_parameters()} == {
        "input_weight": (20, 96),
        "input_bias": (96,),
        "recurrent_weight": (2, 16, 48),
        "recurrent_bias": (2, 1, 48),
    }
    for parameter in layer.parameters():
        assert 0.22 < np.abs(parameter.value).max() <= 0.25


@pytest.mark.parametrize(
    ("name", "array", "error", "message"),
    [
        ("inputs", np.zeros((BATCH, TIME, IN + 1)), ValueError, r"inputs: expected shape \(batch, time, 2\)"),
        ("inputs", np.zeros((TIME, IN)), ValueError, r"inputs: expected shape \(batch, time, 2\)"),
        ("inputs", np.zeros((BATCH, TIME, IN), np.float32), TypeError, "float32"),
        ("inputs", np.zeros((BATCH, TIME, IN), int), TypeError, "inputs: expected a floating dtype"),
        ("mask", MASK[:, :-1], ValueError, "mask: expected a shape that broadcasts to"),
        ("mask", MASK[:1], ValueError, r"mask: expected shape \(3, 4\)"),
        ("mask", MASK.astype(int), TypeError, "mask: expected booleans"),
        ("mask", MASK.astype(float), TypeError, "mask: expected booleans"),
        ("initial", np.zeros((BATCH, HIDDEN)), ValueError, r"initial: expected shape \(3, 6\)"),
        ("initial", np.zeros((BATCH, 2 * HIDDEN), np.float32), TypeError, "initial: expected dtype float64"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_name(name, array, error, message, rng):
    layer = make(rng, 2)
    with pytest.raises(error, match=message):
        layer(**{**draw(rng, 2), "mask": MASK, name: array})


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("d_outputs", np.ones((BATCH, TIME, HIDDEN))),
        ("d_outputs", np.ones((TIME, BATCH, 2 * HIDDEN))),
        ("d_outputs", np.ones((BATCH, TIME, 2 * HIDDEN), np.float32)),
        ("d_final", np.ones((1, 2 * HIDDEN))),
        ("d_final", np.ones((2, BATCH, HIDDEN))),
        ("d_final", np.ones((BATCH, 2 * HIDDEN), np.float32)),
    ],
)
def test_an_upstream_that_does_not_fit_is_refused_by_name_before_any_gradient_is_added(name, wrong, rng):
    layer = make(rng, 2)
    read, backward = layer(**draw(rng, 2))
    good = {f"d_{field}": rng.standard_normal(array.shape) for field, array in read._asdict().items()}
    with pytest.raises((TypeError, ValueError), match=f"^{name}: expected"):
        backward(**{**good, name: wrong})
    assert all(not parameter.grad.any() for parameter in layer.parameters())
    backward(**good)


def test_a_second_backward_call_is_an_error(rng):
    layer = make(rng, 1)
    _, backward = layer(**draw(rng, 1))
    d_final = rng.standard_normal((BATCH, HIDDEN))
    backward(d_final=d_final)
    with pytest.raises(RuntimeError, match="GRU: this backward was called before"):
        backward(d_final=d_final)

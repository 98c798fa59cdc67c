"""Several heads: every head by loops, PyTorch's numbers, masks, the key-value cache, and the derivative."""

from __future__ import annotations

import importlib.util
import math

import numpy as np
import pytest

from attention_np.layers import KeyValueCache, MultiHeadAttention

SCORES = ("cosine", "dot", "scaled_dot", "additive")
BATCH, TARGETS, SOURCES, WIDTH, HEADS = 2, 3, 5, 6, 2
HAS_TORCH = importlib.util.find_spec("torch") is not None
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="torch is missing; the heads are checked by loops")
PADDING = np.array([[True, True, True, False, False], [True, True, True, True, True]])


def make(rng, score="cosine", heads=HEADS, **arguments):
    return MultiHeadAttention(WIDTH, heads, score, rng=rng, dtype=np.float64, **arguments)


def attend_by_loops(layer, targets, inputs, sharpness, allowed):
    """One sequence, one head, one target at a time; gives the outputs and the weights of all heads."""

    def mapped(linear, rows):
        return np.array([row @ linear.weight.value + linear.bias.value for row in rows])

    queries, keys, values = (
        mapped(linear, rows)
        for linear, rows in ((layer.query, targets), (layer.key, inputs), (layer.value, inputs))
    )
    part = WIDTH // layer.heads
    weights = np.zeros((layer.heads, len(targets), len(inputs)))
    contexts = np.zeros((len(targets), WIDTH))
    for head in range(layer.heads):
        own = slice(head * part, (head + 1) * part)
        for j, query in enumerate(queries[:, own]):
            for i, key in enumerate(keys[:, own]):
                score = query @ key
                if layer.score == "additive":
                    score = np.tanh(query + key) @ layer.additive.score_vector.value[head]
                if layer.score == "cosine":
                    score /= math.hypot(*query) * math.hypot(*key)
                weights[head, j, i] = allowed[j, i] * math.exp(sharpness[head] * score)
            if allowed[j].any():
                weights[head, j] /= weights[head, j].sum()
            for i, value in enumerate(values[:, own]):
                contexts[j, own] += weights[head, j, i] * value
    return mapped(layer.output, contexts), weights


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("scale", [None, 0.8, "learned"])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("kind", ["self", "cross"])
def test_outputs_and_weights_are_those_of_a_loop_over_heads(score, scale, causal, kind, rng):
    if scale == "learned":
        layer = make(rng, score, learn_scale=True)
        layer.sharpness.log_scale.value[...] = np.log([0.5, 3.0])
        sharpness = [0.5, 3.0]
    else:
        layer = make(rng, score, scale=scale, learn_scale=False)
        default = (WIDTH // HEADS) ** -0.5 if score == "scaled_dot" else 1.0
        sharpness = [default if scale is None else scale] * HEADS
    inputs = rng.standard_normal((BATCH, SOURCES, WIDTH))
    targets = inputs if kind == "self" else rng.standard_normal((BATCH, TARGETS, WIDTH))
    given = (targets,) if kind == "self" else (targets, inputs)
    mask = PADDING[:, None, :]
    outputs, _ = layer(*given, mask=mask, causal=causal)
    weights = layer.weights(*given, mask=mask, causal=causal)
    length = targets.shape[1]
    for n in range(BATCH):
        allowed = np.array(
            [
                [PADDING[n, i] and (not causal or i <= j + SOURCES - length) for i in range(SOURCES)]
                for j in range(length)
            ]
        )
        expected, expected_weights = attend_by_loops(layer, targets[n], inputs[n], sharpness, allowed)
        np.testing.assert_allclose(outputs[n], expected, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(weights[n], expected_weights, rtol=1e-11, atol=1e-14)


@needs_torch
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("kind", ["self", "causal", "cross"])
def test_scaled_dot_is_pytorchs_layer_forwards_and_backwards(kind, padded, randomise, rng):
    import torch

    causal = kind == "causal"
    layer = randomise(make(rng, "scaled_dot", heads=3), rng)
    theirs = torch.nn.MultiheadAttention(WIDTH, 3, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        parts = (layer.query, layer.key, layer.value)
        theirs.in_proj_weight.copy_(torch.tensor(np.concatenate([part.weight.value.T for part in parts])))
        theirs.in_proj_bias.copy_(torch.tensor(np.concatenate([part.bias.value for part in parts])))
        theirs.out_proj.weight.copy_(torch.tensor(layer.output.weight.value.T.copy()))
        theirs.out_proj.bias.copy_(torch.tensor(layer.output.bias.value))
    arrays = [rng.standard_normal((BATCH, SOURCES, WIDTH))]
    if kind == "cross":
        arrays.insert(0, rng.standard_normal((BATCH, TARGETS, WIDTH)))
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    no_later = torch.tensor(np.triu(np.ones((SOURCES, SOURCES), bool), 1)) if causal else None
    expected, expected_weights = theirs(
        tensors[0],
        tensors[-1],
        tensors[-1],
        key_padding_mask=torch.tensor(~PADDING) if padded else None,
        attn_mask=no_later,
        average_attn_weights=False,
    )
    mask = PADDING[:, None, :] if padded else None
    outputs, backward = layer(*arrays, mask=mask, causal=causal)
    np.testing.assert_allclose(outputs, expected.detach().numpy(), rtol=1e-11, atol=1e-12)
    weights = layer.weights(*arrays, mask=mask, causal=causal)
    np.testing.assert_allclose(weights, expected_weights.detach().numpy(), rtol=1e-11, atol=1e-13)
    d_outputs = rng.standard_normal(outputs.shape)
    expected.backward(torch.tensor(d_outputs))
    for gradient, tensor in zip(backward(d_outputs), tensors, strict=True):
        np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=1e-10, atol=1e-11)
    ours = np.concatenate([part.weight.grad.T for part in parts])
    np.testing.assert_allclose(ours, theirs.in_proj_weight.grad.numpy(), rtol=1e-10, atol=1e-11)
    ours = np.concatenate([part.bias.grad for part in parts])
    np.testing.assert_allclose(ours, theirs.in_proj_bias.grad.numpy(), rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(layer.output.weight.grad.T, theirs.out_proj.weight.grad.numpy(), rtol=1e-10)


@pytest.mark.parametrize(
    ("score", "kind", "causal"),
    [
        ("cosine", "self", True),
        ("cosine", "cross", False),
        ("dot", "cross", True),
        ("scaled_dot", "self", False),
        ("additive", "self", True),
        ("additive", "cross", False),
    ],
)
def test_its_backward_is_the_derivative_with_a_sharpness_per_head(score, causal, kind, check, randomise, rng):
    layer = randomise(make(rng, score, learn_scale=True), rng)
    layer.sharpness.log_scale.value[...] = [-0.5, 0.6]
    # The second sequence may not look at its first input: its first target, where it is causal, at nothing.
    mask = np.array([[[True] * 4], [[False, True, True, False]]])
    arrays = {"targets": rng.standard_normal((BATCH, 4 if kind == "self" else 3, WIDTH))}
    if kind == "cross":
        arrays["inputs"] = rng.standard_normal((BATCH, 4, WIDTH))
    check(layer, arrays, rng, mask=mask, causal=causal)


@pytest.mark.parametrize(
    ("lead", "sizes"),
    [((), (0, 3)), ((1,), (2, 0)), ((2, 1), (1, 1)), ((0,), (2, 3))],
)
@pytest.mark.parametrize("score", ["cosine", "additive"])
def test_any_leading_dimensions_and_no_or_one_target_or_input_work(lead, sizes, score, check, rng):
    layer = make(rng, score)
    targets, inputs = (rng.standard_normal((*lead, size, WIDTH)) for size in sizes)
    check(layer, {"targets": targets, "inputs": inputs}, rng)
    assert layer.weights(targets, inputs).shape == (*lead, HEADS, *sizes)


def test_each_heads_sharpness_gets_its_own_gradient(rng):
    layer = make(rng, learn_scale=True)
    targets, d_outputs = rng.standard_normal((2, BATCH, SOURCES, WIDTH))
    # Only the first head is heard.
    layer.output.weight.value[WIDTH // HEADS :] = 0
    layer(targets)[1](d_outputs)
    assert layer.sharpness.log_scale.grad[0] != 0
    assert layer.sharpness.log_scale.grad[1] == 0


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("causal", [False, True])
def test_weights_sum_to_one_and_are_zero_where_masked(score, causal, rng):
    layer, targets = make(rng, score), rng.standard_normal((BATCH, SOURCES, WIDTH))
    weights = layer.weights(targets, mask=PADDING[:, None, :], causal=causal)
    assert weights.shape == (BATCH, HEADS, SOURCES, SOURCES)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-14)
    assert not weights[0, ..., 3:].any()
    if causal:
        np.testing.assert_array_equal(weights, np.tril(weights))
    assert not np.allclose(weights[:, 0], weights[:, 1])


def test_a_mask_of_one_matrix_holds_for_every_sequence_and_head(rng):
    layer, targets = make(rng), rng.standard_normal((BATCH, SOURCES, WIDTH))
    mask = rng.random((SOURCES, SOURCES)) < 0.5
    np.fill_diagonal(mask, True)
    weights = layer.weights(targets, mask=mask)
    np.testing.assert_array_equal(weights != 0, np.broadcast_to(mask, weights.shape))
    outputs, _ = layer(targets, mask=mask)
    each, _ = layer(targets, mask=np.broadcast_to(mask, (BATCH, SOURCES, SOURCES)))
    np.testing.assert_array_equal(outputs, each)


def test_a_target_that_may_attend_to_nothing_gets_the_bias_alone_and_hands_no_gradient_on(rng):
    layer, targets = make(rng), rng.standard_normal((BATCH, TARGETS, WIDTH))
    inputs = rng.standard_normal((BATCH, SOURCES, WIDTH))
    mask = np.ones((BATCH, TARGETS, SOURCES), bool)
    mask[1, 2] = False
    outputs, backward = layer(targets, inputs, mask=mask)
    np.testing.assert_array_equal(outputs[1, 2], layer.output.bias.value)
    assert not layer.weights(targets, inputs, mask=mask)[1, :, 2].any()
    d_outputs = np.zeros_like(outputs)
    d_outputs[1, 2] = rng.standard_normal(WIDTH)
    for gradient in backward(d_outputs):
        assert not gradient.any()


@pytest.mark.parametrize("causal", [False, True])
def test_padding_does_not_influence_the_outputs(causal, rng):
    layer, inputs = make(rng), rng.standard_normal((BATCH, SOURCES, WIDTH))
    targets = rng.standard_normal((BATCH, TARGETS, WIDTH))
    others = np.where(PADDING[..., None], inputs, 50 * rng.standard_normal(inputs.shape))
    mask = PADDING[:, None, :]
    outputs, _ = layer(targets, inputs, mask=mask, causal=causal)
    again, _ = layer(targets, others, mask=mask, causal=causal)
    np.testing.assert_array_equal(outputs, again)


def test_no_output_of_causal_self_attention_depends_on_what_comes_later(rng):
    layer, targets = make(rng), rng.standard_normal((1, SOURCES, WIDTH))
    outputs, _ = layer(targets, causal=True)
    others = targets.copy()
    others[:, 3:] = rng.standard_normal((1, 2, WIDTH))
    again, _ = layer(others, causal=True)
    np.testing.assert_array_equal(outputs[:, :3], again[:, :3])
    assert np.all(np.any(outputs[:, 3:] != again[:, 3:], axis=-1))


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("pieces", [(1, 1, 1, 1, 1), (2, 3), (1, 3, 1), (5,)])
def test_steps_with_a_cache_equal_the_full_causal_pass(score, pieces, rng):
    layer, targets = make(rng, score), rng.standard_normal((BATCH, SOURCES, WIDTH))
    outputs, _ = layer(targets, causal=True)
    cache, stepped = KeyValueCache(), []
    for piece in np.split(targets, np.cumsum(pieces)[:-1], axis=1):
        stepped.append(layer.step(piece, cache, inputs=piece, causal=True))
    np.testing.assert_allclose(np.concatenate(stepped, axis=1), outputs, rtol=1e-12, atol=1e-14)
    assert cache.keys.shape == cache.values.shape == (BATCH, HEADS, SOURCES, WIDTH // HEADS)


def test_steps_with_a_cache_and_padding_equal_the_full_pass(rng):
    layer, targets = make(rng), rng.standard_normal((BATCH, SOURCES, WIDTH))
    # Padding in front, so that every step has something to attend to where it counts.
    padding = PADDING[:, ::-1]
    outputs, _ = layer(targets, mask=padding[:, None, :], causal=True)
    cache = KeyValueCache()
    for t in range(SOURCES):
        new = targets[:, t : t + 1]
        stepped = layer.step(new, cache, inputs=new, mask=padding[:, None, : t + 1])
        np.testing.assert_allclose(stepped[:, 0], outputs[:, t], rtol=1e-12, atol=1e-14)


def test_cross_attention_gives_its_inputs_to_the_cache_once(rng):
    layer, targets = make(rng), rng.standard_normal((BATCH, TARGETS, WIDTH))
    inputs = rng.standard_normal((BATCH, SOURCES, WIDTH))
    outputs, _ = layer(targets, inputs, mask=PADDING[:, None, :])
    cache = KeyValueCache()
    for t in range(TARGETS):
        new = targets[:, t : t + 1]
        stepped = layer.step(new, cache, inputs=inputs if t == 0 else None, mask=PADDING[:, None, :])
        np.testing.assert_allclose(stepped[:, 0], outputs[:, t], rtol=1e-12, atol=1e-14)
    assert cache.keys.shape[-2] == SOURCES


def test_a_first_step_without_inputs_is_refused(rng):
    with pytest.raises(ValueError, match="inputs: expected some at the first step with an empty cache"):
        make(rng).step(rng.standard_normal((1, 1, WIDTH)), KeyValueCache())


@pytest.mark.parametrize(
    "wrong",
    [
        {"targets": np.zeros((BATCH, 1, WIDTH + 1))},
        {"inputs": np.zeros((BATCH, 1, WIDTH), np.float32)},
        {"inputs": np.zeros((BATCH + 1, 1, WIDTH))},
        {"mask": np.ones((1, 7), bool)},
        {"mask": np.ones((1, 3), int)},
    ],
)
@pytest.mark.parametrize("score", ["cosine", "additive"])
def test_a_step_that_is_refused_leaves_the_cache_as_it_was(wrong, score, rng):
    layer, cache = make(rng, score), KeyValueCache()
    first = rng.standard_normal((BATCH, 2, WIDTH))
    layer.step(first, cache, inputs=first)
    keys, values = cache.keys.copy(), cache.values.copy()
    new = rng.standard_normal((BATCH, 1, WIDTH))
    with pytest.raises((TypeError, ValueError)):
        layer.step(**{"targets": new, "cache": cache, "inputs": new, **wrong})
    np.testing.assert_array_equal(cache.keys, keys)
    np.testing.assert_array_equal(cache.values, values)


def test_results_are_not_overwritten_by_a_later_call_or_step(rng):
    layer, cache = make(rng), KeyValueCache()
    targets = rng.standard_normal((BATCH, SOURCES, WIDTH))
    outputs, backward = layer(targets)
    results = [outputs, *backward(rng.standard_normal(outputs.shape)), layer.weights(targets)]
    results.append(layer.step(targets, cache, inputs=targets))
    kept = [result.copy() for result in results]
    other = rng.standard_normal((BATCH, SOURCES, WIDTH))
    layer(other)[1](rng.standard_normal(outputs.shape))
    layer.weights(other)
    layer.step(other, cache, inputs=other)
    for result, expected in zip(results, kept, strict=True):
        np.testing.assert_array_equal(result, expected)


def test_a_sharpness_per_head_is_learned_unless_the_score_or_the_scale_says_otherwise(rng):
    assert make(rng).sharpness.value.shape == (HEADS,)
    np.testing.assert_allclose(make(rng).sharpness.value, 10, rtol=1e-14)
    np.testing.assert_allclose(make(rng, initial_scale=3.0).sharpness.value, 3, rtol=1e-14)
    assert make(rng, "dot", learn_scale=True).sharpness is not None
    for arguments in ({"scale": 4.0}, {"learn_scale": False}, {"score": "scaled_dot"}, {"score": "dot"}):
        fixed = make(rng, **arguments)
        assert fixed.sharpness is None
        assert len(fixed.parameters()) == 8
    assert make(rng, "additive").sharpness is None


def test_parameters_have_dotted_names(rng):
    maps = [f"{part}.{kind}" for part in ("query", "key", "value", "output") for kind in ("weight", "bias")]
    assert list(make(rng).state_dict()) == [*maps, "sharpness.log_scale"]


def test_float32_is_the_default_and_stays(rng):
    layer = MultiHeadAttention(WIDTH, HEADS, rng=rng)
    targets = rng.standard_normal((BATCH, SOURCES, WIDTH)).astype(np.float32)
    outputs, backward = layer(targets, mask=PADDING[:, None, :], causal=True)
    (d_targets,) = backward(outputs)
    weights = layer.weights(targets)
    for array in (outputs, d_targets, weights, *(parameter.grad for parameter in layer.parameters())):
        assert array.dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"heads": 4}, "width: expected a multiple of heads = 4, got 6"),
        ({"heads": 0}, "width: expected a multiple of heads = 0, got 6"),
        ({"score": "euclid"}, "score: expected one of cosine, dot, scaled_dot, additive, got 'euclid'"),
        ({"scale": 2.0, "learn_scale": True}, "scale: expected None where learn_scale is set, got 2.0"),
        ({"initial_scale": 0.0}, "initial_scale: expected a number in"),
    ],
)
def test_wrong_settings_are_refused_by_name(arguments, message, rng):
    with pytest.raises(ValueError, match=message):
        make(rng, **arguments)


def test_a_second_backward_call_is_an_error_and_a_refused_one_is_not(rng):
    layer = make(rng)
    targets = rng.standard_normal((BATCH, SOURCES, WIDTH))
    _, backward = layer(targets)
    with pytest.raises(ValueError, match="d_outputs"):
        backward(targets[:, :2])
    assert not any(parameter.grad.any() for parameter in layer.parameters())
    backward(targets)
    with pytest.raises(RuntimeError, match="MultiHeadAttention: this backward was called before"):
        backward(targets)

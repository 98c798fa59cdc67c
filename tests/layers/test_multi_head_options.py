"""Heads that share keys, positions, windows and QK-norm: PyTorch's numbers, the weights, the derivative, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np import alibi_slopes, causal_mask, sliding_window_mask
from attention_np.layers import KeyValueCache, MultiHeadAttention

from ..derivatives import torch_gradients
from .multi_head_cases import BATCH, HEADS, LENGTH, MASKS, OPTIONS, WIDTH, every_option, every_pair, make, targets_of


def torch_layer(layer, allowed):
    """The layer in PyTorch's own words: complex rotation, repeated keys, every bias written out."""
    import torch

    width = WIDTH // HEADS
    group = HEADS // layer.key_value_heads

    def in_heads(inputs, weight, bias):
        return (inputs @ weight + bias).unflatten(-1, (-1, width)).transpose(-2, -3)

    def placed(vectors, gain):
        if gain is not None:
            vectors = torch.nn.functional.rms_norm(vectors, (width,), gain, 1e-6)
        if layer.positions == "rotary":
            length = vectors.shape[-2]
            frequencies = 10000.0 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
            angles = torch.outer(torch.arange(length, dtype=torch.float64), frequencies)
            pairs = torch.view_as_complex(vectors.unflatten(-1, (-1, 2)).contiguous())
            vectors = torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)
        return vectors

    def function(targets, inputs=None, **parameters):
        parameters = {name.replace("__", "."): value for name, value in parameters.items()}
        inputs = targets if inputs is None else inputs
        projected = {
            name: in_heads(given, parameters[f"{name}.weight"], parameters[f"{name}.bias"])
            for name, given in (("query", targets), ("key", inputs), ("value", inputs))
        }
        queries = placed(projected["query"], parameters.get("query_norm.gain"))
        keys = placed(projected["key"], parameters.get("key_norm.gain"))
        if layer.score == "cosine":
            queries, keys = (torch.nn.functional.normalize(vectors, dim=-1) for vectors in (queries, keys))
        keys, values = (each.repeat_interleave(group, dim=-3) for each in (keys, projected["value"]))
        scale = width**-0.5 if layer.score == "scaled_dot" else 1.0
        if "sharpness.log_scale" in parameters:
            scale = parameters["sharpness.log_scale"].exp()[:, None, None]
        scores = queries @ keys.mT
        if layer.score == "additive":
            hidden = (queries[..., :, None, :] + keys[..., None, :, :]).tanh()
            scores = (hidden @ parameters["additive.score_vector"][..., None, :, None]).squeeze(-1)
        logits = scores * scale
        if layer.positions == "alibi":
            distances = (torch.arange(logits.shape[-2])[:, None] - torch.arange(logits.shape[-1])).abs()
            logits = logits - torch.tensor(alibi_slopes(HEADS, np.float64))[:, None, None] * distances
        logits = logits.masked_fill(~torch.tensor(allowed), -torch.inf)
        merged = (logits.softmax(-1) @ values).transpose(-2, -3).flatten(-2)
        return merged @ parameters["output.weight"] + parameters["output.bias"]

    return function


def allowed_by(layer, mask, causal):
    allowed = np.ones((BATCH, 1, LENGTH, LENGTH), bool)
    if mask is not None:
        allowed = allowed & (mask[:, None] if mask.ndim > 2 else mask)
    if causal:
        allowed = allowed & causal_mask(LENGTH, LENGTH)
    if layer.window is not None:
        allowed = allowed & sliding_window_mask(LENGTH, LENGTH, layer.window)
    return allowed


@every_pair
@pytest.mark.parametrize("causal", [False, True])
def test_outputs_and_all_gradients_are_pytorchs(name, score, causal, rng):
    pytest.importorskip("torch")
    layer, targets = make(rng, score, **OPTIONS[name]), targets_of(rng)
    mask = MASKS["padding"]
    outputs, backward = layer(targets, mask=mask, causal=causal)
    upstream = rng.standard_normal(outputs.shape)
    (d_targets,) = backward(upstream)
    parameters = {name.replace(".", "__"): parameter.value for name, parameter in layer.named_parameters()}
    function = torch_layer(layer, allowed_by(layer, mask, causal))
    expected, gradients = torch_gradients(function, upstream, {"targets": targets, **parameters})
    np.testing.assert_allclose(outputs, expected, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(d_targets, gradients["targets"], rtol=1e-10, atol=1e-11)
    for name, parameter in layer.named_parameters():
        found = gradients[name.replace(".", "__")]
        np.testing.assert_allclose(parameter.grad, found, rtol=1e-10, atol=1e-11, err_msg=name)


@every_option
@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("causal", [False, True])
def test_its_weights_are_0_where_masked_sum_to_1_elsewhere_and_give_its_outputs(name, kind, causal, rng):
    layer, targets, mask = make(rng, **OPTIONS[name]), targets_of(rng), MASKS[kind]
    weights = layer.weights(targets, mask=mask, causal=causal)
    allowed = np.broadcast_to(allowed_by(layer, mask, causal), weights.shape)
    assert weights.shape == (BATCH, HEADS, LENGTH, LENGTH)
    np.testing.assert_array_equal(weights != 0, allowed)
    np.testing.assert_allclose(weights.sum(axis=-1), allowed.any(axis=-1), rtol=1e-13)
    values = targets @ layer.value.weight.value + layer.value.bias.value
    values = values.reshape(BATCH, LENGTH, layer.key_value_heads, -1).swapaxes(1, 2)
    context = weights @ np.repeat(values, HEADS // layer.key_value_heads, axis=1)
    merged = context.swapaxes(1, 2).reshape(BATCH, LENGTH, WIDTH)
    outputs, _ = layer(targets, mask=mask, causal=causal)
    expected = merged @ layer.output.weight.value + layer.output.bias.value
    np.testing.assert_allclose(outputs, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "score", "kind", "causal"),
    [
        ("grouped", "cosine", "padding", True),
        ("rotary", "dot", "prefix", False),
        ("alibi", "cosine", "padding", False),
        ("window", "scaled_dot", "prefixes and padding", True),
        ("all with rotary", "cosine", "window and padding", True),
        ("all with alibi", "additive", "none", False),
    ],
)
def test_its_backward_is_the_derivative(name, score, kind, causal, check, rng):
    layer = make(rng, score, **OPTIONS[name])
    check(layer, {"targets": targets_of(rng)}, rng, mask=MASKS[kind], causal=causal)


def test_cross_attention_with_shared_keys_has_the_derivative_too(check, rng):
    layer = make(rng, key_value_heads=2, qk_norm=True, score="scaled_dot")
    arrays = {"targets": targets_of(rng, 3), "inputs": targets_of(rng)}
    check(layer, arrays, rng, mask=MASKS["padding"])


# Settings


def test_parameters_grow_only_by_what_is_asked_for(rng):
    shapes = {name: value.shape for name, value in make(rng, key_value_heads=2, qk_norm=True).state_dict().items()}
    assert shapes["key.weight"] == shapes["value.weight"] == (WIDTH, WIDTH // 2)
    assert shapes["query_norm.gain"] == shapes["key_norm.gain"] == (WIDTH // HEADS,)
    plain = list(make(rng).state_dict())
    for options in ({"positions": "rotary"}, {"positions": "alibi"}, {"window": 2}):
        assert list(make(rng, **options).state_dict()) == plain


@pytest.mark.parametrize("name", ["all with rotary", "all with alibi"])
def test_float32_stays(name, rng):
    layer = MultiHeadAttention(WIDTH, HEADS, rng=rng, **OPTIONS[name])
    targets = targets_of(rng).astype(np.float32)
    outputs, backward = layer(targets, mask=MASKS["padding"], causal=True)
    results = [outputs, *backward(outputs), layer.weights(targets), *(p.grad for p in layer.parameters())]
    results.append(layer.step(targets, KeyValueCache(), inputs=targets, causal=True))
    assert {array.dtype for array in results} == {np.dtype(np.float32)}


@pytest.mark.parametrize("options", [{"positions": "rotary"}, {"positions": "alibi"}, {"window": 3}])
def test_positions_and_windows_are_refused_in_cross_attention(options, rng):
    layer, targets, inputs = make(rng, **options), targets_of(rng, 2), targets_of(rng)
    message = "^inputs: expected the targets' own with positions or a window, which are for self attention"
    for call in (
        lambda: layer(targets, inputs),
        lambda: layer.weights(targets, inputs),
        lambda: layer.step(targets, KeyValueCache(), inputs=inputs),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize(
    ("width", "options", "message"),
    [
        (8, {"key_value_heads": 3}, "^key_value_heads: expected a divisor of heads = 4, got 3$"),
        (8, {"key_value_heads": 0}, "^key_value_heads: expected a divisor of heads = 4, got 0$"),
        (8, {"positions": "sinusoidal"}, "^positions: expected one of rotary, alibi, or None, got 'sinusoidal'$"),
        (12, {"positions": "rotary"}, "^width: expected an even width of each head for rotary positions, got 3$"),
        (8, {"positions": "rotary", "score": "additive"}, "^positions: expected alibi or None for the additive score"),
        (8, {"window": 0}, "^window: expected at least 1, got 0$"),
    ],
)
def test_wrong_settings_are_refused_by_name(width, options, message, rng):
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(width, HEADS, rng=rng, **options)

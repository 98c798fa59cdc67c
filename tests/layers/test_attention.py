"""The article's layer: its three results, every upstream, masks, the sharpness, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from attention_np.functional import attention
from attention_np.layers import Attention
from attention_np.layers.attention import SCORES

BATCH, TARGETS, SOURCES, WIDTH, VALUE_WIDTH = 2, 3, 4, 5, 2
UPSTREAMS = [
    ("d_context",),
    ("d_weights",),
    ("d_scores",),
    ("d_context", "d_weights"),
    ("d_context", "d_scores"),
    ("d_weights", "d_scores"),
    ("d_context", "d_weights", "d_scores"),
]
# A target may attend to everything, to some, to one input; in the second sequence one may attend to nothing.
MASK = np.array(
    [
        [[True, True, True, True], [True, False, True, False], [False, False, False, True]],
        [[False, True, True, True], [False, False, False, False], [True, True, False, False]],
    ]
)


def make(score, rng, **arguments):
    if score == "additive":
        arguments = {"width": WIDTH, "rng": rng, **arguments}
    return Attention(score, dtype=np.float64, **arguments)


def draw(rng, lead=(), values=True):
    arrays = {
        "targets": rng.standard_normal((*lead, TARGETS, WIDTH)),
        "inputs": rng.standard_normal((*lead, SOURCES, WIDTH)),
    }
    if values:
        arrays["values"] = rng.standard_normal((*lead, SOURCES, VALUE_WIDTH))
    return arrays


def score_by_its_formula(layer, target, source):
    """One number, as the papers write it."""
    dot = sum(float(w) * float(v) for w, v in zip(target, source, strict=True))
    if layer.score == "cosine":
        return dot / (math.hypot(*target) * math.hypot(*source))
    if layer.score in ("dot", "scaled_dot"):
        return dot
    hidden = target @ layer.query_weight.value + source @ layer.key_weight.value
    return sum(math.tanh(h) * u for h, u in zip(hidden, layer.score_vector.value, strict=True))


def attend_by_loops(layer, targets, inputs, values, sharpness, allowed=None):
    """The article's three formulas, one number at a time."""
    scores = np.array([[score_by_its_formula(layer, w, v) for v in inputs] for w in targets])
    weights = np.zeros_like(scores)
    for j in range(len(targets)):
        may = [i for i in range(len(inputs)) if allowed is None or allowed[j, i]]
        total = sum(math.exp(sharpness * scores[j, i]) for i in may)
        for i in may:
            weights[j, i] = math.exp(sharpness * scores[j, i]) / total
    result = np.zeros((len(targets), values.shape[1]))
    for j in range(len(targets)):
        for i in range(len(inputs)):
            result[j] += weights[j, i] * values[i]
    return result, weights, scores


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("scale", [None, 2.5, "learned"])
def test_its_results_are_the_three_formulas(score, scale, rng):
    learned = {"learn_scale": True, "initial_scale": 7.0}
    layer = make(score, rng, **(learned if scale == "learned" else {"scale": scale}))
    sharpness = {None: WIDTH**-0.5 if score == "scaled_dot" else 1.0, "learned": 7.0}.get(scale, scale)
    arrays = draw(rng, (BATCH,))
    attended, _ = layer(**arrays, mask=MASK)
    for n in range(BATCH):
        expected = attend_by_loops(layer, *(array[n] for array in arrays.values()), sharpness, MASK[n])
        for ours, theirs in zip(attended, expected, strict=True):
            np.testing.assert_allclose(ours[n], theirs, rtol=1e-12, atol=1e-14)
    assert layer.scale_in_force(WIDTH) == pytest.approx(sharpness, rel=1e-14)


@pytest.mark.parametrize("score", ["cosine", "dot", "scaled_dot"])
@pytest.mark.parametrize("scale", [None, 0.7])
def test_its_context_is_that_of_the_function_of_the_same_arguments(score, scale, rng):
    arrays = draw(rng, (BATCH,))
    attended, _ = make(score, rng, scale=scale)(**arrays, mask=MASK)
    expected = attention(*arrays.values(), score=score, scale=scale, mask=MASK)
    np.testing.assert_allclose(attended.context, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("upstreams", UPSTREAMS, ids="+".join)
@pytest.mark.parametrize("values", [True, False], ids=["values", "inputs-are-values"])
@pytest.mark.parametrize("score", SCORES)
def test_its_backward_is_the_derivative_for_every_choice_of_upstreams(score, values, upstreams, check, rng):
    layer = make(score, rng, scale=1.7)
    check(layer, draw(rng, values=values), rng, upstreams)


@pytest.mark.parametrize("lead", [(BATCH,), (3, BATCH)])
@pytest.mark.parametrize("values", [True, False], ids=["values", "inputs-are-values"])
@pytest.mark.parametrize("score", SCORES)
def test_its_backward_is_the_derivative_with_masks_and_a_learned_sharpness(score, values, lead, check, rng):
    layer = make(score, rng, learn_scale=True, initial_scale=2.5)
    check(layer, draw(rng, lead, values), rng, mask=MASK)


@pytest.mark.parametrize("score", SCORES)
def test_the_default_scale_has_the_derivative_too(score, check, rng):
    layer = make(score, rng)
    check(layer, draw(rng, (BATCH,)), rng)


@pytest.mark.parametrize("log_scale", [4.5, 4.7], ids=["below", "above"])
def test_the_derivative_holds_on_both_sides_of_the_cap(log_scale, check, rng):
    layer = make("cosine", rng, learn_scale=True)
    layer.sharpness.log_scale.value[...] = log_scale
    arrays = draw(rng)
    # Nearly equal inputs keep the softmax from being a step, where no gradient would be seen.
    arrays["inputs"] = arrays["inputs"][:1] + 0.02 * rng.standard_normal((SOURCES, WIDTH))
    check(layer, arrays, rng)
    layer.zero_grad()
    _, backward = layer(**arrays)
    backward(d_weights=rng.standard_normal((TARGETS, SOURCES)))
    assert (layer.sharpness.log_scale.grad == 0) == (log_scale == 4.7)


@pytest.mark.parametrize("sizes", [(0, 4), (3, 0), (1, 1), (1, 4), (3, 1)])
@pytest.mark.parametrize("score", SCORES)
def test_no_targets_no_inputs_and_one_of_either_work(score, sizes, check, rng):
    layer = make(score, rng, learn_scale=True, initial_scale=3.0)
    targets, inputs = (rng.standard_normal((size, WIDTH)) for size in sizes)
    check(layer, {"targets": targets, "inputs": inputs}, rng)
    attended, _ = layer(targets, inputs)
    assert attended.context.shape == (sizes[0], WIDTH)
    assert attended.weights.shape == attended.scores.shape == sizes


@pytest.mark.parametrize("score", SCORES)
def test_a_fully_masked_row_gets_zero_weights_a_zero_context_and_no_gradient(score, rng):
    layer = make(score, rng, learn_scale=True)
    attended, backward = layer(**draw(rng, (BATCH,)), mask=MASK)
    assert not attended.weights[1, 1].any() and not attended.context[1, 1].any()
    upstreams = {"d_context": np.zeros_like(attended.context), "d_weights": np.zeros_like(attended.weights)}
    for array in upstreams.values():
        array[1, 1] = rng.standard_normal(array.shape[-1])
    for gradient in backward(**upstreams):
        assert np.all(gradient == 0)
    assert all(np.all(parameter.grad == 0) for parameter in layer.parameters())


@pytest.mark.parametrize("score", SCORES)
def test_what_is_masked_has_no_influence_and_its_values_receive_no_gradient(score, rng):
    layer = make(score, rng, scale=2.0)
    arrays = draw(rng)
    mask = np.array([True, True, False, True])
    attended, backward = layer(**arrays, mask=mask)
    other = {name: array.copy() for name, array in arrays.items()}
    other["inputs"][2], other["values"][2] = rng.standard_normal(WIDTH), rng.standard_normal(VALUE_WIDTH)
    changed, _ = layer(**other, mask=mask)
    np.testing.assert_array_equal(changed.context, attended.context)
    np.testing.assert_array_equal(changed.weights, attended.weights)
    _, d_inputs, d_values = backward(
        d_context=rng.standard_normal((TARGETS, VALUE_WIDTH)),
        d_weights=rng.standard_normal((TARGETS, SOURCES)),
    )
    assert np.all(d_inputs[2] == 0) and np.all(d_values[2] == 0)
    assert np.all(np.any(d_inputs != 0, axis=-1) == mask)


def test_without_any_upstream_every_gradient_is_zero(rng):
    layer = make("cosine", rng, learn_scale=True)
    arrays = draw(rng)
    gradients = layer(**arrays)[1]()
    for gradient, array in zip(gradients, arrays.values(), strict=True):
        np.testing.assert_array_equal(gradient, np.zeros_like(array))
    assert layer.sharpness.log_scale.grad == 0


def test_values_that_are_the_inputs_share_one_gradient_the_sum_of_both_uses(rng):
    layer = make("cosine", rng, scale=3.0)
    arrays = draw(rng, (BATCH,), values=False)
    upstreams = {"d_context": rng.standard_normal((BATCH, TARGETS, WIDTH))}
    d_targets, d_both = layer(**arrays)[1](**upstreams)
    d_targets_apart, d_inputs, d_values = layer(**arrays, values=arrays["inputs"])[1](**upstreams)
    np.testing.assert_array_equal(d_targets, d_targets_apart)
    np.testing.assert_allclose(d_both, d_inputs + d_values, rtol=1e-14)


def test_zero_vectors_have_score_zero_and_receive_no_gradient_by_their_scores(rng):
    layer = make("cosine", rng, learn_scale=True)
    arrays = draw(rng)
    arrays["targets"][1], arrays["inputs"][2] = 0, 0
    attended, backward = layer(**arrays)
    assert not attended.scores[1].any() and not attended.scores[:, 2].any()
    d_targets, d_inputs, _ = backward(
        d_context=rng.standard_normal(attended.context.shape),
        d_weights=rng.standard_normal(attended.weights.shape),
        d_scores=rng.standard_normal(attended.scores.shape),
    )
    assert not d_targets[1].any() and not d_inputs[2].any()
    assert np.all(np.isfinite(d_targets)) and np.all(np.isfinite(d_inputs))


def test_a_masked_score_that_overflows_leaves_every_gradient_finite(rng):
    layer = make("dot", rng, learn_scale=True, initial_scale=2.0)
    arrays = draw(rng)
    arrays["targets"][1], arrays["inputs"][2] = 1e200, 1e200
    mask = np.ones((TARGETS, SOURCES), bool)
    mask[:, 2], mask[1] = False, False
    with np.errstate(over="ignore"):
        attended, backward = layer(**arrays, mask=mask)
        assert np.isinf(attended.scores[1, 2])
        gradients = backward(d_context=rng.standard_normal((TARGETS, VALUE_WIDTH)))
    for gradient in (*gradients, layer.sharpness.log_scale.grad):
        assert np.all(np.isfinite(gradient))
    assert layer.sharpness.log_scale.grad != 0


def test_scores_of_ten_thousand_stay_finite(rng):
    arrays = draw(rng)
    layer = make("dot", rng, scale=1e4)
    attended, backward = layer(**arrays)
    np.testing.assert_allclose(attended.weights.sum(axis=-1), 1, rtol=1e-14)
    for gradient in backward(d_context=rng.standard_normal((TARGETS, VALUE_WIDTH))):
        assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize("score", SCORES)
def test_float32_stays_float32(score, rng):
    layer = Attention(score, learn_scale=True, width=WIDTH, rng=rng)
    arrays = {name: array.astype(np.float32) for name, array in draw(rng).items()}
    attended, backward = layer(**arrays)
    upstreams = (rng.standard_normal(array.shape).astype(np.float32) for array in attended)
    gradients = backward(**dict(zip(("d_context", "d_weights", "d_scores"), upstreams, strict=True)))
    for array in (*attended, *gradients, *(parameter.grad for parameter in layer.parameters())):
        assert array.dtype == np.float32


def test_used_twice_the_gradients_of_its_parameters_add(rng):
    layer = make("additive", rng, learn_scale=True, initial_scale=2.0)
    first, second = draw(rng), draw(rng)
    d_first, d_second = rng.standard_normal((2, TARGETS, VALUE_WIDTH))
    (_, first_backward), (_, second_backward) = layer(**first), layer(**second)
    second_backward(d_context=d_second)
    first_backward(d_context=d_first)
    together = [parameter.grad.copy() for parameter in layer.parameters()]
    assert len(together) == 4
    layer.zero_grad()
    layer(**first)[1](d_context=d_first)
    layer(**second)[1](d_context=d_second)
    for parameter, expected in zip(layer.parameters(), together, strict=True):
        np.testing.assert_allclose(parameter.grad, expected, rtol=1e-12)


def test_results_are_not_overwritten_by_a_later_call(rng):
    layer = make("cosine", rng, scale=4.0)
    attended, backward = layer(**draw(rng))
    gradients = backward(d_context=rng.standard_normal((TARGETS, VALUE_WIDTH)))
    kept = [array.copy() for array in (*attended, *gradients)]
    layer(**draw(rng))[1](d_context=rng.standard_normal((TARGETS, VALUE_WIDTH)))
    for array, expected in zip((*attended, *gradients), kept, strict=True):
        np.testing.assert_array_equal(array, expected)


def test_read_only_and_non_contiguous_arrays_work_as_any_others(rng):
    layer = make("cosine", rng, learn_scale=True)
    arrays = draw(rng, (BATCH,))
    awkward = {}
    for name, array in arrays.items():
        awkward[name] = np.asfortranarray(array)
        awkward[name].flags.writeable = False
    d_context = rng.standard_normal((BATCH, TARGETS, VALUE_WIDTH))
    plain_attended, plain_backward = layer(**arrays)
    awkward_attended, awkward_backward = layer(**awkward)
    for ours, expected in zip(
        (*awkward_attended, *awkward_backward(d_context=np.asfortranarray(d_context))),
        (*plain_attended, *plain_backward(d_context=d_context)),
        strict=True,
    ):
        np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-14)


def test_parameters_exist_only_where_they_are_used(rng):
    assert make("cosine", rng, scale=2.0).parameters() == []
    assert list(make("dot", rng, learn_scale=True).state_dict()) == ["sharpness.log_scale"]
    assert {name: value.shape for name, value in make("additive", rng).state_dict().items()} == {
        "query_weight": (WIDTH, WIDTH),
        "key_weight": (WIDTH, WIDTH),
        "score_vector": (WIDTH,),
    }


def test_a_learned_scale_starts_at_ten_unless_told(rng):
    assert make("cosine", rng, learn_scale=True).scale_in_force(WIDTH) == pytest.approx(10, rel=1e-14)
    assert make("cosine", rng).scale_in_force(WIDTH) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"score": "euclidean"}, "score: expected one of cosine, dot, scaled_dot, additive, got 'euclidean'"),
        ({"scale": 2.0, "learn_scale": True}, "scale: expected None where learn_scale is set, got 2.0"),
        ({"learn_scale": True, "initial_scale": 0.0}, "initial_scale: expected a number in"),
        ({"learn_scale": True, "initial_scale": 101.0}, "initial_scale: expected a number in"),
        ({"score": "additive"}, "width, rng: expected both for the additive score"),
        ({"score": "additive", "width": 4}, "width, rng: expected both for the additive score"),
        ({"score": "additive", "rng": np.random.default_rng(0)}, "width, rng: expected both"),
    ],
)
def test_wrong_settings_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        Attention(**arguments)


@pytest.mark.parametrize(
    ("name", "array", "error"),
    [
        ("inputs", np.zeros((SOURCES, WIDTH + 1)), ValueError),
        ("inputs", np.zeros((SOURCES, WIDTH), np.float32), TypeError),
        ("inputs", np.zeros((SOURCES, WIDTH), int), TypeError),
        ("values", np.zeros((SOURCES + 1, WIDTH)), ValueError),
        ("values", np.zeros((SOURCES, WIDTH), np.float32), TypeError),
        ("mask", np.ones((TARGETS, SOURCES + 1), bool), ValueError),
        ("mask", np.ones((TARGETS, SOURCES), int), TypeError),
    ],
)
@pytest.mark.parametrize("score", SCORES)
def test_arrays_that_do_not_fit_are_refused(score, name, array, error, rng):
    layer = make(score, rng)
    words = {"inputs": "keys|key_weight"}.get(name, name)
    with pytest.raises(error, match=f"^({words}): expected"):
        layer(**{**draw(rng), name: array})


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("d_context", np.ones((TARGETS, VALUE_WIDTH + 1))),
        ("d_context", np.ones((TARGETS, VALUE_WIDTH), np.float32)),
        ("d_weights", np.ones((1, SOURCES))),
        ("d_weights", np.ones((SOURCES, TARGETS))),
        ("d_weights", np.ones((TARGETS, SOURCES), np.float32)),
        ("d_scores", np.ones((1, SOURCES))),
        ("d_scores", np.ones((SOURCES, TARGETS))),
        ("d_scores", np.ones((TARGETS, SOURCES), int)),
    ],
)
def test_an_upstream_that_does_not_fit_is_refused_by_name_before_any_gradient_is_added(
    score, name, wrong, rng
):
    layer = make(score, rng, learn_scale=True)
    attended, backward = layer(**draw(rng))
    good = {f"d_{field}": rng.standard_normal(array.shape) for field, array in attended._asdict().items()}
    with pytest.raises((TypeError, ValueError), match=f"^{name}: expected"):
        backward(**{**good, name: wrong})
    assert all(not parameter.grad.any() for parameter in layer.parameters())
    backward(**good)


def test_a_second_backward_call_is_an_error(rng):
    layer = make("cosine", rng, learn_scale=True)
    _, backward = layer(**draw(rng))
    d_weights = rng.standard_normal((TARGETS, SOURCES))
    backward(d_weights=d_weights)
    grad = layer.sharpness.log_scale.grad.copy()
    with pytest.raises(RuntimeError, match="Attention: this backward was called before"):
        backward(d_weights=d_weights)
    assert layer.sharpness.log_scale.grad == grad

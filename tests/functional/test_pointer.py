"""The pointer: a loop over words, the loss of the mixture it trains, and impossible words."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from attention_np import (
    copy_cross_entropy,
    copy_cross_entropy_backward,
    copy_mixture,
    copy_mixture_backward,
    cross_entropy,
    cross_entropy_backward,
    sigmoid,
    softmax,
)

from ..derivatives import relative_error
from .cases import assert_gradients_equal_differences, cases, few_examples, leads, seeds, sizes

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


@pytest.mark.parametrize("case", cases("copy_mixture", "copy_cross_entropy"), ids=str)
@few_examples
@given(lead=leads, sizes=sizes, seed=seeds)
def test_the_gradients_equal_differences(case, lead, sizes, seed):
    assert_gradients_equal_differences(case, lead, sizes, seed)


VOCABULARY, EXTENDED = 6, 9
# Word 2 stands twice in the first text, 7 is not in the vocabulary, and 8 stands in the second text alone.
SOURCE = np.array([[2, 7, 2, 4], [8, 0, 7, 5]])
TARGETS = np.array([[2, 7, 5], [8, -1, 3]])


def draw_arguments(seed=0):
    """Logits (2, 3, 6), attention weights (2, 3, 4), and gate logits (2, 3)."""
    rng = np.random.default_rng(seed)
    return (
        rng.standard_normal((2, 3, VOCABULARY)),
        softmax(rng.standard_normal((2, 3, 4))),
        rng.standard_normal((2, 3)),
    )


def test_the_mixture_equals_the_formula_word_by_word():
    logits, attention_weights, gate_logits = draw_arguments()
    vocabulary_weights, gate = softmax(logits), sigmoid(gate_logits)
    mixture = copy_mixture(vocabulary_weights, attention_weights, gate, SOURCE, EXTENDED)
    assert mixture.shape == (2, 3, EXTENDED)
    for b, t, y in np.ndindex(2, 3, EXTENDED):
        written = vocabulary_weights[b, t, y] if y < VOCABULARY else 0
        copied = sum(attention_weights[b, t, i] for i in range(4) if SOURCE[b, i] == y)
        assert mixture[b, t, y] == pytest.approx(gate[b, t] * written + (1 - gate[b, t]) * copied, rel=1e-14)
    np.testing.assert_allclose(mixture.sum(axis=-1), 1, rtol=1e-14)
    assert not mixture[0, :, 8].any() and mixture[1, :, 8].all()


def test_an_open_gate_only_writes_and_a_shut_one_only_copies():
    logits, attention_weights, _ = draw_arguments()
    vocabulary_weights = softmax(logits)
    written = copy_mixture(vocabulary_weights, attention_weights, np.ones((2, 3)), SOURCE, EXTENDED)
    np.testing.assert_array_equal(written[..., :VOCABULARY], vocabulary_weights)
    assert not written[..., VOCABULARY:].any()
    copied = copy_mixture(vocabulary_weights, attention_weights, np.zeros((2, 3)), SOURCE, EXTENDED)
    np.testing.assert_allclose(copied[0, :, 2], attention_weights[0, :, [0, 2]].sum(axis=0), rtol=1e-15)
    assert not copied[0][:, [0, 1, 3, 5, 6, 8]].any()


def test_the_loss_is_the_negative_logarithm_of_the_mixture_at_the_targets_and_so_are_its_gradients():
    logits, attention_weights, gate_logits = draw_arguments()
    vocabulary_weights, gate = softmax(logits), sigmoid(gate_logits)
    mixture = copy_mixture(vocabulary_weights, attention_weights, gate, SOURCE, EXTENDED)
    counted = TARGETS >= 0
    places = (*np.nonzero(counted), TARGETS[counted])
    loss = copy_cross_entropy(logits, attention_weights, gate_logits, TARGETS, SOURCE, ignore_index=-1)
    assert loss.shape == () and loss == pytest.approx(-np.log(mixture[places]).mean(), rel=1e-14)

    d_mixture = np.zeros_like(mixture)
    d_mixture[places] = -1 / mixture[places] / 5
    d_vocabulary, d_attention, d_gate = copy_mixture_backward(
        d_mixture, vocabulary_weights, attention_weights, gate, SOURCE
    )
    along = np.sum(d_vocabulary * vocabulary_weights, axis=-1, keepdims=True)
    expected = vocabulary_weights * (d_vocabulary - along), d_attention, d_gate * gate * (1 - gate)
    gradients = copy_cross_entropy_backward(
        logits, attention_weights, gate_logits, TARGETS, SOURCE, ignore_index=-1
    )
    for gradient, wanted in zip(gradients, expected, strict=True):
        assert relative_error(gradient, wanted) < 1e-13


@few_examples
@given(seed=seeds)
def test_the_gradients_keep_their_identities(seed):
    logits, attention_weights, gate_logits = draw_arguments(seed)
    d_logits, d_attention, d_gate = copy_cross_entropy_backward(
        logits, attention_weights, gate_logits, TARGETS, SOURCE, ignore_index=-1
    )
    np.testing.assert_allclose(d_logits.sum(axis=-1), 0, atol=1e-15)
    # The shares of writing and of copying make one: ρ + (1 - ρ), each read off its own gradient.
    gate, share = sigmoid(gate_logits), 1 / 5
    copied = -np.sum(d_attention * attention_weights, axis=-1) / share
    written = gate - d_gate / share
    np.testing.assert_allclose((written + copied)[TARGETS >= 0], 1, rtol=1e-13)
    # Word 7 cannot be written, and words 5 and 3 do not stand in their texts.
    assert not d_logits[0, 1].any() and not d_attention[0, 2].any() and not d_attention[1, 2].any()
    # Word 2 stands at places 0 and 2 of its text, which share what it learns.
    assert d_attention[0, 0, 0] == d_attention[0, 0, 2] < 0 and not d_attention[0, 0, [1, 3]].any()
    for gradient in (d_logits, d_attention, d_gate):
        assert not gradient[1, 1].any()


def test_with_a_gate_that_always_writes_it_is_the_plain_cross_entropy():
    logits, attention_weights, _ = draw_arguments()
    targets, gate_logits = np.array([[2, 0, 5], [1, -1, 3]]), np.full((2, 3), 800.0)
    loss = copy_cross_entropy(logits, attention_weights, gate_logits, targets, SOURCE, ignore_index=-1)
    assert loss == pytest.approx(cross_entropy(logits, targets, ignore_index=-1), rel=1e-15)
    d_logits, d_attention, d_gate = copy_cross_entropy_backward(
        logits, attention_weights, gate_logits, targets, SOURCE, ignore_index=-1
    )
    np.testing.assert_allclose(d_logits, cross_entropy_backward(logits, targets, ignore_index=-1), atol=1e-16)
    assert not d_attention.any() and not d_gate.any()


@pytest.mark.parametrize("gate_logit", [1e4, -1e4, 1e300, -1e300])
def test_a_saturated_gate_costs_its_logit_and_not_infinity(gate_logit):
    logits, attention_weights = np.array([[0.5, -1.0]]), np.array([[0.25, 0.75]])
    # A wide-open gate may only write, yet the word stands in the source alone; a shut gate the other way round.
    target, source = (2, np.array([2, 3])) if gate_logit > 0 else (1, np.array([2, 3]))
    given_ = (logits, attention_weights, np.array([gate_logit]), np.array([target]), source)
    other = -math.log(0.25) if gate_logit > 0 else math.log(1 + math.exp(1.5))
    assert copy_cross_entropy(*given_) == pytest.approx(abs(gate_logit) + other, rel=1e-12)
    d_logits, d_attention, d_gate = copy_cross_entropy_backward(*given_)
    assert d_gate == pytest.approx(np.sign(gate_logit), rel=1e-12)
    if gate_logit > 0:
        np.testing.assert_allclose(d_attention, [[-4, 0]], rtol=1e-12)
        assert not d_logits.any()
    else:
        np.testing.assert_allclose(d_logits, cross_entropy_backward(logits, np.array([1])), rtol=1e-12)
        assert not d_attention.any()


def test_an_impossible_target_costs_infinity_and_teaches_nothing():
    logits, attention_weights, gate_logits = draw_arguments()
    # Word 8 is neither in the vocabulary nor in the first text.
    targets = np.array([[2, 8, 5], [8, 1, 3]])
    given_ = (logits, attention_weights, gate_logits, targets, SOURCE)
    assert copy_cross_entropy(*given_) == np.inf
    gradients = copy_cross_entropy_backward(*given_)
    without = copy_cross_entropy_backward(
        *given_[:3], np.where(targets == 8, -1, targets), SOURCE, ignore_index=-1
    )
    for gradient, expected in zip(gradients, without, strict=True):
        assert np.all(np.isfinite(gradient)) and not gradient[0, 1].any()
        np.testing.assert_allclose(6 * gradient[0], 4 * expected[0], rtol=1e-13)


@pytest.mark.parametrize(("dtype", "small"), [(np.float32, 1e-42), (np.float64, 1e-310)])
def test_a_weight_too_small_for_its_reciprocal_gives_a_finite_gradient(dtype, small):
    weights = np.array([[small, 1]], dtype)
    given_ = np.zeros((1, 2), dtype), weights, np.zeros(1, dtype), np.array([2]), np.array([2, 3])
    assert copy_cross_entropy(*given_) == pytest.approx(math.log(2) - math.log(weights[0, 0]), rel=1e-6)
    _, d_attention, d_gate = copy_cross_entropy_backward(*given_)
    assert np.all(np.isfinite(d_attention)) and d_attention[0, 0] < -1e37 and d_attention[0, 1] == 0
    assert d_gate == 0.5


@pytest.mark.parametrize("ignored", [-1, 3, 100])
def test_targets_that_are_all_ignored_give_loss_0_and_gradient_0(ignored):
    arguments = draw_arguments()
    targets = np.full((2, 3), ignored)
    assert copy_cross_entropy(*arguments, targets, SOURCE, ignore_index=ignored) == 0
    for gradient in copy_cross_entropy_backward(*arguments, targets, SOURCE, ignore_index=ignored):
        assert not gradient.any()


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint32, np.uint64])
def test_ids_of_every_integer_dtype_mean_the_same(dtype):
    logits, attention_weights, gate_logits = draw_arguments()
    targets = np.array([[2, 7, 5], [8, 4, 3]])
    narrow, source = targets.astype(dtype), SOURCE.astype(dtype)
    for ignored in (None, -1, 4, 1000):
        found = copy_cross_entropy(logits, attention_weights, gate_logits, narrow, source, ignored)
        assert found == copy_cross_entropy(logits, attention_weights, gate_logits, targets, SOURCE, ignored)
        for gradient, expected in zip(
            copy_cross_entropy_backward(logits, attention_weights, gate_logits, narrow, source, ignored),
            copy_cross_entropy_backward(logits, attention_weights, gate_logits, targets, SOURCE, ignored),
            strict=True,
        ):
            np.testing.assert_array_equal(gradient, expected)
    arguments = softmax(logits), attention_weights, sigmoid(gate_logits)
    np.testing.assert_array_equal(copy_mixture(*arguments, source, 9), copy_mixture(*arguments, SOURCE, 9))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"gate": np.array(0.5)},
            r"^gate: expected shape \(\.\.\., targets\) with at least one dimension, got \(\)",
        ),
        (
            {"vocabulary_weights": np.ones((3, 6))},
            r"^vocabulary_weights: expected shape \(2, 3, vocabulary\) .*, got \(3, 6\)",
        ),
        (
            {"attention_weights": np.ones((2, 4, 4))},
            r"^attention_weights: expected shape \(2, 3, sources\) .*, got \(2, 4, 4\)",
        ),
        (
            {"source_ids": SOURCE[:, :3]},
            r"^source_ids: expected shape \(2, 4\) to match the weights, got \(2, 3\)",
        ),
        ({"source_ids": SOURCE + 1}, r"^source_ids: expected ids from 0 to 8, got 9 at index \(1, 0\)"),
        ({"source_ids": SOURCE - 1}, r"^source_ids: expected ids from 0 to 8, got -1 at index \(1, 1\)"),
        (
            {"source_ids": SOURCE % 5, "extended_size": 5},
            r"^extended_size: expected at least the vocabulary's 6, got 5",
        ),
    ],
)
def test_a_mixture_that_does_not_fit_is_refused_by_name(changed, message):
    logits, attention_weights, gate_logits = draw_arguments()
    arguments = {
        "vocabulary_weights": softmax(logits),
        "attention_weights": attention_weights,
        "gate": sigmoid(gate_logits),
        "source_ids": SOURCE,
        "extended_size": EXTENDED,
        **changed,
    }
    with pytest.raises(ValueError, match=message):
        copy_mixture(**arguments)
    d_mixture = np.ones((2, 3, arguments.pop("extended_size")))
    with pytest.raises(ValueError, match=message):
        copy_mixture_backward(d_mixture, **arguments)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"gate_logits": np.array(0.5)}, r"^gate_logits: expected shape \(\.\.\., targets\) .*, got \(\)"),
        (
            {"logits": np.ones((2, 4, 6))},
            r"^logits: expected shape \(2, 3, vocabulary\) with a row .*, got \(2, 4, 6\)",
        ),
        ({"logits": np.ones((2, 3, 0))}, r"^logits: expected at least one word in the vocabulary, got none"),
        (
            {"attention_weights": np.ones((3, 4))},
            r"^attention_weights: expected shape \(2, 3, sources\) .*, got \(3, 4\)",
        ),
        ({"targets": TARGETS[0]}, r"^targets: expected shape \(2, 3\) with a word for each gate, got \(3,\)"),
        ({"targets": TARGETS - 1}, r"^targets: expected ids from 0 .*, got -2 at index \(1, 1\)"),
        (
            {"source_ids": SOURCE[:1]},
            r"^source_ids: expected shape \(2, 4\) to match attention_weights, got \(1, 4\)",
        ),
        ({"source_ids": SOURCE - 1}, r"^source_ids: expected ids from 0 .*, got -1 at index \(1, 1\)"),
    ],
)
def test_a_loss_that_does_not_fit_is_refused_by_name(changed, message):
    names = ("logits", "attention_weights", "gate_logits")
    arguments = {
        **dict(zip(names, draw_arguments(), strict=True)),
        "targets": TARGETS,
        "source_ids": SOURCE,
        "ignore_index": -1,
        **changed,
    }
    for function in (copy_cross_entropy, copy_cross_entropy_backward):
        with pytest.raises(ValueError, match=message):
            function(**arguments)

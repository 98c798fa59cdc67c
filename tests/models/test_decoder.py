"""The decoder: all its gradients, for every score, and its single step against the whole."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.models.decoder import Decoder

from .checks import check_model

BATCH, TARGETS, SOURCES, IN, WIDTH, OUT = 3, 4, 5, 3, 6, 7
MASK = np.arange(SOURCES) < np.array([5, 2, 4])[:, None]
VARIANTS = [
    ("cosine", None, True), ("cosine", None, False), ("cosine", 4.5, False), ("dot", None, False), ("dot", 0.7, False),
    ("scaled_dot", None, False), ("scaled_dot", None, True), ("additive", None, False), ("additive", None, True),
    (None, None, False),
]  # fmt: skip


def make(score, scale=None, learn_scale=False, dropout=0.0):
    return Decoder(
        IN, WIDTH, OUT, score=score, scale=scale, learn_scale=learn_scale, dropout=dropout,
        rng=np.random.default_rng(0), dtype=np.float64,
    )  # fmt: skip


def inputs(rng):
    return {
        "embedded": rng.normal(size=(BATCH, TARGETS, IN)),
        "memory": rng.normal(size=(BATCH, SOURCES, WIDTH)),
        "initial": rng.normal(size=(BATCH, WIDTH)),
    }


def run(decoder, arrays):
    return decoder(arrays["embedded"], arrays["memory"], MASK, arrays["initial"])


@pytest.mark.parametrize(("score", "scale", "learn_scale"), VARIANTS)
def test_gradients_of_the_inputs_and_of_all_parameters_are_the_derivatives(score, scale, learn_scale):
    rng = np.random.default_rng(1)
    decoder, arrays = make(score, scale, learn_scale), inputs(rng)
    check_model(decoder, arrays["embedded"], arrays["memory"], MASK, arrays["initial"], rng=rng)
    if score is None:
        decoded, backward = run(decoder, arrays)
        _, d_memory, _ = backward(d_features=rng.normal(size=decoded.features.shape))
        assert d_memory is None


@pytest.mark.parametrize("score", ["cosine", "scaled_dot", "additive", None])
def test_single_steps_write_what_the_whole_wrote_for_every_beam(score):
    rng = np.random.default_rng(2)
    decoder, beams = make(score), 3
    memory = rng.normal(size=(BATCH, SOURCES, WIDTH))
    embedded = rng.normal(size=(beams, BATCH, TARGETS, IN))
    initial = rng.normal(size=(beams, BATCH, WIDTH))
    states = np.stack(list(initial), axis=1)
    steps = []
    for t in range(TARGETS):
        decoded = decoder.step(np.stack(list(embedded[:, :, t]), axis=1), memory, MASK, states)
        states = decoded.state
        steps.append(decoded)
    for beam in range(beams):
        whole, _ = decoder(embedded[beam], memory, MASK, initial[beam])
        stepped = np.stack([decoded.features[:, beam] for decoded in steps], axis=1)
        np.testing.assert_allclose(stepped, whole.features, rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(states[:, beam], whole.state, rtol=1e-10, atol=1e-13)
        if score is not None:
            weights = np.stack([decoded.weights[:, beam] for decoded in steps], axis=1)
            np.testing.assert_allclose(weights, whole.weights, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("score", ["cosine", "dot", "scaled_dot", "additive"])
def test_weights_sum_to_one_and_are_zero_on_padding(score):
    arrays = inputs(np.random.default_rng(3))
    decoded, _ = run(make(score), arrays)
    np.testing.assert_allclose(decoded.weights.sum(axis=-1), 1, rtol=1e-12)
    assert not (decoded.weights * ~MASK[:, None]).any()


def test_a_word_is_prepared_from_the_words_before_it_alone():
    arrays = inputs(np.random.default_rng(4))
    decoder = make("cosine", learn_scale=True)
    before, _ = run(decoder, arrays)
    arrays["embedded"][:, 2] += 1
    after, _ = run(decoder, arrays)
    np.testing.assert_array_equal(before.features[:, :2], after.features[:, :2])
    assert (before.features[:, 2:] != after.features[:, 2:]).any(axis=-1).all()

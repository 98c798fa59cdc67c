"""The encoder: both fields' gradients, and padding that is not read."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.models.encoder import Encoder

from ..derivatives import check_by_projections
from .checks import check_model

BATCH, SOURCES, WIDTH = 3, 5, 6
MASK = np.arange(SOURCES) < np.array([5, 2, 4])[:, None]


def make(seed=0, dropout=0.0):
    return Encoder(WIDTH, dropout=dropout, rng=np.random.default_rng(seed), dtype=np.float64)


@pytest.mark.parametrize("with_states", [True, False])
def test_gradients_of_the_inputs_and_of_all_parameters_are_the_derivatives(with_states):
    rng = np.random.default_rng(1)
    encoder = make()
    embedded = rng.normal(size=(BATCH, SOURCES, WIDTH))
    if with_states:
        check_model(encoder, embedded, MASK, rng=rng)
        return

    def summarise(embedded):
        encoded, backward = encoder(embedded, MASK)
        return encoded.summary, lambda d_summary: backward(d_states=None, d_summary=d_summary)

    report = check_by_projections(summarise, embedded, rng=rng)
    report.raise_if_failed()
    assert len(report.errors) == 1 + len(encoder.parameters()) and report.diagnoses == ()


@pytest.mark.parametrize("with_states", [True, False])
def test_padding_gets_no_gradient(with_states):
    rng = np.random.default_rng(1)
    _, backward = make()(rng.normal(size=(BATCH, SOURCES, WIDTH)), MASK)
    d_states = rng.normal(size=(BATCH, SOURCES, WIDTH)) * MASK[..., None] if with_states else None
    d_embedded = backward(d_states=d_states, d_summary=rng.normal(size=(BATCH, WIDTH)))
    assert not d_embedded[~MASK].any() and d_embedded[MASK].all()


def test_more_padding_and_what_stands_in_it_change_nothing():
    rng = np.random.default_rng(2)
    encoder = make()
    embedded = rng.normal(size=(BATCH, SOURCES, WIDTH))
    wide = rng.normal(size=(BATCH, SOURCES + 3, WIDTH))
    wide[:, :SOURCES][MASK] = embedded[MASK]
    wide_mask = np.pad(MASK, ((0, 0), (0, 3)))
    encoded, _ = encoder(embedded, MASK)
    padded, _ = encoder(wide, wide_mask)
    np.testing.assert_allclose(padded.summary, encoded.summary, rtol=1e-12)
    np.testing.assert_allclose(padded.states[:, :SOURCES][MASK], encoded.states[MASK], rtol=1e-12)


def test_both_directions_are_read():
    encoder = make()
    rng = np.random.default_rng(3)
    embedded = rng.normal(size=(1, SOURCES, WIDTH))
    changed = embedded.copy()
    changed[0, 2] += 1
    whole = np.ones((1, SOURCES), bool)
    difference = encoder(changed, whole)[0].states - encoder(embedded, whole)[0].states
    assert (np.abs(difference[0]).max(axis=-1) > 1e-6).all()


def test_dropout_is_drawn_while_training_only_and_backward_uses_the_same_draw():
    rng = np.random.default_rng(4)
    encoder = make(dropout=0.5)
    embedded = rng.normal(size=(BATCH, SOURCES, WIDTH))
    whole = np.ones((BATCH, SOURCES), bool)
    encoded, backward = encoder(embedded, whole)
    left_out = encoded.states == 0
    assert 0.2 < left_out.mean() < 0.8
    only_there = np.where(left_out, 1.0, 0.0)
    assert not backward(d_states=only_there, d_summary=np.zeros((BATCH, WIDTH))).any()
    encoder.eval()
    first, second = encoder(embedded, whole)[0], encoder(embedded, whole)[0]
    assert first.states.all()
    np.testing.assert_array_equal(first.states, second.states)


def test_an_odd_width_is_refused():
    with pytest.raises(ValueError, match="width: expected an even number.*got 7"):
        Encoder(7, dropout=0.0, rng=np.random.default_rng(0))


def test_a_second_backward_is_refused():
    encoder = make()
    _, backward = encoder(np.random.default_rng(0).normal(size=(BATCH, SOURCES, WIDTH)), MASK)
    backward(d_states=None, d_summary=np.ones((BATCH, WIDTH)))
    with pytest.raises(RuntimeError, match="called before"):
        backward(d_states=None, d_summary=np.ones((BATCH, WIDTH)))

"""The decoder alone: derivatives, causality, the cache, tied embeddings, smoothing."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np import cross_entropy
from attention_np.models.transformer import TokenBatch, TransformerSettings

from .checks import check_model
from .transformer_cases import TARGET_SIZE, language_model, token_batch

VARIANTS = [
    {}, {"score": "scaled_dot"}, {"score": "dot", "scale": 0.7}, {"score": "scaled_dot", "learn_scale": True},
    {"learn_scale": False}, {"dropout": 0.3}, {"label_smoothing": 0.2}, {"positions": "rotary"},
    {"positions": "alibi", "score": "scaled_dot", "dropout": 0.2, "label_smoothing": 0.1}, {"key_value_heads": 1},
    {"window": 3}, {"positions": "rotary", "window": 2, "key_value_heads": 1, "qk_norm": True},
]  # fmt: skip
IDS = np.random.default_rng(5).integers(0, TARGET_SIZE, (3, 9))
variants = pytest.mark.parametrize("settings", VARIANTS, ids=str)


@variants
def test_gradients_of_all_parameters_are_the_derivatives_of_the_loss(settings):
    model = language_model(**{"depth": 1, **settings})
    for block in model.decoder.blocks:
        if settings.get("score", "cosine") != "cosine" and settings.get("positions") != "rotary":
            # It moves all scores of a query alike, and the softmax does not see it.
            block.attention.inner.key.bias = None
    check_model(model, token_batch(ignored=3), rng=np.random.default_rng(2))


@variants
def test_a_later_token_changes_no_earlier_logit(settings):
    model = language_model(**settings)
    model.eval()
    changed = IDS.copy()
    changed[:, 6] = (changed[:, 6] + 1) % TARGET_SIZE
    before, after = model.logits(IDS), model.logits(changed)
    np.testing.assert_array_equal(before[:, :6], after[:, :6])
    assert (np.abs(before - after)[:, 6:8].max(axis=-1) > 1e-6).all()


@pytest.mark.parametrize("settings", [*VARIANTS, {"window": 1}], ids=str)
@pytest.mark.parametrize("cuts", [(1, 2, 3, 4, 5, 6, 7, 8), (4,), (1, 5), (3, 4, 5)])
def test_steps_with_a_cache_equal_the_full_pass(settings, cuts):
    model = language_model(**settings)
    model.eval()
    caches = model.caches()
    parts = [model.step(part, caches) for part in np.split(IDS, cuts, axis=1)]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), model.logits(IDS), rtol=0, atol=1e-12)


def test_the_table_s_gradient_is_the_sum_of_its_two_uses():
    model, batch = language_model(), token_batch()
    _, backward = model(batch)
    backward()
    together = model.words.embedding.weight.grad.copy()

    def use(looked_up, written):
        one = language_model()
        table = one.words.embedding.weight
        kept = table.value.copy()
        table.value[...] = kept + looked_up
        embedded, _ = one.words(batch.inputs)
        table.value[...] = kept + written
        features, _ = one.decoder(embedded)
        return float(cross_entropy(one.words.logits(features)[0], batch.targets))

    h = 1e-5
    for row, column in ((0, 0), (3, 5), (6, 2)):
        change = np.zeros_like(together)
        change[row, column] = h
        uses = [(use(change, 0) - use(-change, 0)) / (2 * h), (use(0, change) - use(0, -change)) / (2 * h)]
        assert min(map(abs, uses)) > 1e-5
        assert together[row, column] == pytest.approx(sum(uses), rel=1e-6)


def test_labels_are_smoothed_while_training_and_not_afterwards():
    model, batch = language_model(label_smoothing=0.3), token_batch()
    logits = model.logits(batch.inputs)
    assert model(batch)[0] == pytest.approx(float(cross_entropy(logits, batch.targets, label_smoothing=0.3)))
    model.eval()
    assert model(batch)[0] == pytest.approx(float(cross_entropy(logits, batch.targets)))


def test_dropout_leaves_something_out_while_training_and_nothing_afterwards():
    model, batch = language_model(dropout=0.5), token_batch()
    plain = language_model(dropout=0.0)
    plain.load_state_dict(model.state_dict())
    assert model(batch)[0] != model(batch)[0] != plain(batch)[0]
    model.eval()
    assert model(batch)[0] == plain(batch)[0]


def test_only_targets_that_count_count():
    model, batch = language_model(), token_batch(ignored=3)
    assert 0 < batch.tokens == (batch.targets != 3).sum() < batch.targets.size
    logits = model.logits(batch.inputs)
    rows = batch.targets != 3
    assert model(batch)[0] == pytest.approx(float(cross_entropy(logits[rows], batch.targets[rows])), rel=1e-12)
    assert TokenBatch(batch.inputs, batch.targets).tokens == batch.targets.size


def test_the_parts_of_a_batch_give_its_loss_and_gradients_by_what_counts_in_them():
    batch = token_batch(texts=3, ignored=3)
    whole, in_parts = language_model(), language_model()
    loss, backward = whole(batch)
    backward()
    total = 0.0
    # More parts than rows: one of them is empty.
    for rank in range(4):
        part = batch.shard(rank, 4)
        one = language_model()
        part_loss, backward = one(part)
        backward()
        total += part.counted / batch.counted * part_loss
        for parameter, share in zip(in_parts.parameters(), one.parameters(), strict=True):
            parameter.grad += part.counted / batch.counted * share.grad
    assert total == pytest.approx(loss, rel=1e-12)
    for parameter, summed in zip(whole.parameters(), in_parts.parameters(), strict=True):
        np.testing.assert_allclose(summed.grad, parameter.grad, rtol=1e-9, atol=1e-14)


def test_the_weights_of_a_head_are_causal_and_sum_to_one():
    weights = language_model(heads=4, depth=3).weights(IDS)
    assert weights.shape == (3, 3, 4, 9, 9)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
    assert not np.triu(weights, 1).any()


def test_the_position_of_a_token_matters():
    # The same tokens before the last one, in another order.
    ids = np.array([[3, 4, 5, 6], [4, 3, 5, 6]])
    for positions in ("sinusoidal", "rotary", "alibi"):
        last = language_model(depth=1, positions=positions).logits(ids)[:, -1]
        assert np.abs(last[0] - last[1]).max() > 1e-6, positions


def test_weights_are_loaded_by_name():
    model, other = language_model(seed=0), language_model(seed=1)
    other.load_state_dict(model.state_dict())
    np.testing.assert_array_equal(model.logits(IDS), other.logits(IDS))
    names = model.state_dict().keys()
    assert {"words.embedding.weight", "decoder.blocks.1.attention.inner.query.weight", "decoder.norm.gain"} <= names
    with pytest.raises(ValueError, match="missing: decoder.norm.gain"):
        other.load_state_dict({name: value for name, value in model.state_dict().items() if name != "decoder.norm.gain"})


def test_float32_is_kept():
    model = language_model(dtype=np.float32, dropout=0.2)
    _, backward = model(token_batch())
    backward()
    assert {parameter.grad.dtype for parameter in model.parameters()} == {np.dtype(np.float32)}
    assert model.logits(IDS).dtype == model.step(IDS, model.caches()).dtype == np.float32


@pytest.mark.parametrize(
    "settings", [{"positions": "learned"}, {"depth": 0}, {"label_smoothing": 1.0}, {"heads": 3}, {"score": "euclid"}]
)
def test_settings_that_cannot_be_are_refused(settings):
    (name,) = settings
    with pytest.raises(ValueError, match=f"{name}.*expected|expected.*{name}"):
        language_model(**settings)


def test_settings_are_plain_numbers_and_words():
    import dataclasses
    import json

    settings = TransformerSettings(width=64, score="scaled_dot", scale=2.0)
    assert TransformerSettings(**json.loads(json.dumps(dataclasses.asdict(settings)))) == settings

"""The four traps of the article, each as facts that hold for all data, reached by an example."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attention_np.functional import context, cosine_scores, cosine_scores_backward, softmax
from attention_np.models import ArticleModel, FormulaModel

ROUNDING = 1e-12
components = st.floats(-1e3, 1e3, allow_subnormal=False)
sharpnesses = st.floats(0.1, 20)
any_data = settings(deadline=None)  # a busy machine is no counterexample


def ceiling(sources, sharpness=1.0):
    """The most that one of `sources` keys can get: e^(2β) / (e^(2β) + sources - 1)."""
    return 1 / (1 + (sources - 1) * np.exp(-2 * sharpness))


def retrieval_ceiling(sources, sharpness=1.0):
    """The most that every one of `sources` keys can get from a query of its own."""
    return 1 / (1 + (sources - 1) * np.exp(-sharpness * sources / (sources - 1)))


def simplex(corners):
    """The corners of a regular simplex around the origin, all equally far from each other."""
    return np.eye(corners) - 1 / corners


def formula_model(embeddings, target, **sharpness):
    """A `FormulaModel` with these vectors for its words and its target."""
    words, width = embeddings.shape
    model = FormulaModel(words, width, 2, **sharpness, rng=np.random.default_rng(0), dtype=np.float64)
    model.embedding.weight.value[...] = embeddings
    model.target.value[...] = target
    return model


# 1. It cannot focus.


@any_data
@given(data=st.data(), sources=st.integers(2, 12), width=st.integers(1, 5))
def test_trap_1_no_data_get_a_weight_above_the_ceiling(data, sources, width):
    query = data.draw(arrays(np.float64, (1, width), elements=components))
    keys = data.draw(arrays(np.float64, (sources, width), elements=components))
    assert softmax(cosine_scores(query, keys)).max() <= ceiling(sources) + ROUNDING


@any_data
@given(data=st.data(), sources=st.integers(2, 12), width=st.integers(1, 5), sharpness=sharpnesses)
def test_trap_1_a_sharpness_raises_the_ceiling_to_exp_2_beta(data, sources, width, sharpness):
    query = data.draw(arrays(np.float64, (1, width), elements=components))
    keys = data.draw(arrays(np.float64, (sources, width), elements=components))
    assert softmax(sharpness * cosine_scores(query, keys)).max() <= ceiling(sources, sharpness) + ROUNDING


@pytest.mark.parametrize(
    ("sources", "rounded"), [(2, 0.881), (10, 0.451), (50, 0.131), (100, 0.0695)]
)
@pytest.mark.parametrize("sharpness", [1.0, 3.5, 12.0])
def test_trap_1_the_ceiling_is_reached_by_one_key_along_and_all_others_against_the_query(
    sources, rounded, sharpness
):
    rng = np.random.default_rng(sources)
    query = rng.standard_normal((1, 7))
    lengths = rng.uniform(0.1, 10, (sources, 1))
    keys = -lengths * query
    keys[sources // 2] *= -1
    weights = softmax(sharpness * cosine_scores(query, keys))[0]
    assert weights.argmax() == sources // 2
    np.testing.assert_allclose(weights.max(), ceiling(sources, sharpness), rtol=1e-12)
    if sharpness == 1:
        assert weights.max() == pytest.approx(rounded, abs=5e-4)


@any_data
@given(seed=st.integers(0, 2**32 - 1), words=st.integers(2, 20), scale=st.sampled_from([None, 1.0, 5.0]))
def test_trap_1_holds_for_the_formula_model(seed, words, scale):
    rng = np.random.default_rng(seed)
    target = rng.standard_normal(4)
    # Words near the best case, so that a wrong factor anywhere would cross the ceiling.
    embeddings = np.vstack([target, np.tile(-target, (words - 1, 1))])
    embeddings += 1e-3 * rng.standard_normal((words, 4))
    weights = formula_model(embeddings, target, scale=scale).weights(rng.permutation(words)[None])
    limit = ceiling(words, 1.0 if scale is None else scale)
    assert 0.99 * limit < weights.max() <= limit + ROUNDING


def test_trap_1_a_learned_sharpness_may_focus_where_the_plain_cosine_cannot():
    target = np.array([2.0, -1.0, 0.5])
    embeddings = np.vstack([target, np.tile(-target, (99, 1))])
    ids = np.arange(100)[None]
    plain = formula_model(embeddings, target)
    learned = formula_model(embeddings, target, learn_scale=True, initial_scale=6.0)
    assert plain.weights(ids).max() < 0.07
    assert learned.weights(ids).max() > 0.999


@pytest.mark.parametrize(("sources", "share", "rounded"), [(50, 0.95, 3.42), (10, 0.9, 2.20)])
def test_trap_1_the_sharpness_that_a_weight_needs(sources, share, rounded):
    needed = 0.5 * np.log((sources - 1) * share / (1 - share))
    assert needed == pytest.approx(rounded, abs=5e-3)
    query = np.array([[0.3, -2.0]])
    keys = np.vstack([query, np.tile(-query, (sources - 1, 1))])
    weights = softmax(needed * cosine_scores(query, keys))
    np.testing.assert_allclose(weights.max(), share, rtol=1e-12)


@any_data
@given(data=st.data(), sources=st.integers(2, 8), width=st.integers(1, 8), sharpness=sharpnesses)
def test_trap_1_no_data_make_every_key_retrievable_above_the_lower_ceiling(data, sources, width, sharpness):
    queries = data.draw(arrays(np.float64, (sources, width), elements=components))
    keys = data.draw(arrays(np.float64, (sources, width), elements=components))
    own = np.diagonal(softmax(sharpness * cosine_scores(queries, keys)))
    assert own.min() <= retrieval_ceiling(sources, sharpness) + ROUNDING


@pytest.mark.parametrize(("sources", "rounded"), [(2, 0.881), (10, 0.252), (20, 0.131), (50, 0.054)])
@pytest.mark.parametrize("sharpness", [1.0, 6.7])
def test_trap_1_a_regular_simplex_makes_every_key_equally_and_best_retrievable(sources, rounded, sharpness):
    lengths = np.random.default_rng(sources).uniform(0.1, 10, (2, sources, 1))
    queries, keys = simplex(sources) * lengths
    own = np.diagonal(softmax(sharpness * cosine_scores(queries, keys)))
    np.testing.assert_allclose(own, retrieval_ceiling(sources, sharpness), rtol=1e-12)
    if sharpness == 1:
        assert own[0] == pytest.approx(rounded, abs=5e-4)


# 2. It normalises over one index and sums over the other.


def test_trap_2_read_literally_the_weights_of_a_source_sum_to_one_and_those_of_a_target_do_not():
    rng = np.random.default_rng(20)
    scores = cosine_scores(rng.standard_normal((3, 6)), rng.standard_normal((5, 6)))
    over_sources, over_targets = softmax(scores, axis=-1), softmax(scores, axis=-2)
    np.testing.assert_allclose(over_sources.sum(axis=-1), np.ones(3), rtol=1e-14)
    np.testing.assert_allclose(over_targets.sum(axis=-2), np.ones(5), rtol=1e-14)
    assert np.all(np.abs(over_targets.sum(axis=-1) - 1) > 0.05)
    # 5 sources hand out one unit each to 3 targets.
    np.testing.assert_allclose(over_targets.sum(), 5, rtol=1e-14)


def test_trap_2_read_literally_the_context_of_equal_inputs_is_not_that_input():
    rng = np.random.default_rng(21)
    scores, value = rng.standard_normal((3, 5)), np.array([1.5, -2.0])
    values = np.tile(value, (5, 1))
    np.testing.assert_allclose(context(softmax(scores, axis=-1), values), np.tile(value, (3, 1)), rtol=1e-14)
    literal = softmax(scores, axis=-2)
    np.testing.assert_allclose(
        context(literal, values), literal.sum(axis=-1, keepdims=True) * value, rtol=1e-14
    )
    assert np.all(np.abs(context(literal, values) - value) > 0.05)


def test_trap_2_read_literally_a_single_target_gives_every_source_weight_one():
    rng = np.random.default_rng(22)
    scores = cosine_scores(rng.standard_normal((1, 4)), rng.standard_normal((6, 4)))
    np.testing.assert_array_equal(softmax(scores, axis=-2), np.ones((1, 6)))


# 3. It divides by zero.


def test_trap_3_at_a_zero_vector_the_numerical_derivative_grows_as_1_over_h_and_ours_is_zero():
    query, direction = np.array([[0.6, -1.2, 2.0]]), np.array([[1.0, 0.5, 1.5]])
    cosine = cosine_scores(query, direction)[0, 0]
    assert cosine > 0.5
    for step in (1e-3, 1e-6, 1e-9):
        ahead, behind = cosine_scores(query, step * direction), cosine_scores(query, -step * direction)
        np.testing.assert_allclose((ahead - behind) / (2 * step), cosine / step, rtol=1e-12)
    zero = np.zeros((1, 3))
    assert cosine_scores(query, zero)[0, 0] == 0
    d_query, d_zero = cosine_scores_backward(np.array([[-1.7]]), query, zero)
    np.testing.assert_array_equal(d_zero, zero)
    np.testing.assert_array_equal(d_query, zero)


def test_trap_3_a_zero_embedding_leaves_the_formula_model_finite_and_the_others_learning():
    rng = np.random.default_rng(30)
    embeddings = rng.standard_normal((4, 3))
    embeddings[2] = 0
    model = formula_model(embeddings, rng.standard_normal(3))
    logits, backward = model(np.array([[0, 2, 1], [2, 2, 2]]))
    np.testing.assert_array_equal(logits[1], model.output.bias.value)
    backward(rng.standard_normal((2, 2)))
    for parameter in model.parameters():
        assert np.all(np.isfinite(parameter.grad)) and np.any(parameter.grad != 0)


@any_data
@given(
    exponent=st.floats(-300, 299),
    seed=st.integers(0, 2**32 - 1),
    which=st.sampled_from(["queries", "keys"]),
)
def test_trap_3_the_cosine_is_exact_at_every_magnitude(exponent, seed, which):
    rng = np.random.default_rng(seed)
    # Components from 1 to 10, so that none leaves the normal numbers at either end.
    queries, keys = (
        rng.uniform(1, 10, shape) * rng.choice([-1, 1], shape) for shape in ((2, 5), (3, 5))
    )
    expected = cosine_scores(queries, keys)
    assert np.all(np.isfinite(expected)) and np.any(expected != 0)
    scaled = {"queries": queries, "keys": keys}
    scaled[which] = scaled[which] * 10.0**exponent
    np.testing.assert_allclose(cosine_scores(**scaled), expected, rtol=0, atol=2e-15)


@pytest.mark.parametrize("exponent", [-150, 0, 150])
def test_trap_3_a_long_vector_turns_less_and_a_short_one_more_with_no_epsilon_in_between(exponent):
    rng = np.random.default_rng(33)
    queries, keys, d_scores = (rng.standard_normal(shape) for shape in ((2, 5), (3, 5), (2, 3)))
    d_expected, _ = cosine_scores_backward(d_scores, queries, keys)
    d_queries, d_keys = cosine_scores_backward(d_scores, queries * 10.0**exponent, keys)
    np.testing.assert_allclose(d_queries * 10.0**exponent, d_expected, rtol=1e-12)
    np.testing.assert_allclose(np.sum(d_keys * keys, axis=-1), 0, atol=1e-14)


def test_trap_3_a_score_of_zero_is_not_a_mask():
    rng = np.random.default_rng(34)
    target, word, other = rng.standard_normal((3, 4))
    words = np.stack([word, other, np.zeros(4)])
    scores = cosine_scores(target[None], words)
    padded, masked = softmax(scores), softmax(scores, mask=np.array([True, True, False]))
    alone = softmax(cosine_scores(target[None], words[:2]))
    assert scores[0, 2] == 0
    assert padded[0, 2] > 0.1
    assert np.all(padded[0, :2] < alone[0])
    assert masked[0, 2] == 0
    np.testing.assert_allclose(masked[:, :2], alone, rtol=1e-14)


# 4. Its code is not its formulas.


def rotation(width, rng):
    """A random orthogonal matrix."""
    return np.linalg.qr(rng.standard_normal((width, width)))[0]


def article_model(rng, words=9, width=5):
    model = ArticleModel(words, width, 2, rng=rng, dtype=np.float64)
    model.attention.weight.value[...] = rng.standard_normal((width, width))
    return model


def test_trap_4_the_sample_gives_a_weight_per_feature_and_its_features_look_at_different_words():
    rng = np.random.default_rng(40)
    ids = rng.permutation(9)[None, :6]
    weights = article_model(rng).weights(ids)
    assert weights.shape == (1, 6, 5)
    np.testing.assert_allclose(weights.sum(axis=1), np.ones((1, 5)), rtol=1e-14)
    assert np.all(weights.max(axis=-1) - weights.min(axis=-1) > 0.05), "a word has one weight for all"
    assert len(set(weights.argmax(axis=1)[0])) > 1, "all features look at the same word"
    formula = FormulaModel(9, 5, 2, rng=rng, dtype=np.float64).weights(ids)
    assert formula.shape == (1, 6)
    np.testing.assert_allclose(formula.sum(axis=1), [1], rtol=1e-14)


@any_data
@given(seed=st.integers(0, 2**32 - 1))
def test_trap_4_the_formulas_weights_and_context_turn_with_the_embedding_space(seed):
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 9, (3, 6))
    embeddings, target, turn = rng.standard_normal((9, 5)), rng.standard_normal(5), rotation(5, rng)
    plain = formula_model(embeddings, target, scale=7.0)
    turned = formula_model(embeddings @ turn, target @ turn, scale=7.0)
    # The output turns back, so equal logits say that the context has turned.
    turned.output.weight.value[...] = turn.T @ plain.output.weight.value
    np.testing.assert_allclose(turned.weights(ids), plain.weights(ids), rtol=1e-11)
    np.testing.assert_allclose(turned(ids)[0], plain(ids)[0], rtol=1e-11, atol=1e-12)


def test_trap_4_the_samples_gate_does_not_turn_with_the_embedding_space():
    rng = np.random.default_rng(41)
    ids = rng.integers(0, 9, (3, 6))
    plain, turn = article_model(rng), rotation(5, rng)
    turned = article_model(rng)
    # The scores E W turn with the space: (E R)(Rᵀ W R) = (E W) R. The softmax of each feature does not.
    turned.embedding.weight.value[...] = plain.embedding.weight.value @ turn
    turned.attention.weight.value[...] = turn.T @ plain.attention.weight.value @ turn
    turned.output.weight.value[...] = turn.T @ plain.output.weight.value
    turned.output.bias.value[...] = plain.output.bias.value
    assert np.abs(turned.weights(ids).mean(axis=-1) - plain.weights(ids).mean(axis=-1)).max() > 0.05
    assert np.abs(turned(ids)[0] - plain(ids)[0]).max() > 0.05


def test_trap_4_exchanging_features_exchanges_the_samples_weights_and_leaves_its_logits():
    """The one change of axes that the gate does survive: it sees which feature is which, not their order."""
    rng = np.random.default_rng(42)
    ids, order = rng.integers(0, 9, (3, 6)), np.array([3, 0, 4, 1, 2])
    plain, exchanged = article_model(rng), article_model(rng)
    exchanged.embedding.weight.value[...] = plain.embedding.weight.value[:, order]
    exchanged.attention.weight.value[...] = plain.attention.weight.value[order][:, order]
    exchanged.output.weight.value[...] = plain.output.weight.value[order]
    exchanged.output.bias.value[...] = plain.output.bias.value
    np.testing.assert_allclose(exchanged.weights(ids), plain.weights(ids)[..., order], rtol=1e-12)
    np.testing.assert_allclose(exchanged(ids)[0], plain(ids)[0], rtol=1e-12)

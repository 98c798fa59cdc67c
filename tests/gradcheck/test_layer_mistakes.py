"""What is wrong with a layer is found and named."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.layers import GRU, Attention, Linear, MultiHeadAttention

from .layer_checks import assert_right, check, found, verdicts
from .planted import LastWins, Overwriting, spoil, times

L, S, D = 3, 5, 4


@pytest.fixture
def rng(request):
    return np.random.default_rng(list(request.node.name.encode()))


# Parameters that are wrong


def test_a_bias_without_its_sum_is_named(rng):
    layer = spoil(Linear(D, 5, rng=rng), {"bias": times(0)})
    report = check(layer, rng.standard_normal((3, L, D)))
    assert found(report) == [("zero", "bias")]
    assert verdicts(report) == {"inputs": "right", "weight": "right", "bias": "wrong"}
    row = report.comparisons[2]
    assert row.given.shape == row.expected.shape == row.tolerance.shape == (5,)
    assert np.all(row.given == 0) and np.all(row.expected != 0)


def test_the_sign_of_one_head_s_sharpness_is_named(rng):
    layer = spoil(MultiHeadAttention(D, 2, rng=rng), {"sharpness.log_scale": times(-1, 1)})
    report = check(layer, rng.standard_normal((2, L, D)))
    assert found(report) == [("sign-flipped", "sharpness.log_scale")]
    assert "entry 1" in report.diagnoses[0].message


@pytest.mark.parametrize("in_width", [6, 60])
def test_one_gate_is_named_by_its_columns(in_width, rng):
    layer = spoil(GRU(in_width, 8, rng=rng), {"input_weight": times(3, slice(None), slice(8, 16))})
    report = check(layer, rng.standard_normal((3, L, in_width)))
    assert found(report) == [("constant-factor", "input_weight")]
    assert "columns 8–15" in report.diagnoses[0].message


@pytest.mark.parametrize(("vocabulary", "count"), [(11, 12), (500, 180)])
def test_rows_of_repeated_ids_are_named(vocabulary, count, rng):
    ids = rng.integers(0, vocabulary, count).reshape(2, -1)
    report = check(LastWins(vocabulary, 20, rng=rng), ids)
    assert found(report) == [("overwritten", "weight")]
    values, counts = np.unique(ids, return_counts=True)
    assert f" {values[counts > 1][0]}" in report.diagnoses[0].message
    row = report.comparisons[0]
    assert counts[values == row.worst.index[0]] > 1
    assert row.worst.given != pytest.approx(row.worst.expected)


def test_gradients_must_add_to_what_is_there(rng):
    report = check(Overwriting(9, D, rng=rng), rng.integers(0, 9, (3, L)))
    assert found(report) == [("overwritten", "weight")]
    assert verdicts(report) == {"weight": "right"}
    assert not report.passed


# Inputs that are wrong


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: -d, "sign-flipped"),
        (lambda d: d / 3, "constant-factor"),
        (lambda d: 0 * d, "zero"),
        (lambda d: None, "zero"),
        (lambda d: d.astype(np.float32), "wrong-dtype"),
        (lambda d: d.tolist(), "wrong-dtype"),
        (lambda d: d[0], "wrong-shape"),
        (lambda d: d[..., None], "wrong-shape"),
        (lambda d: d / 0, "not-finite"),
        (lambda d: np.ones_like(d), "upstream-ignored"),
        (lambda d: np.maximum(d, 0), "unknown"),
        (lambda d: d + 1e-6 * np.random.default_rng(0).standard_normal(d.shape), "unknown"),
    ],
)
@pytest.mark.parametrize("width", [D, 60])
def test_a_wrong_gradient_of_an_input_is_named(change, code, width):
    rng = np.random.default_rng(4)
    report = check(spoil(Linear(width, 5, rng=rng), results=change), rng.standard_normal((3, L, width)), names=["x"])
    assert (code, "x") in found(report)
    assert not report.passed
    assert all(name == "x" for _, name in found(report))


def test_an_upstream_that_is_ignored_among_others_is_named(rng):
    class Deaf(Attention):
        def __call__(self, targets, inputs):
            attended, backward = super().__call__(targets, inputs)

            def deaf(*, d_context=None, d_weights=None, d_scores=None):
                return backward(d_context=d_context, d_scores=d_scores)

            return attended, deaf

    report = check(Deaf(), rng.standard_normal((2, L, D)), rng.standard_normal((2, S, D)))
    assert found(report)[0] == ("upstream-ignored", "d_weights")


@pytest.mark.parametrize("results", [lambda d: (d, d, d), lambda d: ()])
def test_too_many_or_too_few_gradients_are_counted(results, rng):
    report = check(spoil(Linear(D, 5, rng=rng), results=results), rng.standard_normal((3, D)), names=["x"])
    assert found(report) == [("wrong-shape", "")]
    assert f"gives {len(results(1))} gradients, expected 1 (x)" in report.diagnoses[0].message
    assert not report.passed


# Layers that misbehave


def test_what_is_changed_is_named(rng):
    def forward_changes(x):
        x *= 2
        return x.copy(), lambda d: 2 * d

    def backward_changes(x):
        def backward(d):
            x[...] = 0
            d *= 3
            return d

        return 3 * x, backward

    def upstream_is_returned(x):
        return x + 1, lambda d: d

    x = rng.standard_normal((3, 5))
    kept = x.copy()
    assert ("mutates-input", "x") in found(check(forward_changes, x))
    assert found(check(backward_changes, x)) == [("mutates-input", "x"), ("mutates-input", "d_output")]
    assert_right(check(upstream_is_returned, x), "x")
    np.testing.assert_array_equal(x, kept)


def test_a_changed_parameter_is_named(rng):
    class Learning(Linear):
        def __call__(self, inputs):
            outputs, backward = super().__call__(inputs)
            self.weight.value -= 0.1
            return outputs, backward

    assert ("mutates-input", "weight") in found(check(Learning(D, 5, rng=rng), rng.standard_normal((3, D))))


def test_randomness_that_cannot_be_held_still_is_named(rng):
    class Counting(Linear):
        calls = 0

        def __call__(self, inputs):
            self.calls += 1
            outputs, backward = super().__call__(inputs)
            return outputs * self.calls, backward

    def global_noise(x):
        noise = np.random.standard_normal(x.shape)
        return x * noise, lambda d: d * noise

    x = rng.standard_normal((3, D))
    state = repr(np.random.get_state())
    (diagnosis,) = check(global_noise, x).diagnoses
    assert diagnosis.code == "not-repeatable" and "NumPy's global random numbers" in diagnosis.message
    assert repr(np.random.get_state()) == state
    (diagnosis,) = check(Counting(D, 5, rng=rng), x).diagnoses
    assert diagnosis.code == "not-repeatable" and "global" not in diagnosis.message


@pytest.mark.parametrize(
    ("forward", "code", "words"),
    [
        (lambda x: None, "wrong-dtype", "expected (output, backward), got None"),
        (lambda x: x, "wrong-dtype", "expected (output, backward)"),
        (lambda x: (x.tolist(), lambda d: d), "wrong-dtype", "gives a list for its output"),
        (lambda x: (x.astype(np.float32), lambda d: d), "wrong-dtype", "float32"),
        (lambda x: (x / 0, lambda d: d), "not-finite", "there is no derivative there"),
        (lambda x: (x @ x, lambda d: d), "unknown", "raised ValueError"),
        (lambda x: (x, lambda d: d[7]), "unknown", "the backward pass of forward raised IndexError"),
        (lambda x: (x, lambda: x), "unknown", "raised TypeError"),
    ],
)
def test_a_layer_that_breaks_is_described_and_does_not_break_the_checker(forward, code, words):
    report = check(forward, np.random.default_rng(1).standard_normal((3, 5)))
    (diagnosis,) = report.diagnoses
    assert diagnosis.code == code
    assert words in diagnosis.message
    assert not report.passed


def test_a_narrow_input_is_refused_with_what_to_do(rng):
    with pytest.raises(TypeError, match=r"inputs: expected float64, got float32.*inputs\.astype\(np\.float64\)"):
        check(Linear(D, 5, rng=rng), np.ones((3, D), np.float32))


def test_names_are_one_for_each_input(rng):
    with pytest.raises(ValueError, match="names: expected one for each of the 1 inputs, got 2"):
        check(Linear(D, 5, rng=rng), np.ones((3, D)), names=["x", "y"])

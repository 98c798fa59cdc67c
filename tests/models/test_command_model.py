"""The SCAN paper's encoder-decoder: derivatives, PyTorch's numbers, padding, own outputs, prediction, and a task it learns."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest

from attention_np.models.command_model import CommandModel
from attention_np.models.seq2seq import PairBatch
from attention_np.optim import Adam

from .checks import check_model
from .torch_commands import loss_and_gradients

PAD, START, END = 0, 1, 2
SOURCE_SIZE, TARGET_SIZE, WIDTH = 9, 7, 5
SOURCES, TARGETS = (5, 2, 4), (3, 4, 1)
MARKS = {"start": START, "end": END, "padding": PAD}
SCORES = [
    (None, False), ("cosine", True), ("cosine", False), ("dot", False), ("scaled_dot", False), ("additive", False),
    ("additive", True),
]  # fmt: skip
every_score = pytest.mark.parametrize(("score", "learn_scale"), SCORES)
every_cell = pytest.mark.parametrize("cell", ["elman", "gru", "lstm"])


def make(cell="elman", score="cosine", learn_scale=False, dropout=0.0, teacher_forcing=0.5, seed=0, dtype=np.float64):
    return CommandModel(
        SOURCE_SIZE, TARGET_SIZE, width=WIDTH, cell=cell, score=score, learn_scale=learn_scale, dropout=dropout,
        teacher_forcing=teacher_forcing, rng=np.random.default_rng(seed), dtype=dtype,
    )  # fmt: skip


def lively(model):
    """The same with larger parameters, so that what it writes changes from row to row and from step to step."""
    for parameter in model.parameters():
        parameter.value *= 3
    return model


def make_batch(seed=1, more_sources=0, more_targets=0):
    rng = np.random.default_rng(seed)
    source = np.full((3, 5 + more_sources), PAD)
    targets = np.full((3, 5 + more_targets), PAD)
    inputs = targets.copy()
    for row, (words, written) in enumerate(zip(SOURCES, TARGETS, strict=True)):
        source[row, :words] = rng.integers(3, SOURCE_SIZE, words)
        sentence = rng.integers(3, TARGET_SIZE, written)
        targets[row, : written + 1] = [*sentence, END]
        inputs[row, : written + 1] = [START, *sentence]
    return PairBatch(source, source != PAD, inputs, targets, PAD)


def loss_and_own_gradients(model, batch):
    model.zero_grad()
    loss, backward = model(batch)
    backward()
    return loss, {name: parameter.grad.copy() for name, parameter in model.named_parameters()}


def assert_alike(one, other, rtol=1e-9, atol=1e-13):
    assert one[0] == pytest.approx(other[0], rel=1e-12)
    assert one[1].keys() == other[1].keys()
    for name, gradient in one[1].items():
        np.testing.assert_allclose(gradient, other[1][name], rtol=rtol, atol=atol, err_msg=name)


@every_cell
@every_score
def test_gradients_of_all_parameters_are_the_derivatives_of_the_loss(cell, score, learn_scale):
    check_model(make(cell, score, learn_scale), make_batch(), rng=np.random.default_rng(2))


@every_cell
@pytest.mark.parametrize(("score", "learn_scale"), [("cosine", True), ("additive", False), (None, False)])
def test_so_they_are_where_dropout_leaves_parts_out(cell, score, learn_scale):
    check_model(make(cell, score, learn_scale, dropout=0.3), make_batch(), rng=np.random.default_rng(2))


@every_cell
@every_score
def test_loss_and_gradients_are_those_of_pytorchs_cells_row_by_row(cell, score, learn_scale):
    pytest.importorskip("torch")
    model, batch = make(cell, score, learn_scale), make_batch()
    model.eval()
    theirs = loss_and_gradients(model.state_dict(), cell, score, learn_scale, batch)
    assert_alike(loss_and_own_gradients(model, batch), theirs)


@every_cell
@pytest.mark.parametrize("score", ["cosine", "dot", "additive", None])
def test_more_padding_changes_neither_loss_nor_gradients(cell, score):
    model = make(cell, score)
    plain = loss_and_own_gradients(model, make_batch())
    for more in ((3, 0), (0, 2), (4, 3)):
        model.rng.bit_generator.state = make(cell, score).rng.bit_generator.state
        assert_alike(loss_and_own_gradients(model, make_batch(1, *more)), plain)


def test_the_loss_of_a_batch_is_the_mean_over_the_actions_of_its_rows():
    model, batch = make(), make_batch()
    model.eval()
    total = actions = 0.0
    for row in range(3):
        source, target = slice(0, SOURCES[row]), slice(0, TARGETS[row] + 1)
        alone = PairBatch(
            batch.source[row : row + 1, source], batch.mask[row : row + 1, source],
            batch.inputs[row : row + 1, target], batch.targets[row : row + 1, target], PAD,
        )  # fmt: skip
        total += model(alone)[0] * (TARGETS[row] + 1)
        actions += TARGETS[row] + 1
    assert model(batch)[0] == pytest.approx(total / actions, rel=1e-12)


@pytest.mark.parametrize("score", ["additive", None])
def test_a_row_that_is_not_told_goes_on_from_what_it_found_likeliest(score):
    batch = make_batch(1, more_targets=4)
    untold = lively(make("gru", score, teacher_forcing=0.0))
    told = copy.deepcopy(untold)
    told.teacher_forcing = 1.0
    inputs = batch.inputs.copy()
    for t in range(1, inputs.shape[1]):
        embedded, _ = told.embedding(batch.source)
        read, _ = told.encoder(embedded, batch.mask)
        logits, _ = told.decoder(read.outputs, batch.mask, read.final, inputs, np.full(3, True))
        inputs[:, t] = logits[:, t - 1].argmax(axis=-1)
    assert (inputs != batch.inputs).any(axis=1).all() and len(np.unique(inputs)) > 2
    gold, own = batch, replace(batch, inputs=inputs)
    assert_alike(loss_and_own_gradients(untold, gold), loss_and_own_gradients(told, own))


def test_the_share_of_rows_that_are_told_is_the_one_asked_for_and_all_outside_training():
    rows = 2_000
    source = np.full((rows, 1), 3)
    # Rows that are told the one thing have one loss, those that go on from their own another.
    batch = PairBatch(source, source != PAD, np.tile([START, 5], (rows, 1)), np.tile([6, 4], (rows, 1)), PAD)
    model = make(teacher_forcing=0.25)
    model.decoder.output.bias.value[3] = 10
    losses = {}
    for share in (0.0, 0.25, 1.0):
        model.teacher_forcing = share
        losses[share], _ = model(batch)
    told = (losses[0.25] - losses[0.0]) / (losses[1.0] - losses[0.0])
    assert told == pytest.approx(0.25, abs=0.04)
    model.eval()
    model.teacher_forcing = 0.0
    assert model(batch)[0] == pytest.approx(losses[1.0], rel=1e-12)


@every_cell
@pytest.mark.parametrize("score", ["cosine", "additive", None])
def test_prediction_is_the_likeliest_action_step_by_step(cell, score):
    different = set()
    for seed in range(4):
        model, batch = lively(make(cell, score, seed=seed)), make_batch(seed)
        model.eval()
        found = model.predict(batch.source, batch.mask, **MARKS, longest=6)
        different |= {tuple(row) for row in found}
        for row, words in enumerate(SOURCES):
            assert found[row] == greedy(model, batch.source[row : row + 1, :words], 6)
    assert len(different) > 3


def greedy(model, source, longest):
    """The likeliest actions of one command, the whole decoder run again for each."""
    written: list[int] = []
    read, _ = model.encoder(model.embedding(source)[0])
    while len(written) < longest:
        previous = np.array([[START, *written]])
        logits, _ = model.decoder(read.outputs, source != PAD, read.final, previous, np.array([True]))
        allowed = logits[0, -1].copy()
        allowed[[START, PAD]] = -np.inf
        if allowed.argmax() == END:
            break
        written.append(int(allowed.argmax()))
    return written


def test_a_prediction_has_at_most_the_longest_number_of_actions_and_no_marks():
    model, batch = make(), make_batch()
    model.decoder.output.bias.value[[PAD, START, 5]] = [30, 30, 20]
    assert model.predict(batch.source, batch.mask, **MARKS, longest=4) == [[5] * 4] * 3
    model.decoder.output.bias.value[END] = 25
    assert model.predict(batch.source, batch.mask, **MARKS, longest=4) == [[]] * 3


def test_prediction_and_weights_leave_nothing_out():
    model, batch = make(dropout=0.5), make_batch()
    asked = {**MARKS, "longest": 6}
    training = model.predict(batch.source, batch.mask, **asked), model.weights(batch)
    model.eval()
    assert training[0] == model.predict(batch.source, batch.mask, **asked)
    np.testing.assert_array_equal(training[1], model.weights(batch))


@every_cell
@pytest.mark.parametrize("score", ["cosine", "dot", "scaled_dot", "additive"])
def test_weights_sum_to_one_over_the_words_of_the_source(cell, score):
    batch = make_batch(1, 2, 2)
    weights = make(cell, score).weights(batch)
    assert weights.shape == (*batch.inputs.shape, batch.source.shape[1])
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
    assert not (weights * ~batch.mask[:, None]).any()


def test_a_command_without_words_is_given_no_attention_at_all():
    batch = make_batch()
    batch.mask[1] = False
    weights = make(dtype=np.float32).weights(batch)
    assert not weights[1].any() and np.isfinite(weights).all()


def test_without_attention_there_are_neither_weights_nor_a_sharpness():
    model = make(score=None)
    assert model.weights(make_batch()) is None
    assert model.sharpness is None


@pytest.mark.parametrize(("score", "expected"), [("cosine", 1), ("dot", 1), ("scaled_dot", WIDTH**-0.5), ("additive", 1)])
def test_the_sharpness_in_force_is_one_until_it_is_learned(score, expected):
    assert make(score=score).sharpness == pytest.approx(expected)
    assert make(score="cosine", learn_scale=True).sharpness == pytest.approx(10)


def test_the_same_seed_gives_the_same_bits():
    runs = []
    for _ in range(2):
        model = make("gru", dropout=0.2)
        runs.append([loss_and_own_gradients(model, make_batch()) for _ in range(2)])
    for one, other in zip(*runs, strict=True):
        assert one[0] == other[0]
        for name, gradient in one[1].items():
            np.testing.assert_array_equal(gradient, other[1][name])


@every_cell
def test_float32_is_kept_and_a_batch_without_rows_has_no_loss(cell):
    model, batch = make(cell, learn_scale=True, dropout=0.2, dtype=np.float32), make_batch()
    _, gradients = loss_and_own_gradients(model, batch)
    assert {gradient.dtype for gradient in gradients.values()} == {np.dtype(np.float32)}
    assert model.weights(batch).dtype == np.float32
    rows = [array[:0] for array in (batch.source, batch.mask, batch.inputs, batch.targets)]
    loss, gradients = loss_and_own_gradients(model, PairBatch(*rows, PAD))
    assert loss == 0 and not any(gradient.any() for gradient in gradients.values())


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"cell": "rnn"}, "^cell: expected one of elman, gru, lstm, got 'rnn'"),
        ({"score": "cos"}, "^score: expected one of cosine, dot, scaled_dot, additive, or None .*, got 'cos'"),
        ({"teacher_forcing": 1.5}, r"^teacher_forcing: expected a share in \[0, 1\], got 1.5"),
        ({"dropout": 1.0}, r"^rate: expected a share in \[0, 1\), got 1.0"),
    ],
)
def test_what_cannot_be_built_is_refused_by_name(changed, message):
    with pytest.raises(ValueError, match=message):
        make(**changed)


@pytest.mark.slow
@every_cell
def test_it_learns_to_copy_by_attending_to_what_it_copies(cell):
    exact, weights = copying(cell, "cosine")
    without, _ = copying(cell, None)
    assert exact > 0.8 and without < exact - 0.3
    assert np.mean(weights[:, :-1].argmax(axis=-1) == np.arange(5)) > 0.9


def copying(cell, score):
    """The share of five-letter words that a trained model copies without a mistake, and where it looks."""
    rng = np.random.default_rng(0)
    model = CommandModel(8, 8, width=32, cell=cell, score=score, learn_scale=score is not None, rng=rng)
    optimizer = Adam(model.parameters(), 5e-3)

    def draw(rows, letters):
        ids = rng.integers(3, 8, (rows, letters))
        source = np.hstack([ids, np.full((rows, 1), END)])
        return PairBatch(source, source != PAD, np.hstack([np.full((rows, 1), START), ids]), source, PAD)

    for _ in range(400):
        model.zero_grad()
        _, backward = model(draw(16, rng.integers(2, 6)))
        backward()
        optimizer.step()
    model.eval()
    asked = draw(100, 5)
    found = model.predict(asked.source, asked.mask, **MARKS, longest=8)
    exact = np.mean([row == ids[:-1].tolist() for row, ids in zip(found, asked.source, strict=True)])
    return exact, model.weights(asked)

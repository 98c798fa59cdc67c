"""The training loop: what a step and an epoch do, when it stops, and what is refused."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import pytest

from attention_np.layers import Parameter
from attention_np.models.seq2seq import PairBatch, Seq2Seq
from attention_np.optim import SGD, Adam, Schedule, WarmupCosine, clip_gradient_norm
from attention_np.training import load_checkpoint, train


def assert_same_weights(model, other):
    assert model.state_dict().keys() == other.keys()
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, other[name])


def test_it_does_what_the_loop_written_out_by_hand_does(setting):
    by_hand, trained = setting(), setting()
    result = trained.train(epochs=3, validate=None)
    schedule, step, losses = WarmupCosine(21 // 10, 21, 0.1), 0, []
    for _ in range(3):
        loss_sum = tokens = 0
        for batch in by_hand.batches.epoch(by_hand.rng):
            step += 1
            by_hand.model.zero_grad()
            loss, backward = by_hand.model(batch)
            backward()
            clip_gradient_norm(by_hand.model.parameters(), 0.5)
            by_hand.optimizer.step(schedule(step))
            loss_sum += float(loss) * batch.tokens
            tokens += batch.tokens
        losses.append(loss_sum / tokens)
    assert_same_weights(trained.model, by_hand.model.state_dict())
    assert [record["train_loss"] for record in result.history] == losses
    assert [record["step"] for record in result.history] == [7, 14, 21]
    assert losses[-1] < 0.8 * losses[0]


def test_steps_are_in_training_mode_and_validation_and_all_that_follows_in_evaluation_mode(setting):
    fresh, modes = setting(), []
    fresh.model.before = lambda call: modes.append(fresh.model.dropout.training)
    fresh.train(epochs=2)
    assert modes == 2 * (7 * [True] + 3 * [False])
    assert fresh.model.training is False


def test_the_history_has_a_record_for_each_epoch_with_what_was_watched(setting):
    fresh = setting()
    result = fresh.train(epochs=3, watch=lambda: {"largest": np.abs(fresh.model.output.weight.value).max()})
    assert [record["epoch"] for record in result.history] == [1, 2, 3]
    for record in result.history:
        assert {"step", "train_loss", "seconds", "tokens_per_second", "largest", "loss"} < record.keys()
        assert all(type(value) in (int, float) for value in record.values())
        assert record["tokens_per_second"] * record["seconds"] == pytest.approx(
            sum(batch.tokens for batch in fresh.batches.all)
        )


@pytest.mark.parametrize(
    ("better", "values", "best_epoch"),
    [("lower", [3.0, 1.0, 2.0, 2.0, 0.5], 2), ("higher", [3.0, 4.0, 2.0, 4.0, 5.0], 2)],
)
def test_early_stopping_gives_back_the_best_weights(setting, better, values, best_epoch):
    fresh, weights = setting(), []

    def validate():
        weights.append(fresh.model.state_dict())
        return {"metric": values[len(weights) - 1]}

    result = fresh.train(epochs=9, validate=validate, criterion="metric", better=better, patience=2)
    assert len(weights) == best_epoch + 2
    assert (result.best_epoch, result.best) == (best_epoch, values[best_epoch - 1])
    assert result.stopped == "no improvement"
    assert_same_weights(fresh.model, weights[best_epoch - 1])
    assert not np.array_equal(weights[-1]["output.weight"], weights[best_epoch - 1]["output.weight"])


def test_without_patience_all_epochs_are_done_and_the_best_weights_kept(setting):
    fresh, weights, values = setting(), [], [2.0, 1.0, math.nan, 3.0]

    def validate():
        weights.append(fresh.model.state_dict())
        return {"loss": values[len(weights) - 1]}

    result = fresh.train(epochs=4, validate=validate)
    assert (result.best_epoch, result.stopped, result.steps) == (2, "finished", 28)
    assert_same_weights(fresh.model, weights[1])


def test_without_validation_the_last_weights_are_kept(setting):
    fresh = setting()
    result = fresh.train(epochs=2, validate=None)
    assert (result.best_epoch, result.best, result.stopped) == (None, None, "finished")


def test_a_parameter_that_the_optimiser_does_not_have_stays_as_it_is(setting):
    fresh = setting()
    fresh.optimizer = SGD(fresh.model.output.parameters(), 0.1)
    before = fresh.model.state_dict()
    fresh.train(epochs=1, validate=None)
    np.testing.assert_array_equal(fresh.model.embedding.weight.value, before["embedding.weight"])
    assert not np.array_equal(fresh.model.output.weight.value, before["output.weight"])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("clip", [0.5, None])
def test_a_gradient_that_is_not_finite_stops_with_step_and_name_before_anything_changes(setting, bad, clip):
    fresh = setting()
    kept = {}

    def spoil(call):
        if call == 10:
            kept.update(fresh.model.state_dict(), steps=fresh.optimizer.steps)
            fresh.model.embedding.weight.grad[4, 1] = bad
            fresh.model.output.bias.grad[2] = bad

    fresh.model.before = spoil
    saying = rf"^step 10: the gradient of embedding.weight is {bad} at index \(4, 1\)"
    with pytest.raises(FloatingPointError, match=saying):
        fresh.train(validate=None, clip=clip)
    assert kept.pop("steps") == fresh.optimizer.steps == 9
    assert_same_weights(fresh.model, kept)


def test_a_loss_that_is_not_finite_stops_with_its_step_and_the_parameter_that_did_it(setting):
    fresh = setting()

    def spoil(call):
        if call == 3:
            fresh.model.output.weight.value[2, 3] = math.nan

    fresh.model.before = spoil
    saying = r"^step 3: the loss is nan; the parameter output.weight is nan at index \(2, 3\)"
    with pytest.raises(FloatingPointError, match=saying):
        fresh.train(validate=None)
    assert fresh.optimizer.steps == 2


def test_a_loss_that_is_not_finite_with_finite_parameters_points_to_the_batch(setting):
    fresh = setting()
    class Spoilt(type(fresh.model)):
        def __call__(self, batch):
            return math.inf, super().__call__(batch)[1]

    fresh.model.__class__ = Spoilt
    with pytest.raises(FloatingPointError, match="^step 1: the loss is inf; every parameter is finite"):
        fresh.train(validate=None)


def test_a_training_that_diverges_keeps_the_checkpoint_of_its_last_epoch(setting, tmp_path):
    fresh = setting()

    def spoil(call):
        if call == 17:
            fresh.model.output.weight.grad[0, 0] = math.nan

    fresh.model.before = spoil
    with pytest.raises(FloatingPointError, match="^step 17"):
        fresh.train(validate=None, checkpoint=tmp_path / "model.npz")
    assert load_checkpoint(tmp_path / "model.npz").metadata["training"]["step"] == 14


def test_a_time_budget_becomes_a_number_of_steps_that_is_stored_and_kept(setting, tmp_path):
    path = tmp_path / "timed.npz"
    first = setting()

    def slow(call):
        time.sleep(0.002)
        # While the steps are measured there is no checkpoint yet.
        if path.exists() and first.optimizer.steps == 20:
            raise KeyboardInterrupt

    first.model.before = slow
    totals = []

    def schedule(total):
        totals.append(total)
        return WarmupCosine(0, total)

    with pytest.raises(KeyboardInterrupt):
        first.train(minutes=0.02, checkpoint=path, schedule=schedule)
    stored = load_checkpoint(path).metadata["training"]["total_steps"]
    assert totals == [stored]
    second = setting()
    result = second.train(minutes=0.02, checkpoint=path, resume=True, schedule=schedule)
    assert result.steps == stored > 20
    assert totals == [stored, stored]


def test_a_time_budget_is_kept_with_validation_included(setting):
    fresh = setting()
    fresh.model.before = lambda call: time.sleep(0.004 if fresh.model.training else 0.02)
    started = time.perf_counter()
    result = fresh.train(minutes=1.5 / 60)
    elapsed = time.perf_counter() - started
    assert result.stopped == "finished"
    # An epoch is 7 steps of 4 ms and 3 validations of 20 ms; without validation it would last 4.5 s.
    assert 0.7 < elapsed < 2.5
    assert result.history[-1]["step"] == result.steps


def test_a_time_budget_ends_within_an_epoch_with_a_validation(setting):
    fresh, validated = setting(batches=500), []
    fresh.model.before = lambda call: time.sleep(0.004)

    def validate():
        validated.append(fresh.optimizer.steps)
        return {"loss": 1.0}

    result = fresh.train(minutes=1 / 60, validate=validate)
    assert result.steps < 500
    assert len(result.history) == 1
    assert validated[-1] == result.steps


def test_measuring_the_steps_leaves_no_trace(setting):
    timed = setting()
    result = timed.train(minutes=0.004, validate=None, schedule=None)
    plain = setting()
    epochs, rest = divmod(result.steps, 7)
    for epoch in range(epochs + (rest > 0)):
        for index, batch in enumerate(plain.batches.epoch(plain.rng)):
            if epoch == epochs and index == rest:
                break
            plain.model.zero_grad()
            plain.model(batch)[1]()
            clip_gradient_norm(plain.model.parameters(), 0.5)
            plain.optimizer.step()
    assert plain.optimizer.steps == result.steps
    assert_same_weights(timed.model, plain.model.state_dict())


def test_measuring_the_steps_cannot_diverge_where_the_schedule_keeps_them_small(setting):
    @dataclass(frozen=True)
    class Small(Schedule):
        def __call__(self, step):
            return 1e-32

    fresh = setting(learning_rate=1e30)
    assert fresh.train(minutes=0.002, schedule=lambda total: Small()).stopped == "finished"


def test_a_budget_too_short_for_a_step_trains_one(setting):
    assert setting().train(minutes=1e-9).steps == 1


REFUSED = {
    "neither": ({"epochs": None}, ValueError, "^epochs, minutes: expected one of the two, got None and None"),
    "both": ({"epochs": 2, "minutes": 1.0}, ValueError, "^epochs, minutes"),
    "epochs": ({"epochs": 0}, ValueError, "^epochs: expected a whole number of at least 1, got 0"),
    "half epochs": ({"epochs": 1.5}, ValueError, "^epochs"),
    "minutes": ({"minutes": math.nan}, ValueError, "^minutes: expected a finite number above 0, got nan"),
    "clip": ({"clip": 0.0}, ValueError, "^clip: expected a finite norm above 0"),
    "better": ({"better": "smaller"}, ValueError, "^better: expected 'lower' or 'higher', got 'smaller'"),
    "patience": ({"patience": 0}, ValueError, "^patience: expected at least 1"),
    "blind patience": ({"patience": 2, "validate": None}, ValueError, "^patience: needs validate"),
    "resume": ({"resume": True}, ValueError, "^resume: needs checkpoint"),
    "threads": ({"threads": 0}, ValueError, "^threads: expected a whole number of at least 1, got 0"),
    "schedule": ({"schedule": WarmupCosine(1, 9)}, TypeError, "^schedule: expected .*; it gave float"),
    "configuration": ({"configuration": {"data": {1}}}, TypeError, "^configuration: data is nothing"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_argument_is_refused_by_name_before_anything_is_trained(setting, case):
    arguments, error, saying = REFUSED[case]
    fresh = setting()
    before = fresh.model.state_dict()
    with pytest.raises(error, match=saying):
        fresh.train(**arguments)
    assert_same_weights(fresh.model, before)
    assert fresh.model.calls == 0


def test_an_optimiser_of_another_model_and_data_without_batches_are_refused(setting):
    fresh = setting()
    fresh.optimizer = Adam([Parameter(np.ones(3))])
    with pytest.raises(ValueError, match="^optimizer: has parameters that are not the model's"):
        fresh.train()
    with pytest.raises(ValueError, match="^batches: expected at least one batch"):
        setting(batches=0).train()


def test_data_that_promise_more_batches_than_they_give_are_refused(setting):
    fresh = setting()
    fresh.batches.all.append(fresh.batches.all[0])
    given = fresh.batches.epoch
    fresh.batches.epoch = lambda rng: list(given(rng))[:5].__iter__()
    with pytest.raises(ValueError, match=r"^batches: len\(\) is 8, but epoch\(\) gave only 5"):
        fresh.train()


def test_a_criterion_that_validation_does_not_give_is_refused(setting):
    with pytest.raises(ValueError, match="^criterion: 'rouge' is not among what validate gives: loss"):
        setting().train(criterion="rouge")


def test_a_metric_whose_name_is_taken_is_refused(setting):
    with pytest.raises(ValueError, match="^validate: the name 'train_loss' is taken"):
        setting().train(criterion="train_loss", validate=lambda: {"train_loss": 1.0})
    with pytest.raises(ValueError, match="^validate: the name 'loss' is taken"):
        setting().train(watch=lambda: {"loss": 1.0})


def test_a_parameter_that_attention_refuses_is_named_with_the_step():
    rng = np.random.default_rng(6)
    model = Seq2Seq(9, 8, width=4, rng=rng)
    source = rng.integers(3, 9, (2, 5))
    target = rng.integers(3, 8, (2, 4))
    batch = PairBatch(source, np.full(source.shape, True), target, target, padding=0)

    class One:
        def __len__(self):
            return 1

        def epoch(self, rng):
            yield batch

    model.decoder.key.weight.value[1, 2] = math.nan
    with pytest.raises(FloatingPointError, match=r"^step 1: the parameter decoder.key.weight is nan at index \(1, 2\)"):
        train(model, Adam(model.parameters(), 1e-3), One(), rng=rng, epochs=1, progress=False)

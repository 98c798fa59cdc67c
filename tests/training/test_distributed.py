"""Several processes, played by threads, train to what one process trains to."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np.models.rows import RowBatch
from attention_np.models.seq2seq import PairBatch, Seq2Seq
from attention_np.models.summarizer import Summarizer, SummaryBatch
from attention_np.optim import SGD, Adam, WarmupCosine
from attention_np.training import Processes, load_checkpoint, train
from attention_np.training.flat import FlatBuffer

from .in_threads import run_threads

PAD, VOCABULARY, WIDTH = 0, 9, 6


def pair_batch(rng, rows, kind=PairBatch):
    """Sources and targets of unequal length, padded."""
    lengths, targets = rng.integers(1, 7, rows), rng.integers(1, 6, rows)
    source = rng.integers(1, VOCABULARY, (rows, 7)) * (np.arange(7) < lengths[:, None])
    target = rng.integers(1, VOCABULARY, (rows, 6)) * (np.arange(6) < targets[:, None])
    inputs = np.concatenate([np.ones((rows, 1), int), target[:, :-1]], axis=1)
    extra = {} if kind is PairBatch else {"extended_source": np.where(source == 5, VOCABULARY, source), "unknown": 2}
    return kind(source, source != PAD, inputs, target, PAD, **extra)


class Data:
    """Batches of 7, 5, 1 and 3 rows: with 2, 3 or 4 processes parts differ in length, and some are empty."""

    def __init__(self, kind):
        rng = np.random.default_rng(4)
        self.all = [pair_batch(rng, rows, kind) for rows in (7, 5, 1, 3)]

    def __len__(self):
        return len(self.all)

    def epoch(self, rng):
        return (self.all[index] for index in rng.permutation(len(self.all)))


def setting(kind=PairBatch, seed=0, dropout=0.0, optimizer=lambda p: Adam(p, 0.02)):
    rng = np.random.default_rng(seed)
    if kind is PairBatch:
        model = Seq2Seq(VOCABULARY, VOCABULARY, width=WIDTH, dropout=dropout, rng=rng, dtype=np.float64)
    else:
        model = Summarizer(VOCABULARY, VOCABULARY, width=WIDTH, dropout=dropout, rng=rng, dtype=np.float64)
    return model, optimizer(model.parameters()), Data(kind), rng


def trained(processes, kind=PairBatch, seed=0, dropout=0.0, optimizer=lambda p: Adam(p, 0.02), **arguments):
    """Weights, history and generator behind a training of three epochs; the validation is the first batch's loss."""
    model, update_rule, data, rng = setting(kind, seed, dropout, optimizer)
    result = train(
        model,
        update_rule,
        data,
        rng=rng,
        processes=processes,
        **{
            "epochs": 3,
            "clip": 0.5,
            "schedule": lambda total: WarmupCosine(2, total),
            "validate": lambda: {"loss": model(data.all[0])[0]},
            "progress": False,
            **arguments,
        },
    )
    return model.state_dict(), result, rng.bit_generator.state


def largest_difference(weights, others):
    return max(np.abs(weights[name] - others[name]).max() for name in weights)


@pytest.mark.parametrize("kind", [PairBatch, SummaryBatch])
@pytest.mark.parametrize("size", [2, 3, 4])
def test_parts_of_unequal_length_and_empty_ones_give_the_single_process_to_1e_12(size, kind):
    alone, result, state = trained(Processes(), kind)
    for weights, same, own_state in run_threads(size, lambda c: trained(Processes(c), kind)):
        assert 0 < largest_difference(weights, alone) < 1e-12
        assert same.best_epoch == result.best_epoch and own_state == state
        for record, expected in zip(same.history, result.history, strict=True):
            assert record["train_loss"] == pytest.approx(expected["train_loss"], abs=1e-12)
            assert record["loss"] == pytest.approx(expected["loss"], abs=1e-12)


def test_the_mean_of_the_parts_means_would_be_something_else():
    rng = np.random.default_rng(4)
    batch = pair_batch(rng, 7)
    model = setting()[0]
    parts = [batch.shard(rank, 3) for rank in range(3)]
    losses, counts = [model(part)[0] for part in parts], [part.counted for part in parts]
    assert len(set(counts)) > 1
    assert np.average(losses, weights=counts) == pytest.approx(model(batch)[0], abs=1e-12)
    assert abs(np.mean(losses) - model(batch)[0]) > 1e-3


def test_each_step_takes_one_sum_over_the_processes():
    def work(communicator):
        trained(Processes(communicator))
        return communicator.sums

    assert run_threads(2, work) == [12, 12]


def test_all_processes_have_the_same_bits():
    (first, _, _), *others = run_threads(3, lambda c: trained(Processes(c), dropout=0.3))
    for weights, _, _ in others:
        assert largest_difference(weights, first) == 0


def test_other_initial_weights_and_generators_are_replaced_by_those_of_process_0():
    alone, _, _ = trained(Processes())
    for weights, _, _ in run_threads(2, lambda c: trained(Processes(c), seed=c.rank)):
        assert largest_difference(weights, alone) < 1e-12


def test_with_dropout_every_process_draws_its_own():
    masks = {}

    def work(communicator):
        model, optimizer, data, rng = setting(dropout=0.5)
        drop, seen = model.source_dropout, []

        class Recorded:
            def __call__(self, array):
                kept, backward = drop(array)
                seen.append((kept != 0)[0, 0])
                return kept, backward

        model.source_dropout = Recorded()
        data.all = [pair_batch(np.random.default_rng(1), 4)]
        train(model, optimizer, data, rng=rng, epochs=8, progress=False, processes=Processes(communicator))
        masks[communicator.rank] = np.array(seen)

    run_threads(2, work)
    assert masks[0].shape == masks[1].shape and (masks[0] != masks[1]).any()


def test_a_checkpoint_is_of_process_0_alone_and_resumes_to_the_same_bits_with_dropout(tmp_path):
    class Stopped(Exception):
        pass

    def work(communicator, path, stop_after=None):
        def watch():
            if stop_after is not None and load_checkpoint(path).metadata["training"]["epoch"] == stop_after:
                raise Stopped
            return {}

        own = path if communicator.rank == 0 else path.with_name(f"not-written-{communicator.rank}.npz")
        return trained(Processes(communicator), dropout=0.4, checkpoint=own, resume=True, watch=watch)

    whole = run_threads(3, lambda c: work(c, tmp_path / "whole.npz"))
    with pytest.raises(Stopped):
        run_threads(3, lambda c: work(c, tmp_path / "parts.npz", stop_after=1))
    resumed = run_threads(3, lambda c: work(c, tmp_path / "parts.npz"))
    for (weights, result, _), (expected, _, _) in zip(resumed, whole, strict=True):
        assert largest_difference(weights, expected) == 0 and result.steps == 12
    assert sorted(file.name for file in tmp_path.iterdir()) == ["parts.npz", "whole.npz"]


def test_without_dropout_it_resumes_with_another_number_of_processes(tmp_path):
    path = tmp_path / "four.npz"
    alone, _, _ = trained(Processes())
    with pytest.raises(ZeroDivisionError):
        run_threads(
            4,
            lambda c: trained(
                Processes(c),
                checkpoint=path,
                watch=lambda: {"stop": 1 / (load_checkpoint(path).metadata["training"]["epoch"] - 1)},
            ),
        )
    assert load_checkpoint(path).metadata["training"]["epoch"] == 1
    weights, _, _ = trained(Processes(), checkpoint=path, resume=True, watch=lambda: {"stop": 0.0})
    assert largest_difference(weights, alone) < 1e-12


def test_minutes_become_the_same_number_of_steps_everywhere():
    results = run_threads(3, lambda c: trained(Processes(c), epochs=None, minutes=0.02, schedule=None)[1])
    assert len({result.steps for result in results}) == 1
    assert results[0].steps > 3


def test_processes_with_different_batches_are_told_so():
    def work(communicator):
        model, optimizer, data, rng = setting()
        if communicator.rank:
            data.all = data.all[::-1]
        train(model, optimizer, data, rng=rng, epochs=1, progress=False, processes=Processes(communicator))

    with pytest.raises(ValueError, match="batches: in step 1 .* of the batch and not 1; every process must lay out"):
        run_threads(2, work)


def test_a_batch_that_cannot_be_divided_is_refused_by_its_name(setting):
    def work(communicator):
        fresh = setting()
        fresh.train(processes=Processes(communicator))

    with pytest.raises(TypeError, match=r"a Batch cannot be divided among 2 processes; derive it from models.rows"):
        run_threads(2, work)


def test_a_gradient_that_is_not_finite_in_one_part_is_named_in_all():
    errors = {}

    def work(communicator):
        model, optimizer, data, rng = setting()
        run = model.output.bias

        class Spoiling(type(model)):
            def __call__(self, batch):
                loss, backward = super().__call__(batch)

                def spoiled():
                    backward()
                    if communicator.rank == 1:
                        run.grad[2] = np.nan

                return loss, spoiled

        model.__class__ = Spoiling
        try:
            train(model, optimizer, data, rng=rng, epochs=1, progress=False, processes=Processes(communicator))
        except FloatingPointError as error:
            errors[communicator.rank] = str(error)

    run_threads(2, work)
    assert errors[0] == errors[1]
    assert "step 1: the gradient of output.bias is nan at index (2,)" in errors[0]


@dataclasses.dataclass(frozen=True)
class Story(RowBatch):
    words: np.ndarray
    answers: np.ndarray
    padding: int

    @property
    def tokens(self):
        return len(self.answers)


@given(st.integers(0, 40), st.integers(1, 9))
@settings(derandomize=True, deadline=None)
def test_the_parts_of_all_processes_are_the_batch_in_order(rows, size):
    story = Story(np.arange(rows * 6).reshape(rows, 2, 3), np.arange(rows), 7)
    parts = [story.shard(rank, size) for rank in range(size)]
    np.testing.assert_array_equal(np.concatenate([part.words for part in parts]), story.words)
    np.testing.assert_array_equal(np.concatenate([part.answers for part in parts]), story.answers)
    assert {part.padding for part in parts} == {7}
    assert sum(part.counted for part in parts) == story.counted
    assert max(part.tokens for part in parts) - min(part.tokens for part in parts) <= 1


def test_arrays_of_unequal_rows_are_no_batch_to_divide():
    with pytest.raises(ValueError, match=r"Story: expected arrays with a row for each example, got words \(4, 2\)"):
        Story(np.ones((4, 2)), np.ones(3), 0).shard(0, 2)
    with pytest.raises(ValueError, match="expected a rank from 0 to size - 1, got 2 of 2"):
        Story(np.ones((4, 2)), np.ones(4), 0).shard(2, 2)


def test_a_flat_buffer_gives_back_what_was_put_in():
    rng = np.random.default_rng(2)
    arrays = [rng.standard_normal(shape) for shape in ((3, 2), (), (4,), (2, 0))]
    flat = FlatBuffer(arrays, 2)
    flat.pack(arrays, 2.0)
    flat.numbers[:] = 5, 6
    assert flat.array.shape == (6 + 1 + 4 + 2,)
    back = [np.zeros_like(array) for array in arrays]
    flat.unpack(back)
    for array, given_back in zip(arrays, back, strict=True):
        np.testing.assert_array_equal(given_back, 2 * array)
    np.testing.assert_array_equal(flat.array[-2:], [5, 6])


WAYS = {
    "two ways": ({"local_steps": 2, "delay": 1}, 1, "local_steps, delay: expected one way"),
    "alone": ({"staleness": 1}, 1, "staleness: needs several processes, as mpiexec -n 3"),
    "no steps": ({"local_steps": 0}, 2, "local_steps: expected a whole number of at least 1, got 0"),
    "several": ({"delay": 2}, 2, "delay: is simulated in one process, and there are 2"),
}


@pytest.mark.parametrize("way", WAYS)
def test_ways_of_exchange_that_cannot_be_are_refused(way):
    arguments, size, saying = WAYS[way]
    with pytest.raises(ValueError, match=saying):
        run_threads(size, lambda c: Processes(c, **arguments))


def test_plain_gradient_descent_with_rounds_of_one_step_is_the_synchronous_step():
    arguments = {"clip": None, "optimizer": lambda p: SGD(p, 0.1)}
    alone, result, _ = trained(Processes(), **arguments)
    for weights, same, _ in run_threads(3, lambda c: trained(Processes(c, local_steps=1), **arguments)):
        assert largest_difference(weights, alone) < 1e-12
        assert same.history[-1]["train_loss"] == pytest.approx(result.history[-1]["train_loss"], abs=1e-12)


def test_importing_the_package_or_training_alone_loads_no_mpi(environment):
    import subprocess
    import sys

    code = "import sys, attention_np.training; attention_np.training.world(); assert 'mpi4py' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)

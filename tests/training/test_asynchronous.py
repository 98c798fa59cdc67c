"""Local steps, a parameter server, and delays in one process: what is exact about them, and that they learn."""

from __future__ import annotations

import itertools
import queue
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np.layers import Layer, Parameter
from attention_np.models.rows import RowBatch
from attention_np.optim import SGD, Adam, gradient_norm
from attention_np.training import Processes, load_checkpoint, train
from attention_np.training.communicator import Single
from attention_np.training.delayed import delayed_descent, simulated_delays
from attention_np.training.parameter_server import bounded_staleness
from attention_np.training.staleness import implicit_momentum, measured_limit, stability_limit
from attention_np.training.staleness_bound import StalenessBound

from .in_threads import run_threads


@dataclass(frozen=True)
class Points(RowBatch):
    inputs: np.ndarray
    targets: np.ndarray

    @property
    def tokens(self):
        return len(self.inputs)


class Line(Layer):
    """Least squares: the mean over points of (xᵀw - y)²/2. `seen` are the weights of every call."""

    def __init__(self, width):
        self.weight = Parameter(np.zeros(width))
        self.seen = []

    def __call__(self, batch):
        self.seen.append(self.weight.value.copy())
        wrong = batch.inputs @ self.weight.value - batch.targets

        def backward():
            self.weight.grad += batch.inputs.T @ wrong / len(wrong)

        return 0.5 * np.mean(wrong**2), backward


class Cloud:
    """Batches of 6, 5, 3, 2 and 1 points on a plane without noise: all of them agree on `truth`."""

    truth = np.array([2.0, -1.0, 0.5])

    def __init__(self, rows=(6, 5, 3, 2, 1)):
        rng = np.random.default_rng(8)
        inputs = [rng.standard_normal((count, 3)) for count in rows]
        self.all = [Points(x, x @ self.truth) for x in inputs]

    def __len__(self):
        return len(self.all)

    def epoch(self, rng):
        return (self.all[index] for index in rng.permutation(len(self.all)))


def trained(processes, optimizer=lambda p: Adam(p, 0.05), epochs=3, data=None, **arguments):
    """The model, its optimiser, and what the training gave."""
    model = Line(3)
    rule = optimizer(model.parameters())
    rng = np.random.default_rng(1)
    arguments = {"progress": False, "epochs": epochs, "processes": processes, **arguments}
    return model, rule, train(model, rule, data or Cloud(), rng=rng, **arguments)


@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_behind_every_round_weights_and_moments_are_the_same_everywhere(steps):
    def work(communicator):
        model, rule, result = trained(Processes(communicator, local_steps=steps))
        return model.weight.value, rule.state_dict(), communicator.sums, result.history

    (weight, state, sums, history), *others = run_threads(3, work)
    # An epoch has five steps, and its end is the end of a round.
    assert sums == 3 * -(-5 // steps)
    for other_weight, other_state, _, other_history in others:
        np.testing.assert_array_equal(other_weight, weight)
        assert other_state.keys() == state.keys() and other_state["steps"] == 15
        assert other_history == history
        for name in state:
            np.testing.assert_array_equal(other_state[name], state[name])


def test_with_local_steps_the_processes_differ_within_a_round_and_meet_at_its_end():
    seen = run_threads(2, lambda c: trained(Processes(c, local_steps=2), epochs=1, data=Cloud((6, 5, 3)))[0].seen)
    first, second = np.array(seen)
    np.testing.assert_array_equal(first[0], second[0])
    assert np.abs(first[1] - second[1]).max() > 1e-3
    np.testing.assert_array_equal(first[2], second[2])


@pytest.mark.parametrize("way", [{"local_steps": 3}, {"staleness": 2}, {"staleness": 0}])
def test_they_learn(way):
    for model, _, result in run_threads(3, lambda c: trained(Processes(c, **way), epochs=60)):
        np.testing.assert_allclose(model.weight.value, Cloud.truth, atol=0.05)
        assert result.steps == 300
    assert result.history[-1]["train_loss"] < 1e-2 * result.history[0]["train_loss"]


def test_a_training_with_local_steps_resumes_to_the_same_bits(tmp_path):
    class Stopped(Exception):
        pass

    def work(communicator, stop):
        def watch():
            if stop and load_checkpoint(tmp_path / "c.npz").metadata["training"]["epoch"] == 1:
                raise Stopped
            return {}

        path = tmp_path / "c.npz"
        return trained(Processes(communicator, local_steps=2), checkpoint=path, resume=True, watch=watch)[0].weight.value

    whole = run_threads(3, lambda c: trained(Processes(c, local_steps=2))[0].weight.value)
    with pytest.raises(Stopped):
        run_threads(3, lambda c: work(c, True))
    np.testing.assert_array_equal(run_threads(3, lambda c: work(c, False)), whole)
    with pytest.raises(ValueError, match="local_steps was 2 and is 4"):
        run_threads(3, lambda c: trained(Processes(c, local_steps=4), checkpoint=tmp_path / "c.npz", resume=True))


def test_one_worker_at_a_parameter_server_is_training_by_itself():
    alone, _, result = trained(Processes())
    for model, _, same in run_threads(2, lambda c: trained(Processes(c, staleness=4))):
        np.testing.assert_array_equal(model.weight.value, alone.weight.value)
        assert [r["train_loss"] for r in same.history] == [r["train_loss"] for r in result.history]
        assert same.history[0]["largest_delay"] == 0


def test_with_staleness_0_many_workers_are_one():
    alone, _, _ = trained(Processes())
    for model, _, _ in run_threads(4, lambda c: trained(Processes(c, staleness=0))):
        np.testing.assert_array_equal(model.weight.value, alone.weight.value)


@pytest.mark.parametrize("staleness", [1, 2])
def test_no_gradient_is_overtaken_more_often_than_allowed_and_every_batch_is_used_once(staleness):
    used = []

    def work(communicator):
        model, _, result = trained(Processes(communicator, staleness=staleness), epochs=20)
        used.append(len(model.seen))
        return result.history

    for history in run_threads(5, work):
        assert max(record["largest_delay"] for record in history) <= staleness
    assert sum(used) == 20 * 5


def test_a_server_that_is_interrupted_waits_for_what_is_computed_and_stops_all():
    class Interrupted:
        """One epoch of many steps, stopped behind the seventh update."""

        def __init__(self, communicator):
            model = Line(3)
            self.steps, self.tokens, self.stopped = 0, 0, False
            batches = list(itertools.islice(itertools.cycle(Cloud().all), 40))
            exchange = bounded_staleness(
                model, SGD(model.parameters(), 0.01), None, communicator, lambda: self.steps >= 6, 3
            )
            exchange.begin(1, len(batches))
            for number, batch in enumerate(batches, start=1):
                exchange.compute(batch, number)
                done = exchange.update(1.0)
                self.steps, self.tokens, self.stopped = number, self.tokens + done.tokens, done.stop
                if done.stop:
                    break
            self.weight = model.weight.value
            self.expected = sum(batch.tokens for batch in batches[: self.steps])

    server, *workers = run_threads(4, Interrupted)
    assert server.stopped and 7 <= server.steps <= 10
    # What was applied is the beginning of the epoch without a gap, so a resumed training goes on behind it.
    assert server.tokens == server.expected
    for worker in workers:
        assert worker.stopped
        np.testing.assert_array_equal(worker.weight, server.weight)


@given(st.integers(1, 6), st.integers(0, 5), st.lists(st.integers(0, 100), min_size=30, max_size=60))
@settings(derandomize=True, deadline=None)
def test_however_fast_the_workers_are_no_delay_exceeds_the_bound_and_someone_may_always_go_on(workers, staleness, turns):
    bound, idle, computing = StalenessBound(staleness), set(range(workers)), set()
    for turn in turns:
        able = [w for w in sorted(computing) if bound.may_apply(w)]
        startable = sorted(idle) if bound.may_start() else []
        assert able or startable
        moves = [*able, *startable]
        worker = moves[turn % len(moves)]
        if worker in computing:
            assert bound.apply(worker) <= staleness
            computing.remove(worker)
            idle.add(worker)
        else:
            bound.start(worker)
            idle.remove(worker)
            computing.add(worker)
        assert bound.in_flight == len(computing) <= staleness + 1


def test_delayed_gradients_are_those_of_the_weights_so_many_updates_ago():
    model, rule, _ = trained(Processes(delay=2), optimizer=lambda p: SGD(p, 0.1), epochs=1)
    order = np.random.default_rng(1).permutation(5)
    points = [np.zeros(3)]
    for step, index in enumerate(order):
        batch, old = Cloud().all[index], points[max(0, step - 2)]
        points.append(points[-1] - 0.1 * batch.inputs.T @ (batch.inputs @ old - batch.targets) / batch.tokens)
    np.testing.assert_allclose(model.weight.value, points[-1], rtol=1e-12)
    np.testing.assert_allclose(model.seen, [points[max(0, step - 2)] for step in range(5)], rtol=1e-12)


def test_a_delay_of_0_is_none():
    (alone, _, _), (delayed, _, _) = trained(Processes()), trained(Processes(delay=0))
    np.testing.assert_array_equal(delayed.weight.value, alone.weight.value)


@pytest.mark.parametrize("delay", range(6))
def test_the_measured_limit_is_the_proved_one_to_a_hundredth(delay):
    assert measured_limit(delay) == pytest.approx(stability_limit(delay), rel=0.01)


def test_the_proved_limits_are_those_of_the_characteristic_equation():
    assert [stability_limit(0), stability_limit(1)] == pytest.approx([2, 1])
    assert stability_limit(2) == pytest.approx((np.sqrt(5) - 1) / 2)
    for delay in range(9):
        # z^(τ+1) - z^τ + ηλ = 0
        for factor, stable in ((0.999, True), (1.001, False)):
            equation = [1, -1, *[0] * delay]
            equation[-1] += factor * stability_limit(delay)
            if delay:
                equation = [1, -1, *[0] * (delay - 1), factor * stability_limit(delay)]
            assert (np.abs(np.roots(equation)).max() < 1) == stable


@pytest.mark.parametrize("delay", [0, 1, 3])
def test_a_model_trained_with_delay_diverges_beyond_the_limit_of_its_largest_curvature(delay):
    points = Cloud().all[0]
    curvature = np.linalg.eigvalsh(points.inputs.T @ points.inputs / points.tokens)[-1]

    class Whole(Cloud):
        """One batch, taken so often that an epoch is the whole descent."""

        def __init__(self):
            self.all = [points] * 1500

        def epoch(self, rng):
            return iter(self.all)

    def norm_behind(factor):
        model = Line(3)
        rule = SGD(model.parameters(), factor * stability_limit(delay) / curvature)
        train(
            model, rule, Whole(), rng=np.random.default_rng(0), epochs=1, progress=False, processes=Processes(delay=delay)
        )
        return np.linalg.norm(model.weight.value - Cloud.truth)

    assert norm_behind(0.97) < 1e-3 < 1 < norm_behind(1.03)


@pytest.mark.parametrize(("workers", "staleness"), [(4, 2), (6, 0), (3, 9)])
def test_simulated_delays_stay_within_their_bound_and_repeat(workers, staleness):
    first, again = (simulated_delays(workers, 500, np.random.default_rng(3), staleness) for _ in range(2))
    assert first == again and max(first) <= staleness
    assert np.mean(first) == pytest.approx(min(workers - 1, staleness), abs=0.2)


def test_delays_of_random_workers_are_geometric():
    delays = np.array(simulated_delays(3, 20_000, np.random.default_rng(5)))
    for k in range(4):
        assert np.mean(delays == k) == pytest.approx(1 / 3 * (2 / 3) ** k, abs=0.015)


@pytest.mark.parametrize("workers", [2, 4])
def test_random_delays_act_as_the_momentum_that_was_proved(workers):
    fitted = implicit_momentum(workers, rng=np.random.default_rng(2), runs=700)
    assert fitted.predicted == 1 - 1 / workers
    assert fitted.momentum == pytest.approx(fitted.predicted, abs=0.03)
    assert fitted.rate == pytest.approx(1 / workers, abs=0.03)


def test_descent_with_momentum_and_no_delay_is_heavy_ball():
    path = delayed_descent(lambda x: 2 * x, np.array([1.0, -3.0]), 0.1, [0] * 6, momentum=0.5)
    expected = [path[0], path[0] - 0.2 * path[0]]
    for _ in range(5):
        expected.append(expected[-1] - 0.2 * expected[-1] + 0.5 * (expected[-1] - expected[-2]))
    np.testing.assert_allclose(path, expected, rtol=1e-13)


REFUSED = {
    "a delay below 0": (lambda: stability_limit(-1), "delay: expected at least 0, got -1"),
    "a measured delay below 0": (lambda: measured_limit(-2), "delay: expected at least 0, got -2"),
    "one worker": (lambda: implicit_momentum(1, rng=np.random.default_rng(0)), "workers: expected at least 2, got 1"),
    "a negative delay": (lambda: delayed_descent(lambda x: x, np.ones(1), 0.1, [0, -1]), "delays: .* got -1 for step 1"),
    "no workers": (lambda: simulated_delays(0, 3, np.random.default_rng(0)), "workers: expected at least 1, got 0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused(case):
    call, saying = REFUSED[case]
    with pytest.raises(ValueError, match=saying):
        call()


def test_one_process_by_itself_has_nobody_to_talk_to():
    alone, buffer = Single(), np.arange(3.0)
    alone.sum(buffer)
    np.testing.assert_array_equal(buffer, np.arange(3.0))
    assert alone.share("same") == "same"
    with pytest.raises(RuntimeError, match="there is no process 1"):
        alone.send(buffer, 1)
    with pytest.raises(RuntimeError, match="no other process to receive from"):
        alone.receive(buffer)


def test_the_server_limits_the_gradients_that_it_gets():
    norms = []

    def work(communicator):
        model = Line(3)
        rule = SGD(model.parameters(), 0.1)
        update = rule._update
        rule._update = lambda *a, **k: (norms.append(gradient_norm(model.parameters())), update(*a, **k))
        train(model, rule, Cloud(), rng=np.random.default_rng(1), epochs=1, clip=0.25, progress=False, processes=Processes(communicator, staleness=1))  # fmt: skip

    run_threads(3, work)
    assert len(norms) == 5 and max(norms) == pytest.approx(0.25)


def test_threads_that_send_find_their_message_unchanged_by_what_the_sender_does_next():
    """The protocol's promise that a message is a copy, on which the server relies."""

    def work(communicator):
        buffer = np.full(3, float(communicator.rank))
        if communicator.rank:
            communicator.send(buffer, 0)
            buffer[:] = -1
            return None
        heard = [communicator.receive(buffer) == buffer[0] for _ in range(2)]
        return heard

    try:
        assert run_threads(3, work)[0] == [True, True]
    except queue.Empty:
        pytest.fail("no message came")

"""The timing method, by a clock that the tests turn: what a busy machine does to it is then known exactly."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np.bench import timing
from attention_np.bench.timing import Contender, geometric_mean, measure, median, ratio

POSITIVE = st.floats(1e-6, 1e6)


class Clock:
    """Time passes only when a contender works; `slowness` says how many seconds a second's work takes, at a time or in a call."""

    def __init__(self, slowness: Callable[[float, int], float] = lambda now, call: 1.0) -> None:
        self.now = 0.0
        self.slowness = slowness
        self.calls: list[str] = []

    def contender(self, name: str, seconds: float, first: float = 1.0) -> Contender:
        """Whose call takes `seconds`, and `first` times as long after somebody else's."""

        def call() -> None:
            cold = not self.calls or self.calls[-1] != name
            self.now += seconds * (first if cold else 1.0) * self.slowness(self.now, len(self.calls))
            self.calls.append(name)

        return Contender(name, call)


@pytest.fixture
def turn(monkeypatch: pytest.MonkeyPatch) -> Callable[[Clock], Clock]:
    """Put a clock in place of the machine's."""

    def install(clock: Clock) -> Clock:
        monkeypatch.setattr(timing.time, "perf_counter", lambda: clock.now)
        monkeypatch.setattr(timing.time, "sleep", lambda _: None)
        return clock

    return install


def test_what_slows_the_whole_machine_divides_out_of_the_ratio(turn: Callable[[Clock], Clock]) -> None:
    # The machine becomes ten times slower while the rounds go on.
    clock = turn(Clock(lambda now, _: 1.0 + now / 60))
    times = measure([clock.contender("ours", 0.1), clock.contender("peer", 0.2)], 400)
    assert times["ours"][-1] > 5 * times["ours"][0]
    assert ratio(times["ours"], times["peer"]).median == pytest.approx(0.5, rel=0.01)


def test_rare_disturbances_do_not_move_the_median(turn: Callable[[Clock], Clock]) -> None:
    # One call in seven takes a hundred times as long.
    clock = turn(Clock(lambda _, call: 100.0 if call % 7 == 5 else 1.0))
    times = measure([clock.contender("ours", 0.1), clock.contender("peer", 0.3)], 41)
    assert max(times["ours"]) > 50 * median(times["ours"])
    assert median(times["ours"]) == pytest.approx(0.1)
    assert ratio(times["ours"], times["peer"]).median == pytest.approx(1 / 3)


def test_a_cold_start_is_not_counted(turn: Callable[[Clock], Clock]) -> None:
    clock = turn(Clock())
    times = measure([clock.contender("ours", 0.1, first=30.0), clock.contender("peer", 0.1)], 6)
    assert times["ours"] == pytest.approx([0.1] * 6)


def test_short_calls_are_repeated_until_the_clock_can_see_them(turn: Callable[[Clock], Clock]) -> None:
    clock = turn(Clock())
    times = measure([clock.contender("short", 1e-5), clock.contender("long", 1.0)], 1)
    # Two calls of each, cold and warm, say how long it takes; then one that is not timed, and the sample.
    assert clock.calls.count("long") == 2 + 1 + 1
    assert clock.calls.count("short") == pytest.approx(2 + 1 + timing.LEAST_SECONDS / 1e-5, abs=1)
    assert times["short"] == pytest.approx([1e-5])


def test_each_contender_follows_each_other_in_some_round(turn: Callable[[Clock], Clock]) -> None:
    clock = turn(Clock())
    names = ["a", "b", "c"]
    measure([clock.contender(name, 1.0) for name in names], 6)
    switches = {pair for pair in zip(clock.calls, clock.calls[1:], strict=False) if pair[0] != pair[1]}
    assert switches == {(one, other) for one in names for other in names if one != other}


def test_on_a_machine_too_busy_for_all_rounds_a_few_must_do(
    turn: Callable[[Clock], Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = turn(Clock())
    monkeypatch.setattr(timing, "MOST_SECONDS", 0.0)
    times = measure([clock.contender("ours", 1.0), clock.contender("peer", 2.0)], 20)
    assert len(times["ours"]) == len(times["peer"]) == timing.FEWEST_ROUNDS


def test_what_stands_around_a_contender_is_entered_for_it_alone_and_not_timed(turn: Callable[[Clock], Clock]) -> None:
    clock = turn(Clock())
    inside: list[bool] = []
    entered = [False]

    class Slowly:
        def __enter__(self) -> None:
            clock.now += 5.0
            entered[0] = True

        def __exit__(self, *_: object) -> None:
            entered[0] = False

    def call() -> None:
        clock.now += 1.0
        inside.append(entered[0])

    def plain() -> None:
        clock.now += 1.0
        inside.append(not entered[0])

    times = measure([Contender("around", call, Slowly), Contender("plain", plain)], 2)
    assert all(inside) and times["around"] == [1.0, 1.0]


def test_a_ratio_is_taken_within_each_round_and_shows_the_middle_half() -> None:
    found = ratio([1.0, 2.0, 3.0, 4.0, 50.0], [1.0, 1.0, 1.0, 1.0, 10.0])
    assert (found.low, found.median, found.high) == (2.0, 3.0, 4.0)


@given(ours=st.lists(POSITIVE, min_size=1, max_size=9), factor=POSITIVE)
@settings(derandomize=True, deadline=None)
def test_the_ratio_to_something_exactly_so_much_slower_is_exact(ours: list[float], factor: float) -> None:
    found = ratio(ours, [factor * seconds for seconds in ours])
    assert [found.low, found.median, found.high] == pytest.approx([1 / factor] * 3)


@given(values=st.lists(POSITIVE, min_size=1, max_size=9))
@settings(derandomize=True, deadline=None)
def test_the_geometric_mean_does_not_care_which_program_divides(values: list[float]) -> None:
    assert geometric_mean([1 / value for value in values]) == pytest.approx(1 / geometric_mean(values))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: measure([Contender("a", int)], 0), "rounds: expected at least 1, got 0"),
        (lambda: measure([Contender("a", int), Contender("a", int)], 1), "expected different names"),
        (lambda: ratio([1.0], [1.0, 2.0]), "got 1 and 2"),
        (lambda: ratio([], []), "got 0 and 0"),
        (lambda: geometric_mean([]), "expected at least one, got none"),
    ],
)
def test_what_cannot_be_measured_is_refused(wrong: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        wrong()

"""What other programs take, and how many threads everyone has."""

from __future__ import annotations

import time

import pytest

from attention_np.bench import neighbours
from attention_np.bench.neighbours import Neighbours
from attention_np.bench.threads import blas_limit, equal_threads, threads


class Machine:
    """Two cores whose statistics the test writes: seconds worked by all, and by this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.total, self.busy, self.own = 1000.0, 400.0, 30.0
        monkeypatch.setattr(neighbours, "_cores_seconds", lambda: (self.total, self.busy))
        monkeypatch.setattr(neighbours, "_own_seconds", lambda: self.own)


def test_a_machine_of_ones_own_has_no_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    watch = Neighbours()
    machine.total, machine.busy, machine.own = 1020.0, 415.0, 45.0
    assert watch.share() == 0.0


def test_the_share_of_others_is_what_was_worked_but_not_by_us(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    watch = Neighbours()
    machine.total, machine.busy, machine.own = 1020.0, 416.0, 40.0
    assert watch.share() == pytest.approx(0.3)


def test_where_the_system_does_not_tell_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_STATISTICS", neighbours.Path("no such file"))
    assert Neighbours().share() is None


def test_on_this_machine_a_share_is_a_share() -> None:
    watch = Neighbours()
    time.sleep(0.05)
    share = watch.share()
    assert share is None or 0 <= share <= 1


def test_matrix_products_and_pytorch_get_the_same_number_of_threads() -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")

    def in_force() -> set[int]:
        return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"}

    before = in_force()
    with equal_threads():
        assert in_force() <= {threads()}
        with blas_limit(1)():
            assert in_force() <= {1}
        assert in_force() <= {threads()}
    assert in_force() == before


def test_pytorch_has_its_own_number_again_afterwards() -> None:
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(threads() + 1)
    try:
        with equal_threads():
            assert torch.get_num_threads() == threads()
        assert torch.get_num_threads() == threads() + 1
    finally:
        torch.set_num_threads(before)

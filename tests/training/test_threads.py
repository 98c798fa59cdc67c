"""The number of threads of the matrix products: fixed, restored, stored, and said where it cannot be."""

from __future__ import annotations

import sys

import pytest

from attention_np.training import blas_threads, load_checkpoint


def in_force():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"}


def test_the_number_is_fixed_in_the_block_and_restored_after_it():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before = in_force()
        with blas_threads(1) as number:
            assert number == 1
            assert in_force() == {1}
        assert in_force() == before


def test_without_threadpoolctl_it_says_so_and_goes_on(monkeypatch, setting):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    with pytest.warns(RuntimeWarning, match="cannot be fixed: threadpoolctl is not installed .*last bits"):
        with blas_threads(1) as number:
            assert number is None
    with pytest.warns(RuntimeWarning, match="cannot be fixed"):
        assert setting().train(epochs=1).steps == 7


def test_a_blas_that_is_not_known_is_said(monkeypatch):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    monkeypatch.setattr(threadpoolctl, "threadpool_info", list)
    with pytest.warns(RuntimeWarning, match="does not know the BLAS"), blas_threads(1) as number:
        assert number is None


def test_fewer_threads_than_asked_for_are_said(monkeypatch):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda: [{"user_api": "blas", "num_threads": 1}])
    with pytest.warns(RuntimeWarning, match="gives 1 of the 2 threads"), blas_threads(2) as number:
        assert number == 1


@pytest.mark.parametrize("number", [0, -1, 1.5, True, "2"])
def test_a_number_that_is_none_is_refused(number):
    saying = "^threads: expected a whole number of at least 1"
    with pytest.raises(ValueError, match=saying), blas_threads(number):
        pass


def test_a_resumed_training_uses_the_number_it_began_with(setting, tmp_path):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        if in_force() != {2}:
            pytest.skip("this BLAS has only one thread")
    path, first, seen = tmp_path / "model.npz", setting(), []

    def stop(number):
        if number == 2:
            raise KeyboardInterrupt

    first.batches.before_epoch = stop
    with pytest.raises(KeyboardInterrupt):
        first.train(epochs=2, checkpoint=path, threads=2)
    assert load_checkpoint(path).metadata["training"]["threads"] == 2
    second = setting()
    second.model.before = lambda call: seen.append(in_force())
    second.train(epochs=2, checkpoint=path, resume=True, threads=1)
    assert seen and all(number == {2} for number in seen)

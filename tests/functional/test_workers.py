"""Lasting helpers: they come when there is work, never hold anybody up, and leave nothing behind."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest

from attention_np.functional import workers
from attention_np.functional.workers import share
from attention_np.training import blas_threads

pytest.importorskip("threadpoolctl")


@pytest.fixture(autouse=True)
def two_threads():
    with blas_threads(2):
        yield


@pytest.fixture
def fresh(monkeypatch):
    """No helper yet."""
    monkeypatch.setattr(workers, "_helpers", workers._Helpers())


def both_at_once():
    """Tasks and work that only two threads at the same time can finish."""
    meeting, names = threading.Barrier(2, timeout=20), []

    def work(tasks):
        for _ in tasks:
            meeting.wait()
            names.append(threading.current_thread().name)

    return range(2), work, names


def test_two_workers_work_at_once_and_the_helper_is_kept_for_the_next_time(fresh):
    before = threading.active_count()
    for _ in range(20):
        tasks, work, names = both_at_once()
        share(tasks, work)
        assert sorted(names) == sorted([threading.current_thread().name, "attention_np helper"])
    assert threading.active_count() == before + 1


def test_every_task_is_done_once():
    done = []
    share(range(1000), done.extend)
    assert sorted(done) == list(range(1000))


def test_alone_and_with_one_thread_nobody_is_asked(fresh):
    before, names = threading.active_count(), set()

    def work(tasks):
        for _ in tasks:
            names.add(threading.current_thread())

    share(range(4), work, alone=True)
    with blas_threads(1):
        share(range(4), work)
    assert names == {threading.current_thread()}
    assert threading.active_count() == before


@pytest.mark.parametrize("failing", ["attention_np helper", "caller"])
def test_an_error_reaches_the_caller_and_the_helper_lives_on(failing):
    meeting = threading.Barrier(2, timeout=20)

    def work(tasks):
        for _ in tasks:
            meeting.wait()
            if (threading.current_thread().name == "attention_np helper") == (failing != "caller"):
                raise ZeroDivisionError(failing)

    with pytest.raises(ZeroDivisionError, match=failing):
        share(range(2), work)
    tasks, work, names = both_at_once()
    share(tasks, work)
    assert len(names) == 2


def test_a_task_that_shares_its_own_work_does_not_wait_for_ever():
    done = []

    def inner(tasks):
        for task in tasks:
            time.sleep(0.001)
            done.append(task)

    def outer(tasks):
        for task in tasks:
            share([(task, part) for part in range(5)], inner)

    share(range(6), outer)
    assert sorted(done) == [(task, part) for task in range(6) for part in range(5)]


def test_callers_in_many_threads_get_their_own_results():
    results = {}

    def call(number):
        for _ in range(20):
            found = []
            share(range(number, number + 30), found.extend)
            results.setdefault(number, []).append(sorted(found))

    threads = [threading.Thread(target=call, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(6):
        assert results[number] == [list(range(number, number + 30))] * 20


def test_nobody_waits_for_a_helper_that_does_not_come(fresh, monkeypatch):
    monkeypatch.setattr(workers._Helper, "invite", lambda self, invitation: None)
    done = []
    share(range(5), done.extend)
    assert done == list(range(5))


def test_where_no_thread_can_be_started_the_caller_works_alone(fresh, monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    done = []
    share(range(5), done.extend)
    assert done == list(range(5))


def test_the_callers_floating_point_errors_are_the_helpers_too():
    meeting = threading.Barrier(2, timeout=20)

    def work(tasks):
        for _ in tasks:
            meeting.wait()
            if threading.current_thread().name == "attention_np helper":
                np.ones(3) / np.zeros(3)

    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        share(range(2), work)


def test_a_helper_does_not_keep_the_arrays_of_its_last_work():
    tasks, work, _ = both_at_once()
    array = np.ones(10)
    gone = weakref.ref(array)

    def with_array(taken, array=array):
        work(taken)

    share(tasks, with_array)
    del array, with_array
    deadline = time.monotonic() + 10
    while gone() is not None and time.monotonic() < deadline:
        time.sleep(0.01)
        gc.collect()
    assert gone() is None


PROGRAM = """
import os, sys
from attention_np.functional.workers import share
from attention_np.training import blas_threads
def count(tasks):
    for task in tasks:
        done.append(task)
done = []
with blas_threads(2):
    share(range(100), count)
    {then}
"""


def run(then):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(then=then)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "2"},
        check=False,
    )


def test_a_process_ends_with_its_helpers_asleep_and_may_share_while_it_ends():
    finished = run("import atexit; atexit.register(lambda: (share(range(100), count), print(len(done))))")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "200\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_helpers_of_its_own():
    child = "share(range(100), count); ok = len(done) == 200; os._exit(0 if ok else 3)"
    finished = run(f"pid = os.fork()\n    if not pid: {child}\n    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))")
    assert (finished.returncode, finished.stdout) == (0, "0\n"), finished.stderr

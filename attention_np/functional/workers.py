"""A few threads that share the blocks of one computation, each with matrix products of a single thread."""

from __future__ import annotations

import contextvars
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar

Task = TypeVar("Task")


class _SingleThreadedProducts:
    """While anyone is inside, matrix products use one thread; whoever leaves last gives BLAS its threads back.

    The number of threads belongs to the whole process, so callers in several threads are counted: had each restored
    what it found, one that came in while another was inside would leave BLAS at one thread for ever.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._found: list[tuple[Any, int]] | None = None
        self._libraries: list[Any] | None = None

    def __enter__(self) -> int:
        """Give the number of threads that matrix products would use; 1 where that cannot be known or set."""
        with self._lock:
            if self._libraries is None:
                self._libraries = _blas_libraries()
            if not self._inside:
                self._found = [(library, library.get_num_threads()) for library in self._libraries]
                for library, threads in self._found:
                    if threads != 1:
                        library.set_num_threads(1)
            self._inside += 1
            return min((threads for _, threads in self._found or []), default=1)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                for library, threads in self._found or []:
                    if threads != 1:
                        library.set_num_threads(threads)


def _blas_libraries() -> list[Any]:
    try:
        import threadpoolctl
    except ImportError:
        return []
    return list(threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers)


class _Invitation:
    """Asks one helper to work along: the helper takes it or the caller withdraws it, whoever comes first."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._decided, self._done = threading.Lock(), threading.Lock()
        self._done.acquire()

    def accept(self) -> None:
        """Do the work, unless it was withdrawn."""
        if self._decided.acquire(blocking=False):
            self._work()

    def end(self) -> None:
        """Let the caller go."""
        self._done.release()

    def settle(self) -> None:
        """Withdraw it; if it was taken, wait for its end."""
        if not self._decided.acquire(blocking=False):
            self._done.acquire()


class _Helper:
    """A lasting thread, asleep between two invitations."""

    def __init__(self, idle: list[_Helper]) -> None:
        self._idle = idle
        self._invited = threading.Lock()
        self._invited.acquire()
        self._invitation: _Invitation | None = None
        threading.Thread(target=self._serve, name="attention_np helper", daemon=True).start()

    def invite(self, invitation: _Invitation) -> None:
        """Wake it; only for the caller that took it from the idle ones."""
        self._invitation = invitation
        self._invited.release()

    def _serve(self) -> None:
        while True:
            self._invited.acquire()
            invitation, self._invitation = self._invitation, None
            if invitation is not None:
                invitation.accept()
                self._idle.append(self)  # Before the end, so that the caller's next invitation finds it.
                invitation.end()
            del invitation  # It holds the arrays of its work.


class _Helpers:
    """The helpers of this process: each is started when it is first missed, and kept.

    To start a thread for each computation and to wait for its end takes 124 µs, to wake one that is there 23 µs. A step of the
    article's model shares nine times: kept helpers take 0.92 of its processor time.

    Whoever has done its own part withdraws the invitations that no helper has taken yet. So nobody waits for a helper that is
    busy (with a caller in another thread, or with the task that calls `share` itself) or that never comes (at the end of the
    process).
    """

    def __init__(self) -> None:
        self._idle: list[_Helper] = []
        self._started = 0
        self._lock = threading.Lock()

    def invite(self, number: int, work: Callable[[], None]) -> list[_Invitation]:
        """Ask up to `number` helpers; fewer where others keep them busy or no thread can be started."""
        invitations: list[_Invitation] = []
        while len(invitations) < number and (helper := self._take(number)):
            # In the caller's context: np.errstate holds for helpers too.
            invitations.append(_Invitation(partial(contextvars.copy_context().run, work)))
            helper.invite(invitations[-1])
        return invitations

    def _take(self, most: int) -> _Helper | None:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self._started >= most:
                return None
            try:
                helper = _Helper(self._idle)
            except RuntimeError:  # A platform without threads, or without any more of them.
                return None
            self._started += 1
            return helper


_single_threaded_products = _SingleThreadedProducts()
_helpers = _Helpers()


def _forget_the_parents_threads() -> None:
    global _single_threaded_products, _helpers
    _single_threaded_products = _SingleThreadedProducts()
    _helpers = _Helpers()


if hasattr(os, "register_at_fork"):
    # A child forked in the middle has one thread alone, and nobody who would leave for the others.
    os.register_at_fork(after_in_child=_forget_the_parents_threads)


def share(tasks: Iterable[Task], work: Callable[[Iterator[Task]], None], *, alone: bool = False) -> None:
    """Let workers take the tasks one after the other until none is left.

    NumPy releases the interpreter while it computes, so Python threads do run side by side. There are as many
    workers as matrix products would have had threads, so whoever limits BLAS limits the workers too; without
    threadpoolctl that number is unknown, and the caller works alone with BLAS as it is. A task's result may not
    depend on who took it, or when: then the bits do not depend on the number of workers.

    Parameters
    ----------
    tasks : iterable
    work : callable
        Is called once in each worker, with an iterator over the tasks that fall to it.
    alone : bool
        Do not ask for help: that costs 23 µs, and more with the waiting for the interpreter after every small operation.
    """
    remaining = list(tasks)
    lock = threading.Lock()
    errors: list[BaseException] = []

    def taken() -> Iterator[Task]:
        while True:
            with lock:
                if errors or not remaining:
                    return
                task = remaining.pop(0)
            yield task

    def work_and_report() -> None:
        try:
            work(taken())
        except BaseException as error:  # noqa: BLE001  (is raised again in the caller's thread)
            errors.append(error)

    with _single_threaded_products as threads:
        number = 0 if alone else min(threads, len(remaining)) - 1
        invitations = _helpers.invite(number, work_and_report)
        work_and_report()
        for invitation in invitations:
            invitation.settle()
    if errors:
        raise errors[0]

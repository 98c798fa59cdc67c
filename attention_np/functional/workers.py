"""A few threads that share the blocks of one computation, each with matrix products of a single thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
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


_single_threaded_products = _SingleThreadedProducts()


def _forget_the_parents_threads() -> None:
    global _single_threaded_products
    _single_threaded_products = _SingleThreadedProducts()


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
        Do not start threads: one costs 60 µs, and 200 µs with the waiting for the interpreter after every small operation.
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
        helpers = [
            threading.Thread(target=work_and_report, daemon=True)
            for _ in range(0 if alone else min(threads, len(remaining)) - 1)
        ]
        started = []
        for helper in helpers:
            try:
                helper.start()
            except RuntimeError:  # A platform without threads, or without any more of them.
                break
            started.append(helper)
        work_and_report()
        for helper in started:
            helper.join()
    if errors:
        raise errors[0]

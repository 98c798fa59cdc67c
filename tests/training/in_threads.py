"""Processes played by threads, which exchange by the same protocol: the mathematics is tested without MPI."""

from __future__ import annotations

import copy
import queue
import threading

import numpy as np


class ThreadCommunicator:
    """One of `size` threads; sums are taken in the order of the ranks."""

    def __init__(self, rank, size, meeting, places, boxes):
        self.rank, self.size = rank, size
        self._meeting, self._places, self._boxes = meeting, places, boxes
        self.sums = 0

    def sum(self, buffer):
        self.sums += 1
        self._places[self.rank] = buffer.copy()
        self._meeting.wait(20)
        total = np.sum(self._places, axis=0)
        self._meeting.wait(20)
        buffer[...] = total

    def share(self, value):
        if self.rank == 0:
            self._places[0] = value
        self._meeting.wait(20)
        shared = copy.deepcopy(self._places[0])
        self._meeting.wait(20)
        return value if self.rank == 0 else shared

    def send(self, buffer, to):
        self._boxes[to].put((self.rank, buffer.copy()))

    def receive(self, buffer):
        sender, message = self._boxes[self.rank].get(timeout=20)
        buffer[...] = message
        return sender


def run_threads(size, work):
    """Call ``work(communicator)`` in `size` threads; gives the results by rank, or raises the first error."""
    meeting, places = threading.Barrier(size), [None] * size
    boxes = [queue.Queue() for _ in range(size)]
    results, errors = [None] * size, []

    def play(rank):
        try:
            results[rank] = work(ThreadCommunicator(rank, size, meeting, places, boxes))
        except BaseException as error:
            errors.append(error)
            meeting.abort()

    threads = [threading.Thread(target=play, args=(rank,), daemon=True) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    if errors:
        raise next((error for error in errors if not isinstance(error, threading.BrokenBarrierError)), errors[0])
    return results

"""What the worker knows, and when: its memory is read from outside while a learner's function runs."""

from __future__ import annotations

import dataclasses
import os
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import attention_np
from attention_np.classroom.catalogue import exercise_named
from attention_np.classroom.marking import mark
from attention_np.classroom.run import Call, Limits
from attention_np.classroom.submission import read_submission
from attention_np.classroom.worker import isolation_here, process, run_function

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
HERE = isolation_here()
EXERCISE = exercise_named("cosine_scores")
PACKAGE = Path(attention_np.__file__).parent
WAITS = "import time\ndef cosine_scores(queries, keys):\n    print('here')\n    time.sleep(60)\n"


@pytest.fixture
def workers(tmp_path, open_folder, monkeypatch):
    """A function that gives the processes of the workers of this test: their folders are in one of its own."""
    monkeypatch.setattr("tempfile.tempdir", str(open_folder))
    home = b"HOME=" + os.fsencode(open_folder)

    def running() -> list[int]:
        return [
            int(entry) for entry in os.listdir("/proc") if entry.isdigit() and home in read(f"/proc/{entry}/environ")
        ]

    return running


def read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def memory_of(number: int) -> bytes:
    parts = []
    with open(f"/proc/{number}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{number}/maps").read_text().splitlines():
            span, rights = line.split()[:2]
            first, last = (int(part, 16) for part in span.split("-"))
            try:
                memory.seek(first)
                parts.append(memory.read(last - first) if rights[0] == "r" else b"")
            except (OSError, OverflowError):
                continue
    return b"".join(parts)


@linux
@pytest.mark.parametrize("isolation", [None, HERE], ids=["own machine", "graded"])
def test_no_process_of_the_worker_holds_an_answer_a_test_or_a_teacher_s_path(workers, tmp_path, monkeypatch, isolation):
    monkeypatch.setenv("OF_THE_TEACHER", "a-secret-of-the-teacher")
    file = tmp_path / "Anna-Muster-handed-in.py"
    file.write_text(WAITS)
    limits = Limits(seconds=60.0)

    def run() -> None:
        mark(EXERCISE, read_submission(file), rng=np.random.default_rng(4), limits=limits, isolation=isolation)

    marking = threading.Thread(target=run)
    marking.start()
    situations = [list(one.arguments.values()) for one in EXERCISE.draw(("queries", "keys"), np.random.default_rng(4))]
    inputs = [array.tobytes() for arguments in situations for array in arguments if array.size > 1]
    try:
        deadline = time.monotonic() + 60
        while not any(inputs[0] in memory_of(number) for number in workers()) and time.monotonic() < deadline:
            time.sleep(0.2)
        numbers = workers()
        memory = b"".join(
            memory_of(number) + read(f"/proc/{number}/environ") + read(f"/proc/{number}/cmdline") for number in numbers
        )
        folders = [os.readlink(f"/proc/{number}/cwd") for number in numbers]
    finally:
        for number in workers():
            os.kill(number, 9)
        marking.join()
    # What is looked for would be found: the inputs and the learner's source are there.
    assert all(array in memory for array in inputs) and b"print('here')" in memory
    expected = [EXERCISE.subject.reference(*arguments).tobytes() for arguments in situations]
    assert not any(array in memory for array in expected if len(array) > 16)
    # Where NumPy lies is known to those who load it, and it may lie in the teacher's folder.
    checkout = [] if np.__file__.startswith(str(PACKAGE.parent)) else [str(PACKAGE.parent)]
    for secret in (
        "attention_np",
        *checkout,
        "a-secret-of-the-teacher",
        "Anna-Muster",
        *EXERCISE.hints,
        EXERCISE.title,
    ):
        assert secret.encode() not in memory, secret
    assert b"def cosine_scores_backward" not in memory
    assert not any(str(PACKAGE.parent) in folder for folder in folders)


@linux
@pytest.mark.parametrize(
    "end", ["return queries @ keys", "os.fork() or (os.setsid(), os.closerange(0, 64), __import__('time').sleep(60))"]
)
def test_the_right_result_is_computed_when_nothing_of_the_worker_runs(workers, tmp_path, end):
    seen = []

    def reference(*arguments):
        seen.append(workers())
        return EXERCISE.subject.reference(*arguments)

    watched = dataclasses.replace(EXERCISE, subject=EXERCISE.subject._replace(reference=reference))
    file = tmp_path / "mine.py"
    file.write_text(f"import os\ndef cosine_scores(queries, keys):\n    {end}\n    return queries")
    mark(watched, read_submission(file), rng=np.random.default_rng(4))
    assert seen and seen == [[]] * len(seen)


@linux
@pytest.mark.skipif(not HERE.system_calls, reason="the kernel has no filter for system calls")
def test_the_learner_s_process_has_no_capability_and_a_filter(workers):
    call = ("import time\ndef f(a):\n    time.sleep(60)", "f", [Call((1.0,), {})])
    running = threading.Thread(target=run_function, args=call, kwargs={"isolation": HERE})
    running.start()
    try:
        statuses: list[dict[str, str]] = []
        deadline = time.monotonic() + 60
        while not statuses and time.monotonic() < deadline:
            time.sleep(0.1)
            texts = [read(f"/proc/{number}/status").decode() for number in workers()]
            every = [dict(line.split(":\t", 1) for line in text.splitlines()) for text in texts]
            statuses = [status for status in every if status.get("Seccomp") == "2"]
    finally:
        for number in workers():
            os.kill(number, 9)
        running.join()
    (status,) = statuses
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    assert status["NoNewPrivs"] == "1"


@linux
def test_a_process_that_ended_its_supervisor_does_not_hold_the_grader(monkeypatch, workers):
    monkeypatch.setattr(process, "_READ_WITHIN", 0.2)
    source = """
import os, time
def f(a):
    if os.fork() == 0:
        os.setsid()
        time.sleep(60)
        os._exit(0)
    os.kill(os.getppid(), 9)
    time.sleep(60)
"""
    try:
        ran = run_function(source, "f", [Call((1.0,), {})], limits=Limits(seconds=0.5))
        assert ran.status == "timeout"
    finally:
        for number in workers():
            os.kill(number, 9)


def test_nothing_that_a_submission_says_moves_a_terminal_s_cursor():
    source = "def f(a):\n    print('\\x1b[2J\\u202e')\n    raise type('\\x1b[1m', (Exception,), {})('\\x1b[31m\\x07')"
    ran = run_function(source, "f", [Call((1.0,), {})])
    (raised,) = ran.outcomes
    assert ran.printed == "?[2J?\n" and raised.kind == "?[1m" and raised.message == "?[31m?"

"""`run_function`: a learner's function on given inputs, in a process that knows nothing else and is dead afterwards."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..run import Call, Limits, Raised, Ran, Returned, Status
from .folder import prepared
from .inside import audit, protocol, values
from .isolation import Isolation
from .level import level
from .process import ANSWER, ENDED, EVIDENCE, Process

START_SECONDS = 30.0
"""Within which Python and NumPy must be loaded; the learner's time begins afterwards."""

_MOST_EVIDENCE_BYTES = 2**14
_USUAL = Limits()
_ROOT = (
    "; as root, submissions run as a user of their own, who must be able to reach Python and NumPy: grade as an ordinary"
    " user, or allow submissions to run as root"
)


class WorkerFailed(RuntimeError):
    """The worker did not get as far as the learner's code: the grader's trouble, never the learner's."""


def run_function(
    source: str,
    function: str,
    calls: Sequence[Call],
    *,
    driver: str = "",
    limits: Limits = _USUAL,
    isolation: Isolation | None = None,
) -> Ran:
    """Call `function` of `source` once for each of `calls`, in a process of its own; its whole tree is dead on return.

    Parameters
    ----------
    source : str
        What the function needs of the learner's file.
    function : str
    calls : sequence of Call
    driver : str
        Source of a function ``drive(function, *arguments, **options)`` that is called in its stead.
    limits : Limits
    isolation : Isolation or None
        None: a process of its own and limits of time, for one's own code on one's own machine.

    Raises
    ------
    WorkerFailed
        If the process cannot be started, or cannot be confined as `isolation` asks.
    """
    arrays: list[Any] = []
    header = {
        "source": source,
        "function": function,
        "driver": driver,
        "answer": limits.answer,
        "calls": [
            ([values.flattened(value, arrays) for value in call.arguments],
             {name: values.flattened(value, arrays) for name, value in call.options.items()})
            for call in calls
        ],
    }  # fmt: skip
    request = protocol.packed(header, arrays)
    with prepared(limits, isolation) as folder:
        process = Process(folder, request, limits)
        heard = _Heard(protocol.Reader(limits.answer), len(calls))
        started = time.monotonic()
        try:
            started = _listen(process, heard, limits)
        finally:
            seconds = time.monotonic() - started
            code, rest = process.end(heard.closed)
        heard.evidence += rest
        if not heard.ready:
            problem = process.printed.strip().splitlines()[-1:] or [f"exit status {code}"]
            hint = _ROOT if isolation is not None and isolation.own_user else ""
            raise WorkerFailed(f"the worker did not start: {problem[0]}{hint}")
    tampering = _tampering(heard, isolation)
    status, message = _status(heard, len(calls), function, code, limits)
    if tampering:
        status, message = "tampered", "The code reached for what an exercise does not need: " + tampering[0]
    return Ran(status, tuple(heard.outcomes), message, tampering, _shown(process.printed), level(heard.reached, isolation), seconds)


@dataclass
class _Heard:
    """What came from the worker so far."""

    reader: protocol.Reader
    count: int
    ready: bool = False
    ended: bool = False
    late: bool = False
    closed: bool = False
    missing: bool = False
    failed: Raised | None = None
    malformed: str = ""
    reached: list[str] = field(default_factory=list)
    outcomes: list[Returned | Raised] = field(default_factory=list)
    evidence: bytearray = field(default_factory=bytearray)


def _listen(process: Process, heard: _Heard, limits: Limits) -> float:
    """Until the worker says that it is done, ends, breaks the protocol, or is late; when the learner's time began."""
    started = time.monotonic()
    deadline = started + START_SECONDS
    while not heard.ended and not heard.malformed:
        piece = process.next(deadline)
        if piece is None:
            heard.late = True
            break
        name, data = piece
        if name == ENDED and data == ANSWER.encode():
            heard.closed = True
            break
        if name == EVIDENCE and len(heard.evidence) < _MOST_EVIDENCE_BYTES:
            heard.evidence += data
        if name != ANSWER:
            continue
        was_ready = heard.ready
        try:
            for header, arrays in heard.reader.feed(data):
                _take(heard, header, arrays)
        except (protocol.Malformed, KeyError, TypeError, ValueError) as problem:
            heard.malformed = str(problem) or type(problem).__name__
        if heard.ready and not was_ready:
            started = time.monotonic()
            deadline = started + limits.seconds
    return started


def _take(heard: _Heard, header: dict[str, Any], arrays: list[Any]) -> None:
    kind = header["kind"]
    if not heard.ready:
        # Sent before any of the learner's code is read.
        heard.ready, heard.reached = kind == "ready", [str(part) for part in header["reached"]]
    elif heard.ended:
        raise protocol.Malformed("a message after the last")
    elif kind != "end" and (heard.missing or heard.failed is not None or len(heard.outcomes) == heard.count):
        raise protocol.Malformed("more answers than calls")
    elif kind == "returned":
        words, changed = _words(header["not_arrays"]), _words(header["changed"])
        if len(words) != len(arrays):
            raise protocol.Malformed("an answer that does not say what each result is")
        several, random = header["several"] is True, header["used_global_random"] is True
        heard.outcomes.append(Returned(tuple(arrays), several, words, changed, random))
    elif kind in ("raised", "failed"):
        kind_of, message, text = _words([header["type"], header["message"], header["text"]])
        line = header["line"]
        raised = Raised(kind_of, message, line if type(line) is int and 0 <= line < 2**31 else 0, text)
        if kind == "failed":
            heard.failed = raised
        else:
            heard.outcomes.append(raised)
    elif kind == "missing":
        heard.missing = True
    elif kind == "end":
        heard.ended = True
    else:
        raise protocol.Malformed("a message of an unknown kind")


def _words(parts: Any) -> tuple[str, ...]:
    if not isinstance(parts, list) or not all(isinstance(part, str) and len(part) <= 1000 for part in parts):
        raise protocol.Malformed("words that are none")
    return tuple(map(_shown, parts))


def _shown(text: str) -> str:
    """Text that may be printed on a terminal: what is no character of a line there is a question mark."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def _tampering(heard: _Heard, isolation: Isolation | None) -> tuple[str, ...]:
    found = []
    if heard.malformed:
        found.append(f"what came back is no answer of the worker's: {heard.malformed}")
    if isolation is not None:
        text = bytes(heard.evidence[:_MOST_EVIDENCE_BYTES])
        end = text.endswith(audit.END)
        lines = text.removesuffix(audit.END).decode("utf-8", "replace").splitlines()
        found += [_shown(line)[:250] for line in lines[: audit.MOST_EVIDENCE]]
        if heard.ended and not end:
            found.append("the worker's last message came without its witness: it was forged")
    return tuple(found)


def _status(heard: _Heard, count: int, name: str, code: int, limits: Limits) -> tuple[Status, str]:
    outcomes = heard.outcomes
    answered = f"{len(outcomes)} of {count} calls were answered"
    last = outcomes[-1] if outcomes else None
    memory = heard.failed if heard.failed is not None else last
    if isinstance(memory, Raised) and memory.kind == "MemoryError":
        return "out-of-memory", f"It asked for more than {limits.memory // 2**20} MiB of memory; {answered}."
    if heard.failed is not None:
        where = f" in line {heard.failed.line}" if heard.failed.line else ""
        return "crashed", f"The code does not run: {heard.failed.kind}{where}: {heard.failed.message}"
    if heard.missing:
        return "not-attempted", f"There is no function {name}."
    if isinstance(last, Raised) and last.kind == "NotImplementedError":
        if len(outcomes) == 1:
            return "not-attempted", f"{name} still raises NotImplementedError."
        return "crashed", f"{name} raises NotImplementedError in call {len(outcomes)}."
    if heard.ended and len(outcomes) == count:
        return "done", ""
    if heard.ended:
        return "no-answer", f"It said that it was done; {answered}."
    if heard.late or code in (128 + 24, -24):
        return "timeout", f"It took longer than {limits.seconds:g} s; {answered}."
    if code > 128 or code < 0:
        signal = code - 128 if code > 128 else -code
        return "crashed", f"Its process was ended by signal {signal}; {answered}."
    return "no-answer", f"Its process ended by itself before the last call; {answered}."

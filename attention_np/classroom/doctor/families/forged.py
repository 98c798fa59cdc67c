"""Results written past the worker, to its way to the grader, in the protocol's own form."""

from __future__ import annotations

from ..case import Case, hostile

_HELPERS = """\
import json
import os


def send(header, body=b""):
    head = json.dumps(header).encode()
    raw(len(head).to_bytes(4, "little") + head + body)


def raw(data):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, data)
        except OSError:
            pass


def answer(weights, values, dtype="float64", shape=None, **changes):
    shape = weights.shape[:-1] + values.shape[-1:] if shape is None else shape
    told = {"kind": "returned", "several": False, "not_arrays": [""], "changed": [], "used_global_random": False}
    return {**told, "arrays": [{"dtype": dtype, "shape": list(shape)}], **changes}


"""


def _forged(name: str, tries: str, attack: str, verdicts: str = "tampered", own: str = "tampered") -> Case:
    return hostile(name, tries, attack, verdicts, own=own, helpers=_HELPERS)


_SIZE = "np.zeros(weights.shape[:-1] + values.shape[-1:]).tobytes()"

CASES = (
    _forged(
        "an answer before the true one",
        "sends an answer of its own, and then returns",
        f"send(answer(weights, values), {_SIZE})",
    ),
    _forged(
        "an answer instead of the true one",
        "sends an answer and the last message of the worker, and ends the process",
        f"send(answer(weights, values), {_SIZE}); send({{'kind': 'end', 'arrays': []}}); os._exit(0)",
        "tampered no-answer",
        "tampered no-answer",
    ),
    _forged("a verdict", "sends that it passed", "send({'kind': 'pass', 'score': 100, 'arrays': []})"),
    _forged("endless answers", "sends answers without end", f"while True: send(answer(weights, values), {_SIZE})"),
    _forged("a giant header", "sends a header of 4 GiB", "raw(b'\\xff' * 100)"),
    _forged(
        "a giant array",
        "sends an array that no memory would hold",
        "send(answer(weights, values, shape=(2**39, 2**39)))",
    ),
    _forged(
        "an array of negative length",
        "sends an array with a length below zero",
        "send(answer(weights, values, shape=(-8,)))",
    ),
    _forged(
        "a pickle",
        "sends an array of objects, in the hope that they are unpickled",
        "send(answer(weights, values, dtype='object', shape=(2,)), bytes(16))",
    ),
    _forged(
        "deep JSON",
        "sends JSON that is nested too deeply to be read",
        "raw((60000).to_bytes(4, 'little') + b'[' * 60000)",
    ),
    _forged(
        "half an answer",
        "sends the beginning of an answer, and ends",
        "send(answer(weights, values), b'half'); os._exit(0)",
        "tampered no-answer",
        "tampered no-answer",
    ),
    _forged("witness", "says on every channel that all went well", "raw(b'\\0end\\n' * 1000)"),
)

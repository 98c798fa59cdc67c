"""Messages between the grader and the worker: a length, a header in JSON, and the bytes of arrays; nothing is unpickled.

A message is 4 bytes (the header's length, little-endian), the header (UTF-8), and the bodies of the arrays that the header's
``"arrays"`` lists as ``{"dtype", "shape"}``, each exactly as long as these two say, in C order and little-endian.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

DTYPES = {"float64": "<f8", "float32": "<f4", "int64": "<i8", "bool": "|b1"}
"""What may be sent."""

LONGEST_HEADER = 2**16
MOST_DIMENSIONS = 16
MOST_ARRAYS = 256


class Malformed(ValueError):
    """Bytes that are no message of this protocol, or a longer one than is allowed."""


def packed(header: dict[str, Any], arrays: Sequence[Any] = ()) -> bytes:
    """One message."""
    kinds = [{"dtype": str(array.dtype), "shape": list(array.shape)} for array in arrays]
    head = json.dumps({**header, "arrays": kinds}).encode()
    bodies = [array.astype(DTYPES[str(array.dtype)]).tobytes() for array in arrays]
    return b"".join([len(head).to_bytes(4, "little"), head, *bodies])


def write_all(descriptor: int, data: bytes) -> None:
    """Write everything; a pipe takes a part at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def read_exactly(descriptor: int, length: int) -> bytes:
    """Read `length` bytes and not one more; EOFError if they end before."""
    parts = []
    while length:
        part = os.read(descriptor, min(length, 2**20))
        if not part:
            raise EOFError("the message ends before its length")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def read_message(descriptor: int) -> tuple[dict[str, Any], list[Any]]:
    """Read one message of the grader, whose headers may be of any length."""
    header = json.loads(read_exactly(descriptor, int.from_bytes(read_exactly(descriptor, 4), "little")))
    arrays = [_array(kind, read_exactly(descriptor, _length(kind))) for kind in header["arrays"]]
    return header, arrays


class Reader:
    """Takes the bytes of somebody who is not trusted, in any pieces, and gives whole messages.

    Parameters
    ----------
    most : int
        Bytes of all bodies together.
    """

    def __init__(self, most: int) -> None:
        self._left = most
        self._buffer = bytearray()
        self._header: dict[str, Any] | None = None
        self._body = 0

    def feed(self, data: bytes) -> Iterator[tuple[dict[str, Any], list[Any]]]:
        """Take `data`; give the messages that it completes, one by one. Malformed after them if the rest is none."""
        self._buffer += data
        while (message := self._next()) is not None:
            yield message

    def _next(self) -> tuple[dict[str, Any], list[Any]] | None:
        if self._header is None:
            if len(self._buffer) < 4:
                return None
            length = int.from_bytes(self._buffer[:4], "little")
            if length > LONGEST_HEADER:
                raise Malformed(f"a header of {length} bytes")
            if len(self._buffer) < 4 + length:
                return None
            self._header = _checked_header(bytes(self._buffer[4 : 4 + length]))
            del self._buffer[: 4 + length]
            self._body = sum(_length(kind) for kind in self._header["arrays"])
            self._left -= self._body
            if self._left < 0:
                raise Malformed(f"{self._body} bytes of results, more than are allowed")
        if len(self._buffer) < self._body:
            return None
        header, arrays, start = self._header, [], 0
        for kind in header["arrays"]:
            arrays.append(_array(kind, bytes(self._buffer[start : start + _length(kind)])))
            start += _length(kind)
        del self._buffer[: self._body]
        self._header = None
        return header, arrays


def _checked_header(data: bytes) -> dict[str, Any]:
    try:
        header = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise Malformed("a header that is no JSON") from problem
    if not isinstance(header, dict) or not isinstance(header.get("arrays"), list):
        raise Malformed("a header without a list of arrays")
    if len(header["arrays"]) > MOST_ARRAYS:
        raise Malformed(f"{len(header['arrays'])} arrays in one answer")
    for kind in header["arrays"]:
        _check_kind(kind)
    return header


def _check_kind(kind: Any) -> None:
    if not isinstance(kind, dict) or not isinstance(kind.get("dtype"), str) or kind["dtype"] not in DTYPES:
        raise Malformed("an array of a dtype that is not allowed")
    shape = kind.get("shape")
    if not isinstance(shape, list) or len(shape) > MOST_DIMENSIONS:
        raise Malformed("an array of a shape that is not allowed")
    if any(type(length) is not int or not 0 <= length < 2**40 for length in shape):
        raise Malformed("an array of a shape that is not allowed")


def _length(kind: dict[str, Any]) -> int:
    return int(np.dtype(DTYPES[kind["dtype"]]).itemsize * math.prod(kind["shape"]))


def _array(kind: dict[str, Any], body: bytes) -> Any:
    if kind["dtype"] == "bool":
        # A byte other than 0 and 1 would be a boolean that is neither.
        return (np.frombuffer(body, np.uint8) != 0).reshape(kind["shape"])
    array = np.frombuffer(body, DTYPES[kind["dtype"]]).reshape(kind["shape"])
    return array.astype(array.dtype.newbyteorder("="))

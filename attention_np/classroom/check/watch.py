"""Waiting for a file to change: by its content, whatever an editor does with it meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

_POLL_SECONDS = 0.2


def changes(path: Path) -> Iterator[None]:
    """Gives at once, and then each time that the content of the file is another, and has been the same for a moment.

    A file that is missing or cannot be read is waited for; one that is saved again unchanged is no change.
    """
    # Read before the first check: what is saved during it is a change.
    known = before = _content(path)
    yield
    while True:
        time.sleep(_POLL_SECONDS)
        now = _content(path)
        if now is not None and now == before and now != known:
            known = now
            yield
        before = now


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None

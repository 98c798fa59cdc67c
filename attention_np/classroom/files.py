"""Text written so that whoever opens the file sees the old one or the whole new one."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 beside `path`, flush it, and rename it over `path`."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.partial")
    try:
        # What no encoding holds, as half of a pair of surrogates in a file's name, becomes a question mark.
        with open(beside, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)

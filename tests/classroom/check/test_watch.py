"""Waiting for a file to change: what is saved while the check runs is not missed."""

from __future__ import annotations

import threading
from pathlib import Path

from attention_np.classroom.check.watch import changes


def test_what_is_saved_during_a_check_is_a_change(tmp_path: Path) -> None:
    file = tmp_path / "my.py"
    file.write_text("one", encoding="utf-8")
    watched = changes(file)
    next(watched)
    file.write_text("two", encoding="utf-8")
    # Were it missed, it would be waited for without an end.
    waiting = threading.Thread(target=next, args=(watched,), daemon=True)
    waiting.start()
    waiting.join(60)
    assert not waiting.is_alive()


def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "my.py"
    watched = changes(file)
    next(watched)
    waiting = threading.Thread(target=next, args=(watched,), daemon=True)
    waiting.start()
    file.write_text("one", encoding="utf-8")
    waiting.join(60)
    assert not waiting.is_alive()

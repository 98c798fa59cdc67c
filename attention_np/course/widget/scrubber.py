"""A slider with its panels as HTML, which needs nothing from outside."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...visualize.markup import text
from .panel import Panel, short

_HERE = Path(__file__).parent


def scrub(
    *, name: str, positions: Sequence[Any], panels: Sequence[Panel], start: int = 0, alt: str | None = None
) -> None:
    """Display a slider that moves several panels at once, in a notebook.

    Parameters
    ----------
    name : str
        What is moved, with its symbol: "sharpness β".
    positions : sequence
        Numbers or words, one for each stop of the slider.
    panels : sequence of Heat, Lines, Numbers
        Each with a state for every position.
    start : int
        The position shown first, and the only one where scripts do not run; counted from the end if negative.
    alt : str, optional
        What is to be seen, in one to three sentences made from the data; made of the panels' first and last states without it.

    Raises
    ------
    ValueError
        If there is nothing to move, or a panel has another number of states.
    """
    from IPython.display import display

    said = alt or _words(name, positions, panels)
    display({"text/html": scrubber_html(name, positions, panels, start, said), "text/plain": said}, raw=True)


def scrubber_html(
    name: str, positions: Sequence[Any], panels: Sequence[Panel], start: int = 0, alt: str | None = None
) -> str:
    """The slider as a piece of HTML; its arguments are those of `scrub`.

    The same arguments give the same bytes. Without scripts it is the panels at `start`, and a sentence that says so.
    """
    count = len(positions)
    if not count or not panels:
        raise ValueError(f"scrub: expected positions and panels, got {count} positions and {len(panels)} panels")
    for panel in panels:
        if panel.count() != count:
            raise ValueError(f"panels: expected {count} states, one for each position, got {panel.count()} in {panel!r}")
    if not -count <= start < count:
        raise ValueError(f"start: expected a position from 0 to {count - 1}, got {start}")
    start %= count
    stops = [short(position) for position in positions]
    said = alt or _words(name, positions, panels)
    data = {"name": name, "stops": stops, "start": start, "panels": [panel.data() for panel in panels]}
    # In a script element nothing may look like its end.
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    identity = "scrub-" + hashlib.sha256(f"{written}{said}".encode()).hexdigest()[:10]
    drawn = "".join(f'<div class="panel">{panel.html(start, stops)}</div>' for panel in panels)
    return (
        f'<div id="{identity}" class="scrubber" role="group" aria-label="{text(said)}">'
        f"<style>{_style(identity)}</style>"
        f'<p class="still">Shown: {text(name)} = {text(stops[start])}. Where scripts run, a slider goes through all '
        f"{count} positions.</p>"
        f'<div class="panels">{drawn}</div>'
        f'<script type="application/json">{written}</script>'
        f"<script>{_script(identity)}</script></div>"
    )


def _words(name: str, positions: Sequence[Any], panels: Sequence[Panel]) -> str:
    """What is moved, and what is to be seen at either end."""
    ends = f" from {short(positions[0])} to {short(positions[-1])}" if len(positions) else ""
    return f"{name}{ends}. {' '.join(panel.words() for panel in panels)}"


def _style(identity: str) -> str:
    return (_HERE / "scrubber.css").read_text(encoding="utf-8").replace("#scrub", f"#{identity}")


def _script(identity: str) -> str:
    return (_HERE / "scrubber.js").read_text(encoding="utf-8").replace("#scrub", f"#{identity}")

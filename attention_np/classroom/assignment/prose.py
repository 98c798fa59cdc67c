"""Paragraphs broken into lines, in which a shape stays on one."""

from __future__ import annotations

import re
import textwrap

WIDTH = 110
_NO_BREAK = "\0"


def lines_of(paragraph: str, width: int = WIDTH) -> list[str]:
    """Lines of at most `width` characters."""
    kept = re.sub(r"\([^()]{,30}\)", lambda shape: shape[0].replace(" ", _NO_BREAK), paragraph)
    return [line.replace(_NO_BREAK, " ") for line in textwrap.wrap(kept, width, break_on_hyphens=False)]

"""Text that came from anywhere, made safe to stand in a page."""

from __future__ import annotations

import html
import re

# What HTML cannot hold: control characters, and halves of surrogate pairs, which UTF-8 cannot hold either.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def text(value: str) -> str:
    """Escape a string for an element's content or a quoted attribute; the unprintable becomes U+FFFD."""
    return html.escape(UNPRINTABLE.sub("\ufffd", value), quote=True)

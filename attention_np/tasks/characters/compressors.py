"""Rivals that know nothing of models: what a text costs when a compressor packs it."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Callable


def gzip_bits(train: str, test: str) -> float:
    """Bits for each character of `test` that gzip needs beyond those for `train`; it looks back 32 KB."""
    return _more(lambda data: len(gzip.compress(data, 9, mtime=0)), train, test)


def lzma_bits(train: str, test: str) -> float:
    """Bits for each character of `test` that LZMA needs beyond those for `train`; it looks back over all of it."""
    return _more(lambda data: len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)), train, test)


def _more(packed: Callable[[bytes], int], train: str, test: str) -> float:
    before, after = (text.encode("utf-8", "surrogatepass") for text in (train, train + test))
    return 8 * (packed(after) - packed(before)) / max(1, len(test))

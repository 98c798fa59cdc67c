"""The distribution of scores as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...visualize.markup import text
from ..grading.result import points_text

_WIDTH, _HEIGHT = 760.0, 250.0
_LEFT, _TOP, _BOTTOM = 8.0, 24.0, 44.0
_MOST_BARS = 12
_GAP = 4.0


def histogram(scores: Sequence[float], most: float) -> str:
    """A bar for each of at most twelve equal ranges from 0 to `most`, with its number of students above it."""
    width = _bar_width(max(most, *scores, 1))
    count = math.floor(max(most, *scores) / width) + 1
    bars = [0] * count
    for score in scores:
        bars[math.floor(score / width)] += 1
    names = [_range(index * width, width, most) for index in range(count)]
    step = (_WIDTH - 2 * _LEFT) / count
    floor = _HEIGHT - _BOTTOM
    said = "; ".join(f"{name} points: {bar}" for name, bar in zip(names, bars, strict=True) if bar)
    parts = [
        f'<svg class="histogram" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" aria-labelledby="scores-title scores-desc">',
        '<title id="scores-title">How many students have how many points</title>',
        f'<desc id="scores-desc">{text(said)}</desc>',
    ]
    for index, (name, bar) in enumerate(zip(names, bars, strict=True)):
        left = _LEFT + index * step
        height = (floor - _TOP) * bar / max(bars)
        middle = left + step / 2
        if bar:
            place = f'x="{left + _GAP / 2:.1f}" y="{floor - height:.1f}" width="{step - _GAP:.1f}" height="{height:.1f}"'
            parts.append(f"<rect {place}/>")
            parts.append(f'<text class="count" x="{middle:.1f}" y="{floor - height - 6:.1f}" text-anchor="middle">{bar}</text>')
        parts.append(f'<text x="{middle:.1f}" y="{floor + 17:.1f}" text-anchor="middle">{text(name)}</text>')
    parts += [
        f'<path class="axis" d="M{_LEFT:.1f} {floor:.1f}H{_WIDTH - _LEFT:.1f}"/>',
        f'<text x="{_WIDTH / 2:.1f}" y="{_HEIGHT - 6:.1f}" text-anchor="middle">points</text></svg>',
    ]
    return "\n".join(parts)


def _bar_width(most: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, … that needs few enough bars."""
    return next(
        width
        for power in range(9)
        for factor in (1, 2, 5)
        if math.floor(most / (width := factor * 10**power)) + 1 <= _MOST_BARS
    )


def _range(first: int, width: int, most: float) -> str:
    last = first + width - 1
    return str(first) if width == 1 or first == most else f"{first}–{points_text(min(last, most)) if first < most else last}"

"""Learning curves as inline SVG: dashes, markers and names tell the lines apart, and not colour alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .markup import text

DASHES = ("", "7 4", "2 3", "10 3 2 3", "12 5", "5 2 1 2 1 2")
WIDTH, HEIGHT = 440.0, 290.0
TOP, BOTTOM = 14.0, 46.0
LABEL_HEIGHT, CHARACTER_WIDTH, LONGEST_LABEL = 16.0, 7.2, 16
MARKERS_PER_LINE = 7


@dataclass(frozen=True, eq=False)
class Curve:
    """One chart with a line for each series.

    Parameters
    ----------
    title, x_label, y_label : str
        What is drawn against what; units belong into the labels.
    series : mapping of str to (x values, y values)
        At least one and at most six named series, each of finite numbers and of equal lengths.

    Raises
    ------
    ValueError
        If a series is empty, has unequal lengths or a value that is not finite, or none or too many come.
    """

    title: str
    x_label: str
    y_label: str
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]]

    def __post_init__(self) -> None:
        if not 1 <= len(self.series) <= len(DASHES):
            raise ValueError(
                f"series of curve {self.title!r}: expected 1 to {len(DASHES)}, as many as can be told apart "
                f"without colour, got {len(self.series)}; draw several curves"
            )
        for name, (xs, ys) in self.series.items():
            where = f"series {name!r} of curve {self.title!r}"
            if len(xs) != len(ys):
                raise ValueError(f"{where}: expected as many y as x values, got {len(xs)} x and {len(ys)} y")
            if len(xs) == 0:
                raise ValueError(f"{where}: expected at least one point, got none; leave the series out")
            for index, (x, y) in enumerate(zip(xs, ys, strict=True)):
                if not (math.isfinite(x) and math.isfinite(y)):
                    raise ValueError(f"{where}: expected finite numbers, got ({x}, {y}) at point {index}")


def ticks(lowest: float, highest: float, wanted: int = 5) -> list[float]:
    """About `wanted` round numbers, 1, 2 or 5 times a power of ten apart, enclosing ``lowest < highest``."""
    rough = (highest - lowest) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(factor for factor in (1, 2, 5, 10) if rough <= factor * power * (1 + 1e-9))
    first, last = math.floor(lowest / step + 1e-9), math.ceil(highest / step - 1e-9)
    return [index * step for index in range(first, last + 1)]


def tick_labels(values: Sequence[float]) -> list[str]:
    """Write tick values with as many decimals as their distance needs."""
    step = values[1] - values[0]
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if decimals > 4 or max(map(abs, values)) >= 1e6:
        return [f"{value:.3g}" for value in values]
    return [f"{value:,.{decimals}f}".replace("-", "−") for value in values]


def curve_svg(curve: Curve, identity: str) -> str:
    """Draw a curve as an ``<svg>`` element: axes, and a marker, a dash pattern and a name for every line.

    Parameters
    ----------
    curve : Curve
    identity : str
        The prefix of the ids of the title and the description; unique on the page.

    Returns
    -------
    str
        SVG whose colours are the page's CSS variables ``--series-0`` … ``--series-5``; all text is escaped.
    """
    x_first, x_last = _range([xs for xs, _ in curve.series.values()])
    y_ticks = ticks(*_range([ys for _, ys in curve.series.values()]))
    # The x axis ends where the data end, so that each line ends beside its name.
    slack = 1e-9 * (x_last - x_first)
    x_ticks = [x for x in ticks(x_first, x_last) if x_first - slack <= x <= x_last + slack]
    x_names, y_names = tick_labels(x_ticks), tick_labels(y_ticks)
    labels = [_shortened(name) for name in curve.series]
    left = 34 + CHARACTER_WIDTH * max(map(len, y_names))
    right = WIDTH - 16 - CHARACTER_WIDTH * max(map(len, labels))
    bottom = HEIGHT - BOTTOM

    def across(x: float) -> float:
        return left + (x - x_first) / (x_last - x_first) * (right - left)

    def up(y: float) -> float:
        return bottom - (y - y_ticks[0]) / (y_ticks[-1] - y_ticks[0]) * (bottom - TOP)

    parts = [
        f'<svg class="curve" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" '
        f'aria-labelledby="{identity}-title {identity}-desc">',
        f'<title id="{identity}-title">{text(curve.title)}</title>',
        f'<desc id="{identity}-desc">{text(describe(curve))}</desc>',
    ]
    for y, name in zip(y_ticks, y_names, strict=True):
        parts.append(f'<path class="grid" d="M{left:.1f} {up(y):.1f}H{right:.1f}"/>')
        parts.append(f'<text x="{left - 7:.1f}" y="{up(y) + 4.5:.1f}" text-anchor="end">{name}</text>')
    # Wide labels, such as 1,000,000, would touch: then every second one is written.
    room = across(x_ticks[1]) - across(x_ticks[0])
    every = math.ceil(CHARACTER_WIDTH * (max(map(len, x_names)) + 1) / room)
    for index, (x, name) in enumerate(zip(x_ticks, x_names, strict=True)):
        parts.append(f'<path class="axis" d="M{across(x):.1f} {bottom:.1f}v5"/>')
        if index % every == 0:
            place = f'x="{across(x):.1f}" y="{bottom + 19:.1f}"'
            parts.append(f'<text {place} text-anchor="middle">{name}</text>')
    middle = (TOP + bottom) / 2
    parts += [
        f'<path class="axis" d="M{left:.1f} {TOP:.1f}V{bottom:.1f}H{right:.1f}"/>',
        f'<text class="axis-label" x="{(left + right) / 2:.1f}" y="{HEIGHT - 6:.1f}" text-anchor="middle">'
        f"{text(curve.x_label)}</text>",
        f'<text class="axis-label" transform="translate(14 {middle:.1f}) rotate(-90)" text-anchor="middle">'
        f"{text(curve.y_label)}</text>",
    ]
    ends = []
    for index, (xs, ys) in enumerate(curve.series.values()):
        points = [(across(x), up(y)) for x, y in zip(xs, ys, strict=True)]
        parts.append(_line(points, index))
        ends.append(points[-1][1])
    for label, end in zip(labels, _apart(ends, TOP + 4, bottom - 4), strict=True):
        place = f'x="{right + 9:.1f}" y="{end + 4.5:.1f}"'
        parts.append(f'<text class="name" {place}>{text(label)}</text>')
    return "\n".join([*parts, "</svg>"])


def legend_key(index: int) -> str:
    """A short piece of the line of series `index`, for the legend."""
    return (
        f'<svg class="key" viewBox="0 0 36 12" width="36" height="12" aria-hidden="true">'
        f"{_line([(1.0, 6.0), (18.0, 6.0), (35.0, 6.0)], index, marked=[1])}</svg>"
    )


def describe(curve: Curve) -> str:
    """Say in words what a curve shows: where each line starts and ends, and its lowest and highest point."""
    sentences = [f"{curve.y_label} against {curve.x_label}."]
    for name, (xs, ys) in curve.series.items():
        low, high = min(range(len(ys)), key=ys.__getitem__), max(range(len(ys)), key=ys.__getitem__)
        sentences.append(
            f"{name}: from {ys[0]:.4g} at {xs[0]:.4g} to {ys[-1]:.4g} at {xs[-1]:.4g}, "
            f"lowest {ys[low]:.4g} at {xs[low]:.4g}, highest {ys[high]:.4g} at {xs[high]:.4g}."
        )
    return " ".join(sentences)


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1] + "…"


def _range(groups: Sequence[Sequence[float]]) -> tuple[float, float]:
    """The least and the greatest value, moved apart where only rounding separates them."""
    lowest, highest = float(min(map(min, groups))), float(max(map(max, groups)))
    size = max(abs(lowest), abs(highest))
    margin = (size / 10 or 0.5) if highest - lowest <= 1e-9 * size else 0.0
    return lowest - margin, highest + margin


def _line(points: list[tuple[float, float]], index: int, marked: Sequence[int] | None = None) -> str:
    """A polyline in the dash pattern of series `index`, with its marker at some of the points."""
    if marked is None:
        # Each series starts its markers at another point, so that lines that coincide still show theirs.
        stride = max(1, len(points) // MARKERS_PER_LINE)
        marked = [*range(index % stride, len(points), stride)]
    dash = f' stroke-dasharray="{DASHES[index]}"' if DASHES[index] else ""
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    markers = "".join(_marker(index, *points[position]) for position in marked)
    return (
        f'<g style="color:var(--series-{index})"><path class="line" d="M{path}"{dash}/>'
        f'<path class="marker" d="{markers}"/></g>'
    )


def _marker(index: int, x: float, y: float) -> str:
    """The outline of a circle, square, triangle, diamond, hour-glass or bar about ``(x, y)``."""
    shape = (
        "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z",
        "m-3.2 -3.2h6.4v6.4h-6.4z",
        "m0 -4.4l4.2 7.4h-8.4z",
        "m0 -4.8l4.4 4.8l-4.4 4.8l-4.4 -4.8z",
        "m-3.8 -4h7.6l-7.6 8h7.6z",
        "m-1.4 -5h2.8v10h-2.8z",
    )[index]
    return f"M{x:.1f} {y:.1f}{shape}"


def _apart(positions: list[float], lowest: float, highest: float) -> list[float]:
    """Move labels as far apart as their height asks, in their order, within ``[lowest, highest]``."""
    order = sorted(range(len(positions)), key=positions.__getitem__)
    placed = list(positions)
    for rank, index in enumerate(order):
        above = placed[order[rank - 1]] + LABEL_HEIGHT if rank else lowest
        placed[index] = max(placed[index], above)
    ceiling = highest
    for index in reversed(order):
        placed[index] = min(placed[index], ceiling)
        ceiling = placed[index] - LABEL_HEIGHT
    return placed

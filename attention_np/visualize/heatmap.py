"""Heatmaps of attention weights and of gradients, for any array of the right shape, one's own included."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._checks import Labels, Matrix, checked_labels, checked_mask, checked_range, checked_values
from ._layout import axes_array, draw_in_given_axes, draw_in_new_figure
from ._panel import Drawing, Style
from .alt_text import describe_values, describe_weights, limit_per_panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AxesOrArray = Any


def heatmap(
    weights: ArrayLike,
    sources: Labels | None = None,
    targets: Labels | None = None,
    *,
    ax: Axes | Sequence[Axes] | NDArray[np.object_] | None = None,
    mask: ArrayLike | None = None,
    title: str | Sequence[str] | None = None,
    row_sums: bool = False,
    column_sums: bool = False,
    value_range: tuple[float, float] = (0.0, 1.0),
    label: str = "attention weight",
) -> AxesOrArray:
    """Draw attention weights: a row for each query, a column for each key, all panels on one scale.

    The scale is [0, 1] whatever the data, so that two pictures can be compared and a blurred map looks
    blurred. Numbers are written into the cells where there are few and they fit. The alternative text, made
    from the data, is the label of the Axes; `attached_alt_text` and `show_html` use it.

    Parameters
    ----------
    weights : array, shape (L, S) or (heads, L, S)
        ``weights[..., i, j]`` is how much query (target) i attends to key (source) j. Integers and booleans
        are accepted, and so are empty arrays.
    sources, targets : sequence, optional
        S labels of the columns and L labels of the rows; positions, from 0, without them. Characters that
        Matplotlib's font lacks need another font in ``matplotlib.rcParams["font.family"]``.
    ax : Axes or one Axes for each head, optional
        Where to draw, best in a Figure with ``layout="constrained"``, which makes room for the words. A new
        Figure, which pyplot does not know, without it.
    mask : boolean array, optional
        True where attending is allowed, as everywhere in this package; broadcasts to the shape of `weights`.
        The other cells are hatched, and grey where the weight is 0; a weight that has leaked into them keeps
        colour and number.
    title : str or a sequence of one str for each head, optional
    row_sums, column_sums : bool
        Write the sums in the margins. Rows of weights sum to 1; a column's sum is how much its key is
        attended in all.
    value_range : (float, float)
        The ends of the scale, for scores or other values: (-1, 1) for cosine scores.
    label : str
        What the colour bar says that the values are.

    Returns
    -------
    Axes, or array of Axes with shape (heads,)
        Nothing is shown or saved: ``heatmap(weights).figure.savefig("map.png")``.

    Raises
    ------
    TypeError
        If `weights` are not real numbers, `mask` is not boolean, or labels are one string.
    ValueError
        If `weights` have another number of dimensions, are not finite or leave the scale, or anything else
        does not fit their shape.
    """
    values = checked_values("weights", weights)
    low, high = checked_range("weights", values, value_range)
    style = weight_style((low, high), label)
    describe = describe_weights if low >= 0 else describe_values
    margins = row_sums, column_sums
    return _draw("weights", values, sources, targets, ax, mask, title, margins, style, describe)


def gradient_heatmap(
    gradients: ArrayLike,
    sources: Labels | None = None,
    targets: Labels | None = None,
    *,
    ax: Axes | Sequence[Axes] | NDArray[np.object_] | None = None,
    mask: ArrayLike | None = None,
    title: str | Sequence[str] | None = None,
    row_sums: bool = False,
    column_sums: bool = False,
    label: str = "gradient",
) -> AxesOrArray:
    """Draw gradients laid out as `heatmap` lays out weights, on one scale that is symmetric about 0.

    The scale reaches to the greatest magnitude in any panel, so 0 is always the pale middle and + and − weigh
    the same. Each cell says its sign: in its number where there are few, alone where there are many, so that
    no reader needs the colours. Small or large numbers share a power of ten, which the colour bar names.

    Parameters
    ----------
    gradients : array, shape (L, S) or (heads, L, S)
        For instance ``d_weights`` or ``d_scores``.
    sources, targets, ax, mask, title
        As in `heatmap`.
    row_sums, column_sums : bool
        Write the sums in the margins. Rows of ``d_scores`` behind a softmax sum to 0.
    label : str
        What the colour bar says that the values are.

    Returns
    -------
    Axes, or array of Axes with shape (heads,)

    Raises
    ------
    TypeError, ValueError
        As `heatmap`, but for the scale, which takes any finite value.
    """
    values = checked_values("gradients", gradients)
    greatest = float(np.abs(values).max(initial=0.0))
    # Below 1e-300 the power of ten itself would vanish.
    exponent = max(math.floor(math.log10(greatest)), -300) if greatest > 0 else 0
    unit = 10.0**exponent if abs(exponent) > 1 else 1.0

    from matplotlib import colormaps
    from matplotlib.colors import Normalize

    bound = greatest / unit or 1.0
    scale = Normalize(-bound, bound)
    bar_label = label if unit == 1 else f"{label} (×10{superscript(exponent)})"
    style = Style(scale, colormaps["PuOr"], label, bar_label, _signed, _signed_sum, _sign)
    margins = row_sums, column_sums
    return _draw(
        "gradients", values, sources, targets, ax, mask, title, margins, style, describe_values, unit
    )


def weight_style(value_range: tuple[float, float], label: str) -> Style:
    """The style of weights, and of other values on a scale that is given."""
    from matplotlib import colormaps
    from matplotlib.colors import Normalize

    low, high = value_range
    text = _two_decimals if high - low >= 0.5 and max(-low, high) < 100 else _three_digits
    return Style(Normalize(low, high), colormaps["cividis"], label, label, text, text)


def _draw(
    name: str,
    values: Matrix,
    sources: Labels | None,
    targets: Labels | None,
    ax: Axes | Sequence[Axes] | NDArray[np.object_] | None,
    mask: ArrayLike | None,
    title: str | Sequence[str] | None,
    margins: tuple[bool, bool],
    style: Style,
    describe: Callable[..., str],
    unit: float = 1.0,
) -> AxesOrArray:
    """Check what goes with the values, and draw them divided by `unit`."""
    from matplotlib.axes import Axes

    rows, columns = values.shape[-2:]
    column_names = checked_labels("sources", sources, columns, rows)
    row_names = checked_labels("targets", targets, rows, columns)
    allowed = checked_mask(mask, values.shape)
    heads = values if values.ndim == 3 else values[None]
    given = None if ax is None else list(np.ravel(np.asarray(ax, dtype=object)))
    if given is not None and not (len(given) == len(heads) and all(isinstance(one, Axes) for one in given)):
        raise ValueError(f"ax: expected {len(heads)} Axes, one for each panel of {name}, got {ax!r}")
    titles, heading = _titles(title, values, new_figure=given is None)

    drawings = []
    for index, head in enumerate(heads):
        head_allowed = None if allowed is None else allowed if values.ndim == 2 else allowed[index]
        subject = style.name if values.ndim == 2 else f"Head {index}: {style.name}"
        subject = subject[:1].upper() + subject[1:]
        alt = describe(head, column_names, row_names, head_allowed, subject, limit_per_panel(len(heads)))
        message = "" if head.size else f"empty: {rows} queries by {columns} keys"
        drawings.append(
            Drawing(head / unit, column_names, row_names, alt, titles[index], head_allowed, *margins, message)
        )
    if given is None:
        axes = draw_in_new_figure(drawings, style, heading)
    else:
        draw_in_given_axes(drawings, style, given)
        axes = given
    return axes[0] if values.ndim == 2 else axes_array(axes)


def _titles(
    title: str | Sequence[str] | None, values: Matrix, new_figure: bool
) -> tuple[Sequence[str | None], str | None]:
    """The title of each panel, and the title of the picture."""
    if values.ndim == 2:
        if title is not None and not isinstance(title, str):
            raise TypeError(f"title: expected a str for one panel, got {title!r}")
        return [title], None
    heads = [f"head {index}" for index in range(len(values))]
    if title is None:
        return heads, None
    if isinstance(title, str):
        if not new_figure:
            raise TypeError(f"title: expected {len(heads)} titles, one for each Axes given, got {title!r}")
        return heads, title
    if len(title) != len(heads):
        raise ValueError(f"title: expected {len(heads)} titles, one for each head, got {len(title)}")
    return list(title), None


def _two_decimals(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _three_digits(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−") if value else "0"


def _signed_sum(value: float) -> str:
    return _signed(value) if abs(value) >= 0.005 else "0.00"


def _sign(value: float) -> str:
    return "+" if value > 0 else "−" if value < 0 else "0"


def superscript(exponent: int) -> str:
    """A whole number as an exponent is written."""
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))

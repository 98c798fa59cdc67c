"""Alternative text for heatmaps, made from the data: what a person sees in the picture, in words.

Every picture of this package carries such a text as the label of its Axes (`matplotlib.axes.Axes.get_label`),
where `attached_alt_text` finds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._checks import ROUNDING, Labels, Matrix, checked_labels, checked_mask, checked_values

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

LIMIT, LEAST_PER_PANEL = 2000, 400


def alt_text(
    weights: ArrayLike,
    sources: Labels | None = None,
    targets: Labels | None = None,
    mask: ArrayLike | None = None,
) -> str:
    """Describe attention weights in plain words.

    The size; the row sums; the key with the greatest column sum; the mean entropy H = −Σ p ln p in nats
    beside the greatest possible one; what is masked; then, for every query, at which key it looks most and
    how sharply: *sharply* from a share of 0.9 of the row's sum, *mostly* from 0.5, *evenly* where e^H is
    nearly the number of keys, and otherwise *loosely*, with e^H, the number of keys that an even look of the
    same entropy would take in.

    Parameters
    ----------
    weights : array, shape (L, S) or (heads, L, S)
        Not negative.
    sources, targets : sequence, optional
        S and L labels; without them positions are said, from 0.
    mask : boolean array, optional
        True where attending is allowed; broadcasts to the shape of `weights`.

    Returns
    -------
    str
        At most 2,000 characters, or 400 for each of many heads; queries that do not fit are counted.

    Raises
    ------
    TypeError, ValueError
        If the weights are not a finite array of two or three dimensions or negative, or the rest does not fit
        them.
    """
    values = checked_values("weights", weights)
    if (values < -ROUNDING).any():
        raise ValueError(f"weights: expected no negative values, got {values.min():g}")
    allowed = checked_mask(mask, values.shape)
    rows, columns = values.shape[-2:]
    names = (
        checked_labels("sources", sources, columns, rows),
        checked_labels("targets", targets, rows, columns),
    )
    if values.ndim == 2:
        return describe_weights(values, *names, allowed)
    limit = limit_per_panel(len(values))
    return " ".join(
        describe_weights(
            head,
            *names,
            None if allowed is None else allowed[index],
            f"Head {index}: attention weight",
            limit,
        )
        for index, head in enumerate(values)
    )


def limit_per_panel(panels: int) -> int:
    """How many characters describe each of the panels."""
    return max(LIMIT // panels - 1, LEAST_PER_PANEL)


def describe_weights(
    weights: Matrix,
    sources: Sequence[str] | None,
    targets: Sequence[str] | None,
    allowed: NDArray[np.bool_] | None = None,
    subject: str = "Attention weight",
    limit: int = LIMIT,
) -> str:
    """`alt_text` of one matrix whose labels have been checked."""
    rows, columns = weights.shape
    said = [_opening(subject, weights)]
    if not weights.size:
        return said[0]
    sums = weights.sum(axis=1)
    shares = weights / np.where(sums > 0, sums, 1)[:, None]
    entropies = -(shares * np.log(np.where(shares > 0, shares, 1))).sum(axis=1)
    if np.abs(sums - 1).max() < 0.005:
        said.append("Every row sums to 1.")
    else:
        said.append(f"Row sums lie between {sums.min():.2f} and {sums.max():.2f}.")
    most = int(weights.sum(axis=0).argmax())
    said.append(
        f"The key attended most in all is {_name('key', sources, most)} "
        f"(column sum {weights.sum(axis=0)[most]:.2f})."
    )
    if (sums > 0).any():
        said.append(
            f"The mean entropy is {entropies[sums > 0].mean():.2f} of at most {np.log(columns):.2f} nats."
        )
    said += _said_of_mask(weights, allowed)
    return _with_rows(
        said,
        (
            _look(weights[row], shares[row], float(entropies[row]), _name("query", targets, row), sources)
            for row in range(rows)
        ),
        rows,
        limit,
    )


def _look(weights: Matrix, shares: Matrix, entropy: float, query: str, sources: Sequence[str] | None) -> str:
    """Where one query looks, and how sharply."""
    if not weights.any():
        return f"{query} looks at nothing"
    peak = int(weights.argmax())
    effective = np.exp(entropy)
    if len(weights) > 1 and effective > 0.95 * len(weights):
        return f"{query} looks evenly at all {len(weights)} keys"
    key = _name("key", sources, peak)
    if shares[peak] >= 0.9:
        return f"{query} looks sharply at {key} ({weights[peak]:.2f})"
    if shares[peak] >= 0.5:
        return f"{query} looks mostly at {key} ({weights[peak]:.2f})"
    return f"{query} looks loosely at {key} ({weights[peak]:.2f}, over about {effective:.1f} keys)"


def describe_values(
    values: Matrix,
    sources: Sequence[str] | None,
    targets: Sequence[str] | None,
    allowed: NDArray[np.bool_] | None = None,
    subject: str = "Gradient",
    limit: int = LIMIT,
) -> str:
    """Describe a matrix of signed values whose labels have been checked: extremes, sums, and each row's
    largest."""
    rows, columns = values.shape
    said = [_opening(subject, values)]
    if not values.size:
        return said[0]
    if not values.any():
        return f"{said[0]} All values are 0."
    sums = values.sum(axis=1)
    said.append(f"Values lie between {_signed(values.min())} and {_signed(values.max())}.")
    # Where a row cancels, rounding is left over.
    sums = np.where(np.abs(sums) < 1e-5 * np.abs(values).max(), 0.0, sums)
    if not sums.any():
        said.append("Every row sums to 0.")
    else:
        said.append(f"Row sums lie between {_signed(sums.min())} and {_signed(sums.max())}.")
    said += _said_of_mask(values, allowed)

    def largest(row: int) -> str:
        query = _name("query", targets, row)
        if not values[row].any():
            return f"{query} is 0 everywhere"
        column = int(np.abs(values[row]).argmax())
        return f"{query} is largest at {_name('key', sources, column)} ({_signed(values[row, column])})"

    return _with_rows(said, (largest(row) for row in range(rows)), rows, limit)


def _opening(subject: str, values: Matrix) -> str:
    rows, columns = values.shape
    return (
        f"{subject}, {_count(rows, 'query (row)', 'queries (rows)')} by "
        f"{_count(columns, 'key (column)', 'keys (columns)')}."
    )


def _said_of_mask(values: Matrix, allowed: NDArray[np.bool_] | None) -> list[str]:
    if allowed is None or allowed.all():
        return []
    leaks = np.count_nonzero(values[~allowed])
    leaking = f", and {leaks} of them {'is' if leaks == 1 else 'are'} not 0" if leaks else ""
    return [f"{np.count_nonzero(~allowed)} of {values.size} cells are masked{leaking}."]


def _with_rows(said: list[str], rows: Iterable[str], count: int, limit: int) -> str:
    """Join the sentences and as many rows as fit; the others are counted."""
    length = len(" ".join(said))
    kept: list[str] = []
    reserve = len(f"; there are {count} more queries.")
    for row in rows:
        length += len(row) + 2
        if length + reserve > limit:
            break
        kept.append(row)
    if left := count - len(kept):
        kept.append(f"{'and' if kept else 'there are'} {_count(left, 'more query', 'more queries')}")
    text = f"{' '.join(said)} {'; '.join(kept)}."
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _name(kind: str, labels: Sequence[str] | None, position: int) -> str:
    """A label in quotation marks, or the position where there is none or it is not alone."""
    if labels is None:
        return f"{kind} {position}"
    alone = labels.count(labels[position]) == 1
    return f"“{labels[position]}”" if alone else f"“{labels[position]}” at position {position}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _signed(value: float) -> str:
    return f"{value:+.3g}".replace("-", "−") if value else "0"


def attached_alt_text(picture: Figure | SubFigure | Axes | NDArray[np.object_] | Sequence[Axes]) -> str:
    """The alternative text of a picture that this package drew.

    It is the label of each Axes, so ``ax.get_label()`` gives it too. To keep it in a file, give it as
    metadata: ``ax.figure.savefig("map.png", metadata={"Description": attached_alt_text(ax)})`` (PNG and SVG).

    Parameters
    ----------
    picture : Figure, Axes, or several Axes
        What `heatmap` and its like return, or the Figure they belong to.

    Raises
    ------
    ValueError
        If no alternative text is attached to it.
    """
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    if isinstance(picture, FigureBase):
        axes = picture.get_axes()
    elif isinstance(picture, Axes):
        axes = [picture]
    else:
        axes = list(np.ravel(np.asarray(picture, dtype=object)))
    texts = [str(ax.get_label()) for ax in axes if str(ax.get_label()) not in ("", "<colorbar>")]
    if not texts:
        raise ValueError("picture: expected one with alternative text, as heatmap draws it; got none")
    return " ".join(texts)

"""Who may attend to whom: boolean masks, True where attending is allowed, joined by ``&`` and ``|``.

All of them broadcast to (..., L, S). Where L and S differ, the ends are aligned: target i stands at position i + S - L of the
sources, so that with a cache of earlier keys the last target stands at the last key.
"""

from __future__ import annotations

import numpy as np

from ._checks import Array


def causal_mask(targets: int, sources: int) -> Array:
    """Where attending is allowed if no query may look ahead: key j for query i where j ≤ i + sources - targets.

    Parameters
    ----------
    targets, sources : int
        L and S; the ends are aligned, so with a cache of earlier keys the last query still sees every key.

    Returns
    -------
    boolean array (L, S)
    """
    return np.arange(sources) <= target_positions(targets, sources)[:, None]


def padding_mask(lengths: Array, sources: int) -> Array:
    """Where attending is allowed if sequence n ends after ``lengths[n]`` sources: key j where j < length.

    Parameters
    ----------
    lengths : integer array (...)
    sources : int
        S, to which all sequences are padded.

    Returns
    -------
    boolean array (..., 1, S)
        The same for every target.

    Raises
    ------
    TypeError, ValueError
        If `lengths` are not integers from 0 to `sources`.
    """
    _require_lengths("lengths", lengths, sources)
    return np.arange(sources) < lengths[..., None, None]


def sliding_window_mask(targets: int, sources: int, window: int) -> Array:
    """Where attending is allowed if a target sees the `window` nearest positions on each side, its own among them.

    Key j for query i where \\|i + sources - targets - j\\| < window (Beltagy, Peters, Cohan 2020, section 3.1). With
    ``& causal_mask(targets, sources)`` it is the window of Mistral (Jiang et al. 2023): each target and the `window` - 1 before it.

    Parameters
    ----------
    targets, sources : int
        L and S.
    window : int
        At least 1; from S on it is no bound.

    Returns
    -------
    boolean array (L, S)

    Raises
    ------
    ValueError
        If `window` is below 1.
    """
    if window < 1:
        raise ValueError(f"window: expected at least 1, got {window}")
    distance = target_positions(targets, sources)[:, None] - np.arange(sources)
    return np.abs(distance) < window


def prefix_mask(targets: int, sources: int, prefix: int | Array) -> Array:
    """Where attending is allowed if the first `prefix` sources are seen by all targets, and no other one ahead of its time.

    The mask of a language model that reads its prompt in both directions (Raffel et al. 2020, section 3.2.1): key j for query i
    where j < prefix, or j ≤ i + sources - targets.

    Parameters
    ----------
    targets, sources : int
        L and S.
    prefix : int or integer array (...)
        One length, or one for each sequence; 0 is the causal mask.

    Returns
    -------
    boolean array (..., L, S)

    Raises
    ------
    TypeError, ValueError
        If `prefix` is not an integer from 0 to `sources`.
    """
    lengths = np.asarray(prefix)
    _require_lengths("prefix", lengths, sources)
    return causal_mask(targets, sources) | (np.arange(sources) < lengths[..., None, None])


def target_positions(targets: int, sources: int) -> Array:
    """Where each target stands among the sources, their ends aligned."""
    return np.arange(targets) + (sources - targets)


def _require_lengths(name: str, lengths: Array, most: int) -> None:
    if not isinstance(lengths, np.ndarray) or not np.issubdtype(lengths.dtype, np.integer):
        got = lengths.dtype if isinstance(lengths, np.ndarray) else type(lengths).__name__
        raise TypeError(f"{name}: expected integers, got {got}")
    if np.any((lengths < 0) | (lengths > most)):
        wrong = lengths[(lengths < 0) | (lengths > most)].ravel()[0]
        raise ValueError(f"{name}: expected numbers from 0 to {most} sources, got {wrong}")

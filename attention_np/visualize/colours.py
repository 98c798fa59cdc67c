"""Contrast after WCAG 2.2, and the colour in which text on a coloured cell can be read."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def relative_luminance(colours: ArrayLike) -> NDArray[np.float64]:
    """Relative luminance of sRGB colours, 0 for black to 1 for white.

    Y = 0.2126 R + 0.7152 G + 0.0722 B, of the linear channels: c/12.92 for c ≤ 0.04045, else ((c +
    0.055)/1.055)^2.4.

    Parameters
    ----------
    colours : array, shape (..., 3) or (..., 4)
        Red, green and blue in [0, 1]; a fourth channel, opacity, is left out.

    Returns
    -------
    array, shape (...)

    Notes
    -----
    Source: WCAG 2.2, "relative luminance".
    """
    channels = np.asarray(colours, dtype=np.float64)[..., :3]
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def contrast_ratio(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Contrast of two colours, (Y_lighter + 0.05) / (Y_darker + 0.05), from 1 to 21.

    Parameters
    ----------
    first, second : array, shape (..., 3) or (..., 4)
        As in `relative_luminance`; they broadcast.
    """
    luminances = relative_luminance(first), relative_luminance(second)
    return (np.maximum(*luminances) + 0.05) / (np.minimum(*luminances) + 0.05)


def text_colours(backgrounds: ArrayLike) -> NDArray[np.str_]:
    """``"black"`` or ``"white"``, whichever is easier to read on each background.

    The product of the two contrasts is 1.05/0.05 = 21 for every background, so the greater is at least √21 =
    4.58, above the 4.5 that WCAG asks of text.

    Parameters
    ----------
    backgrounds : array, shape (..., 3) or (..., 4)

    Returns
    -------
    array of str, shape (...)
    """
    on_black, on_white = contrast_ratio(backgrounds, (0, 0, 0)), contrast_ratio(backgrounds, (1, 1, 1))
    return np.where(on_black >= on_white, "black", "white")

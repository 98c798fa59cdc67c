"""What a report is made of: sections of paragraphs, tables, curves, pictures, and examples with attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .curves import Curve

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, eq=False)
class Example:
    """One test example: what a model read and wrote, where it looked for each word, and what others wrote.

    Parameters
    ----------
    name : str
        What it is an example of, such as ``numpy.linalg.norm``.
    source, generated : sequence of str
        The words read and the words written, as the model sees them.
    weights : array, shape (generated words, source words)
        The attention of every generated word (a row) on the source words, each in [0, 1].
    copied : sequence of bool
        For every generated word, whether the pointer copied it from the source.
    reference, generated_text : str
        What a person wrote, and what the model wrote, both as plain text.
    score : float
        The metric of this example, from 0 to 1.
    baselines : mapping of str to str
        What each baseline wrote, by its name.

    Raises
    ------
    TypeError
        If `source` or `generated` is a string and not a sequence of words.
    ValueError
        If `weights` or `copied` does not fit the words, or a weight or the score is not in [0, 1].
    """

    name: str
    source: Sequence[str]
    generated: Sequence[str]
    weights: NDArray[np.floating]
    copied: Sequence[bool]
    reference: str
    generated_text: str
    score: float
    baselines: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = f"of example {self.name!r}"
        for argument in ("source", "generated"):
            if isinstance(getattr(self, argument), str):
                raise TypeError(f"{argument} {where}: expected a sequence of words, got a str; split it")
        expected = (len(self.generated), len(self.source))
        weights = np.asarray(self.weights)
        if weights.shape != expected:
            raise ValueError(
                f"weights {where}: expected shape (generated, source words) = {expected}, got {weights.shape}"
                + ("; this is the transpose" if weights.shape == expected[::-1] else "")
            )
        # A softmax in single precision may exceed 1 by a rounding; NaN fails every comparison.
        outside = ~((weights >= -1e-6) & (weights <= 1 + 1e-6))
        if outside.any():
            row, column = np.argwhere(outside)[0]
            value = weights[row, column]
            raise ValueError(f"weights {where}: expected values in [0, 1], got {value} at ({row}, {column})")
        if len(self.copied) != len(self.generated):
            raise ValueError(
                f"copied {where}: expected one flag for each of the {len(self.generated)} generated words, "
                f"got {len(self.copied)}"
            )
        if not 0 <= self.score <= 1:
            raise ValueError(
                f"score {where}: expected a number from 0 to 1, got {self.score}; divide percent by 100"
            )


@dataclass(frozen=True)
class Table:
    """A table of text: the caller decides how each number is written, its interval with it.

    Parameters
    ----------
    caption : str
    columns : sequence of str
        The head. The first column names the rows.
    rows : sequence of sequences of str
        As many cells in each as there are columns.
    note : str
        What stands beneath, such as the kind of interval.

    Raises
    ------
    ValueError
        If a row has not as many cells as there are columns.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def __post_init__(self) -> None:
        for index, row in enumerate(self.rows):
            if isinstance(row, str) or len(row) != len(self.columns):
                raise ValueError(
                    f"row {index} of table {self.caption!r}: expected {len(self.columns)} cells "
                    f"({', '.join(self.columns)}), got {row!r}"
                )


@dataclass(frozen=True)
class Image:
    """A PNG picture that becomes part of the page.

    Parameters
    ----------
    png : bytes
        The file's content.
    alt : str
        What the picture shows, for those who do not see it; not empty.
    caption : str
        What stands beneath.

    Raises
    ------
    ValueError
        If `png` is not a PNG file or `alt` is empty.
    """

    png: bytes
    alt: str
    caption: str

    def __post_init__(self) -> None:
        if not self.png.startswith(PNG_SIGNATURE) or len(self.png) < 24:
            raise ValueError(
                f"png of image {self.caption!r}: expected a PNG file, got bytes that begin {self.png[:8]!r}"
            )
        if not self.alt.strip():
            raise ValueError(f"alt of image {self.caption!r}: expected what the picture shows, got nothing")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return int.from_bytes(self.png[16:20], "big"), int.from_bytes(self.png[20:24], "big")


@dataclass(frozen=True, eq=False)
class Section:
    """A heading and what stands under it, in this order.

    Parameters
    ----------
    title : str
    paragraphs : sequence of str
        Plain text.
    tables, curves, images : sequences
    examples : sequence of Example
        In the order in which they were drawn, which is the order in which the page shows them first.
    drawn : str
        How the examples were chosen, with the seed: "60 of 740 test pairs, drawn at random with seed 0".
        Needed with examples, because a reader must know whether they were picked.
    score_name : str
        The metric of the examples' scores; the page shows it times 100.

    Raises
    ------
    TypeError
        If `paragraphs` is a string.
    ValueError
        If there are examples and `drawn` is empty.
    """

    title: str
    paragraphs: Sequence[str] = ()
    tables: Sequence[Table] = ()
    curves: Sequence[Curve] = ()
    images: Sequence[Image] = ()
    examples: Sequence[Example] = ()
    drawn: str = ""
    score_name: str = "ROUGE-L"

    def __post_init__(self) -> None:
        if isinstance(self.paragraphs, str):
            raise TypeError(f"paragraphs of section {self.title!r}: expected a sequence of str, got a string")
        if self.examples and not self.drawn.strip():
            raise ValueError(
                f"drawn of section {self.title!r}: expected how the examples were chosen, with the seed, "
                "got nothing"
            )


def score_text(score: float) -> str:
    """Write a score from 0 to 1 as the tables do: times 100, with one decimal."""
    return f"{100 * score:.1f}"


def thousandths(weights: NDArray[np.floating]) -> list[list[int]]:
    """Round weights to three decimals, as whole numbers of thousandths: a third of the size of decimals."""
    rounded: list[list[int]] = np.rint(np.asarray(weights, np.float64) * 1000).astype(int).tolist()
    return rounded


def strongest(row: Sequence[int], count: int) -> list[int]:
    """Positions of the largest values above zero, largest first, the earlier one first among equals."""
    order = sorted(range(len(row)), key=lambda position: (-row[position], position))
    return [position for position in order[:count] if row[position] > 0]

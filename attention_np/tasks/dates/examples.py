"""Examples of dates, and three ways to divide them: one easy, two hard."""

from __future__ import annotations

import datetime
import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...functional._checks import Array
from ..transducer import Symbols
from .styles import FIRST, LAST, Span, Style, all_styles

SPLITS: Mapping[str, str] = {
    "days": "other days, in styles that were learned",
    "combinations": "other days, in styles that were never learned with that month",
    "locales": "other days, in languages that were never learned",
}
"""What may be asked of a model, by the name of the split: what its test examples are."""

HELD_OUT_LOCALES = ("da", "hu", "pt", "zh")
"""Never learned in the split "locales": three have relatives among the others (sv, es, ja), Hungarian has none."""

_DAYS = (LAST - FIRST).days + 1


@dataclass(frozen=True)
class DateExample:
    """A day, and how one style writes it.

    Attributes
    ----------
    date : datetime.date
    style : Style
    text : str
        The date in that style.
    spans : mapping
        Where "year", "month" and "day" stand in `text`.
    """

    date: datetime.date
    style: Style
    text: str
    spans: Mapping[str, Span]

    @property
    def source(self) -> Symbols:
        """The characters of the text."""
        return list(self.text)

    @property
    def target(self) -> Symbols:
        """The characters of the date in ISO 8601."""
        return list(self.date.isoformat())


@dataclass(frozen=True)
class DateSplit:
    """Three parts that have no day in common. `validation` is like `train`, and `test` is what `SPLITS` says.

    Attributes
    ----------
    train, validation, test : list of DateExample
    """

    train: list[DateExample]
    validation: list[DateExample]
    test: list[DateExample]

    @property
    def sha256(self) -> str:
        """Of all texts and dates: whether two machines, with their versions of Babel, have the same examples."""
        digest = hashlib.sha256()
        for example in (*self.train, *self.validation, *self.test):
            digest.update(f"{example.text}\t{example.date}\n".encode())
        return digest.hexdigest()


def draw_dates(
    split: str, train: int = 40_000, validation: int = 500, test: int = 2000, *, rng: np.random.Generator
) -> DateSplit:
    """Draw days, and for each a language and one of its styles, all evenly.

    Of all days from 1969 to 2068 a tenth is for tests and a twentieth for validation, so that no day of a test was
    learned in any style.

    Parameters
    ----------
    split : {"days", "combinations", "locales"}
        See `SPLITS`. For "combinations" each language and month has one style that is never learned; every month's name is
        learned in the language's other styles.
    train, validation, test : int
        How many examples each part has.
    rng : numpy.random.Generator
        The same state gives the same split.

    Raises
    ------
    ValueError
        If the split is unknown.
    ModuleNotFoundError
        If Babel is not installed.
    """
    if split not in SPLITS:
        raise ValueError(f"split: expected one of {', '.join(SPLITS)}, got {split!r}")
    styles: defaultdict[str, list[Style]] = defaultdict(list)
    for style in all_styles():
        styles[style.locale].append(style)
    days = rng.permutation(_DAYS)
    parts = np.split(days, [_DAYS // 10, _DAYS // 10 + _DAYS // 20])
    drawn = {
        name: [_draw(split, part_days, styles, name == "test", rng) for _ in range(count)]
        for name, part_days, count in zip(
            ("test", "validation", "train"), parts, (test, validation, train), strict=True
        )
    }
    return DateSplit(**drawn)


def _draw(
    split: str, days: Array, styles: Mapping[str, list[Style]], tested: bool, rng: np.random.Generator
) -> DateExample:
    date = FIRST + datetime.timedelta(days=int(days[rng.integers(len(days))]))
    locales = list(styles)
    if split == "locales":
        locales = [locale for locale in locales if (locale in HELD_OUT_LOCALES) == tested]
    choice = styles[locales[rng.integers(len(locales))]]
    if split == "combinations":
        held_out = date.month % len(choice)
        choice = [style for place, style in enumerate(choice) if (place == held_out) == tested]
    style = choice[rng.integers(len(choice))]
    text, spans = style.write(date)
    return DateExample(date, style, text, spans)

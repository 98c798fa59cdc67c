"""Reading a date by a rule: the rival of the model that knows what a date is, but no language."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from .examples import DateExample
from .styles import FIRST

_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")
_SURE = 0.9


class DateRule:
    """Names of months are looked up, and numbers taken for what they must be.

    A word names a month if nine in ten of its occurrences in training are in that month. Of the numbers, that of four
    digits is the year, else the last; the others are month and day behind a year, day and month before it, and a month
    above twelve is a day.
    """

    def __init__(self, train: Sequence[DateExample]) -> None:
        months: defaultdict[str, Counter[int]] = defaultdict(Counter)
        for example in train:
            for word in _words(example.text):
                months[word][example.date.month] += 1
        self._months = {}
        for word, counts in months.items():
            month, count = counts.most_common(1)[0]
            if count >= _SURE * counts.total():
                self._months[word] = month

    def __call__(self, text: str) -> str:
        """The date in ISO 8601; empty where the rule finds none."""
        named = [self._months[word] for word in _words(text) if word in self._months]
        numbers = _NUMBER.findall(text)
        if len(numbers) < (2 if named else 3):
            return ""
        place = next((place for place, number in enumerate(numbers) if len(number) == 4), len(numbers) - 1)
        year, rest = int(numbers[place]), [int(number) for number in numbers[:place] + numbers[place + 1 :]]
        if len(numbers[place]) == 2:
            year += 1900 if year >= FIRST.year % 100 else 2000
        if named:
            month, day = named[0], rest[0]
        else:
            month, day = rest[:2] if place == 0 else (rest[1], rest[0])
            if month > 12:
                month, day = day, month
        return f"{year:04}-{month:02}-{day:02}"


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())

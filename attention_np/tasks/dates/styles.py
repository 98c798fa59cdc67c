"""How dates are written in twenty languages: the styles of Unicode's CLDR, as Babel brings them.

The string alone must say the date. *04/05/2006* does not: it is in May where the day comes first, and in April where
the month does. Two cures are at hand: to put the language before the string, or to leave such styles out. They are left
out, for a model that has to be told the language cannot be asked about one that it never met, which is the hardest
test here; and because a reader has no such token either. A style goes if another style, of any of the languages, could
have written one of its strings for another day. No list is kept: each style is held against all others, on days whose
parts can be taken for one another. The weekday's name counts: *Thu, 5/4/2006* has one reading, since only English
writes *Thu*.

A year may have two digits; POSIX says which century is meant (69 to 99 the twentieth, 00 to 68 the twenty-first), and
`FIRST` and `LAST` are the days for which that is true.
"""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

LOCALES = tuple("cs da de el en es fi fr hu id it ja ko nl pl pt ru sv tr zh".split())
FIRST, LAST = datetime.date(1969, 1, 1), datetime.date(2068, 12, 31)

_FORMATS = ("full", "long", "medium", "short")
_SKELETONS = ("GyMMMd", "yMMMEd", "yMEd", "yMd")
# Day 4 and year 06 can be taken for months, and every month of numbers for a day.
_PROBES = tuple(datetime.date(2006, month, 4) for month in range(1, 13))
_PART_OF_LETTER = {"y": "year", "M": "month", "L": "month", "d": "day"}


class Span(NamedTuple):
    """Where a part of the date stands in the string: from `start` to before `stop`."""

    start: int
    stop: int


class Style(NamedTuple):
    """A pattern of CLDR in a language, as ``d. MMMM y`` in ``de``."""

    locale: str
    pattern: str

    def write(self, date: datetime.date) -> tuple[str, Mapping[str, Span]]:
        """The date in this style, and where its year, month and day stand in it."""
        fields = _babel().dates.DateTimeFormat(date, _locale(self.locale))
        text, spans = "", {}
        for kind, token in _tokens(self.pattern):
            written = token if kind == "chars" else fields[token[0] * token[1]]
            if kind == "field" and token[0] in _PART_OF_LETTER:
                spans[_PART_OF_LETTER[token[0]]] = Span(len(text), len(text) + len(written))
            text += written
        return text, spans


@functools.cache
def all_styles() -> tuple[Style, ...]:
    """Every style of the twenty languages whose strings have one reading, each once, in order.

    Raises
    ------
    ModuleNotFoundError
        If Babel is not installed.
    """
    styles = [style for locale in LOCALES for style in _styles_of(locale)]
    readers = [(style, _reader(style)) for style in styles]
    return tuple(style for style in styles if not _misread(style, readers))


def _styles_of(locale: str) -> list[Style]:
    found = _locale(locale)
    patterns = [found.date_formats[name].pattern for name in _FORMATS]
    patterns += [found.datetime_skeletons[name].pattern for name in _SKELETONS]
    return [Style(locale, pattern) for pattern in dict.fromkeys(patterns)]


def _misread(style: Style, readers: list[tuple[Style, re.Pattern[str]]]) -> bool:
    """Whether some style reads a string of this one as another day."""
    for date in _PROBES:
        text, _ = style.write(date)
        for other, expression in readers:
            match = expression.fullmatch(text)
            if match is not None and _date_of(match, other) != (date.year, date.month, date.day):
                return True
    return False


def _reader(style: Style) -> re.Pattern[str]:
    """An expression for the strings of a style, with a group for each part of the date."""
    expression = ""
    for kind, token in _tokens(style.pattern):
        if kind == "chars":
            expression += re.escape(token)
            continue
        letter, width = token
        if letter == "y":
            expression += r"(?P<year>\d\d)" if width == 2 else r"(?P<year>\d{4})"
        elif letter == "d" or (letter in "ML" and width < 3):
            expression += rf"(?P<{_PART_OF_LETTER[letter]}>\d\d)" if width == 2 else rf"(?P<{_PART_OF_LETTER[letter]}>\d\d?)"
        else:
            names = {_name(style.locale, date, letter, width) for date in _days_of_all_names()}
            group = "(?P<month>{})" if letter in "ML" else "(?:{})"
            expression += group.format("|".join(map(re.escape, sorted(names))))
    return re.compile(expression)


def _date_of(match: re.Match[str], style: Style) -> tuple[int, int, int]:
    year, month, day = int(match["year"]), match["month"], int(match["day"])
    if year < 100:
        year += 1900 if year >= FIRST.year % 100 else 2000
    if not month.isdecimal():
        field = next(token for kind, token in _tokens(style.pattern) if token[0] in "ML")
        month = next(date.month for date in _PROBES if _name(style.locale, date, *field) == month)
    return year, int(month), day


@functools.cache
def _tokens(pattern: str) -> list[tuple[str, Any]]:
    """The pattern in pieces: ("chars", a string) and ("field", (its letter, how often it is repeated))."""
    tokens: list[tuple[str, Any]] = _babel().dates.tokenize_pattern(pattern)
    return tokens


def _name(locale: str, date: datetime.date, letter: str, width: int) -> str:
    name: str = _babel().dates.DateTimeFormat(date, _locale(locale))[letter * width]
    return name


@functools.cache
def _days_of_all_names() -> tuple[datetime.date, ...]:
    """Days that bring every month, and every day of the week."""
    return (*_PROBES, *(datetime.date(2006, 5, day) for day in range(1, 8)))


@functools.cache
def _locale(name: str) -> Any:
    return _babel().Locale.parse(name)


@functools.cache
def _babel() -> Any:
    try:
        import babel.dates
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "Babel is not installed; dates need it: pip install 'attention-np[tasks,dates]'"
        ) from None
    return babel


def babel_version() -> str:
    """The version of Babel, whose data the dates are written with."""
    version: str = _babel().__version__
    return version

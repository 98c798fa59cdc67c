"""English number words and their German translation, with the true alignment between the two.

The task of act one: *five hundred and twenty-one* becomes *fünf hundert ein und zwanzig*. The languages
disagree on the order of ones and tens, so a translator has to look back and forth, and since a program makes
both sides, it is known for every German word which English word it translates: attention can be *scored*, not
only looked at.

The rules:

- Numbers are 0 to 999,999. English is British (*and* after the hundreds), without commas, hyphens split.
- German is the standard written word cut into the names of digits, teens and tens, *hundert*, *tausend* and
  *und*. Teens and tens stay whole (*dreizehn*, *sechzehn*, *dreißig*), as *thirteen* and *thirty* do in
  English, so that no English word is translated by two German ones. 1 is *eins* at the very end of the number
  and *ein* elsewhere: *ein hundert*, *ein und zwanzig*, *ein hundert ein tausend*. The one before *hundert*
  and *tausend* is always said.
- Every German word has exactly one English counterpart, except *und*, which has none: German says it between
  ones and tens, where English has a hyphen, and English says *and* after the hundreds, where German has
  nothing.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

LIMIT = 1_000_000

_ENGLISH_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)
_ENGLISH_TENS = ("-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_GERMAN_SMALL = (
    "null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun",
    "zehn", "elf", "zwölf", "dreizehn", "vierzehn",
    "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn",
)
_GERMAN_TENS = (
    "-", "-", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig",
)


class NumberPair(NamedTuple):
    """A number in both languages.

    Attributes
    ----------
    number : int
    source, target : tuple of str
        The English words, and the German (or the French) ones.
    alignment : tuple of (int or None)
        For each word of `target` the index in `source` of the English word that it translates; None for *und*.
    """

    number: int
    source: tuple[str, ...]
    target: tuple[str, ...]
    alignment: tuple[int | None, ...]


class Split(NamedTuple):
    """Three lists of pairs that have no number in common."""

    train: list[NumberPair]
    validation: list[NumberPair]
    test: list[NumberPair]


class AlignmentScore(NamedTuple):
    """How well attention found the true counterparts; see `alignment_accuracy`."""

    accuracy: float
    share_scored: float
    mean_peak: float


def number_pair(n: int) -> NumberPair:
    """Say `n` in English and in German, and which word translates which.

    Parameters
    ----------
    n : int
        From 0 to 999,999.

    Raises
    ------
    TypeError
        If `n` is not an integer.
    ValueError
        If `n` is out of range.
    """
    if isinstance(n, bool):
        raise TypeError(f"n: expected an integer from 0 to {LIMIT - 1:,}, got the boolean {n}")
    try:
        number = operator.index(n)
    except TypeError:
        raise TypeError(f"n: expected an integer from 0 to {LIMIT - 1:,}, got {type(n).__name__}") from None
    if not 0 <= number < LIMIT:
        raise ValueError(f"n: expected an integer from 0 to {LIMIT - 1:,}, got {number:,}")

    source: list[str] = []
    target: list[tuple[str, int | None]] = []
    thousands, rest = divmod(number, 1000)
    if thousands:
        _say_below_thousand(thousands, source, target, one="ein")
        _say("thousand", "tausend", source, target)
    if rest or not thousands:
        if thousands and rest < 100:
            source.append("and")
        _say_below_thousand(rest, source, target, one="eins")
    return NumberPair(
        number, tuple(source), tuple(word for word, _ in target), tuple(index for _, index in target)
    )


def _say_below_thousand(
    n: int, source: list[str], target: list[tuple[str, int | None]], one: str
) -> None:
    """Append 0 <= n < 1000; `one` is the German word for a final 1."""
    hundreds, rest = divmod(n, 100)
    if hundreds:
        _say(_ENGLISH_SMALL[hundreds], "ein" if hundreds == 1 else _GERMAN_SMALL[hundreds], source, target)
        _say("hundred", "hundert", source, target)
        if not rest:
            return
        source.append("and")
    tens, ones = divmod(rest, 10)
    if rest < 20:
        _say(_ENGLISH_SMALL[rest], one if rest == 1 else _GERMAN_SMALL[rest], source, target)
    elif not ones:
        _say(_ENGLISH_TENS[tens], _GERMAN_TENS[tens], source, target)
    else:
        source += [_ENGLISH_TENS[tens], _ENGLISH_SMALL[ones]]
        target += [
            ("ein" if ones == 1 else _GERMAN_SMALL[ones], len(source) - 1),
            ("und", None),
            (_GERMAN_TENS[tens], len(source) - 2),
        ]


def _say(
    english_word: str, german_word: str, source: list[str], target: list[tuple[str, int | None]]
) -> None:
    source.append(english_word)
    target.append((german_word, len(source) - 1))


def english(n: int) -> tuple[str, ...]:
    """The English words of `n`, as in `number_pair`."""
    return number_pair(n).source


def german(n: int) -> tuple[str, ...]:
    """The German words of `n`, as in `number_pair`."""
    return number_pair(n).target


def draw_split(
    train: int = 6000,
    test: int = 1500,
    validation: int = 500,
    *,
    rng: np.random.Generator,
    below: int = LIMIT,
    pair: Callable[[int], NumberPair] = number_pair,
) -> Split:
    """Draw different numbers for training, validation and test.

    Drawn evenly, nine numbers in ten would have six digits. Here each length, from one digit to six, has an
    equal share of the draw; where there are fewer numbers of a length than its share, all of them are taken
    and the other lengths divide what is left (of 8,000 numbers: 10, 90, 900, 2334, 2333 and 2333). The draw
    is then divided at random, so that every part mixes the lengths alike; only zero always goes to training,
    because its words occur in no other number.

    Parameters
    ----------
    train, test, validation : int
        How many numbers each part has; training at least one.
    rng : numpy.random.Generator
        The same state gives the same split.
    below : int
        Numbers are drawn from 0 to `below` - 1.
    pair : callable
        From a number to its words in two languages.

    Raises
    ------
    ValueError
        If a count is negative, `train` is 0, `below` is out of range, or there are fewer numbers below it.
    """
    for name, count, least in (("train", train, 1), ("test", test, 0), ("validation", validation, 0)):
        if count < least:
            raise ValueError(f"{name}: expected at least {least} numbers, got {count}")
    if not 1 <= below <= LIMIT:
        raise ValueError(f"below: expected 1 to {LIMIT:,}, got {below:,}")
    total = train + test + validation
    if total > below:
        raise ValueError(
            f"train, test, validation: expected at most {below:,} different numbers below {below:,}, "
            f"got {total:,} together; draw fewer or raise below"
        )

    lengths = [range(10**d, min(10 ** (d + 1), below)) for d in range(6) if 10**d < below]
    drawn = [np.empty(0, dtype=np.int64)]
    left = total - 1  # zero is set aside
    # From the fewest to the most, so that what a length lacks is left to those that have enough.
    for position, numbers in enumerate(sorted(lengths, key=len)):
        share = -(-left // (len(lengths) - position))
        drawn.append(numbers.start + rng.choice(len(numbers), min(share, len(numbers)), replace=False))
        left -= len(drawn[-1])
    pairs = [pair(n) for n in rng.permutation(np.concatenate(drawn))]
    in_training = [pair(0), *pairs[: train - 1]]
    return Split(
        [in_training[index] for index in rng.permutation(train)],
        pairs[train - 1 : train - 1 + validation],
        pairs[train - 1 + validation :],
    )


def draw_six_digits(
    count: int, *, rng: np.random.Generator, pair: Callable[[int], NumberPair] = number_pair
) -> list[NumberPair]:
    """Different numbers from 100,000 to 999,999: longer than all below, for a model that learned from those alone."""
    return [pair(n) for n in 100_000 + rng.choice(LIMIT - 100_000, count, replace=False)]


def alignment_accuracy(weights: Sequence[ArrayLike], pairs: Sequence[NumberPair]) -> AlignmentScore:
    """Score attention against the true alignment.

    A German word is *scored* if it has one English counterpart, that is, unless it is *und*. It counts as
    right if the greatest weight in its row lies on that counterpart alone: a tie is a miss, so that weights
    which look nowhere in particular earn nothing.

    Parameters
    ----------
    weights : sequence of array
        For each pair an array with a row for every German word and a column for every English word, in their
        order. Further rows (of an end mark) are not scored; further columns (of an end mark, of padding) are:
        a weight that is greatest there is a miss.
    pairs : sequence of NumberPair
        As many as there are arrays.

    Returns
    -------
    AlignmentScore
        ``accuracy``: right words per scored word; ``share_scored``: scored words per German word;
        ``mean_peak``: the mean over the scored words of the greatest weight in their row. All in [0, 1].

    Raises
    ------
    ValueError
        If the counts differ or are 0, an array is too small for its pair, or a weight is not a finite number.
    """
    if len(weights) != len(pairs) or not pairs:
        raise ValueError(
            f"weights: expected one array for each pair and at least one, got {len(weights)} for {len(pairs)}"
        )
    right = scored = words = 0
    peaks = 0.0
    for index, (given, pair) in enumerate(zip(weights, pairs, strict=True)):
        array = np.asarray(given)
        least = (len(pair.target), len(pair.source))
        if array.ndim != 2 or array.shape[0] < least[0] or array.shape[1] < least[1]:
            raise ValueError(
                f"weights[{index}]: expected a shape of at least {least} for {pair.number:,}, "
                f"got {array.shape}"
            )
        if not np.isfinite(array).all():
            first = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            raise ValueError(f"weights[{index}]: expected finite weights, got {array[first]} at {first}")
        words += len(pair.target)
        for row, counterpart in zip(array, pair.alignment, strict=False):
            if counterpart is not None:
                scored += 1
                right += int(np.count_nonzero(row >= row[counterpart]) == 1)
                peaks += float(row.max())
    return AlignmentScore(right / scored, scored / words, peaks / scored)

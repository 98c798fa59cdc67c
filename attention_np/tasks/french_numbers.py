"""English number words and their French translation, with the true alignment between the two.

French is the standard written word cut at its hyphens: *quatre-vingt-dix-sept* is four words, of which *quatre*, *vingt* and
*dix* translate *ninety*, and *sept* translates *seven*. One English word may so be translated by up to three French ones, which
German (`number_words`) never asks for. The rules that make French hard:

- 70 to 79 count on from sixty, 80 to 99 from four twenties: *soixante dix*, *quatre vingt dix*.
- *et* stands before the one of 21 to 61 and before the eleven of 71, and nowhere else; it has no English counterpart.
- *onze* to *seize* in 71 to 76 and 91 to 96 say the ten of *seventy* or *ninety* and the ones at once. They have two counterparts,
  so none is the right one, and they are not scored.
- *cent* and *vingt* take an s when they are multiplied and end the number: *deux cents*, *quatre vingts*, and yet *deux cent un*,
  *quatre vingt mille*. One hundred is *cent*, one thousand *mille*, without *un*.

Source: Académie française, "L'accord des numéraux cardinaux"; held against num2words in the tests.
"""

from __future__ import annotations

from .number_words import NumberPair, english

_SMALL = (
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf",
    "dix", "onze", "douze", "treize", "quatorze", "quinze", "seize",
)  # fmt: skip
_TENS = ("-", "dix", "vingt", "trente", "quarante", "cinquante", "soixante")

_Target = list[tuple[str, int | None]]


def french_pair(n: int) -> NumberPair:
    """Say `n`, 0 to 999,999, in English and in French, and which word translates which.

    Raises
    ------
    TypeError, ValueError
        As `number_pair`.
    """
    source = english(n)
    places = [place for place, word in enumerate(source) if word != "and"]
    thousands, rest = divmod(n, 1000)
    target: _Target = []
    if thousands:
        thousand = source.index("thousand")
        if thousands > 1:
            target += _below_thousand(thousands, [place for place in places if place < thousand], last=False)
        target.append(("mille", thousand))
        places = [place for place in places if place > thousand]
    if rest or not thousands:
        target += _below_thousand(rest, places, last=True)
    words, alignment = zip(*target, strict=True)
    return NumberPair(int(n), source, words, alignment)


def _below_thousand(n: int, places: list[int], last: bool) -> _Target:
    """Say 0 <= n < 1000; `places` are those of its English words, `last` says that nothing follows it."""
    hundreds, rest = divmod(n, 100)
    target: _Target = []
    if hundreds:
        digit, hundred, *places = places
        if hundreds > 1:
            target.append((_SMALL[hundreds], digit))
        target.append(("cents" if hundreds > 1 and not rest and last else "cent", hundred))
    if rest or not hundreds:
        target += _below_hundred(rest, places, last)
    return target


def _below_hundred(n: int, places: list[int], last: bool) -> _Target:
    """Say 0 <= n < 100, whose English is one word, or one for the tens and one for the ones."""
    first, ones = places[0], places[-1]
    if n <= 16:
        return [(_SMALL[n], first)]
    if n <= 19:
        return [("dix", first), (_SMALL[n - 10], first)]
    if n >= 80:
        twenties = [("quatre", first), ("vingts" if n == 80 and last else "vingt", first)]
        return [*twenties, *_counted_on(n - 80, first, ones)]
    base = min(n // 10, 6)
    link = [("et", None)] if n % 10 == 1 else []
    return [(_TENS[base], first), *link, *_counted_on(n - 10 * base, first, ones)]


def _counted_on(n: int, tens: int, ones: int) -> _Target:
    """What follows sixty, four twenties or other tens: 0 <= n < 20; the ten in it belongs to the English tens."""
    if n == 0:
        return []
    if n < 10:
        return [(_SMALL[n], ones)]
    if n == 10:
        return [("dix", tens)]
    if n <= 16:
        return [(_SMALL[n], None)]
    return [("dix", tens), (_SMALL[n - 10], ones)]

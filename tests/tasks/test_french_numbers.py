"""French number words: the standard spelling, and which English word each of them translates."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np.tasks.french_numbers import french_pair


@settings(derandomize=True, deadline=None, max_examples=2000)
@given(st.integers(0, 999_999))
def test_the_words_are_those_of_num2words(n: int) -> None:
    num2words = pytest.importorskip("num2words").num2words
    assert list(french_pair(n).target) == num2words(n, lang="fr").replace("-", " ").split()


def test_all_numbers_below_two_thousand_are_those_of_num2words() -> None:
    num2words = pytest.importorskip("num2words").num2words
    for n in range(2000):
        assert " ".join(french_pair(n).target) == num2words(n, lang="fr").replace("-", " ")


@pytest.mark.parametrize(
    ("n", "translates"),
    [
        (97, {"quatre": "ninety", "vingt": "ninety", "dix": "ninety", "sept": "seven"}),
        (71, {"soixante": "seventy", "et": None, "onze": None}),
        (21, {"vingt": "twenty", "et": None, "un": "one"}),
        (18, {"dix": "eighteen", "huit": "eighteen"}),
        (1100, {"mille": "thousand", "cent": "hundred"}),
        (280, {"deux": "two", "cent": "hundred", "quatre": "eighty", "vingts": "eighty"}),
        (34_000, {"trente": "thirty", "quatre": "four", "mille": "thousand"}),
        (0, {"zéro": "zero"}),
    ],
)
def test_each_word_translates_its_english_counterpart(n: int, translates: dict[str, str | None]) -> None:
    pair = french_pair(n)
    said = [None if place is None else pair.source[place] for place in pair.alignment]
    assert dict(zip(pair.target, said, strict=True)) == translates


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 999_999))
def test_every_english_word_but_and_and_a_silent_one_is_translated(n: int) -> None:
    pair = french_pair(n)
    silent = {word for place, word in enumerate(pair.source) if place not in pair.alignment}
    # One is silent before hundred and thousand; tens-and-ones that French says in one word have no single counterpart.
    both = any(word in ("onze", "douze", "treize", "quatorze", "quinze", "seize") for word in pair.target)
    assert silent <= ({"and", "one"} | ({"two", "three", "four", "five", "six"} if both else set()))


@pytest.mark.parametrize("n", [-1, 1_000_000])
def test_numbers_out_of_range_are_refused(n: int) -> None:
    with pytest.raises(ValueError, match="n: expected an integer from 0 to 999,999"):
        french_pair(n)

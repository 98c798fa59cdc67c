"""Number words: against num2words, the alignment word by word, the split, and the alignment's score."""

from __future__ import annotations

import numpy as np
import pytest

from attention_np.tasks.number_baseline import word_by_word
from attention_np.tasks.number_words import (
    alignment_accuracy,
    draw_six_digits,
    draw_split,
    english,
    german,
    number_pair,
)

num2words = pytest.importorskip("num2words").num2words

MANY_NUMBERS = [
    *range(2000),
    *(1000 * n for n in range(2, 1000)),
    *(1000 * n + 1 for n in range(2, 1000, 7)),
    *(int(n) for n in np.random.default_rng(5).integers(2000, 1_000_000, 3000)),
    999_999,
]

# The dictionary of the two languages, independent of the position in the number.
MEANING = {
    "ein": "one", "eins": "one", "zwei": "two", "drei": "three", "vier": "four", "fünf": "five",
    "sechs": "six", "sieben": "seven", "acht": "eight", "neun": "nine", "zehn": "ten",
    "elf": "eleven", "zwölf": "twelve",
    "dreizehn": "thirteen", "vierzehn": "fourteen", "fünfzehn": "fifteen", "sechzehn": "sixteen",
    "siebzehn": "seventeen", "achtzehn": "eighteen", "neunzehn": "nineteen", "zwanzig": "twenty",
    "dreißig": "thirty", "vierzig": "forty", "fünfzig": "fifty", "sechzig": "sixty", "siebzig": "seventy",
    "achtzig": "eighty", "neunzig": "ninety", "hundert": "hundred", "tausend": "thousand", "null": "zero",
}  # fmt: skip


def test_english_is_what_num2words_says():
    for n in MANY_NUMBERS:
        assert list(english(n)) == num2words(n).replace(",", "").replace("-", " ").split(), n


def test_german_morphemes_joined_are_the_standard_word():
    for n in MANY_NUMBERS:
        # num2words says "einhunderteinstausend"; the standard word is "einhunderteintausend".
        assert "".join(german(n)) == num2words(n, lang="de").replace("einstausend", "eintausend"), n


def test_the_example_of_the_task():
    pair = number_pair(521)
    assert pair.source == ("five", "hundred", "and", "twenty", "one")
    assert pair.target == ("fünf", "hundert", "ein", "und", "zwanzig")
    assert pair.alignment == (0, 1, 4, None, 3)


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (0, "null"),
        (1, "eins"),
        (13, "dreizehn"),
        (16, "sechzehn"),
        (17, "siebzehn"),
        (31, "ein und dreißig"),
        (101, "ein hundert eins"),
        (1000, "ein tausend"),
        (101_001, "ein hundert ein tausend eins"),
        (121_116, "ein hundert ein und zwanzig tausend ein hundert sechzehn"),
        (617_066, "sechs hundert siebzehn tausend sechs und sechzig"),
    ],
)
def test_german_is_cut_into_morphemes(n, words):
    assert german(n) == tuple(words.split())


def test_the_alignment_joins_words_of_the_same_meaning_and_only_und_stands_alone():
    for n in MANY_NUMBERS:
        pair = number_pair(n)
        counterparts = [index for index in pair.alignment if index is not None]
        for word, index in zip(pair.target, pair.alignment, strict=True):
            if index is None:
                assert word == "und"
            else:
                assert pair.source[index] == MEANING[word]
        # One to one, and on the English side only "and" is left over.
        assert len(set(counterparts)) == len(counterparts)
        left_over = set(range(len(pair.source))) - set(counterparts)
        assert {pair.source[index] for index in left_over} <= {"and"}


def test_a_word_said_twice_is_aligned_in_its_own_half():
    pair = number_pair(555_555)
    assert " ".join(pair.source) == "five hundred and fifty five thousand five hundred and fifty five"
    assert " ".join(pair.target) == "fünf hundert fünf und fünfzig tausend fünf hundert fünf und fünfzig"
    assert pair.alignment == (0, 1, 4, None, 3, 5, 6, 7, 10, None, 9)


@pytest.mark.parametrize("n", [-1, 1_000_000])
def test_a_number_out_of_range_is_refused(n):
    with pytest.raises(ValueError, match=f"n: expected an integer from 0 to 999,999, got {n:,}"):
        number_pair(n)


@pytest.mark.parametrize("n", [True, 2.0, "7", None])
def test_what_is_not_an_integer_is_refused(n):
    with pytest.raises(TypeError, match="n: expected an integer"):
        number_pair(n)


def test_numpy_integers_are_numbers():
    assert number_pair(np.int32(521)) == number_pair(521)
    assert type(number_pair(np.int64(3)).number) is int


def test_the_parts_of_a_split_share_no_number():
    split = draw_split(rng=np.random.default_rng(1))
    assert [len(part) for part in split] == [6000, 500, 1500]
    numbers = [pair.number for part in split for pair in part]
    assert len(set(numbers)) == len(numbers) == 8000
    assert all(pair == number_pair(pair.number) for pair in split.test)


def test_each_length_has_an_equal_share_as_far_as_there_are_enough_numbers():
    split = draw_split(rng=np.random.default_rng(2))
    lengths = [len(str(pair.number)) for part in split for pair in part]
    assert np.bincount(lengths).tolist() == [0, 10, 90, 900, 2334, 2333, 2333]
    in_test = np.bincount([len(str(pair.number)) for pair in split.test], minlength=7) / 1500
    assert abs(in_test[3] - 900 / 8000) < 0.03
    assert abs(in_test[6] - 2333 / 8000) < 0.04


def test_all_words_of_both_languages_occur_in_training():
    split = draw_split(rng=np.random.default_rng(3))
    for side in ("source", "target"):
        words = [{word for pair in part for word in getattr(pair, side)} for part in split]
        assert words[2] <= words[0] and words[1] <= words[0]
        assert len(words[0]) == {"source": 31, "target": 32}[side]


@pytest.mark.parametrize("seed", range(20))
def test_zero_is_always_in_training(seed):
    split = draw_split(20, 30, 10, rng=np.random.default_rng(seed))
    assert 0 in {pair.number for pair in split.train}


def test_the_same_seed_draws_the_same_split_and_another_seed_another():
    splits = [draw_split(200, 50, rng=np.random.default_rng(seed)) for seed in (4, 4, 5)]
    assert splits[0] == splits[1] != splits[2]


@pytest.mark.parametrize("below", [1, 2, 9, 11, 103, 150, 1000, 1234])
def test_everything_below_a_bound_can_be_drawn(below):
    split = draw_split(below - below // 3, below // 3, 0, rng=np.random.default_rng(6), below=below)
    assert sorted(pair.number for part in split for pair in part) == list(range(below))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"train": 0}, "train: expected at least 1"),
        ({"test": -1}, "test: expected at least 0"),
        ({"validation": -3}, "validation: expected at least 0"),
        ({"below": 0}, "below: expected 1 to 1,000,000, got 0"),
        ({"below": 2_000_000}, "below: expected 1 to 1,000,000, got 2,000,000"),
        ({"train": 60, "test": 30, "validation": 11, "below": 100}, "at most 100 different .* got 101"),
    ],
)
def test_an_impossible_split_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw_split(rng=np.random.default_rng(0), **arguments)


def true_weights(pair, peak):
    """Attention with `peak` on each true counterpart and on the first word for *und*; the rest is even."""
    columns = len(pair.source)
    weights = np.full((len(pair.target), columns), (1 - peak) / max(columns - 1, 1))
    for row, index in enumerate(pair.alignment):
        weights[row, index or 0] = peak
    return weights


def test_attention_on_the_true_counterparts_scores_one():
    pairs = [number_pair(n) for n in (521, 16_032, 999_999)]
    score = alignment_accuracy([true_weights(pair, 0.75) for pair in pairs], pairs)
    words = [word for pair in pairs for word in pair.target]
    assert score.accuracy == 1
    assert score.share_scored == pytest.approx(1 - words.count("und") / len(words))
    assert score.mean_peak == pytest.approx(0.75)


def test_only_the_words_that_have_a_counterpart_are_scored():
    pair = number_pair(521)
    weights = true_weights(pair, 0.9)
    weights[3] = [0.02, 0.9, 0.02, 0.04, 0.02]  # und
    assert alignment_accuracy([weights], [pair]) == (1.0, 4 / 5, pytest.approx(0.9))
    weights[2] = [0.6, 0.1, 0.1, 0.1, 0.1]  # "ein" looks at "five"
    assert alignment_accuracy([weights], [pair]) == (3 / 4, 4 / 5, pytest.approx(0.825))


def test_weights_that_look_nowhere_earn_nothing():
    pair = number_pair(521)
    assert alignment_accuracy([np.full((5, 5), 0.2)], [pair]) == (0.0, 0.8, pytest.approx(0.2))


def test_rows_of_an_end_mark_are_not_scored_and_columns_of_an_end_mark_are_misses():
    pair = number_pair(16)
    assert alignment_accuracy([[[0.3, 0.7], [0.9, 0.1]]], [pair]) == (0.0, 1.0, 0.7)
    assert alignment_accuracy([[[0.8, 0.2], [0.1, 0.9]]], [pair]) == (1.0, 1.0, 0.8)


def test_every_word_counts_alike_whatever_the_length_of_its_number():
    short, long = number_pair(7), number_pair(555_555)
    weights = [np.array([[1.0]]), np.roll(true_weights(long, 0.5), 1, axis=1)]
    assert alignment_accuracy(weights, [short, long]).accuracy == pytest.approx(1 / 10)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([], "one array for each pair and at least one, got 0 for 1"),
        ([np.ones((4, 5))], r"weights\[0\]: expected a shape of at least \(5, 5\) for 521, got \(4, 5\)"),
        ([np.ones((5, 4))], "got .5, 4."),
        ([np.ones((2, 5, 5))], "got .2, 5, 5."),
        ([np.where(np.eye(5)[::-1] > 0, np.nan, 0.1)], r"finite weights, got nan at \(0, 4\)"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        alignment_accuracy(weights, [number_pair(521)])


def test_no_pairs_are_refused():
    with pytest.raises(ValueError, match="at least one, got 0 for 0"):
        alignment_accuracy([], [])


def test_six_digits_are_drawn_once_each_and_have_six_digits():
    pairs = draw_six_digits(300, rng=np.random.default_rng(2))
    numbers = [pair.number for pair in pairs]
    assert len(set(numbers)) == 300 and min(numbers) >= 100_000 and max(numbers) <= 999_999
    assert pairs[0] == number_pair(numbers[0])


def test_a_dictionary_alone_fails_where_the_languages_order_words_differently():
    translate = word_by_word([number_pair(n) for n in range(1, 1000)])
    assert translate(english(700)) == list(german(700))
    assert translate(english(720)) == list(german(720))
    assert translate(english(725)) == ["sieben", "hundert", "zwanzig", "fünf"] != list(german(725))

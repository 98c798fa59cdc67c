"""Dates are learned on a small scale, and attention is scored as it should be."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

pytest.importorskip("babel")

from attention_np.tasks.dates.alignment import date_alignment, looked_at  # noqa: E402
from attention_np.tasks.dates.examples import DateExample, DateSplit, draw_dates  # noqa: E402
from attention_np.tasks.dates.model import score_dates, score_rule, train_dates  # noqa: E402
from attention_np.tasks.dates.rule import DateRule  # noqa: E402
from attention_np.tasks.dates.styles import Style  # noqa: E402
from attention_np.tasks.transducer import TransducerSettings  # noqa: E402


def example(style, date=datetime.date(1981, 11, 25)):
    return DateExample(date, style, *style.write(date))


ENGLISH = example(Style("en", "EEEE, MMMM d, y"))
GERMAN = example(Style("de", "dd.MM.yy"))


def pointing(example, places):
    """Weights of 0.8 on these places, the rest spread evenly."""
    weights = np.full((11, len(example.text)), 0.2 / len(example.text))
    for row, place in zip(weights, places, strict=True):
        row[place] += 0.8
    return weights


def test_attention_on_every_part_is_all_right_and_on_its_very_digits_too():
    assert ENGLISH.text == "Wednesday, November 25, 1981"
    weights = pointing(ENGLISH, [24, 25, 26, 27, 0, 11, 12, 0, 20, 21, 0])
    score = date_alignment([weights], [ENGLISH])
    assert (score.year, score.month, score.day, score.fields, score.digits) == (1, 1, 1, 1, 1)
    assert score.mean_peak == pytest.approx(0.8 + 0.2 / 28)
    assert looked_at(weights[:4], ENGLISH.text) == "1981"


def test_attention_beside_a_part_is_wrong_and_on_another_digit_of_the_year_right_but_not_on_the_digit():
    score = date_alignment([pointing(ENGLISH, [24, 24, 26, 24, 0, 20, 12, 0, 23, 21, 0])], [ENGLISH])
    assert (score.year, score.month, score.day) == (1, 0.5, 0.5)
    assert score.digits == 0.5
    assert score.fields == pytest.approx(6 / 8)


def test_years_of_two_digits_have_a_span_but_no_digit_of_their_own():
    score = date_alignment([pointing(GERMAN, [6, 6, 6, 7, 5, 3, 4, 2, 0, 1, 0])], [GERMAN])
    assert (score.year, score.month, score.day, score.digits) == (1, 1, 1, 0)


def test_weights_that_look_nowhere_earn_nothing():
    score = date_alignment([np.full((11, 28), 1 / 28)], [ENGLISH])
    assert (score.year, score.month, score.day) == (0, 0, 0)
    assert score.mass == pytest.approx((4 * 4 + 2 * 8 + 2 * 2) / 28 / 8)


def some_languages(part):
    return [drawn for drawn in part if drawn.style.locale in ("de", "en", "fr", "ja")]


@pytest.fixture(scope="module")
def trained():
    drawn = draw_dates("days", 8000, 300, 1000, rng=np.random.default_rng(1))
    split = DateSplit(*(some_languages(part) for part in (drawn.train, drawn.validation, drawn.test)))
    settings = TransducerSettings(width=48, longest=12)
    transducer, result = train_dates(split, settings, seed=1, minutes=None, epochs=20, progress=False)
    assert result.history[-1]["loss"] < result.history[0]["loss"]
    return transducer, split


@pytest.mark.slow
def test_dates_never_seen_are_read_and_attention_finds_the_year(trained):
    transducer, split = trained
    score = score_dates(transducer, split.test)
    assert score.exact >= 0.75
    assert score.alignment.year >= 0.8
    right = [
        "".join(found.words) == tested.date.isoformat()
        for found, tested in zip(transducer.translate([tested.source for tested in split.test]), split.test, strict=True)
    ]
    assert score.exact == pytest.approx(np.mean(right))
    counts = {locale: sum(tested.style.locale == locale for tested in split.test) for locale in score.by_locale}
    assert sum(score.by_locale[locale] * count for locale, count in counts.items()) == pytest.approx(sum(right))


@pytest.mark.slow
def test_the_rule_is_scored_on_the_same_dates(trained):
    _, split = trained
    score = score_rule(DateRule(split.train), split.test)
    assert 0.9 < score.exact < 1 and score.alignment is None

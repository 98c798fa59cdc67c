"""The splits keep apart what they say, and the rule reads what a rule can."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("babel")

from attention_np.tasks.dates.examples import HELD_OUT_LOCALES, SPLITS, draw_dates  # noqa: E402
from attention_np.tasks.dates.rule import DateRule  # noqa: E402


@pytest.fixture(scope="module")
def splits():
    return {name: draw_dates(name, 6000, 200, 600, rng=np.random.default_rng(4)) for name in SPLITS}


@pytest.mark.parametrize("name", SPLITS)
def test_no_day_is_in_two_parts_and_each_has_its_size(splits, name):
    split = splits[name]
    days = [{example.date for example in part} for part in (split.train, split.validation, split.test)]
    assert days[0].isdisjoint(days[1]) and days[0].isdisjoint(days[2]) and days[1].isdisjoint(days[2])
    assert [len(part) for part in (split.train, split.validation, split.test)] == [6000, 200, 600]


def test_no_tested_combination_was_learned_and_every_name_of_a_month_was(splits):
    split = splits["combinations"]
    learned = {(example.style, example.date.month) for example in (*split.train, *split.validation)}
    tested = {(example.style, example.date.month) for example in split.test}
    assert learned.isdisjoint(tested)
    assert {style for style, _ in tested} <= {style for style, _ in learned}

    def month_names(part):
        written = {(example.style.locale, example.text[slice(*example.spans["month"])]) for example in part}
        return {(locale, month) for locale, month in written if not month.isdecimal()}

    assert month_names(split.test) <= month_names(split.train)


def test_the_tested_languages_were_not_learned(splits):
    split = splits["locales"]
    assert {example.style.locale for example in split.test} == set(HELD_OUT_LOCALES)
    assert len({example.style.locale for example in split.train}) == 20 - len(HELD_OUT_LOCALES)


def test_the_other_days_are_asked_in_all_languages(splits):
    assert len({example.style.locale for example in splits["days"].test}) == 20


def test_the_same_seed_draws_the_same_and_another_another(splits):
    again, other = (draw_dates("days", 6000, 200, 600, rng=np.random.default_rng(seed)) for seed in (4, 5))
    assert again == splits["days"] and again.sha256 == splits["days"].sha256
    assert other.sha256 != again.sha256


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match="split: expected one of days, combinations, locales, got 'hard'"):
        draw_dates("hard", rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Wednesday, November 25, 1981", "1981-11-25"),
        ("mercredi 25 novembre 1981", "1981-11-25"),
        ("25.11.81", "1981-11-25"),
        ("4.5.68", "2068-05-04"),
        ("1981年11月5日", "1981-11-05"),
        ("Wed, 11/25/1981", "1981-11-25"),
        ("1981-11-05", "1981-11-05"),
        ("no date", ""),
        ("25 novembre", ""),
    ],
)
def test_the_rule_looks_names_up_and_knows_what_numbers_can_be(splits, text, date):
    assert DateRule(splits["days"].train)(text) == date

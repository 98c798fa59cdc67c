"""How dates are written: as Babel writes them, with one reading each, and the parts where the spans say."""

from __future__ import annotations

import datetime
import subprocess
import sys

import pytest

babel_dates = pytest.importorskip("babel.dates")

from attention_np.tasks.dates.styles import FIRST, LAST, LOCALES, Style, all_styles  # noqa: E402

DAYS = [datetime.date(year, month, day) for year in (1981, 2006) for month in range(1, 13) for day in (4, 6, 12, 25)]


def test_there_are_twenty_languages_with_many_styles_each():
    assert len(LOCALES) == 20
    assert {style.locale for style in all_styles()} == set(LOCALES)
    assert len(set(all_styles())) == len(all_styles()) >= 120


def test_a_date_is_written_as_babel_writes_it():
    for style in all_styles():
        for date in DAYS[::7]:
            assert style.write(date)[0] == babel_dates.format_date(date, style.pattern, style.locale)


def test_no_string_stands_for_two_days():
    days: dict[str, datetime.date] = {}
    for style in all_styles():
        for date in DAYS:
            text, _ = style.write(date)
            assert days.setdefault(text, date) == date, (style, text)


@pytest.mark.parametrize(
    ("style", "stays"),
    [
        (Style("en", "M/d/yy"), False),
        (Style("fr", "dd/MM/y"), False),
        (Style("en", "E, M/d/y"), True),
        (Style("de", "dd.MM.yy"), True),
        (Style("ja", "y/MM/dd"), True),
    ],
)
def test_a_style_goes_if_another_could_have_written_it_for_another_day(style, stays):
    assert (style in all_styles()) == stays


def test_the_parts_stand_where_the_spans_say():
    for style in all_styles():
        for date in DAYS[::5]:
            text, spans = style.write(date)
            assert spans.keys() == {"year", "month", "day"}
            year, month, day = (text[slice(*spans[part])] for part in ("year", "month", "day"))
            assert int(year) in (date.year, date.year % 100)
            assert int(day) == date.day
            if month.isdecimal():
                assert int(month) == date.month
            else:
                names = [
                    babel_dates.get_month_names(width, context, style.locale)[date.month]
                    for width in ("wide", "abbreviated")
                    for context in ("format", "stand-alone")
                ]
                assert month in names


def test_a_year_of_two_digits_has_one_century():
    assert FIRST.year + 100 == LAST.year + 1
    assert len({(FIRST + datetime.timedelta(days=days)).year % 100 for days in range(0, 36525, 100)}) == 100


def test_babel_loads_when_a_date_is_first_written_and_its_absence_names_the_extra():
    code = (
        "import sys; import attention_np.cli.tasks.dates; from attention_np.tasks.dates.styles import all_styles\n"
        "assert 'babel' not in sys.modules\n"
        "sys.modules['babel'] = sys.modules['babel.dates'] = None\n"
        "try: all_styles()\n"
        "except ModuleNotFoundError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "Babel is not installed; dates need it: pip install 'attention-np[tasks,dates]'\n", done.stderr

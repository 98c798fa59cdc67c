"""Every wrong implementation is caught, nearly every one is named, and no right one is accused.

`development` was written, with the codes expected, before the diagnosis was, and the diagnosis was improved on it.
`held_out` and `held_out_2` were written by people who had not seen it. What it named of each at the first run:

============  =====  ==========  ==========  ============
set           wrong  caught      named       false alarms
============  =====  ==========  ==========  ============
held_out      221    220         205 (93 %)  0 of 49
held_out_2    116    116         111 (96 %)  0 of 30
============  =====  ==========  ==========  ============

`held_out` was opened after that, and the diagnosis improved on it as well; then `held_out_2` was written, run once, and left alone.
"""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from attention_np.gradcheck import CODES, Report, check_function

from .mutant import Mutant

SETS = ["development", "held_out", "held_out_2"]


def mutants_of(name: str) -> list[Mutant]:
    return importlib.import_module(f".{name}", __package__).CATALOGUE


def check(mutant: Mutant) -> Report:
    return check_function(mutant.function, mutant.implementation, rng=np.random.default_rng(5))


def is_named(mutant: Mutant, report: Report) -> bool:
    """Whether one of the diagnoses of the wrong result has a code that was expected."""
    concerned = (mutant.result, "") if mutant.result else {found.input for found in report.diagnoses}
    return any(found.code in mutant.codes and found.input in concerned for found in report.diagnoses)


@pytest.mark.parametrize("name", SETS)
def test_all_wrong_ones_are_caught_most_are_named_and_no_right_one_is_accused(name: str, tallies: list[str]) -> None:
    mutants = mutants_of(name)
    wrong, right = [m for m in mutants if m.codes], [m for m in mutants if not m.codes]
    reports = {mutant.name: check(mutant) for mutant in mutants}
    assert len(reports) == len(mutants)
    missed = [mutant.name for mutant in wrong if reports[mutant.name].passed]
    unnamed = [mutant.name for mutant in wrong if not is_named(mutant, reports[mutant.name])]
    accused = [mutant.name for mutant in right if not reports[mutant.name].passed]
    first = sum(bool(m.codes & {d.code for d in reports[m.name].diagnoses[:1]}) for m in wrong)
    tallies.append(
        f"{name}: {len(wrong) - len(missed)} of {len(wrong)} wrong ones caught, {len(wrong) - len(unnamed)} named "
        f"({100 * (1 - len(unnamed) / len(wrong)):.1f} %; {first} by the first diagnosis), "
        f"{len(accused)} of {len(right)} right ones accused"
    )
    assert missed == []
    assert accused == []
    assert len(unnamed) <= 0.05 * len(wrong), unnamed


@pytest.mark.parametrize("name", SETS)
def test_the_mutants_expect_codes_that_exist_and_are_many(name: str) -> None:
    mutants = mutants_of(name)
    assert {code for mutant in mutants for code in mutant.codes} <= set(CODES)
    assert sum(bool(mutant.codes) for mutant in mutants) >= 60
    assert sum(not mutant.codes for mutant in mutants) >= 20


@pytest.mark.parametrize("seed", range(5))
def test_no_right_one_is_accused_whatever_the_numbers_drawn(seed: int) -> None:
    for mutant in (mutant for name in SETS for mutant in mutants_of(name)):
        if not mutant.codes:
            check_function(mutant.function, mutant.implementation, rng=np.random.default_rng(seed)).raise_if_failed()

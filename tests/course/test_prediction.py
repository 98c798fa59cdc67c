"""Guesses: kept, compared, and free to be wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attention_np.course import predict


def said(guess: Any, answer: Any, capsys: pytest.CaptureFixture[str]) -> str:
    kept = predict("How large?", guess)
    capsys.readouterr()
    kept.compare(answer)
    return capsys.readouterr().out


def test_the_question_is_printed_with_the_guess(capsys: pytest.CaptureFixture[str]) -> None:
    predict("How large?", 0.5)
    assert capsys.readouterr().out == "How large? (your guess: 0.5)\n"
    predict("How large?", None)
    assert capsys.readouterr().out == "How large? (no guess yet)\n"


@pytest.mark.parametrize(
    ("guess", "answer", "expected"),
    [
        (0.5, np.float64(0.6496), "You said 0.5; it is 0.6496."),
        (0.65, 0.6496, "You said 0.65, and so it is: 0.6496."),
        (2, 2.0, "You said 2, and so it is."),
        ("Money", np.str_("money"), "You said Money, and so it is: money."),
        ([1, 0], np.array([1.0, 0.0]), "You said [1, 0], and so it is."),
        ([1, 0], np.array([1.0, 0.0, 0.0]), "You said [1, 0]; it is [1, 0, 0]."),
        (None, 3, "You made no guess; it is 3."),
        (..., 3, "You made no guess; it is 3."),
        ("many", 3, "You said many; it is 3."),
        ([1, [2]], {"a": 1}, "You said [1, [2]]; it is {'a': 1}."),
        (float("nan"), 1.0, "You said nan; it is 1."),
    ],
)
def test_guess_and_answer_stand_side_by_side_whatever_they_are(
    guess: Any, answer: Any, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(guess, answer, capsys) == expected + "\n"

"""Guesses: said before a cell runs, compared afterwards, and free to be wrong."""

from __future__ import annotations

from typing import Any

import numpy as np

_NEAR = 0.01


class Guess:
    """A guess that waits for its answer; `predict` makes it."""

    def __init__(self, question: str, value: Any) -> None:
        self.question = question
        self.value = value

    def compare(self, answer: Any) -> None:
        """Print the guess beside the answer.

        Parameters
        ----------
        answer : number, str, array, or a sequence of them
            Whatever it is, and whatever the guess was: nothing is raised.
        """
        if self.value is None or self.value is ...:
            print(f"You made no guess; it is {_written(answer)}.")
        elif _alike(self.value, answer):
            exactly = "" if _written(self.value) == _written(answer) else f": {_written(answer)}"
            print(f"You said {_written(self.value)}, and so it is{exactly}.")
        else:
            print(f"You said {_written(self.value)}; it is {_written(answer)}.")


def predict(question: str, guess: Any) -> Guess:
    """Ask for a guess, and keep it: ``guess = predict("How large is the largest weight?", 0.5)``.

    Parameters
    ----------
    question : str
        What is to be guessed, before the cell that computes it.
    guess : number, str, or a sequence of them
        Change it; None is no guess.

    Returns
    -------
    Guess
        ``guess.compare(answer)`` prints both.
    """
    said = "no guess yet" if guess is None or guess is ... else f"your guess: {_written(guess)}"
    print(f"{question} ({said})")
    return Guess(question, guess)


def _alike(guess: Any, answer: Any) -> bool:
    """Whether the words are the same, or the numbers within a hundredth of the answer."""
    try:
        guessed, true = np.asarray(guess, dtype=np.float64), np.asarray(answer, dtype=np.float64)
    except (ValueError, TypeError):
        return _written(guess).strip().lower() == _written(answer).strip().lower()
    return guessed.shape == true.shape and bool(np.allclose(guessed, true, rtol=_NEAR, atol=1e-12))


def _written(value: Any) -> str:
    """A value in few digits."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    return str(value)

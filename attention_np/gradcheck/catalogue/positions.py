"""Parameters that serve at every position: how the sum over the positions of their gradient goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ...functional._checks import Array
from .mistake import Formula, Mistakes


class WrongSum(NamedTuple):
    """A wrong sum of contributions: takes them in a stack (positions..., *shape), and the number of axes of `shape`."""

    code: str
    message: str
    hint: str
    of: Callable[[Array, int], Array]


def _total(stack: Array, axes: int) -> Array:
    return stack.sum(axis=tuple(range(stack.ndim - axes)))


def _count(stack: Array, axes: int) -> int:
    count = 1
    for size in stack.shape[: stack.ndim - axes]:
        count *= size
    return count


def _flat(stack: Array, axes: int) -> Array:
    return stack.reshape(-1, *stack.shape[stack.ndim - axes :])


WRONG_SUMS = [
    WrongSum(
        "not-summed",
        "{sum} is summed over the first axis alone; the other leading axes are still there.",
        "Over how many axes was the one parameter spread in the forward pass?",
        lambda stack, axes: stack.sum(axis=0),
    ),
    WrongSum(
        "not-summed",
        "{sum} is summed over the last of the leading axes alone; those before it are still there.",
        "Over how many axes was the one parameter spread in the forward pass?",
        lambda stack, axes: stack.sum(axis=-1 - axes),
    ),
    WrongSum(
        "constant-factor",
        "{sum} is a mean over all positions, where each position adds its share in full.",
        "Who divides by the number of examples: this function, or the loss at the end of the line?",
        lambda stack, axes: _total(stack, axes) / _count(stack, axes),
    ),
    WrongSum(
        "constant-factor",
        "{sum} is divided by the size of the first axis, where each position adds its share in full.",
        "Who divides by the size of the batch: this function, or the loss at the end of the line?",
        lambda stack, axes: _total(stack, axes) / stack.shape[0],
    ),
    WrongSum(
        "constant-factor",
        "{sum} is divided by the size of the last leading axis, where each position adds its share in full.",
        "Does a parameter matter less to a longer sequence?",
        lambda stack, axes: _total(stack, axes) / stack.shape[-1 - axes],
    ),
    WrongSum(
        "overwritten",
        "{sum} holds only what the last entry of the first axis contributes.",
        "After the first turn of your loop, where has its result gone?",
        lambda stack, axes: _total(stack[-1:], axes),
    ),
    WrongSum(
        "dropped-term",
        "{sum} holds only what the first entry of the first axis contributes.",
        "Change an input of the second example: does your gradient notice?",
        lambda stack, axes: _total(stack[:1], axes),
    ),
    WrongSum(
        "overwritten",
        "{sum} holds only what the very last position contributes.",
        "After the first turn of your loop, where has its result gone?",
        lambda stack, axes: _flat(stack, axes)[-1],
    ),
    WrongSum(
        "dropped-term",
        "{sum} holds only what the very first position contributes.",
        "Change an input at the second position: does your gradient notice?",
        lambda stack, axes: _flat(stack, axes)[0],
    ),
    WrongSum(
        "overwritten",
        "{sum} holds only what the last position of each sequence contributes.",
        "After the first turn of your loop over the positions, where has its result gone?",
        lambda stack, axes: _total(stack.take(-1, axis=-1 - axes), axes),
    ),
]


def wrong_sums(
    known: Mistakes, function: str, result: str, equation: str, axes: int = 1
) -> Callable[[Formula], Formula]:
    """Write down every wrong sum of the contributions that the decorated function gives.

    Parameters
    ----------
    known : Mistakes
        Where to write them.
    function, result : str
        As for a `Mistake`.
    equation : str
        The right sum in symbols, as ``db = Σₙ dyₙ``.
    axes : int
        The number of axes of the parameter.
    """

    def add(contributions: Formula) -> Formula:
        for wrong in WRONG_SUMS:
            known.mistake(function, result, wrong.code, wrong.message.format(sum=equation), wrong.hint)(
                _summed(contributions, wrong, axes)
            )
        return contributions

    return add


def _summed(contributions: Formula, wrong: WrongSum, axes: int) -> Formula:
    def formula(*arguments: Array, **options: float) -> Array:
        stack = contributions(*arguments, **options)
        return wrong.of(stack if stack.ndim > axes else stack[None], axes)

    return formula

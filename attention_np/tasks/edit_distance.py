"""The distance between two sequences in insertions, deletions and substitutions, and error rates made from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def edit_distance(written: Sequence[str], reference: Sequence[str]) -> int:
    """The fewest insertions, deletions and substitutions that make one sequence the other (Levenshtein 1966).

    With :math:`d_{ij}` between the first i symbols of one and the first j of the other,

    .. math:: d_{ij} = \\min(d_{i-1,j} + 1, \\; d_{i,j-1} + 1, \\; d_{i-1,j-1} + [w_i \\ne r_j]) ,

    row by row; only the row before is kept.
    """
    row = list(range(len(reference) + 1))
    for i, symbol in enumerate(written, start=1):
        diagonal, row[0] = row[0], i
        for j, expected in enumerate(reference, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (symbol != expected))
    return row[-1]


def error_rate(pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> float:
    """Edits per symbol of the references, over all pairs of what was written and its reference.

    It may exceed 1, where more is written than asked for. Without any symbol in the references it is 0 if nothing was
    written, else infinite.
    """
    edits = symbols = 0
    for written, reference in pairs:
        edits += edit_distance(written, reference)
        symbols += len(reference)
    if not symbols:
        return float("inf") if edits else 0.0
    return edits / symbols

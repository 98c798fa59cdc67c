"""What a check can say of a mistake: the codes, and a diagnosis."""

from __future__ import annotations

from typing import NamedTuple

CODES = {
    "wrong-shape": "another shape than the array that the gradient belongs to",
    "wrong-dtype": "another dtype than the arguments, or no array",
    "not-finite": "NaN or infinity where the true number is finite",
    "mutates-input": "an argument is changed",
    "not-repeatable": "two calls with the same arguments differ",
    "zero": "all zeros where the true gradient is not",
    "sign-flipped": "the gradient, or one term of it, with the wrong sign",
    "constant-factor": "the same number times the gradient, or times one term of it",
    "missing-factor": "a factor that varies along an axis",
    "transposed": "axes exchanged, or the Jacobian where its transpose belongs",
    "misplaced": "the right numbers in the wrong places",
    "swapped-results": "two results exchanged",
    "not-summed": "a sum over a broadcast axis is missing",
    "diagonal-only": "only the diagonal of the Jacobian is used",
    "dropped-term": "one term of the formula is missing",
    "wrong-axis": "a sum, mean or norm along the wrong axis",
    "wrong-operand": "the right form with a wrong array in it",
    "upstream-ignored": "the result does not depend on the upstream",
    "overwritten": "`=` where `+=` belongs: only the last contribution counts",
    "counted-twice": "one contribution is added twice",
    "imprecise": "right to a few digits: single precision, or finite differences",
    "wrong-for-some-shapes": "right for some shapes and wrong for others",
    "mask-ignored": "what is masked or ignored takes part",
    "kink": "the function has a kink there, and no derivative; not a mistake",
    "unknown": "wrong, and nothing that is known explains it",
    "wrong-values": "the forward function gives other numbers",
    "unstable": "overflows where the true result is finite",
    "zero-vector": "the zero vector, whose cosine is 0 by convention",
}
"""What each code means."""


class Diagnosis(NamedTuple):
    """One explanation of what is wrong.

    Attributes
    ----------
    code : str
        One of `CODES`.
    input : str
        The argument, gradient or parameter that it is about; empty where it is about the whole function.
    message : str
        The evidence, in one sentence.
    hint : str
        A question or a remark that leads to the mistake without giving the line away.
    """

    code: str
    input: str
    message: str
    hint: str

    def __str__(self) -> str:
        about = f"{self.input}: " if self.input else ""
        return f"[{self.code}] {about}{self.message}" + (f" Hint: {self.hint}" if self.hint else "")

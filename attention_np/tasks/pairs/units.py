"""What a sequence is cut into: characters, words or phones."""

from __future__ import annotations

from ..transducer import Symbols

UNITS = ("characters", "words", "phones")


def split_units(text: str, units: str) -> list[str]:
    """Cut a text: every character by itself, blanks included; or words, or phones, at the blanks."""
    return list(text) if units == "characters" else text.split()


def join_units(symbols: Symbols, units: str) -> str:
    """The inverse of `split_units`, with one blank wherever there were some."""
    return ("" if units == "characters" else " ").join(symbols)


def words_of(symbols: Symbols, units: str) -> list[str]:
    """The words that a sequence makes; phones make one, however many they are."""
    text = join_units(symbols, units)
    return [text] if units == "phones" else text.split()

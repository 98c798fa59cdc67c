"""Characters as numbers."""

from __future__ import annotations

import numpy as np

from ...functional._checks import Array
from .texts import UNKNOWN


class Alphabet:
    """The characters of a text, numbered in their order.

    Parameters
    ----------
    characters : str
        Each once, `UNKNOWN` among them, which stands for all others.
    """

    def __init__(self, characters: str) -> None:
        if len(set(characters)) != len(characters) or UNKNOWN not in characters:
            raise ValueError(f"characters: expected each once, {UNKNOWN!r} among them, got {characters!r}")
        self.characters = characters
        self._ids = {character: place for place, character in enumerate(characters)}

    def __len__(self) -> int:
        """How many characters there are."""
        return len(self.characters)

    def encode(self, text: str) -> Array:
        """The numbers of a text's characters."""
        unknown = self._ids[UNKNOWN]
        return np.fromiter((self._ids.get(character, unknown) for character in text), np.int64, len(text))

    def decode(self, ids: Array) -> str:
        """The text of these numbers."""
        return "".join(self.characters[id] for id in ids)

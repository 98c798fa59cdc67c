"""A made-up language, spelt much as Hungarian is: letters to sounds by rules, with exceptions.

Letters join (*sz*, *gy*, *dzs*), a doubled letter is long, long vowels have accents, and a consonant takes the voice of
the next one: *rakd* is ``r ɒ ɡ d``. A few spellings are old (*ch*, *th*, a final *y* for *i*), and one word in thirty
has a vowel that is not pronounced as it is spelt. Whoever reads by all the rules, the longest letter first, gets six
words in a hundred wrong: those, and letters that only happen to meet (*s* and *sz*).
"""

from __future__ import annotations

import numpy as np

_VOWELS = {
    "a": "ɒ", "á": "aː", "e": "ɛ", "é": "eː", "i": "i", "í": "iː", "o": "o", "ó": "oː",
    "ö": "ø", "ő": "øː", "u": "u", "ú": "uː", "ü": "y", "ű": "yː",
}  # fmt: skip
_CONSONANTS = {
    "b": "b", "c": "t͡s", "cs": "t͡ʃ", "d": "d", "dz": "d͡z", "dzs": "d͡ʒ", "f": "f", "g": "ɡ", "gy": "ɟ", "h": "h",
    "j": "j", "k": "k", "l": "l", "ly": "j", "m": "m", "n": "n", "ny": "ɲ", "p": "p", "r": "r", "s": "ʃ", "sz": "s",
    "t": "t", "ty": "c", "v": "v", "z": "z", "zs": "ʒ", "th": "t", "ch": "h",
}  # fmt: skip
_FREQUENT = "b d f g h j k l m n p r s t v z sz k t l n r s m gy cs ny".split()
_VOICED = dict(zip("p t c k f s ʃ t͡s t͡ʃ".split(), "b d ɟ ɡ v z ʒ d͡z d͡ʒ".split(), strict=True))
_VOICELESS = {voiced: voiceless for voiceless, voiced in _VOICED.items()}
_DEVOICING = set(_VOICED) | {"h"}
_VOICING = set(_VOICELESS) - {"v"}
_UNEXPECTED = 1 / 30


def word(rng: np.random.Generator) -> tuple[str, str]:
    """A spelling, and its phones with blanks between them."""
    spelt: list[str] = []
    phones: list[str] = []
    harmony = list("aáoóuúií") if rng.random() < 0.55 else list("eéöőüűií")
    for syllable in range(rng.choice([1, 2, 3, 4], p=[0.1, 0.4, 0.35, 0.15])):
        if syllable or rng.random() < 0.8:
            _consonant(rng, spelt, phones, doubled=bool(syllable) and rng.random() < 0.12)
            if syllable and rng.random() < 0.1:
                _consonant(rng, spelt, phones, doubled=False)
        vowel = str(rng.choice(harmony))
        spelt.append(vowel)
        phones.append(_VOWELS[vowel])
        if rng.random() < 0.35:
            _consonant(rng, spelt, phones, doubled=False)
    if rng.random() < 0.02:
        spelt.append("y")
        phones.append("i")
    if rng.random() < _UNEXPECTED:
        place = int(rng.choice([place for place, phone in enumerate(phones) if phone in _VOWELS.values()]))
        phones[place] = str(rng.choice(list(_VOWELS.values())))
    return "".join(spelt), " ".join(_assimilated(phones))


def _consonant(rng: np.random.Generator, spelt: list[str], phones: list[str], *, doubled: bool) -> None:
    letters = str(rng.choice(_FREQUENT if rng.random() < 0.85 else list(_CONSONANTS)))
    # The first letter alone is doubled: "ssz" is a long "sz".
    spelt.append(letters[0] + letters if doubled else letters)
    phones.append(_CONSONANTS[letters] + ("ː" if doubled else ""))


def _assimilated(phones: list[str]) -> list[str]:
    """From the last to the first, a consonant takes the voice of the one behind it."""
    heard = list(phones)
    for place in range(len(heard) - 2, -1, -1):
        following, length = heard[place + 1].rstrip("ː"), "ː" if heard[place].endswith("ː") else ""
        bare = heard[place].removesuffix("ː")
        if following in _VOICING:
            heard[place] = _VOICED.get(bare, bare) + length if bare in _VOICED else heard[place]
        elif following in _DEVOICING:
            heard[place] = _VOICELESS[bare] + length if bare in _VOICELESS else heard[place]
    return heard


def lexicon(size: int, seed: int = 0) -> list[tuple[str, str]]:
    """Different words, as many as asked for."""
    rng = np.random.default_rng(seed)
    words: dict[str, str] = {}
    while len(words) < size:
        words.setdefault(*word(rng))
    return list(words.items())

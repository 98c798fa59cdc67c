"""The language of SCAN: all 20,910 commands, and what each of them means."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import NamedTuple

GRAMMAR = {
    "C": ("S and S", "S after S", "S"),
    "S": ("V twice", "V thrice", "V"),
    "V": ("A opposite D", "A around D", "A D", "U"),
    "A": ("U", "turn"),
    "D": ("left", "right"),
    "U": ("walk", "look", "run", "jump"),
}
"""The paper's phrase-structure grammar (its figure 6): what each symbol may be; C is a whole command."""

LEFT, RIGHT = "I_TURN_LEFT", "I_TURN_RIGHT"
ACTIONS = {"walk": "I_WALK", "look": "I_LOOK", "run": "I_RUN", "jump": "I_JUMP"}
"""The action of each verb, as the published files write it; "turn" is no action beside its direction."""


class Command(NamedTuple):
    """A command, word by word, and the actions that it asks for."""

    words: tuple[str, ...]
    actions: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.words)


@cache
def all_commands() -> tuple[Command, ...]:
    """Every command of the grammar once, in the grammar's order."""
    return tuple(Command(words, _meaning(words)) for words in _phrases("C"))


def interpret(command: str) -> tuple[str, ...]:
    r"""The actions that a command asks for.

    With :math:`[\![x]\!]` the meaning of a phrase x, u a verb, and L, R the actions of turning (figure 7 of the paper):

    .. math:: [\![x \text{ and } y]\!] = [\![x]\!]\,[\![y]\!], \quad [\![x \text{ after } y]\!] = [\![y]\!]\,[\![x]\!], \quad
              [\![x \text{ twice}]\!] = [\![x]\!]^2, \quad [\![x \text{ thrice}]\!] = [\![x]\!]^3,
    .. math:: [\![u \text{ left}]\!] = L\,[\![u]\!], \quad [\![u \text{ opposite left}]\!] = L L\,[\![u]\!], \quad
              [\![u \text{ around left}]\!] = (L\,[\![u]\!])^4, \quad [\![\text{turn}]\!] = \text{nothing}.

    Raises
    ------
    ValueError
        If the grammar does not make this command.
    """
    found = _by_words().get(tuple(command.split()))
    if found is None:
        raise ValueError(
            f"command: expected one of SCAN's grammar, as 'jump around left twice after walk', got {command!r}"
        )
    return found


@cache
def _by_words() -> dict[tuple[str, ...], tuple[str, ...]]:
    return dict(all_commands())


def _phrases(symbol: str) -> Iterator[tuple[str, ...]]:
    """Everything that a symbol may become; a word becomes itself."""
    if symbol not in GRAMMAR:
        yield (symbol,)
        return
    for production in GRAMMAR[symbol]:
        for parts in product(*(tuple(_phrases(part)) for part in production.split())):
            yield tuple(word for part in parts for word in part)


def _meaning(words: tuple[str, ...]) -> tuple[str, ...]:
    for conjunction in ("and", "after"):
        if conjunction in words:
            place = words.index(conjunction)
            first, second = _meaning(words[:place]), _meaning(words[place + 1 :])
            return first + second if conjunction == "and" else second + first
    match words:
        case (*phrase, "twice"):
            return 2 * _meaning(tuple(phrase))
        case (*phrase, "thrice"):
            return 3 * _meaning(tuple(phrase))
        case (verb, "opposite", direction):
            return 2 * _turn(direction) + _act(verb)
        case (verb, "around", direction):
            return 4 * (_turn(direction) + _act(verb))
        case (verb, direction):
            return _turn(direction) + _act(verb)
    return _act(words[0])


def _turn(direction: str) -> tuple[str, ...]:
    return (LEFT,) if direction == "left" else (RIGHT,)


def _act(verb: str) -> tuple[str, ...]:
    return () if verb == "turn" else (ACTIONS[verb],)

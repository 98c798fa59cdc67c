"""A small world in which people walk about and carry things: it tells what happens, and knows which sentence said so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

PEOPLE = ("Daniel", "John", "Mary", "Sandra")
PLACES = ("bathroom", "bedroom", "garden", "hallway", "kitchen", "office")
THINGS = ("apple", "football", "milk")
MOVES = (("moved", "to"), ("went", "to"), ("journeyed", "to"), ("travelled", "to"), ("went", "back", "to"))
TAKES = (("took",), ("got",), ("grabbed",), ("picked", "up"))
DROPS = (("dropped",), ("discarded",), ("left",), ("put", "down"))

Sentence = tuple[str, ...]
Choice = TypeVar("Choice")


class World:
    """Everyone is nowhere until they are said to move; every thing lies in a place that nobody was told.

    Parameters
    ----------
    people : sequence of str
    carrying : bool
        Whether things are taken and dropped, or people only walk.
    rng : numpy.random.Generator

    Attributes
    ----------
    sentences : list of Sentence
        What happened, in order.
    place, moved : dict
        Where each person is, and the index of the sentence that said so.
    holder : dict
        Who carries a thing, for those that are carried.
    touched : dict
        The sentence in which each thing was last taken or dropped.
    lies, brought : dict
        Where each thing lies that nobody carries, and the sentence that tells it: its last carrier's last move.
    touches : dict
        The sentences in which each person took or dropped something.
    """

    def __init__(self, people: Sequence[str], *, carrying: bool, rng: np.random.Generator) -> None:
        # One draw for a whole story: a generator asked for single numbers would take most of the time.
        self._random = iter(rng.random(128))
        self.people = people
        self.carrying = carrying
        self.sentences: list[Sentence] = []
        self.place: dict[str, str] = {}
        self.moved: dict[str, int] = {}
        self.holder: dict[str, str] = {}
        self.lies = {thing: self.choose(PLACES) for thing in THINGS}
        self.brought: dict[str, int] = {}
        self.touched: dict[str, int] = {}
        self.touches: dict[str, list[int]] = {person: [] for person in people}

    def choose(self, options: Sequence[Choice]) -> Choice:
        """One of `options`, each as likely as the others."""
        return options[int(next(self._random) * len(options))]

    def chance(self, probability: float) -> bool:
        """True this often."""
        return next(self._random) < probability

    def happen(self) -> None:
        """Let one thing happen, and tell it."""
        person = self.choose(self.people)
        held = self.carried(person)
        here = [t for t in THINGS if t not in self.holder and self.lies[t] == self.place.get(person)]
        if self.carrying and here and self.chance(0.7):
            self._take(person, self.choose(here))
        elif held and self.chance(0.3):
            self._drop(person, self.choose(held))
        else:
            self._move(person)

    def carried(self, person: str) -> list[str]:
        """The things that `person` carries."""
        return [thing for thing in THINGS if self.holder.get(thing) == person]

    def whereabouts(self, thing: str) -> tuple[str, int]:
        """Where a thing that was touched is, and the sentence that says so: a move of who carries it, or last did."""
        if thing in self.holder:
            person = self.holder[thing]
            return self.place[person], self.moved[person]
        return self.lies[thing], self.brought[thing]

    def _move(self, person: str) -> None:
        self.place[person] = self.choose([place for place in PLACES if place != self.place.get(person)])
        self.moved[person] = self._tell(person, *self.choose(MOVES), "the", self.place[person])

    def _take(self, person: str, thing: str) -> None:
        self.holder[thing] = person
        self._touch(person, thing, TAKES)

    def _drop(self, person: str, thing: str) -> None:
        del self.holder[thing]
        self.lies[thing], self.brought[thing] = self.place[person], self.moved[person]
        self._touch(person, thing, DROPS)

    def _touch(self, person: str, thing: str, verbs: Sequence[Sentence]) -> None:
        self.touched[thing] = self._tell(person, *self.choose(verbs), "the", thing)
        self.touches[person].append(self.touched[thing])

    def _tell(self, *words: str) -> int:
        """Add a sentence; gives its index."""
        self.sentences.append(words)
        return len(self.sentences) - 1

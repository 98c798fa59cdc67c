"""Four kinds of questions about a story, each with its answer and the sentences that it follows from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from .world import PEOPLE, PLACES, Sentence, World

COUNTS = ("none", "one", "two", "three")


class Story(NamedTuple):
    """A story, a question, and why its answer is right.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    sentences : tuple of tuple of str
    question : tuple of str
    answer : str
    support : tuple of int
        The sentences that the answer follows from, in order; a model is never told.
    """

    kind: str
    sentences: tuple[Sentence, ...]
    question: Sentence
    answer: str
    support: tuple[int, ...]


def draw_story(kind: str, *, rng: np.random.Generator) -> Story:
    """One story of a kind.

    Parameters
    ----------
    kind : {"one", "two", "yes-no", "counting"}
        Where is a person (one supporting sentence); where is a thing (two: who had it last, and where they went); is a person in
        a place (one); how many things does a person carry (all sentences in which they take or drop something).
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}")
    return KINDS[kind](rng)


def _one(rng: np.random.Generator) -> Story:
    world = _walks(rng)
    person = world.choose(list(world.moved))
    return _story("one", world, ("where", "is", person), world.place[person], [world.moved[person]])


def _yes_no(rng: np.random.Generator) -> Story:
    world = _walks(rng)
    person = world.choose(list(world.moved))
    right = world.chance(0.5)
    elsewhere = [place for place in PLACES if place != world.place[person]]
    asked = world.place[person] if right else world.choose(elsewhere)
    question = ("is", person, "in", "the", asked)
    return _story("yes-no", world, question, "yes" if right else "no", [world.moved[person]])


def _two(rng: np.random.Generator) -> Story:
    world = _carries(rng)
    thing = world.choose(list(world.touched))
    place, said = world.whereabouts(thing)
    return _story("two", world, ("where", "is", "the", thing), place, sorted([world.touched[thing], said]))


def _counting(rng: np.random.Generator) -> Story:
    """All four counts equally often: a story ends at one of the moments at which somebody carries the number that was drawn."""
    wanted = int(rng.integers(len(COUNTS)))
    while True:
        # Two people: with more, hardly anyone ever carries three things.
        world = World(PEOPLE[:2] if rng.random() < 0.5 else PEOPLE[2:], carrying=True, rng=rng)
        moments = []
        for length in range(1, 17):
            world.happen()
            for person in world.people:
                if world.touches[person] and len(world.carried(person)) == wanted:
                    moments.append((length, person, tuple(world.touches[person])))
        if moments:
            length, person, support = world.choose(moments)
            question = ("how", "many", "things", "does", person, "carry")
            return Story("counting", tuple(world.sentences[:length]), question, COUNTS[wanted], support)


KINDS: Mapping[str, Callable[[np.random.Generator], Story]] = {
    "one": _one,
    "two": _two,
    "yes-no": _yes_no,
    "counting": _counting,
}
"""The kinds of questions, and what draws each."""


def _walks(rng: np.random.Generator) -> World:
    """2 to 10 sentences about people who walk."""
    world = World(PEOPLE, carrying=False, rng=rng)
    for _ in range(world.choose(range(2, 11))):
        world.happen()
    return world


def _carries(rng: np.random.Generator) -> World:
    """3 to 16 sentences about people who walk and carry things, of which at least one is touched."""
    while True:
        world = World(PEOPLE, carrying=True, rng=rng)
        for _ in range(world.choose(range(3, 17))):
            world.happen()
        if world.touched:
            return world


def _story(kind: str, world: World, question: Sentence, answer: str, support: list[int]) -> Story:
    return Story(kind, tuple(world.sentences), question, answer, tuple(support))

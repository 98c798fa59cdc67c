"""Which commands are learned from and which are asked for: the four splits of the paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from .grammar import Command, all_commands

LONGEST_TRAINED = 22
_PRIMITIVE_SHARE = 10
"""One training command in so many is the new primitive."""


@dataclass(frozen=True)
class Split:
    """Commands to learn from, some of them repeated, and others to be tested with."""

    train: tuple[Command, ...]
    test: tuple[Command, ...]


def simple_split(seed: int = 0) -> Split:
    """A random 80 % to learn from (16,728) and the other commands (4,182), as in the paper's first experiment.

    The paper has one such split, which all of its models share; so have the tables here, drawn from seed 0.
    """
    commands = all_commands()
    order = np.random.default_rng(seed).permutation(len(commands))
    cut = len(commands) * 4 // 5
    return Split(tuple(commands[index] for index in order[:cut]), tuple(commands[index] for index in order[cut:]))


def length_split() -> Split:
    """Learn from commands of up to 22 actions (16,990), be asked for those of 24 to 48 (3,920); none has 23."""
    commands = all_commands()
    return Split(
        tuple(command for command in commands if len(command.actions) <= LONGEST_TRAINED),
        tuple(command for command in commands if len(command.actions) > LONGEST_TRAINED),
    )


def primitive_split(primitive: str) -> Split:
    """Learn a primitive ("jump", "turn left") by itself alone, and be asked for all that is composed with it.

    The published files repeat the primitive until it is exactly a tenth of the training commands: without it
    there are 13,203 commands that lack "jump" and 19,701 that lack "turn left"; a ninth of that is 1,467 and
    2,189 copies, and together 14,670 and 21,890, the files' lengths.
    """
    alone = tuple(primitive.split())
    own = [command for command in all_commands() if f" {primitive} " in f" {command} "]
    with_it = set(own)
    others = [command for command in all_commands() if command not in with_it]
    (lone,) = (command for command in own if command.words == alone)
    copies = len(others) // (_PRIMITIVE_SHARE - 1)
    return Split((*others, *[lone] * copies), tuple(command for command in own if command.words != alone))


SPLITS: Mapping[str, Callable[[], Split]] = {
    "simple": simple_split,
    "length": length_split,
    "add-jump": lambda: primitive_split("jump"),
    "turn-left": lambda: primitive_split("turn left"),
}
"""By name, as on the command line."""

"""Commands and actions as ids, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ...models.seq2seq import PairBatch
from ..batches import padded
from .grammar import ACTIONS, LEFT, RIGHT, Command, all_commands

PAD, START, END = 0, 1, 2
_MARKS = 3

WORDS = tuple(sorted({word for command in all_commands() for word in command.words}))
OUTPUTS = (*ACTIONS.values(), LEFT, RIGHT)
SOURCE_SIZE, TARGET_SIZE = _MARKS + len(WORDS), _MARKS + len(OUTPUTS)
_WORD_IDS = {word: _MARKS + place for place, word in enumerate(WORDS)}
_ACTION_IDS = {action: _MARKS + place for place, action in enumerate(OUTPUTS)}


def lay_out(words: Sequence[Sequence[str]], actions: Sequence[Sequence[str]]) -> PairBatch:
    """Rows of words and of actions as one batch; the source ends with an end mark too, as in the paper."""
    source = padded([[*(_WORD_IDS[word] for word in row), END] for row in words], PAD)
    ids = [[_ACTION_IDS[action] for action in row] for row in actions]
    return PairBatch(
        source=source,
        mask=source != PAD,
        inputs=padded([[START, *row] for row in ids], PAD),
        targets=padded([[*row, END] for row in ids], PAD),
        padding=PAD,
    )


def actions_of(ids: Sequence[int]) -> tuple[str, ...]:
    """Ids of actions, as actions."""
    return tuple(OUTPUTS[id - _MARKS] for id in ids)


class Presentations:
    """Training commands, each drawn at random from all, in batches.

    The paper shows one command, drawn at random, and updates the weights, 100,000 times. Here `size` commands are shown
    before each update; what is counted is the commands. They are not sorted by length: in a batch of short commands each
    action counts more than in one of long ones, and then the long ones are not learned (an Elman network with cosine
    attention carried out fewer than 1 in 10 of those with 27 actions and more).

    Parameters
    ----------
    commands : sequence of Command
    size : int
        Commands in a batch.
    steps : int
        Batches in an epoch, which is no pass over the data here but the time between two lines of progress.
    """

    def __init__(self, commands: Sequence[Command], size: int, steps: int) -> None:
        self.commands, self.size, self.steps = commands, size, steps

    def __len__(self) -> int:
        return self.steps

    def epoch(self, rng: np.random.Generator) -> Iterator[PairBatch]:
        """Draw the commands of an epoch, and lay them out as their turn comes."""
        drawn = rng.integers(len(self.commands), size=(self.steps, self.size))
        return (self._batch([self.commands[index] for index in row]) for row in drawn)

    @staticmethod
    def _batch(shown: Sequence[Command]) -> PairBatch:
        return lay_out([command.words for command in shown], [command.actions for command in shown])

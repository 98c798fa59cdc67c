"""Scores of answers, and what is answered without learning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np.tasks.scan.baselines import commonest_actions, nearest_actions, score_baselines
from attention_np.tasks.scan.grammar import Command, all_commands, interpret
from attention_np.tasks.scan.scores import score_answers
from attention_np.tasks.scan.splits import Split


def commands(*texts: str) -> tuple[Command, ...]:
    return tuple(Command(tuple(text.split()), interpret(text)) for text in texts)


def test_an_answer_counts_whole_and_by_its_actions() -> None:
    asked = commands("jump", "walk twice", "run thrice", "look left")
    answers = [("I_JUMP",), ("I_WALK",), ("I_RUN",) * 4, ("I_LOOK", "I_TURN_LEFT")]
    score = score_answers(asked, answers)
    assert score.exact == 1 / 4
    # Right places: 1, 1, 3, 0; places of the longer: 1, 2, 4, 2.
    assert score.tokens == pytest.approx(5 / 9)
    assert score.by_words == {1: 1.0, 2: 0.0}
    assert score.by_actions == {1: 1.0, 2: 0.0, 3: 0.0}


def test_the_truth_scores_all_and_nothing_scores_none() -> None:
    asked = all_commands()[:500]
    truth = score_answers(asked, [command.actions for command in asked])
    assert (truth.exact, truth.tokens) == (1.0, 1.0)
    assert set(truth.by_words.values()) == set(truth.by_actions.values()) == {1.0}
    nothing = score_answers(asked, [()] * len(asked))
    assert (nothing.exact, nothing.tokens) == (0.0, 0.0)


def test_an_answer_that_is_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="answers: expected one for each of 2"):
        score_answers(commands("jump", "walk"), [("I_JUMP",)])


def test_the_commonest_actions_are_those_of_most_training_commands() -> None:
    split = Split(commands("walk twice", "walk", "walk and walk", "run"), commands("look", "jump"))
    assert commonest_actions(split) == [("I_WALK", "I_WALK")] * 2


def test_the_nearest_command_answers_and_of_several_the_first() -> None:
    split = Split(
        commands("run and jump", "jump around left twice", "jump around left"),
        commands("jump around right twice", "jump around right", "run"),
    )
    assert nearest_actions(split) == [
        interpret("jump around left twice"),
        interpret("jump around left"),
        interpret("run and jump"),
    ]


@given(st.integers(0, 2**32 - 1))
@settings(derandomize=True, deadline=None, max_examples=20)
def test_nearest_is_by_the_edit_distance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    chosen = [all_commands()[index] for index in rng.choice(20_910, 12, replace=False)]
    split = Split(tuple(chosen[:9]), tuple(chosen[9:]))
    for command, answered in zip(split.test, nearest_actions(split), strict=True):
        nearest = min(split.train, key=lambda known: edit_distance(known.words, command.words))
        assert answered == nearest.actions


def edit_distance(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """By its definition, the recursion."""
    if not first or not second:
        return len(first) + len(second)
    table = {(row, 0): row for row in range(len(first) + 1)} | {
        (0, column): column for column in range(len(second) + 1)
    }
    for row, word in enumerate(first, start=1):
        for column, other in enumerate(second, start=1):
            table[row, column] = min(
                table[row - 1, column] + 1,
                table[row, column - 1] + 1,
                table[row - 1, column - 1] + (word != other),
            )
    return table[len(first), len(second)]


def test_each_baseline_is_scored_on_the_tested_commands() -> None:
    split = Split(commands("walk twice", "jump and run"), commands("walk and walk", "jump and walk"))
    scores = score_baselines(split)
    assert scores["commonest actions"].exact == 1 / 2
    assert scores["commonest actions"].tokens == 3 / 4
    assert scores["nearest command"] == score_answers(split.test, nearest_actions(split))

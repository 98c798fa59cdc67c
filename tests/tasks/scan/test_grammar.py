"""All commands, what they mean, and the four splits."""

from __future__ import annotations

from collections import Counter

import pytest

from attention_np.tasks.scan.grammar import all_commands, interpret
from attention_np.tasks.scan.splits import SPLITS, Split, simple_split

WALK, LOOK, RUN, JUMP, L, R = "I_WALK", "I_LOOK", "I_RUN", "I_JUMP", "I_TURN_LEFT", "I_TURN_RIGHT"


def test_the_grammar_makes_each_of_20910_commands_once() -> None:
    assert len(all_commands()) == 20_910
    assert len({command.words for command in all_commands()}) == 20_910


def test_the_commands_ask_for_one_to_48_actions_and_have_one_to_nine_words() -> None:
    assert {len(command.actions) for command in all_commands()} >= {1, 48}
    assert all(1 <= len(command.actions) <= 48 for command in all_commands())
    assert {len(command.words) for command in all_commands()} == set(range(1, 10))


@pytest.mark.parametrize(
    ("command", "actions"),
    [
        # The examples of the paper's figure 1 and of the published README.
        ("jump", (JUMP,)),
        ("jump left", (L, JUMP)),
        ("jump around right", (R, JUMP) * 4),
        ("turn left twice", (L, L)),
        ("jump thrice", (JUMP,) * 3),
        ("jump opposite left and walk thrice", (L, L, JUMP, WALK, WALK, WALK)),
        ("jump opposite left after walk around left", (*(L, WALK) * 4, L, L, JUMP)),
        # From the published training file of "turn left".
        ("walk opposite right thrice after walk opposite left twice", (*(L, L, WALK) * 2, *(R, R, WALK) * 3)),
        ("turn opposite right after jump opposite left", (L, L, JUMP, R, R)),
        ("look after turn opposite right twice", (R, R, R, R, LOOK)),
        ("turn around left thrice and run opposite left thrice", (*(L,) * 12, *(L, L, RUN) * 3)),
    ],
)
def test_a_command_means_what_the_paper_says(command: str, actions: tuple[str, ...]) -> None:
    assert interpret(command) == actions


@pytest.mark.parametrize("wrong", ["", "turn", "jump and", "jump twice thrice", "left", "fly", "walk and run and jump"])
def test_what_the_grammar_does_not_make_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="command: expected one of SCAN's grammar"):
        interpret(wrong)


@pytest.mark.parametrize(
    ("name", "train", "test"),
    [("simple", 16_728, 4_182), ("length", 16_990, 3_920), ("add-jump", 14_670, 7_706), ("turn-left", 21_890, 1_208)],
)
def test_a_split_has_the_published_counts_and_together_all_commands(name: str, train: int, test: int) -> None:
    split = SPLITS[name]()
    assert (len(split.train), len(split.test)) == (train, test)
    assert not set(split.train) & set(split.test)
    assert set(split.train) | set(split.test) == set(all_commands())


def test_the_length_split_learns_up_to_22_actions_and_asks_for_24_and_more() -> None:
    split = SPLITS["length"]()
    assert max(len(command.actions) for command in split.train) == 22
    assert min(len(command.actions) for command in split.test) == 24


@pytest.mark.parametrize(
    ("name", "primitive", "copies"), [("add-jump", "jump", 1_467), ("turn-left", "turn left", 2_189)]
)
def test_a_new_primitive_is_a_tenth_of_what_is_learned_and_stands_alone_there(
    name: str, primitive: str, copies: int
) -> None:
    split = SPLITS[name]()
    with_it = Counter(str(command) for command in split.train if primitive in str(command))
    assert with_it == {primitive: copies}
    assert copies * 10 == len(split.train)
    assert all(primitive in str(command) for command in split.test)
    assert max(Counter(command for command in split.train if str(command) != primitive).values()) == 1


def test_the_simple_split_is_random_and_the_same_for_the_same_seed() -> None:
    first, again, other = simple_split(0), simple_split(0), simple_split(1)
    assert first == again
    assert set(first.test) != set(other.test)

    def share(split: Split) -> float:
        return sum("around" in command.words for command in split.test) / len(split.test)

    # 40 % of all commands say "around"; a random fifth does too.
    assert share(first) == pytest.approx(sum("around" in c.words for c in all_commands()) / 20_910, abs=0.03)

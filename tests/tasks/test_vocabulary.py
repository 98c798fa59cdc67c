from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np.tasks.vocabulary import (
    END,
    PAD,
    SPECIAL,
    START,
    UNKNOWN,
    Vocabulary,
    identifier_words,
    is_word,
    join_words,
    split_words,
)

WORDS = st.lists(st.sampled_from(["the", "norm", "axis", "of", "zeta", "omega", "psi"]), max_size=12)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Return the user's 2-D array.", "return the user's 2 - d array ."),
        ("numpy.array_split, or ValueError", "numpy array split , or valueerror"),
        ("x1 is 1.5 (about): fine; and/or -v", "x1 is 1 5 ( about ) : fine ; and / or v"),
        ("a <text> & b == c", "a text b c"),
        ("größer als 日本", "größer als 日本"),
    ],
)
def test_a_text_falls_into_lower_cased_words_and_punctuation(text: str, tokens: str) -> None:
    assert split_words(text) == tokens.split()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("set_xlim3D", "set xlim3d"),
        ("HTTPServer", "http server"),
        ("__init__", "init"),
        ("setURLs", "set urls"),
        ("IPv4Address", "ipv4 address"),
        ("getValue2Of", "get value2 of"),
        ("_", ""),
    ],
)
def test_an_identifier_falls_into_its_words(name: str, words: str) -> None:
    assert identifier_words(name) == words.split()


@pytest.mark.parametrize(
    ("tokens", "line"),
    [
        ("draw 2 - d lines , and / or points ( if any ) .", "Draw 2-d lines, and/or points (if any)."),
        ("the user's key : value", "The user's key: value"),
        ("", ""),
    ],
)
def test_tokens_are_joined_to_a_readable_line(tokens: str, line: str) -> None:
    assert join_words(tokens.split()) == line


@given(st.lists(st.sampled_from(["the", "x1", ",", "(", ")", "-", "don't"]), max_size=10))
def test_a_joined_line_has_the_same_words_again(tokens: list[str]) -> None:
    words = [token for token in tokens if is_word(token)]
    assert [token for token in split_words(join_words(tokens)) if is_word(token)] == words


def test_words_of_summaries_come_first_by_count_and_rare_words_are_left_out() -> None:
    targets = [["sum", "the", "axis"], ["sum", "the", "rare"]]
    sources = [
        ["read", "read", "read", "the", "axis", "axis"],
        ["sum", "sum", "arrays", "arrays", "arrays", "read"],
    ]
    vocabulary = Vocabulary.build(sources, targets, fewest=3)
    assert vocabulary.to_list() == [*SPECIAL, "sum", "axis", "the", "read", "arrays"]
    assert vocabulary.writable == len(SPECIAL) + 3
    assert "axis" in vocabulary and "rare" not in vocabulary


def test_a_saved_vocabulary_is_the_same_again() -> None:
    first = Vocabulary(["norm", "of"], writable=5)
    again = Vocabulary(first.to_list(), first.writable)
    assert again.to_list() == first.to_list() and again.writable == 5
    assert again.encode(["of", "norm"]) == first.encode(["of", "norm"]) == [5, 4]


def test_a_word_outside_the_vocabulary_is_unknown_or_has_the_id_of_its_place_in_the_source() -> None:
    vocabulary = Vocabulary(["the", "of"])
    ids, extra = vocabulary.extend(["the", "zeta", "of", "psi", "zeta"])
    assert extra == ["zeta", "psi"]
    assert ids == [4, 6, 5, 7, 6]
    assert vocabulary.encode(["psi", "omega", "the"], extra) == [7, UNKNOWN, 4]
    assert vocabulary.encode(["psi"]) == [UNKNOWN]


def test_decoding_ends_at_the_end_and_leaves_the_special_entries_out() -> None:
    vocabulary = Vocabulary(["the", "of"])
    assert vocabulary.decode([START, 4, PAD, UNKNOWN, 6, END, 5], ["zeta"]) == ["the", "<unknown>", "zeta"]


@given(WORDS)
def test_every_source_is_its_extended_ids_decoded(words: list[str]) -> None:
    vocabulary = Vocabulary(["the", "norm", "axis", "of"])
    ids, extra = vocabulary.extend(words)
    assert vocabulary.decode(ids, extra) == words
    assert not set(extra) & set(vocabulary.to_list())


@pytest.mark.parametrize("id", [-1, 6])
def test_an_id_outside_the_vocabulary_is_refused(id: int) -> None:
    with pytest.raises(ValueError, match=f"ids: expected 0 to 5, got {id}"):
        Vocabulary(["the"]).decode([4, id], ["zeta"])


def test_a_word_given_twice_or_an_impossible_number_of_writable_words_is_refused() -> None:
    with pytest.raises(ValueError, match="'norm' twice"):
        Vocabulary(["norm", "of", "norm"])
    with pytest.raises(ValueError, match="writable: expected 4 to 5, got 6"):
        Vocabulary(["norm"], writable=6)

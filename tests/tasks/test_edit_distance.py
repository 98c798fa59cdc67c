"""The edit distance is a metric, agrees with its definition, and error rates count what they say."""

from __future__ import annotations

import functools
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np.tasks.edit_distance import edit_distance, error_rate

WORDS = st.text(alphabet="abc", max_size=6)


def by_definition(left: str, right: str) -> int:
    """All ways to go from the end, with no row kept."""

    @functools.cache
    def distance(i: int, j: int) -> int:
        if i == 0 or j == 0:
            return i + j
        kept = distance(i - 1, j - 1) + (left[i - 1] != right[j - 1])
        return min(distance(i - 1, j) + 1, distance(i, j - 1) + 1, kept)

    return distance(len(left), len(right))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(WORDS, WORDS)
def test_it_is_the_fewest_edits(left, right):
    assert edit_distance(left, right) == by_definition(left, right) == edit_distance(right, left)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(WORDS, WORDS, WORDS)
def test_no_detour_is_shorter_and_only_equals_are_at_no_distance(left, right, between):
    assert edit_distance(left, right) <= edit_distance(left, between) + edit_distance(between, right)
    assert (edit_distance(left, right) == 0) == (left == right)


def test_symbols_are_compared_whole():
    assert edit_distance(["sz", "aː"], ["s", "z", "aː"]) == 2
    assert edit_distance("kitten", "sitting") == 3


def test_an_error_rate_is_over_all_symbols_and_may_exceed_one():
    assert error_rate([("ab", "ab"), ("x", "abcd")]) == 4 / 6
    assert error_rate([("abc", "x")]) == 3
    assert error_rate([]) == error_rate([("", "")]) == 0
    assert math.isinf(error_rate([("a", "")]))

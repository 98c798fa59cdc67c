from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np.tasks.cleaning import Pair, make_pairs
from attention_np.tasks.docstring_reader import Docstring
from attention_np.tasks.splits import (
    BODY_JACCARD,
    SUMMARY_JACCARD,
    Dataset,
    features,
    leaking,
    near_duplicates,
    prepare,
    split,
)

BODY = "The first of thirteen words that hold an ordinary text about nothing much here."


def pair(name: str, summary: str, body: str, module: str = "some.module") -> Pair:
    pairs, extras = make_pairs([Docstring(f"{module}.{name}", module, "function", (), summary, body)])
    return [*pairs, *extras][0]


def many_pairs(modules: int, each: int) -> list[Pair]:
    """Pairs without a word in common, `each` of them in every module."""

    def words(kind: str, m: int, k: int, number: int) -> str:
        return " ".join(f"{kind}{m}q{k}q{i}" for i in range(number))

    return [
        pair(f"f{m}x{k}", words("summary", m, k, 5), words("body", m, k, 15), f"module{m}")
        for m in range(modules)
        for k in range(each)
    ]


def leaks(one: Pair, other: Pair) -> bool:
    return leaking([features(one)], [features(other)]) == {0}


def test_modules_are_never_divided_and_the_shares_are_met() -> None:
    pairs = many_pairs(modules=40, each=5)
    dataset = split(pairs)
    parts = [
        {one.docstring.module for one in part} for part in (dataset.train, dataset.validation, dataset.test)
    ]
    assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
    assert [len(part) for part in (dataset.train, dataset.validation, dataset.test)] == [145, 20, 35]


def test_the_split_depends_on_the_modules_alone_not_on_their_order() -> None:
    pairs = many_pairs(modules=30, each=3)
    forwards, backwards = split(pairs), split(pairs[::-1])
    assert set(forwards.test) == set(backwards.test)
    assert set(forwards.validation) == set(backwards.validation)


def test_what_resembles_training_is_removed_from_the_test_and_extras_from_held_out_modules_are_dropped() -> (
    None
):
    pairs = many_pairs(modules=20, each=4)
    before = split(pairs)
    held_out, trained, validated = before.test[0], before.train[0], before.validation[0]
    copied = replace(held_out, target=trained.target)
    near_validation = replace(before.test[1], target=validated.target)
    swapped = {held_out: copied, before.test[1]: near_validation}
    extras = [
        replace(
            pair("extra", "An extra of its own.", ""), docstring=replace(trained.docstring, summary="kept")
        ),
        replace(pair("extra", "An extra held out.", ""), docstring=held_out.docstring),
        replace(pair("extra", "An extra too similar.", ""), target=before.test[2].target),
    ]
    after = split([swapped.get(one, one) for one in pairs], extras)
    assert set(before.test) - set(after.test) == {held_out, before.test[1]}
    assert copied not in after.test and near_validation not in after.test
    assert after.extras == (extras[0],)
    assert after.train == before.train
    assert after.counts["removed from the test as too similar"] == 2
    assert after.counts["removed from the extras as too similar or held out"] == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("get_x", "Find the x position.", BODY), ("get_y", "Find the x position.", "Quite another text.")),
        (("hot", "Set the colormap to 'hot'.", ""), ("cool", "Set the colormap to 'cool'.", BODY)),
        (
            ("hot", "Make it very warm indeed.", "This alters hot for all of the plots."),
            ("cool", "Another summary of five words.", "This alters cool for all of the plots."),
        ),
        (
            ("setColor", "Change by setcolor the hue.", ""),
            ("setWidth", "Change by setwidth the hue.", BODY),
        ),
    ],
)
def test_pairs_equal_but_for_their_own_names_leak(
    first: tuple[str, str, str], second: tuple[str, str, str]
) -> None:
    assert leaks(pair(*first), pair(*second)) and leaks(pair(*second), pair(*first))


def test_similar_texts_leak_from_the_threshold_on_and_not_below() -> None:
    words = [f"w{i}" for i in range(30)]
    # Of 27 shingles each the first 19 or 15 are common to both: 19 / 35 and 15 / 39 of all.
    for common, similar in ((22, True), (18, False)):
        other = words[:common] + [f"v{i}" for i in range(30 - common)]
        one, two = (
            pair("f", "One summary here.", " ".join(words)),
            pair("g", "Two other words.", " ".join(other)),
        )
        share = (common - 3) / (54 - (common - 3))
        assert (share >= BODY_JACCARD) == similar
        assert leaks(one, two) == similar


def test_similar_summaries_leak_from_the_threshold_on_and_not_below() -> None:
    one = pair("f", "Draw one two three of four lines.", "")
    assert 5 / 9 < SUMMARY_JACCARD <= 6 / 8
    assert leaks(one, pair("g", "Draw one two three of five lines.", ""))
    assert not leaks(one, pair("g", "Draw one two three of five points.", ""))


@given(
    st.lists(st.frozensets(st.integers(0, 9), max_size=7), max_size=8),
    st.lists(st.frozensets(st.integers(0, 9), max_size=7), max_size=8),
    st.sampled_from([0.2, 0.4, 0.5, 0.75, 1.0]),
)
def test_the_index_finds_exactly_the_near_duplicates_that_comparing_all_finds(
    queries: list[frozenset[int]], corpus: list[frozenset[int]], threshold: float
) -> None:
    every = {
        position
        for position, query in enumerate(queries)
        if any(query | other and len(query & other) / len(query | other) >= threshold for other in corpus)
    }
    assert near_duplicates(queries, corpus, threshold) == every


def test_the_hash_tells_any_change_of_the_data() -> None:
    dataset = split(many_pairs(modules=12, each=2))
    changed = replace(dataset.test[0], target=(*dataset.test[0].target, "more"))
    others = [
        replace(dataset, test=(changed, *dataset.test[1:])),
        replace(dataset, test=dataset.test[::-1]),
        replace(dataset, train=dataset.train[1:], extras=dataset.train[:1]),
    ]
    assert len({dataset.sha256, *(other.sha256 for other in others)}) == 4
    assert replace(dataset, counts={}).sha256 == dataset.sha256


@pytest.mark.parametrize("shares", [(0.0, 0.2), (0.5, 0.5), (0.1, -0.1), (float("nan"), 0.1)])
def test_impossible_shares_are_refused(shares: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="shares with a sum below 1"):
        split([], [], *shares)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def real(cache: Path) -> Dataset:
    return prepare(cache=cache)


@pytest.mark.slow
def test_the_real_data_are_as_many_as_a_trial_found_and_nothing_of_the_test_was_seen(real: Dataset) -> None:
    assert real.counts["docstrings"] > 10_000
    assert len(real.train) > 3_000 and len(real.extras) > 3_000
    assert len(real.validation) > 300 and len(real.test) > 500
    held_out = [*real.validation, *real.test]
    seen = [*real.train, *real.extras]
    assert not {one.docstring.module for one in held_out} & {one.docstring.module for one in seen}
    assert not {one.target for one in held_out} & {one.target for one in seen}
    assert not leaking([features(one) for one in real.test], [features(one) for one in seen])


@pytest.mark.slow
def test_the_same_files_give_the_same_data_whatever_the_order_of_sets(real: Dataset, cache: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from attention_np.tasks.splits import prepare; "
        "print(prepare(cache=Path(sys.argv[1])).sha256)"
    )
    other_order = {**os.environ, "PYTHONHASHSEED": "20260101"}
    printed = subprocess.run(
        [sys.executable, "-c", code, str(cache)], capture_output=True, text=True, env=other_order, check=True
    )
    assert printed.stdout.strip() == real.sha256

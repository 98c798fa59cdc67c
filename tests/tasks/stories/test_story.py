"""Stories: an independent reader, who knows nothing but the sentences, finds the same answers for the same reasons."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_np.tasks.stories.story import COUNTS, KINDS, draw_story
from attention_np.tasks.stories.world import DROPS, MOVES, PEOPLE, PLACES, TAKES, THINGS

SEEDS = st.integers(0, 2**32 - 1)


def retell(sentences):
    """For each sentence, what it says: (person, "move" or "take" or "drop", place or thing)."""
    told = []
    for sentence in sentences:
        person, *verb, article, what = sentence
        assert person in PEOPLE and article == "the"
        (does,) = [name for name, verbs in (("move", MOVES), ("take", TAKES), ("drop", DROPS)) if tuple(verb) in verbs]
        assert what in (PLACES if does == "move" else THINGS)
        told.append((person, does, what))
    return told


def answer(story):
    """Answer and support, read backwards from the end of the story."""
    told = retell(story.sentences)

    def latest(before, wanted):
        return max(place for place, said in enumerate(told[:before]) if wanted(*said))

    if story.kind in ("one", "yes-no"):
        person = story.question[2] if story.kind == "one" else story.question[1]
        moved = latest(len(told), lambda who, does, what: (who, does) == (person, "move"))
        place = told[moved][2]
        return place if story.kind == "one" else "yes" if place == story.question[-1] else "no", [moved]
    if story.kind == "two":
        thing = story.question[-1]
        touched = latest(len(told), lambda who, does, what: what == thing)
        person, does, _ = told[touched]
        until = len(told) if does == "take" else touched
        moved = latest(until, lambda who, does, what: (who, does) == (person, "move"))
        return told[moved][2], sorted([touched, moved])
    person = story.question[-2]
    touches = [place for place, (who, does, _) in enumerate(told) if who == person and does != "move"]
    carried = sum(1 if told[place][1] == "take" else -1 for place in touches)
    return COUNTS[carried], touches


@pytest.mark.parametrize("kind", KINDS)
@given(SEEDS)
@settings(derandomize=True, deadline=None, max_examples=150)
def test_answer_and_support_follow_from_the_sentences(kind, seed):
    story = draw_story(kind, rng=np.random.default_rng(seed))
    assert (story.answer, list(story.support)) == answer(story)


@pytest.mark.parametrize("kind", KINDS)
@given(SEEDS)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_the_supporting_sentences_alone_have_the_same_answer(kind, seed):
    story = draw_story(kind, rng=np.random.default_rng(seed))
    alone = story._replace(sentences=tuple(story.sentences[place] for place in story.support))
    assert answer(alone)[0] == story.answer


@given(SEEDS)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_things_are_taken_where_they_lie_and_dropped_by_who_has_them(seed):
    story = draw_story("counting" if seed % 2 else "two", rng=np.random.default_rng(seed))
    where, holder, lies = {}, {}, {}
    for person, does, what in retell(story.sentences):
        if does == "move":
            assert where.get(person) != what, "nobody moves to where they are"
            where[person] = what
        elif does == "take":
            assert what not in holder and lies.get(what, where[person]) == where[person]
            holder[what] = person
        else:
            assert holder.pop(what) == person
            lies[what] = where[person]


@pytest.mark.parametrize(("kind", "answers"), [("yes-no", ("yes", "no")), ("counting", COUNTS), ("one", PLACES)])
def test_every_answer_comes_equally_often(kind, answers):
    rng = np.random.default_rng(0)
    counts = Counter(draw_story(kind, rng=rng).answer for _ in range(2000))
    assert counts.keys() == set(answers)
    expected = 2000 / len(answers)
    assert max(abs(count - expected) for count in counts.values()) < 4 * expected**0.5


def test_lengths_are_those_that_the_kinds_promise():
    rng = np.random.default_rng(0)
    lengths = {kind: {len(draw_story(kind, rng=rng).sentences) for _ in range(400)} for kind in KINDS}
    assert lengths["one"] == lengths["yes-no"] == set(range(2, 11))
    assert lengths["two"] == set(range(3, 17))
    assert max(lengths["counting"]) == 16


def test_the_same_seed_tells_the_same_story_and_an_unknown_kind_is_refused():
    assert draw_story("two", rng=np.random.default_rng(4)) == draw_story("two", rng=np.random.default_rng(4))
    with pytest.raises(ValueError, match="kind: expected one of one, two, yes-no, counting, got 'three'"):
        draw_story("three", rng=np.random.default_rng(0))

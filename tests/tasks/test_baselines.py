from __future__ import annotations

import numpy as np
import pytest

from attention_np.tasks.baselines import (
    LEAD_CHOICES,
    TEMPLATES,
    NearestNeighbour,
    Template,
    baselines,
    best_sentence,
    choose_lead,
    copyable_words,
    fill,
    lead,
    mean_rouge_l,
    return_the_name,
)
from attention_np.tasks.cleaning import Pair, make_pairs
from attention_np.tasks.docstring_reader import Docstring
from attention_np.tasks.rouge import rouge_scores
from attention_np.tasks.splits import Dataset
from attention_np.tasks.vocabulary import join_words

BODY = "An axis has limits. The limits of the axis are drawn here, in every figure with a frame (or without)."


def pair(
    name: str, summary: str, body: str = BODY, kind: str = "method", signature: tuple[str, ...] = ()
) -> Pair:
    pairs, extras = make_pairs([Docstring(name, "some.module", kind, signature, summary, body)])
    return [*pairs, *extras][0]


SET_LIMITS = pair("plot.Axis.set_limits", "Set the limits of the axis.")
TRAIN = [pair(f"plot.Axis.set_part{k}", f"Set the part number {k}.") for k in range(5)]


def test_the_lead_holds_the_first_words_without_punctuation() -> None:
    assert lead(SET_LIMITS, 6) == ["an", "axis", "has", "limits", "the", "limits"]


def test_the_lead_is_as_long_as_is_best_on_validation() -> None:
    summary = "one two three four five six seven eight nine ten"
    validation = [
        pair(f"f{k}", summary, f"{summary} and then more words that nobody asked for at all")
        for k in range(3)
    ]
    assert choose_lead(validation) == 10
    assert 10 in LEAD_CHOICES


def test_the_plain_template_returns_the_name() -> None:
    assert join_words(return_the_name(SET_LIMITS)) == "Return the set limits"


def test_a_form_is_filled_with_the_words_of_the_name_and_its_owner() -> None:
    assert (
        fill("{first} the {rest} of the {owner} by {name}", SET_LIMITS)
        == "set the limits of the axis by set limits".split()
    )
    assert fill("a {name} of {owner}", pair("textwrap", "Wrap some text.", kind="module")) == [
        "a",
        "textwrap",
        "of",
    ]


def test_verbs_are_learned_from_training_and_the_form_is_chosen_on_validation() -> None:
    template = Template(TRAIN, [SET_LIMITS, pair("plot.Line", "A line object.", kind="class")])
    assert template.verbs == {"set"}
    assert template.kind_of(SET_LIMITS) == "verb"
    assert (
        join_words(template(pair("plot.Line.set_colour", "Whatever it says.")))
        == "Set the colour of the line"
    )
    assert join_words(template(pair("plot.Marker", "Whatever it says.", kind="class"))) == "A marker object"
    assert template.chosen["module"] == TEMPLATES["module"][0], "what validation does not hold stays plain"
    assert Template(TRAIN[:4], [SET_LIMITS]).verbs == frozenset(), "four uses do not make a verb"


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("plot", "module", "module"),
        ("plot.Axis", "class", "class"),
        ("plot.Axis.__init__", "method", "constructor"),
        ("plot.Axis.is_drawn", "method", "predicate"),
        ("plot.Axis.get_limits", "method", "get"),
        ("plot.Axis.get", "method", "other"),
        ("plot.Axis.set", "method", "lone verb"),
        ("plot.Axis.limits", "method", "other"),
        ("plot.Axis._", "method", "other"),
    ],
)
def test_every_object_has_a_kind_of_name(name: str, kind: str, expected: str) -> None:
    template = Template(TRAIN, [SET_LIMITS])
    assert template.kind_of(pair(name, "Whatever it says.", kind=kind)) == expected
    assert expected in TEMPLATES


def test_the_nearest_neighbour_is_that_of_the_full_tf_idf_matrix() -> None:
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(30)]
    probabilities = rng.dirichlet(np.full(30, 0.5))

    def drawn(k: int) -> Pair:
        text = " ".join(rng.choice(words, size=25, p=probabilities))
        return pair(f"f{k}", f"summary number{k} here", text)

    train, queries = [drawn(k) for k in range(40)], [drawn(k) for k in range(100, 120)]
    vocabulary = sorted({word for one in train for word in one.source if word[0] != "<"})

    def counts(one: Pair) -> list[int]:
        return [one.source.count(word) for word in vocabulary]

    matrix = np.array([counts(one) for one in train], dtype=float)
    idf = 1 + np.log((1 + len(train)) / (1 + (matrix > 0).sum(axis=0)))

    def unit(rows: np.ndarray) -> np.ndarray:
        weighted = np.where(rows > 0, 1 + np.log(np.maximum(rows, 1)), 0) * idf
        return weighted / np.linalg.norm(weighted, axis=-1, keepdims=True)

    nearest = NearestNeighbour(train)
    for query in queries:
        expected = train[int(np.argmax(unit(matrix) @ unit(np.array(counts(query), dtype=float))))]
        assert nearest(query) == list(expected.target)


def test_a_text_without_a_known_word_still_has_a_neighbour() -> None:
    assert NearestNeighbour(TRAIN)(pair("ququ", "Whatever it says.", "xyzzy", kind="class")) == list(
        TRAIN[0].target
    )


def test_the_oracles_are_the_best_sentence_and_the_words_that_could_be_copied() -> None:
    assert (
        best_sentence(SET_LIMITS)
        == "the limits of the axis are drawn here in every figure with a frame or without".split()
    )
    known = pair("plot.Axis.set_limits", "Set new limits of this axis.", signature=("new",))
    assert copyable_words(known) == ["set", "new", "limits", "of", "axis"]
    assert best_sentence(pair("f", "A short summary.", "")) == []


def test_no_sentence_scores_higher_than_the_best_sentence() -> None:
    sentences = [["an", "axis", "has", "limits"], best_sentence(SET_LIMITS)]
    scores = rouge_scores([" ".join(words) for words in sentences], [SET_LIMITS.reference] * 2)["rougeL"]
    assert scores[1] > scores[0]


def test_all_baselines_summarise_and_only_the_ceilings_are_marked_as_oracles() -> None:
    dataset = Dataset(tuple(TRAIN), (SET_LIMITS,), (SET_LIMITS,), (), {})
    every = baselines(dataset)
    assert {name for name, baseline in every.items() if baseline.oracle} == {"best-sentence", "copyable"}
    for baseline in every.values():
        assert baseline.summarise(SET_LIMITS)
    assert len({baseline.title for baseline in every.values()}) == len(every)


def test_baselines_need_training_and_validation_pairs() -> None:
    with pytest.raises(ValueError, match="dataset: expected pairs for training and for validation"):
        baselines(Dataset(tuple(TRAIN), (), (SET_LIMITS,), (), {}))


def test_the_mean_is_over_the_pairs() -> None:
    pairs = [SET_LIMITS, TRAIN[2]]
    assert mean_rouge_l([["set", "the", "limits", "of", "the", "axis"], ["nothing"]], pairs) == pytest.approx(
        50.0
    )

"""Summaries without a model, to hold a model against: simple rivals, and ceilings that no excerpt exceeds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from .cleaning import SUMMARY_WORDS, Pair
from .rouge import rouge_scores
from .splits import Dataset
from .textrank import most_central_sentence, sentences
from .tf_idf import TfIdf
from .vocabulary import identifier_words, is_word, join_words, split_words

Summariser: TypeAlias = Callable[[Pair], list[str]]

LEAD_WORDS = 16
"""The length of the lead that stands beside the one chosen on validation."""
LEAD_CHOICES = tuple(range(6, 25, 2))
_FEWEST_VERB_USES = 5

# What a summary may look like, by the kind of name it is for; of those best on validation the first is taken.
_ALWAYS = ("return the {name}", "return the {name} of the {owner}")
TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "module": (*_ALWAYS, "{name}", "the {name} module", "{name} for {owner}", "utilities for {name}"),
    "class": (*_ALWAYS, "a {name}", "a {name} object", "a class for {name}", "the {name} of the {owner}"),
    "constructor": (*_ALWAYS, "initialize the {owner}", "create a new {owner}", "create a {owner} object"),
    "predicate": (*_ALWAYS, "return true if {rest}", "return whether {rest}", "check if {rest}"),
    "get": (*_ALWAYS, "return the {rest}", "get the {rest}", "return the {rest} of the {owner}"),
    "verb": (*_ALWAYS, "{first} the {rest}", "{first} a {rest}", "{first} the {rest} of the {owner}"),
    "lone verb": (*_ALWAYS, "{first} the {owner}", "{first} a {owner}", "{first}"),
    "other": (*_ALWAYS, "return a {name}", "the {name}", "{name}"),
}


class Baseline(NamedTuple):
    """A way to summarise without a model.

    Attributes
    ----------
    title : str
        What the report calls it.
    summarise : function of a pair
        Gives the words of the summary.
    oracle : bool
        Whether it looks at the reference: then it is a ceiling, not a rival.
    """

    title: str
    summarise: Summariser
    oracle: bool = False


def baselines(dataset: Dataset) -> dict[str, Baseline]:
    """All baselines by a short name, prepared on the training data, their choices made on validation.

    Raises
    ------
    ValueError
        If there are no training or no validation pairs.
    """
    if not dataset.train or not dataset.validation:
        raise ValueError(
            "dataset: expected pairs for training and for validation, to choose baselines by, "
            f"got {len(dataset.train)} and {len(dataset.validation)}; add a package with more docstrings"
        )
    length = choose_lead(dataset.validation)
    best_template = Template(dataset.train, dataset.validation)
    return {
        "lead": Baseline(f"first {length} words", lambda pair: lead(pair, length)),
        "lead-16": Baseline(f"first {LEAD_WORDS} words", lead),
        "name": Baseline("words of the name", lambda pair: pair.name),
        "template": Baseline('"return the <name words>"', return_the_name),
        "best-template": Baseline("templates chosen on validation", best_template),
        "textrank": Baseline("TextRank", lambda pair: most_central_sentence(pair.text)[: SUMMARY_WORDS[1]]),
        "nearest": Baseline("nearest neighbour", NearestNeighbour([*dataset.train, *dataset.extras])),
        "best-sentence": Baseline("best sentence of the text (oracle)", best_sentence, oracle=True),
        "copyable": Baseline("copyable words (oracle)", copyable_words, oracle=True),
    }


def lead(pair: Pair, words: int = LEAD_WORDS) -> list[str]:
    """The first words of the text: hard to beat in news, whose writers put the summary first."""
    return [word for word in split_words(pair.text) if is_word(word)][:words]


def choose_lead(validation: Sequence[Pair]) -> int:
    """The number of words whose lead has the highest mean ROUGE-L on validation."""
    means = [mean_rouge_l([lead(pair, words) for pair in validation], validation) for words in LEAD_CHOICES]
    return LEAD_CHOICES[int(np.argmax(means))]


def return_the_name(pair: Pair) -> list[str]:
    """The template of one line: ``get_linewidth`` gives ``return the get linewidth``."""
    return ["return", "the", *pair.name]


class Template:
    """For each kind of name the template of `TEMPLATES` that does best on validation.

    Verbs are not listed by hand: a word is one if at least five training summaries begin with it whose
    object's name begins with it too.
    """

    def __init__(self, train: Sequence[Pair], validation: Sequence[Pair]) -> None:
        uses = Counter(pair.target[0] for pair in train if pair.name and pair.target[0] == pair.name[0])
        self.verbs = frozenset(word for word, count in uses.items() if count >= _FEWEST_VERB_USES)
        by_kind = defaultdict(list)
        for pair in validation:
            by_kind[self.kind_of(pair)].append(pair)
        self.chosen = {kind: forms[0] for kind, forms in TEMPLATES.items()}
        for kind, pairs in by_kind.items():
            means = [mean_rouge_l([fill(form, pair) for pair in pairs], pairs) for form in TEMPLATES[kind]]
            self.chosen[kind] = TEMPLATES[kind][int(np.argmax(means))]

    def kind_of(self, pair: Pair) -> str:
        """The key of `TEMPLATES` for a pair, by the kind of its object and the first word of its name."""
        if pair.docstring.kind in ("module", "class"):
            return pair.docstring.kind
        first = pair.name[0] if pair.name else ""
        if first in ("init", "new"):
            return "constructor"
        if first in ("is", "has", "can"):
            return "predicate"
        if first == "get" and len(pair.name) > 1:
            return "get"
        if first in self.verbs:
            return "verb" if len(pair.name) > 1 else "lone verb"
        return "other"

    def __call__(self, pair: Pair) -> list[str]:
        return fill(self.chosen[self.kind_of(pair)], pair)


def fill(form: str, pair: Pair) -> list[str]:
    """Write a template with the words of a name: all, the first, the rest, and those of its owner's name."""
    owner = identifier_words(pair.docstring.object_name.rpartition(".")[0].rpartition(".")[2])
    parts = {"name": pair.name, "first": pair.name[:1], "rest": pair.name[1:], "owner": owner}
    return form.format(**{part: " ".join(words) for part, words in parts.items()}).split()


class NearestNeighbour:
    """The summary of the training pair whose source is most like (see `TfIdf`)."""

    def __init__(self, train: Sequence[Pair]) -> None:
        self._train = train
        self._index = TfIdf([_counted(pair) for pair in train])

    def __call__(self, pair: Pair) -> list[str]:
        return list(self._train[self._index.nearest(_counted(pair))].target)


def _counted(pair: Pair) -> Counter[str]:
    return Counter(filter(is_word, pair.source))


def best_sentence(pair: Pair) -> list[str]:
    """The sentence of the text with the highest ROUGE-L: the ceiling for choosing a sentence."""
    candidates = sentences(pair.text)
    if not candidates:
        return []
    texts = [" ".join(words) for words in candidates]
    scores = rouge_scores(texts, [pair.reference] * len(texts), metrics=("rougeL",))["rougeL"]
    return candidates[int(np.argmax(scores))]


def copyable_words(pair: Pair) -> list[str]:
    """The words of the reference that the name, the parameters or the text hold: the ceiling for copying."""
    available = {*pair.source, *split_words(pair.text)}
    return [word for word in pair.target if word in available and is_word(word)]


def mean_rouge_l(summaries: Sequence[Sequence[str]], pairs: Sequence[Pair]) -> float:
    """The mean ROUGE-L of summaries of pairs."""
    texts, references = [join_words(words) for words in summaries], [pair.reference for pair in pairs]
    return float(rouge_scores(texts, references, metrics=("rougeL",))["rougeL"].mean())

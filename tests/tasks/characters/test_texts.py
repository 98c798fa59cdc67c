"""The three texts: whole modules, nothing that leaks, one alphabet."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from attention_np.tasks.characters.alphabet import Alphabet
from attention_np.tasks.characters.texts import BETWEEN, UNKNOWN, divide
from attention_np.tasks.docstring_reader import Docstring

WORDS = "the array of a given shape and type is returned by this function unless another one was asked for".split()


def docstrings(modules=60, of_each=5):
    rng = np.random.default_rng(0)
    return [
        Docstring(f"m{module}.f{number}", f"m{module}", "function", (), f"Number {module} and {number}.", body)
        for module in range(modules)
        for number in range(of_each)
        for body in [" ".join(rng.choice(WORDS, 40))]
    ]


def parts(texts):
    return {name: getattr(texts, name).split(BETWEEN)[1:] for name in ("train", "validation", "test")}


def test_every_docstring_of_a_module_is_in_the_same_text():
    found = parts(divide(docstrings()))
    modules = {name: {text.split()[1] for text in part} for name, part in found.items()}
    assert all(modules.values())
    assert sum(map(len, modules.values())) == len(set().union(*modules.values())) == 60
    assert sum(map(len, found.values())) == 300
    assert len(found["train"]) > 4 * len(found["test"]) > 4


def test_what_is_equal_or_too_similar_to_what_is_learned_from_is_not_tested():
    plain = docstrings()
    tested = parts(divide(plain))["test"]
    assert len(tested) >= 3
    bodies = [text.split("\n\n")[1] for text in tested]
    learned = next(d for d in plain if d.body not in bodies and d.body in "".join(parts(divide(plain))["train"]))
    leaking = []
    for docstring in plain:
        if docstring.body == bodies[0]:  # the same words but for the first
            docstring = dataclasses.replace(docstring, body="Now " + learned.body)
        elif docstring.body == bodies[1]:  # the very same text
            docstring = dataclasses.replace(docstring, body=learned.body, summary=learned.summary)
        leaking.append(docstring)
    kept = parts(divide(leaking))["test"]
    assert len(kept) == len(tested) - 2
    assert set(kept) < set(tested)


def test_held_out_texts_are_cut_to_whole_docstrings():
    whole, cut = divide(docstrings()), divide(docstrings(), validation_characters=500, test_characters=700)
    assert len(cut.validation) <= 500 < len(whole.validation)
    assert len(cut.test) <= 700 < len(whole.test)
    assert set(parts(cut)["test"]) < set(parts(whole)["test"])
    assert cut.train == whole.train


def test_characters_that_are_rare_in_training_are_unknown_everywhere():
    rare = [dataclasses.replace(d, summary=d.summary + " ψ€"[: 2 + (d.module == "m1")]) for d in docstrings()]
    texts = divide(rare)
    assert set(texts.train + texts.validation + texts.test) <= set(texts.alphabet)
    assert "ψ" in texts.alphabet and "€" not in texts.alphabet
    assert UNKNOWN in texts.alphabet and BETWEEN in texts.alphabet


def test_the_hash_tells_texts_apart_and_the_order_of_equal_calls_does_not_change():
    first, second = divide(docstrings()), divide(docstrings())
    assert first == second and first.sha256 == second.sha256
    assert first.sha256 != divide(docstrings(modules=59)).sha256


def test_too_few_modules_are_refused():
    with pytest.raises(ValueError, match="expected some for training, validation and test"):
        divide(docstrings(modules=1))


def test_an_alphabet_gives_back_what_it_was_given_and_the_unknown_for_the_rest():
    alphabet = Alphabet("ab" + UNKNOWN)
    assert alphabet.decode(alphabet.encode("abba")) == "abba"
    assert alphabet.decode(alphabet.encode("axb")) == f"a{UNKNOWN}b"
    assert len(alphabet) == 3
    with pytest.raises(ValueError, match="each once"):
        Alphabet("aa" + UNKNOWN)
    with pytest.raises(ValueError, match="each once"):
        Alphabet("ab")

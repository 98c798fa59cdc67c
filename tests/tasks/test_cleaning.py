from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np.tasks.cleaning import (
    FEWEST_BODY_WORDS,
    OF,
    PARAMETERS,
    TEXT,
    free_text_source,
    make_pairs,
    plain_text,
    source_words,
    target_words,
)
from attention_np.tasks.docstring_reader import Docstring

BODY = "The norm of a vector is its length and that of a matrix is one of many."


def docstring(summary: str = "Compute the norm.", body: str = BODY, **changes: object) -> Docstring:
    fields = {
        "object_name": "numpy.linalg.matrixNorm_of",
        "module": "numpy.linalg._linalg",
        "kind": "function",
        "signature": ("x", "keep_dims"),
        "summary": summary,
        "body": body,
    }
    return Docstring(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("See :func:`~numpy.linalg.norm` and :class:`.Axes`.", "See norm and Axes."),
        ("A ``literal``, *emphasis* and **strong**.", "A literal, emphasis and strong."),
        ("The `blume <https://example.org/x>`__ package, `title`_.", "The blume package, title."),
        ("Look at https://example.org/a?b=c now.", "Look at now."),
        ("Takes *args and **kwargs.", "Takes *args and **kwargs."),
        (":param width: of the line\n:return: a line", "width of the line return a line"),
        ("Before %(Line2D:kwdoc)s after.", "Before after."),
        ("With :math:`\\sqrt{x}` inside.", "With inside."),
        ("# Title\n\n* one\n* two\n3. three", "Title\none\ntwo\nthree"),
    ],
)
def test_inline_markup_goes_and_its_words_stay(marked: str, plain: str) -> None:
    assert plain_text(marked) == plain


def test_examples_code_formulas_and_rules_are_removed() -> None:
    text = """\
First line
of a paragraph.

Examples
--------
>>> f(1)
2
... more output

Use it as::

    code(here)

    more(code)

Back to prose.

.. math::

   a = b

.. versionadded:: 1.2
.. note::
   Mind the step.

```python
x = 1
```
=====  =====
Last."""
    assert plain_text(text).split("\n") == [
        "First line of a paragraph.",
        "Examples",
        "Use it as:",
        "Back to prose.",
        "Mind the step.",
        "Last.",
    ]


def test_the_entries_of_a_parameter_section_are_paragraphs_of_their_own() -> None:
    section = "Parameters\n----------\nx : int\n    The width\n    of it.\ny : int\n    The height."
    assert plain_text(section) == "Parameters\nx : int\nThe width of it.\ny : int\nThe height."


def test_the_source_is_kind_name_owner_parameters_and_the_beginning_of_the_text() -> None:
    (pair,), _ = make_pairs([docstring()], body_limit=6, parameter_limit=2)
    assert pair.source == (
        *("<function>", "matrix", "norm", "of"),
        *(OF, "linalg"),
        *(PARAMETERS, "x", "keep"),
        *(TEXT, "the", "norm", "of", "a", "vector", "is"),
    )
    assert pair.target == ("compute", "the", "norm")
    assert pair.reference == "Compute the norm."
    assert pair.name == ["matrix", "norm", "of"]


def test_a_module_at_the_top_has_no_owner() -> None:
    module = docstring(object_name="textwrap", kind="module", signature=())
    assert source_words(module, ["wrap", "it"]) == [
        "<module>",
        "textwrap",
        OF,
        PARAMETERS,
        TEXT,
        "wrap",
        "it",
    ]


def test_a_pair_needs_a_body_and_an_extra_only_a_summary() -> None:
    enough, hardly = "word " * FEWEST_BODY_WORDS, "word " * (FEWEST_BODY_WORDS - 1)
    pairs, extras = make_pairs([docstring(body=enough), docstring(body=hardly), docstring(body="")])
    assert [pair.text for pair in pairs] == [enough.strip()]
    assert [pair.text for pair in extras] == [hardly.strip(), ""]


@pytest.mark.parametrize(("words", "kept"), [(2, False), (3, True), (20, True), (21, False)])
def test_a_summary_has_three_to_twenty_words(words: int, kept: bool) -> None:
    pairs, _ = make_pairs([docstring(summary=", ".join(["word"] * words) + ".")])
    assert bool(pairs) == kept


def test_repeated_pairs_and_summaries_that_repeat_the_name_are_dropped() -> None:
    twin = docstring(object_name="scipy.linalg.matrixNorm_of", module="scipy.linalg")
    other_name = docstring(object_name="numpy.linalg.length")
    pairs, _ = make_pairs([docstring(), twin, other_name, docstring(summary="numpy.linalg.matrixNorm_of")])
    assert [pair.docstring for pair in pairs] == [docstring(), other_name]


@pytest.mark.parametrize(
    ("summary", "target"),
    [
        ("Return the 2-D `Axes`, or None (if any).", "return the 2 - d axes , or none ( if any )"),
        ("Plot lines::", "plot lines"),
        ("Open it...", "open it"),
        ("", ""),
    ],
)
def test_a_target_holds_words_and_punctuation_without_the_stop_at_its_end(summary: str, target: str) -> None:
    assert target_words(summary) == target.split()


def test_free_text_is_a_source_without_a_name() -> None:
    assert free_text_source("Wrap a *single* paragraph. Done.", body_limit=4) == (
        ["<module>", OF, PARAMETERS, TEXT, "wrap", "a", "single", "paragraph"]
    )


@given(st.text(max_size=200))
def test_any_text_at_all_becomes_a_source_in_which_only_separators_are_bracketed(text: str) -> None:
    source = free_text_source(text)
    assert source[:4] == ["<module>", OF, PARAMETERS, TEXT]
    assert not any(set("<>_`* \n") & set(word) for word in source[4:])


@pytest.mark.parametrize(
    "pattern", ["`", "*", ":", "-", "a:", "%(", "`<", "word ", "`a\n\n", ">>>\n", "\x00", "日本 "]
)
def test_ten_megabytes_of_anything_take_less_than_a_few_seconds(pattern: str) -> None:
    start = time.perf_counter()
    free_text_source(pattern * (10_000_000 // len(pattern)) + "x")
    assert time.perf_counter() - start < 5.0

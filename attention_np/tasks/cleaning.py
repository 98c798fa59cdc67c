"""From a docstring to plain words: markup and examples removed, source and target of a pair built."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .docstring_reader import Docstring
from .vocabulary import identifier_words, is_word, split_words

SUMMARY_WORDS = (3, 20)
"""The fewest and the most words of a summary that is learned or scored."""
FEWEST_BODY_WORDS = 12
"""A body of fewer words is no text to summarise: such a docstring only ever is extra training data."""
BODY_LIMIT = 40
"""The words of the body that the model reads; a trial found that more do not help."""
PARAMETER_LIMIT = 12
"""The words of the parameters' names that the model reads."""

# Enough characters for BODY_LIMIT words in any text; the rest of a long one need not be cleaned.
_FREE_TEXT_LIMIT = 100_000

OF, PARAMETERS, TEXT = "<of>", "<parameters>", "<text>"
"""Separators in a source, behind the kind (``<function>``, …) and the name. No text contains them:
``split_words`` never gives an angle bracket."""


@dataclass(frozen=True)
class Pair:
    """A text and its summary.

    Attributes
    ----------
    docstring : Docstring
        Where it comes from.
    text : str
        The body without markup, a paragraph a line.
    source : tuple of str
        What the model reads: kind, name, owner, parameters and the beginning of the text, separated.
    target : tuple of str
        What it should write: the words and punctuation of the summary.
    """

    docstring: Docstring
    text: str
    source: tuple[str, ...]
    target: tuple[str, ...]

    @property
    def reference(self) -> str:
        """What a score compares with: the summary as its author wrote it."""
        return self.docstring.summary

    @property
    def name(self) -> list[str]:
        """The words of the object's own name."""
        return identifier_words(self.docstring.object_name.rpartition(".")[2])


def make_pairs(
    docstrings: Iterable[Docstring], body_limit: int = BODY_LIMIT, parameter_limit: int = PARAMETER_LIMIT
) -> tuple[list[Pair], list[Pair]]:
    """Turn docstrings into pairs, and into extras: good summaries with hardly a body, for training only.

    Repeated ones (same name, summary and text) are kept once; a summary that repeats the dotted name is none.
    """
    pairs: list[Pair] = []
    extras: list[Pair] = []
    seen: set[tuple[str, str, str]] = set()
    for docstring in docstrings:
        target = target_words(docstring.summary)
        shortest, longest = SUMMARY_WORDS
        if not shortest <= sum(map(is_word, target)) <= longest:
            continue
        if target == split_words(docstring.object_name):
            continue
        text = plain_text(docstring.body)
        identity = (docstring.object_name.rpartition(".")[2], docstring.summary, text)
        if identity in seen:
            continue
        seen.add(identity)
        words = body_words(text)
        source = source_words(docstring, words, body_limit, parameter_limit)
        enough = sum(map(is_word, words)) >= FEWEST_BODY_WORDS
        (pairs if enough else extras).append(Pair(docstring, text, tuple(source), tuple(target)))
    return pairs, extras


def source_words(
    docstring: Docstring,
    words: list[str],
    body_limit: int = BODY_LIMIT,
    parameter_limit: int = PARAMETER_LIMIT,
) -> list[str]:
    """The source of a docstring: ``<kind> name <of> owner <parameters> names <text> words``.

    The owner is the class or module that holds the object; `words` are those of the text (`body_words`).
    """
    *_, owner, name = "", *docstring.object_name.split(".")
    parameters = [word for parameter in docstring.signature for word in identifier_words(parameter)]
    return [
        f"<{docstring.kind}>",
        *identifier_words(name),
        OF,
        *identifier_words(owner),
        PARAMETERS,
        *parameters[:parameter_limit],
        TEXT,
        *words[:body_limit],
    ]


def body_words(text: str) -> list[str]:
    """The words of a text and the full stops between its sentences: what a source holds of it."""
    return [word for word in split_words(text) if is_word(word) or word == "."]


def free_text_source(text: str, body_limit: int = BODY_LIMIT) -> list[str]:
    """The source of a text that no object belongs to: the separators stand with nothing between them."""
    words = body_words(plain_text(text[:_FREE_TEXT_LIMIT]))
    return ["<module>", OF, PARAMETERS, TEXT, *words[:body_limit]]


def target_words(summary: str) -> list[str]:
    """The words and punctuation of a summary, without markup and without the full stop at the end."""
    words = split_words(plain_text(summary))
    while words and not is_word(words[-1]) and words[-1] != ")":
        words.pop()
    return words


_UNDERLINE = re.compile(r"\s*([-=~^*#\"'+.])\1\1[-=~^*#\"'+.| ]*")
_DIRECTIVE = re.compile(r"(\s*)\.\.(?:\s+([\w:-]+)::\s*(.*)|\s.*|$)")
# Directives whose content is prose; of all others (code, math, plot, only, …) the content is not.
_PROSE_DIRECTIVES = frozenset(
    {"note", "warning", "important", "tip", "hint", "caution", "attention", "seealso", "admonition", "rubric"}
)
# (a sign without which the pattern cannot match, pattern, replacement), in this order. The sign is looked for
# first: most paragraphs hold none of them, and a search for a letter is many times faster than one for a
# pattern.
_INLINE = [
    ("%(", re.compile(r"%\([\w:.]+\)s"), " "),
    (":math:", re.compile(r":math:`[^`]*`"), " "),
    ("``", re.compile(r"``([^`]+)``"), r"\1"),
    ("`_", re.compile(r"`([^`<>]+?)\s*<[^`>]*>`_{1,2}"), r"\1"),
    ("`", re.compile(r"(?::[\w:+.-]+:)?`([^`<]+?)\s*<[^`>]*>`"), r"\1"),
    ("`", re.compile(r"(?::[\w:+.-]+:)?`~(?:[\w.]*\.)?([^`]+)`"), r"\1"),
    ("`", re.compile(r"(?::[\w:+.-]+:)?`!?\.?([^`]+)`_{0,2}"), r"\1"),
    ("://", re.compile(r"\bhttps?://\S+"), " "),
    (":", re.compile(r"^:(?:param|parameter|arg|type|raises?|var|ivar)\s+([^:\n]+):", re.MULTILINE), r"\1"),
    (":", re.compile(r"^:(\w+):", re.MULTILINE), r"\1"),
    (":", re.compile(r"::\s*$", re.MULTILINE), ":"),
    ("*", re.compile(r"(?<!\w)(\*{1,2})(\w(?:[^*\n]*[^*\s])?)\1(?![\w*])"), r"\2"),
]
_LIST_MARK = re.compile(r"(?:[-*+•]|\(?\d{1,2}[.)]|#{1,6})\s+")


def plain_text(text: str) -> str:
    """Remove reStructuredText and Markdown from a text: a paragraph or list entry a line, words as they were.

    Doctests with their output, literal blocks, fenced code, directives that hold code or formulas, comments,
    tables' and headings' rules, URLs and roles go; of a link and a role the words remain.
    """
    paragraphs = []
    for block in "\n".join(_prose_lines(text.expandtabs().split("\n"))).split("\n\n"):
        for sign, pattern, replacement in _INLINE:
            if sign in block:
                block = pattern.sub(replacement, block)
        paragraph = " ".join(block.split())
        if paragraph:
            paragraphs.append(paragraph)
    return "\n".join(paragraphs)


def _prose_lines(lines: list[str]) -> list[str]:
    """The lines without examples, code and rules; an empty one where a paragraph, entry or heading ends."""
    kept: list[str] = []
    skip_deeper_than: int | None = None
    margin = 0
    in_doctest = in_fence = False
    for line in lines:
        stripped = " ".join(line.split())
        if stripped.startswith("```"):
            in_fence = not in_fence
            continue
        if not stripped:
            in_doctest = False
            kept.append("")
            continue
        indent = len(line) - len(line.lstrip())
        if skip_deeper_than is not None:
            if indent > skip_deeper_than:
                continue
            skip_deeper_than = None
        in_doctest = in_doctest or stripped.startswith((">>>", "In ["))
        if in_doctest or in_fence:
            continue
        if _UNDERLINE.fullmatch(line):
            kept.append("")
            continue
        if directive := _DIRECTIVE.fullmatch(line):
            name, argument = directive[2], directive[3]
            if name in _PROSE_DIRECTIVES:
                kept.append(argument)
            else:
                skip_deeper_than = indent
            continue
        mark = _LIST_MARK.match(stripped)
        if mark or indent != margin:
            kept.append("")
        margin = indent + (mark.end() if mark else 0)
        kept.append(stripped[mark.end() :] if mark else stripped)
        if stripped.endswith("::"):
            skip_deeper_than = indent
    return kept

from __future__ import annotations

import inspect
import textwrap

import numpy.linalg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np.tasks.docstring_reader import Docstring, read_source, split_summary

SOURCE = '''
"""A module for trees.

It holds one class.
"""
import os

class Tree(object):
    """A tree of nodes."""

    def __init__(self, root, *branches, depth=3, **options):
        """Plant the tree."""

    @classmethod
    async def grow(cls, rate, /, *, rain):
        """Let it grow.

        As long as it rains.
        """
        def inner():
            """Not an object that anybody can reach."""

    class Leaf:
        """A leaf of a tree."""

if os.name == "nt":
    def fell(): pass
else:
    try:
        def fell(axe):
            """Cut the tree down."""
    except Exception:
        def fell(saw):
            """Saw the tree down."""

def undocumented(x):
    return """not a docstring"""
'''


def by_name(module: str, source: str) -> dict[str, Docstring]:
    return {docstring.object_name: docstring for docstring in read_source(module, source.encode())}


def test_modules_classes_methods_and_functions_are_found_with_their_kinds() -> None:
    found = read_source("wood.trees", SOURCE.encode())
    assert [(docstring.object_name, docstring.kind) for docstring in found] == [
        ("wood.trees", "module"),
        ("wood.trees.Tree", "class"),
        ("wood.trees.Tree.__init__", "method"),
        ("wood.trees.Tree.grow", "method"),
        ("wood.trees.Tree.Leaf", "class"),
        ("wood.trees.fell", "function"),
        ("wood.trees.fell", "function"),
    ]


def test_the_signature_holds_every_parameter_but_self_and_cls() -> None:
    found = by_name("wood.trees", SOURCE)
    assert found["wood.trees.Tree.__init__"].signature == ("root", "branches", "depth", "options")
    assert found["wood.trees.Tree"].signature == ("root", "branches", "depth", "options")
    assert found["wood.trees.Tree.grow"].signature == ("rate", "rain")
    assert found["wood.trees"].signature == ()


def test_a_docstring_is_divided_into_summary_and_body() -> None:
    grow = by_name("wood.trees", SOURCE)["wood.trees.Tree.grow"]
    assert (grow.summary, grow.body) == ("Let it grow.", "As long as it rains.")


def test_private_modules_are_not_part_of_the_object_name_but_of_the_module() -> None:
    found = by_name("numpy.linalg._linalg", inspect.getsource(numpy.linalg._linalg))
    norm = found["numpy.linalg.norm"]
    assert norm.module == "numpy.linalg._linalg"
    assert norm.summary == "Matrix or vector norm."
    assert norm.signature == ("x", "ord", "axis", "keepdims")
    assert "_private.work" in by_name("_private", 'def work():\n    """Do the work."""')


def test_the_docstrings_of_compiled_objects_are_read_from_add_newdoc() -> None:
    found = by_name(
        "numpy._core._add_newdocs",
        textwrap.dedent(
            '''
            add_newdoc('numpy._core.multiarray', 'dot',
                """
                dot(a, b, out=None)

                Dot product of two arrays.
                """)
            helpers.add_newdoc('numpy._core.multiarray', 'ndarray', ('T', """Transposed view."""))
            add_newdoc('numpy._core.multiarray', 'dtype', [('kind', "A code."), ('flags', "Bits.")])
            add_newdoc('numpy', 'inner', cleandoc("""Inner product."""))
            add_newdoc('numpy', computed_name, """Nobody knows whose.""")
            another_call('numpy', 'name', """Not a docstring.""")
            '''
        ),
    )
    assert {name: docstring.summary for name, docstring in found.items()} == {
        "numpy.multiarray.dot": "Dot product of two arrays.",
        "numpy.multiarray.ndarray.T": "Transposed view.",
        "numpy.multiarray.dtype.kind": "A code.",
        "numpy.multiarray.dtype.flags": "Bits.",
        "numpy.inner": "Inner product.",
    }


@pytest.mark.parametrize("source", [b'"""\xff\xfe"""', b'def f(:\n    """Broken."""', b'x = """\x00"""'])
def test_source_that_cannot_be_decoded_or_parsed_raises(source: bytes) -> None:
    with pytest.raises((SyntaxError, ValueError)):
        read_source("broken", source)


@pytest.mark.parametrize(
    ("text", "summary", "body"),
    [
        ("Return x.", "Return x.", ""),
        ("Return x.\n\nMore.\n", "Return x.", "More."),
        ("Return x.\nMore at once.", "Return x.", "More at once."),
        ("Return the sum of\nall x.  Then more.\n\nEnd.", "Return the sum of all x.", "Then more.\n\nEnd."),
        ("Return what (e.g. a\nlist) holds", "Return what (e.g. a list) holds", ""),
        ("sum(a, axis=(0, 1))\n\nAdd up.", "Add up.", ""),
        ("einsum(a, *b, out=None,\n       order='K')\n\nEvaluate it.", "Evaluate it.", ""),
        ("f(x) -> int\nAdd up.", "Add up.", ""),
        ("array(object, /)\n--\n\narray(object, dtype=None)\n\nCreate one.", "Create one.", ""),
        ("Title\n=====\n\nText.", "Title", "Text."),
        ("Parameters\n----------\nx : int", "", "Parameters\n----------\nx : int"),
        ("\n\n", "", ""),
    ],
)
def test_the_summary_is_the_first_line_or_the_first_sentence(text: str, summary: str, body: str) -> None:
    assert split_summary(text) == (summary, body)


@given(st.text(alphabet="aB c.\n!", max_size=60))
def test_no_word_of_a_docstring_is_lost_between_summary_and_body(text: str) -> None:
    summary, body = split_summary(text)
    assert (summary + " " + body).split() == text.split()
    assert "\n" not in summary

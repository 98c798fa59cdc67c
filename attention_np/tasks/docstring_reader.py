"""The docstrings in a source file, found by parsing it, each divided into its summary and its body."""

from __future__ import annotations

import ast
import inspect
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

# A NumPy docstring may begin with the signature that C code cannot declare, "dot(a, b, out=None)", with
# or without the line "--" behind it that inspect.signature asks for.
_SIGNATURE = re.compile(
    r"\s*[\w.]+\([^()]*(?:\([^()]*\)[^()]*)*\)(?:[ \t]*->.*)?[ \t]*(?:\n(?:--[ \t]*(?:\n|$))?|$)"
)
_RULE = re.compile(r"\s*([-=~^*#])\1{2,}\s*")
_SECTIONS = frozenset(
    {"Parameters", "Returns", "Yields", "Raises", "Attributes", "Methods", "Notes", "Examples", "See Also"}
)
_SENTENCE_END = re.compile(
    r"(?<!\.\w)(?<!\s[A-Z])(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\betc)[.!?](?=\s+[^a-z\s]|\s*$)"
)


@dataclass(frozen=True)
class Docstring:
    """One docstring, divided into its summary and the rest.

    Attributes
    ----------
    object_name : str
        Dotted, as a user writes it, without private modules: ``numpy.linalg.norm``.
    module : str
        The module that defines it: ``numpy.linalg._linalg``.
    kind : str
        ``"module"``, ``"class"``, ``"function"`` or ``"method"``.
    signature : tuple of str
        The names of the parameters, without ``self`` and ``cls``; of a class those of its ``__init__``.
    summary : str
        The first line, or the first sentence where that runs over several lines, as it was written.
    body : str
        What follows, its line breaks and indentation kept.
    """

    object_name: str
    module: str
    kind: str
    signature: tuple[str, ...]
    summary: str
    body: str


def read_source(module: str, source: bytes) -> list[Docstring]:
    """Find the docstrings in one file's source: of the module, its classes, functions and methods.

    NumPy documents its compiled objects by calls of ``add_newdoc(place, object, text)``: these are read too.

    Raises
    ------
    SyntaxError, ValueError
        If the source cannot be decoded or parsed.
    """
    if b'"""' not in source and b"'''" not in source:
        return []
    with warnings.catch_warnings():
        # Other people's invalid escapes are not this program's to report.
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    found = list(_definitions(tree, module, (), "function"))
    for node in tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            found += _added(node.value)
    return [docstring for docstring in found if docstring.summary]


def _definitions(
    node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef,
    module: str,
    names: tuple[str, ...],
    function_kind: str,
) -> Iterator[Docstring]:
    text = ast.get_docstring(node)
    if text:
        kind = {"Module": "module", "ClassDef": "class"}.get(type(node).__name__, function_kind)
        yield _docstring(module, names, kind, _parameters(node), text)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    inner_kind = "method" if isinstance(node, ast.ClassDef) else "function"
    for child in _statements(node.body):
        if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _definitions(child, module, (*names, child.name), inner_kind)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body and of the branches of its ``if``, ``try`` and ``with``."""
    for statement in body:
        yield statement
        if isinstance(statement, (ast.If, ast.Try, ast.With)):
            yield from _statements(statement.body)
            yield from _statements(getattr(statement, "orelse", []))
            for handler in getattr(statement, "handlers", []):
                yield from _statements(handler.body)


def _parameters(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.ClassDef):
        for child in node.body:
            if isinstance(child, ast.FunctionDef) and child.name == "__init__":
                return _parameters(child)
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return ()
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    every = [*positional, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    return tuple(argument.arg for argument in every if argument and argument.arg not in ("self", "cls"))


def _added(call: ast.Call) -> Iterator[Docstring]:
    """What a call of ``add_newdoc`` documents: its third argument is a text, a pair or a list of pairs."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if called != "add_newdoc" or len(call.args) < 3:
        return
    place, name = (_constant(argument) for argument in call.args[:2])
    if not place or not name:
        return
    third = call.args[2]
    if text := _constant(third):
        yield _docstring(place, (name,), "function", (), inspect.cleandoc(text))
    for item in third.elts if isinstance(third, ast.List) else [third]:
        if isinstance(item, ast.Tuple) and len(item.elts) == 2:
            attribute, text = (_constant(element) for element in item.elts)
            if attribute and text:
                yield _docstring(place, (name, attribute), "method", (), inspect.cleandoc(text))


def _constant(node: ast.expr) -> str:
    """The string that an expression is, or that a call such as ``cleandoc("…")`` is given; else empty."""
    if isinstance(node, ast.Call) and node.args:
        return _constant(node.args[0])
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _docstring(
    module: str, names: tuple[str, ...], kind: str, signature: tuple[str, ...], text: str
) -> Docstring:
    first, *rest = module.split(".")
    object_name = ".".join([first, *(part for part in rest if not part.startswith("_")), *names])
    summary, body = split_summary(text)
    return Docstring(object_name, module, kind, signature, summary, body)


def split_summary(text: str) -> tuple[str, str]:
    """Divide a docstring into its summary and its body.

    The summary is the first line (PEP 257). Where the first paragraph runs on, because the author broke the
    line, it is the first sentence of that paragraph, and the rest of the paragraph belongs to the body. A
    signature in front, as compiled functions need it, is passed over; a docstring that begins with a section
    such as "Parameters" has no summary.
    """
    text = text.strip()
    while signature := _SIGNATURE.match(text):
        text = text[signature.end() :].strip()
    first, _, following = text.partition("\n\n")
    lines = first.split("\n")
    if len(lines) > 1 and _RULE.fullmatch(lines[1]):
        if lines[0].strip() in _SECTIONS:
            return "", text
        del lines[1]
    if len(lines) == 1 or lines[0].rstrip().endswith((".", "!", "?", ":")):
        summary, rest = lines[0].strip(), "\n".join(lines[1:])
    else:
        paragraph = " ".join(line.strip() for line in lines)
        end = _SENTENCE_END.search(paragraph)
        summary, rest = (paragraph[: end.end()], paragraph[end.end() :].strip()) if end else (paragraph, "")
    return summary, "\n\n".join(part for part in (rest, following) if part.strip())

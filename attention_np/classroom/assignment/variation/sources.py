"""A varied function as source: the usual one under another name, and a few lines around it."""

from __future__ import annotations

import ast
import textwrap
from typing import Any

from ..prose import WIDTH, lines_of
from .conversions import Conversions

NOT_DONE = "raise NotImplementedError"
_USUAL = "usual_"


def can_be_wrapped(source: str, name: str) -> bool:
    """Whether a function is defined once, at the top, with arguments that all have names."""
    found = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == name]
    return len(found) == 1 and found[0].args.vararg is None and found[0].args.kwarg is None


def wrapped(source: str, name: str, results: tuple[str, ...], conversions: Conversions, comment: str = "") -> str:
    """A source in which the function `name`, which returns `results`, has the varied contract, with a comment above it."""
    definition = _definition(source, name)
    arguments = definition.args
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    passed = [*positional, *(f"{argument.arg}={argument.arg}" for argument in arguments.kwonlyargs)]
    taken = [
        f"{one} = {conversions.taken[one].source.format(one)}"
        for one in (*positional, *(argument.arg for argument in arguments.kwonlyargs))
        if one in conversions.taken
    ]
    names = results if len(results) > 1 else ("result",)
    variables = dict(zip(results, names, strict=True))
    returned = []
    for result in conversions.results:
        expression = variables[result]
        for conversion in conversions.returned[result]:
            expression = conversion.source.format(expression)
        returned.append(expression)
    body = [*taken, f"{', '.join(names)} = {_USUAL}{name}({', '.join(passed)})", f"return {', '.join(returned)}"]
    lines = source.rstrip().splitlines()
    lines[definition.lineno - 1] = lines[definition.lineno - 1].replace(f"def {name}(", f"def {_USUAL}{name}(", 1)
    above = [comment] if comment else []
    inner = [f'"""As `{_USUAL}{name}`, with the contract of this assignment."""', *body]
    return "\n".join([*lines, "", "", *above, signature(source, name), *(f"    {line}" for line in inner), ""])


def not_done(source: str, name: str, docstring: str, comment: str) -> str:
    """A blank with another docstring and a comment above."""
    definition = _definition(source, name)
    before = source.splitlines()[: definition.lineno - 1]
    paragraphs = ["\n".join(lines_of(one, WIDTH - 4)) for one in docstring.split("\n\n")]
    prefix = "r" if "\\" in docstring else ""
    text = "\n\n".join([f'{prefix}"""{paragraphs[0]}', *paragraphs[1:]]) + '\n"""'
    text = textwrap.indent(text, "    ", lambda line: bool(line.strip()))
    return "\n".join([*before, comment, signature(source, name), text, f"    {NOT_DONE}", ""])


def signature(source: str, name: str) -> str:
    """The line or lines that begin a function; what it returns is left to the docstring."""
    definition = _definition(source, name)
    text = "\n".join(source.splitlines()[definition.lineno - 1 : definition.body[0].lineno - 1])
    return text.rpartition(" ->")[0] + ":" if definition.returns else text


def _definition(source: str, name: str) -> Any:
    return next(node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == name)

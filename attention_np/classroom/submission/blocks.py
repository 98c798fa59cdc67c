"""From lines to statements at top level: all of them, or, in a broken file, those that parse by themselves."""

from __future__ import annotations

import ast
import re
import warnings
from typing import NamedTuple

_MOST_STATEMENTS = 20_000
_FARTHEST = 60
_MOST_PARSED = 2**23
_GOES_ON = re.compile(r"(?:else|elif|except|finally)\b|[)\]}\s#]|$")
_DEFINES = re.compile(r"\s*(?:async\s+)?(?:def|class)\s+(\w+)")


class Statement(NamedTuple):
    """A statement at top level: its node, the number of its first line, and its text line by line."""

    node: ast.stmt
    line: int
    lines: list[str]


class Broken(NamedTuple):
    """Lines that do not parse: the first, the last, the error's message and line, and the names that they define."""

    first: int
    last: int
    message: str
    line: int
    names: list[str]


def statements_of(lines: list[str], name: str, before: int = 0) -> tuple[list[Statement], list[Broken]]:
    """All statements of the lines, which follow `before` others, and what had to be left out."""
    tree = _parsed("\n".join(lines), name)
    if isinstance(tree, ast.Module):
        return _split(tree, lines, before, name), []
    return _salvaged(lines, tree, before, name)


def _parsed(source: str, name: str) -> ast.Module | SyntaxError:
    """The syntax tree; the error where Python would refuse to compile it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
            # Some errors, as a break outside a loop, show only here.
            compile(source, name, "exec", dont_inherit=True)
        return tree
    except SyntaxError as error:
        return error
    except (RecursionError, MemoryError) as error:
        raise ValueError(f"{name}: expected source that Python can compile, got brackets nested too deeply") from error
    except (ValueError, OverflowError) as error:
        return SyntaxError(str(error), (name, 1, 0, ""))


def _salvaged(lines: list[str], error: SyntaxError, before: int, name: str) -> tuple[list[Statement], list[Broken]]:
    """Block by block, each as short as parses; the first error is the whole's."""
    starts = [*(number for number, line in enumerate(lines) if not _GOES_ON.match(line)), len(lines)]
    statements: list[Statement] = []
    broken: list[Broken] = []
    at, budget = 0, _MOST_PARSED
    while at < len(starts) - 1:
        first, found = starts[at], None
        for end in range(at + 1, min(at + 1 + _FARTHEST, len(starts))):
            block = "\n".join(lines[first : starts[end]])
            budget -= len(block) + 100
            if budget < 0:
                break
            found = _parsed(block, name)
            if isinstance(found, ast.Module):
                statements += _split(found, lines[first : starts[end]], before + first, name)
                at = end
                break
        if budget < 0:
            broken.append(_left_out(lines, first, len(lines), error, before))
            break
        if not isinstance(found, ast.Module):
            broken.append(_left_out(lines, first, starts[at + 1], error, before))
            at += 1
    return statements, _joined(broken)


def _left_out(lines: list[str], first: int, last: int, error: SyntaxError, before: int) -> Broken:
    while last > first + 1 and not lines[last - 1].strip():
        last -= 1
    names = [found.group(1) for line in lines[first:last] if (found := _DEFINES.match(line))]
    return Broken(before + first + 1, before + last, error.msg, before + (error.lineno or 1), names)


def _joined(broken: list[Broken]) -> list[Broken]:
    """Neighbours as one."""
    joined: list[Broken] = []
    for one in broken:
        if joined and joined[-1].last + 1 == one.first:
            joined[-1] = joined[-1]._replace(last=one.last, names=joined[-1].names + one.names)
        else:
            joined.append(one)
    return joined


def _split(tree: ast.Module, lines: list[str], before: int, name: str) -> list[Statement]:
    if len(tree.body) > _MOST_STATEMENTS:
        raise ValueError(f"{name}: expected at most {_MOST_STATEMENTS} statements, got {len(tree.body)}")
    statements: list[Statement] = []
    for node in tree.body:
        line = before + first_line(node)
        if isinstance(node, ast.Import) and len(node.names) > 1:
            # `import numpy as np, matplotlib.pyplot as plt`: one may be needed, and the other missing.
            for alias in node.names:
                single = ast.copy_location(ast.Import([alias]), node)
                statements.append(Statement(single, line, [ast.unparse(single)]))
        else:
            statements.append(Statement(node, line, _text(node, lines)))
    return statements


def first_line(node: ast.stmt) -> int:
    """The line of a statement's beginning: a decorator stands before what it decorates."""
    return min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])


def _text(node: ast.stmt, lines: list[str]) -> list[str]:
    """The statement's own text: other statements may share its first and last line."""
    first, last = first_line(node), node.end_lineno or node.lineno
    text = lines[first - 1 : last]
    # Columns count bytes of UTF-8.
    text[-1] = text[-1].encode()[: node.end_col_offset].decode()
    if first == node.lineno:
        text[0] = text[0].encode()[node.col_offset :].decode()
    return text

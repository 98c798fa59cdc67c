"""The reference: every public function and class, from its docstring, on a page for each folder."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from dataclasses import is_dataclass
from types import ModuleType
from typing import Any, NamedTuple

from ...visualize.markup import text
from .docstrings import docstring_html, prose_html
from .markdown import highlighted

MODULES = (
    "functional",
    "layers",
    "models",
    "models.transformer",
    "optim",
    "training",
    "visualize",
    "gradcheck",
    "course",
)
"""Those that a learner imports from, in the order in which they build on one another."""

_PACKAGE = __name__.split(".")[0]


class Entry(NamedTuple):
    """A public name of a module, what it stands for, and the first line of its docstring."""

    name: str
    thing: Any
    summary: str


def page_name(module: str) -> str:
    """The file of a module's page."""
    return f"reference-{module.replace('.', '-')}.html"


def entries(module: str) -> list[Entry]:
    """The functions and classes that a module offers."""
    loaded = importlib.import_module(f"{_PACKAGE}.{module}")
    things = {name: getattr(loaded, name) for name in loaded.__all__}
    return [
        Entry(name, thing, (inspect.getdoc(thing) or "").split("\n\n")[0])
        for name, thing in things.items()
        if not isinstance(thing, ModuleType) and (inspect.isclass(thing) or callable(thing))
    ]


def module_html(module: str) -> str:
    """The body of a module's page."""
    loaded = importlib.import_module(f"{_PACKAGE}.{module}")
    found = entries(module)
    listed = "".join(
        f'<tr><th scope="row"><a href="#{entry.name}"><code>{entry.name}</code></a></th><td>{prose_html([entry.summary])}</td></tr>'
        for entry in found
    )
    return "\n".join(
        [
            f"<h1>{_PACKAGE}.{module}</h1>",
            prose_html((inspect.getdoc(loaded) or "").splitlines()),
            f'<table class="names"><tbody>{listed}</tbody></table>',
            *map(_entry_html, found),
        ]
    )


def linked(html: str, places: dict[str, str]) -> str:
    """Make links of the names in code that have a place in the reference."""

    def link(found: re.Match[str]) -> str:
        place = places.get(found[1])
        return f'<a href="{place}">{found[0]}</a>' if place else found[0]

    # Not in a heading or a link, where a name is its own place.
    parts = re.split(r"(<(?:h\d|a|pre|dt)\b.*?</(?:h\d|a|pre|dt)>)", html, flags=re.DOTALL)
    parts[::2] = [re.sub(r"<code>(\w+)</code>", link, part) for part in parts[::2]]
    return "".join(parts)


def places() -> dict[str, str]:
    """Where in the reference each public name is."""
    return {entry.name: f"{page_name(module)}#{entry.name}" for module in reversed(MODULES) for entry in entries(module)}


def _entry_html(entry: Entry) -> str:
    name, thing = entry.name, entry.thing
    parts = [f'<section class="entry"><h2 id="{name}">{text(name)}</h2>']
    if inspect.isclass(thing):
        # What makes a dataclass has no source; its docstring lists the fields.
        if "__init__" in vars(thing) and not is_dataclass(thing):
            parts.append(highlighted(_signature(thing.__init__, name)))
        parts.append(docstring_html(inspect.getdoc(thing) or ""))
        parts += [_method_html(name, method) for method in _methods(thing)]
    else:
        parts += [highlighted(_signature(thing, name)), docstring_html(inspect.getdoc(thing) or "")]
        source = highlighted(textwrap.dedent(inspect.getsource(thing)))
        parts.append(f"<details><summary>Source of {text(name)}</summary>{source}</details>")
    return "\n".join([*parts, "</section>"])


def _methods(thing: type) -> list[Any]:
    return [
        member for name, member in vars(thing).items() if inspect.isfunction(member) and name[0] != "_" and member.__doc__
    ]


def _method_html(owner: str, method: Any) -> str:
    name = f"{owner}.{method.__name__}"
    signature = highlighted(_signature(method, method.__name__))
    return f'<h3 id="{name}">{name}</h3>{signature}{docstring_html(inspect.getdoc(method) or "")}'


def _signature(function: Any, name: str) -> str:
    """As it stands in the file, defaults as they were written."""
    source = textwrap.dedent(inspect.getsource(function))
    node = next(node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))
    head = "\n".join(source.splitlines()[node.lineno - 1 : node.body[0].lineno - 1])
    head = re.sub(r"\bself(?:,\s*)?", "", head, count=1)
    return re.sub(r"\s*:$", "", head).replace(f"def {function.__name__}", name, 1)

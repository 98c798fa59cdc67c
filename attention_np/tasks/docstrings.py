"""The docstrings of installed packages, read from their source files without importing them.

Every machine that runs this package holds thousands of human-written texts with their summaries: PEP 257 makes the
first line of a docstring the summary of the object, and what follows it the text. Nothing is downloaded and nothing
leaves the machine. What is found depends on the installed versions, so a score always comes with a hash of the data.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import json
import os
import platform
import re
import sysconfig
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("numpy", "matplotlib")
"""What is read besides the standard library; the package depends on both, so they are always there."""

_SKIPPED_FOLDERS = frozenset(
    {"test", "tests", "idle_test", "lib2to3", "turtledemo", "ensurepip", "site-packages", "dist-packages", "__pycache__"}
)

# A NumPy docstring may begin with the signature that C code cannot declare: "dot(a, b, out=None)".
_SIGNATURE = re.compile(r"\s*[\w.]+\([^()]*(?:\([^()]*\)[^()]*)*\)(?:[ \t]*->.*)?[ \t]*(?:\n|$)")
_RULE = re.compile(r"\s*([-=~^*#])\1{2,}\s*")
_SECTIONS = frozenset({"Parameters", "Returns", "Yields", "Attributes", "Methods", "Notes", "Examples", "See Also", "Raises"})
_SENTENCE_END = re.compile(r"(?<![.\s]\w)(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\betc)[.!?](?=\s+[^a-z\s]|\s*$)")


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


@dataclass(frozen=True)
class Harvest:
    """All docstrings found, in the order of packages, files and lines, and the count of what was not readable.

    Attributes
    ----------
    docstrings : tuple of Docstring
    files : int
        Files with at least one docstring.
    unreadable : int
        Files skipped because they are not UTF-8 (or what they declare), or not valid Python.
    """

    docstrings: tuple[Docstring, ...]
    files: int
    unreadable: int


def harvest(packages: Iterable[str] = (), cache: Path | None = None) -> Harvest:
    """Read the docstrings of the standard library, NumPy, Matplotlib and further installed packages.

    The files are parsed, never imported. With a cache directory the result is kept there, under a key made from the
    versions and from the path, size and modification time of every file; a changed, missing or damaged cache is
    replaced.

    Parameters
    ----------
    packages : iterable of str
        Further packages or modules, by the name one imports: ``"scipy"``, ``"email.mime"``.
    cache : Path, optional
        The directory to keep the result in; it is created when missing.

    Raises
    ------
    ValueError
        If a package is not installed or holds no Python source.
    """
    if isinstance(packages, str):
        raise TypeError(f"packages: expected a tuple of names, got the string {packages!r}; write ({packages!r},)")
    files = _source_files(tuple(dict.fromkeys((*PACKAGES, *packages))))
    if cache is None:
        return _read_all(files)
    key = _key(files)
    path = Path(cache) / f"docstrings-{key[:16]}.jsonl"
    kept = _load(path, key)
    if kept is None:
        kept = _read_all(files)
        _save(path, key, kept)
    return kept


def find_object(docstrings: Iterable[Docstring], name: str) -> Docstring:
    """Find an object by a dotted name, as a user would write it: ``numpy.linalg.norm``, ``textwrap.wrap``.

    Names re-exported by a package are found too: the parts of `name` must occur in this order in the name of the
    definition, beginning and end alike; among several the one with the fewest other parts is taken.

    Raises
    ------
    ValueError
        If there is none; the message offers names that are close.
    """
    wanted = name.split(".")
    known: list[str] = []
    best: tuple[int, Docstring] | None = None
    for docstring in docstrings:
        known.append(docstring.object_name)
        parts = docstring.object_name.split(".")
        if parts[0] == wanted[0] and parts[-1] == wanted[-1] and len(parts) >= len(wanted):
            remaining = iter(parts)
            if all(part in remaining for part in wanted) and (best is None or len(parts) < best[0]):
                best = len(parts), docstring
    if best is None:
        ending = [other for other in known if other.endswith("." + wanted[-1])]
        close = ending[:3] or get_close_matches(name, known, n=3)
        hint = f"; did you mean {', '.join(close)}?" if close else ""
        raise ValueError(f"object: no docstring of {name!r} in the packages that were read{hint}")
    return best[1]


def _source_files(packages: tuple[str, ...]) -> list[tuple[str, Path]]:
    """All files to read, as (module name, path): the standard library first, sorted by path within each root."""
    standard = Path(sysconfig.get_path("stdlib"))
    files = list(_walk("", standard))
    for package in packages:
        root = _locate(package)
        files += _walk(package, root) if root.is_dir() else [(package, root)]
    return list(dict.fromkeys(files))


def _walk(prefix: str, root: Path) -> Iterator[tuple[str, Path]]:
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if name not in _SKIPPED_FOLDERS and name.isidentifier())
        inner = Path(folder).relative_to(root).parts
        for name in sorted(names):
            if name.endswith(".py"):
                last = () if name == "__init__.py" else (name[:-3],)
                module = ".".join((*prefix.split("."), *inner, *last) if prefix else (*inner, *last))
                if module:
                    yield module, Path(folder, name)


def _locate(package: str) -> Path:
    """The folder, or the single file, that holds a package's source, without importing anything."""
    first, *rest = package.split(".")
    if not all(part.isidentifier() for part in (first, *rest)):
        raise ValueError(f"package: expected a name one can import, such as 'scipy', got {package!r}")
    try:
        # Only a top-level name: for a dotted one find_spec would import the parent.
        spec = importlib.util.find_spec(first)
    except ValueError:
        spec = None
    if spec is None:
        raise ValueError(f"package: {first!r} is not installed here; install it, or check the spelling")
    root = Path(next(iter(spec.submodule_search_locations or ()), spec.origin or first))
    inner = root.joinpath(*rest)
    for found in (inner, inner.with_name(inner.name + ".py") if rest else inner):
        if found.is_dir() or (found.is_file() and found.suffix == ".py"):
            return found
    raise ValueError(f"package: {package!r} holds no Python source that could be read")


def _read_all(files: list[tuple[str, Path]]) -> Harvest:
    found: list[Docstring] = []
    readable = unreadable = 0
    for module, path in files:
        try:
            docstrings = read_source(module, path.read_bytes())
        except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):
            unreadable += 1
            continue
        found += docstrings
        readable += bool(docstrings)
    return Harvest(tuple(found), readable, unreadable)


def read_source(module: str, source: bytes) -> list[Docstring]:
    """Find the docstrings in one file's source: of the module, its classes, functions and methods, in this order.

    NumPy documents its compiled objects by calls of ``add_newdoc(place, object, text)``: these are read as well.

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
    """The statements of a body, and of the branches of its ``if`` and ``try``: definitions stand in these too."""
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
    every = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    return tuple(argument.arg for argument in every if argument and argument.arg not in ("self", "cls"))


def _added(call: ast.Call) -> Iterator[Docstring]:
    """The docstrings of ``add_newdoc(place, object, text)``, ``(…, (name, text))`` or ``(…, [(name, text), …])``."""
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
    """The string that an expression is, looking through ``"…".format(…)`` and the like; empty where it is none."""
    if isinstance(node, ast.Call) and node.args:
        return _constant(node.args[0])
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _docstring(module: str, names: tuple[str, ...], kind: str, signature: tuple[str, ...], text: str) -> Docstring:
    first, *rest = module.split(".")
    object_name = ".".join([first, *(part for part in rest if not part.startswith("_")), *names])
    summary, body = split_summary(text)
    return Docstring(object_name, module, kind, signature, summary, body)


def split_summary(text: str) -> tuple[str, str]:
    """Divide a docstring into its summary and its body.

    The summary is the first line (PEP 257). Where the first paragraph runs on, because the author broke the line, it
    is the first sentence of that paragraph, and the rest of the paragraph belongs to the body. A signature in front, as compiled functions
    need it, is passed over; a docstring that begins with a section such as "Parameters" has no summary.
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


def _key(files: list[tuple[str, Path]]) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    digest.update(platform.python_version().encode())
    for package in PACKAGES:
        try:
            digest.update(f"{package} {version(package)}".encode())
        except PackageNotFoundError:
            continue
    for module, path in files:
        state = path.stat()
        digest.update(f"{module}\0{path}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _load(path: Path, key: str) -> Harvest | None:
    """The cached result; None where it is missing, made from other files, or damaged."""
    try:
        header, payload = path.read_bytes().split(b"\n", 1)
        stated = json.loads(header)
        if stated["key"] != key or stated["sha256"] != hashlib.sha256(payload).hexdigest():
            return None
        rows = json.loads(payload)
        docstrings = tuple(Docstring(name, module, kind, tuple(signature), summary, body)
                           for name, module, kind, signature, summary, body in rows)
        return Harvest(docstrings, stated["files"], stated["unreadable"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _save(path: Path, key: str, result: Harvest) -> None:
    """Write beside the old file, flush, and rename over it: whoever is interrupted leaves the old one whole."""
    payload = json.dumps([astuple(docstring) for docstring in result.docstrings]).encode()
    header = {
        "key": key, "sha256": hashlib.sha256(payload).hexdigest(), "files": result.files, "unreadable": result.unreadable
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with open(beside, "wb") as file:
        file.write(json.dumps(header).encode() + b"\n" + payload)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)

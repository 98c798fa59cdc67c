from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from attention_np.tasks import docstrings as docstrings_module
from attention_np.tasks import source_files as source_files_module
from attention_np.tasks.docstring_reader import Docstring
from attention_np.tasks.docstrings import find_object, harvest


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with one package: two good files, one that is not UTF-8, one not Python, one silent."""
    folder = tmp_path / "packages" / "harvested_for_tests"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text('"""A package to harvest.\n\nWith a body."""\nraise SystemExit')
    (folder / "work.py").write_text('def work(hard):\n    """Work hard."""', encoding="utf-8")
    (folder / "bytes.py").write_bytes(b'"""\xff"""')
    (folder / "broken.py").write_text('"""Broken."""\ndef :')
    (folder / "silent.py").write_text("x = 1")
    (tmp_path / "stdlib").mkdir()
    monkeypatch.setattr(source_files_module.sysconfig, "get_path", lambda name: str(tmp_path / name))
    monkeypatch.setattr(docstrings_module, "PACKAGES", ())
    monkeypatch.syspath_prepend(str(folder.parent))
    return folder


NAME = ("harvested_for_tests",)


def test_unreadable_files_are_counted_and_the_others_harvested(package: Path) -> None:
    found = harvest(NAME)
    assert [docstring.object_name for docstring in found.docstrings] == [
        "harvested_for_tests",
        "harvested_for_tests.work.work",
    ]
    assert (found.files, found.unreadable) == (2, 2)


def test_a_second_harvest_comes_from_the_cache_and_reads_no_file(package: Path, tmp_path: Path) -> None:
    first = harvest(NAME, tmp_path / "new" / "cache")
    # Another text of the same size and time: only who reads the file again can tell.
    work = package / "work.py"
    state = work.stat()
    work.write_text(work.read_text(encoding="utf-8").replace("hard.", "lazy."), encoding="utf-8")
    os.utime(work, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert harvest(NAME, tmp_path / "new" / "cache") == first
    assert harvest(NAME, tmp_path / "another cache") != first


def test_a_changed_file_is_read_again(package: Path, tmp_path: Path) -> None:
    harvest(NAME, tmp_path)
    (package / "work.py").write_text('def work(hard):\n    """Work less."""', encoding="utf-8")
    os.utime(package / "work.py", ns=(1, 1))
    assert harvest(NAME, tmp_path).docstrings[1].summary == "Work less."


@pytest.mark.parametrize("damage", ["truncated", "one letter", "empty", "foreign", "missing fields"])
def test_a_damaged_cache_is_rebuilt(package: Path, tmp_path: Path, damage: str) -> None:
    cache = tmp_path / "cache"
    whole = harvest(NAME, cache)
    (path,) = cache.iterdir()
    content = path.read_bytes()
    path.write_bytes(
        {
            "truncated": content[:-7],
            "one letter": content.replace(b"Work hard", b"Work Hard"),
            "empty": b"",
            "foreign": b"\x89PNG\r\n\x1a\n",
            "missing fields": json.dumps({"key": 1}).encode() + b"\n[]",
        }[damage]
    )
    assert harvest(NAME, cache) == whole
    assert path.read_bytes() == content
    assert list(cache.iterdir()) == [path], "nothing is left beside the cache"


def test_a_single_string_of_packages_is_refused() -> None:
    with pytest.raises(TypeError, match="write \\('scipy',\\)"):
        harvest("scipy")


def some(*names: str) -> list[Docstring]:
    return [Docstring(name, name.rpartition(".")[0], "function", (), name, "") for name in names]


def test_an_object_is_found_by_its_own_name_before_others() -> None:
    known = some("numpy.ma.core.sum", "numpy.fromnumeric.sum", "numpy.sum_of", "other.sum")
    assert find_object(known, "numpy.ma.core.sum").object_name == "numpy.ma.core.sum"
    assert find_object(known, "numpy.sum").object_name == "numpy.fromnumeric.sum"
    assert find_object(known, "numpy.ma.sum").object_name == "numpy.ma.core.sum"


@pytest.mark.parametrize(
    ("name", "offered"),
    [("numpy.fft.sum", "numpy.ma.core.sum"), ("numpy.ma.core.sun", "core.sum"), ("zzz", "")],
)
def test_an_unknown_object_is_named_and_close_ones_are_offered(name: str, offered: str) -> None:
    with pytest.raises(ValueError, match="object: ") as refusal:
        find_object(some("numpy.ma.core.sum", "textwrap.wrap"), name)
    assert repr(name) in str(refusal.value)
    assert offered in str(refusal.value)
    assert ("did you mean" in str(refusal.value)) == bool(offered)

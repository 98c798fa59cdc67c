from __future__ import annotations

import sys
from pathlib import Path

import pytest

from attention_np.tasks import source_files as source_files_module
from attention_np.tasks.source_files import source_files


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A standard library of two files, and a folder of packages none of which survives being imported."""
    files = {
        "stdlib/alone.py": "",
        "stdlib/pair/__init__.py": "",
        "stdlib/pair/test/hidden.py": "",
        "stdlib/site-packages/other.py": "",
        "packages/explosive_for_tests/__init__.py": "raise SystemExit('imported')",
        "packages/explosive_for_tests/inner/__init__.py": "",
        "packages/explosive_for_tests/inner/deep.py": "",
        "packages/explosive_for_tests/tests/test_it.py": "",
        "packages/explosive_for_tests/leaf.py": "",
        "packages/explosive_for_tests/notes.txt": "",
        "packages/single_for_tests.py": "raise SystemExit('imported')",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(source_files_module.sysconfig, "get_path", lambda name: str(tmp_path / name))
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    return tmp_path


def names(packages: tuple[str, ...]) -> list[str]:
    return [module for module, _ in source_files(packages)]


def test_the_standard_library_is_read_without_tests_and_installed_packages(machine: Path) -> None:
    assert names(()) == ["alone", "pair"]


def test_a_package_is_walked_with_dotted_names_and_never_imported(machine: Path) -> None:
    before = set(sys.modules)
    found = names(("explosive_for_tests", "single_for_tests"))
    assert sorted(found[2:]) == [
        "explosive_for_tests",
        "explosive_for_tests.inner",
        "explosive_for_tests.inner.deep",
        "explosive_for_tests.leaf",
        "single_for_tests",
    ]
    assert not {name for name in set(sys.modules) - before if name.endswith("_for_tests")}


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("explosive_for_tests.inner", ["explosive_for_tests.inner", "explosive_for_tests.inner.deep"]),
        ("explosive_for_tests.leaf", ["explosive_for_tests.leaf"]),
    ],
)
def test_a_dotted_name_stands_for_a_part_of_a_package(machine: Path, part: str, expected: list[str]) -> None:
    assert names((part,))[2:] == expected


def test_every_name_is_paired_with_its_own_file(machine: Path) -> None:
    by_name = dict(source_files(("explosive_for_tests",)))
    assert by_name["explosive_for_tests.inner.deep"] == machine / "packages/explosive_for_tests/inner/deep.py"
    assert by_name["pair"] == machine / "stdlib/pair/__init__.py"


@pytest.mark.parametrize(
    "package", ["no_such_package_anywhere", "../etc", "", "explosive_for_tests.missing", "sys"]
)
def test_a_package_without_source_is_refused_by_name(machine: Path, package: str) -> None:
    with pytest.raises(ValueError, match="package: ") as refusal:
        source_files((package,))
    assert package.split(".")[0] in str(refusal.value)

"""The project around the code: typed, linted, whole in a wheel, and a README that works."""

from __future__ import annotations

import configparser
import fnmatch
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FOLDERS = (
    "functional layers models optim training tasks visualize gradcheck classroom course bench cli".split()
)


@pytest.mark.parametrize("arguments", [["mypy"], ["ruff", "check", "attention_np", "tests"]], ids=["types", "lint"])
def test_the_package_is_clean(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_folder_imports_only_from_folders_before_it() -> None:
    upwards = []
    package = ROOT / "attention_np"
    for place, folder in enumerate(FOLDERS):
        for file in (package / folder).rglob("*.py"):
            depth = len(file.relative_to(package).parts)
            pattern = rf"^\s*from {re.escape('.' * depth)}(\w+)"
            for imported in re.findall(pattern, file.read_text(encoding="utf-8"), re.MULTILINE):
                if imported in FOLDERS and FOLDERS.index(imported) > place:
                    upwards.append(f"{file.relative_to(package)} imports {imported}")
    assert upwards == []


def test_every_data_file_of_the_package_is_in_the_wheel() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    patterns = [part.strip() for part in settings["options.package_data"]["attention_np"].split(",")]
    package = ROOT / "attention_np"
    data = [
        file.relative_to(package).as_posix()
        for file in package.rglob("*")
        if file.is_file() and file.suffix not in {".py", ".pyc"}
    ]
    assert data
    assert [name for name in data if not any(fnmatch.fnmatch(name, pattern) for pattern in patterns)] == []


def test_the_examples_of_the_readme_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 3
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    # What the README says that the checker prints.
    printed = re.search(r"```\n(1\. \[diagonal-only\].*?)```", README, re.DOTALL)
    assert printed is not None and printed[1] in done.stdout

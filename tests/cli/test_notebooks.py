"""`attention-np notebooks`: copies the course, opens it, writes its pages; in a clone, builds it."""

from __future__ import annotations

import configparser
import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from attention_np.cli import notebooks
from attention_np.course import copying
from attention_np.course.building.files import CLONE

NAMES = sorted(file.name for file in [*CLONE.glob("[0-9][0-9]_*.ipynb"), *CLONE.glob("README.md")])


def test_the_course_is_copied_and_a_second_time_left_as_it_is(fresh_run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "course"
    done = fresh_run("notebooks", str(folder), "--no-open")
    assert done.status == 0 and f"{len(NAMES)} files of the course written, 0 were there" in done.out
    assert sorted(file.name for file in folder.iterdir()) == NAMES
    assert all((folder / name).read_bytes() == (CLONE / name).read_bytes() for name in NAMES)
    assert f"0 files of the course written, {len(NAMES)} were there" in fresh_run("notebooks", str(folder), "--no-open").out


def test_what_a_learner_changed_is_kept_and_named(fresh_run: Any, tmp_path: Path) -> None:
    fresh_run("notebooks", str(tmp_path / "course"), "--no-open")
    changed, gone = (tmp_path / "course" / name for name in NAMES[:2])
    changed.write_text("mine", encoding="utf-8")
    gone.unlink()
    done = fresh_run("notebooks", str(tmp_path / "course"), "--no-open")
    assert done.status == 0 and f"left as you have changed them: {changed.name};" in done.out
    assert changed.read_text(encoding="utf-8") == "mine" and gone.exists()


def test_it_opens_the_first_notebook_and_leaves_ctrl_c_to_jupyterlab(
    fresh_run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    class Lab:
        def __init__(self, command: list[str]) -> None:
            started.append(command)
            self.interrupted = False

        def wait(self) -> int:
            if self.interrupted:
                return 0
            self.interrupted = True
            raise KeyboardInterrupt

    monkeypatch.setattr(notebooks.subprocess, "Popen", Lab)
    monkeypatch.setattr(notebooks.importlib.util, "find_spec", lambda name: name)
    assert fresh_run("notebooks", str(tmp_path / "course")).status == 0
    assert started == [[sys.executable, "-m", "jupyterlab", str(tmp_path / "course" / NAMES[0])]]


def without(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a module were not installed."""
    find = importlib.util.find_spec
    monkeypatch.setattr(notebooks.importlib.util, "find_spec", lambda name: None if name == module else find(name))


@pytest.mark.parametrize(
    ("module", "arguments"), [("jupyterlab", []), ("nbclient", ["--build"]), ("latex2mathml", ["--html"])]
)
def test_what_is_missing_is_named_with_what_to_install_and_nothing_is_copied(
    module: str, arguments: list[str], fresh_run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(module, monkeypatch)
    complaint = fresh_run("notebooks", str(tmp_path / "course"), *arguments).complaint
    assert f"{module} is not installed" in complaint and "pip install 'attention-np[notebooks]'" in complaint
    assert not (tmp_path / "course").exists()


def test_a_file_in_place_of_the_folder_is_refused(fresh_run: Any, tmp_path: Path) -> None:
    (tmp_path / "course").write_text("", encoding="utf-8")
    for arguments in (["--no-open"], ["--html"]):
        assert "is a file; expected a folder" in fresh_run("notebooks", str(tmp_path / "course"), *arguments).complaint


def test_an_installed_package_finds_them_where_the_installer_put_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Recorded(type(Path())):  # type: ignore[misc]
        def locate(self) -> Path:
            return tmp_path / self

    names = ("attention_np/__init__.py", "../share/attention-np/notebooks/00_a.ipynb", "../share/attention-np/notebooks/README.md")
    monkeypatch.setattr(copying, "CLONE", tmp_path / "nowhere")
    monkeypatch.setattr(copying.metadata, "files", lambda name: [Recorded(name) for name in names])
    assert [file.name for file in copying.course_files()] == ["00_a.ipynb", "README.md"]
    monkeypatch.setattr(copying.metadata, "files", lambda name: None)
    with pytest.raises(FileNotFoundError, match="install it from its wheel, or work in a clone"):
        copying.course_files()


def test_every_notebook_is_in_the_wheel() -> None:
    settings = configparser.ConfigParser()
    settings.read(CLONE.parent / "setup.cfg", encoding="utf-8")
    ((folder, patterns),) = settings["options.data_files"].items()
    assert folder == "share/attention-np/notebooks"
    found = {file.name for pattern in patterns.split() for file in CLONE.parent.glob(pattern)}
    assert found == set(NAMES)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of notebooks with one right and one wrong source."""
    folder = tmp_path / "notebooks"
    (folder / "source").mkdir(parents=True)
    (folder / "source" / "00_right.py").write_text("# %%\nprint(1)\n", encoding="utf-8")
    (folder / "source" / "01_wrong.py").write_text("# %%\nx = 1\n\n# %%\n1 / 0\n", encoding="utf-8")
    monkeypatch.setattr(notebooks, "CLONE", folder)
    return folder


def test_a_build_writes_what_is_right_and_says_where_the_rest_is_wrong(fresh_run: Any, clone: Path) -> None:
    done = fresh_run("notebooks", "--build")
    assert done.status == 1
    assert done.err == "01_wrong.py, line 4: ZeroDivisionError: division by zero\n"
    assert done.out.startswith("00_right.ipynb") and done.out.rstrip().endswith(" s") and "01_wrong" not in done.out
    assert [file.name for file in clone.glob("*.ipynb")] == ["00_right.ipynb"]


def test_a_build_of_one_leaves_the_others_alone(fresh_run: Any, clone: Path) -> None:
    assert fresh_run("notebooks", "--build", "0").status == 0
    assert "there is no source '7'; there are 00, 01" in fresh_run("notebooks", "--build", "7").complaint

"""A made-up notebook is built: it runs, says what is wrong with it, and gives the same bytes twice."""

from __future__ import annotations

import time
from pathlib import Path

import nbformat
import pytest

from attention_np.course.building.files import build, notebook_file, sources

HEAD = '# %% [markdown]\n# # 00 · Tiny\n\n# %% tags=["timing"]\nimport time\nprint(time.time())\n\n'
GOOD = (
    HEAD
    + "# %%\n%load_ext attention_np.classroom\nimport os, sys\nimport numpy as np\nprint(sum({'a': 1, 'b': 2}.values()))\n"
    + "print(list({'river', 'bank', 'loan'}), os.listdir(), os.environ['OPENBLAS_NUM_THREADS'])\n\n"
    + "# %%\nfrom attention_np.course import show\nfrom attention_np.visualize import heatmap\nshow(heatmap(np.eye(2)))\n\n"
    + "# %% [exercise] dot_scores\n\n# %%\ndot_scores(np.eye(2), np.eye(2)).tolist()\n"
)


def source_in(folder: Path, text: str) -> Path:
    file = folder / "source" / "00_tiny.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, bytes]:
    """The notebook, its bytes after the first and after the second build."""
    source = source_in(tmp_path_factory.mktemp("course"), GOOD)
    first, second = ((build(source), notebook_file(source).read_bytes())[1] for _ in range(2))
    return notebook_file(source), first, second


def test_two_builds_give_the_same_bytes_timings_kept(built: tuple[Path, bytes, bytes]) -> None:
    file, first, second = built
    assert first == second
    kept = float(nbformat.read(file, as_version=4).cells[1].outputs[0].text)
    assert 0 < time.time() - kept


def test_the_notebook_is_valid_and_holds_no_noise(built: tuple[Path, bytes, bytes]) -> None:
    notebook = nbformat.read(built[0], as_version=4)
    nbformat.validate(notebook)
    assert dict(notebook.metadata) == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert [dict(cell.metadata) for cell in notebook.cells] == [{}, {"tags": ["timing"]}, {}, {}, {}, {}, {}, {}]


def test_its_surroundings_are_fixed(built: tuple[Path, bytes, bytes]) -> None:
    printed = nbformat.read(built[0], as_version=4).cells[2].outputs[0].text.splitlines()
    assert printed[0] == "3"
    # Sets in an order of their own, an empty folder, one thread.
    assert printed[1].endswith("1") and "'river'" in printed[1]


def test_a_picture_is_text_and_html_and_a_blank_lets_the_next_cell_run(built: tuple[Path, bytes, bytes]) -> None:
    cells = nbformat.read(built[0], as_version=4).cells
    assert set(cells[3].outputs[0].data) == {"text/html", "text/plain"}
    assert "left blank" in cells[5].outputs[0].data["text/plain"]
    assert cells[7].outputs[0].data["text/plain"] == "[[1.0, 0.0], [0.0, 1.0]]"


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("1 / 0", "00_tiny.py, line 8: ZeroDivisionError: division by zero"),
        ("import warnings\nwarnings.warn('old')", "00_tiny.py, line 8: on standard error:"),
        ("import sys\nprint('psst', file=sys.stderr)", "00_tiny.py, line 8: on standard error: psst"),
        ("import os\nos.system('echo psst >&2')", "00_tiny.py, line 8: on standard error: psst"),
    ],
)
def test_errors_warnings_and_standard_error_are_faults_and_nothing_is_written(cell: str, fault: str, tmp_path: Path) -> None:
    source = source_in(tmp_path, f"{HEAD}# %%\n{cell}\n")
    done = build(source)
    assert len(done.faults) == 1 and done.faults[0].startswith(fault)
    assert not notebook_file(source).exists()


def test_sources_are_found_by_number_and_by_name(tmp_path: Path) -> None:
    source = source_in(tmp_path, GOOD)
    assert sources(tmp_path) == sources(tmp_path, ["0"]) == sources(tmp_path, ["00_tiny"]) == [source]
    with pytest.raises(ValueError, match="there is no source '7'; there are 00"):
        sources(tmp_path, ["7"])
    with pytest.raises(FileNotFoundError, match="build them in a clone"):
        sources(tmp_path / "source")

"""The notebook that is handed out: valid, and as nbgrader asks for it; where nbgrader is installed, by its own word."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from attention_np.classroom.assignment.notebook import checksum

from .conftest import NAMES, Made

GOLDEN = {
    "cell_type": "code",
    "source": ["x = 1\n", "x"],
    "metadata": {"nbgrader": {"grade": True, "solution": False, "locked": True, "grade_id": "one", "points": 3}},
}


@pytest.fixture(scope="module")
def content(made: Made) -> dict[str, Any]:
    return json.loads(made.notebook.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cells(content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {cell["id"]: cell for cell in content["cells"]}
    assert len(found) == len(content["cells"])
    return found


def about(cell: dict[str, Any]) -> dict[str, Any]:
    return cell["metadata"].get("nbgrader", {})


def test_it_is_a_valid_notebook(content: dict[str, Any]) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(nbformat.from_dict(content))


def test_every_exercise_has_what_is_asked_an_answer_and_points(made: Made, cells: dict[str, dict[str, Any]]) -> None:
    for number, exercise in enumerate(made.assignment.exercises, 1):
        asked, answer, points = (
            cells[f"{number:02}-{exercise.name.replace('_', '-')}-{part}"] for part in ("asked", "answer", "points")
        )
        text = "".join(asked["source"])
        assert exercise.statement in text and f"{exercise.points} points: " in text
        assert f"difficulty {exercise.difficulty} of 5, about {exercise.minutes} minutes" in text
        assert answer["source"][0] == f"%%check {exercise.name}\n"
        assert about(points)["points"] == exercise.points
        assert f'check_points("{exercise.name}", of={exercise.points})' in "".join(points["source"])


def test_the_metadata_keeps_the_rules_of_schema_version_3(cells: dict[str, dict[str, Any]]) -> None:
    identities = []
    for cell in cells.values():
        if not (found := about(cell)):
            continue
        identities.append(found["grade_id"])
        assert found.keys() - {"points"} == {
            "schema_version", "grade", "solution", "locked", "task", "grade_id", "cell_type", "checksum"
        }  # fmt: skip
        assert found["schema_version"] == 3 and found["cell_type"] == cell["cell_type"] and found["task"] is False
        assert re.fullmatch(r"[a-zA-Z0-9_\-]+", found["grade_id"])
        assert ("points" in found) is found["grade"]
        assert not (found["solution"] and (found["locked"] or found["grade"]))
        assert cell["cell_type"] == "code" or not (found["grade"] or found["solution"])
        assert found["checksum"] == checksum(cell)
    assert len(set(identities)) == len(identities) > 2 * len(NAMES)


def test_the_checksum_of_a_cell_is_nbgraders() -> None:
    assert checksum(GOLDEN) == "7014c1e883d2b7cc46288d76736f0829"


def test_nbgrader_computes_the_same_checksums(content: dict[str, Any]) -> None:
    utils, nbformat = pytest.importorskip("nbgrader.utils"), pytest.importorskip("nbformat")
    golden = nbformat.from_dict({**GOLDEN, "source": "".join(GOLDEN["source"])})
    assert utils.compute_checksum(golden) == checksum(GOLDEN)
    read = nbformat.reads(json.dumps(content), as_version=4)
    assert all(utils.compute_checksum(cell) == about(cell)["checksum"] for cell in read.cells if about(cell))


def test_nbgrader_makes_a_release_of_it_that_keeps_every_blank(content: dict[str, Any]) -> None:
    steps, nbformat = pytest.importorskip("nbgrader.preprocessors"), pytest.importorskip("nbformat")
    release = nbformat.reads(json.dumps(content), as_version=4)
    for step in (steps.LockCells, steps.ClearSolutions, steps.CheckCellMetadata, steps.ComputeChecksums):
        release, _ = step().preprocess(release, {})
    before = {cell["id"]: "".join(cell["source"]) for cell in content["cells"]}
    for cell in release.cells:
        source = before[cell.id]
        if about(cell).get("solution"):
            head, stub = source.partition("### BEGIN SOLUTION")[0], cell.source.partition("# YOUR CODE HERE")[2]
            assert cell.source.startswith(head) and stub.strip() == "raise NotImplementedError()"
        else:
            assert cell.source == source
            assert about(cell).get("checksum") == about(next(c for c in content["cells"] if c["id"] == cell.id)).get(
                "checksum"
            )


def test_it_holds_no_outputs(content: dict[str, Any]) -> None:
    assert all(cell["outputs"] == [] for cell in content["cells"] if cell["cell_type"] == "code")

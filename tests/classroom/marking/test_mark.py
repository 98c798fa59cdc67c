"""A mark: what right, wrong, broken and missing functions come to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attention_np.classroom.catalogue import exercise_named
from attention_np.classroom.marking import Mark, mark
from attention_np.classroom.submission import read_submission
from attention_np.classroom.worker import isolation_here

EXERCISE = exercise_named("softmax_backward")
HEAD = "import numpy as np\n\n\ndef softmax_backward(d_weights, weights, axis=-1):\n"


@pytest.fixture(params=[None, isolation_here()], ids=["own machine", "graded"])
def marked(request: pytest.FixtureRequest, tmp_path: Path):
    def of(source: str, exercise=EXERCISE) -> Mark:
        file = tmp_path / "mine.py"
        file.write_text(source, encoding="utf-8")
        return mark(exercise, read_submission(file), rng=np.random.default_rng(7), isolation=request.param)

    return of


def test_the_solution_passes_with_all_points(marked):
    found = marked(EXERCISE.solution)
    assert (found.verdict, found.points) == ("pass", EXERCISE.points)
    assert found.diagnoses == () and found.isolation


def test_the_blank_is_not_attempted(marked):
    assert (marked(EXERCISE.blank).verdict, marked(EXERCISE.blank).points) == ("not-attempted", 0)
    assert "no function softmax_backward" in marked("x = 1").message


def test_a_known_mistake_is_named(marked):
    found = marked(HEAD + "    return d_weights * weights * (1 - weights)\n")
    assert (found.verdict, found.points) == ("wrong", 0)
    assert found.diagnoses[0].code == "diagonal-only"


def test_groups_that_are_right_keep_their_points(marked):
    found = marked(HEAD + "    return weights * (d_weights - np.sum(d_weights * weights, -1, keepdims=True))\n")
    assert found.verdict == "wrong" and found.diagnoses
    assert {group.name: group.points for group in found.groups if group.points < group.max_points} == {"another axis": 0}


def test_an_option_that_is_not_taken_costs_its_group_and_is_said(marked):
    found = marked(
        "def softmax_backward(dp, p):\n    return p * (dp - (dp * p).sum(-1, keepdims=True))\n",
    )
    assert found.verdict == "wrong" and "axis" in found.message
    assert 0 < found.points < found.max_points


def test_what_raises_is_told_with_the_line_of_the_file(marked):
    found = marked(HEAD + "    return np.zeros(3) @ np.zeros(4)\n")
    assert found.verdict == "crashed" and found.points == 0
    assert "line 5" in found.diagnoses[0].message and "np.zeros(3)" in found.diagnoses[0].message


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("return None", "wrong-dtype"),
        ("return [1.0, 2.0]", "wrong-shape"),
        ("weights *= 2; return weights * d_weights", "mutates-input"),
        ("return np.random.normal(size=weights.shape)", "not-repeatable"),
    ],
)
def test_what_is_no_gradient_is_said_to_be_none(marked, line, code):
    found = marked(HEAD + f"    {line}\n")
    assert found.verdict in ("wrong", "crashed")
    assert code in {diagnosis.code for diagnosis in found.diagnoses}


def test_a_process_that_ends_by_itself_has_no_points(marked):
    assert marked(HEAD + "    import os\n    os._exit(0)\n").verdict == "no-answer"

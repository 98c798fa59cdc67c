"""What a mark does not forgive: another shape, another dtype, a digit, NaN, a change of what was given, differences for a derivative."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from attention_np.classroom.catalogue import exercise_named, exercises
from attention_np.classroom.exercise import LARGE_ARRAYS
from attention_np.classroom.marking import Mark, mark
from attention_np.classroom.submission import read_submission

CONTEXT = "import numpy as np\ndef context(weights, values):\n    result = weights @ values\n"
SHARPEN = exercise_named("sharpen_backward").solution.replace("def sharpen_backward", "def right")
BACKWARD = [exercise.name for exercise in exercises() if exercise.name.endswith("_backward")]
DIFFERENCES = """
import numpy as np


def dot_scores_backward(d_scores, queries, keys):
    def loss(queries, keys):
        return np.sum(d_scores * (queries @ keys.swapaxes(-1, -2)))

    gradients = []
    for place, array in enumerate((queries, keys)):
        gradient = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            ends = []
            for step in (1e-3, -1e-3):
                moved = array.copy()
                moved[index] += step
                ends.append(loss(moved, keys) if place == 0 else loss(queries, moved))
            gradient[index] = (ends[0] - ends[1]) / 2e-3
        gradients.append(gradient)
    return tuple(gradients)
"""

Marked = Callable[[str, str], Mark]


@pytest.fixture
def marked(tmp_path: Path) -> Marked:
    def of(name: str, source: str) -> Mark:
        file = tmp_path / "mine.py"
        file.write_text(source, encoding="utf-8")
        return mark(exercise_named(name), read_submission(file), rng=np.random.default_rng(7))

    return of


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("return result[None]", "wrong-shape"),
        ("return result[..., :1]", "wrong-shape"),
        ("return np.broadcast_to(result.mean(axis=-1, keepdims=True), result.shape)", "wrong-values"),
        ("return result.astype(np.float32)", "wrong-dtype"),
        ("return result * (1 + 1e-6)", "constant-factor"),
        ("result.flat[0] += 1e-6 * abs(result).max(); return result", "wrong-values"),
        ("result.flat[-1] = np.nan; return result", "not-finite"),
        ("result.flat[-1] = np.inf; return result", "not-finite"),
        ("return result + 0j", "wrong-dtype"),
    ],
)
def test_what_is_nearly_an_answer_has_no_points(marked: Marked, line: str, code: str) -> None:
    found = marked("context", f"{CONTEXT}    {line}\n")
    assert (found.verdict, found.points) == ("wrong", 0)
    assert code in {diagnosis.code for diagnosis in found.diagnoses}, str(found.report)


def test_a_number_in_an_array_of_length_one_is_no_number(marked: Marked) -> None:
    source = SHARPEN + "def sharpen_backward(*a):\n    d_scores, d_scale = right(*a)\n    return d_scores, d_scale[None]\n"
    found = marked("sharpen_backward", source)
    assert (found.verdict, found.points) == ("wrong", 0) and found.diagnoses[0].code == "wrong-shape"


def test_an_argument_that_is_changed_is_named_once(marked: Marked) -> None:
    found = marked("context", CONTEXT + "    values *= 2\n    return result\n")
    assert found.points == 0 and [diagnosis.code for diagnosis in found.diagnoses] == ["mutates-input"]


def test_an_argument_must_not_be_changed_for_a_moment_either(marked: Marked) -> None:
    found = marked("context", CONTEXT + "    values += 1\n    values -= 1\n    values[...] = np.round(values, 14)\n    return result\n")
    assert found.points == 0
    kept = "    kept = values.copy()\n    values[...] = 0\n    values[...] = kept\n    return result\n"
    found = marked("context", CONTEXT + kept)
    assert found.points == 0 and "read-only" in found.diagnoses[0].message


def test_outcomes_stay_with_their_cases_where_some_raise(marked: Marked) -> None:
    found = marked("context", CONTEXT + "    assert weights.ndim == 2\n    return result\n")
    points = {group.name: group.points for group in found.groups}
    assert points["ordinary arrays"] == 0 and points["batches"] == 0 and points["memory in another order"] == 1
    assert found.steps is not None and found.steps.ran == found.steps.right == 3
    assert [diagnosis.code for diagnosis in found.diagnoses] == ["wrong-for-some-shapes"]


@pytest.mark.parametrize("name", BACKWARD)
def test_every_backward_exercise_has_a_case_for_which_differences_take_too_long(name: str) -> None:
    exercise = exercise_named(name)
    *others, large = exercise.draw(None, np.random.default_rng(0))
    assert large.features == {LARGE_ARRAYS}
    assert not any(LARGE_ARRAYS in situation.features for situation in others)
    results = exercise.subject.reference(*large.arguments.values(), **large.options)
    entries = sum(np.size(result) for result in (results if isinstance(results, tuple) else (results,)))
    assert entries > 16_000 and exercise.group_of(large).points > 0


@pytest.mark.slow
def test_whoever_differentiates_numerically_does_not_pass(marked: Marked) -> None:
    found = marked("dot_scores_backward", DIFFERENCES)
    assert found.verdict == "timeout"
    assert {group.name for group in found.groups if not group.points} == {LARGE_ARRAYS}


def test_the_large_case_alone_can_be_what_is_wrong(marked: Marked) -> None:
    source = exercise_named("dot_scores_backward").solution.replace("def dot_scores_backward", "def right")
    source += "def dot_scores_backward(d, q, k):\n    dq, dk = right(d, q, k)\n    return dq * (1 + (q.size > 1000)), dk\n"
    found = marked("dot_scores_backward", source)
    assert {group.name for group in found.groups if not group.points} == {LARGE_ARRAYS}
    assert found.verdict == "wrong" and found.diagnoses[0].code == "constant-factor"

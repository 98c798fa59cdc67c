"""One mistake costs once: a backward function that is right for the learner's own wrong forward function keeps its points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from attention_np.classroom.assignment.variation import chosen, varied
from attention_np.classroom.catalogue import exercise_named, exercises
from attention_np.classroom.exercise import LARGE_ARRAYS
from attention_np.classroom.marking import Mark, mark
from attention_np.classroom.submission import read_submission
from attention_np.classroom.worker import Isolation, isolation_here

PAIRED = [exercise.name for exercise in exercises() if exercise.pairing is not None]
UNNORMALISED = """
import numpy as np


def softmax(scores, axis=-1, mask=None):
    return np.exp(scores)


def softmax_backward(d_weights, weights, axis=-1):
    return {gradient}
"""
HALF_A_COSINE = """
import numpy as np


def cosine_scores(queries, keys):
    return queries / np.linalg.norm(queries, axis=-1, keepdims=True) @ keys.swapaxes(-1, -2)


def cosine_scores_backward(d_scores, queries, keys):
    length = np.linalg.norm(queries, axis=-1, keepdims=True)
    length = {guard}
    unit = queries / length
    d_unit = d_scores @ keys
    d_queries = (d_unit - unit * np.sum(unit * d_unit, axis=-1, keepdims=True)) / length
    return d_queries, d_scores.swapaxes(-1, -2) @ unit
"""

Marked = Callable[..., Mark]


@pytest.fixture
def marked(tmp_path: Path) -> Marked:
    def of(exercise: object, source: str, isolation: Isolation | None = None) -> Mark:
        file = tmp_path / "mine.py"
        file.write_text(source, encoding="utf-8")
        asked = exercise_named(exercise) if isinstance(exercise, str) else exercise
        return mark(asked, read_submission(file), rng=np.random.default_rng(7), isolation=isolation)

    return of


def twice_as_much(name: str, factor: int) -> str:
    """The package's pair, the forward function times 2, the backward function times `factor`."""
    parts = []
    for function, times in ((name.removesuffix("_backward"), 2), (name, factor)):
        right = exercise_named(function).solution.removeprefix("from __future__ import annotations\n")
        parts.append(right.replace(f"def {function}(", f"def right_{function}("))
        # The weights that it is given are twice as large.
        given = "upstream, arguments[0] / 2" if function == "softmax_backward" else "upstream, *arguments"
        parts.append(
            f"def {function}(upstream, *arguments, **options):\n    result = right_{function}({given}, **options)\n"
            f"    return tuple({times} * part for part in result) if isinstance(result, tuple) else {times} * result\n"
        )
    return "\n".join(["from __future__ import annotations", *parts])


def test_it_applies_to_every_backward_exercise_of_the_catalogue_whose_forward_is_one_too() -> None:
    assert PAIRED == [
        "dot_scores_backward",
        "scaled_dot_scores_backward",
        "cosine_scores_backward",
        "additive_scores_backward",
        "softmax_backward",
        "context_backward",
        "sharpen_backward",
        "linear_backward",
        "embedding_backward",
        "cross_entropy_backward",
        "layer_norm_backward",
        "attend_backward",
    ]


@pytest.mark.parametrize("name", PAIRED)
def test_right_for_the_own_wrong_forward_keeps_its_points(marked: Marked, name: str) -> None:
    forward = name.removesuffix("_backward")
    found = marked(name, twice_as_much(name, 2))
    assert (found.verdict, found.points) == ("pass", found.max_points), str(found.report)
    assert found.message.startswith(f"It is right for your own {forward}, which is wrong, and keeps its points")


@pytest.mark.parametrize("name", ["softmax_backward", "embedding_backward", "attend_backward"])
def test_wrong_by_both_has_no_points(marked: Marked, name: str) -> None:
    found = marked(name, twice_as_much(name, 3))
    assert (found.verdict, found.points) == ("wrong", 0) and not found.message


def test_where_the_forward_is_right_the_contract_alone_counts(marked: Marked) -> None:
    wrong = "def softmax_backward(d_weights, weights, axis=-1):\n    return d_weights * weights * (1 - weights)\n"
    found = marked("softmax_backward", exercise_named("softmax").solution + wrong)
    assert (found.verdict, found.points) == ("wrong", 0) and not found.message
    right = exercise_named("softmax").solution + exercise_named("softmax_backward").solution.partition("\n")[2]
    assert marked("softmax_backward", right).message == ""


def test_a_mistake_in_the_formula_itself_is_carried_through(marked: Marked) -> None:
    found = marked("softmax_backward", UNNORMALISED.format(gradient="d_weights * weights"))
    assert found.verdict == "pass" and "right for your own softmax" in found.message
    assert marked("softmax_backward", UNNORMALISED.format(gradient="d_weights * weights**2")).points == 0


def test_it_is_the_same_where_a_class_is_graded(marked: Marked) -> None:
    found = marked("softmax_backward", UNNORMALISED.format(gradient="d_weights * weights"), isolation_here())
    assert found.verdict == "pass" and "right for your own softmax" in found.message


def test_what_no_forward_can_excuse_loses_its_group(marked: Marked) -> None:
    found = marked("cosine_scores_backward", HALF_A_COSINE.format(guard="np.where(length > 0, length, 1)"))
    assert found.verdict == "pass"
    found = marked("cosine_scores_backward", HALF_A_COSINE.format(guard="length"))
    assert found.verdict == "wrong" and "right for your own cosine_scores" in found.message
    assert [group.name for group in found.groups if not group.points] == [
        "zero vectors",
        "very large and very small numbers",
    ]


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        ("return scores * 1.0", "return d_weights * 1.0"),
        ("return scores * 0.0", "return d_weights * 0.0"),
        ("return scores * 3.0 + 1", "return d_weights * 3.0"),
        ("return scores.sum(axis=-1)", "return d_weights * weights"),
    ],
)
def test_a_forward_function_that_is_too_simple_is_no_excuse(marked: Marked, forward: str, backward: str) -> None:
    source = (
        f"def softmax(scores, axis=-1, mask=None):\n    {forward}\n\n\n"
        f"def softmax_backward(d_weights, weights, axis=-1):\n    {backward}\n"
    )
    found = marked("softmax_backward", source)
    assert found.verdict != "pass" and "your own" not in found.message


def test_differences_in_the_backward_function_do_not_pass_by_this_road(marked: Marked) -> None:
    assert LARGE_ARRAYS in {group.name for group in exercise_named("softmax_backward").groups}
    source = UNNORMALISED.format(gradient="d_weights * weights / (weights.size < 1000)")
    found = marked("softmax_backward", source)
    assert {group.name for group in found.groups if not group.points} == {LARGE_ARRAYS}


def test_a_varied_contract_is_not_judged_by_the_usual_forward() -> None:
    exercise = exercise_named("softmax_backward")
    variation = chosen(exercise, bytes(32))
    assert varied(exercise, variation).pairing is None

"""Code that is alike whatever its names are, and code that is alike by nature."""

from __future__ import annotations

from pathlib import Path

from attention_np.classroom.catalogue import exercise_named
from attention_np.classroom.grading import find, without_roster
from attention_np.classroom.grading.similarity import PACKAGE, likenesses

NORM = exercise_named("layer_norm_backward")
MINE = """
import numpy as np

def layer_norm_backward(d_outputs, inputs, gain, eps=1e-5):
    width = inputs.shape[-1]
    axes = tuple(range(inputs.ndim - 1))
    middle = inputs.sum(-1, keepdims=True) / width
    spread = np.sqrt(((inputs - middle) ** 2).sum(-1, keepdims=True) / width + eps)
    unit = (inputs - middle) / spread
    through = d_outputs * gain
    parallel = (through * unit).mean(-1, keepdims=True) * unit
    d_inputs = (through - through.mean(-1, keepdims=True) - parallel) / spread
    return d_inputs, (d_outputs * unit).sum(axes), d_outputs.sum(axes)
"""
LOOPS = """
import numpy as np

def layer_norm_backward(d_outputs, inputs, gain, eps=1e-5):
    rows, ups = inputs.reshape(-1, inputs.shape[-1]), d_outputs.reshape(-1, inputs.shape[-1])
    out, d_gain, d_bias = np.zeros_like(rows), np.zeros_like(gain), np.zeros_like(gain)
    for place in range(len(rows)):
        row, up = rows[place], ups[place]
        inverse = 1 / np.sqrt(np.var(row) + eps)
        for one in range(len(row)):
            for other in range(len(row)):
                delta = 1.0 if one == other else 0.0
                slope = inverse * (delta - 1 / len(row)) - inverse**3 * (row[one] - row.mean()) * (row[other] - row.mean()) / len(row)
                out[place, other] += up[one] * gain[one] * slope
        d_gain += up * (row - row.mean()) * inverse
        d_bias += up
    return out.reshape(inputs.shape), d_gain, d_bias
"""


def alike(folder: Path, exercise=NORM, **sources: str) -> set[tuple[str, str]]:
    folder.mkdir()
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    people = without_roster(find([folder], []).students)
    return {(one.student, one.other) for one in likenesses(people, [exercise], [exercise])}


def renamed(source: str) -> str:
    for old, new in (("spread", "s"), ("unit", "nx"), ("through", "g"), ("parallel", "along"), ("1e-5", "0.00001")):
        source = source.replace(old, new)
    return source.replace("    width", '    """My own."""\n    # Nobody else\'s.\n    width', 1)


def test_copies_are_flagged_whatever_the_names_are(tmp_path: Path) -> None:
    found = alike(tmp_path / "class", anna=MINE, ben=renamed(MINE), carl=LOOPS)
    assert found == {("anna", "ben")}


def test_the_package_is_recognised(tmp_path: Path) -> None:
    found = alike(tmp_path / "class", anna=NORM.solution, ben=MINE)
    assert found == {("anna", PACKAGE)}


def test_what_is_short_is_alike_by_nature(tmp_path: Path) -> None:
    context = exercise_named("context")
    source = "def context(weights, values):\n    return weights @ values\n"
    assert alike(tmp_path / "class", context, anna=source, ben=source) == set()


def test_what_was_handed_out_is_nobodys(tmp_path: Path) -> None:
    repair = exercise_named("repair_layer_norm_backward")
    assert alike(tmp_path / "class", repair, anna=repair.blank, ben=repair.blank) == set()


def test_what_is_common_to_many_tells_nothing(tmp_path: Path) -> None:
    assert alike(tmp_path / "class", **{f"student{number}": MINE for number in range(6)}) == set()

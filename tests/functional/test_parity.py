"""Every function and every gradient has PyTorch's numbers: those kept in golden_functional.npz, and live ones."""

from __future__ import annotations

import numpy as np
import pytest

from ..derivatives import relative_error
from .cases import CASES, Sizes
from .make_golden import PATH, torch_numbers

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def assert_same_numbers(case, numbers):
    given = {key.removeprefix("given/"): array for key, array in numbers.items() if key.startswith("given/")}
    if "extended_size" in given:
        given["extended_size"] = int(given["extended_size"])
    output = case.forward(given)
    assert output.shape == numbers["output"].shape
    assert relative_error(output, numbers["output"]) < 1e-13
    gradients = case.backward(numbers["upstream"], given)
    assert {f"gradient/{name}" for name in gradients} == {
        key for key in numbers if key.startswith("gradient/")
    }
    for name, gradient in gradients.items():
        assert relative_error(gradient, numbers[f"gradient/{name}"]) < 1e-12, name


@pytest.fixture(scope="module")
def golden():
    with np.load(PATH, allow_pickle=False) as file:
        return dict(file)


def test_the_golden_numbers_are_those_of_every_case(golden):
    assert {key.split("/")[0] for key in golden} == {case.name for case in CASES}
    assert PATH.stat().st_size < 200_000


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_case_has_the_golden_numbers(case, golden):
    prefix = f"{case}/"
    assert_same_numbers(case, {k.removeprefix(prefix): v for k, v in golden.items() if k.startswith(prefix)})


@pytest.mark.parametrize("lead", [(), (2, 3)], ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_case_has_the_numbers_of_the_installed_torch(case, lead):
    pytest.importorskip("torch")
    sizes = Sizes(targets=4, sources=6, width=7, value_width=3, hidden=2, vocabulary=5)
    assert_same_numbers(case, torch_numbers(case, lead, sizes, seed=len(lead)))

"""The update rules: PyTorch's numbers, known steps, exact state, and what is refused."""

from __future__ import annotations

import json
import runpy
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention_np import optim

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "golden_optimizers.json").read_text(encoding="utf-8"))
MAKER = runpy.run_path(str(HERE / "make_golden.py"))
CASES = [pytest.param(rule, settings, id=f"{rule}-{settings}") for rule, settings in MAKER["CASES"]]
RULES = ["SGD", "AdaGrad", "RMSProp", "Adam", "AdamW"]


@dataclass
class Learned:
    value: np.ndarray
    grad: np.ndarray = field(init=False)
    name: str = ""
    decays: bool = True

    def __post_init__(self):
        self.grad = np.zeros_like(self.value)


def make(rule, parameters, **settings):
    settings = {"learning_rate": 0.05, **settings} if rule == "SGD" else settings
    return getattr(optim, rule)(parameters, **settings)


def trace(rule, settings, values, gradients):
    """The values after every step by our optimiser."""
    parameters = [Learned(np.array(value)) for value in values]
    optimizer = getattr(optim, rule)(parameters, **settings)
    steps = []
    for step_gradients in gradients:
        for parameter, gradient in zip(parameters, step_gradients, strict=True):
            parameter.grad[...] = gradient
        optimizer.step()
        steps.append([parameter.value.copy() for parameter in parameters])
    return steps


def assert_traces_agree(ours, theirs, tolerance):
    for our_step, their_step in zip(ours, theirs, strict=True):
        for our_value, their_value in zip(our_step, their_step, strict=True):
            np.testing.assert_allclose(our_value, their_value, rtol=tolerance, atol=tolerance)


def test_the_golden_numbers_are_those_of_every_case():
    assert [(case["rule"], case["settings"]) for case in GOLDEN["cases"]] == MAKER["CASES"]


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: f"{case['rule']}-{case['settings']}")
def test_every_step_has_the_golden_numbers_of_pytorch(case):
    ours = trace(case["rule"], case["settings"], GOLDEN["values"], GOLDEN["gradients"])
    assert_traces_agree(ours, case["trace"], 1e-12)


@pytest.mark.parametrize(("rule", "settings"), CASES)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_every_step_agrees_with_pytorch_where_it_is_installed(rule, settings, dtype, tolerance):
    pytest.importorskip("torch")
    values, gradients = MAKER["draw"](np.random.default_rng(7), dtype)
    ours = trace(rule, settings, values, gradients)
    assert all(value.dtype == dtype for step in ours for value in step)
    assert_traces_agree(ours, MAKER["torch_values"](rule, settings, values, gradients), tolerance)


def test_descent_on_the_full_batch_reaches_the_least_squares_solution():
    rng = np.random.default_rng(3)
    inputs, targets = rng.standard_normal((40, 5)), rng.standard_normal(40)
    solution = np.linalg.lstsq(inputs, targets)[0]
    weight = Learned(rng.standard_normal(5))
    curvature = np.linalg.eigvalsh(inputs.T @ inputs / len(targets))
    optimizer = optim.SGD([weight], learning_rate=1 / curvature[-1])
    for _ in range(400):
        weight.grad[...] = inputs.T @ (inputs @ weight.value - targets) / len(targets)
        optimizer.step()
    np.testing.assert_allclose(weight.value, solution, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("factor", "converges"), [(1.99, True), (2.01, False)])
def test_full_batch_descent_converges_exactly_below_two_over_the_curvature(factor, converges):
    curvature = np.array([0.5, 3.0])
    point = Learned(np.array([1.0, -2.0]))
    optimizer = optim.SGD([point], learning_rate=factor / 3.0)
    for _ in range(2000):
        point.grad[...] = curvature * point.value
        optimizer.step()
    assert bool(np.abs(point.value).max() < 1e-6) is converges


@pytest.mark.parametrize(
    ("rule", "settings", "gradient", "step"),
    [
        ("Adam", {"learning_rate": 1e-3}, 1e-8, 5e-4),
        ("Adam", {"learning_rate": 1e-3}, -300.0, -1e-3),
        ("AdamW", {"learning_rate": 1e-3}, 1e-8, 5e-4),
        ("AdaGrad", {"learning_rate": 0.1}, 1e-4, 0.1),
        ("RMSProp", {"learning_rate": 0.1}, 20.0, 1.0),
        ("SGD", {"learning_rate": 0.1, "momentum": 0.9}, 2.0, 0.2),
        ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}, 2.0, 0.38),
    ],
)
def test_the_first_step_has_its_known_length(rule, settings, gradient, step):
    parameter = Learned(np.array([0.0]))
    parameter.grad[...] = gradient
    make(rule, [parameter], **settings).step()
    np.testing.assert_allclose(-parameter.value, step, rtol=2e-6)


@pytest.mark.parametrize("rule", RULES)
def test_a_schedules_factor_is_a_smaller_learning_rate_for_one_step(rule):
    values, gradients = MAKER["draw"](np.random.default_rng(5))
    by_factor, by_rate = (Learned(values[0].copy()) for _ in range(2))
    by_factor.grad[...] = by_rate.grad[...] = gradients[0][0]
    make(rule, [by_factor], learning_rate=0.2).step(0.25)
    make(rule, [by_rate], learning_rate=0.05).step()
    np.testing.assert_array_equal(by_factor.value, by_rate.value)
    assert not np.array_equal(by_factor.value, values[0])


@pytest.mark.parametrize("rule", RULES)
def test_weight_decay_spares_a_parameter_that_does_not_decay(rule):
    decays, spared, plain = (Learned(np.array([3.0, -2.0]), decays=decays) for decays in (True, False, True))
    for parameter in (decays, spared, plain):
        parameter.grad[...] = [0.5, 0.1]
    decaying = make(rule, [decays, spared], weight_decay=0.1)
    bare = make(rule, [plain], weight_decay=0.0)
    for _ in range(2):
        decaying.step()
        bare.step()
    np.testing.assert_array_equal(spared.value, plain.value)
    assert not np.array_equal(decays.value, plain.value)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("learning_rate", [0.01, np.float64(0.01)], ids=["float", "numpy-scalar"])
def test_float32_stays_float32_and_in_its_place(rule, learning_rate):
    parameter = Learned(np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3))
    value, before = parameter.value, parameter.value.copy()
    parameter.grad[...] = 0.3
    gradient = parameter.grad.copy()
    optimizer = make(rule, [parameter], learning_rate=learning_rate, weight_decay=0.1)
    optimizer.step(np.float64(0.5))
    assert parameter.value is value
    assert value.dtype == np.float32
    assert not np.array_equal(value, before)
    np.testing.assert_array_equal(parameter.grad, gradient)
    assert all(array.dtype == np.float32 for name, array in optimizer.state_dict().items() if name != "steps")


@pytest.mark.parametrize(("rule", "settings"), CASES)
def test_a_saved_and_loaded_state_continues_to_the_same_bits(rule, settings):
    values, gradients = MAKER["draw"](np.random.default_rng(11))
    expected = trace(rule, settings, values, gradients)
    parameters = [Learned(value.copy()) for value in values]

    def run(optimizer, steps):
        for step_gradients in steps:
            for parameter, gradient in zip(parameters, step_gradients, strict=True):
                parameter.grad[...] = gradient
            optimizer.step()

    first = getattr(optim, rule)(parameters, **settings)
    run(first, gradients[:3])
    state, weights = first.state_dict(), [parameter.value.copy() for parameter in parameters]
    run(first, gradients[3:4])
    for parameter, weight in zip(parameters, weights, strict=True):
        parameter.value[...] = weight
    second = getattr(optim, rule)(parameters, **settings)
    second.load_state_dict(state)
    assert second.steps == 3
    run(second, gradients[3:])
    for parameter, value in zip(parameters, expected[-1], strict=True):
        np.testing.assert_array_equal(parameter.value, value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean.0": None}, r"missing: mean\.0"),
        ({"momentum.0": np.zeros(3)}, r"left over: momentum\.0"),
        ({"mean.0": np.zeros((2, 3))}, r"mean\.0: expected float64 \(3,\), got float64 \(2, 3\)"),
        ({"mean.0": np.zeros(3, np.float32)}, r"mean\.0: expected float64 \(3,\), got float32 \(3,\)"),
        ({"steps": -1}, "steps: expected an integer of at least 0, got -1"),
        ({"steps": None}, "missing: steps"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_nothing_is_changed(change, message):
    parameter = Learned(np.array([1.0, 2.0, 3.0]))
    parameter.grad[...] = [0.1, -0.2, 0.3]
    optimizer = optim.Adam([parameter])
    optimizer.step()
    before = optimizer.state_dict()
    other = {**before, "square_mean.0": np.full(3, 7.0), "steps": 9, **change}
    other = {name: value for name, value in other.items() if value is not None}
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(other)
    after = optimizer.state_dict()
    assert before.keys() == after.keys()
    for name, value in before.items():
        np.testing.assert_array_equal(after[name], value)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["learning_rate", "weight_decay"])
@pytest.mark.parametrize("value", [-1e-3, float("nan"), float("inf")])
def test_negative_and_non_finite_settings_are_refused_by_name(rule, name, value):
    with pytest.raises(ValueError, match=f"^{name}: expected a finite number of at least 0, got {value}"):
        make(rule, [Learned(np.ones(2))], **{name: value})


@pytest.mark.parametrize(
    ("rule", "settings", "error", "message"),
    [
        ("SGD", {"momentum": 1.0}, ValueError, "^momentum: expected a number from 0 to below 1, got 1.0"),
        ("SGD", {"momentum": -0.1}, ValueError, "^momentum"),
        ("SGD", {"nesterov": True}, ValueError, "^nesterov: needs a momentum above 0"),
        ("RMSProp", {"rho": 1.5}, ValueError, "^rho"),
        ("AdaGrad", {"eps": -1e-9}, ValueError, "^eps"),
        ("Adam", {"beta1": 1}, ValueError, "^beta1"),
        ("AdamW", {"beta2": float("nan")}, ValueError, "^beta2"),
        ("Adam", {"learning_rate": "fast"}, TypeError, "^learning_rate: expected a number, got 'fast'"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(rule, settings, error, message):
    with pytest.raises(error, match=message):
        make(rule, [Learned(np.ones(2))], **settings)


@pytest.mark.parametrize("factor", [-0.5, float("nan"), float("inf")])
def test_a_factor_out_of_range_is_refused_before_anything_changes(factor):
    parameter = Learned(np.array([1.0, 2.0]))
    parameter.grad[...] = 1.0
    optimizer = optim.Adam([parameter])
    with pytest.raises(ValueError, match="^factor"):
        optimizer.step(factor)
    np.testing.assert_array_equal(parameter.value, [1.0, 2.0])
    assert optimizer.steps == 0


def parameters_refused():
    shared = Learned(np.ones(2))
    twin = Learned(np.ones(2))
    twin.value = shared.value
    wrong_shape, wrong_dtype = Learned(np.ones(2)), Learned(np.ones(2))
    wrong_shape.grad = np.zeros((2, 1))
    wrong_dtype.grad = np.zeros(2, np.float32)
    return [
        ([], ValueError, "expected at least one parameter, got none"),
        ([shared, Learned(np.ones(3)), shared], ValueError, r"\[2\]: is the same as parameters\[0\]"),
        ([shared, twin], ValueError, r"parameters\[1\]: is the same as parameters\[0\]"),
        ([Learned(np.ones(2, int))], TypeError, r"parameters\[0\]: expected a floating dtype, got int"),
        ([("weight", shared)], TypeError, r"parameters\[0\]: expected an object with .* got tuple"),
        ([shared, wrong_shape], ValueError, r"parameters\[1\]: expected grad to be .*\(2, 1\)"),
        ([wrong_dtype], ValueError, r"got float32"),
        (shared, TypeError, "parameters: expected a list of parameters, .* got Learned"),
    ]


@pytest.mark.parametrize(("parameters", "error", "message"), parameters_refused())
def test_parameters_that_cannot_be_learned_are_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        optim.SGD(parameters, 0.1)


def test_the_repr_shows_every_setting():
    assert repr(optim.SGD([Learned(np.ones(2))], 0.1, momentum=0.9)) == (
        "SGD(momentum=0.9, nesterov=False, learning_rate=0.1, weight_decay=0.0)"
    )


def test_zero_grad_clears_in_place():
    parameter = Learned(np.ones(3))
    grad = parameter.grad
    grad[...] = 5.0
    optim.SGD([parameter], 0.1).zero_grad()
    assert parameter.grad is grad
    np.testing.assert_array_equal(grad, np.zeros(3))


@given(st.lists(st.floats(-1e150, 1e150).filter(lambda x: abs(x) > 1e-100), min_size=1, max_size=8))
def test_adams_first_step_never_exceeds_the_learning_rate(gradients):
    parameter = Learned(np.zeros(len(gradients)))
    parameter.grad[...] = gradients
    optim.Adam([parameter], learning_rate=0.01).step()
    assert np.abs(parameter.value).max() <= 0.01 * (1 + 1e-12)
    assert np.all(parameter.value * parameter.grad <= 0)

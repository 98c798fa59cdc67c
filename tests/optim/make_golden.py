"""Makes golden_optimizers.json: what PyTorch's optimisers do to two parameters in seven steps.

Run ``python tests/optim/make_golden.py`` where torch is installed, when a case is added. The tests always
check the numbers it wrote, and where torch is installed they run the cases again on other gradients.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

STEPS = 7
SHAPES = ((3, 4), (5,))
CASES = [
    ("SGD", {"learning_rate": 0.1}),
    ("SGD", {"learning_rate": 0.1, "weight_decay": 0.2}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "weight_decay": 0.1}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1}),
    ("AdaGrad", {}),
    ("AdaGrad", {"learning_rate": 0.3, "eps": 1e-3, "weight_decay": 0.1}),
    ("RMSProp", {}),
    ("RMSProp", {"learning_rate": 0.03, "rho": 0.8, "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.03, "beta1": 0.7, "beta2": 0.95, "eps": 1e-3, "weight_decay": 0.1}),
    ("AdamW", {}),
    ("AdamW", {"learning_rate": 0.03, "beta1": 0.7, "beta2": 0.95, "eps": 1e-3, "weight_decay": 0.3}),
]


def torch_values(rule, settings, values, gradients):
    """The values after every step, by PyTorch's optimiser of the same name and settings."""
    import torch

    settings = dict(settings)
    names = {"learning_rate": "lr", "rho": "alpha"}
    if "beta1" in settings:
        settings["betas"] = (settings.pop("beta1"), settings.pop("beta2"))
    kind = {"AdaGrad": "Adagrad", "RMSProp": "RMSprop"}.get(rule, rule)
    parameters = [torch.nn.Parameter(torch.tensor(value)) for value in values]
    optimizer = getattr(torch.optim, kind)(parameters, **{names.get(k, k): v for k, v in settings.items()})
    trace = []
    for step_gradients in gradients:
        for parameter, gradient in zip(parameters, step_gradients, strict=True):
            parameter.grad = torch.tensor(gradient)
        optimizer.step()
        trace.append([parameter.detach().numpy().copy() for parameter in parameters])
    return trace


def draw(rng, dtype=np.float64):
    """Initial values, and gradients for every step: of many sizes, a few of them exactly zero."""
    values = [rng.standard_normal(shape).astype(dtype) for shape in SHAPES]
    gradients = []
    for _ in range(STEPS):
        sizes = [10.0 ** rng.uniform(-3, 1, shape) * (rng.random(shape) > 0.1) for shape in SHAPES]
        gradients.append([(size * rng.standard_normal(size.shape)).astype(dtype) for size in sizes])
    return values, gradients


def main():
    values, gradients = draw(np.random.default_rng(20260))
    traces = [torch_values(rule, settings, values, gradients) for rule, settings in CASES]
    golden = {
        "values": [value.tolist() for value in values],
        "gradients": [[gradient.tolist() for gradient in step] for step in gradients],
        "cases": [
            {
                "rule": rule,
                "settings": settings,
                "trace": [[value.tolist() for value in step] for step in trace],
            }
            for (rule, settings), trace in zip(CASES, traces, strict=True)
        ],
    }
    Path(__file__).with_name("golden_optimizers.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

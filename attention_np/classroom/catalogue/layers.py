"""Exercises on what stands around attention: linear map, embedding, cross-entropy, layer norm, forwards and back."""

from __future__ import annotations

import numpy as np

from ..exercise import Exercise
from .build import numbers, package_exercise, special

_TOPIC = "layers and loss"
_INPUTS, _WEIGHT, _BIAS = numbers([1, 2], [3, 0]), numbers([1, -1], [0, 2]), numbers(0.5, -0.5)
_UPSTREAM = numbers([1, 0], [2, -1])
_IDS, _TABLE = np.array([1, 1]), numbers([1, 2], [3, 4])
_LOGITS = {"logits": numbers([1, 2], [0, 0]), "targets": np.array([1, 0])}
_GAIN = numbers(2, 1)
_REPEATED = special("repeated ids", 3, "repeated ids")
_LOSS_SPECIALS = (
    special("ignored targets", 2, "ignored targets", "all targets ignored"),
    special("label smoothing", 2, "label smoothing"),
    special("large logits", 2, "large numbers"),
)
_EPS = special("another eps", 1, "another eps")
_LOSS = "$L = \\frac1N \\sum_n \\bigl[(1-\\varepsilon)(-\\log p_{n,y_n}) + \\frac\\varepsilon V \\sum_v (-\\log p_{n,v})\\bigr]$, p the softmax of the logits"
_LOSS_SHAPES = "`logits` (..., V), `targets` (...) of integers; `ignore_index` and `label_smoothing` numbers"
_NORM = "$y = g \\odot \\frac{x - \\mu}{\\sigma} + b$ with $\\sigma = \\sqrt{\\mathrm{var}(x) + \\epsilon}$ over the last axis (the variance divides by d)"


def exercises() -> tuple[Exercise, ...]:
    """In the order in which they are best done."""
    return (
        package_exercise(
            "linear",
            "The linear map with a bias",
            _TOPIC,
            difficulty=1,
            minutes=5,
            statement="Compute $y = x W + b$ along the last axis.",
            shapes="`inputs` (..., in), `weight` (in, out), `bias` (out,) or None → outputs (..., out)",
            example={"inputs": _INPUTS, "weight": _WEIGHT, "bias": _BIAS},
            hints=(
                "Which axis of the inputs meets which axis of the weight?",
                "The weight is (in, out): it needs no transpose. The bias may be None.",
                "inputs @ weight + bias",
            ),
            notebook="05",
        ),
        package_exercise(
            "linear_backward",
            "Back through the linear map",
            _TOPIC,
            difficulty=2,
            minutes=15,
            statement="Of $y = x W + b$ and the upstream $dy$, give $dx$, $dW$ and $db$.",
            shapes="`d_outputs` (..., out), `inputs` (..., in), `weight` (in, out) → `d_inputs` (..., in), `d_weight` (in, out), `d_bias` (out,)",
            example={"d_outputs": _UPSTREAM, "inputs": _INPUTS, "weight": _WEIGHT},
            hints=(
                "Write the shapes first: each gradient has the shape of what it belongs to.",
                "Weight and bias were used at every position: sum over all leading axes.",
                "With rows (N, in) and d_rows (N, out) by reshape: d_rows @ W.T, rows.T @ d_rows, d_rows.sum(axis=0).",
            ),
            notebook="05",
        ),
        package_exercise(
            "embedding",
            "Rows of a table, looked up by id",
            _TOPIC,
            difficulty=1,
            minutes=5,
            statement="Give for each id its row of the table, $y_n = E_{x_n}$.",
            shapes="`ids` (...) of integers, `table` (vocabulary_size, width) → (..., width)",
            example={"ids": _IDS, "table": _TABLE},
            hints=(
                "No loop and no product are needed.",
                "NumPy indexes the first axis with an array of integers of any shape.",
                "table[ids]",
            ),
            notebook="04",
            specials=(_REPEATED,),
        ),
        package_exercise(
            "embedding_backward",
            "Back through the lookup",
            _TOPIC,
            difficulty=2,
            minutes=10,
            statement="Of $y_n = E_{x_n}$ and the upstream $dy$, give $dE$.",
            shapes="`d_outputs` (..., width), `ids` (...) of integers, `vocabulary_size` a number → `d_table` (vocabulary_size, width)",
            example={"d_outputs": _UPSTREAM, "ids": _IDS, "vocabulary_size": 2},
            hints=(
                "A word that occurs twice has two upstreams: what becomes of the first?",
                "`d_table[ids] += d_outputs` writes each row once; NumPy has a function that adds without buffering.",
                "np.add.at(d_table, ids, d_outputs) on a table of zeros.",
            ),
            notebook="04",
            specials=(_REPEATED,),
        ),
        package_exercise(
            "cross_entropy",
            "The mean cross-entropy",
            _TOPIC,
            difficulty=3,
            minutes=20,
            statement=f"Compute {_LOSS}. N counts the targets that are not `ignore_index`; where none counts the loss is 0.",
            shapes=f"{_LOSS_SHAPES} → loss ()",
            example=_LOGITS,
            hints=(
                "The logarithm of a softmax is a difference: no exponential of a large number, no logarithm of 0.",
                "log p = z − max − log Σ e^(z − max); take it at the target, and only where the target counts.",
                "-log_p[np.arange(N), y] averaged over N, times 1 − ε, plus ε times the mean of −log p over all classes.",
            ),
            notebook="09",
            specials=_LOSS_SPECIALS,
            unnamed=("the logarithm is taken of the logits", "ε = 1e-12", "ε = 1e-15"),
        ),
        package_exercise(
            "cross_entropy_backward",
            "Back from the loss",
            _TOPIC,
            difficulty=3,
            minutes=20,
            statement=f"Give $\\partial L / \\partial z$ of {_LOSS}. A loss is the end of the line: there is no upstream.",
            shapes=f"{_LOSS_SHAPES} → `d_logits` (..., V)",
            example=_LOGITS,
            hints=(
                "What do the gradients of one row's logits sum to?",
                "For one target the gradient is the softmax less the distribution that was asked for.",
                "(softmax(z) − onehot(y)) / N, with (1 − ε) onehot + ε/V for smoothing, and 0 in ignored rows.",
            ),
            notebook="09",
            specials=_LOSS_SPECIALS,
        ),
        package_exercise(
            "layer_norm",
            "Every vector to mean zero and variance one",
            _TOPIC,
            difficulty=2,
            minutes=10,
            statement=f"Compute {_NORM}.",
            shapes="`inputs` (..., d), `gain` (d,), `bias` (d,); `eps` a number → outputs (..., d)",
            example={"inputs": _INPUTS, "gain": _GAIN, "bias": _BIAS},
            hints=(
                "Mean and variance belong to each vector alone.",
                "axis=-1 with keepdims=True; where does ε stand, inside the root or outside?",
                "gain * (x − mean) / np.sqrt(((x − mean)²).mean + eps) + bias",
            ),
            notebook="13",
            specials=(_EPS,),
        ),
        package_exercise(
            "layer_norm_backward",
            "Back through the layer norm",
            _TOPIC,
            difficulty=4,
            minutes=30,
            statement=f"Of {_NORM}, and the upstream $dy$, give $dx$, $dg$ and $db$.",
            shapes="`d_outputs` (..., d), `inputs` (..., d), `gain` (d,); `eps` a number → `d_inputs` (..., d), `d_gain` (d,), `d_bias` (d,)",
            example={"d_outputs": _UPSTREAM, "inputs": _INPUTS, "gain": _GAIN},
            hints=(
                "x reaches the result by three ways: itself, the mean, the deviation.",
                "Start with d_hat = dy ⊙ g, so that the gain stands inside the means; adding a constant to x changes nothing.",
                "(d_hat − mean(d_hat) − x̂ mean(d_hat ⊙ x̂)) / σ; dg and db are sums over all leading axes.",
            ),
            notebook="13",
            specials=(_EPS,),
        ),
    )

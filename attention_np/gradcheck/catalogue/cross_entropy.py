"""Known mistakes of the loss, the mean of −Σ q log p over the targets that count, q = (1 − ε) onehot + ε / V."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...functional import softmax
from ...functional._checks import Array
from .classes import Classes, classes_of
from .mistake import Mistakes

known = Mistakes()
Loss = Callable[[Classes, Array, Array], Array]


def wrong(code: str, message: str, hint: str) -> Callable[[Loss], Loss]:
    """Write down a wrong loss as a formula of the pieces, the logits and the targets."""

    def add(loss: Loss) -> Loss:
        @known.mistake("cross_entropy", "output", code, message, hint)
        def formula(
            logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
        ) -> Array:
            return loss(classes_of(logits, targets, ignore_index, label_smoothing), logits, targets)

        return loss

    return add


HINT_NUMBER = "Repeat every row of the batch: should the loss change?"
HINT_SMOOTHING = "What does q sum to, and how much of it is the right class's?"


@wrong("constant-factor", "this is the sum over the targets; the mean is asked for.", HINT_NUMBER)
def summed(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(c.log_weights, c.wanted) * c.number


@wrong(
    "constant-factor",
    "the sum is divided by the number of all targets, the ignored ones included.",
    "Append a sentence of padding alone: should the loss fall?",
)
def divided_by_all(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(c.log_weights, c.wanted) * c.number / targets.size


@wrong("constant-factor", "the sum is divided by the size of the first axis alone.", HINT_NUMBER)
def divided_by_batch(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(c.log_weights, c.wanted) * c.number / len(targets)


@wrong(
    "constant-factor",
    "the sum is divided by the number of classes too; −q log p is summed over the classes.",
    "With one target and p = ½ for its class, what is the loss?",
)
def mean_over_classes(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(c.log_weights, c.wanted) / logits.shape[-1]


@wrong(
    "constant-factor",
    "the logarithm has base 2; the loss is in nats.",
    "With one target and p = ½ for its class, what is the loss?",
)
def in_bits(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(c.log_weights, c.wanted) / np.log(2)


@wrong(
    "mask-ignored",
    "ignored targets count like the others; −1 indexes the last class.",
    "Change the logits of a padded position: does the loss move?",
)
def padding_counts(c: Classes, logits: Array, targets: Array) -> Array:
    return np.asarray(-np.sum(c.wanted * c.log_weights) / targets.size)


@wrong(
    "mask-ignored",
    "ignored targets are in the sum, though not in the number that it is divided by.",
    "Change the logits of a padded position: does the loss move?",
)
def padding_summed(c: Classes, logits: Array, targets: Array) -> Array:
    return np.asarray(-np.sum(c.wanted * c.log_weights) / c.number)


@wrong(
    "not-finite",
    "if every target is ignored this is 0/0.",
    "What is the loss of a batch of padding, and how would NaN go on from there?",
)
def nothing_counts(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(c.log_weights, c.wanted) if c.counted.any() else np.asarray(np.nan)


@wrong(
    "dropped-term", "the smoothing is forgotten: this is the mean of −log p of the target.", HINT_SMOOTHING
)
def without_smoothing(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(c.log_weights, c.one_hot)


@wrong(
    "wrong-operand",
    "ε is spread over the V − 1 other classes alone; it belongs to all V, the target's included.",
    HINT_SMOOTHING,
)
def spread_over_others(c: Classes, logits: Array, targets: Array) -> Array:
    others = (1 - c.one_hot) / (logits.shape[-1] - 1)
    return c.loss(c.log_weights, (1 - c.smoothing) * c.one_hot + c.smoothing * others)


@wrong("constant-factor", "each class receives ε / (V − 1) where it is ε / V.", HINT_SMOOTHING)
def spread_by_others(c: Classes, logits: Array, targets: Array) -> Array:
    share = c.smoothing / (logits.shape[-1] - 1)
    return c.loss(c.log_weights, (1 - c.smoothing) * c.one_hot + share)


@wrong(
    "constant-factor",
    "the target keeps all of its 1, and ε / V comes on top: 1 − ε is missing.",
    HINT_SMOOTHING,
)
def target_not_lowered(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(c.log_weights, c.one_hot + c.smoothing * c.even)


@wrong("dropped-term", "the target is lowered to 1 − ε, and the ε is given to nobody.", HINT_SMOOTHING)
def nothing_spread(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(c.log_weights, (1 - c.smoothing) * c.one_hot)


@wrong("constant-factor", "every class receives ε, and not ε / V.", HINT_SMOOTHING)
def spread_undivided(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(c.log_weights, (1 - c.smoothing) * c.one_hot + c.smoothing)


@wrong(
    "wrong-operand",
    "the target's share of the smoothing is missing: the others have ε / V, and the target 1 − ε.",
    HINT_SMOOTHING,
)
def target_not_smoothed(c: Classes, logits: Array, targets: Array) -> Array:
    wanted = np.where(c.one_hot == 1, 1 - c.smoothing, c.smoothing * c.even)
    return c.loss(c.log_weights, wanted)


@wrong("wrong-operand", "ε and 1 − ε are exchanged.", HINT_SMOOTHING)
def shares_exchanged(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(c.log_weights, c.smoothing * c.one_hot + (1 - c.smoothing) * c.even)


@wrong(
    "wrong-values",
    "this is the mean of −p of the target, without the logarithm.",
    "How surprised is one who gave the right answer a probability near 0?",
)
def without_logarithm(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(c.weights, c.wanted)


@wrong(
    "wrong-values",
    "this is the mean of 1 − p of the target, without the logarithm.",
    "How surprised is one who gave the right answer a probability near 0?",
)
def doubt(c: Classes, logits: Array, targets: Array) -> Array:
    return 1 + c.loss(c.weights, c.wanted)


@wrong(
    "dropped-term",
    "this is the mean of −z of the target; the normaliser log Σ eᶻ is missing.",
    "Add a constant to all logits of a row: should the loss change?",
)
def without_normaliser(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(logits, c.wanted)


@wrong(
    "dropped-term",
    "the largest logit is subtracted once only: this is log Σ e^(z − max) − z, with the maximum still in z.",
    "Add a constant to all logits of a row: should the loss change?",
)
def maximum_lost(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(c.log_weights + logits.max(axis=-1, keepdims=True), c.wanted)


@wrong(
    "counted-twice",
    "the softmax is taken twice: this is the cross-entropy of logits that are weights already.",
    "Does the loss receive logits or probabilities?",
)
def softmax_twice(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(np.log(softmax(c.weights)), c.wanted)


@wrong(
    "wrong-operand",
    "the logarithm is taken of the logits, as if they were probabilities.",
    "Does the loss receive logits or probabilities?",
)
def of_probabilities(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(np.log(logits), c.wanted)


def _softmax_along(axis: int | None, words: str) -> None:
    @wrong(
        "wrong-axis", f"the softmax is taken over {words}.", "What sums to one over the classes of a target?"
    )
    def loss(c: Classes, logits: Array, targets: Array) -> Array:
        weights = softmax(logits.reshape(-1)).reshape(logits.shape) if axis is None else softmax(logits, axis)
        return c.loss(np.log(weights), c.wanted)


_softmax_along(-2, "the positions, axis −2")
_softmax_along(0, "axis 0")
_softmax_along(1, "axis 1")
_softmax_along(None, "the whole array")


@wrong(
    "unstable",
    "the logarithm is taken of a softmax, which is 0 for a class far behind: its logarithm is −∞.",
    "log(e^a / Σ e^b): which of these need ever be computed?",
)
def logarithm_of_softmax(c: Classes, logits: Array, targets: Array) -> Array:
    target = np.sum(np.where(c.one_hot == 1, np.log(c.weights), 0), axis=-1, keepdims=True)
    each = (1 - c.smoothing) * target
    if c.smoothing:
        each = each + c.smoothing * np.mean(np.log(c.weights), axis=-1, keepdims=True)
    return np.asarray(-np.sum(each, where=c.counted) / c.number)


@wrong(
    "unstable",
    "eᶻ is taken of the logits as they are, and overflows from z = 710 on.",
    "Add a constant to all logits of a row: the loss stays; which constant would help?",
)
def without_maximum(c: Classes, logits: Array, targets: Array) -> Array:
    return c.loss(logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True)), c.wanted)


def _with_epsilon(eps: float) -> None:
    @wrong(
        "unstable",
        f"ε = {eps:g} is added to p before the logarithm, so no loss exceeds −log ε.",
        "How surprised is one who gave the right answer a probability of e⁻¹⁰⁰?",
    )
    def added(c: Classes, logits: Array, targets: Array) -> Array:
        return c.loss(np.log(c.weights + eps), c.wanted)

    @wrong(
        "unstable",
        f"p is at least ε = {eps:g} before the logarithm, so no loss exceeds −log ε.",
        "How surprised is one who gave the right answer a probability of e⁻¹⁰⁰?",
    )
    def clipped(c: Classes, logits: Array, targets: Array) -> Array:
        return c.loss(np.log(np.maximum(c.weights, eps)), c.wanted)


for _eps in (1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15):
    _with_epsilon(_eps)


def _something_else(message: str, hint: str, each: Callable[[Array, Array], Array]) -> None:
    """Another measure of the distance of p from q."""

    @wrong("wrong-values", message, hint)
    def loss(c: Classes, logits: Array, targets: Array) -> Array:
        return np.asarray(np.sum(each(c.weights, c.wanted), where=c.counted) / c.number)


_something_else(
    "this is Σ (p − q)², a squared error.", "Which distance was asked for?", lambda p, q: (p - q) ** 2
)
_something_else("this is ½ Σ (p − q)².", "Which distance was asked for?", lambda p, q: (p - q) ** 2 / 2)
_something_else(
    "this adds −(1 − q) log(1 − p), as for V independent yes–no questions.",
    "The classes exclude each other: what does log p of the right one say of the others?",
    lambda p, q: -q * np.log(p) - (1 - q) * np.log(1 - p),
)
_something_else(
    "this is −Σ p log p, the entropy of p; the targets play no part.",
    "Change a target: does your loss move?",
    lambda p, q: -p * np.log(p),
)


@wrong("wrong-values", "this is e^L, the perplexity.", "What is the loss of a perfect prediction?")
def perplexity(c: Classes, logits: Array, targets: Array) -> Array:
    return np.exp(c.loss(c.log_weights, c.wanted))

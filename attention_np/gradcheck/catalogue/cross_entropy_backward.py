"""Known mistakes of the loss's gradient, dz = (p − q) / N where the target counts, q = (1 − ε) onehot + ε / V."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...functional import softmax, softmax_backward
from ...functional._checks import Array
from .classes import Classes, classes_of
from .mistake import Mistakes

known = Mistakes()
Gradient = Callable[[Classes, Array, Array], Array]


def wrong(code: str, message: str, hint: str) -> Callable[[Gradient], Gradient]:
    """Write down a wrong gradient as a formula of the pieces, the logits and the targets."""

    def add(gradient: Gradient) -> Gradient:
        @known.mistake("cross_entropy_backward", "d_logits", code, message, hint)
        def formula(
            logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
        ) -> Array:
            return gradient(classes_of(logits, targets, ignore_index, label_smoothing), logits, targets)

        return gradient

    return add


@known.sum_of("cross_entropy_backward", "d_logits")
def terms(
    logits: Array, targets: Array, ignore_index: int | None = None, label_smoothing: float = 0.0
) -> dict[str, Array]:
    c = classes_of(logits, targets, ignore_index, label_smoothing)
    return {
        "p / N (the softmax)": c.gradient(c.weights, np.zeros_like(logits)),
        "−q / N (the targets)": c.gradient(np.zeros_like(logits), c.wanted),
    }


HINT_NUMBER = "The loss is a mean: of how many, and what does that do to each share?"
HINT_SMOOTHING = "What does q sum to, and how much of it is the right class's?"
HINT_ROWS = "Add a constant to all logits of a row: the loss stays. What must a row of dz sum to?"
HINT_PADDING = "Change the logits of a padded position: does the loss move?"


@wrong(
    "constant-factor", "this is p − q; it is not divided by N, the number of targets that count.", HINT_NUMBER
)
def not_divided(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.weights, c.wanted) * c.number


@wrong(
    "constant-factor",
    "p − q is divided by the number of all targets, the ignored ones included.",
    HINT_NUMBER,
)
def divided_by_all(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.weights, c.wanted) * c.number / targets.size


@wrong("constant-factor", "p − q is divided by the size of the first axis alone.", HINT_NUMBER)
def divided_by_batch(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.weights, c.wanted) * c.number / len(targets)


@wrong("constant-factor", "p − q is divided by N and by the number of classes.", HINT_NUMBER)
def divided_by_classes(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.weights, c.wanted) / logits.shape[-1]


@wrong("mask-ignored", "ignored targets count like the others; −1 indexes the last class.", HINT_PADDING)
def padding_counts(c: Classes, logits: Array, targets: Array) -> Array:
    return (c.weights - c.wanted) / targets.size


@wrong("mask-ignored", "ignored rows have a gradient, though N does not count them.", HINT_PADDING)
def padding_not_zeroed(c: Classes, logits: Array, targets: Array) -> Array:
    return (c.weights - c.wanted) / c.number


@wrong("mask-ignored", "ignored rows hold p / N: only their target is left out.", HINT_PADDING)
def padding_without_target(c: Classes, logits: Array, targets: Array) -> Array:
    return (c.weights - np.where(c.counted, c.wanted, 0)) / c.number


@wrong("mask-ignored", "ignored rows hold p − q, divided by N like the others, for class 0.", HINT_PADDING)
def padding_as_class_zero(c: Classes, logits: Array, targets: Array) -> Array:
    first = np.eye(logits.shape[-1])[0]
    return (c.weights - np.where(c.counted, c.wanted, first)) / c.number


@wrong(
    "not-finite",
    "if every target is ignored this is 0/0.",
    "What is the gradient of a batch of padding, and how would NaN go on from there?",
)
def nothing_counts(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.weights, c.wanted) if c.counted.any() else np.full_like(logits, np.nan)


@wrong("dropped-term", "this is p / N; the targets −q / N are missing.", HINT_ROWS)
def without_targets(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.weights, np.zeros_like(logits))


@wrong("dropped-term", "this is −q / N; the softmax p / N, from the normaliser, is missing.", HINT_ROWS)
def without_weights(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(np.zeros_like(logits), c.wanted)


@wrong("sign-flipped", "this is (p + q) / N.", HINT_ROWS)
def targets_added(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.weights, -c.wanted)


@wrong("dropped-term", "the smoothing is forgotten: this is (p − onehot) / N.", HINT_SMOOTHING)
def without_smoothing(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.weights, c.one_hot)


@wrong(
    "wrong-operand",
    "ε is spread over the V − 1 other classes alone; it belongs to all V, the target's included.",
    HINT_SMOOTHING,
)
def spread_over_others(c: Classes, logits: Array, targets: Array) -> Array:
    others = (1 - c.one_hot) / (logits.shape[-1] - 1)
    return c.gradient(c.weights, (1 - c.smoothing) * c.one_hot + c.smoothing * others)


@wrong("constant-factor", "each class receives ε / (V − 1) where it is ε / V.", HINT_SMOOTHING)
def spread_by_others(c: Classes, logits: Array, targets: Array) -> Array:
    share = c.smoothing / (logits.shape[-1] - 1)
    return c.gradient(c.weights, (1 - c.smoothing) * c.one_hot + share)


@wrong(
    "constant-factor",
    "the target keeps all of its 1, and ε / V comes on top: 1 − ε is missing.",
    HINT_SMOOTHING,
)
def target_not_lowered(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.weights, c.one_hot + c.smoothing * c.even)


@wrong("dropped-term", "the target is lowered to 1 − ε, and the ε is given to nobody.", HINT_SMOOTHING)
def nothing_spread(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.weights, (1 - c.smoothing) * c.one_hot)


@wrong("constant-factor", "every class receives ε, and not ε / V.", HINT_SMOOTHING)
def spread_undivided(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.weights, (1 - c.smoothing) * c.one_hot + c.smoothing)


@wrong(
    "wrong-operand",
    "the target's share of the smoothing is missing: the others have ε / V, and the target 1 − ε.",
    HINT_SMOOTHING,
)
def target_not_smoothed(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.weights, np.where(c.one_hot == 1, 1 - c.smoothing, c.smoothing * c.even))


@wrong("wrong-operand", "ε and 1 − ε are exchanged.", HINT_SMOOTHING)
def shares_exchanged(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.weights, c.smoothing * c.one_hot + (1 - c.smoothing) * c.even)


@wrong(
    "constant-factor", "all of p − onehot is multiplied by 1 − ε, and the smoothing is lost.", HINT_SMOOTHING
)
def all_lowered(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.weights, c.one_hot) * (1 - c.smoothing)


def _softmax_along(axis: int | None, words: str) -> None:
    @wrong(
        "wrong-axis", f"the softmax is taken over {words}.", "What sums to one over the classes of a target?"
    )
    def gradient(c: Classes, logits: Array, targets: Array) -> Array:
        weights = softmax(logits.reshape(-1)).reshape(logits.shape) if axis is None else softmax(logits, axis)
        return c.gradient(weights, c.wanted)


_softmax_along(-2, "the positions, axis −2")
_softmax_along(0, "axis 0")
_softmax_along(1, "axis 1")
_softmax_along(None, "the whole array")


@wrong("wrong-operand", "this is (z − q) / N, with the logits where the softmax belongs.", HINT_ROWS)
def logits_for_weights(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(logits, c.wanted)


@wrong(
    "wrong-operand",
    "this is (log p − q) / N, with the logarithm of the softmax where the softmax belongs.",
    HINT_ROWS,
)
def logarithm_for_weights(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.log_weights, c.wanted)


@wrong("wrong-operand", "this is (σ(z) − q) / N, with the sigmoid where the softmax belongs.", HINT_ROWS)
def sigmoid_for_weights(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(np.exp(-np.logaddexp(0, -logits)), c.wanted)


@wrong(
    "counted-twice",
    "the softmax is taken twice: this is (softmax(p) − q) / N.",
    "Does the loss receive logits or probabilities?",
)
def softmax_twice(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(softmax(c.weights), c.wanted)


@wrong(
    "dropped-term",
    "this is −q / p / N, the gradient of the probabilities; the way on through the softmax is missing.",
    "What lies between the logits and p, and where is its derivative?",
)
def of_probabilities(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(np.zeros_like(logits), c.wanted / c.weights)


@wrong(
    "diagonal-only",
    "this is −q (1 − p) / N, through the diagonal of the softmax's Jacobian; a logit also moves the other classes.",
    "Raising the logit of a wrong class lowers p of the right one: where does your formula say so?",
)
def diagonal(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(np.zeros_like(logits), c.wanted * (1 - c.weights))


@wrong(
    "counted-twice",
    "this is (p − q) ⊙ p ⊙ (1 − p) / N; p − q has been through the softmax already.",
    "Is p − q the gradient of p or of the logits?",
)
def slope_again(c: Classes, logits: Array, targets: Array) -> Array:
    return c.gradient(c.weights, c.wanted) * c.weights * (1 - c.weights)


@wrong(
    "counted-twice",
    "p − q is sent through the softmax's backward; it has been there already.",
    "Is p − q the gradient of p or of the logits?",
)
def softmax_backward_again(c: Classes, logits: Array, targets: Array) -> Array:
    return softmax_backward(c.gradient(c.weights, c.wanted), c.weights)


@wrong(
    "constant-factor",
    "this is 2 (p − q) / N, the gradient of a squared error.",
    "Which distance was asked for?",
)
def squared_error(c: Classes, logits: Array, targets: Array) -> Array:
    return 2 * c.gradient(c.weights, c.wanted)


@wrong(
    "misplaced",
    "1 is taken off in every row at the classes of all targets, as `p[:, targets] -= 1` does.",
    "Which entries does a slice and an array of classes pick, and which do two arrays side by side?",
)
def every_row_at_all_classes(c: Classes, logits: Array, targets: Array) -> Array:
    wanted = (1 - c.smoothing) * np.eye(logits.shape[-1])[np.unique(targets[c.counted[..., 0]])].sum(axis=0)
    return c.gradient(c.weights, wanted + c.smoothing * c.even)


@wrong("dropped-term", "only the entry of the target's class is there; the other classes have 0.", HINT_ROWS)
def target_alone(c: Classes, logits: Array, targets: Array) -> Array:
    return np.where(c.one_hot == 1, c.gradient(c.weights, c.wanted), 0)


@wrong(
    "not-finite",
    "eᶻ is taken of the logits as they are, and overflows from z = 710 on.",
    "Add a constant to all logits of a row: the loss stays; which constant would help?",
)
def without_maximum(c: Classes, logits: Array, targets: Array) -> Array:
    exponentials = np.exp(logits)
    return c.gradient(exponentials / exponentials.sum(axis=-1, keepdims=True), c.wanted)


@wrong("mask-ignored", "ignored rows still hold the smoothing's ε (p − 1/V) / N.", HINT_PADDING)
def padding_smoothed(c: Classes, logits: Array, targets: Array) -> Array:
    right = c.gradient(c.weights, c.wanted)
    return right + np.where(c.counted, 0, c.smoothing * (c.weights - c.even) / c.number)

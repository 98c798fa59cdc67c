"""Every function that has a backward, written down once: how to draw its arguments, and how to call the pair.

The tests of each file take their cases from here, and the rules that hold for all functions (dtypes, layouts, empty
dimensions, what is refused) are tested over the whole list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from attention_np import functional
from attention_np.gradcheck import check_gradients

from ..derivatives import check_by_projections

Array = NDArray[Any]
Lead = tuple[int, ...]


class Sizes(NamedTuple):
    """Lengths of all dimensions but the leading ones; unequal, so that a mix-up cannot pass."""

    targets: int = 3
    sources: int = 4
    width: int = 5
    value_width: int = 2
    hidden: int = 6
    vocabulary: int = 7


@dataclass(frozen=True)
class Case:
    """A function, its backward, and arguments for both.

    `draw` gives the function's arguments by name. The backward takes `upstream` (None for a loss), then `takes`: arguments
    of the function, or what `kept` makes of them and of the function's result. It returns the gradients of `gives`.
    """

    name: str
    draw: Callable[[np.random.Generator, Lead, Sizes], dict[str, Array]]
    upstream: str | None
    takes: str
    gives: str
    options: dict[str, Any] = field(default_factory=dict)
    kept: Callable[[dict[str, Any], Any], dict[str, Any]] = lambda given, result: {}
    backward_options: dict[str, Any] | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def function(self) -> Callable[..., Any]:
        return getattr(functional, self.name.split(" ")[0])

    @property
    def backward_function(self) -> Callable[..., Any]:
        return getattr(functional, self.name.split(" ")[0] + "_backward")

    def forward(self, given: dict[str, Any]) -> Array:
        result = self.function(**given, **self.options)
        return result[0] if isinstance(result, tuple) else result

    def backward_arguments(self, upstream: Array, given: dict[str, Any]) -> dict[str, Any]:
        known = {**given, **self.kept(given, self.function(**given, **self.options))}
        arguments = {name: known[name] for name in self.takes.split()}
        if self.upstream:
            arguments = {self.upstream: upstream, **arguments}
        return {**arguments, **(self.options if self.backward_options is None else self.backward_options)}

    def backward(self, upstream: Array, given: dict[str, Any]) -> dict[str, Array]:
        """Gradients by the name of the argument that they belong to."""
        result = self.backward_function(**self.backward_arguments(upstream, given))
        gradients = result if isinstance(result, tuple) else (result,)
        if self.upstream is None:
            gradients = tuple((upstream * gradient).astype(gradient.dtype) for gradient in gradients)
        return dict(zip(self.gives.split(), gradients, strict=True))


def floats(given: dict[str, Any]) -> list[str]:
    """The names of the floating arguments."""
    return [
        name for name, value in given.items() if isinstance(value, np.ndarray) and value.dtype.kind == "f"
    ]


def cast(given: dict[str, Any], dtype: Any) -> dict[str, Any]:
    """The same arguments with all floats of one dtype."""
    return {name: array.astype(dtype) if name in floats(given) else array for name, array in given.items()}


def draw_upstream(rng: np.random.Generator, output: Array) -> Array:
    return np.asarray(rng.standard_normal(output.shape)).astype(output.dtype)


def assert_gradients_equal_differences(
    case: Case, lead: Lead, sizes: Sizes, seed: int, by_projections: bool = False
) -> None:
    """The checker finds every gradient right, in shape and dtype too: entry by entry, or along random directions."""
    rng = np.random.default_rng(seed)
    given = case.draw(rng, lead, sizes)
    names = case.gives.split()
    # Once by itself, since the checker silences the warnings that are errors here.
    case.backward(draw_upstream(rng, case.forward(given)), given)

    def forward(*arrays: Array) -> Array:
        return case.forward({**given, **dict(zip(names, arrays, strict=True))})

    def backward(upstream: Array, *arrays: Array) -> tuple[Array, ...]:
        return tuple(case.backward(upstream, {**given, **dict(zip(names, arrays, strict=True))}).values())

    def layer(*arrays: Array) -> tuple[Array, Callable[[Array], tuple[Array, ...]]]:
        return forward(*arrays), lambda upstream: backward(upstream, *arrays)

    inputs = [given[name] for name in names]
    if by_projections:
        report = check_by_projections(layer, *inputs, names=names, rng=rng)
    else:
        report = check_gradients(forward, *inputs, backward=backward, names=names, rng=rng)
    report.raise_if_failed()
    assert list(report.errors) == names and report.diagnoses == ()


# The same examples in every run: a failure is a fact about the code, not about the day.
few_examples = settings(max_examples=10, deadline=None, derandomize=True)
leads = st.sampled_from([(), (1,), (2,), (2, 1), (1, 3)])
sizes = st.builds(Sizes, *[st.integers(1, 4)] * 6)
seeds = st.integers(0, 2**32 - 1)


def normal(*names_and_shapes: tuple[str, Callable[[Lead, Sizes], Lead]]) -> Callable[..., dict[str, Array]]:
    """A `draw` of standard normal arrays."""

    def draw(rng: np.random.Generator, lead: Lead, sizes: Sizes) -> dict[str, Array]:
        return {name: rng.standard_normal(shape(lead, sizes)) for name, shape in names_and_shapes}

    return draw


def away_from_zero(rng: np.random.Generator, shape: Lead) -> Array:
    """Numbers of both signs at least 0.3 from zero, where neither a kink nor a short vector is near."""
    normals = rng.standard_normal(shape)
    return normals + np.copysign(0.3, normals)


def draw_pair(rng: np.random.Generator, lead: Lead, s: Sizes) -> dict[str, Array]:
    return {
        "queries": away_from_zero(rng, (*lead, s.targets, s.width)),
        "keys": away_from_zero(rng, (*lead, s.sources, s.width)),
    }


def draw_attention(rng: np.random.Generator, lead: Lead, s: Sizes) -> dict[str, Array]:
    return {**draw_pair(rng, lead, s), "values": rng.standard_normal((*lead, s.sources, s.value_width))}


def draw_attention_with_everything(rng: np.random.Generator, lead: Lead, s: Sizes) -> dict[str, Array]:
    """A scale that is broadcast over the first leading dimension, a mask over the last, a bias over both."""
    mask = rng.random((*lead[:-1], *([1] if lead else []), s.targets, s.sources)) < 0.7
    mask[..., :1] = True
    return {
        **draw_attention(rng, lead, s),
        "scale": rng.uniform(0.5, 2, (1, *lead[1:]) if lead else ()),
        "bias": rng.standard_normal((s.targets, s.sources)),
        "mask": mask,
    }


def draw_masked_scores(rng: np.random.Generator, lead: Lead, s: Sizes) -> dict[str, Array]:
    return {
        "scores": rng.standard_normal((*lead, s.targets, s.sources)),
        "mask": rng.random((s.targets, s.sources)) < 0.7,
    }


def draw_lookup(rng: np.random.Generator, lead: Lead, s: Sizes) -> dict[str, Array]:
    positions = (*lead, s.targets if s.vocabulary else 0)
    return {
        "ids": rng.integers(0, max(s.vocabulary, 1), positions),
        "table": rng.standard_normal((s.vocabulary, s.width)),
    }


def draw_classes(rng: np.random.Generator, lead: Lead, s: Sizes) -> dict[str, Array]:
    """Logits and targets; about a third of these are -1, which some cases ignore and others do not have."""
    logits = 2 * rng.standard_normal((*lead, s.targets, s.vocabulary))
    targets = rng.integers(0, max(s.vocabulary, 1), logits.shape[:-1])
    return {
        "logits": logits,
        "targets": np.where(rng.random(targets.shape) < (0.3 if s.vocabulary else 1), -1, targets),
    }


def draw_counted_classes(rng: np.random.Generator, lead: Lead, s: Sizes) -> dict[str, Array]:
    given = draw_classes(rng, lead, s if s.vocabulary else s._replace(targets=0))
    return {**given, "targets": np.maximum(given["targets"], 0)}


def draw_dropout(rng: np.random.Generator, lead: Lead, s: Sizes) -> dict[str, Array]:
    shape = (*lead, s.width)
    mask = functional.dropout_mask(shape, 0.4, rng, np.float64)
    return {"inputs": rng.standard_normal(shape), "mask": mask}


def distribution(rng: np.random.Generator, shape: Lead) -> Array:
    weights = rng.uniform(0.1, 1, shape)
    return weights / weights.sum(axis=-1, keepdims=True)


def draw_mixture(rng: np.random.Generator, lead: Lead, s: Sizes) -> dict[str, Array]:
    return {
        "vocabulary_weights": distribution(rng, (*lead, s.targets, s.vocabulary)),
        "attention_weights": distribution(rng, (*lead, s.targets, s.sources)),
        "gate": rng.uniform(0.1, 0.9, (*lead, s.targets)),
        "source_ids": rng.integers(0, s.vocabulary + 2, (*lead, s.sources)),
    }


def draw_copy(rng: np.random.Generator, lead: Lead, s: Sizes) -> dict[str, Array]:
    """Targets of all four kinds: writable, only in the source, in both, and -1, which is ignored."""
    mixture = draw_mixture(rng, lead, s)
    writable = rng.integers(0, s.vocabulary, (*lead, s.targets))
    place = rng.integers(0, max(s.sources, 1), writable.shape)
    copyable = np.take_along_axis(mixture["source_ids"], place, axis=-1) if s.sources else writable
    kind = rng.random(writable.shape)
    targets = np.where(kind < 0.4, writable, np.where(kind < 0.8, copyable, -1))
    return {
        "logits": 2 * rng.standard_normal((*lead, s.targets, s.vocabulary)),
        "attention_weights": mixture["attention_weights"],
        "gate_logits": rng.standard_normal(mixture["gate"].shape),
        "targets": targets,
        "source_ids": mixture["source_ids"],
    }


def _keep(name: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    return lambda given, result: {name: result}


def _keep_context(given: dict[str, Any], result: Any) -> dict[str, Any]:
    return {"context": result[0], "log_normaliser": result[1]}


_additive = "queries keys query_weight key_weight score_vector"
_draw_inputs = normal(("inputs", lambda lead, s: (*lead, s.targets, s.width)))

CASES = [
    *(
        Case(name, draw_pair, "d_scores", "queries keys", "queries keys")
        for name in ("cosine_scores", "dot_scores", "scaled_dot_scores")
    ),
    Case(
        "additive_scores",
        normal(
            ("queries", lambda lead, s: (*lead, s.targets, s.width)),
            ("keys", lambda lead, s: (*lead, s.sources, s.value_width)),
            ("query_weight", lambda lead, s: (s.width, s.hidden)),
            ("key_weight", lambda lead, s: (s.value_width, s.hidden)),
            ("score_vector", lambda lead, s: (s.hidden,)),
        ),
        "d_scores",
        _additive,
        _additive,
    ),
    *(
        Case(
            f"softmax over {axis}",
            normal(("scores", lambda lead, s: (*lead, s.targets, s.sources))),
            "d_weights",
            "weights",
            "scores",
            options={"axis": axis},
            kept=_keep("weights"),
        )
        for axis in (-1, -2, 0)
    ),
    Case(
        "softmax masked",
        draw_masked_scores,
        "d_weights",
        "weights",
        "scores",
        kept=_keep("weights"),
    ),
    Case(
        "context",
        normal(
            ("weights", lambda lead, s: (*lead, s.targets, s.sources)),
            ("values", lambda lead, s: (*lead, s.sources, s.value_width)),
        ),
        "d_context",
        "weights values",
        "weights values",
    ),
    *(
        Case(
            f"attention {score}",
            lambda rng, lead, s: {**draw_attention(rng, lead, s), "scale": rng.uniform(0.5, 2, ())},
            "d_context",
            "queries keys values scale",
            "queries keys values scale",
            options={"score": score},
        )
        for score in ("cosine", "dot", "scaled_dot")
    ),
    *(
        Case(
            f"attention {score} causal, scaled, biased and masked",
            draw_attention_with_everything,
            "d_context",
            "queries keys values scale bias mask",
            "queries keys values scale",
            options={"score": score, "causal": True},
        )
        for score in ("cosine", "scaled_dot")
    ),
    Case(
        "attention with what the forward pass kept",
        draw_attention_with_everything,
        "d_context",
        "queries keys values scale bias mask context log_normaliser",
        "queries keys values scale",
        options={"causal": True, "return_log_normaliser": True},
        kept=_keep_context,
        backward_options={"causal": True},
    ),
    Case(
        "linear",
        normal(
            ("inputs", lambda lead, s: (*lead, s.targets, s.width)),
            ("weight", lambda lead, s: (s.width, s.hidden)),
            ("bias", lambda lead, s: (s.hidden,)),
        ),
        "d_outputs",
        "inputs weight",
        "inputs weight bias",
    ),
    Case(
        "embedding",
        draw_lookup,
        "d_outputs",
        "ids vocabulary_size",
        "table",
        kept=lambda given, result: {"vocabulary_size": len(given["table"])},
    ),
    Case("cross_entropy", draw_counted_classes, None, "logits targets", "logits"),
    Case(
        "cross_entropy smoothed, some ignored",
        draw_classes,
        None,
        "logits targets",
        "logits",
        options={"ignore_index": -1, "label_smoothing": 0.2},
    ),
    Case(
        "layer_norm",
        normal(
            ("inputs", lambda lead, s: (*lead, s.targets, s.width)),
            ("gain", lambda lead, s: (s.width,)),
            ("bias", lambda lead, s: (s.width,)),
        ),
        "d_outputs",
        "inputs gain",
        "inputs gain bias",
        options={"eps": 0.1},
    ),
    Case(
        "relu",
        lambda rng, lead, s: {"inputs": away_from_zero(rng, (*lead, s.targets, s.width))},
        "d_outputs",
        "inputs",
        "inputs",
    ),
    Case("gelu", _draw_inputs, "d_outputs", "inputs", "inputs"),
    *(
        Case(name, _draw_inputs, "d_outputs", "outputs", "inputs", kept=_keep("outputs"))
        for name in ("tanh", "sigmoid")
    ),
    Case("dropout", draw_dropout, "d_outputs", "mask", "inputs"),
    Case(
        "gru_cell",
        normal(
            ("projected", lambda lead, s: (*lead, 3 * s.hidden)),
            ("recurrent", lambda lead, s: (*lead, 3 * s.hidden)),
            ("hidden", lambda lead, s: (*lead, s.hidden)),
        ),
        "d_next_hidden",
        "gates recurrent hidden",
        "projected recurrent hidden",
        kept=lambda given, result: {"gates": result[1]},
    ),
    Case(
        "copy_mixture",
        lambda rng, lead, s: {**draw_mixture(rng, lead, s), "extended_size": s.vocabulary + 2},
        "d_mixture",
        "vocabulary_weights attention_weights gate source_ids",
        "vocabulary_weights attention_weights gate",
    ),
    Case(
        "copy_cross_entropy",
        draw_copy,
        None,
        "logits attention_weights gate_logits targets source_ids",
        "logits attention_weights gate_logits",
        options={"ignore_index": -1},
    ),
]


def cases(*functions: str) -> list[Case]:
    """The cases of some functions."""
    return [case for case in CASES if case.name.split(" ")[0] in functions]

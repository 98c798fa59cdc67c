"""A step of training: the article's model, the summariser and a transformer, each against its twin in PyTorch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..functional.cross_entropy import cross_entropy_and_gradient
from ..models import ArticleModel
from ..models.summarizer import Summarizer
from ..models.transformer import LanguageModel
from ..optim import Adam, AdamW, clip_gradient_norm
from ..tasks.summaries import SummarizerSettings
from .peers import Disagreement, Peers
from .subjects import (
    ARTICLE,
    SUMMARIZER,
    TRANSFORMER,
    TRANSFORMER_SETTINGS,
    article_batch,
    article_model,
    summarizer,
    summary_batch,
    transformer,
    transformer_batch,
)
from .timing import Contender, Ratio, measure, median, ratio

OURS, PYTORCH = "ours", "PyTorch"
LOSS_TOLERANCE = 1e-4
CHECKED_STEPS = 3
CLIP = 2.0
"""The largest norm of all gradients, as the main job sets it."""


@dataclass(frozen=True)
class StepResult:
    """Median seconds of a step, and our ratio to PyTorch; None of it where PyTorch is missing."""

    model: str
    parameters: int
    ours: float
    pytorch: float | None
    ratio: Ratio | None


@dataclass(frozen=True)
class TrainingResult:
    """A result for each model."""

    steps: tuple[StepResult, ...]

    def figures(self) -> dict[str, float]:
        """What bars are set for, by name."""
        return {f"training step of {s.model} / PyTorch": s.ratio.median for s in self.steps if s.ratio is not None}


@dataclass(frozen=True)
class Pair:
    """Our step and the twin's: each trains once and gives its loss.

    Attributes
    ----------
    model : str
    parameters : int
    ours : callable
    twin : callable or None
        None without PyTorch.
    without_dropout : callable
        Gives a context in which neither leaves anything out.
    """

    model: str
    parameters: int
    ours: Callable[[], float]
    twin: Callable[[], float] | None
    without_dropout: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext


def bench_training(rounds: int, peers: Peers, say: Callable[[str], None]) -> TrainingResult:
    """Check and time the models.

    Raises
    ------
    Disagreement
        If a twin's losses are not ours.
    """
    results = []
    for make in (article_pair, summarizer_pair, transformer_pair):
        pair = make(peers)
        say(f"training: {pair.model}")
        results.append(time_pair(pair, rounds))
    return TrainingResult(tuple(results))


def time_pair(pair: Pair, rounds: int) -> StepResult:
    """Check that both learn the same, then time a step of each."""
    contenders = [Contender(OURS, pair.ours)]
    if pair.twin is not None:
        require_equal_losses(pair, pair.twin)
        contenders.append(Contender(PYTORCH, pair.twin))
    times = measure(contenders, rounds)
    ours, theirs = times[OURS], times.get(PYTORCH)
    if theirs is None:
        return StepResult(pair.model, pair.parameters, median(ours), None, None)
    return StepResult(pair.model, pair.parameters, median(ours), median(theirs), ratio(ours, theirs))


def require_equal_losses(pair: Pair, twin: Callable[[], float]) -> None:
    """Train a few steps in both, without dropout: equal losses behind a step mean equal gradients and updates before it."""
    with pair.without_dropout():
        for step in range(1, CHECKED_STEPS + 1):
            ours, theirs = pair.ours(), twin()
            if not abs(ours - theirs) <= LOSS_TOLERANCE:
                raise Disagreement(
                    f"{pair.model}: at step {step} our loss is {ours:.6f} and PyTorch's {theirs:.6f}; "
                    "the time of a wrong result is worthless, nothing was timed"
                )


def article_pair(peers: Peers) -> Pair:
    """The article's model with Adam at its defaults."""
    rng = np.random.default_rng(0)
    model, (ids, classes) = article_model(rng), article_batch(rng)
    twin = None
    if peers.torch is not None:
        from .article_twin import ArticleTwin

        learner, given = ArticleTwin(model), [peers.torch.from_numpy(array) for array in (ids, classes)]

        def twin() -> float:
            return learner.step(*given)

    optimizer = Adam(model.parameters(), 1e-3)

    def ours() -> float:
        model.zero_grad()
        logits, backward = model(ids)
        loss, d_logits = cross_entropy_and_gradient(logits, classes)
        backward(d_logits)
        optimizer.step()
        return float(loss)

    return Pair(ARTICLE, _size(model), ours, twin)


def summarizer_pair(peers: Peers) -> Pair:
    """The summariser, with Adam and clipped gradients as the main job trains it; equal shares dropped in both."""
    rng = np.random.default_rng(0)
    model, batch = summarizer(rng), summary_batch(rng)
    learning_rate = SummarizerSettings().learning_rate
    switched = [model]
    twin = None
    if peers.torch is not None:
        from .summarizer_twin import SummarizerTwin, TwinBatch

        learner, given = SummarizerTwin(model, learning_rate=learning_rate, clip=CLIP), TwinBatch(batch)
        switched.append(learner.model)

        def twin() -> float:
            return learner.step(given)

    optimizer = Adam(model.parameters(), learning_rate)

    def ours() -> float:
        model.zero_grad()
        loss, backward = model(batch)
        backward()
        clip_gradient_norm(optimizer.parameters, CLIP)
        optimizer.step()
        return loss

    @contextlib.contextmanager
    def without_dropout() -> Iterator[None]:
        for each in switched:
            each.eval()
        yield
        for each in switched:
            each.train()

    return Pair(SUMMARIZER, _size(model), ours, twin, without_dropout)


def transformer_pair(peers: Peers) -> Pair:
    """A language model of characters, with AdamW and clipped gradients."""
    rng = np.random.default_rng(0)
    model, batch = transformer(rng), transformer_batch(rng)
    twin = None
    if peers.torch is not None:
        from .transformer_twin import TransformerTwin

        longest = batch.inputs.shape[1]
        learner = TransformerTwin(model, TRANSFORMER_SETTINGS, longest=longest, learning_rate=1e-3, clip=CLIP)

        def twin() -> float:
            return learner.step(batch)

    optimizer = AdamW(model.parameters(), 1e-3, weight_decay=0.01)

    def ours() -> float:
        model.zero_grad()
        loss, backward = model(batch)
        backward()
        clip_gradient_norm(optimizer.parameters, CLIP)
        optimizer.step()
        return loss

    return Pair(TRANSFORMER, _size(model), ours, twin)


def _size(model: ArticleModel | Summarizer | LanguageModel) -> int:
    return sum(parameter.value.size for parameter in model.parameters())

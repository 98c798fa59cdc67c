"""A model for SCAN from untrained to saved and loaded again, by the paper's protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from ...functional._checks import Array
from ...models.command_model import CommandModel
from ...models.seq2seq import PairBatch
from ...models.transformer import Transformer, TransformerSettings
from ...optim import Adam, Schedule, WarmupCosine
from ...training import CheckpointError, TrainingResult, load_model, save_model, train
from .layout import END, PAD, SOURCE_SIZE, START, TARGET_SIZE, Presentations, actions_of, lay_out
from .splits import Split

CELLS = ("elman", "gru", "lstm")
TRANSFORMER = "transformer"
"""In the place of a cell: a `Transformer`, which the paper does not have."""
VARIANTS: Mapping[str, tuple[str | None, bool]] = {
    "none": (None, False),
    "additive": ("additive", False),
    "cosine": ("cosine", True),
    "cosine_beta_one": ("cosine", False),
    "dot": ("dot", False),
    "scaled_dot": ("scaled_dot", False),
}
"""The ways to attend: what each is called, its score, and whether it learns a sharpness.

Only the cosine needs one: the other scores are as sharp as their vectors are long."""

ScanModel = CommandModel | Transformer

_EPOCHS = 10
_LONGEST = 60
_AT_ONCE = 512


@dataclass(frozen=True)
class ScanSettings:
    """What a model is made with and how it is trained; unless said otherwise as in the paper.

    Attributes
    ----------
    cell : {"elman", "gru", "lstm", "transformer"}
        Of the recurrences; a transformer has none. It is always given the true actions, whatever `teacher_forcing` says, and its
        learning rate rises in the first twentieth of the steps and falls to zero in the others.
    variant : str
        One of `VARIANTS`.
    width : int
        Of embeddings and states.
    dropout : float
    presentations : int
        Training commands shown in all. The paper updates the weights after each; here after `batch_size` of them.
    batch_size : int
    learning_rate : float
        Of Adam.
    clip : float
        The largest norm of the gradients.
    teacher_forcing : float
        How often the decoder is given the true action before, and not its own.
    """

    cell: str = "elman"
    variant: str = "cosine"
    width: int = 100
    dropout: float = 0.0
    presentations: int = 100_000
    batch_size: int = 16
    learning_rate: float = 1e-3
    clip: float = 5.0
    teacher_forcing: float = 0.5

    def as_dict(self) -> dict[str, Any]:
        """All of them, as JSON can say it."""
        return asdict(self)

    @property
    def steps_in_epoch(self) -> int:
        """Batches between two lines of progress, a tenth of all, rounded up."""
        return max(1, -(-self.presentations // (self.batch_size * _EPOCHS)))

    @property
    def total_steps(self) -> int:
        """Batches in all; together they hold the presentations, and up to nine batches and a part more."""
        return _EPOCHS * self.steps_in_epoch


def variant_of(score: str, beta_one: bool) -> str:
    """The variant of a score as the command line names it; a sharpness is learned unless β is to stay one."""
    return "cosine_beta_one" if score == "cosine" and beta_one else score


def make_model(settings: ScanSettings, rng: np.random.Generator) -> ScanModel:
    """An untrained model."""
    score, learn_scale = VARIANTS[settings.variant]
    if settings.cell == TRANSFORMER:
        if score is None:
            raise ValueError("score: expected one for a transformer, which is nothing without attention")
        built = TransformerSettings(
            width=settings.width,
            depth=2,
            heads=2,
            score=score,
            learn_scale=learn_scale,
            dropout=settings.dropout,
        )
        return Transformer(SOURCE_SIZE, TARGET_SIZE, built, rng=rng)
    return CommandModel(
        SOURCE_SIZE,
        TARGET_SIZE,
        width=settings.width,
        cell=settings.cell,
        score=score,
        learn_scale=learn_scale,
        dropout=settings.dropout,
        teacher_forcing=settings.teacher_forcing,
        rng=rng,
    )


def train_scan(
    split: Split,
    settings: ScanSettings,
    *,
    seed: int,
    minutes: float | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    configuration: Mapping[str, Any] | None = None,
    progress: bool | TextIO = True,
) -> tuple[ScanModel, TrainingResult]:
    """Train on the split's training commands; the weights are those after the last step, as in the paper.

    Parameters
    ----------
    split : Split
    settings : ScanSettings
    seed : int
        Of the first weights, of the order of the commands and of all else that is random.
    minutes : float, optional
        Train for so long, instead of for the settings' presentations.
    checkpoint, resume, progress
        As in `train`.
    configuration : mapping, optional
        More than settings and seed that a resumed training must agree in, as the split's name.
    """
    rng = np.random.default_rng(seed)
    model = make_model(settings, rng)
    result = train(
        model,
        Adam(model.parameters(), settings.learning_rate),
        Presentations(split.train, settings.batch_size, settings.steps_in_epoch),
        rng=rng,
        epochs=_EPOCHS if minutes is None else None,
        minutes=minutes,
        schedule=_warm_up_and_decay if settings.cell == TRANSFORMER else None,
        clip=settings.clip,
        checkpoint=checkpoint,
        resume=resume,
        configuration={**settings.as_dict(), "seed": seed, **(configuration or {})},
        progress=progress,
    )
    return model, result


def _warm_up_and_decay(steps: int) -> Schedule:
    return WarmupCosine(steps // 20, steps)


def answer(model: ScanModel, commands: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The actions that the model takes for each command, each the likeliest in its turn."""
    order = sorted(range(len(commands)), key=lambda index: len(commands[index]))
    answers: list[tuple[str, ...]] = [()] * len(commands)
    for first in range(0, len(order), _AT_ONCE):
        chosen = order[first : first + _AT_ONCE]
        batch = lay_out([commands[index] for index in chosen], [[]] * len(chosen))
        for index, ids in zip(chosen, _predict(model, batch), strict=True):
            answers[index] = actions_of(ids)
    return answers


def _predict(model: ScanModel, batch: PairBatch) -> list[list[int]]:
    if isinstance(model, Transformer):
        found = model.predict(batch.source, batch.mask, start=START, end=END, padding=PAD, longest=_LONGEST)
        return [hypothesis.words for hypothesis in found]
    return model.predict(batch.source, batch.mask, start=START, end=END, padding=PAD, longest=_LONGEST)


def attention_of(model: ScanModel, words: Sequence[str], actions: Sequence[str]) -> Array | None:
    """Where attention lies before each action and before the end, over the words and the end mark; None without attention."""
    weights = model.weights(lay_out([words], [actions]))
    return None if weights is None else weights[0]


def save_scan(path: Path, model: ScanModel, settings: ScanSettings, **facts: Any) -> None:
    """Write model and settings to one file, with what else is to be known of it."""
    save_model(path, "scan", model, settings.as_dict(), **facts)


def load_scan(path: Path) -> tuple[ScanModel, ScanSettings, dict[str, Any]]:
    """Read what `save_scan` wrote: the model in evaluation mode, its settings, and the facts.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or something else.
    """
    saved = load_model(path, "scan")
    try:
        settings = ScanSettings(**saved.configuration)
        model = make_model(settings, np.random.default_rng(0))
        model.load_state_dict(saved.weights)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: is a model for SCAN that this attention_np cannot build ({error})") from error
    model.eval()
    return model, settings, saved.facts

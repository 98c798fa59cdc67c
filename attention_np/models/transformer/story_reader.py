"""Question answering: the question and the sentences of a story look at one another, and the question's vector is answered from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from ...functional import cross_entropy, cross_entropy_backward, embedding_backward
from ...functional._checks import Array
from ...layers import Embedding, Layer, Linear
from ...layers.module import called_once
from ..memory_network import StoryBatch
from ..sentence_encoder import SentenceEncoder
from .settings import TransformerSettings
from .stack import Stack


class StoryReader(Layer):
    r"""A transformer's encoder whose places are the question and, behind it, the sentences of the story.

    .. math:: x_0 = \mathrm{encoder}(\text{question}), \qquad x_i = \mathrm{encoder}(\text{sentence } i) + T_{\mathrm{age}(i)},
              \qquad z = \mathrm{stack}(x)_0 \, U + b

    A `MemoryNetwork` reads sentences as they are and only its question moves on. Here every block lets sentences look at one another
    too: "John took the milk" can learn where John is before anybody asks for the milk. Sentences are told apart by their ages; the
    waves of sinusoidal positions are for words, and not added.

    Parameters
    ----------
    vocabulary_size, answers : int
    settings : TransformerSettings
        With ``scale=0.0`` all weights are equal. Label smoothing is for models that write.
    longest : int
        Sentences in the longest story.
    rng : numpy.random.Generator
    dtype : dtype

    Attributes
    ----------
    encoder.embedding.weight : Parameter (vocabulary_size, width)
        Of sentences and questions.
    ages.weight : Parameter (longest, width)
    stack.blocks.<block>… : as in `Block`
    output.weight, output.bias : Parameter (width, answers), (answers,)
    """

    def __init__(
        self,
        vocabulary_size: int,
        answers: int,
        settings: TransformerSettings,
        *,
        longest: int,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.encoder = SentenceEncoder(vocabulary_size, settings.width, rng=rng, dtype=dtype)
        self.ages = Embedding(longest, settings.width, rng=rng, standard_deviation=0.1, dtype=dtype)
        self.stack = Stack(settings, causal=False, rng=rng, dtype=dtype)
        self.output = Linear(settings.width, answers, rng=rng, dtype=dtype)

    def __call__(self, batch: StoryBatch) -> tuple[float, Callable[[], None]]:
        """The mean loss per question, and the backward pass."""
        logits, logits_backward = self._logits(batch)
        loss = cross_entropy(logits, batch.answers)

        @called_once
        def backward() -> None:
            logits_backward(cross_entropy_backward(logits, batch.answers))

        return float(loss), backward

    def answer(self, batch: StoryBatch) -> Array:
        """Logits (B, answers); the batch's answers are not looked at."""
        return self._logits(batch)[0]

    def weights(self, batch: StoryBatch) -> Array:
        """Where every head looks, (blocks, B, heads, 1 + S, 1 + S): the question, which comes first, and the sentences."""
        return self.stack.weights(self._places(batch)[0], _mask(batch))

    def _logits(self, batch: StoryBatch) -> tuple[Array, Callable[[Array], None]]:
        places, places_backward = self._places(batch)
        features, stack_backward = self.stack(places, _mask(batch))
        logits, output_backward = self.output(features[:, 0])

        def backward(d_logits: Array) -> None:
            d_features = np.zeros_like(features)
            d_features[:, 0] = output_backward(d_logits)
            d_places, _ = stack_backward(d_features)
            places_backward(d_places)

        return logits, backward

    def _places(self, batch: StoryBatch) -> tuple[Array, Callable[[Array], None]]:
        """x, (B, 1 + S, width)."""
        question, question_backward = self.encoder(batch.questions)
        sentences, sentences_backward = self.encoder(batch.sentences)
        ages, ages_backward = self.ages(batch.ages)
        told = sentences[batch.story] + ages

        def backward(d_places: Array) -> None:
            d_told = d_places[:, 1:]
            ages_backward(d_told)
            sentences_backward(embedding_backward(d_told, batch.story, len(batch.sentences)))
            question_backward(d_places[:, 0])

        return np.concatenate([question[:, None], told], axis=1), backward


def _mask(batch: StoryBatch) -> Array:
    """(B, 1, 1 + S): everybody sees the question, and the sentences that there are."""
    return np.pad(batch.mask, ((0, 0), (1, 0)), constant_values=True)[:, None]

"""Question answering: a memory network that reads a story several times, each time where the last reading points it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from ..functional import (
    context,
    context_backward,
    cross_entropy,
    cross_entropy_backward,
    embedding_backward,
    relu,
    relu_backward,
    softmax,
)
from ..functional._checks import Array
from ..layers import Attended, Attention, Embedding, Layer, Linear
from ..layers.attention import AttentionBackward
from ..layers.module import called_once
from .rows import RowBatch
from .sentence_encoder import SentenceEncoder


@dataclass(frozen=True)
class StoryBatch(RowBatch):
    """Stories, a question about each, and its answer.

    Attributes
    ----------
    sentences : integer array (N, W)
        The different sentences of these stories, as ids of words; 0 fills up. Each is encoded once, however often it is told.
    story : integer array (B, S)
        Which sentence is told when; where `mask` is False, any.
    mask : boolean array (B, S)
        True where the story has a sentence; the rest is behind them.
    questions : integer array (B, Q)
    answers : integer array (B,)
    """

    sentences: Array
    story: Array
    mask: Array
    questions: Array
    answers: Array

    @property
    def tokens(self) -> int:
        """What the loss is the mean of: one answer per story."""
        return len(self.answers)

    @property
    def ages(self) -> Array:
        """How many sentences came after each, (B, S); 0 where there is none."""
        return np.maximum(self.mask.sum(axis=1, keepdims=True) - 1 - np.arange(self.mask.shape[1]), 0)

    def shard(self, rank: int, size: int) -> StoryBatch:
        """The part of process `rank` of `size`: some of the stories, of which each finds its sentences among all."""
        part = _Rows(self.story, self.mask, self.questions, self.answers).shard(rank, size)
        return StoryBatch(self.sentences, part.story, part.mask, part.questions, part.answers)


@dataclass(frozen=True)
class _Rows(RowBatch):
    """What of a `StoryBatch` has a row for each story."""

    story: Array
    mask: Array
    questions: Array
    answers: Array


class Answered(NamedTuple):
    """Logits (B, answers), and where attention lay at every hop: weights (B, hops, S)."""

    logits: Array
    weights: Array


class MemoryNetwork(Layer):
    r"""An end-to-end memory network (Sukhbaatar et al. 2015), with the cosine of the article and a learned sharpness per hop.

    .. math:: p^k = \mathrm{softmax}_i\bigl(\beta_k \, \mathrm{score}(u^k, m^{k-1}_i)\bigr), \qquad
              u^{k+1} = u^k + \sum_i p^k_i \, m^k_i, \qquad z = \mathrm{relu}(u^{K+1} H + h) \, U + b

    :math:`m^k_i = \mathrm{encoder}_k(\text{sentence } i) + T^k_{\mathrm{age}(i)}`: a sentence's encoding and a learned vector for how
    many sentences came after it. The memories that are values at one hop are the keys of the next ("adjacent" sharing in the paper),
    and :math:`u^1` is the question, encoded as the first keys are.

    The paper's answer is a linear map of the last state. But whether the place that was found is the place that was asked for cannot
    be told from their sum by a linear map (yes and no are an exclusive or), and attention has to be misused for it: hence one
    hidden layer.

    Parameters
    ----------
    vocabulary_size, answers : int
    longest : int
        Sentences in the longest story.
    width, hops : int
    score : str or None
        As in `layers.Attention`; None reads with equal weights, that is without attention.
    learn_scale : bool
    initial_scale : float
        Where the sharpness starts, if it is learned.
    rng : numpy.random.Generator
    dtype : dtype

    Attributes
    ----------
    encoders.0.embedding.weight … encoders.<hops>.embedding.weight : Parameter (vocabulary_size, width)
    ages.0.weight … ages.<hops>.weight : Parameter (longest, width)
    attention.<hop>.sharpness.log_scale : Parameter ()
        Only with `learn_scale`.
    hidden.weight, hidden.bias : Parameter (width, 2 width), (2 width,)
    output.weight, output.bias : Parameter (2 width, answers), (answers,)
    """

    def __init__(
        self,
        vocabulary_size: int,
        answers: int,
        *,
        longest: int,
        width: int = 32,
        hops: int = 3,
        score: str | None = "cosine",
        learn_scale: bool = True,
        initial_scale: float = 10.0,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if hops < 1:
            raise ValueError(f"hops: expected at least 1 reading of the story, got {hops}")
        self.hops = hops
        memories = range(hops + 1)
        self.encoders = [SentenceEncoder(vocabulary_size, width, rng=rng, dtype=dtype) for _ in memories]
        self.ages = [Embedding(longest, width, rng=rng, standard_deviation=0.1, dtype=dtype) for _ in memories]
        self.attention: list[Attention] = []
        if score is not None:
            self.attention = [
                Attention(
                    score, learn_scale=learn_scale, initial_scale=initial_scale, width=width, rng=rng, dtype=dtype
                )
                for _ in range(hops)
            ]
        self.hidden = Linear(width, 2 * width, rng=rng, dtype=dtype)
        self.output = Linear(2 * width, answers, rng=rng, dtype=dtype)

    def __call__(self, batch: StoryBatch) -> tuple[float, Callable[[], None]]:
        """The mean loss per question, and the backward pass."""
        answered, answer_backward = self._answer(batch)
        loss = cross_entropy(answered.logits, batch.answers)

        @called_once
        def backward() -> None:
            answer_backward(cross_entropy_backward(answered.logits, batch.answers))

        return float(loss), backward

    def answer(self, batch: StoryBatch) -> Answered:
        """What the network answers, and the sentences that it read for it; the batch's answers are not looked at."""
        return self._answer(batch)[0]

    def _answer(self, batch: StoryBatch) -> tuple[Answered, Callable[[Array], None]]:
        memories, memories_backward = self._memories(batch)  # each (B, S, d)
        state, question_backward = self.encoders[0](batch.questions)  # u¹, (B, d)
        weights, backwards = [], []
        for hop in range(self.hops):
            attended, read_backward = self._read(hop, state[:, None], memories[hop], memories[hop + 1], batch.mask[:, None])
            state = state + attended.context[:, 0]
            weights.append(attended.weights[:, 0])
            backwards.append(read_backward)
        hidden, hidden_backward = self.hidden(state)
        logits, output_backward = self.output(relu(hidden))

        def backward(d_logits: Array) -> None:
            d_state = hidden_backward(relu_backward(output_backward(d_logits), hidden))
            d_memories = [np.zeros_like(memory) for memory in memories]
            for hop in reversed(range(self.hops)):
                d_query, d_keys, d_values = backwards[hop](d_context=d_state[:, None])
                d_state = d_state + d_query[:, 0]  # u^k asked, and went on into u^(k+1)
                d_memories[hop] += d_keys
                d_memories[hop + 1] += d_values
            question_backward(d_state)
            memories_backward(d_memories)

        return Answered(logits, np.stack(weights, axis=1)), backward

    def _memories(self, batch: StoryBatch) -> tuple[list[Array], Callable[[list[Array]], None]]:
        """m⁰ … m^K, and the backward pass for all of them."""
        memories, backwards = [], []
        for encoder, age in zip(self.encoders, self.ages, strict=True):
            encoded, encoder_backward = encoder(batch.sentences)
            aged, age_backward = age(batch.ages)
            memories.append(encoded[batch.story] + aged)
            backwards.append((encoder_backward, age_backward))

        def backward(d_memories: list[Array]) -> None:
            for d_memory, (encoder_backward, age_backward) in zip(d_memories, backwards, strict=True):
                encoder_backward(embedding_backward(d_memory, batch.story, len(batch.sentences)))
                age_backward(d_memory)

        return memories, backward

    def _read(self, hop: int, query: Array, keys: Array, values: Array, mask: Array) -> tuple[Attended, AttentionBackward]:
        """One hop: attention, or equal weights where there is none."""
        if self.attention:
            return self.attention[hop](query, keys, values, mask)
        scores = np.zeros(mask.shape, keys.dtype)
        weights = softmax(scores, mask=mask)

        @called_once
        def backward(*, d_context: Array) -> tuple[Array, ...]:
            return np.zeros_like(query), np.zeros_like(keys), context_backward(d_context, weights, values)[1]

        return Attended(context(weights, values), weights, scores), backward

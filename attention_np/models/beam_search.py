"""Beam search: the likeliest sentences, looking for several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from ..functional._checks import Array

# An array (N, K, ...), or several of them: a recurrent state, or keys and values of what each beam has written.
States = TypeVar("States", Array, Sequence[Array])
# (states, the last words (N, K)) -> log-probabilities (N, K, V), the next states
Step = Callable[[States, Array], tuple[Array, States]]


class Hypothesis(NamedTuple):
    """A finished sentence: its words' ids, without the end, and the score by which it was compared."""

    words: list[int]
    score: float


def beam_search(
    step: Step[States],
    states: States,
    *,
    start: int,
    end: int,
    longest: int = 24,
    length_power: float = 1.0,
    repeat_pairs: bool = True,
) -> list[list[Hypothesis]]:
    r"""Keep the K likeliest beginnings of each text, one word longer at a time, until all have ended.

    The log-probability falls with each word, so bare likelihood prefers the shortest; hypotheses are compared by

    .. math:: \frac{1}{n^\alpha} \sum_{t=1}^{n} \log p(y_t \mid y_{<t}) ,

    n counting the end (Wu et al. 2016, eq. 14, in its simplest form). One beam is greedy search: its first end is the end.

    Parameters
    ----------
    step : callable
        Takes states and the last words ``(N, K)``; gives log-probabilities ``(N, K, V)`` and the next states.
    states : array (N, K, ...) or sequence of such arrays
        Before the first word: N texts, K beams of each, all alike. A beam takes its states along where it goes.
    start, end : int
        Ids of the word before the first and of the one after the last.
    longest : int
        The words at most.
    length_power : float
        :math:`\alpha`; 0 compares bare likelihoods, 1 means per word.
    repeat_pairs : bool
        Whether a pair of neighbouring words may be written twice. A number may need it ("two hundred thousand two hundred");
        a small model of prose that has said "of the" would else say it for ever.

    Returns
    -------
    list of list of Hypothesis
        For each text, the best first, at most K.
    """
    texts, beams = (states if isinstance(states, np.ndarray) else states[0]).shape[:2]
    finished: list[list[Hypothesis]] = [[] for _ in range(texts)]
    scores = np.full((texts, beams), -np.inf)
    scores[:, 0] = 0
    words = np.full((texts, beams), start)
    written = np.zeros((texts, beams, 0), int)
    for length in range(1, longest + 1):
        log_weights, states = step(states, words)
        if not repeat_pairs:
            log_weights = _without_repeated_pairs(log_weights, written)
        vocabulary = log_weights.shape[-1]
        candidates = (scores[..., None] + log_weights).reshape(texts, -1)
        # Twice the beams: should all of the best half end here, as many go on.
        kept = min(2 * beams, candidates.shape[-1])
        best = np.argpartition(-candidates, kept - 1, axis=-1)[:, :kept]
        order = np.argsort(-np.take_along_axis(candidates, best, -1), axis=-1, kind="stable")
        best = np.take_along_axis(best, order, -1)
        best_scores = np.take_along_axis(candidates, best, -1)
        origin, next_words = best // vocabulary, best % vocabulary

        ends = (next_words == end) | (length == longest)
        for text, rank in np.argwhere(ends & (best_scores > -np.inf)):
            if rank < beams:
                beam = origin[text, rank]
                sentence = written[text, beam].tolist()
                if next_words[text, rank] != end:
                    sentence.append(int(next_words[text, rank]))
                score = float(best_scores[text, rank]) / length**length_power
                finished[text].append(Hypothesis(sentence, score))

        open_scores = np.where(ends, -np.inf, best_scores)
        if beams == 1:
            # A detour around the likeliest end may score higher per word, but is not greedy.
            open_scores[ends[:, 0]] = -np.inf
        going = np.argsort(-open_scores, axis=-1, kind="stable")[:, :beams]
        scores = np.take_along_axis(open_scores, going, -1)
        words = np.take_along_axis(next_words, going, -1)
        origin = np.take_along_axis(origin, going, -1)
        written = np.concatenate([np.take_along_axis(written, origin[..., None], 1), words[..., None]], axis=-1)
        states = _of_beams(states, origin)
        if _decided(finished, scores, beams, longest, length_power):
            break
    return [sorted(group, key=lambda hypothesis: -hypothesis.score)[:beams] for group in finished]


def _of_beams(states: States, origin: Array) -> States:
    """The states of the beams `origin` (N, K) of each text."""
    chosen = np.arange(len(origin))[:, None], origin
    return states[chosen] if isinstance(states, np.ndarray) else [state[chosen] for state in states]


def _without_repeated_pairs(log_weights: Array, written: Array) -> Array:
    """The same with -inf for whatever followed an earlier occurrence of a beam's last word."""
    text, beam, place = np.nonzero(written[..., :-1] == written[..., -1:])
    allowed = log_weights.copy()
    allowed[text, beam, written[text, beam, place + 1]] = -np.inf
    return allowed


def _decided(finished: list[list[Hypothesis]], scores: Array, beams: int, longest: int, length_power: float) -> bool:
    """Whether every text has its beams full, and nothing open can still overtake the worst of them."""
    reachable = scores.max(axis=-1) / longest**length_power
    return all(
        len(group) >= beams and sorted(h.score for h in group)[-beams] >= bound
        for group, bound in zip(finished, reachable, strict=True)
    )

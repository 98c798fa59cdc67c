"""Known mistakes of the lookup, y = E[ids], and of its gradient: each row is the sum over the places of its id."""

from __future__ import annotations

from functools import partial

import numpy as np

from ...functional import embedding, embedding_backward
from ...functional._checks import Array
from .mistake import Mistakes

known = Mistakes()
forward = partial(known.mistake, "embedding", "output")
backward = partial(known.mistake, "embedding_backward", "d_table")


def _rows(d_outputs: Array, ids: Array) -> Array:
    """The upstream as (positions, width)."""
    return d_outputs.reshape(ids.size, -1)


def _empty(d_outputs: Array, vocabulary_size: int) -> Array:
    return np.zeros((vocabulary_size, d_outputs.shape[-1]), d_outputs.dtype)


@forward("misplaced", "each row is that of id − 1.", "Does the first id have the number 0 or 1?")
def one_before(ids: Array, table: Array) -> Array:
    return table[ids - 1]


@forward("misplaced", "each row is that of id + 1.", "Does the first id have the number 0 or 1?")
def one_after(ids: Array, table: Array) -> Array:
    return table[(ids + 1) % len(table)]


@forward(
    "constant-factor",
    "the rows are multiplied by √width, as the transformer does after its lookup.",
    "Is scaling this function's business?",
)
def scaled(ids: Array, table: Array) -> Array:
    return embedding(ids, table) * np.sqrt(table.shape[-1])


@forward("missing-factor", "the rows are made unit vectors.", "Does a lookup compute anything?")
def unit_rows(ids: Array, table: Array) -> Array:
    rows = embedding(ids, table)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@forward(
    "transposed",
    "the columns of the table are looked up; an id numbers a row.",
    "The table is (vocabulary_size, width): along which axis do the ids count?",
)
def columns(ids: Array, table: Array) -> Array:
    return embedding(ids, table.T)


@forward(
    "mask-ignored", "the rows of id 0 are set to 0, as if it were padding.", "Who said that id 0 is padding?"
)
def without_id_zero(ids: Array, table: Array) -> Array:
    return np.where((ids == 0)[..., None], 0, embedding(ids, table))


@backward(
    "overwritten",
    "where an id is repeated only its last place counts: with repeated ids `d_table[ids] = dy` and `d_table[ids] += dy` write "
    "each row once.",
    "How often does NumPy write to a row whose number stands twice in the index?",
)
def last_wins(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = _empty(d_outputs, vocabulary_size)
    for id_, row in zip(ids.reshape(-1), _rows(d_outputs, ids), strict=True):
        d_table[id_] = row
    return d_table


@backward(
    "overwritten",
    "where an id is repeated only its first place counts.",
    "A word that occurs twice was copied to two places: which of them feel the table?",
)
def first_wins(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    return last_wins(_rows(d_outputs, ids)[::-1], ids.reshape(-1)[::-1], vocabulary_size)


@backward(
    "overwritten",
    "only the last entry of the first axis contributes.",
    "After the first turn of your loop, where has its result gone?",
)
def last_of_batch(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    return embedding_backward(d_outputs[-1:], ids[-1:], vocabulary_size)


@backward(
    "dropped-term",
    "only the first entry of the first axis contributes.",
    "Change an upstream of the second example: does your gradient notice?",
)
def first_of_batch(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    return embedding_backward(d_outputs[:1], ids[:1], vocabulary_size)


@backward(
    "overwritten",
    "an id that occurs in several entries of the first axis keeps only what the last of them adds.",
    "Within an example you add; and from one example to the next?",
)
def last_example_wins(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = _empty(d_outputs, vocabulary_size)
    for place, example in enumerate(ids):
        present = np.unique(example)
        d_table[present] = embedding_backward(d_outputs[place], np.asarray(example), vocabulary_size)[present]
    return d_table


@backward(
    "overwritten",
    "from one entry of the first axis to the next the rows add up, but within one only the last place of an id counts.",
    "How often does NumPy write to a row whose number stands twice in the index?",
)
def last_wins_in_each_example(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = _empty(d_outputs, vocabulary_size)
    for rows, example in zip(d_outputs, ids, strict=True):
        d_table += last_wins(rows, np.asarray(example), vocabulary_size)
    return d_table


@backward(
    "missing-factor",
    "where an id is repeated its places are averaged, and they should add up.",
    "A word that occurs twice was copied to two places: does each of them matter half as much?",
)
def averaged(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    counts = np.bincount(ids.reshape(-1), minlength=vocabulary_size)
    return embedding_backward(d_outputs, ids, vocabulary_size) / np.maximum(counts, 1)[:, None]


@backward(
    "dropped-term",
    "the row of id 0 is set to 0, as if it were padding.",
    "Who said that id 0 is padding?",
)
def id_zero_frozen(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = embedding_backward(d_outputs, ids, vocabulary_size)
    d_table[0] = 0
    return d_table


@backward(
    "misplaced",
    "the ids are read in another order than the upstream's rows, column by column.",
    "Flatten a small array of ids and its upstream: does each row still stand beside its id?",
)
def other_order(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    return embedding_backward(_rows(d_outputs, ids), ids.ravel(order="F"), vocabulary_size)


@backward(
    "misplaced",
    "the upstream is reshaped to (width, positions) and transposed, which mixes its numbers up.",
    "Print a small array, its reshape and its transpose: which of them keeps a row together?",
)
def reshaped_upstream(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    mixed = d_outputs.reshape(d_outputs.shape[-1], -1).T
    return embedding_backward(np.ascontiguousarray(mixed), ids.reshape(-1), vocabulary_size)


@backward("misplaced", "each row stands in the place of id − 1.", "Does the first id have the number 0 or 1?")
def one_row_before(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    return np.roll(embedding_backward(d_outputs, ids, vocabulary_size), -1, axis=0)


@backward("misplaced", "each row stands in the place of id + 1.", "Does the first id have the number 0 or 1?")
def one_row_after(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    return np.roll(embedding_backward(d_outputs, ids, vocabulary_size), 1, axis=0)


@backward(
    "wrong-operand",
    "every id that occurs receives the sum over all positions, whatever their ids.",
    "Which positions were copied from this row?",
)
def everything_to_everyone(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    d_table = _empty(d_outputs, vocabulary_size)
    d_table[np.unique(ids)] = _rows(d_outputs, ids).sum(axis=0)
    return d_table


@backward(
    "upstream-ignored",
    "each row holds how often its id occurs, without dy.",
    "Double the upstream: does your gradient double?",
)
def counts(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    return embedding_backward(np.ones_like(d_outputs), ids, vocabulary_size)


@backward(
    "wrong-operand",
    "only ids that occur once receive anything.",
    "A word that occurs twice: which of its places feel the table?",
)
def without_repeated(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    counts = np.bincount(ids.reshape(-1), minlength=vocabulary_size)
    return np.where((counts == 1)[:, None], embedding_backward(d_outputs, ids, vocabulary_size), 0)


@backward(
    "counted-twice",
    "where an id is repeated, the sum over its places is added once for each of them.",
    "You add up inside the loop; do you loop over ids or over positions?",
)
def sum_for_each_place(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    counts = np.bincount(ids.reshape(-1), minlength=vocabulary_size)
    return embedding_backward(d_outputs, ids, vocabulary_size) * counts[:, None]


@backward(
    "counted-twice",
    "from its second place on, a repeated id receives what it should twice.",
    "What happens at a word that was seen before: is it added there, and after that once more?",
)
def later_places_twice(d_outputs: Array, ids: Array, vocabulary_size: int) -> Array:
    return 2 * embedding_backward(d_outputs, ids, vocabulary_size) - first_wins(d_outputs, ids, vocabulary_size)

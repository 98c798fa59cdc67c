"""Attention as the tiled passes see it: a flat stack of matrices, directions, bounds, and the exponentials of one block."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ._checks import Array, require_finite
from .attention_options import Options
from .tiles import Workspace

# Some matrices of the stack, and some rows of each.
Place = tuple[slice, slice]


class Lengths(NamedTuple):
    """Vectors (N, n, d) and what turns them into unit vectors: 1 / length, 0 for a zero vector.

    Only where a square would leave the range of the dtype are the vectors not those that were given, but these divided by
    their largest components, `magnitudes`.
    """

    vectors: Array
    inverse: Array
    magnitudes: Array | None

    @classmethod
    def of(cls, name: str, given: Array, stack: Array) -> Lengths:
        """Lengths of the vectors of `stack`, which has the numbers that were `given`, in a flat stack.

        A sum of squares is exact to rounding as long as it stays clear of both ends of the dtype's range: then the lengths
        cost one pass over the numbers. Otherwise each vector is first divided by its largest component, as in `cosine_scores`.
        """
        limits = np.finfo(stack.dtype)
        squares = np.vecdot(stack, stack)
        if np.all((squares >= limits.tiny / limits.eps) & (squares <= limits.max)):
            return cls(stack, 1 / np.sqrt(squares), None)
        magnitudes = np.max(np.abs(stack), axis=-1, initial=0)
        if not np.all(magnitudes < np.inf):
            require_finite(name, given)
        magnitudes[magnitudes == 0] = 1
        moderate = stack / magnitudes[..., None]
        squares = np.vecdot(moderate, moderate)
        inverse = np.divide(1, np.sqrt(squares), out=np.zeros_like(squares), where=squares > 0)
        return cls(moderate, inverse, magnitudes)

    def turn(self, place: Place, d_units: Array, room: Workspace, scale: Array | float = 1.0) -> Array:
        """In place, the gradient of scale x unit vectors becomes that of the vectors (see `cosine_scores_backward`).

        Gives the part of `d_units` along each vector, which is taken away.
        """
        vectors, inverse = self.vectors[place], self.inverse[place]
        along = np.vecdot(vectors, d_units) * inverse
        d_units -= np.multiply(vectors, (along * inverse)[..., None], out=room.array("part", *d_units.shape))
        d_units *= (scale * inverse)[..., None]
        if self.magnitudes is not None:
            d_units /= np.maximum(self.magnitudes[place], np.finfo(d_units.dtype).tiny)[..., None]
        return along


class Spread(NamedTuple):
    """An array that broadcasts to (..., L, S), and for each matrix of the flat stack the place of its own."""

    matrices: Array
    places: Array

    @classmethod
    def of(cls, array: Array | None, lead: tuple[int, ...]) -> Spread | None:
        if array is None:
            return None
        own = (1,) * (len(lead) + 2 - array.ndim) + array.shape
        number = math.prod(own[:-2])
        places = np.broadcast_to(np.arange(number).reshape(own[:-2]), lead).reshape(-1)
        return cls(array.reshape(number, *own[-2:]), places)

    def tile(self, place: Place, keys: slice) -> Array:
        """What meets a block; a length of 1 stays 1."""
        (items, queries), matrices = place, self.matrices
        if len(matrices) > 1:
            places = self.places[items]
            matrices = matrices[places[0]][None] if len(places) == 1 else matrices[places]
        rows = queries if matrices.shape[1] > 1 else slice(None)
        return matrices[:, rows, keys if matrices.shape[2] > 1 else slice(None)]


class Problem(NamedTuple):
    r"""Attention over a flat stack of N matrices: queries (N, L, d), keys (M, S, d), values (M, S, e), scale (N,).

    Each matrix of keys and of values is shared by N / M neighbouring ones of queries.

    `bounded` says that a row's exponentials and their sum keep to half of the dtype's range of exponents, :math:`S e^b \le \sqrt{max}`
    where b bounds the logits: a cosine times the scale by the scale, a dot product by the longest vectors' lengths. Then no maximum
    has to be found and subtracted (0.93 of the time), and the other half of the range is left to the values.
    """

    queries: Array
    keys: Array
    values: Array
    scale: Array
    query_lengths: Lengths | None
    key_lengths: Lengths | None
    mask: Spread | None
    bias: Spread | None
    causal: bool
    window: int | None
    bounded: bool

    @property
    def shared(self) -> int:
        """Matrices of queries for each one of keys."""
        return len(self.queries) // max(len(self.keys), 1)

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """N, L, S, and the larger one of d and e."""
        lead, targets, width = self.queries.shape
        return lead, targets, self.keys.shape[1], max(width, self.values.shape[2])

    @classmethod
    def of(cls, queries: Array, keys: Array, values: Array, options: Options) -> Problem:
        """From arguments (..., L, d), (..., S, d), (..., S, e) and options that have been checked.

        The last leading dimension of queries may be a multiple of that of keys and values.
        """
        lead, scale, bias = queries.shape[:-2], options.multiplier(queries), options.bias
        flat_queries, flat_keys = flat(queries, 2), flat(keys, 2)
        query_lengths = key_lengths = None
        with np.errstate(all="ignore"):
            if options.score == "cosine":
                query_lengths = Lengths.of("queries", queries, flat_queries)
                key_lengths = Lengths.of("keys", keys, flat_keys)
                flat_queries, flat_keys = query_lengths.vectors, key_lengths.vectors
                score_bound = 1.0
            else:
                stacks = flat_queries, flat_keys
                score_bound = math.prod(np.sqrt(np.vecdot(stack, stack).max(initial=0)) for stack in stacks)
            logit_bound = float(score_bound * np.abs(scale).max(initial=0)) + math.log(max(keys.shape[-2], 1))
        return cls(
            queries=flat_queries,
            keys=flat_keys,
            values=flat(values, 2),
            scale=np.broadcast_to(scale, lead).reshape(-1),
            query_lengths=query_lengths,
            key_lengths=key_lengths,
            mask=Spread.of(options.mask, lead),
            bias=Spread.of(bias, lead),
            causal=options.causal,
            window=options.window,
            bounded=bias is None and bool(logit_bound <= np.log(np.finfo(queries.dtype).max) / 2),
        )

    def scaled_queries(self, place: Place, room: Workspace) -> Array:
        """Queries times the scale, of length 1 before that if the score is a cosine."""
        queries, factors = self.queries[place], self.scale[place[0], None]
        if self.query_lengths is not None:
            factors = factors * self.query_lengths.inverse[place]
        return np.multiply(queries, factors[..., None], out=room.array("queries", *queries.shape))

    def unit_keys(self, items: slice, room: Workspace) -> Array:
        """Keys, of length 1 if the score is a cosine."""
        own = self._keys_of(items)
        keys = self.keys[own]
        if self.key_lengths is None:
            return keys
        inverse = self.key_lengths.inverse[own, :, None]
        return np.multiply(keys, inverse, out=room.array("unit keys", *keys.shape))

    def values_of(self, items: slice, keys: slice) -> Array:
        """What these queries receive from a block of keys."""
        return self.values[self._keys_of(items), keys]

    def _keys_of(self, items: slice) -> slice | Array:
        """The matrices of keys of these matrices of queries: for a view, where each has its own or there is one alone."""
        if self.shared == 1:
            return items
        if items.stop - items.start == 1:
            return slice(items.start // self.shared, items.start // self.shared + 1)
        return np.arange(items.start, items.stop) // self.shared

    def logits(self, place: Place, keys: slice, queries: Array, units: Array, room: Workspace) -> Array:
        """Scaled and biased scores of a block; -inf where attending is forbidden, but not in a bounded problem.

        To take the smaller one of a logit and ±inf asks no question of each number, as writing -inf where a mask says so
        does: 0.74 of the time of a whole pass, forwards and backwards, with a random mask. (A forbidden NaN goes, too; an
        allowed one becomes +inf, which is refused like it.)
        """
        out = room.array("logits", *queries.shape[:2], units.shape[1])
        np.matmul(queries, units.swapaxes(-1, -2), out=out)
        if self.bias is not None:
            out += self.bias.tile(place, keys)
        if not self.bounded:
            for visible in self._visible(place, keys):
                barrier = np.subtract(visible, 0.5, dtype=out.dtype)
                barrier *= np.inf
                np.fmin(out, barrier, out=out)
        return out

    def exponentials(self, place: Place, keys: slice, logits: Array) -> Array:
        """The exponentials, in the place of the logits; 0 where attending is forbidden.

        A bounded exponential can be multiplied by the mask afterwards, which is twenty times as fast as writing 0 where a
        mask says so (5.4 against 0.26 numbers a nanosecond for a random mask).
        """
        np.exp(logits, out=logits)
        if self.bounded:
            for visible in self._visible(place, keys):
                logits *= visible
        return logits

    def _visible(self, place: Place, keys: slice) -> Iterator[Array]:
        if self.mask is not None:
            yield self.mask.tile(place, keys)
        first, last = self._positions(place[1])
        if self.causal and keys.stop - 1 > first:
            yield np.arange(keys.start, keys.stop) <= np.arange(first, last + 1)[:, None]
        if self.window is not None and max(last - keys.start, keys.stop - 1 - first) >= self.window:
            distance = np.arange(first, last + 1)[:, None] - np.arange(keys.start, keys.stop)
            yield np.abs(distance) < self.window

    def visible_blocks(self, rows: slice, blocks: list[slice]) -> list[slice]:
        """The blocks of keys that these queries do see something of."""
        first, last = self._positions(rows)
        begin, end = 0, self.keys.shape[1]
        if self.causal:
            end = last + 1
        if self.window is not None:
            begin, end = first - self.window + 1, min(end, last + self.window)
        return [keys for keys in blocks if keys.start < end and keys.stop > begin]

    def _positions(self, rows: slice) -> tuple[int, int]:
        """Where the first and the last of these queries stand among the keys, their ends aligned."""
        offset = self.keys.shape[1] - self.queries.shape[1]
        return rows.start + offset, rows.stop - 1 + offset

    def finish_queries(self, place: Place, d_queries: Array, room: Workspace) -> Array:
        r"""In place, dW becomes the gradient of the queries; gives that of the scale, summed over the rows.

        The score is bilinear, so the scale's gradient needs no scores: :math:`\sum_{ji} dA_{ji} s_{ji} = \sum_j w_j \cdot (dA \, K)_j`.
        For cosines that is just the part along w, which the gradient of a unit vector loses.
        """
        scale = self.scale[place[0], None]
        if self.query_lengths is not None:
            along = self.query_lengths.turn(place, d_queries, room, scale)
        else:
            along = np.vecdot(self.queries[place], d_queries)
            d_queries *= scale[..., None]
        return along.sum(axis=-1)

    def finish_keys(self, place: Place, d_keys: Array, room: Workspace) -> None:
        """In place, the gradient of the unit keys becomes that of the keys."""
        if self.key_lengths is not None:
            self.key_lengths.turn(place, d_keys, room)


def flat(array: Array, own: int) -> Array:
    """The array with one leading dimension before the last `own`, instead of any number."""
    shape = array.shape[array.ndim - own :]
    return array.reshape(math.prod(array.shape[: array.ndim - own]), *shape)

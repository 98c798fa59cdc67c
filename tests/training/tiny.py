"""A model small enough to train in milliseconds, with dropout, so that every random draw matters.

As a script, ``python tiny.py CHECKPOINT``, it trains and saves without end, until it is killed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

from attention_np.functional import cross_entropy, cross_entropy_backward
from attention_np.layers import Dropout, Embedding, Layer, Linear
from attention_np.layers.module import called_once
from attention_np.optim import Adam, WarmupCosine
from attention_np.training import train

SYMBOLS, CLASSES, WIDTH = 11, 5, 6
ENDLESS = 10**6


@dataclass
class Batch:
    ids: np.ndarray
    targets: np.ndarray

    @property
    def tokens(self):
        return len(self.ids)


class Batches:
    """Pairs of a symbol and its class, in `count` batches of unequal length."""

    def __init__(self, count=7, seed=5):
        rng = np.random.default_rng(seed)
        symbols = [rng.integers(0, SYMBOLS, 3 + index % 4) for index in range(count)]
        self.all = [Batch(ids, (ids * ids + 1) % CLASSES) for ids in symbols]
        self.epochs = 0
        self.before_epoch = lambda number: None

    def __len__(self):
        return len(self.all)

    def epoch(self, rng):
        self.epochs += 1
        self.before_epoch(self.epochs)
        for index in rng.permutation(len(self.all)):
            yield self.all[index]


class Tiny(Layer):
    """Symbol → class. `before` gets the number of each forward pass, when its dropout has been drawn."""

    def __init__(self, rng, dtype=np.float32):
        self.embedding = Embedding(SYMBOLS, WIDTH, rng=rng, dtype=dtype)
        self.dropout = Dropout(0.2, rng=rng)
        self.output = Linear(WIDTH, CLASSES, rng=rng, dtype=dtype)
        self.calls = 0
        self.before = lambda call: None

    def __call__(self, batch):
        embedded, embedding_backward = self.embedding(batch.ids)
        kept, dropout_backward = self.dropout(embedded)
        self.calls += 1
        self.before(self.calls)
        logits, output_backward = self.output(kept)

        @called_once
        def backward():
            d_logits = cross_entropy_backward(logits, batch.targets)
            embedding_backward(dropout_backward(output_backward(d_logits)))

        return cross_entropy(logits, batch.targets), backward


class Setting:
    """A generator, a model, an optimiser and data that are the same for the same seed."""

    def __init__(self, seed=0, learning_rate=0.05, batches=7):
        self.rng = np.random.default_rng(seed)
        self.model = Tiny(self.rng)
        self.optimizer = Adam(self.model.parameters(), learning_rate)
        self.batches = Batches(batches)
        self.held_out = Batches(3, seed=6).all

    def held_out_loss(self):
        return {"loss": float(np.mean([self.model(batch)[0] for batch in self.held_out]))}

    def train(self, **arguments):
        arguments = {
            "rng": self.rng,
            "validate": self.held_out_loss,
            "schedule": lambda total: WarmupCosine(total // 10, total, 0.1),
            "clip": 0.5,
            "progress": False,
            **arguments,
        }
        if "epochs" not in arguments and "minutes" not in arguments:
            arguments["epochs"] = 4
        return train(self.model, self.optimizer, self.batches, **arguments)


if __name__ == "__main__":
    setting = Setting(batches=2)
    setting.batches.before_epoch = lambda number: print("training", flush=True) if number == 1 else None
    setting.train(epochs=ENDLESS, validate=None, checkpoint=sys.argv[1], resume=True)

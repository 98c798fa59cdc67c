"""Trains a small `Seq2Seq` in whatever processes it is started in, and writes each one's result to a folder.

``python mpi_script.py FOLDER [JSON]``; the JSON may hold arguments of `Processes` ("way"), of `train` ("train"), a
"dropout", a step at which a rank fails ("fail": [rank, step]) or at which it is said that the training runs ("say").
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from attention_np.models.seq2seq import PairBatch, Seq2Seq
from attention_np.optim import Adam, WarmupCosine
from attention_np.training import Processes, train, world

PAD, VOCABULARY = 0, 9


def pair_batch(rng, rows):
    lengths, targets = rng.integers(1, 7, rows), rng.integers(1, 6, rows)
    source = rng.integers(1, VOCABULARY, (rows, 7)) * (np.arange(7) < lengths[:, None])
    target = rng.integers(1, VOCABULARY, (rows, 6)) * (np.arange(6) < targets[:, None])
    inputs = np.concatenate([np.ones((rows, 1), int), target[:, :-1]], axis=1)
    return PairBatch(source, source != PAD, inputs, target, PAD)


class Data:
    def __init__(self):
        rng = np.random.default_rng(4)
        self.all = [pair_batch(rng, rows) for rows in (7, 5, 1, 3)]

    def __len__(self):
        return len(self.all)

    def epoch(self, rng):
        return (self.all[index] for index in rng.permutation(len(self.all)))


class Model(Seq2Seq):
    """Does something at one of its steps, counted in training mode."""

    calls = 0

    def __call__(self, batch):
        if self.training:
            self.calls += 1
            self.at(self.calls)
        return super().__call__(batch)


def main(folder, given):
    rng = np.random.default_rng(0)
    model = Model(VOCABULARY, VOCABULARY, width=6, dropout=given.get("dropout", 0.0), rng=rng, dtype=np.float64)
    data, rank = Data(), world().rank

    def at(call):
        if given.get("fail") == [rank, call]:
            raise ArithmeticError(f"rank {rank} cannot go on")
        if given.get("say") == call and rank == 0:
            print("training", flush=True)

    model.at = at
    arguments = {"epochs": 3, "progress": False, **given.get("train", {})}
    result = train(
        model,
        Adam(model.parameters(), 0.02),
        data,
        rng=rng,
        clip=0.5,
        schedule=lambda total: WarmupCosine(2, total, 0.1),
        validate=lambda: {"loss": model(data.all[0])[0]},
        processes=Processes(world(), **given.get("way", {})),
        **arguments,
    )
    np.savez(folder / f"{rank}.npz", **model.state_dict())
    (folder / f"{rank}.json").write_text(json.dumps(result.history))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]) if len(sys.argv) > 2 else {})

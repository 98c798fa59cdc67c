"""The runs behind a table: each trains one model, tests it, and is written down as soon as it is known."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from ...optim import Adam, clip_gradient_norm
from ...training import blas_threads
from .layout import Presentations
from .scores import score_answers
from .splits import SPLITS, Split
from .training import ScanSettings, answer, make_model, train_scan

_TRIED_STEPS = 8


@dataclass(frozen=True)
class Run:
    """One cell of the table with one seed."""

    split: str
    cell: str
    variant: str
    seed: int

    @property
    def name(self) -> str:
        """Of its file, and of its line."""
        return f"{self.split}-{self.cell}-{self.variant}-seed{self.seed}"


@dataclass(frozen=True)
class Outcome:
    """What a run gave: the share of commands carried out exactly, and all else that its file holds."""

    run: Run
    exact: float
    details: dict[str, Any]


def outcomes_in(folder: Path, settings: ScanSettings, runs: Sequence[Run]) -> dict[Run, Outcome]:
    """Those of these runs that were done before.

    Raises
    ------
    ValueError
        If one was done with other settings, or its file is damaged.
    """
    found = {}
    for run in runs:
        path = folder / f"{run.name}.json"
        if not path.exists():
            continue
        try:
            details = json.loads(path.read_text(encoding="utf-8"))
            done_with, exact = details["settings"], float(details["exact"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"--out: {path} is damaged ({error}); remove it, and its run is done again") from error
        if done_with != _settings_of(run, settings).as_dict():
            raise ValueError(f"--out: {path} was done with other settings; name another folder")
        found[run] = Outcome(run, exact, details)
    return found


def perform(run: Run, settings: ScanSettings, folder: Path) -> Outcome:
    """Train, test, and write the outcome to a file of its own in `folder`."""
    settings, split = _settings_of(run, settings), _split(run.split)
    started = time.perf_counter()
    with blas_threads(1):
        model, result = train_scan(split, settings, seed=run.seed, progress=False)
        trained = time.perf_counter()
        score = score_answers(split.test, answer(model, [command.words for command in split.test]))
    details = {
        "settings": settings.as_dict(),
        "split": run.split,
        "seed": run.seed,
        **score.as_dict(),
        "sharpness": model.sharpness,
        "train_loss": [epoch["train_loss"] for epoch in result.history],
        "steps": result.steps,
        "training_seconds": trained - started,
        "testing_seconds": time.perf_counter() - trained,
    }
    path = folder / f"{run.name}.json"
    beside = path.with_name(path.name + ".partial")
    beside.write_text(json.dumps(details), encoding="utf-8")
    os.replace(beside, path)
    return Outcome(run, score.exact, details)


def perform_all(runs: Sequence[Run], settings: ScanSettings, folder: Path, jobs: int) -> Iterator[Outcome]:
    """All of these runs, `jobs` of them at a time in processes of their own; each is given when it is done."""
    if jobs == 1:
        for run in runs:
            yield perform(run, settings, folder)
        return
    # Not forked: a fork of a process with threads, as BLAS has them, may stand still.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(perform, run, settings, folder) for run in runs}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            for future in waiting:
                future.cancel()


def estimated_seconds(runs: Sequence[Run], settings: ScanSettings) -> float:
    """How long the training of these runs would take one after the other, from a few measured steps of each kind."""
    seconds: dict[tuple[str, str, str], float] = {}
    for run in runs:
        kind = (run.split, run.cell, run.variant)
        if kind not in seconds:
            seconds[kind] = _seconds_of_training(_split(run.split), _settings_of(run, settings))
    return sum(seconds[run.split, run.cell, run.variant] for run in runs)


def _seconds_of_training(split: Split, settings: ScanSettings) -> float:
    rng = np.random.default_rng(0)
    model = make_model(settings, rng)
    optimizer = Adam(model.parameters(), settings.learning_rate)
    batches = Presentations(split.train, settings.batch_size, _TRIED_STEPS)
    times = []
    with blas_threads(1):
        for batch in batches.epoch(rng):
            started = time.perf_counter()
            model.zero_grad()
            _, backward = model(batch)
            backward()
            clip_gradient_norm(model.parameters(), settings.clip)
            optimizer.step()
            times.append(time.perf_counter() - started)
    # The first step takes longer.
    return float(np.mean(times[1:]) * settings.total_steps)


@cache
def _split(name: str) -> Split:
    return SPLITS[name]()


def _settings_of(run: Run, settings: ScanSettings) -> ScanSettings:
    return replace(settings, cell=run.cell, variant=run.variant)

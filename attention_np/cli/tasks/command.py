"""What a task gives to ``attention-np train`` and ``attention-np evaluate``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass


def no_arguments(parser: argparse.ArgumentParser) -> None:
    """For a task that takes nothing of its own."""


@dataclass(frozen=True)
class TaskCommand:
    """A task on the command line.

    Attributes
    ----------
    name : str
        As typed: ``attention-np train NAME``.
    summary : str
        One line for ``--help``.
    example : str
        A whole command that trains it.
    scores : tuple of str
        What ``--score`` may be, the first unless said otherwise; "none" is a model without attention.
    minutes : str
        What ``--minutes`` means here, its default included, for ``--help``.
    add_training_arguments, add_evaluation_arguments : callable
        Add the task's own options to a parser.
    train : callable
        Trains and saves; gets ``score``, ``beta_one``, ``seed``, ``minutes`` (None: the task's default), ``out`` (None: in the
        cache), ``resume``, ``json`` and what was added; gives the exit status.
    evaluate : callable
        Scores what `train` saved on data that it never saw; gets ``model`` (None: what was trained last), ``json``, ``heatmap``
        (None, or the file to draw to) and what was added; gives the exit status.
    """

    name: str
    summary: str
    example: str
    scores: tuple[str, ...]
    minutes: str
    add_training_arguments: Callable[[argparse.ArgumentParser], None]
    train: Callable[[argparse.Namespace], int]
    add_evaluation_arguments: Callable[[argparse.ArgumentParser], None]
    evaluate: Callable[[argparse.Namespace], int]

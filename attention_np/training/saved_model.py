"""A trained model in one file: its weights by name, and the configuration that it is built from again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..functional._checks import Array
from ..layers import Layer
from .checkpoint import CheckpointError, load_checkpoint, save_checkpoint


@dataclass(frozen=True)
class SavedModel:
    """What a model's file holds.

    Attributes
    ----------
    configuration : dict
        What the model is built with, as JSON says it.
    weights : dict of str to array
        By dotted name, for ``load_state_dict``.
    facts : dict
        Where it comes from: seed, steps, the data's hash.
    """

    configuration: dict[str, Any]
    weights: dict[str, Array]
    facts: dict[str, Any]


def save_model(
    path: str | os.PathLike[str], kind: str, model: Layer, configuration: Mapping[str, Any], **facts: Any
) -> None:
    """Write `model` to `path`, in the place of what was there before.

    Parameters
    ----------
    path : path
        The file; its folder must exist.
    kind : str
        What the model was trained for, as "scan"; `load_model` asks for it.
    model : Layer
    configuration : mapping
        All that the model is built from again, as JSON can say it.
    **facts
        Where it comes from.

    Raises
    ------
    CheckpointError
        If the file cannot be written.
    TypeError
        If the configuration or a fact is nothing that JSON can say; nothing was written.
    """
    metadata = {"kind": kind, "configuration": dict(configuration), "facts": facts}
    save_checkpoint(path, model.state_dict(), metadata)


def load_model(path: str | os.PathLike[str], kind: str) -> SavedModel:
    """Read what `save_model` wrote.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or of another kind.
    """
    saved = load_checkpoint(path)
    found = saved.metadata.get("kind")
    if found != kind or "configuration" not in saved.metadata:
        what = "not of a model" if found is None else f"of a model for {found}"
        raise CheckpointError(f"{path}: is a checkpoint {what}; expected a model for {kind}")
    return SavedModel(saved.metadata["configuration"], saved.arrays, saved.metadata["facts"])

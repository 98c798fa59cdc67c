"""Training: one loop for every model, and checkpoints that resume to the same bits.

::

    result = train(
        model, Adam(model.parameters(), 2e-3), batches, rng=rng, minutes=5, clip=5.0,
        schedule=lambda total: WarmupCosine(total // 20, total),
        validate=lambda: {"loss": held_out_loss(model)}, patience=3,
        watch=lambda: {"sharpness": model.attention.sharpness()},
        checkpoint="model.npz", resume=True, configuration={"width": 128, "seed": 0},
    )
    model.load_state_dict(trained_weights("model.npz"))        # later, in another process
"""

from __future__ import annotations

from .checkpoint import Checkpoint, CheckpointError, load_checkpoint, save_checkpoint
from .communicator import Communicator, Single
from .distributed import world
from .exchange import Processes, training_processes
from .interface import Batch, Batches, Model, ShardedBatch, TrainingResult
from .loop import train
from .saved_model import SavedModel, load_model, save_model
from .state import trained_weights
from .threads import blas_threads

__all__ = [
    "Batch",
    "Batches",
    "Checkpoint",
    "CheckpointError",
    "Communicator",
    "Model",
    "Processes",
    "SavedModel",
    "ShardedBatch",
    "Single",
    "TrainingResult",
    "blas_threads",
    "load_checkpoint",
    "load_model",
    "save_checkpoint",
    "save_model",
    "train",
    "trained_weights",
    "training_processes",
    "world",
]

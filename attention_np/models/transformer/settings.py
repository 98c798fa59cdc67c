"""What a transformer is built from."""

from __future__ import annotations

from dataclasses import dataclass

POSITIONS = ("sinusoidal", "rotary", "alibi")


@dataclass(frozen=True)
class TransformerSettings:
    """The same for every block; all of it plain numbers and words, so that a checkpoint can state it.

    Attributes
    ----------
    width : int
        Of the vectors that run through the blocks; a multiple of `heads`.
    depth : int
        Blocks: in the encoder, and as many in the decoder.
    heads : int
    hidden : int or None
        Units inside each feed-forward layer; None is four times `width`.
    score : {"cosine", "dot", "scaled_dot"}
        Of self attention and of cross attention.
    scale : float or None
        A fixed sharpness; None is the score's own.
    learn_scale : bool or None
        Whether each head learns its sharpness; None: exactly if the score is the cosine and no scale is given.
    positions : {"sinusoidal", "rotary", "alibi"}
        How places are told apart: by waves added to the embeddings; or in self attention, by queries and keys turned by their
        places, or by a bias that falls with the distance.
    key_value_heads, window, qk_norm
        Of self attention, as in `MultiHeadAttention`.
    dropout : float
        The share left out of the embeddings, and of what each sublayer adds, while training.
    label_smoothing : float
        The share of a target's probability that is spread over all words, while training.
    """

    width: int = 128
    depth: int = 4
    heads: int = 4
    hidden: int | None = None
    score: str = "cosine"
    scale: float | None = None
    learn_scale: bool | None = None
    positions: str = "sinusoidal"
    key_value_heads: int | None = None
    window: int | None = None
    qk_norm: bool = False
    dropout: float = 0.0
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        if self.positions not in POSITIONS:
            raise ValueError(f"positions: expected one of {', '.join(POSITIONS)}, got {self.positions!r}")
        if self.depth < 1:
            raise ValueError(f"depth: expected at least 1 block, got {self.depth}")
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"label_smoothing: expected a share in [0, 1), got {self.label_smoothing}")

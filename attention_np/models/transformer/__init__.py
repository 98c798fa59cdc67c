"""The transformer: encoder and decoder, or one of them alone, from the same blocks.

::

    model = Transformer(source_size, target_size, TransformerSettings(width=64, depth=2), rng=rng)
    loss, backward = model(batch)                       # a PairBatch, as Seq2Seq takes it

    model = LanguageModel(vocabulary_size, TransformerSettings(), rng=rng)
    loss, backward = model(TokenBatch(ids[:, :-1], ids[:, 1:]))
    generate(model, ids[:, :10], 200, temperature=0.8, top_k=20, rng=rng)

    model = StoryReader(vocabulary_size, answers, TransformerSettings(width=64, depth=3), longest=16, rng=rng)
    loss, backward = model(batch)                       # a StoryBatch, as MemoryNetwork takes it
"""

from .encoder_decoder import Transformer
from .generation import generate
from .language_model import LanguageModel, TokenBatch
from .settings import TransformerSettings
from .story_reader import StoryReader

__all__ = ["LanguageModel", "StoryReader", "TokenBatch", "Transformer", "TransformerSettings", "generate"]

"""The same numbers as PyTorch, from copied weights: its own blocks with scaled dot products, a twin with cosines."""

from __future__ import annotations

import math

import numpy as np
import pytest

from attention_np.models.transformer import LanguageModel, TokenBatch, TransformerSettings

from .transformer_cases import PAD, SMALL, language_model, pair_batch, token_batch, transformer

torch = pytest.importorskip("torch")
nn = torch.nn


@pytest.mark.parametrize(
    "settings", [{"score": "cosine"}, {"score": "scaled_dot"}, {"score": "cosine", "label_smoothing": 0.1}], ids=str
)
def test_the_language_model_s_loss_and_gradients_are_the_twin_s(settings):
    from attention_np.bench.transformer_twin import TransformerTwin, twin_state

    model, batch = language_model(**settings), token_batch()
    twin = TransformerTwin(model, TransformerSettings(**SMALL, **settings), longest=5, learning_rate=1e-3, clip=1.0)
    loss, backward = model(batch)
    backward()
    theirs = twin.loss(batch)
    theirs.backward()
    assert loss == pytest.approx(theirs.item(), rel=1e-12)
    ours = twin_state({name: parameter.grad for name, parameter in model.named_parameters()})
    found = {name: parameter.grad.numpy() for name, parameter in twin.model.named_parameters()}
    assert ours.keys() == found.keys()
    for name, gradient in ours.items():
        np.testing.assert_allclose(gradient, found[name], rtol=1e-9, atol=1e-12, err_msg=name)


def layer_of_torch(cross):
    kind = nn.TransformerDecoderLayer if cross else nn.TransformerEncoderLayer
    return kind(
        SMALL["width"], SMALL["heads"], SMALL["hidden"], dropout=0.0, norm_first=True, batch_first=True,
        activation=lambda x: nn.functional.gelu(x, approximate="tanh"), dtype=torch.float64,
    )  # fmt: skip


def attention_pairs(theirs, ours):
    """PyTorch's parameter, its rows that are meant, and ours."""
    width = SMALL["width"]
    for place, linear in enumerate((ours.query, ours.key, ours.value)):
        rows = slice(place * width, (place + 1) * width)
        yield theirs.in_proj_weight, rows, linear.weight
        yield theirs.in_proj_bias, rows, linear.bias
    yield theirs.out_proj.weight, slice(None), ours.output.weight
    yield theirs.out_proj.bias, slice(None), ours.output.bias


def block_pairs(theirs, ours):
    yield from attention_pairs(theirs.self_attn, ours.attention.inner)
    norms = [(theirs.norm1, ours.attention.norm)]
    if ours.cross is not None:
        yield from attention_pairs(theirs.multihead_attn, ours.cross.inner)
        norms += [(theirs.norm2, ours.cross.norm), (theirs.norm3, ours.feed_forward.norm)]
    else:
        norms += [(theirs.norm2, ours.feed_forward.norm)]
    feed_forward = ours.feed_forward.inner
    for their_linear, linear in ((theirs.linear1, feed_forward.widen), (theirs.linear2, feed_forward.narrow)):
        yield their_linear.weight, slice(None), linear.weight
        yield their_linear.bias, slice(None), linear.bias
    for their_norm, norm in norms:
        yield their_norm.weight, slice(None), norm.gain
        yield their_norm.bias, slice(None), norm.bias


def test_encoder_and_decoder_are_pytorch_s_own_pre_norm_layers():
    model, batch, rng = transformer(score="scaled_dot"), pair_batch(), np.random.default_rng(3)
    for parameter in model.parameters():
        parameter.value += 0.1 * rng.normal(size=parameter.value.shape)
    stacks, pairs = [], []
    for stack, cross in ((model.encoder, False), (model.decoder, True)):
        layers = [layer_of_torch(cross) for _ in stack.blocks]
        norm = nn.LayerNorm(SMALL["width"], dtype=torch.float64)
        for layer, block in zip(layers, stack.blocks, strict=True):
            pairs += block_pairs(layer, block)
        pairs += [(norm.weight, slice(None), stack.norm.gain), (norm.bias, slice(None), stack.norm.bias)]
        stacks.append((layers, norm))
    with torch.no_grad():
        for theirs, rows, ours in pairs:
            theirs[rows] = torch.from_numpy(ours.value.T)
    tables = {}
    for name, words in (("source", model.source_words), ("target", model.target_words)):
        tables[name] = torch.tensor(words.embedding.weight.value, requires_grad=True)

    def embed(ids, table):
        length, width = ids.shape[1], SMALL["width"]
        angles = torch.arange(length)[:, None] * 10000.0 ** -(torch.arange(0, width, 2, dtype=torch.float64) / width)
        waves = torch.stack([torch.sin(angles), torch.cos(angles)], dim=-1).reshape(length, width)
        return table[torch.from_numpy(ids)] * math.sqrt(width) + waves

    (encoder, encoder_norm), (decoder, decoder_norm) = stacks
    padding = torch.from_numpy(~batch.mask)
    memory, running = embed(batch.source, tables["source"]), embed(batch.inputs, tables["target"])
    for layer in encoder:
        memory = layer(memory, src_key_padding_mask=padding)
    memory = encoder_norm(memory)
    causal = nn.Transformer.generate_square_subsequent_mask(batch.inputs.shape[1], dtype=torch.float64)
    for layer in decoder:
        running = layer(running, memory, tgt_mask=causal, memory_key_padding_mask=padding)
    logits = decoder_norm(running) @ tables["target"].T
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), torch.from_numpy(batch.targets).flatten(), ignore_index=PAD)
    loss.backward()

    ours, backward = model(batch)
    backward()
    assert ours == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(model.target_words.embedding.weight.grad, tables["target"].grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(model.source_words.embedding.weight.grad, tables["source"].grad.numpy(), atol=1e-12)
    for theirs, rows, parameter in pairs:
        np.testing.assert_allclose(parameter.grad.T, theirs.grad[rows].numpy(), rtol=1e-8, atol=1e-12)


def test_float32_training_goes_along_with_the_twin():
    from attention_np.bench.transformer_twin import TransformerTwin
    from attention_np.optim import AdamW, clip_gradient_norm

    settings = TransformerSettings(width=16, depth=2, heads=2)
    model = LanguageModel(11, settings, rng=np.random.default_rng(0))
    twin = TransformerTwin(model, settings, longest=8, learning_rate=3e-3, clip=1.0)
    optimizer = AdamW(model.parameters(), 3e-3, weight_decay=0.01)
    ids = np.random.default_rng(1).integers(0, 11, (4, 9))
    batch = TokenBatch(ids[:, :-1], ids[:, 1:])
    losses = []
    for _ in range(20):
        model.zero_grad()
        loss, backward = model(batch)
        backward()
        clip_gradient_norm(optimizer.parameters, 1.0)
        optimizer.step()
        losses.append((loss, twin.step(batch)))
    np.testing.assert_allclose(*zip(*losses, strict=True), rtol=1e-3)
    assert losses[-1][0] < losses[0][0] - 0.5

# %% [markdown]
# # 13 · Build a transformer
#
# A transformer is attention, a map applied to each word, and a way to add them up without losing the gradient. This notebook puts one together
# from parts that you have met, follows one gradient through all of it, trains it, and lets it write.
#
# - **What you'll do:** build a block by hand and find the package's own; train a decoder; sample from it with and without a cache; watch the
#   gradients of its layers.
# - **What you'll learn:** what each part is for, what causal attention and a cache have to do with each other, and where gradients shrink.
# - **What you'll need:** notebooks 05 (heads, masks), 06 to 08 (backward passes) and 09 (Adam); about 14 minutes.

# %%
import numpy as np

import attention_np as anp
from attention_np.course import Heat, Numbers, predict, scrub, show, style
from attention_np.gradcheck import check_gradients
from attention_np.models.transformer import (
    LanguageModel,
    TokenBatch,
    TransformerSettings,
    generate,
)
from attention_np.models.transformer.blocks import Block
from attention_np.optim import Adam, WarmupCosine
from attention_np.tasks.scan.grammar import all_commands, interpret
from attention_np.training import blas_threads, train
from attention_np.training.layer_gradients import layer_gradient_norms
from attention_np.visualize import heatmap

%load_ext attention_np.classroom

# %% [markdown]
# ## A language to learn
#
# SCAN is a language of 20,910 commands and what they mean (Lake and Baroni 2018): *jump left twice* asks for LEFT JUMP LEFT JUMP. A grammar makes
# every command and tells every meaning, so whatever a model writes can be checked. We take the commands with at most eight actions and write
# each as one line, command, arrow, actions, full stop:

# %%
commands = [command for command in all_commands() if len(command.actions) <= 8]

def actions_of(actions):
    return tuple(action.removeprefix("I_").removeprefix("TURN_") for action in actions)

lines = [(*command.words, "→", *actions_of(command.actions), ".") for command in commands]
vocabulary = sorted({word for line in lines for word in line})
number = {word: place for place, word in enumerate(vocabulary, start=1)}
# 0 begins a line, and pads it.

rng = np.random.default_rng(0)
longest = max(map(len, lines))
rows = np.zeros((len(lines), 1 + longest), int)  # (lines, places)
for row, line in zip(rows, lines):
    row[1 : 1 + len(line)] = [number[word] for word in line]
order = rng.permutation(len(lines))
held_out, learned = order[:300], order[300:]

print(f"{len(lines):,} lines of at most {longest} words; {len(vocabulary)} different words")
for place in held_out[:3]:
    print(" ".join(lines[place]))
assert not set(held_out) & set(learned)

# %% [markdown]
# The model reads a line and at every place foretells the next word. One forward pass answers all places at once, since **causal** attention lets place
# $t$ see places up to $t$ only.
#
# ## One block, by hand
#
# A block has two *sublayers*. Each one normalises what runs through, changes it, and **adds** the change:
#
# $$y = x + \operatorname{attention}(\operatorname{norm}(x)), \qquad z = y + W_2 \operatorname{gelu}(W_1 \operatorname{norm}(y))$$
#
# Attention carries information between places; the map after it works on each place by itself. Here is a block of the package, and
# then the same block from the functions that you know:

# %%
settings = TransformerSettings(width=8, depth=1, heads=2, hidden=12, positions="rotary")
block = Block(settings, causal=True, cross=False, rng=rng, dtype=np.float64)
for parameter in block.parameters():  # away from zeros and ones, which would hide mistakes
    parameter.value += 0.1 * rng.normal(size=parameter.value.shape)
x = rng.normal(size=(2, 5, 8))  # (lines, places, width)
z, backward = block(x)

def norm(layer, inputs):
    return anp.layer_norm(inputs, layer.gain.value, layer.bias.value)

def by_hand(block, x):
    attend = block.attention.inner
    y = x + attend(norm(block.attention.norm, x), causal=True)[0]
    feed = block.feed_forward.inner
    widen, narrow = feed.widen, feed.narrow
    wide = anp.gelu(
        anp.linear(norm(block.feed_forward.norm, y), widen.weight.value, widen.bias.value)
    )
    return y + anp.linear(wide, narrow.weight.value, narrow.bias.value)

np.testing.assert_allclose(by_hand(block, x), z, rtol=1e-12)
print(f"x {x.shape} -> z {z.shape}; by hand the same")

# %% [markdown]
# ## The same block, backwards
#
# Read the two lines from the last to the first. A sum hands its gradient to both of its parts. So whatever comes in at the top, $d_z$, reaches
# $x$ **undivided** along the additions, and each sublayer only adds to it:
#
# $$d_y = d_z + \operatorname{norm}'(W_1' \operatorname{gelu}'(W_2'\, d_z)), \qquad d_x = d_y + \operatorname{norm}'(\operatorname{attention}'(d_y))$$
#
# (A prime stands for "back through".) Guess first how much of $d_z$ arrives at $x$ if both sublayers contribute nothing at all:

# %%
guess_of_straight = predict("Both sublayers give zeros: dx is dz times ...?", 0.5)

dz = rng.normal(size=z.shape)  # any upstream, and no two entries alike
_, backward = block(x)
dx, _ = backward(dz)

silent = Block(settings, causal=True, cross=False, rng=rng, dtype=np.float64)
for parameter in (
    silent.attention.inner.output.weight,
    silent.attention.inner.output.bias,
    silent.feed_forward.inner.narrow.weight,
    silent.feed_forward.inner.narrow.bias,
):
    parameter.value[...] = 0
dx_silent, _ = silent(x)[1](dz)
np.testing.assert_allclose(dx_silent, dz, rtol=1e-15)
guess_of_straight.compare(1)

alignment = np.sum(dx * dz) / np.linalg.norm(dx) / np.linalg.norm(dz)
print(f"in the block above, dx has a cosine of {alignment:.2f} with dz: most of it came straight")
assert alignment > 0.5

# %% [markdown]
# And is the whole of it right? The checker perturbs every parameter and every input of a small model, and compares:

# %%
tiny = LanguageModel(len(vocabulary) + 1, settings, rng=np.random.default_rng(1))
report = check_gradients(
    tiny, TokenBatch(rows[:2, :6], rows[:2, 1:7], 0), rng=np.random.default_rng(2)
)
assert report.passed
worst_error = max(report.errors.values())
print(f"{len(report.errors)} parameters checked, largest error below 1e-8: {worst_error < 1e-8}")

# %% [markdown]
# Layer normalisation is the one part whose backward pass you have not written yet. It is the best known for being written wrongly:

# %% [exercise] layer_norm

# %% [exercise] layer_norm_backward

# %% [markdown]
# ## Train it
#
# Two blocks, four heads of cosine attention with a sharpness each, width 64: 1,400 steps of 32 lines. We record what each layer's gradient
# measures as training goes on.

# %%
class Lines32:
    """Batches of 32 lines, cut to the longest of them; an epoch is so many batches."""

    def __init__(self, rows, batches):
        self.rows, self.batches = rows, batches

    def __len__(self):
        return self.batches

    def epoch(self, rng):
        for chosen in rng.integers(len(self.rows), size=(self.batches, 32)):
            batch = self.rows[chosen]
            batch = batch[:, : 1 + (batch[:, 1:] != 0).sum(axis=1).max()]
            yield TokenBatch(batch[:, :-1], batch[:, 1:], 0)

rng = np.random.default_rng(0)
settings = TransformerSettings(width=64, depth=2, heads=4, hidden=128, positions="rotary")
model = LanguageModel(len(vocabulary) + 1, settings, rng=rng)

def sharpnesses():
    """β of each head, block by block."""
    return np.array([block.attention.inner.scale_in_force for block in model.decoder.blocks])

history = []

def watch():
    """After each epoch: gradient norms by layer, and sharpnesses."""
    history.append((layer_gradient_norms(model), sharpnesses()))
    return {}

with blas_threads(1):
    result = train(
        model,
        Adam(model.parameters(), 3e-3),
        Lines32(rows[learned], 40),
        rng=rng,
        epochs=35,
        schedule=lambda total: WarmupCosine(total // 10, total),
        clip=1.0,
        watch=watch,
        progress=False,
    )
model.eval()

layers = {
    "words": "word vectors",
    "decoder.blocks.0": "first block",
    "decoder.blocks.1": "second block",
    "decoder": "last norm",
}
norms = {layers[name]: np.array([norms[name] for norms, _ in history]) for name in layers}
steps = 40 * np.arange(1, len(history) + 1)
for name, values in norms.items():
    print(f"{name:14} gradient norm {values[0]:.3f} -> {values[-1]:.3f}")
betas = np.array([beta for _, beta in history])  # (epochs, blocks, heads)
low, high = betas[-1].min(), betas[-1].max()
print(f"\nsharpness of the {betas[-1].size} heads: {low:.1f} to {high:.1f}; all began at 10")

# %%
figure = style.figure(width="full", height=3.4)
ax = figure.add_subplot()
for name, colour in zip(norms, (style.VALUE, style.QUERY, style.KEY, style.MUTED)):
    ax.plot(steps, norms[name], color=colour, linewidth=2, label=name)
ax.set(yscale="log", xlabel="training steps", ylabel="norm of the gradient")
ax.legend(frameon=False, ncols=2)
show(
    figure,
    caption="Gradient norms, layer by layer, through training (after clipping all together to 1).",
    alt=f"Curves over {steps[-1]} training steps of the gradient norms of {len(norms)} layers: "
    + "; ".join(f"{name} from {v[0]:.2f} to {v[-1]:.2f}" for name, v in norms.items())
    + ".",
)
ratio = np.median(norms["first block"] / norms["second block"])
print(f"median ratio of the first block's norm to the second's: {ratio:.2f}")
assert 0.2 < ratio < 5  # the sums carry the gradient to the first block whole

# %% [markdown]
# No layer is starved: the first block, which is farthest from the loss, receives about as much as the second. That is what the additions are for. In a
# stack without them each layer multiplies the gradient, and a product of many factors vanishes or explodes.
#
# ## Let it write
#
# To write, give a line's beginning, take the distribution at its last place, choose a word, append it, and ask again. Done plainly, each new
# word asks for the whole line anew. But attention is causal: what earlier places have computed does not change when a word is appended. So keep their keys and
# values, the **key–value cache**, and compute the new place alone. A step with a cache must equal the full pass, to rounding:

# %%
def full_pass(ids):
    return model.logits(ids)[:, -1]

line = rows[held_out[0]][None]  # (1, places)
caches = model.caches()
worst = 0.0
for place in range(longest):
    stepped = model.step(line[:, place : place + 1], caches)[:, -1]
    worst = max(worst, np.abs(stepped - full_pass(line[:, : place + 1])).max())
print(f"largest difference over {longest} steps below 1e-4 (float32): {worst < 1e-4}")
assert worst < 1e-4
widths = {cache.own.seen for cache in caches}
print(f"places in each block's cache: {widths}")

# %% [markdown]
# First greedily, the likeliest word each time: 300 commands that it never saw.

# %%
guess_of_exact = predict("Of 300 unseen commands, which share is carried out rightly?", 0.5)

def obey(place):
    cut = lines[place].index("→") + 1
    left = len(lines[place]) - cut
    beginning = rows[place][None, : 1 + cut]
    return generate(model, beginning, left, temperature=0, rng=rng)[0]

def meaning(place):
    return rows[place][2 + lines[place].index("→") : 1 + len(lines[place])]

right = np.array([np.array_equal(obey(place), meaning(place)) for place in held_out])
print(f"exact: {right.mean():.1%}")
assert right.mean() > 0.75
guess_of_exact.compare(round(right.mean(), 3))

# %% [markdown]
# Then by chance: from nothing but the beginning of a line, the model draws its own commands *and* carries them out. The grammar knows whether
# each is a command at all, and whether the actions are right. A **temperature** divides the logits: low is bold on the likeliest word, high is
# adventurous.

# %%
word = {place: name for name, place in number.items()}

def grade(ids):
    """A drawn line: its words, whether it is a command, whether its actions are right."""
    words = [word.get(int(place), "") for place in ids]
    words = words[: words.index(".")] if "." in words else words
    if "→" not in words:
        return " ".join(words), False, False
    cut = words.index("→")
    try:
        meant = actions_of(interpret(" ".join(words[:cut])))
    except ValueError:
        return " ".join(words), False, False
    return " ".join(words), True, tuple(words[cut + 1 :]) == meant

graded = {}
for temperature in (0.5, 1.0, 2.0):
    rng = np.random.default_rng(0)
    drawn = generate(model, np.zeros((200, 1), int), longest, temperature=temperature, rng=rng)
    graded[temperature] = [grade(line) for line in drawn]
    texts, are_commands, are_right = zip(*graded[temperature])
    print(
        f"temperature {temperature}: {np.mean(are_commands):.0%} commands, "
        f"{np.mean(are_right):.0%} carried out rightly, {len(set(texts))} different lines of 200"
    )

print()
for text, is_command, is_right in graded[1.0][:6]:
    print(f"{'right' if is_right else 'wrong' if is_command else 'no command':11} {text}")
assert np.mean([row[1] for row in graded[1.0]]) > 0.9
assert np.mean([row[2] for row in graded[0.5]]) > np.mean([row[2] for row in graded[2.0]])

# %% [markdown]
# ## Where the heads look
#
# Take one line of *after*, which asks for the second half first, and step through it. At each place: where do the four heads of the second block
# look, on average, and what does the model think comes next?

# %%
place = next(p for p in held_out[right] if "after" in lines[p] and len(lines[p]) >= 12)
shown = lines[place]
ids = rows[place][None, : len(shown)]
labels = ["begin", *shown[:-1]]
looked = model.weights(ids)[:, 0]  # (blocks, heads, places, places)
logits = model.logits(ids)[0]
best = [word.get(int(row.argmax()), "") for row in logits]

show(
    heatmap(
        looked[1].mean(axis=0),
        labels,
        labels,
        mask=np.tril(np.ones(looked.shape[-2:], bool)),
        title="second block, mean of its heads",
    ),
    caption="No place looks ahead: what is hatched is masked.",
)
cut = shown.index("→") + 1
assert best[cut:] == list(shown[cut:])  # behind the arrow it foretells every action

# %%
scrub(
    name="place",
    positions=labels[1:],
    panels=[
        Heat(
            f"block {number_of} · rows are heads",
            [looked[number_of - 1, :, t] for t in range(1, len(labels))],
            labels,
            [f"head {head}" for head in range(1, 5)],
            kind="weights",
        )
        for number_of in (1, 2)
    ]
    + [
        Numbers(
            {
                "the model foretells": best[1:],
                "and there stands": list(shown[1:]),
            }
        )
    ],
    start=cut - 1,
)

# %% [markdown]
# ## Where this is used
#
# - The transformer: Vaswani et al. 2017 (attention scaled by $1/\sqrt d$, norms behind the sums). Norms *before* the sublayers, as here: Xiong et al. 2020.
# - Decoders alone: Radford et al. 2018. Positions by rotation: Su et al. 2021. GELU: Hendrycks and Gimpel 2016.
# - Cosine attention with a learned sharpness in transformers: Henry et al. 2020 (QKNorm), Liu et al. 2022 (Swin V2).
# - A cache costs memory: sharing keys among heads makes it smaller (Shazeer 2019; Ainslie et al. 2023). The package has it as `key_value_heads`.
# - At full length: `attention-np train characters` writes in the style of your installed documentation; `attention-np train scan --cell transformer`.
#
# ## Recap in five lines
#
# 1. A block adds two changes to what runs through: attention between places, and a map at each place; each behind a norm.
# 2. Backwards, a sum hands its gradient on whole: the first block receives as much as the last.
# 3. Causal attention answers all places at once in training, and makes a cache exact in writing.
# 4. Temperature trades the likeliest for the various; a grammar can grade what is drawn.
# 5. Every backward pass in it was hand-written, and every parameter is checked against numerical derivatives.
#
# Next: 14

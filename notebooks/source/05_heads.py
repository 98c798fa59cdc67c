# %% [markdown]
# # 05 · Queries, keys, masks and heads
#
# Four additions turn the three formulas into the attention of every transformer: learned maps before the comparison, masks, several heads, and a choice of score. None
# changes the formulas; each has a mistake that is made again and again.
#
# - **What you'll do:** make self-attention ask and answer differently, forbid words and look at what leaks, split a vector into heads, compare four scores.
# - **What you'll learn:** why a masked cell is hatched and not dark, what a row with nothing allowed should be, why $1/\sqrt d$.
# - **What you'll need:** notebooks 01 to 03; about 15 minutes.

# %%
import numpy as np

import attention_np as anp
from attention_np.course import example, predict, show, style
from attention_np.layers import MultiHeadAttention
from attention_np.visualize import Panel, entropy, heatmap, heatmaps

%load_ext attention_np.classroom

# %% [markdown]
# ## Projections: what a word asks need not be what it answers
#
# In **self-attention** a sequence looks at itself: every word is target and input. Take our five words as one sequence. Their cosines make the Gram matrix of notebook 01,
# and that is symmetric: *river* looks at *money* exactly as *money* looks at *river*. Language is not like that. So each word is first mapped by three learned matrices:
# to what it asks, to what it is found by, and to what it hands over:
#
# $$w_j W^q, \qquad v_i W^k, \qquad v_i W^v, \qquad \text{each by } (vW)_l = \sum_k v_k W_{kl}$$
#
# As a loop and as one line; the matrices stand for learned ones:

# %%
words = example.sources + example.targets
sequence = np.concatenate([example.keys, example.queries])  # (5, 2)
query_map = np.array([[1.0, -1.0], [0.5, 1.0]])  # (2, 2)
key_map = np.array([[0.8, 0.0], [1.0, 1.0]])  # (2, 2)

by_loop = np.zeros_like(sequence)
for t in range(len(sequence)):
    for row in range(query_map.shape[0]):
        for column in range(query_map.shape[1]):
            by_loop[t, column] += sequence[t, row] * query_map[row, column]

queries, keys = sequence @ query_map, sequence @ key_map  # (5, 2), (5, 2)
np.testing.assert_allclose(queries, by_loop, rtol=1e-15)
np.testing.assert_allclose(queries, anp.linear(sequence, query_map), rtol=1e-15)

plain = anp.cosine_scores(sequence, sequence)  # (5, 5)
projected = anp.cosine_scores(queries, keys)  # (5, 5)
np.testing.assert_allclose(plain, plain.T, atol=1e-15)
assert abs(projected - projected.T).max() > 0.5

figure = style.figure(width="full", height=3.7)
heatmap(
    np.stack([plain, projected]),
    words,
    words,
    ax=figure.subplots(1, 2),
    value_range=(-1, 1),
    label="cosine",
    title=["the words themselves", "after two maps"],
)
show(
    figure,
    caption="Left: symmetric. Right: who asks and who is asked makes a difference.",
    alt="Two 5 by 5 heatmaps of cosines. Left, of the words themselves, equal to its "
    "mirror image. Right, of mapped words: the largest difference from its mirror image "
    f"is {abs(projected - projected.T).max():.2f}.",
)

# %% [markdown]
# ## Masks: who may look at whom
#
# A word that is being written must not see the words that come after it. A **mask** says so: `True` where attending is allowed. The **causal** mask allows input $i$ for target
# $j$ where $i \le j$:

# %%
m = len(words)
by_loop = np.zeros((m, m), bool)
for j in range(m):
    for i in range(m):
        by_loop[j, i] = i <= j

allowed = np.arange(m) <= np.arange(m)[:, None]  # (5, 5), in one line
assert np.array_equal(allowed, by_loop) and np.array_equal(allowed, anp.causal_mask(m, m))

# %% [markdown]
# A mask works on the *scores*: what is forbidden gets $-\infty$ before the softmax, and $e^{-\infty} = 0$. (To set weights to 0 after the softmax would leave rows that do not
# sum to 1.) The row is then the softmax of the allowed scores alone:

# %%
scores = 3 * projected
weights = anp.softmax(scores, mask=allowed)  # (5, 5)

for j in range(m):
    np.testing.assert_allclose(
        weights[j, : j + 1], anp.softmax(scores[j, : j + 1]), rtol=1e-14
    )
    assert (weights[j, j + 1 :] == 0).all()
np.testing.assert_allclose(weights.sum(axis=-1), 1)
too_late = np.where(allowed, anp.softmax(scores), 0)  # set to 0 after the softmax
assert too_late.sum(axis=-1)[0] < 0.9  # what is left of a row no longer sums to 1

figure = style.figure(width="full", height=3.7)
left, right = figure.subplots(1, 2)
heatmap(weights, words, words, ax=left, title="which zeros are forbidden?")
heatmap(weights, words, words, ax=right, mask=allowed, title="masked: hatched")
near_zero = int(((weights < 0.01) & allowed).sum())
show(
    figure,
    caption="One array twice. A weight that may not be and a weight that happens to be "
    "small are different things.",
    alt=f"A 5 by 5 array of causal weights, twice. Left, the {int((~allowed).sum())} "
    f"forbidden cells have the colour of 0, as have {near_zero} allowed ones. Right, the "
    "forbidden ones are grey and hatched.",
)
assert near_zero > 0

# %% [markdown]
# The hatching has a second use. If a weight *leaks* into a forbidden cell, the picture keeps its colour and number under the hatching. We need that next.
#
# **Padding.** Sequences of a batch are filled up to one length, and what was filled in must not be seen. Notebook 01 ended with padding that took a fifth of *water*'s attention. Now it takes
# none, and what stands there plays no part:

# %%
# A batch of one sequence of 3, padded to 4: (1, 4, 2).
padded = np.concatenate([example.keys, np.zeros((1, 2))])[None]
mask = anp.padding_mask(np.array([3]), sources=4)  # (1, 1, 4): the same for every target
asking = example.queries[None]  # (1, 2, 2)

unmasked = anp.softmax(anp.cosine_scores(asking, padded))  # (1, 2, 4)
masked = anp.softmax(anp.cosine_scores(asking, padded), mask=mask)
print("water, not masked:", unmasked[0, 0].round(2))
print("water, masked:    ", masked[0, 0].round(2))
# (2, 3): never padded
without = anp.softmax(anp.cosine_scores(example.queries, example.keys))
np.testing.assert_allclose(masked[0, :, :3], without, rtol=1e-14)

other = padded.copy()
other[0, 3] = 7.0, -9.0  # anything
assert np.array_equal(anp.softmax(anp.cosine_scores(asking, other), mask=mask), masked)

# %% [markdown]
# ## A row with nothing allowed
#
# Fill a sequence up at its *left* side and add a causal mask. The first target may see only itself, and itself is padding: nothing is allowed in its row. What should its
# weights be?

# %%
guess = predict("The weights of a row in which nothing is allowed:", "an error")

# %%
tokens = ("(pad)", "river", "bank")
vectors = np.concatenate([np.zeros((1, 2)), example.keys[:2]])  # (3, 2)
may = anp.causal_mask(3, 3) & np.array([False, True, True])  # (3, 3); row 0 has no True
s = anp.cosine_scores(vectors, vectors)


def row_softmax(scores):
    with np.errstate(invalid="ignore"):
        e = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)


with_infinity = row_softmax(np.where(may, s, -np.inf))
with_a_large_number = row_softmax(np.where(may, s, -1e9))
ours = anp.softmax(s, mask=may)
print("-inf       ", with_infinity[0])
print("-1e9       ", with_a_large_number[0].round(2))
print("anp.softmax", ours[0])

assert np.isnan(with_infinity[0]).all()  # one such row, and every number after it is NaN
np.testing.assert_allclose(with_a_large_number[0], 1 / 3)  # evenly over what is forbidden
assert (ours[0] == 0).all()
assert (anp.softmax_backward(np.ones((3, 3)), ours)[0] == 0).all()
guess.compare(ours[0])

show(
    heatmap(
        np.stack([with_a_large_number, ours]),
        tokens,
        tokens,
        mask=may,
        row_sums=True,
        title=["masked by −1e9", "anp.softmax"],
    ),
    caption="Left: the first row leaks into what is forbidden, the hatched cells keep "
    "colour and number. Right: zeros, context 0, gradient 0.",
    alt="Two 3 by 3 heatmaps under one mask. Left, masked by a large negative number, "
    f"the row of (pad) has {with_a_large_number[0].max():.2f} in each of its forbidden "
    f"cells. Right its weights and its sum are {ours[0].sum():.0f}; the other rows are "
    "the same.",
)

# %% [markdown]
# Subtracting a large number looks safe, and silently attends to the future and to the padding. $-\infty$ alone is honest, and spreads NaN. Here such a row is all zeros,
# in value and gradient: nothing was allowed, nothing was taken.
#
# ## Heads: several attentions side by side
#
# One row of weights is one answer to one question. To ask several at once, cut queries, keys and values into **heads**, attend in each by itself, put the results side by side, and map
# them once more:
#
# $$\mathrm{out} = \bigl[\, \mathrm{attention}(w W^q,\; v W^k,\; v W^v) \text{ of head 1},\ \text{of head 2},\ \dots \bigr] \, W^o$$
#
# Cutting is where it goes wrong. The heads' axis must come to stand *before* the words' axis; a reshape alone deals out words in place of components:

# %%
numbered = np.arange(12.0).reshape(3, 4)  # 3 words of width 4, for 2 heads
# From (words, heads, width of a head) to (heads, words, width of a head).
right_way = numbered.reshape(3, 2, 2).swapaxes(0, 1)
wrong_way = numbered.reshape(2, 3, 2)  # the same shape
print("head 0 sees, right:", right_way[0].tolist())
print("head 0 sees, wrong:", wrong_way[0].tolist())
assert np.array_equal(right_way[0], numbered[:, :2])
assert not np.array_equal(wrong_way[0], numbered[:, :2])

# %% [markdown]
# Now a whole layer with random maps, on our five words widened to eight components, with a causal mask, computed once by hand, head by head, and once by the package:

# %%
rng = np.random.default_rng(0)
wide = (sequence @ rng.normal(size=(2, 8)))[None]  # (1, 5, 8): a batch of one
layer = MultiHeadAttention(8, heads=4, rng=rng, dtype=np.float64)
betas = [1.0, 3.0, 10.0, 30.0]  # a sharpness for each head; in earnest it is learned
layer.sharpness.log_scale.value[:] = np.log(betas)

parts = layer.query, layer.key, layer.value  # whose results are (5, 8) each
mapped = [wide[0] @ part.weight.value + part.bias.value for part in parts]
results = []
for head, beta in enumerate(betas):
    q, k, v = (x[:, 2 * head : 2 * head + 2] for x in mapped)  # (5, 2) each
    results.append(
        anp.context(anp.softmax(beta * anp.cosine_scores(q, k), mask=allowed), v)
    )
side_by_side = np.concatenate(results, axis=-1)  # (5, 8)
by_hand = side_by_side @ layer.output.weight.value + layer.output.bias.value  # (5, 8)

output, backward = layer(wide, causal=True)
np.testing.assert_allclose(output[0], by_hand, rtol=1e-10)

head_weights = layer.weights(wide, causal=True)[0]  # (4, 5, 5)
np.testing.assert_allclose(head_weights.sum(axis=-1), 1)
mean_entropy = entropy(head_weights).mean(axis=-1)  # (4,)
# The sharp heads below the blunt ones.
assert mean_entropy[2:].max() < mean_entropy[:2].min()

figure = style.figure(width="full", height=6.4)
titles = [f"head {head}: β = {beta:.0f}" for head, beta in enumerate(betas)]
heatmap(head_weights, words, words, ax=figure.subplots(2, 2), mask=allowed, title=titles)
show(
    figure,
    caption="Four heads on one scale. A blunt head looks blunt beside a sharp one.",
    alt="Four causal heatmaps of five words, at β = 1, 3, 10 and 30. Their mean "
    f"entropies are {', '.join(f'{h:.2f}' for h in mean_entropy)} nats.",
)

# %% [markdown]
# ## Other scores
#
# The cosine is one way to compare. These are the four of the package, as they are written in the literature:
#
# | score | formula | range |
# |---|---|---|
# | cosine | $\hat w \cdot \hat v$ | $[-1, 1]$ |
# | dot | $w \cdot v$ | unbounded |
# | scaled dot | $w \cdot v / \sqrt d$ | unbounded |
# | additive | $u \cdot \tanh(w W + v U)$ | $\pm \sum_k \lvert u_k \rvert$ |

# %%
u = np.array([1.0, 1.0])
score_of = {
    "cosine": anp.cosine_scores,
    "dot": anp.dot_scores,
    "scaled dot": anp.scaled_dot_scores,
    "additive": lambda w, v: anp.additive_scores(w, v, np.eye(2), np.eye(2), u),
}
all_scores = {
    name: score(example.queries, example.keys) for name, score in score_of.items()
}
for name, s in all_scores.items():
    print(f"{name:11}", s.round(2).tolist())

np.testing.assert_allclose(
    all_scores["scaled dot"], all_scores["dot"] / np.sqrt(2), rtol=1e-15
)
assert (
    abs(all_scores["additive"]).max() <= abs(u).sum()
    and abs(all_scores["cosine"]).max() <= 1
)

both = example.sources, example.targets
show(
    heatmaps([Panel(name, anp.softmax(s), *both) for name, s in all_scores.items()]),
    caption="The same words, four scores, one scale. The additive score waits for its "
    "matrices to be learned; here they are identities.",
)

# %% [markdown]
# ## Why divide by the root of the width?
#
# If the $d$ components of two vectors are independent with mean 0 and variance 1, each product has variance 1, and the dot product, a sum of $d$ of them, variance $d$. Its typical size is
# $\sqrt d$, and a softmax of such scores saturates. Ten random keys, a random query: how large is the largest weight on average at $d = 1024$?

# %%
guess = predict("Mean largest of 10 weights, plain dot product, d = 1024:", 0.3)

# %%
widths = (1, 4, 16, 64, 256, 1024)
peaks = {"dot": [], "scaled dot": [], "cosine": []}
for d in widths:
    w = rng.normal(size=(300, 1, d))  # 300 queries
    v = rng.normal(size=(300, 10, d))  # and ten keys for each
    assert abs(anp.dot_scores(w, v).std() / np.sqrt(d) - 1) < 0.1
    for name, found in peaks.items():
        found.append(anp.softmax(score_of[name](w, v)).max(axis=-1).mean())

guess.compare(peaks["dot"][-1])
assert peaks["dot"][-1] > 0.9 and 0.2 < peaks["scaled dot"][-1] < 0.4
assert peaks["cosine"][-1] < 0.12

figure = style.figure(width="half", height=3.0)
ax = figure.add_subplot()
for (name, found), colour in zip(peaks.items(), (style.KEY, style.QUERY, style.VALUE)):
    ax.plot(widths, found, "o-", color=colour, linewidth=2, label=name)
ax.axhline(0.1, color=style.MUTED, linewidth=1, linestyle="--")
ax.set(xscale="log", ylim=(0, 1), xlabel="width d", ylabel="largest of 10 weights, mean")
ax.set_xticks(widths, widths)
ax.minorticks_off()
ax.legend(frameon=False, loc=(0.02, 0.62))
show(
    figure,
    caption="Random vectors. Dashed: all ten alike.",
    alt=f"The mean largest weight over the width, from {widths[0]} to {widths[-1]}. The "
    f"dot product rises from {peaks['dot'][0]:.2f} to {peaks['dot'][-1]:.2f}, the scaled "
    f"one ends at {peaks['scaled dot'][-1]:.2f}, the cosine falls from "
    f"{peaks['cosine'][0]:.2f} to {peaks['cosine'][-1]:.2f}.",
)

# %% [markdown]
# The plain dot product ends as an argmax, through which little gradient comes (notebook 04). The scaled one keeps its sharpness at every width. The bare cosine goes the other way: random
# directions are nearly at right angles in many dimensions, so all cosines are near 0 and all weights alike. That is the first trap from another side, and the cure is the same: a sharpness.
#
# ## Exercises
#
# One for each step above.

# %% [exercise] linear

# %% [exercise] linear_backward

# %% [exercise] causal_mask

# %% [exercise] padding_mask

# %% [exercise] split_heads

# %% [exercise] merge_heads

# %% [exercise] scaled_dot_scores

# %% [exercise] additive_scores

# %% [markdown]
# ## Where this is used
#
# - All of it in the transformer: scaled dot product (Vaswani et al. 2017, section 3.2.1; its footnote 4 has the argument about the variance), heads (3.2.2), the causal mask (3.2.3).
# - The additive score is the oldest (Bahdanau, Cho, Bengio 2015, section A.1.2); dot products came with Luong, Pham, Manning 2015, section 3.1.
# - The row with nothing allowed: `pytorch/pytorch` issue 41508, reported in 2020, is about the NaN that it makes.
# - Many heads can be removed after training with little loss (Michel, Levy, Neubig 2019, *Are sixteen heads really better than one?*; Voita et al. 2019).
#
# ## Recap in five lines
#
# 1. Learned maps let a word ask for one thing, be found by another, and hand over a third.
# 2. A mask acts on scores, before the softmax; in pictures a masked cell is hatched.
# 3. A row with nothing allowed is all zeros: not NaN, and not an even look at what is forbidden.
# 4. Heads: cut the width, move the heads' axis to the front, attend in each, put side by side; look at them on one scale.
# 5. Dot products grow with $\sqrt d$ and are divided by it; cosines shrink with it and need a sharpness.
#
# Next: 06

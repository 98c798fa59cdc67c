# %% [markdown]
# # 03 · Mix the values over the right index
#
# The last of the article's three formulas is the simplest: a weighted mean. It is also where the second trap lies. As printed, the article
# makes its weights along one index, and sums along the other.
#
# - **What you'll do:** mix values into contexts, draw them in the plane, then follow the article to the letter and see where they land.
# - **What you'll learn:** what a weighted mean can and cannot reach, and how a margin tells over which index a softmax ran.
# - **What you'll need:** notebooks 01 and 02; about 10 minutes.

# %%
import numpy as np

import attention_np as anp
from attention_np.course import example, predict, show, style
from attention_np.layers import Attention
from attention_np.visualize import heatmap

%load_ext attention_np.classroom

# %% [markdown]
# ## The context
#
# Target $j$ has weights $p_{ij}$ for the inputs $i = 1 \dots m$, from notebook 02. It receives their mean, each input counted as much as its weight
# says: the **context**
#
# $$c_j = \sum_{i=1}^{m} p_{ij} \, v_i$$
#
# The article uses the same $v_i$ twice: to be compared with, and to be handed over. In practice the two are kept apart, as **keys** and **values**: what
# a word is found by need not be what it tells. So it is in our example, where `keys` and `values` differ. As a loop, then in one line:

# %%
queries, keys = example.queries, example.keys  # (2, 2), (3, 2)
values = example.values  # (3, 2)
scores = anp.cosine_scores(queries, keys)  # (2, 3)
weights = anp.softmax(scores)  # (2, 3): each row sums to 1

by_loop = np.zeros((len(weights), values.shape[1]))
for j in range(len(weights)):
    for i in range(len(values)):
        by_loop[j] += weights[j, i] * values[i]

context = weights @ values  # (2, 3) @ (3, 2) -> (2, 2): a row for each target

np.testing.assert_allclose(context, by_loop, rtol=1e-15)
np.testing.assert_allclose(context, anp.context(weights, values), rtol=1e-15)
for target, c in zip(example.targets, context):
    print(f"{target:6} receives {c.round(3)}")

# %% [markdown]
# That is all of attention: three lines. The package has them as one function, and as the layer that the article asks for, which gives relevance,
# distribution and result together:

# %%
np.testing.assert_allclose(anp.attention(queries, keys, values), context, rtol=1e-12)

attended, backward = Attention()(queries, keys, values)  # `backward` is for notebook 06 on
np.testing.assert_allclose(attended.scores, scores, rtol=1e-15)
np.testing.assert_allclose(attended.weights, weights, rtol=1e-15)
np.testing.assert_allclose(attended.context, context, rtol=1e-15)
print(attended._fields)

# %% [markdown]
# ## Where a mean can lie
#
# Weights that are positive and sum to 1 make a *mean*, and a mean of points lies among them: in their **convex hull**, here the triangle of the three
# values. The line of each target shows where its context goes when the sharpness $\beta$ of notebook 02 grows from 0. All lines start at the
# plain mean of the values, and each ends at the value of the key that fits best. Which value is that for *money*?

# %%
guess = predict("At a large sharpness, money receives the value of ...", "bank")

# %%
sharp = anp.context(anp.softmax(200 * scores), values)
closest = [example.sources[np.linalg.norm(values - c, axis=-1).argmin()] for c in sharp]
guess.compare(closest[1])
np.testing.assert_allclose(sharp, values[scores.argmax(axis=-1)], atol=1e-12)
blunt = anp.context(anp.softmax(0 * scores), values)
np.testing.assert_allclose(blunt - values.mean(axis=0), 0, atol=1e-12)


def shares_of(point):
    """The one way to write a point as a sum of the values with shares that sum to 1."""
    return np.linalg.solve(np.vstack([values.T, np.ones(3)]), np.append(point, 1))


def in_hull(point):
    return bool((shares_of(point) >= -1e-12).all())


# The shares are the weights.
np.testing.assert_allclose([shares_of(c) for c in context], weights)
assert all(map(in_hull, context))


# %%
def draw_values(ax):
    """The values and their hull."""
    ax.fill(*values.T, color=style.VALUE, alpha=0.12, linewidth=0)
    ax.plot(*values.T, "o", color=style.VALUE, markersize=8)
    for word, (x, y) in zip(example.sources, values):
        ax.annotate(word, (x, y), (8, -3), textcoords="offset points", color=style.VALUE)
    ax.set(xlim=(-1.7, 2.6), ylim=(-1.1, 2.3), aspect="equal")


def draw_contexts(ax, contexts):
    for target, (x, y) in zip(example.targets, contexts):
        ax.plot(x, y, "D", color=style.QUERY, markersize=7)
        beside = {"xytext": (-6, 7), "textcoords": "offset points", "ha": "right"}
        ax.annotate(target, (x, y), **beside, color=style.QUERY)


figure = style.figure(width="half", height=3.4)
ax = figure.add_subplot()
draw_values(ax)
betas = np.linspace(0, 40, 400)[:, None, None]
# (400, 2, 2): a context for every β and target
paths = anp.softmax(betas * scores) @ values
for j in range(2):
    ax.plot(*paths[:, j].T, color=style.QUERY, linewidth=1)
draw_contexts(ax, context)
ax.plot(*values.mean(axis=0), "x", color=style.MUTED, markersize=8)
ax.annotate(
    "mean", values.mean(axis=0), (4, -14), textcoords="offset points", color=style.MUTED
)
show(
    figure,
    caption="The hull of the values. Diamonds: the contexts at β = 1. Lines: where they "
    "go as β grows.",
    alt=f"A triangle of the values {', '.join(example.sources)}. From their mean a line "
    f"leads to the value of {closest[0]} for water and of {closest[1]} for money; the "
    "contexts at sharpness 1 lie on the way, "
    f"{np.linalg.norm(context[0] - values.mean(axis=0)):.2f} and "
    f"{np.linalg.norm(context[1] - values.mean(axis=0)):.2f} from the mean.",
)

# %% [markdown]
# ## Trap 2: normalised over one index, summed over the other
#
# Read the article's second formula as it is printed:
#
# $$p_{ij} = \frac{e^{a_{ij}}}{\sum_{k} e^{a_{ik}}}$$
#
# The sum in the denominator runs over $k$ in $a_{ik}$: over the *second* index, the targets. Yet $c_j = \sum_i p_{ij} v_i$ sums over $i$, the inputs. So the weights
# that meet in one context were never made to sum to 1. In code the difference is one character: `axis=-2` for `axis=-1`.

# %%
as_printed = anp.softmax(scores, axis=-2)  # over the targets of one input

show(
    heatmap(
        np.stack([weights, as_printed]),
        example.sources,
        example.targets,
        title=["over the inputs", "over the targets"],
        row_sums=True,
        column_sums=True,
    ),
    caption="The margins tell. Left, each target's weights sum to 1; right, as printed, "
    "each input's do.",
    alt="Two heatmaps of weights. Left, normalised over the inputs: rows sum to "
    f"{weights.sum(axis=-1).round(2)}, columns to {weights.sum(axis=-2).round(2)}. Right, "
    f"over the targets: rows sum to {as_printed.sum(axis=-1).round(2)}, columns to "
    f"{as_printed.sum(axis=-2).round(2)}.",
)

np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-15)  # rows, on the left
np.testing.assert_allclose(as_printed.sum(axis=-2), 1, rtol=1e-15)  # columns, on the right
assert abs(as_printed.sum(axis=-1) - 1).min() > 0.3  # and the rows on the right do not
print("row sums as printed:", as_printed.sum(axis=-1).round(2))

# %% [markdown]
# As a heatmap both look reasonable: same shape, same colours, the same cell on top. What goes wrong is downstream. A sum with weights that do not
# sum to 1 is no mean, and nothing keeps it in the hull:

# %%
context_as_printed = anp.context(as_printed, values)

figure = style.figure(width="full", height=3.4)
titles = "over the inputs", "as printed, over the targets"
axes = figure.subplots(1, 2)
for ax, contexts, title in zip(axes, (context, context_as_printed), titles):
    draw_values(ax)
    draw_contexts(ax, contexts)
    ax.set_title(title, fontsize=style.TEXT)
where = ["inside" if in_hull(c) else "outside" for c in context_as_printed]
show(
    figure,
    caption="Left, both contexts are means of values. Right, one lies where no mean of "
    "these values can lie.",
    alt="The hull of the values, twice. Left, both contexts lie in it. Right, after the "
    f"formula as printed, water lies {where[0]} at ({context_as_printed[0, 0]:.2f}, "
    f"{context_as_printed[0, 1]:.2f}) and money {where[1]} at "
    f"({context_as_printed[1, 0]:.2f}, {context_as_printed[1, 1]:.2f}).",
)

assert where == ["outside", "inside"]  # money is inside by luck: its row sums to 1.59
assert shares_of(context_as_printed[0]).min() < 0  # no mean has a negative share
print("shares of water's context as printed:", shares_of(context_as_printed[0]).round(2))

# %% [markdown]
# ## Two proofs that it is not attention
#
# **One target alone.** With $n = 1$ the denominator has one term, the numerator itself. What are the weights of *water*, if nobody else asks?

# %%
guess = predict("Weights of water as printed, when water asks alone:", [0.55, 0.32, 0.13])

# %%
alone = anp.softmax(scores[:1], axis=-2)
guess.compare(alone[0])
assert np.array_equal(alone, np.ones((1, 3)))  # whatever the scores
plain_sum = values.sum(axis=0)
np.testing.assert_allclose(anp.context(alone, values)[0], plain_sum)

# %% [markdown]
# Every weight is 1, whatever the scores: the context is the sum of the values, and nothing was attended to. A question that is asked alone, as in a
# search or a classifier, would have the same answer always.
#
# **Company changes the answer.** What *water* takes from *river* should not depend on whether *money* is asking too. As printed it does, since the targets
# compete for each input. In all, the $n$ rows share $m$ wholes, so a row sums to $m/n$ on average: the length of a context depends on how many others ask.

# %%
three = np.concatenate([queries, [[1.0, 1.0]]])  # a third target
scores_of_three = anp.cosine_scores(three, keys)  # (3, 3)

# Over the inputs: unmoved.
np.testing.assert_allclose(anp.softmax(scores_of_three)[:2], weights)
changed = anp.softmax(scores_of_three, axis=-2)[:2]
assert (changed < as_printed).all()  # as printed: every weight has shrunk
for number, row in (("two", as_printed[0]), ("three", changed[0])):
    print(f"water as printed, {number} targets: {row.round(2)}, sum {row.sum():.2f}")

rng = np.random.default_rng(0)
for n in (1, 2, 5, 30):
    many = anp.cosine_scores(rng.normal(size=(n, 2)), keys)  # (n, 3)
    printed = anp.softmax(many, axis=-2)
    outside = np.mean([not in_hull(c) for c in anp.context(printed, values)])
    np.testing.assert_allclose(printed.sum(axis=-1).mean(), 3 / n)
    assert all(in_hull(c) for c in anp.context(anp.softmax(many), values))
    mean_sum = printed.sum(axis=-1).mean()
    print(f"{n:2} targets: mean row sum {mean_sum:.2f}, outside the hull {outside:.0%}")

# %% [markdown]
# With few targets the contexts are too long; with many they shrink towards the zero vector. (Whether that lies inside the hull depends on where the values
# are, so a check by the hull alone would miss it. The row sums never do.)
#
# We read the article's formula as it must have been meant, $\sum_k e^{a_{kj}}$, from here on.
#
# ## Exercises

# %% [exercise] context

# %% [exercise] attend

# %% [markdown]
# ## Where this is used
#
# - The first neural attention: a context is a mean of the encoder's states, weights normalised over the *sources* (Bahdanau, Cho, Bengio 2015,
#   section 3.1, equations 5 and 6). Keys apart from values: Miller et al. 2016, *Key-value memory networks*.
# - Long before: a mean of observed values, weighted by how near their places are, is kernel regression (Nadaraya 1964; Watson 1964).
# - The other index on purpose: *Slot Attention* lets targets compete for inputs by a softmax over the targets, and then **divides each row by its sum**, so that
#   what arrives is a mean again (Locatello et al. 2020, section 2.1). That last step is what the article's formula lacks.
#
# ## Recap in five lines
#
# 1. A context is the mean of the values, weighted by attention: `weights @ values`.
# 2. It lies in the convex hull of the values; sharpness moves it from their mean to one of them.
# 3. The article's formula as printed normalises over targets and sums over inputs: rows do not sum to 1.
# 4. With one target its weights are all 1; with more, they depend on who else asks.
# 5. Look at the margins: rows of 1 mean that each target gives one whole away.
#
# Next: 04

# %% [markdown]
# # 04 · Unmask four impostors
#
# Weights that are positive and sum to 1 make a fine heatmap, wherever they come from. This notebook shows four functions that pass for
# attention and are none: the code of our own article (its fourth trap), an official tutorial that stood wrong for six years, and two more.
#
# - **What you'll do:** forge a heatmap, run the article's code beside its formulas, and put five suspects through one battery of questions.
# - **What you'll learn:** why a picture, a falling loss and a good score cannot tell, and which experiments can.
# - **What you'll need:** notebooks 01 to 03; about 12 minutes.

# %%
import textwrap

import numpy as np

import attention_np as anp
from attention_np.course import example, predict, show, style
from attention_np.models import ArticleModel, FormulaModel
from attention_np.optim import Adam
from attention_np.training import blas_threads
from attention_np.visualize import Panel, does_it_attend, heatmap, heatmaps

%load_ext attention_np.classroom

# %% [markdown]
# ## One picture, two functions
#
# One of these two compares each query with each key, as notebooks 01 and 02 do. The other never looks at the keys. Which is which?

# %%
queries, keys = example.queries, example.keys  # (2, 2), (3, 2)


def honest(queries, keys):
    return anp.softmax(3 * anp.cosine_scores(queries, keys))


# (2, 3), chosen so that the picture fits.
position_weight = np.linalg.solve(queries, np.log(honest(queries, keys)))


def tutorial(queries, keys):
    """A weight for each position, from the query alone: `keys` does not occur."""
    return anp.softmax(queries @ position_weight)


guess = predict("The impostor is on the ...", "left")

# %%
suspects = {"left": tutorial, "right": honest}


def line_up(suspects, keys, names):
    """One panel for each suspect, on one scale."""
    panels = [
        Panel(n, f(queries, keys), names, example.targets) for n, f in suspects.items()
    ]
    return heatmaps(panels)


show(
    line_up(suspects, keys, example.sources),
    caption="The same numbers to the last digit shown.",
)
np.testing.assert_allclose(tutorial(queries, keys), honest(queries, keys), rtol=1e-12)

# %% [markdown]
# No look at the picture can tell, for the numbers are the same. An **experiment** can: change something, and see what changes with it. Hand the keys
# over in another order. Attention follows the words; the impostor goes on pointing at the places where they were.

# %%
order = [2, 0, 1]
moved = [example.sources[i] for i in order]
show(
    line_up(suspects, keys[order], moved),
    caption="The keys in another order. Right: the columns went along. Left: nothing "
    "moved but the labels.",
)
np.testing.assert_allclose(honest(queries, keys[order]), honest(queries, keys)[:, order])
assert np.array_equal(tutorial(queries, keys[order]), tutorial(queries, keys))
guess.compare("left")

# %% [markdown]
# The left one is a reduced copy of a real case. From 2017 to June 2023 PyTorch's official tutorial on translation with attention computed its weights as
#
# ```python
# attn_weights = F.softmax(self.attn(torch.cat((embedded[0], hidden[0]), 1)), dim=1)
# ```
#
# from the last word written and the decoder's state. The encoder's states, the keys, do not occur in that line. It trained, it translated, and its heatmaps had
# the diagonal that readers expected, since short French and English sentences run in parallel and a position is as good as a word. The mistake was reported in
# May 2017 and mended six years later (sources below).
#
# ## Trap 4: the article's code is not its formulas
#
# After its three formulas the article prints a class. Reduced to its mathematics, for embedded words $E_t$, $t = 1 \dots T$, and a learned matrix $W$:
#
# $$P = \mathrm{softmax}_t(E W), \qquad c = \sum_{t} P_t \odot E_t$$
#
# It looks like the formulas. But $E W$ has a number for every word *and feature*, the softmax runs over time for each feature by itself, and $\odot$ multiplies feature by
# feature. Every *feature* distributes its own attention; no *word* has a weight; and no target occurs anywhere, so nobody asks. The package has both: `ArticleModel` is
# the class to the letter, `FormulaModel` has the formulas, with one learned target. As a loop, against the model:


# %%
def gate_by_loop(embedded, matrix):
    scores = embedded @ matrix  # (T, H)
    weights = np.zeros_like(scores)
    for h in range(scores.shape[1]):
        for t in range(len(scores)):
            weights[t, h] = np.exp(scores[t, h]) / np.exp(scores[:, h]).sum()
    return weights


small = {"input_dim": 3, "hidden_dim": 2, "output_dim": 2, "dtype": np.float64}
article = ArticleModel(**small, rng=np.random.default_rng(0))
article.embedding.weight.value[:] = keys  # the words river, bank, loan
article.attention.weight.value[:] = 3 * np.eye(2)
ids = np.array([[0, 1, 2]])  # one sequence, (B, T) = (1, 3)

gate = article.weights(ids)[0]  # (T, H) = (3, 2)
np.testing.assert_allclose(gate, gate_by_loop(keys, 3 * np.eye(2)), rtol=1e-12)
np.testing.assert_allclose(gate, anp.softmax(3 * keys, axis=0), rtol=1e-12)  # in one line

show(
    heatmap(gate.T, example.sources, ["feature 1", "feature 2"], row_sums=True),
    caption="The article's code: a row for each feature. Which word has the attention?",
)
assert gate[:, 0].argmax() != gate[:, 1].argmax()

# %% [markdown]
# There is no answer: feature 1 took *river*, feature 2 took *bank*. The context then has its first number from one word and its second from another. Notebook 03 has the
# test for that: a mean of vectors lies in their convex hull. Where does the article's lie?

# %%
formulas = FormulaModel(**small, scale=3.0, rng=np.random.default_rng(0))
formulas.embedding.weight.value[:] = keys
formulas.target.value[:] = queries[0]  # water asks
weights = formulas.weights(ids)[0]  # (T,): a weight for each word
np.testing.assert_allclose(weights, honest(queries[:1], keys)[0], rtol=1e-12)

by_article = (gate * keys).sum(axis=0)  # (H,)
by_formulas = weights @ keys  # (H,)


def shares_of(point):
    return np.linalg.solve(np.vstack([keys.T, np.ones(3)]), np.append(point, 1))


assert shares_of(by_formulas).min() >= 0 > shares_of(by_article).min()  # inside; outside
low, high = keys.min(axis=0), keys.max(axis=0)
assert (low <= by_article).all() and (by_article <= high).all()  # but in the box

figure = style.figure(width="half", height=3.4)
ax = figure.add_subplot()
ax.fill(*keys.T, color=style.VALUE, alpha=0.12, linewidth=0)
box = [low[0], high[0], high[0], low[0], low[0]], [low[1], low[1], high[1], high[1], low[1]]
ax.plot(*box, "--", color=style.MUTED, linewidth=1)
ax.plot(*keys.T, "o", color=style.VALUE, markersize=8)
for word, (x, y), offset in zip(example.sources, keys, ((8, -3), (-4, 9), (-34, -3))):
    ax.annotate(word, (x, y), offset, textcoords="offset points", color=style.VALUE)
for name, (x, y), colour in (
    ("article's code", by_article, style.KEY),
    ("formulas", by_formulas, style.QUERY),
):
    ax.plot(x, y, "D", color=colour, markersize=7)
    ax.annotate(
        name, (x, y), (-8, -14), textcoords="offset points", ha="right", color=colour
    )
ax.set(xlim=(-1.2, 3.2), ylim=(0.4, 2.0), xlabel="feature 1", ylabel="feature 2")
show(
    figure,
    caption="Shaded: what a mean of the three words can be. Dashed: what a gate per "
    "feature can be.",
    alt="The triangle of the embedded words river, bank, loan, and the box around it. "
    f"The context of the formulas, at ({by_formulas[0]:.2f}, {by_formulas[1]:.2f}), lies "
    f"in the triangle; that of the article's code, at ({by_article[0]:.2f}, "
    f"{by_article[1]:.2f}), lies in the box but outside it.",
)

# %% [markdown]
# ## A good score does not unmask it
#
# Train both on a task for attention: a sequence of eight words, of which exactly one is a *marker*, and the class is which of four markers it is. Guess the accuracy of the
# article's code on sequences that it has not seen.

# %%
guess = predict("Accuracy of the article's code, in per cent:", 25)


# %%
def sequences(number, rng):
    """Words 0..3 are the markers; 4..19 mean nothing."""
    ids = rng.integers(4, 20, size=(number, 8))
    classes = rng.integers(4, size=number)
    ids[np.arange(number), rng.integers(8, size=number)] = classes
    return ids, classes


def accuracy_of(model, steps=300):
    rng = np.random.default_rng(0)
    optimiser = Adam(model.parameters(), 2e-2)
    for _ in range(steps):
        ids, classes = sequences(64, rng)
        logits, backward = model(ids)
        optimiser.zero_grad()
        backward(anp.cross_entropy_backward(logits, classes))
        optimiser.step()
    ids, classes = sequences(2000, rng)
    return np.mean(model(ids)[0].argmax(axis=-1) == classes)


shape = {"input_dim": 20, "hidden_dim": 16, "output_dim": 4}
with blas_threads(1):
    trained_article = ArticleModel(**shape, rng=np.random.default_rng(0))
    trained_formulas = FormulaModel(**shape, learn_scale=True, rng=np.random.default_rng(0))
    of_article, of_formulas = accuracy_of(trained_article), accuracy_of(trained_formulas)
print(f"article's code {of_article:.0%}, formulas {of_formulas:.0%}")
guess.compare(round(100 * of_article))
assert min(of_article, of_formulas) > 0.98

ids, classes = sequences(1000, np.random.default_rng(1))
looks_at, marker = trained_formulas.weights(ids).argmax(axis=-1), (ids < 4).argmax(axis=-1)
assert np.mean(looks_at == marker) > 0.98

# %% [markdown]
# Both solve it. The formulas' model looks at the marker, as the last line checks; of the other one that question cannot even be asked. A network learns to use
# whatever stands in the place of attention, so neither the loss nor the accuracy says *what* stands there.
#
# ## The battery
#
# What must any attention do? Ask five things of a function from queries and keys to weights:
#
# 1. Is every row a **distribution** over the keys?
# 2. Do **other keys** change the weights?
# 3. Does **another query** change its own row, and no other?
# 4. Do keys in **another order** take their weights along?
# 5. Does a **small change** of a query change a weight a little, so that a gradient can come through?
#
# `does_it_attend` asks them. Two more suspects join: *uniform*, which looks at everything alike, and *argmax*, which looks at the best key alone.


# %%
def gate_per_word(queries, keys):
    """The article's gate as one weight for each word, its mean over the features."""
    gate = anp.softmax(3 * keys, axis=0)  # (S, H)
    return np.tile(gate.mean(axis=-1), (len(queries), 1))  # (L, S)


def uniform(queries, keys):
    return np.full((len(queries), len(keys)), 1 / len(keys))


def argmax(queries, keys):
    return np.eye(len(keys))[anp.cosine_scores(queries, keys).argmax(axis=-1)]


suspects = {"article's code": gate_per_word, "tutorial": tutorial}
suspects |= {"uniform": uniform, "argmax": argmax}
show(
    line_up(suspects, keys, example.sources),
    caption="Four impostors. Each row is a distribution.",
)

# %%
suspects["honest"] = honest
found = {}
for name, suspect in suspects.items():
    verdict = does_it_attend(suspect, queries, keys)
    found[name] = [impostor.code for impostor in verdict.impostors]
    print(textwrap.fill(f"{name}: {verdict}", 88, subsequent_indent="    "))

assert found == {
    "article's code": ["ignores-queries"],
    "tutorial": ["ignores-keys"],
    "uniform": ["uniform"],
    "argmax": ["step"],
    "honest": [],
}

# %% [markdown]
# Each is named by the question that it fails. *Argmax* is the subtlest: it compares, it follows, and it is right. But no small step changes it, so its derivative is 0
# wherever there is one, and whatever made the queries and keys can never learn through it:


# %%
def slope(weights_of, h=1e-5):
    """How much the weight of water for river changes with the second component of water."""
    step = np.array([[0.0, h], [0.0, 0.0]])
    difference = weights_of(queries + step, keys) - weights_of(queries - step, keys)
    return difference[0, 0] / (2 * h)


print(f"slope of argmax {slope(argmax)}, of the honest one {slope(honest):.3f}")
assert slope(argmax) == 0 and abs(slope(honest)) > 0.1

# %% [markdown]
# The second trap comes up in the battery as well, and so do shapes the wrong way round. Try one of your own: write a function from `(queries, keys)` to weights, and hand it over.


# %%
def over_the_targets(queries, keys):
    return anp.softmax(anp.cosine_scores(queries, keys), axis=-2)


verdict = does_it_attend(over_the_targets)
print(verdict)
assert verdict.impostors[0].code == "transposed"

# %% [markdown]
# ## Exercises
#
# Both models begin with an **embedding**: a table with a row for each word of the vocabulary, looked up by the word's number. Writing it is a line. Its gradient has a trap of
# its own: in a sequence, a word may occur twice.

# %% [exercise] embedding

# %% [exercise] embedding_backward

# %% [markdown]
# ## Where this is used
#
# - The tutorial: `pytorch/tutorials` on GitHub, issues 87 (May 2017) and 130, mended by pull request 2452 (June 2023).
# - A softmax per feature is a design of its own when it is meant: *multi-dimensional attention* in DiSAN (Shen et al. 2018, section 3.1).
# - Argmax can be trained, but not by its derivative: *hard attention* estimates a gradient from samples (Xu et al. 2015, *Show, attend and tell*, section 4.1).
# - The same idea as the battery, for pictures of what an image classifier looks at: randomise the model and see whether the picture changes. Some did not (Adebayo et al.
#   2018, *Sanity checks for saliency maps*).
#
# ## Recap in five lines
#
# 1. A heatmap cannot tell attention from a function that never saw the keys: the numbers can be the same.
# 2. The article's code gates each feature over time: no word has a weight, and no target asks.
# 3. Its context leaves the convex hull of the words, and yet it trains and scores as well.
# 4. Experiments tell: other keys, other queries, another order, a small step.
# 5. Argmax attends but cannot be learned through: its slope is 0.
#
# Next: 05

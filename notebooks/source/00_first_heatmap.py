# %% [markdown]
# # 00 · Run your first heatmap
#
# Every notebook of this course ends in pictures of who attends to whom. This one makes sure that they run on your machine, and that
# you can read them.
#
# - **What you'll do:** check the installation, draw a heatmap in one line, guess a number before you compute it.
# - **What you'll learn:** which side of a heatmap is the query and which the key, and how a wrong reading is caught.
# - **What you'll need:** Python and NumPy at the level of `a @ b` and `a.sum(axis=-1)`; about 5 minutes.
#
# Run a cell with Shift + Enter. *Run All* works in every notebook, whatever you leave undone.

# %% tags=["timing"]
import platform

import matplotlib
import numpy as np

import attention_np as anp
from attention_np.course import example, predict, show
from attention_np.visualize import alt_text, heatmap

print("attention_np", anp.__version__)
print("Python", platform.python_version(), "and NumPy", np.__version__)
print("Matplotlib", matplotlib.__version__)

assert anp.softmax(np.zeros(4)).tolist() == [0.25, 0.25, 0.25, 0.25]
print("It computes.")

# %% [markdown]
# If that printed *It computes*, the installation is complete. Nothing in this course needs the network, a graphics card or any other
# framework.
#
# ## What a heatmap of attention shows
#
# A word that asks is a **query**; a word that is looked at is a **key**. In the course's running example two words ask, *water* and *money*,
# and three are looked at, *river*, *bank* and *loan*. How much each query takes of each key is a **weight**: a number from 0 to 1.
# Notebooks 01 and 02 show where weights come from. Here they are taken as they come:

# %%
weights = anp.softmax(anp.cosine_scores(example.queries, example.keys))

print(
    "shape", weights.shape, "- (queries, keys): a row for each query, a column for each key"
)
assert weights.shape == (len(example.targets), len(example.sources))

# %% [markdown]
# Before you draw them: *bank* can be a place by the river or a house of money. Which of the two queries will take more of *bank*? Guess
# by changing the word, then run the cell. The guess is only for you.

# %%
guess = predict("Which query takes more of 'bank'?", "money")

# %%
show(
    heatmap(weights, example.sources, example.targets, row_sums=True),
    caption="Query down, key right.",
    print_alt=True,
)

bank = example.sources.index("bank")
more = example.targets[weights[:, bank].argmax()]
guess.compare(more)
assert weights[0, bank] > weights[1, bank]  # by a little: rows 0 and 1, column "bank"

# %% [markdown]
# How to read it, in four steps:
#
# 1. **Pick a row.** It belongs to one query: the query is at the left, and rows go down (*query ↓*).
# 2. **Go along the row.** Each cell is the weight of one key, named above its column (*key →*).
# 3. **Check the margin.** Each row sums to 1: a query has one whole to give away. Columns have no such rule.
# 4. **Look at the scale.** It goes from 0 to 1, not from the smallest weight to the largest, so that a blur looks like a blur.
#
# The lines of text under the picture are its **alternative text**. They are made from the numbers, not typed: a reader who cannot see the
# picture gets what it shows, and anybody can check that both say the same. Every picture of the course carries such a text.

# %%
said = alt_text(weights, example.sources, example.targets)
for query, row in zip(example.targets, weights):
    key = example.sources[row.argmax()]
    assert f"“{query}” looks" in said and f"at “{key}” ({row.max():.2f}" in said
print(f"{len(said)} characters, made from {weights.size} numbers")

# %% [markdown]
# ## The commonest mistake
#
# It is a picture whose sides are exchanged. With three keys and two queries its shape gives it away. With as many queries as keys, nothing does,
# except the margin. Here a sequence attends to itself, once the right way and once transposed:

# %%
keys = example.keys
# (3, 3), three times as sharp
self_weights = anp.softmax(3 * anp.cosine_scores(keys, keys))

print("row sums, right:     ", self_weights.sum(axis=-1).round(2))
print("row sums, transposed:", self_weights.T.sum(axis=-1).round(2))
np.testing.assert_allclose(self_weights.sum(axis=-1), 1)
assert abs(self_weights.T.sum(axis=-1) - 1).max() > 0.1

show(
    heatmap(
        self_weights.T, example.sources, example.sources, row_sums=True, title="transposed"
    ),
    caption="Both sides carry the same words. Only the row sums say that something is "
    "wrong.",
)

# %% [markdown]
# ## How this course goes
#
# Each notebook goes the same way: *guess*; a *formula*; the formula as a *loop*; the loop as *one line of NumPy*; a *picture*; then exercises that
# are checked on the spot, with hints one at a time. Every number in the text is computed in a cell, and an `assert` beside it stops the
# notebook if the text is wrong. Change the number in the next cell, and run both:

# %%
guess = predict("What do all weights of the example sum to?", 1.0)

# %%
guess.compare(weights.sum())
np.testing.assert_allclose(weights.sum(), len(example.targets))  # one whole for each query

# %% [markdown]
# ## Where this is used
#
# - The first pictures of this kind showed which English words a translator looked at for each French word that it wrote (Bahdanau, Cho,
#   Bengio 2015, figure 3). There, too, each row is a word that is written.
# - Whether such a picture *explains* a model is disputed: Jain and Wallace 2019, "Attention is not Explanation", and Wiegreffe and
#   Pinter 2019, "Attention is not not Explanation". Notebooks 10 and 11 measure it.
# - Text made from a chart's data is what accessibility guidelines ask for (W3C, Web Content Accessibility Guidelines 2.2, criterion 1.1.1).
#
# ## Recap in five lines
#
# 1. Weights have a row for each query and a column for each key: shape (queries, keys).
# 2. Read a heatmap along its rows: this query takes so much of each key.
# 3. Rows sum to 1; columns need not. The margin catches an exchanged picture.
# 4. The scale goes from 0 to 1, whatever the data.
# 5. The alternative text is made from the same numbers: check one against the other.
#
# Next: 01

# %% [markdown]
# # 01 · Score two words with a cosine
#
# Attention begins with a question to each pair of words: how well do you two fit? The article answers with the cosine of an angle. It is a
# good answer, and it hides the third of the article's four traps: it divides by the length of a vector, which may be 0.
#
# - **What you'll do:** go from a dot product to a table of cosines, break the textbook formula with large, small and zero vectors, and mend it.
# - **What you'll learn:** what the cosine ignores, how to compute it at any magnitude, and what three policies for the zero vector cost.
# - **What you'll need:** notebook 00, vectors and their dot product; about 12 minutes.

# %%
import numpy as np

import attention_np as anp
from attention_np.course import example, predict, show, style
from attention_np.visualize import heatmap

%load_ext attention_np.classroom

# %% [markdown]
# ## Dot product, length, cosine
#
# The article calls the inputs $v_i$ (here *river*, *bank*, *loan*) and the targets $w_j$ (*water*, *money*). In the language of the field, targets
# are the queries and inputs are the keys. Its first formula is their **cosine**:
#
# $$a_{ij} = \frac{v_i \cdot w_j}{\lVert v_i \rVert \, \lVert w_j \rVert}, \qquad v \cdot w = \sum_{k} v_k w_k, \qquad \lVert v \rVert = \sqrt{v \cdot v}$$
#
# Above the line stands the dot product, which grows with both lengths; below it the lengths, which take that growth out again. What is left
# is the cosine of the angle between the two: 1 in the same direction, 0 at a right angle, $-1$ in opposite directions. As a loop:


# %%
def cosine_of(v, w):
    dot = v_squared = w_squared = 0.0
    for k in range(len(v)):
        dot += v[k] * w[k]
        v_squared += v[k] * v[k]
        w_squared += w[k] * w[k]
    return dot / (v_squared**0.5 * w_squared**0.5)


# In the plane, so that they can be drawn: (2, 2) and (3, 2).
queries, keys = example.queries, example.keys
by_loop = np.array([[cosine_of(v, w) for v in keys] for w in queries])  # (2, 3)
print(by_loop.round(3))

# %% [markdown]
# A row for each target, a column for each input: the article's $a_{ij}$ is `scores[j, i]`. That order, the field's, holds in the whole course.
# (The package's documentation and the exercises write $s_{ji}$ for the same number, row first.)
#
# In one line: make unit vectors, then one matrix product takes all dot products at once.


# %%
def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


scores = unit(queries) @ unit(keys).T  # (2, 2) @ (2, 3) -> (2, 3)

np.testing.assert_allclose(scores, by_loop, rtol=1e-14)
np.testing.assert_allclose(scores, anp.cosine_scores(queries, keys), rtol=1e-14)

# %% [markdown]
# A picture says it best: on the left the five words as arrows, on the right the cosine of each with each, a **Gram matrix**. Its scale goes from
# $-1$ to 1, because a cosine does.

# %%
words, arrows = example.sources + example.targets, np.concatenate([keys, queries])  # (5, 2)
gram = anp.cosine_scores(arrows, arrows)  # (5, 5)

np.testing.assert_allclose(np.diag(gram), 1, rtol=1e-15)  # every word with itself
np.testing.assert_allclose(gram, gram.T, rtol=1e-15)  # the angle has no first and second
assert abs(gram).max() <= 1 + 1e-15

figure = style.figure(width="full", height=3.6)
left, right = figure.subplots(1, 2)
arrow = {"arrowstyle": "-|>", "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
for word, (x, y) in zip(words, arrows):
    colour = style.KEY if word in example.sources else style.QUERY
    left.annotate("", (x, y), (0, 0), arrowprops=arrow | {"color": colour})
    side = "left" if x > 0 else "right"
    left.text(1.08 * x, 1.08 * y + 0.06, word, color=colour, ha=side, va="center")
left.set(xlim=(-1.5, 3.1), ylim=(-1.0, 2.0), aspect="equal", title="inputs and targets")
heatmap(
    gram,
    words,
    words,
    ax=right,
    value_range=(-1, 1),
    label="cosine",
    title="each with each",
)
opposite = np.unravel_index(gram.argmin(), gram.shape)
show(
    figure,
    caption="Length plays no part: only the angle counts.",
    alt=f"Left, five arrows from the origin: {', '.join(words)}. Right, their cosines: 1 "
    f"on the diagonal, symmetric, the smallest {gram.min():.2f} between "
    f"{words[opposite[0]]} and {words[opposite[1]]}; water with river {gram[3, 0]:.2f}, "
    f"money with loan {gram[4, 2]:.2f}.",
)

# %% [markdown]
# *Bank* stands at an acute angle to both targets, as a word of two meanings should.
#
# ## What a cosine ignores
#
# Make the arrow of *river* ten times as long. What happens to its dot product with *water*, and to its cosine?

# %%
guess = predict(
    "Dot product and cosine of river and water grow by the factors ...", [10, 10]
)

# %%
longer = 10 * keys[:1]
water = queries[:1]
of_dot = anp.dot_scores(water, longer) / anp.dot_scores(water, keys[:1])  # (1, 1)
of_cosine = anp.cosine_scores(water, longer) / anp.cosine_scores(water, keys[:1])
guess.compare([round(of_dot.item(), 12), round(of_cosine.item(), 12)])
np.testing.assert_allclose([of_dot.item(), of_cosine.item()], [10, 1], rtol=1e-14)

# %% [markdown]
# The cosine does not change with the length: $\cos(r v, w) = \cos(v, w)$ for every $r > 0$. That is mathematics. Is it also true of the
# program? A 64-bit number goes from about $2 \cdot 10^{-308}$ to $2 \cdot 10^{308}$, but the formula *squares* before it takes the root. Try it:


# %%
def as_written(queries, keys):
    with np.errstate(all="ignore"):  # NumPy would warn; here we want to see
        lengths = np.linalg.norm(queries, axis=-1)[:, None] * np.linalg.norm(keys, axis=-1)
        return queries @ keys.T / lengths


exponents = np.arange(-300, 301, 10)
naive = np.array([as_written(water, keys[:1] * 10.0**e).item() for e in exponents])
exact = np.array([anp.cosine_scores(water, keys[:1] * 10.0**e).item() for e in exponents])

for e in (-300, -200, -160, -100, 0, 100, 160, 200, 300):
    k = int(np.flatnonzero(exponents == e)[0])
    print(
        f"river × 1e{e:+04d}   as written {naive[k]:8.4f}   anp.cosine_scores "
        f"{exact[k]:.4f}"
    )

# At every magnitude, to rounding.
np.testing.assert_allclose(exact, scores[0, 0], rtol=4e-16)
wrong = ~np.isclose(naive, scores[0, 0])
with np.errstate(over="ignore", under="ignore"):
    assert np.square(1e-162) == 0 and np.square(1.4e154) == np.inf
    assert np.square(np.float32(1e-23)) == 0 and np.square(np.float32(2e19)) == np.inf
assert wrong[exponents <= -170].all() and wrong[exponents >= 160].all()
assert not wrong[abs(exponents) <= 150].any()

# %% [markdown]
# Below about $10^{-162}$ the squares vanish, and the result is a division by 0. Above about $10^{154}$ they overflow, and the result is a quiet 0,
# "at right angles": no warning reaches the reader of the heatmap. In 32-bit numbers, in which models are trained, the same happens below about $10^{-22}$ and above $10^{19}$.
#
# The cure costs one division: scale each vector by its largest component before its length is taken. Then every square is at most 1, and one of
# them is 1.


# %%
def safe_unit(vectors):
    moderate = vectors / abs(vectors).max(axis=-1, keepdims=True)  # largest component ±1
    return moderate / np.linalg.norm(moderate, axis=-1, keepdims=True)


for r in (1e-300, 1.0, 1e300):
    np.testing.assert_allclose(
        safe_unit(water) @ safe_unit(r * keys).T, scores[:1], rtol=1e-15
    )
print("the same cosines at 1e-300, 1 and 1e300")

figure = style.figure(width="half", height=2.8)
ax = figure.add_subplot()
ax.plot(exponents, exact, color=style.QUERY, linewidth=2, label="anp.cosine_scores")
ax.plot(exponents, naive, "o", color=style.KEY, markersize=4, label="as written")
ax.set(
    ylim=(-0.05, 1.05),
    xlabel="power of ten that multiplies river",
    ylabel="cosine with water",
)
ax.legend(loc="lower left", frameon=False)
show(
    figure,
    caption="Where a dot is missing, the formula as written gave NaN or infinity; on the "
    "right it gave 0.",
    alt=f"Cosine against magnitude. The package's is {exact.min():.2f} from 1e-300 to "
    "1e300. The formula as written agrees in the middle, is not finite at "
    f"{np.sum(~np.isfinite(naive))} of {len(naive)} magnitudes, all small, and 0 at "
    f"{np.sum(naive == 0)}.",
)

# %% [markdown]
# Rounding has one more surprise. A cosine computed in 32 bits may come out a little *above* 1, which `np.arccos` answers with NaN. Clip before
# you take an angle:

# %%
vectors = np.random.default_rng(0).normal(size=(10_000, 1, 64)).astype(np.float32)
with_themselves = anp.cosine_scores(vectors, vectors)  # (10_000, 1, 1), on paper all 1
assert (with_themselves > 1).mean() > 0.05 and with_themselves.max() < 1 + 1e-6
print("more than one in twenty exceeds 1, by less than a millionth")

# %% [markdown]
# ## Trap 3: the zero vector
#
# A zero vector has a length, 0, but no direction. Padding is often all zeros, and so is a word whose embedding has not been trained. The article's
# formula then reads 0/0. Worse, no value can be put there that would make the function continuous. Let *river* shrink to zero and grow again on
# the other side, $v = r \, v_{\text{river}}$ with $r$ from positive to negative: the cosine stays what it is, and jumps to its opposite at $r = 0$.
#
# Three policies are in use:
#
# | policy | score at 0 | what it costs |
# |---|---|---|
# | none | NaN | one such word, and the whole model is NaN |
# | a small ε below the line: $v \cdot w \,/\, (\lVert v \rVert \lVert w \rVert + \varepsilon)$ | 0 | wrong for short vectors; a gradient of size $1/\varepsilon$ |
# | 0 by convention, and gradient 0 | 0 | there is a rule to remember |
#
# This package follows the third, and states it. The next cell shows all three, score and gradient. The true function has no derivative at 0: the
# *numerical* one, $(f(h) - f(-h)) / 2h$, is a jump divided by $2h$, and grows as $1/h$.


# %%
def with_epsilon(query, key, epsilon):
    return query @ key / (np.linalg.norm(query) * np.linalg.norm(key) + epsilon)


w, direction, zero = queries[0], unit(keys[0]), np.zeros(2)
steps = 10.0 ** np.arange(-12, 0)


def slope_at_zero(score):
    """The numerical slope at the zero vector along river, for each step."""
    return np.array(
        [(score(h * direction) - score(-h * direction)) / (2 * h) for h in steps]
    )


print("score of a zero vector:")
print("  none           ", as_written(w[None], zero[None]).item())
print("  epsilon 1e-8   ", with_epsilon(w, zero, 1e-8))
print("  by convention  ", anp.cosine_scores(w[None], zero[None]).item())

print("numerical slope at the zero vector, along river:")
true_slope = slope_at_zero(lambda v: cosine_of(v, w))
epsilon_slope = slope_at_zero(lambda v: with_epsilon(w, v, 1e-8))
for k in (0, 4, 8):
    print(
        f"  h = {steps[k]:.0e}   none {true_slope[k]:.3e}   epsilon {epsilon_slope[k]:.3e}"
    )

_, d_zero = anp.cosine_scores_backward(np.ones((1, 1)), w[None], zero[None])
print("length of the gradient by convention:", np.linalg.norm(d_zero))

# A jump, divided by h.
np.testing.assert_allclose(true_slope * steps, scores[0, 0], rtol=1e-12)
# Not infinite: 1/ε.
np.testing.assert_allclose(epsilon_slope[0], w @ direction / 1e-8, rtol=1e-3)
assert np.array_equal(d_zero, np.zeros((1, 2)))

short = with_epsilon(w, 1e-8 * direction, 1e-8)
assert short / scores[0, 0] < 0.6  # of a vector as short as ε, wrong by nearly a half

# %%
figure = style.figure(width="full", height=3.0)
left, right = figure.subplots(1, 2)
factors = np.linspace(-1, 1, 2001)
for epsilon, colour, name in (
    (0.0, style.QUERY, "true"),
    (0.05, style.KEY, "ε = 0.05"),
    (0.5, style.VALUE, "ε = 0.5"),
):
    line = np.array(
        [with_epsilon(w, x * direction, epsilon) if x else np.nan for x in factors]
    )
    left.plot(factors, line, color=colour, linewidth=2, label=name)
left.plot(0, 0, "o", color=style.QUERY)
left.annotate(
    "0 by convention", (0, 0), (8, -4), textcoords="offset points", color=style.QUERY
)
left.set(xlabel="factor r along river", ylabel="score with water", ylim=(-0.85, 0.85))
left.legend(loc="upper left", frameon=False)
right.loglog(steps, true_slope, color=style.QUERY, linewidth=2, label="true: grows as 1/h")
right.loglog(
    steps, epsilon_slope, color=style.KEY, linewidth=2, label="ε = 1e-8: stops at 1/ε"
)
right.set(xlabel="step h", ylabel="numerical slope at 0")
right.legend(loc="upper right", frameon=False)
show(
    figure,
    caption="Left: the score jumps at the zero vector; an epsilon turns the jump into a "
    "steep ramp. Right: the slope at 0 that each of them reports.",
    alt="Left, the score with water along a line through the zero vector: the true one "
    f"jumps from {-scores[0, 0]:.2f} to {scores[0, 0]:.2f}, an epsilon makes a ramp, "
    "steeper the smaller it is. Right, the numerical slope at zero: the true one grows "
    f"to {true_slope[0]:.0e} at h = {steps[0]:.0e}, that with epsilon 1e-8 stops at "
    f"{epsilon_slope[0]:.0e}.",
)

# %% [markdown]
# A slope of a hundred million at every padded position: with an epsilon, the words that mean nothing get the largest gradients of all. By
# convention they get none.
#
# One warning. A score of 0 is *not* a mask: 0 is an ordinary score, higher than any negative one, and the softmax of notebook 02 gives it a
# weight like any other. What must not be looked at is masked (notebook 05).

# %%
padded = np.concatenate([keys, np.zeros((1, 2))])  # (4, 2): a zero vector for padding
weights = anp.softmax(anp.cosine_scores(queries, padded))  # (2, 4)
print(weights.round(2))
assert weights[0, 3] > weights[0, 2]  # water takes more of the padding than of "loan"

# %% [markdown]
# ## Exercises

# %% [exercise] dot_scores

# %% [exercise] cosine_scores

# %% [markdown]
# ## Where this is used
#
# - Search: documents and queries as vectors, ranked by their angle (Salton, Wong, Yang 1975, *A vector space model for automatic indexing*).
# - Word vectors: the nearest word by the cosine (Mikolov et al. 2013, *Efficient estimation of word representations in vector space*, section 4);
#   sentences: Reimers and Gurevych 2019, *Sentence-BERT*, section 3.
# - Inside networks: Luo et al. 2018, *Cosine normalization*; in attention, the models listed in notebook 02.
# - A warning: Steck, Ekanadham, Kallus 2024, *Is cosine-similarity of embeddings really about similarity?* Of embeddings that were trained for
#   dot products it can be arbitrary.
#
# ## Recap in five lines
#
# 1. The cosine is the dot product of two unit vectors: an angle, and no length.
# 2. All of them at once: unit vectors, then one matrix product, a row for each target.
# 3. Divide by the largest component before you square: the result is then exact from 1e-300 to 1e300.
# 4. At a zero vector there is no derivative; an epsilon trades it for a gradient of size 1/ε, the convention for 0.
# 5. A score of 0 is not a mask.
#
# Next: 02

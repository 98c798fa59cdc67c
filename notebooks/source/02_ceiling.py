# %% [markdown]
# # 02 · Turn scores into weights, and find the ceiling
#
# A weight says how much of one input a target takes. This notebook makes weights out of scores, and then proves that cosine
# scores cannot make sharp ones: the first of the article's four traps, and the one that a pretty heatmap hides best.
#
# - **What you'll do:** write the softmax, break it with large scores, find the largest weight that a cosine allows, and lift that
#   ceiling with a slider.
# - **What you'll learn:** why a softmax subtracts the maximum, two ceilings and a floor with their proofs, and why a heatmap's
#   scale must not follow its data.
# - **What you'll need:** notebook 01 (the cosine), $e^x$ and $\ln x$; about 15 minutes.

# %%
import numpy as np

import attention_np as anp
from attention_np.course import Heat, Lines, Numbers, example, predict, scrub, show, style
from attention_np.visualize import attached_alt_text, entropy, heatmap

%load_ext attention_np.classroom

# %% [markdown]
# ## From scores to weights
#
# Notebook 01 gave each pair a score $a_{ij}$: how well input $i$ fits target $j$. To mix the inputs, a target needs *weights*: none
# negative, and 1 in all. The article's second formula makes them. It is the **softmax**:
#
# $$p_{ij} = \frac{e^{a_{ij}}}{\sum_{k=1}^{m} e^{a_{kj}}}$$
#
# The exponential makes every score positive, and the sum shares 1 out among the $m$ inputs. (The article's own sum runs over the
# other index. That is the second trap, and notebook 03 is about it.) As a loop:

# %%
scores = anp.cosine_scores(example.queries, example.keys)  # (2, 3): a row for each target

by_loop = np.zeros_like(scores)
for j in range(len(scores)):
    total = 0.0
    for i in range(scores.shape[1]):
        total += np.exp(scores[j, i])
    for i in range(scores.shape[1]):
        by_loop[j, i] = np.exp(scores[j, i]) / total

print(by_loop.round(3))

# %% [markdown]
# In one line of NumPy, where `keepdims` leaves the sum a column, so that each row is divided by its own:

# %%
weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)  # (2, 3)

np.testing.assert_allclose(weights, by_loop, rtol=1e-15)
# Every row is a distribution.
np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-15)
np.testing.assert_allclose(weights, anp.softmax(scores), rtol=1e-15)

show(
    heatmap(weights, example.sources, example.targets, row_sums=True),
    caption="The weights. Each row sums to 1: so much has a target to give away.",
)

# %% [markdown]
# ## The shift
#
# Only *differences* of scores count. Whatever is added to all scores of a row stands above and below the line of the fraction, and
# cancels: $e^{a+b} / \sum e^{a+b} = e^b e^a / e^b \sum e^a$. On paper nothing changes. In a computer much does: above 709.78 the
# exponential leaves the range of a 64-bit number.

# %%
large = scores + 1000
with np.errstate(over="ignore", invalid="ignore"):  # NumPy would warn; here we want to see
    broken = np.exp(large) / np.exp(large).sum(axis=-1, keepdims=True)
    assert np.exp(709.78) < np.inf and np.exp(709.79) == np.inf
print("as written:", broken[0], " infinity divided by infinity")

shifted = large - large.max(axis=-1, keepdims=True)  # the largest score of a row is now 0
safe = np.exp(shifted) / np.exp(shifted).sum(axis=-1, keepdims=True)
print("shifted:   ", safe[0].round(3))

assert np.isnan(broken).all()
assert np.exp(shifted).max() == 1 and np.exp(shifted).sum(axis=-1).min() > 1
np.testing.assert_allclose(safe, weights, rtol=1e-12)

# %% [markdown]
# So every softmax worth using, `anp.softmax` too, subtracts the maximum of each row first. No exponential is then above 1, and the
# sum is at least 1: nothing overflows, and nothing is divided by 0.
#
# ## Trap 1: the ceiling
#
# Look at the heatmap again. No cell is anywhere near 1. Is that our example, or is it the cosine? Guess, then run. (Change the
# number; a guess is free to be wrong.)

# %%
guess_of_five = predict(
    "Five inputs, cosine scores: how large can the largest weight be?", 0.9
)
guess_of_hundred = predict("And among a hundred inputs?", 0.5)

# %% [markdown]
# **The proof**, for one target, whose index $j$ we leave out. Divide the fraction for input 1 by its numerator:
#
# $$p_1 = \frac{1}{1 + \sum_{k \ne 1} e^{a_k - a_1}}$$
#
# It is largest when $a_1$ is as high and every other $a_k$ as low as can be. A cosine lies in $[-1, 1]$. So the best is $a_1 = 1$ and
# $a_k = -1$, and then $m - 1$ terms of $e^{-2}$ stand in the sum:
#
# $$p_1 \;\le\; \frac{1}{1 + (m - 1)\,e^{-2}} \;=\; \frac{e^2}{e^2 + m - 1}$$
#
# No training, no width and no data can pass it. It is not a loose bound either: one input that points along the target and $m - 1$
# that point the other way reach it. The next cell builds them, and then tries to beat the ceiling with 100,000 random rows.


# %%
def ceiling_of_one(m, beta=1.0):
    return 1 / (1 + (m - 1) * np.exp(-2 * beta))


def one_against_all(m):
    """A target (1, 2), and m inputs (m, 2) of which only the first points its way."""
    inputs = np.tile([-1.0, 0.0], (m, 1))
    inputs[0] = 1.0, 0.0
    return np.array([[1.0, 0.0]]), inputs


for m in (2, 3, 5, 10, 20, 50, 100):
    reached = anp.softmax(anp.cosine_scores(*one_against_all(m))).max()
    assert abs(reached - ceiling_of_one(m)) < 1e-15
    print(
        f"m = {m:3}   ceiling {ceiling_of_one(m):.4f}   reached {reached:.4f}   1/m "
        f"{1 / m:.4f}"
    )

rng = np.random.default_rng(0)
tried = anp.softmax(rng.uniform(-1, 1, size=(100_000, 5)))
assert tried.max() <= ceiling_of_one(5)
print(f"\nlargest weight of 5 in 100,000 random rows: {tried.max():.4f}")

guess_of_five.compare(round(ceiling_of_one(5), 2))
guess_of_hundred.compare(round(ceiling_of_one(100), 2))

# %% [markdown]
# Here is the ceiling where it bites: on the scale of the heatmap. Three inputs cannot have a colour from the hatched part, however well one
# of them fits.


# %%
def mark_on_scale(picture, value, text):
    """Draw a value into the colour bar of a heatmap."""
    bar = picture.figure.axes[-1]
    bar.axhspan(
        value, bar.get_ylim()[1], fill=False, hatch="////", edgecolor="0.2", linewidth=0
    )
    bar.axhline(value, color="black", linewidth=3)
    bar.annotate(
        text, (0, value), (-4, 0), textcoords="offset points", ha="right", va="center"
    )


picture = heatmap(weights, example.sources, example.targets, row_sums=True)
mark_on_scale(picture, ceiling_of_one(3), "ceiling")
assert weights.max() <= ceiling_of_one(3)
show(
    picture,
    caption=f"The largest weight is {weights.max():.2f}; none of three can pass "
    f"{ceiling_of_one(3):.2f}.",
    alt=f"{attached_alt_text(picture)} On the colour bar all above "
    f"{ceiling_of_one(3):.2f} is hatched: the ceiling.",
)

# %% [markdown]
# ## A lower ceiling, if every input must be found
#
# That construction cheats: $m - 1$ of its inputs are one and the same vector, and no target could tell them apart. Attention is of
# use only if *each* input can be found, by a target of its own. Let target $j$ look for input $j$, for all $j$ from 1 to $m$. How large can
# the smallest of these $m$ weights be?
#
# **The proof**, in three steps, with unit vectors $\hat w_j$ for the targets and $\hat v_i$ for the inputs:
#
# 1. Call $\Delta_j$ the *margin* of target $j$: the cosine with its own input, less the mean cosine with the others. A mean of exponentials is
#    at least the exponential of the mean (Jensen), so $p_{jj} \le 1 / (1 + (m-1)\,e^{-\Delta_j})$.
# 2. Averaged over all targets, the margin is a covariance of targets and inputs:
#    $\bar \Delta = \frac{m}{m-1} \cdot \frac1m \sum_j (\hat w_j - \bar w) \cdot (\hat v_j - \bar v)$, where $\bar w$ and $\bar v$ are the means of the unit vectors.
#    A covariance is at most the mean of the two variances, and the variance of unit vectors is at most 1. Hence $\bar \Delta \le \frac{m}{m-1}$.
# 3. The smallest margin is at most the mean one. So
#
# $$\min_j p_{jj} \;\le\; \frac{1}{1 + (m - 1)\,e^{-m/(m-1)}}$$
#
# This one is reached too, by the *regular simplex*: $m$ unit vectors that are all equally far apart, each pair at a cosine of
# $-1/(m-1)$. It fills $m - 1$ dimensions.


# %%
def ceiling_of_all(m, beta=1.0):
    return 1 / (1 + (m - 1) * np.exp(-beta * m / (m - 1)))


def simplex(m):
    """m vectors (m, m), one along each axis, all moved so that their mean is 0."""
    return np.eye(m) - 1 / m


for m in (2, 3, 10, 20, 50, 100):
    # The weights of the right inputs stand on the diagonal.
    reached = np.diag(anp.softmax(anp.cosine_scores(simplex(m), simplex(m))))
    np.testing.assert_allclose(reached, ceiling_of_all(m), rtol=1e-12)
    assert np.linalg.matrix_rank(simplex(m)) == m - 1
    one, every = ceiling_of_one(m), ceiling_of_all(m)
    print(f"m = {m:3}   one {one:.4f}   every {every:.4f}   reached {reached.min():.4f}")


def margins(targets, inputs):
    a = anp.cosine_scores(targets, inputs)
    m = a.shape[-1]
    right = np.diagonal(a, axis1=-2, axis2=-1)
    return right - (a.sum(axis=-1) - right) / (m - 1)


# 2,000 times four targets and four inputs in space: (2000, 4, 3) each.
targets, inputs = rng.normal(size=(2, 2000, 4, 3))
random_weights = anp.softmax(anp.cosine_scores(targets, inputs))
smallest = np.diagonal(random_weights, axis1=-2, axis2=-1).min(axis=-1)
assert margins(targets, inputs).mean(axis=-1).max() <= 4 / 3  # step 2
assert smallest.max() <= ceiling_of_all(4)  # step 3
print(
    f"\nbest of 2,000 random ones, m = 4: {smallest.max():.3f}, ceiling "
    f"{ceiling_of_all(4):.3f}"
)

# %%
figure = style.figure(width="full", height=3.4)
ax = figure.add_subplot()
counts, built = np.geomspace(2, 100, 200), (2, 3, 5, 10, 20, 50, 100)
for ceiling, build, colour, words in (
    (ceiling_of_one, one_against_all, style.QUERY, "ceiling, if one input is to be found"),
    (
        ceiling_of_all,
        lambda m: (simplex(m), simplex(m)),
        style.KEY,
        "ceiling, if every input is",
    ),
):
    ax.plot(counts, ceiling(counts), color=colour, linewidth=2, label=words)
    reached = [anp.softmax(anp.cosine_scores(*build(m))).max() for m in built]
    ax.plot(built, reached, "o", color=colour)
ax.plot(counts, 1 / counts, color=style.MUTED, linewidth=2, label="all alike, 1/m")
ax.legend(frameon=False)
ax.imshow(
    np.linspace(1, 0, 256)[:, None], cmap="cividis", extent=(1.7, 1.85, 0, 1), aspect="auto"
)
ax.set(
    xscale="log", xlim=(1.7, 105), ylim=(0, 1), xlabel="inputs m", ylabel="largest weight"
)
ax.set_xticks(built, built)
ax.minorticks_off()
show(
    figure,
    caption="The two ceilings at β = 1, beside the heatmap's colours. Dots: weights that "
    "the constructions above really have.",
    alt="Two falling curves over the number of inputs. The ceiling for one input goes "
    f"from {ceiling_of_one(2):.2f} at m = 2 to {ceiling_of_one(100):.3f} at m = 100, that "
    f"for every input from {ceiling_of_all(2):.2f} to {ceiling_of_all(100):.3f}; at m = "
    f"100 all alike is {1 / 100:.2f}. Dots on both curves show that constructed vectors "
    "reach them.",
)

# %% [markdown]
# ## How a heatmap hides it
#
# Take twenty inputs in the best arrangement there is, the simplex, and twenty targets that look for them in reverse order. Below
# is one and the same array twice. On the left the scale goes from the smallest weight to the largest, as most plotting libraries do
# unless told otherwise. On the right it goes from 0 to 1.

# %%
m = 20
blurred = anp.softmax(anp.cosine_scores(simplex(m)[::-1], simplex(m)))  # (20, 20)

figure = style.figure(width="full", height=4.0)
left, right = figure.subplots(1, 2)
heatmap(
    blurred,
    ax=left,
    title="scale from the data",
    value_range=(blurred.min(), blurred.max()),
)
heatmap(blurred, ax=right, title="honest scale")
best = blurred.max(axis=-1)
show(
    figure,
    caption="The same numbers. Only the right one shows that seven eighths of every row "
    "go elsewhere.",
    alt=f"One {m} by {m} array of weights, drawn twice. Left, on a scale from "
    f"{blurred.min():.3f} to {blurred.max():.3f}, a bright diagonal on a dark ground. "
    "Right, on a scale from 0 to 1, dark all over: the diagonal's weights are "
    f"{best.min():.2f}.",
)
right_ones = blurred.argmax(axis=-1) == np.arange(m)[::-1]
assert right_ones.all()  # the right input has the largest weight, always
np.testing.assert_allclose(best, ceiling_of_all(20), rtol=1e-12)
print(f"the right input is looked at most: {right_ones.sum()} of {m} times")
print(f"its weight: {best[0]:.3f}; given to wrong ones: {1 - best[0]:.3f}")
assert abs(1 - best[0] - 7 / 8) < 0.01

# %% [markdown]
# The left picture says "solved". The right one says that every target receives a mush of all twenty inputs with a little more of the
# right one. All weights of this course are drawn on [0, 1].
#
# ## The cure: a sharpness
#
# Multiply the scores by a number $\beta > 0$ before the softmax. We call it the **sharpness**; in the code it is `scale`.
#
# $$p_{ij} = \frac{e^{\beta a_{ij}}}{\sum_k e^{\beta a_{kj}}}$$
#
# The scores now lie in $[-\beta, \beta]$, so both proofs go through with $2\beta$ for 2 and $\beta m / (m-1)$ for $m / (m-1)$, and both ceilings rise to 1.
# Move the slider (or focus it and press the arrow keys). Watch the colours; the largest weight under its ceiling; ten inputs that are
# looked for in reverse order, whose diagonal comes out of the blur on an honest scale; and the entropy, which the next section explains.


# %%
def entropy_gap(beta):
    """How far the entropy can fall below ln m; derived below."""
    return beta / np.tanh(beta) - 1 + np.log(np.sinh(beta) / beta) if beta else 0.0


betas = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 20.0)
frames = np.array([anp.softmax(beta * scores) for beta in betas])  # (13, 2, 3)
largest, top = frames.max(axis=(1, 2)), [ceiling_of_one(3, beta) for beta in betas]
floor = [max(0.0, np.log(3) - entropy_gap(beta)) for beta in betas]
water, money = entropy(frames).T  # (13,) each
reverse = anp.cosine_scores(simplex(10)[::-1], simplex(10))  # (10, 10), as above
ten = np.array([anp.softmax(beta * reverse) for beta in betas])  # (13, 10, 10)
right_of_ten = ten[:, 0, -1]
assert (largest <= np.array(top) + 1e-12).all()
assert (np.minimum(water, money) >= np.array(floor) - 1e-12).all()
np.testing.assert_allclose(right_of_ten, [ceiling_of_all(10, beta) for beta in betas])

scrub(
    name="sharpness β",
    positions=betas,
    panels=[
        Heat("our example", frames, example.sources, example.targets, row_sums=True),
        Numbers({"largest": largest, "ceiling": top, "right of ten": right_of_ten}),
        Heat("ten inputs in reverse", ten),
        Lines("entropy in nats", {"water": water, "money": money, "floor": floor}),
    ],
    start=betas.index(1.0),
    alt=f"Weights at {len(betas)} sharpnesses. In our example the largest grows from "
    f"{largest[0]:.2f} at β = 0 through {largest[3]:.2f} at β = 1 to {largest[-1]:.2f} at "
    f"β = 20, and the entropy of water falls from {water[0]:.2f} to {water[-1]:.2f} nats. "
    f"The right one of ten inputs has {right_of_ten[0]:.2f}, {right_of_ten[3]:.2f} and "
    f"{right_of_ten[-1]:.2f}.",
)

# %% [markdown]
# How sharp must it be? Solve the ceilings for $\beta$, so that the right weight can reach $1 - \varepsilon$:
#
# $$\beta_{\text{one}} = \tfrac12 \ln \frac{(m-1)(1-\varepsilon)}{\varepsilon}, \qquad \beta_{\text{all}} = 2 \, \frac{m-1}{m} \, \beta_{\text{one}}$$

# %%
guess_of_beta = predict("100 inputs, every one to be found with weight 0.95. Least β:", 20)


# %%
def sharpness_for(m, error):
    one = 0.5 * np.log((m - 1) * (1 - error) / error)
    return one, 2 * (m - 1) / m * one


for m in (3, 10, 100, 1000, 100_000):
    one, every = sharpness_for(m, 0.05)
    assert abs(ceiling_of_one(m, one) - 0.95) < 1e-12
    assert abs(ceiling_of_all(m, every) - 0.95) < 1e-12
    print(f"m = {m:7,}   one input: β = {one:5.2f}   every input: β = {every:5.2f}")

guess_of_beta.compare(round(sharpness_for(100, 0.05)[1], 2))

# %% [markdown]
# It grows with the logarithm of $m$ only: a sharpness near 15 serves a hundred thousand inputs. Rather than choose it, models *learn* it
# with the rest: in the package, `Attention(learn_scale=True)`. Notebook 06 has its gradient.
#
# ## The floor of the entropy
#
# The largest weight tells of one input. The **entropy** $H_j = -\sum_i p_{ij} \ln p_{ij}$ tells of all: it is 0 where one input has
# everything, and $\ln m$ where all are alike; $e^{H}$ is the number of inputs that an even look of the same entropy would take in. Here is
# the same trap once more, in these terms: at $\beta = 1$, *whatever the scores and however many*,
#
# $$H \;\ge\; \ln m - 0.4745$$
#
# **Where the number comes from.** Put $p_i = e^{a_i} / Z$ with $Z = \sum_k e^{a_k}$ into $H$. The gap is
# $D = \ln m - H = \sum_i p_i a_i - \ln (Z / m)$, and its slope in one score is $\partial D / \partial a_i = p_i \, (a_i - \sum_k p_k a_k)$: negative
# while $a_i$ lies below the weighted mean of the others, positive above. So $D$ is largest when each score sits at an end, $-1$ or $1$.
# What is left is one number, the share $s$ of scores at 1. Setting the slope in $s$ to zero gives $Z / m = 1 / \sinh 1$, and from there
#
# $$D_{\max} = \coth 1 - 1 + \ln \sinh 1 = 0.4745 \qquad \Bigl(\text{for any } \beta:\ \beta \coth \beta - 1 + \ln \tfrac{\sinh \beta}{\beta}\Bigr)$$


# %%
def gap(a):
    return np.log(a.shape[-1]) - entropy(anp.softmax(a))


shares = np.arange(1, 1000) / 1000
curve = np.array(
    [gap(np.where(np.arange(1000) < 1000 * t, 1.0, -1.0)[None])[0] for t in shares]
)
best_share = (1 / np.sinh(1) - np.exp(-1)) / (np.e - np.exp(-1))  # where Z/m = 1/sinh 1
assert abs(entropy_gap(1.0) - 0.4745) < 5e-5
assert curve.max() <= entropy_gap(1.0) < curve.max() + 1e-5
assert abs(shares[curve.argmax()] - best_share) < 1e-3
assert gap(rng.uniform(-1, 1, size=(100_000, 7))).max() < entropy_gap(1.0)
assert gap(scores).max() < entropy_gap(1.0)  # our example
print(f"largest gap {curve.max():.4f} nats, at {best_share:.1%} of the scores at 1")
print(f"so e^H is never below {np.exp(-entropy_gap(1.0)):.1%} of the inputs")
print(f"our two targets: {np.exp(entropy(weights)).round(2)} of 3")

figure = style.figure(width="half", height=2.8)
ax = figure.add_subplot()
ax.plot(shares, curve, color=style.QUERY, linewidth=2)
ax.axhline(entropy_gap(1.0), color=style.ACCENT, linewidth=1)
ax.plot(best_share, entropy_gap(1.0), "o", color=style.ACCENT)
ax.annotate(
    f"{entropy_gap(1.0):.4f} at s = {best_share:.3f}",
    (best_share, entropy_gap(1.0)),
    (8, 6),
    textcoords="offset points",
    color=style.ACCENT,
)
ax.set(
    xlim=(0, 1),
    ylim=(0, 0.56),
    xlabel="share s of scores at 1, the others at −1",
    ylabel="ln m − H in nats",
)
show(
    figure,
    caption="How far below ln m the entropy can get at β = 1.",
    alt="A curve over the share of scores at 1: zero at both ends, with a single maximum "
    f"of {curve.max():.4f} nats at a share of {shares[curve.argmax()]:.3f}.",
)

# %% [markdown]
# At $\beta = 1$ a target therefore always takes in at least 62 % of all inputs, evenly counted. It does not *attend*; it averages.
#
# ## Exercises

# %% [exercise] softmax

# %% [exercise] sharpen

# %% [markdown]
# ## Where this is used
#
# - The **Neural Turing Machine** reads its memory by a softmax of cosines, multiplied by a *key strength* $\beta_t$ that the network
#   puts out at every step (Graves, Wayne, Danihelka 2014, section 3.3.1).
# - **Matching Networks** take the softmax of bare cosines, $\beta = 1$ (Vinyals et al. 2016, section 2.1.1): with few examples per task the ceiling
#   is high enough.
# - **QKNorm** normalises queries and keys and learns one multiplier instead of $1/\sqrt d$ (Henry et al. 2020); **Swin
#   Transformer V2** divides cosines by a learned temperature per head (Liu et al. 2022, section 3.2).
# - **CLIP** learns the logarithm of its multiplier and cuts it off at 100 (Radford et al. 2021, sections 2.3 and 2.5); so does
#   `Attention(learn_scale=True)`.
#
# ## Recap in five lines
#
# 1. A softmax turns the scores of a row into weights that are positive and sum to 1; subtract the row's maximum first.
# 2. A cosine's weight is at most $e^2 / (e^2 + m - 1)$; if every input must be found, at most $1 / (1 + (m-1) e^{-m/(m-1)})$. Both are reached.
# 3. The entropy of cosine weights is at least $\ln m - 0.4745$: they average, whatever the data.
# 4. A sharpness $\beta$ lifts all three limits; what is needed grows with $\ln m$, and it can be learned.
# 5. A scale that follows the data shows a blur as a diagonal: weights belong on [0, 1].
#
# Next: 03

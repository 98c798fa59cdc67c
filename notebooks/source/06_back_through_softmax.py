# %% [markdown]
# # 06 · Back through the softmax
#
# Forwards, attention makes scores into weights and weights into a context. To learn, it must go back: from the
# context's gradient to that of the scores.
#
# - **What you'll do:** derive two backward passes, write each as a loop and as one line of NumPy, and look at every
#   gradient beside the weight it belongs to.
# - **What you'll learn:** the Jacobian of the softmax as a picture; why each row of its gradient sums to 0; why an
#   upstream of ones can hide any mistake.
# - **What you'll need:** notebooks 02 and 03 (weights, context), the chain rule, 15 minutes.

# %%
import numpy as np

import attention_np as anp
from attention_np.course import Heat, Lines, Numbers, example, predict, scrub, show, style
from attention_np.visualize import gradient_heatmap, heatmap

%load_ext attention_np.classroom

# %% [markdown]
# ## Forwards, once more
#
# Two targets ask three sources. The scores $a$ are cosines, the sharpness $\beta$ multiplies them, the softmax makes
# them weights $p$, and the weights mix the values $v$ into contexts $c$:
#
# $$s_{ij} = \beta \, a_{ij}, \qquad p_{ij} = \frac{e^{s_{ij}}}{\sum_k e^{s_{kj}}}, \qquad c_j = \sum_i p_{ij} \, v_i .$$

# %%
sources, targets = example.sources, example.targets
queries, keys, values = example.queries, example.keys, example.values
sharpness = 2.0

cosines = anp.cosine_scores(queries, keys)  # (2, 3): a row for each target
scores = sharpness * cosines  # (2, 3)
weights = anp.softmax(scores)  # (2, 3): each row sums to 1
result = anp.context(weights, values)  # (2, 2): a context for each target

print("weights\n", weights.round(3))
print("contexts\n", result.round(3))
np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-14)

# %% [markdown]
# ## The upstream
#
# Behind attention come the rest of a model and its loss $L$. All that attention ever sees of them is one array, the
# *upstream* $d_c = \partial L / \partial c$, of the shape of $c$. In this course $d_x$ always means
# $\partial L / \partial x$, and has $x$'s shape.
#
# We draw an upstream at random. It is exactly the gradient of the loss $L = \sum_{j} d_{c_j} \cdot c_j$, so there is a
# loss to test against.

# %%
rng = np.random.default_rng(0)
d_result = rng.normal(size=result.shape)  # (2, 2)


def loss(scores, values):
    """A loss whose gradient with respect to the context is `d_result`."""
    return np.sum(d_result * anp.context(anp.softmax(scores), values))


print("d_context\n", d_result.round(3))

# %%
# Your guess: change the number
guess_sum = predict(
    "The gradients of one target's three scores: what do they add up to?", 1.0
)

# %% [markdown]
# ## Step 1: back through the weighted sum
#
# $c_j = \sum_i p_{ij} v_i$ is linear in the weights and linear in the values. A weight matters as much as its value
# agrees with the upstream; a value is pulled by every target that looked at it, as strongly as it looked:
#
# $$d_{p_{ij}} = d_{c_j} \cdot v_i, \qquad d_{v_i} = \sum_j p_{ij} \, d_{c_j} .$$

# %%
# The loop: each use of a number sends something back.
d_weights_loop = np.zeros_like(weights)
d_values_loop = np.zeros_like(values)
for j in range(len(targets)):
    for i in range(len(sources)):
        d_weights_loop[j, i] = d_result[j] @ values[i]
        d_values_loop[i] += weights[j, i] * d_result[j]  # += : both targets used this value

# One line each.
d_weights = d_result @ values.T  # (2, 2) @ (2, 3) -> (2, 3)
d_values = weights.T @ d_result  # (3, 2) @ (2, 2) -> (3, 2)

np.testing.assert_allclose(d_weights, d_weights_loop, rtol=1e-14)
np.testing.assert_allclose(d_values, d_values_loop, rtol=1e-14)
for mine, package in zip(
    (d_weights, d_values), anp.context_backward(d_result, weights, values)
):
    np.testing.assert_array_equal(mine, package)
print("d_weights\n", d_weights.round(3))

# %% [markdown]
# ## Step 2: the Jacobian of the softmax
#
# Within a row (we leave $j$ away), $p_i = e^{s_i} / Z$ with $Z = \sum_k e^{s_k}$. By the quotient rule, raising score
# $i$ raises its own weight and lowers all others:
#
# $$\frac{\partial p_k}{\partial s_i} = \frac{\delta_{ki} e^{s_k} Z - e^{s_k} e^{s_i}}{Z^2} = p_k (\delta_{ki} - p_i), \qquad J = \operatorname{diag}(p) - p \, p^\top ,$$
#
# where $\delta_{ki}$ is 1 for $k = i$ and 0 otherwise. Each target has a Jacobian of its own.

# %%
jacobians_loop = np.zeros((2, 3, 3))
for j in range(2):
    for k in range(3):
        for i in range(3):
            jacobians_loop[j, k, i] = weights[j, k] * ((k == i) - weights[j, i])


def softmax_jacobian(p):
    return np.diag(p) - np.outer(p, p)


jacobians = np.stack([softmax_jacobian(row) for row in weights])  # (2, 3, 3)
np.testing.assert_allclose(jacobians, jacobians_loop, atol=1e-16)

# All scores up by the same amount: nothing changes
np.testing.assert_allclose(
    jacobians.sum(axis=-1), 0, atol=1e-16
)
# The weights go on summing to 1
np.testing.assert_allclose(
    jacobians.sum(axis=-2), 0, atol=1e-16
)
# So row or column, J or its transpose: here it is the same
np.testing.assert_array_equal(
    jacobians, jacobians.swapaxes(-1, -2)
)

axes = gradient_heatmap(
    jacobians,
    sources,
    sources,
    row_sums=True,
    column_sums=True,
    title=[f"target “{word}”" for word in targets],
    label="∂ weight / ∂ score",
)
for ax in axes:
    ax.set_xlabel("score raised →")
    ax.set_ylabel("weight ↓", rotation=0, ha="right", va="bottom")

i, k = 0, int(np.argmin(jacobians[0, :, 0]))
show(
    axes,
    caption="The Jacobian of each target's row. Margins: every row and every column sums "
    "to 0.",
    alt="Two 3 × 3 heatmaps, positive on the diagonal and negative elsewhere. For "
    f"“{targets[0]}”, raising the score of “{sources[i]}” changes its own weight "
    f"by {jacobians[0, i, i]:+.3f} per unit and that of “{sources[k]}” by "
    f"{jacobians[0, k, i]:+.3f}. All row and column sums are 0.",
)

# %% [markdown]
# Read one column: raise the score of that source, and see which weight rises (its own) and which pay for it (all
# others, each in proportion to what it has). Weight is never made, only moved: columns sum to 0. A common shift of all
# scores does nothing: rows sum to 0.
#
# ### What sharpness does to it
#
# Move the slider. As $\beta$ grows the weights saturate, and the Jacobian fades: a softmax that has made up its mind no
# longer passes a gradient. (The picture shows $\partial p / \partial s$; the scores $s = \beta a$ grow with β.)

# %%
positions = [0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0]
# (positions, 1, 3)
weight_frames = np.stack(
    [anp.softmax(beta * cosines[:1]) for beta in positions]
)
# (positions, 3, 3)
jacobian_frames = np.stack(
    [softmax_jacobian(frame[0]) for frame in weight_frames]
)
largest_slope = np.abs(jacobian_frames).max(axis=(1, 2))

assert largest_slope.max() <= 0.25  # p (1 - p) is never above 1/4
assert largest_slope[-1] < 0.01 * largest_slope.max()
scrub(
    name="sharpness β",
    positions=positions,
    panels=[
        Heat("weights", weight_frames, sources, targets[:1], kind="weights"),
        Heat(
            "∂ weight / ∂ score",
            jacobian_frames,
            sources,
            sources,
            kind="gradients",
            row_sums=True,
            axes="weight ↓ score →",
        ),
        Lines("the largest slope", {"largest |∂p/∂s|": largest_slope}),
        Numbers(
            {
                "largest weight": weight_frames.max(axis=(1, 2)),
                "largest slope": largest_slope,
            }
        ),
    ],
    start=positions.index(sharpness),
    alt=f"Weights of “{targets[0]}” and the Jacobian of its softmax for sharpness from "
    f"{positions[0]:g} to {positions[-1]:g}. The largest slope rises to "
    f"{largest_slope.max():.3f} at β = {positions[int(largest_slope.argmax())]:g} and "
    f"falls to {largest_slope[-1]:.0e}.",
)
print(
    f"largest slope at β = {positions[-1]:g}: {largest_slope[-1]:.1e}, of at most "
    f"{largest_slope.max():.3f}"
)

# %% [markdown]
# ## Step 3: through the Jacobian without building it
#
# The chain rule sums over all the ways in which a score acts, one for each weight of its row:
#
# $$d_{s_i} = \sum_k d_{p_k} \, \frac{\partial p_k}{\partial s_i} = \sum_k d_{p_k} \, p_k (\delta_{ki} - p_i) = p_i \Bigl( d_{p_i} - \sum_k p_k \, d_{p_k} \Bigr) .$$
#
# The sum is one number per row: the mean of $d_p$ under the weights. So the Jacobian, with a column for every source,
# is never needed.

# %%
# The loop: every weight of a row speaks to every score of that row.
d_scores_loop = np.zeros_like(scores)
for j in range(len(targets)):
    for i in range(len(sources)):
        for k in range(len(sources)):
            d_scores_loop[j, i] += (
                d_weights[j, k] * weights[j, k] * ((k == i) - weights[j, i])
            )

# With the Jacobians that we drew, and in one line without them.
d_scores_by_jacobian = np.stack(
    [jacobian.T @ upstream for jacobian, upstream in zip(jacobians, d_weights)]
)
# (2, 3)
d_scores = weights * (
    d_weights - np.sum(weights * d_weights, axis=-1, keepdims=True)
)

np.testing.assert_allclose(d_scores, d_scores_loop, rtol=1e-12)
np.testing.assert_allclose(d_scores, d_scores_by_jacobian, rtol=1e-12)
np.testing.assert_array_equal(d_scores, anp.softmax_backward(d_weights, weights))

# %%
print("d_scores\n", d_scores.round(3))
print("sums of its rows", np.abs(d_scores.sum(axis=-1)).round(12))
np.testing.assert_allclose(d_scores.sum(axis=-1), 0, atol=1e-15)
guess_sum.compare(abs(d_scores.sum(axis=-1)).max().round(12))

# %% [markdown]
# ## Three maps on the same axes
#
# A weight, the gradient that reaches it, and the gradient that leaves for its score. The margin tells them apart:
# **rows of $P$ sum to 1, rows of $d_S$ sum to 0**, and those of $d_P$ to nothing in particular. If you ever draw a
# $d_S$ whose margin is not 0, stop: the backward pass is wrong.

# %%
figure = style.figure(width="half", height=6.0)
for ax, draw, array, title in zip(
    figure.subplots(3, 1),
    (heatmap, gradient_heatmap, gradient_heatmap),
    (weights, d_weights, d_scores),
    ("P, the weights", "dP, which reaches them", "dS, which leaves"),
):
    draw(array, sources, targets, ax=ax, row_sums=True, title=title, label="")

mean = np.sum(weights * d_weights, axis=-1)
up = d_scores > 0
show(
    figure,
    caption="P, dP and dS of the running example, with row sums.",
    alt="Three 2 × 3 heatmaps on the same axes. Rows of the weights sum to 1, rows of dP "
    f"to {d_weights[0].sum():+.2f} and {d_weights[1].sum():+.2f}, rows of dS to 0. "
    + " ".join(
        f"For “{target}” dS is positive at "
        f"{', '.join(word for word, rises in zip(sources, row) if rises)}."
        for target, row in zip(targets, up)
    ),
)
# The sign of dS: is this source above the row's mean?
np.testing.assert_array_equal(
    up, d_weights > mean[:, None]
)

# %% [markdown]
# ### What the mean is
#
# The mean that is subtracted has a meaning, and it needs no weights once the context is known:
#
# $$\sum_k p_{kj} \, d_{p_{kj}} = \sum_k p_{kj} \, d_{c_j} \cdot v_k = d_{c_j} \cdot c_j, \qquad\text{so}\qquad d_{s_{ij}} = p_{ij} \; d_{c_j} \cdot (v_i - c_j) .$$
#
# A score's gradient is its weight, times how far its value lies beyond the context in the direction of the upstream.
# Below, each target's context is the dot, the arrow its upstream, and the line at right angles to it divides the
# sources: those on the arrow's side get a positive gradient, those behind it a negative one.

# %%
d_scores_by_geometry = weights * np.einsum(
    "jd,jid->ji", d_result, values - result[:, None, :]
)
np.testing.assert_allclose(d_scores_by_geometry, d_scores, rtol=1e-12)
np.testing.assert_allclose(mean, np.sum(d_result * result, axis=-1), rtol=1e-12)

figure = style.figure(width="full", height=4.0)
lowest, highest = values.min(axis=0) - 1.1, values.max(axis=0) + 1.1
for j, ax in enumerate(figure.subplots(1, 2)):
    direction = d_result[j] / np.linalg.norm(d_result[j])
    across = np.array([-direction[1], direction[0]])
    edge = result[j] + np.outer([-9, 9], across)
    ax.plot(*edge.T, color=style.MUTED, linestyle="--", linewidth=1)
    ax.annotate(
        "",
        result[j] + 0.6 * direction,
        result[j],
        arrowprops={
            "arrowstyle": "-|>",
            "color": style.GRADIENT,
            "linewidth": 2,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )
    ax.text(
        *(result[j] + 0.4 * direction + 0.2 * across),
        "$d_c$",
        color=style.GRADIENT,
        ha="center",
        va="center",
    )
    ax.scatter(*result[j], color=style.ACCENT, s=50, zorder=3)
    ax.annotate(
        "$c$",
        result[j],
        xytext=(-9, -9),
        textcoords="offset points",
        color=style.ACCENT,
        ha="center",
        va="center",
    )
    ax.scatter(
        *values.T, s=30 + 400 * weights[j], color=style.VALUE, alpha=0.8, linewidths=0
    )
    for i, word in enumerate(sources):
        away = values[i] - result[j]
        said = f"{word}\n{d_scores[j, i]:+.2f}".replace("-", "−")
        ax.annotate(
            said,
            values[i],
            xytext=34 * away / np.linalg.norm(away),
            textcoords="offset points",
            ha="center",
            va="center",
        )
    ax.set(
        title=f"target “{targets[j]}”",
        xlim=(lowest[0], highest[0]),
        ylim=(lowest[1], highest[1]),
        aspect="equal",
    )
show(
    figure,
    caption="Values (size: weight) with the gradient of their score; the context, its "
    "upstream, and the line where the gradient changes sign.",
    alt="Two panels in the plane of the values. "
    + " ".join(
        f"“{targets[j]}”: gradients of the scores "
        + ", ".join(f"{word} {d_scores[j, i]:+.2f}" for i, word in enumerate(sources))
        + "."
        for j in range(2)
    ),
)

# %% [markdown]
# ## Why ones hide everything
#
# Many tests call backward on `weights.sum()`: an upstream of ones. But each row of weights sums to 1 whatever the
# scores are. The true gradient is 0, and so is anything that is only proportional to it.

# %%
# Your guess
guess_ones = predict(
    "Of the four wrong functions below, how many pass with an upstream of ones?", 1
)

# %%
def right(d_weights, weights):
    return weights * (d_weights - np.sum(weights * d_weights, axis=-1, keepdims=True))


wrong = {
    "all zeros": lambda d, p: np.zeros_like(p),
    "sign flipped": lambda d, p: -right(d, p),
    "doubled": lambda d, p: 2 * right(d, p),
    "only the diagonal": lambda d, p: d * p * (1 - p),
}
ones, random = np.ones_like(weights), rng.normal(size=weights.shape)
passed = {}
print("worst error with an upstream of   ones  random numbers")
for name, function in wrong.items():
    errors = [
        np.abs(function(upstream, weights) - right(upstream, weights)).max()
        for upstream in (ones, random)
    ]
    passed[name] = errors[0] < 1e-12
    assert errors[1] > 0.01  # random numbers catch all four
    print(
        f"{name:32} {errors[0]:6.3f}  {errors[1]:6.3f}   "
        f"{'hidden by the ones' if passed[name] else 'caught by both'}"
    )
guess_ones.compare(sum(passed.values()))
assert sum(passed.values()) == 3

# %% [markdown]
# The same holds one step earlier: if all values were equal, or the upstream constant over what a row can reach, nothing
# would come through. So test with random, unequal upstreams. (The checker of notebook 08 refuses others.)
#
# ## Step 4: back through the sharpness
#
# $s = \beta a$: each score is multiplied by one and the same number. Hence $d_a = \beta \, d_s$, and β, used in every
# score, hears from all of them: $d_\beta = \sum_{ij} d_{s_{ij}} \, a_{ij}$.

# %%
d_cosines = sharpness * d_scores  # (2, 3)
d_sharpness = np.sum(d_scores * cosines)  # one number, as β is

step = 1e-5
numerical = (
    loss((sharpness + step) * cosines, values) - loss((sharpness - step) * cosines, values)
) / (2 * step)
print(f"d_sharpness: {d_sharpness:+.8f} by the formula, {numerical:+.8f} by nudging β")
np.testing.assert_allclose(d_sharpness, numerical, rtol=1e-7)

# %% [markdown]
# ## Believe it: nudge every score
#
# Move one score a little to either side, run forwards, and see what the loss does. Six scores, six pairs of runs, no
# formula. Notebook 08 makes an art of it.

# %%
nudged = np.zeros_like(scores)
for index in np.ndindex(scores.shape):
    nudge = np.zeros_like(scores)
    nudge[index] = step
    nudged[index] = (loss(scores + nudge, values) - loss(scores - nudge, values)) / (
        2 * step
    )

print("by nudging\n", nudged.round(6))
np.testing.assert_allclose(nudged, d_scores, atol=1e-9)
print("no entry differs from the formula by more than 1e-9")

# %% [markdown]
# ## Exercises
#
# Fill in the blank and run the cell: the checker names the mistake, if there is one.

# %% [exercise] context_backward

# %% [exercise] softmax_backward

# %% [exercise] sharpen_backward

# %% [markdown]
# ## Where this is used
#
# - *Never build the Jacobian; keep $d_c \cdot c$ instead of a row of weights.* FlashAttention's backward pass does
#   exactly this with its $D_i$ (Dao, Fu, Ermon, Rudra and Ré 2022, appendix B.2).
# - *A saturated softmax passes no gradient.* The reason for the $1/\sqrt d$ in scaled dot products: large products push
#   "the softmax function into regions where it has extremely small gradients" (Vaswani et al. 2017, section 3.2.1).
# - *The name and the Jacobian* go back to Bridle (1990), "Training stochastic model recognition algorithms as networks
#   can lead to maximum mutual information estimation of parameters".
#
# ## Recap in five lines
#
# 1. Through the weighted sum: $d_p = d_c \, v^\top$, $d_v = p^\top d_c$; a value hears from every target.
# 2. The softmax's Jacobian is $\operatorname{diag}(p) - p p^\top$: symmetric, its rows and columns sum to 0, and it
#    fades as the weights saturate.
# 3. It is never built: $d_s = p \odot (d_p - \sum p \, d_p)$, and that sum is $d_c \cdot c$.
# 4. Rows of $P$ sum to 1, rows of $d_S$ sum to 0: look at the margins.
# 5. An upstream of ones hides zeros, signs and factors; draw it at random.
#
# Next: 07, where the scores' gradient goes on through the cosine to queries and keys.

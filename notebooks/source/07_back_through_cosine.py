# %% [markdown]
# # 07 · Back through the cosine
#
# The scores' gradient now goes on to queries and keys. On the way lies a division by two lengths, and each length is
# one more path for the gradient: the one that is easily forgotten.
#
# - **What you'll do:** draw the gradient of a cosine, follow it along each of its paths, and watch one small attention
#   compute forwards and backwards with every product printed.
# - **What you'll learn:** why it stands at right angles to the vector, why long vectors learn slowly, and what to add
#   up when one array is used twice.
# - **What you'll need:** notebooks 01 (cosine) and 06 (back through the softmax), 15 minutes.

# %%
import re

import numpy as np

import attention_np as anp
from attention_np.course import example, predict, show, style
from attention_np.gradcheck import check_steps
from attention_np.layers import Attention
from attention_np.visualize import gradient_heatmap

%load_ext attention_np.classroom

# %% [markdown]
# ## One target, one key
#
# $w$ is a target's query and $v$ an input's key. A hat means length 1: $\hat w = w / \lVert w \rVert$. The score is
#
# $$a = \frac{w \cdot v}{\lVert w \rVert \, \lVert v \rVert} = \hat w \cdot \hat v .$$
#
# What happens to it when $v$ moves? Guess first.

# %%
# Your guess
guess_double = predict(
    "v becomes twice as long. By which factor does the gradient of its score change?", 1.0
)
# Your guess
guess_angle = predict(
    "v turns until it points exactly along w. How long is the gradient then?", 1.0
)

# %% [markdown]
# $v$ acts twice: through the dot product, and through its own length. By the product rule, with
# $\partial \lVert v \rVert / \partial v = \hat v$,
#
# $$\frac{\partial a}{\partial v} \;=\; \underbrace{\frac{\hat w}{\lVert v \rVert}}_{\text{through the dot product}} \;-\; \underbrace{\frac{a \, \hat v}{\lVert v \rVert}}_{\text{through its own length}} \;=\; \frac{\hat w - a \hat v}{\lVert v \rVert} .$$

# %%
w, v = example.queries[0], example.keys[0]
name_w, name_v = example.targets[0], example.sources[0]


def length(vector):
    return np.sqrt(np.sum(vector * vector))


a = w @ v / (length(w) * length(v))

# The loop: component by component, both paths.
through_dot_loop, through_length_loop = np.zeros(2), np.zeros(2)
for x in range(2):
    through_dot_loop[x] = w[x] / (length(w) * length(v))
    through_length_loop[x] = -a * v[x] / length(v) ** 2

# One line each.
through_dot = w / (length(w) * length(v))
through_length = -a * v / (v @ v)
gradient = through_dot + through_length

np.testing.assert_allclose(through_dot, through_dot_loop, rtol=1e-14)
np.testing.assert_allclose(through_length, through_length_loop, rtol=1e-14)
_, package = anp.cosine_scores_backward(np.ones((1, 1)), w[None], v[None])
np.testing.assert_allclose(gradient, package[0], rtol=1e-12)

print(f"cosine of “{name_w}” and “{name_v}”: {a:.3f}")
print("through the dot product:", through_dot.round(3))
print("through its own length: ", through_length.round(3))
print("together:               ", gradient.round(3))
print(f"together · v =           {abs(gradient @ v):.12f}")
assert abs(gradient @ v) < 1e-15  # at right angles to v

# %% [markdown]
# ## The tangent picture
#
# The last line is the whole secret. A cosine does not see lengths, so along $v$ nothing changes: **the gradient stands
# at right angles to $v$**, tangent to the circle on which $v$ can turn. The second path is there to take away what the
# first has along $v$. Forget it, and you get the dashed blue arrow.
#
# On the right the same gradient is drawn for keys of three lengths in all directions. Everywhere it turns the key
# towards $w$; short keys turn quickly, and keys that point along $w$ or against it do not turn at all.

# %%
def arrow(ax, start, step, colour, label=None, offset=(0, 0), **style_of_line):
    properties = {
        "arrowstyle": "-|>",
        "color": colour,
        "linewidth": 2,
        "shrinkA": 0,
        "shrinkB": 0,
        **style_of_line,
    }
    ax.annotate("", start + step, start, arrowprops=properties)
    if label:
        ax.annotate(
            label,
            start + step,
            xytext=offset,
            textcoords="offset points",
            color=colour,
            ha="center",
            va="center",
        )


figure = style.figure(width="full", height=4.4)
tangent, field = figure.subplots(1, 2)
angle = np.linspace(0, 2 * np.pi, 200)
circle = np.stack([np.cos(angle), np.sin(angle)])

longer = 3  # the gradients are drawn so many times as long
tangent.plot(*(length(v) * circle), color=style.MUTED, linewidth=0.8)
arrow(tangent, np.zeros(2), w, style.QUERY, f"$w$ “{name_w}”", (0, -10))
arrow(tangent, np.zeros(2), v, style.KEY, f"$v$ “{name_v}”", (-70, -34))
arrow(
    tangent,
    v,
    longer * through_dot,
    style.QUERY,
    "dot product",
    (4, -9),
    linestyle="--",
    linewidth=1.4,
)
arrow(
    tangent,
    v,
    longer * through_length,
    style.KEY,
    "own length",
    (-14, 12),
    linestyle="--",
    linewidth=1.4,
)
arrow(tangent, v, longer * gradient, style.GRADIENT, r"$\partial a / \partial v$", (22, -4))
tangent.set(
    xlim=(-0.3, 4.1),
    ylim=(-1.7, 2.1),
    aspect="equal",
    title=f"two paths make a tangent (× {longer})",
)

directions = np.linspace(0, 2 * np.pi, 24, endpoint=False)
for size in (0.5, 1.0, 1.5):
    ring = size * np.stack([np.cos(directions), np.sin(directions)], axis=1)  # (24, 2)
    _, pushes = anp.cosine_scores_backward(np.ones((1, 24)), w[None], ring)
    np.testing.assert_allclose(np.sum(pushes * ring, axis=-1), 0, atol=1e-14)
    field.plot(*(size * circle), color=style.MUTED, linewidth=0.8)
    field.quiver(
        *ring.T,
        *pushes.T,
        color=style.GRADIENT,
        angles="xy",
        scale_units="xy",
        scale=4.5,
        width=0.005,
    )
arrow(field, np.zeros(2), 1.75 * w / length(w), style.QUERY, "$w$", (8, 8))
field.set(
    xlim=(-2.1, 2.1), ylim=(-2.1, 2.1), aspect="equal", title="… everywhere (shortened)"
)
show(
    figure,
    caption="Left: the gradient of one cosine as the sum of its two paths. Right: the "
    "same for keys of length 0.5, 1 and 1.5.",
    alt=f"Left: from the tip of v an arrow along w, {through_dot.round(2)}, and one "
    f"against v, {through_length.round(2)}, add up to the gradient {gradient.round(2)}, "
    "tangent to the circle through v. Right: around w, tangent arrows on three circles "
    "turn every key towards w, the longest on the smallest circle.",
)

# %% [markdown]
# Its length follows from the picture. With $\theta$ the angle between the two,
# $\lVert \hat w - a \hat v \rVert = \sin \theta$, so
#
# $$\left\lVert \frac{\partial a}{\partial v} \right\rVert = \frac{\sin \theta}{\lVert v \rVert} = \frac{\sqrt{1 - a^2}}{\lVert v \rVert} :$$
#
# it grows as $1 / \lVert v \rVert$ near zero and vanishes at $a = \pm 1$, where there is nothing left to turn.

# %%
def gradient_length(angle, size):
    """How long the gradient is for a key of this length at this angle to the target."""
    key = size * np.array([[np.cos(angle), np.sin(angle)]])
    return length(
        anp.cosine_scores_backward(np.ones((1, 1)), np.array([[1.0, 0.0]]), key)[1][0]
    )


degrees = np.arange(0, 181, 5)
sizes = np.geomspace(1e-3, 1e3, 25)
by_angle = {
    size: np.array([gradient_length(np.radians(d), size) for d in degrees])
    for size in (0.5, 1.0, 2.0)
}
by_size = np.array([gradient_length(np.pi / 2, size) for size in sizes])
for size, lengths in by_angle.items():
    np.testing.assert_allclose(
        lengths, np.abs(np.sin(np.radians(degrees))) / size, atol=1e-14
    )
np.testing.assert_allclose(by_size, 1 / sizes, rtol=1e-14)

figure = style.figure(width="full", height=2.9)
left, right = figure.subplots(1, 2)
for size, lengths in by_angle.items():
    left.plot(degrees, lengths, color=style.GRADIENT, linewidth=1.8)
    left.annotate(
        f"‖v‖ = {size:g}",
        (90, lengths.max()),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color=style.GRADIENT,
    )
left.set(
    xlabel="angle between v and w, degrees",
    ylabel="‖∂a/∂v‖",
    xticks=range(0, 181, 45),
    ylim=(0, 2.35),
    title="none along w, most across",
)
right.loglog(sizes, by_size, color=style.GRADIENT, linewidth=1.8)
right.set(
    xlabel="‖v‖, at right angles to w", ylabel="‖∂a/∂v‖", title="as one over the length"
)
show(
    figure,
    caption="The length of the gradient: against the angle, and against the length of v.",
    alt="Left: three arches over the angle, 0 at 0 and 180 degrees, with tops "
    f"{', '.join(f'{top.max():g} for length {size:g}' for size, top in by_angle.items())}. "
    ""
    f"Right: on logarithmic axes a straight line falling from {by_size[0]:.0f} at length "
    f"{sizes[0]:g} to {by_size[-1]:g} at {sizes[-1]:.0f}.",
)
guess_double.compare((gradient_length(1.0, 2.0) / gradient_length(1.0, 1.0)).round(12))
guess_angle.compare(gradient_length(0.0, 1.0))

# %% [markdown]
# At $v = 0$ there is no direction and no derivative. The package says: score 0, gradient 0, as notebook 01 showed.
# Close to 0 the true gradient is huge.
#
# ### Turning makes it longer
#
# A step at right angles to $v$ leads off the circle, outwards:
# $\lVert v + \eta g \rVert^2 = \lVert v \rVert^2 + \eta^2 \lVert g \rVert^2$ (Pythagoras). Plain gradient descent
# through the score alone can only lengthen a vector, and a longer vector learns more slowly: the step size that acts
# shrinks by itself.

# %%
learning_rate, path = 0.5, [example.keys[2]]
for _ in range(40):
    _, uphill = anp.cosine_scores_backward(np.ones((1, 1)), w[None], path[-1][None])
    path.append(path[-1] + learning_rate * uphill[0])  # towards a higher score
path = np.array(path)
lengths = np.linalg.norm(path, axis=-1)
assert (np.diff(lengths) >= 0).all()

figure = style.figure(width="half", height=3.2)
ax = figure.subplots()
ax.plot(*(lengths[0] * circle), color=style.MUTED, linewidth=0.8)
ax.plot(*path.T, "o-", color=style.KEY, markersize=3, linewidth=1)
arrow(ax, np.zeros(2), w, style.QUERY, "$w$", (0, -10))
ax.annotate(
    f"“{example.sources[2]}”",
    path[0],
    xytext=(-4, 10),
    textcoords="offset points",
    color=style.KEY,
    ha="center",
)
ax.set(aspect="equal")
ax.margins(0.12)
show(
    figure,
    caption=f"{len(path) - 1} steps of a key towards w: it turns, and it leaves its "
    "circle.",
    alt=f"A key turns towards w in {len(path) - 1} steps, with its length growing from "
    f"{lengths[0]:.2f} to {lengths[-1]:.2f}, so that it ends outside of the circle on "
    "which it began.",
)
cosine_at = [
    float(anp.cosine_scores(w[None], point[None])[0, 0]) for point in (path[0], path[-1])
]
print(
    f"cosine {cosine_at[0]:+.3f} → {cosine_at[1]:+.3f}, length {lengths[0]:.3f} → "
    f"{lengths[-1]:.3f}"
)

# %% [markdown]
# ## All targets, all keys
#
# Each key has been asked by every target, so its gradient is a sum over targets; and each query's is a sum over keys:
#
# $$d_{v_i} = \sum_j d_{a_{ij}} \frac{\hat w_j - a_{ij} \hat v_i}{\lVert v_i \rVert}, \qquad d_{w_j} = \sum_i d_{a_{ij}} \frac{\hat v_i - a_{ij} \hat w_j}{\lVert w_j \rVert} .$$
#
# The sums can be done first, on the unit vectors: $d_{\hat v_i} = \sum_j d_{a_{ij}} \hat w_j$ is one matrix product.
# Then take away what lies along $\hat v_i$, once, and divide.

# %%
queries, keys = example.queries, example.keys
rng = np.random.default_rng(0)
d_cosines = rng.normal(size=(2, 3))
unit_queries = queries / np.linalg.norm(queries, axis=-1, keepdims=True)
unit_keys = keys / np.linalg.norm(keys, axis=-1, keepdims=True)

# The loop: every pair, every path.
d_keys_loop = np.zeros_like(keys)
for j in range(2):
    for i in range(3):
        cosine = unit_queries[j] @ unit_keys[i]
        d_keys_loop[i] += (
            d_cosines[j, i]
            * (unit_queries[j] - cosine * unit_keys[i])
            / np.linalg.norm(keys[i])
        )

# Three lines for all pairs.
d_unit_keys = d_cosines.T @ unit_queries  # (3, 2) @ (2, 2) -> (3, 2)
along = np.sum(d_unit_keys * unit_keys, axis=-1, keepdims=True)  # (3, 1)
d_keys = (d_unit_keys - along * unit_keys) / np.linalg.norm(keys, axis=-1, keepdims=True)

np.testing.assert_allclose(d_keys, d_keys_loop, rtol=1e-12)
np.testing.assert_allclose(
    d_keys, anp.cosine_scores_backward(d_cosines, queries, keys)[1], rtol=1e-12
)
np.testing.assert_allclose(np.sum(d_keys * keys, axis=-1), 0, atol=1e-15)
print(
    "d_keys · keys, for each key:", np.abs(np.sum(d_keys * keys, axis=-1)).max().round(14)
)

# %% [markdown]
# ## One array, two uses: the gradients add
#
# In the article an input $v_i$ is both key and value. It then acts along three paths, and its gradient is their sum.
# Below, the running example's keys are used as values too; each column is one component of one input, each row a path,
# and the bottom margin is what the input receives.

# %%
inputs, sharpness = keys, 2.0
d_result = rng.normal(size=(2, 2))
cosines = anp.cosine_scores(queries, inputs)
weights = anp.softmax(sharpness * cosines)
d_weights, as_value = anp.context_backward(d_result, weights, inputs)
d_cosines = sharpness * anp.softmax_backward(d_weights, weights)
sizes_of_inputs = np.linalg.norm(inputs, axis=-1, keepdims=True)
key_by_dot = d_cosines.T @ unit_queries / sizes_of_inputs
key_by_length = -np.sum(d_cosines * cosines, axis=0)[:, None] * unit_keys / sizes_of_inputs
d_inputs = as_value + key_by_dot + key_by_length

# No values given: the inputs are used twice
attended, backward = Attention(scale=sharpness)(queries, inputs)
np.testing.assert_allclose(backward(d_context=d_result)[1], d_inputs, rtol=1e-12)
np.testing.assert_allclose(
    np.sum((key_by_dot + key_by_length) * inputs, axis=-1), 0, atol=1e-15
)
# The value's path does act along the vector
assert np.abs(np.sum(as_value * inputs, axis=-1)).max() > 0.1

paths = np.stack([as_value, key_by_dot, key_by_length]).reshape(3, 6)
ax = gradient_heatmap(
    paths,
    [f"{word} {component}" for word in example.sources for component in "xy"],
    ["as value", "as key: dot product", "as key: own length"],
    column_sums=True,
)
ax.set_xlabel("component of the input →")
ax.set_ylabel("path ↓", rotation=0, ha="right", va="bottom")
strongest = np.unravel_index(np.abs(paths).argmax(), paths.shape)
show(
    ax,
    caption="The gradient of each input by path; the column sums are what it receives.",
    alt="A heatmap of three paths by six components. The sums are "
    f"{', '.join(f'{total:+.2f}' for total in paths.sum(axis=0))}. "
    f"The strongest single contribution is {paths[strongest]:+.2f}, of the path "
    f"“{['as value', 'dot product', 'own length'][strongest[0]]}”.",
)

# %% [markdown]
# ## Every product, forwards
#
# Now one attention in full: one target, three sources, nothing left out. `flow` computes a number from an expression of
# earlier names and prints `name = expression = numbers = value`. Nothing below is typed: if it is printed, it was
# computed. Sources are numbered 1, 2, 3; `k` is a key, `v` a value, `len` a length.

# %%
numbers = {}


def flow(name, expression):
    """Compute `name` from numbers that have names, and print how."""
    value = eval(expression, {"exp": np.exp, "sqrt": np.sqrt}, numbers)

    def as_number(match):
        known = numbers.get(match[0])
        return (
            match[0] if known is None else f"({known:.3f})" if known < 0 else f"{known:.3f}"
        )

    with_numbers = re.sub(r"[^\W\d]\w*", as_number, expression)
    print(f"{name:>7} = {expression} = {with_numbers} = {value:.4f}")
    numbers[name] = float(value)


for x, component in enumerate("xy"):
    numbers[f"w_{component}"] = example.queries[0, x]
    numbers[f"dc_{component}"] = d_result[0, x]
    for i in range(3):
        numbers[f"k{i + 1}_{component}"] = example.keys[i, x]
        numbers[f"v{i + 1}_{component}"] = example.values[i, x]
numbers["β"] = sharpness

flow("len_w", "sqrt(w_x*w_x + w_y*w_y)")
for i in (1, 2, 3):
    print(f"\nsource {i}, “{example.sources[i - 1]}”")
    flow(f"dot{i}", f"w_x*k{i}_x + w_y*k{i}_y")
    flow(f"len{i}", f"sqrt(k{i}_x*k{i}_x + k{i}_y*k{i}_y)")
    flow(f"a{i}", f"dot{i} / (len_w*len{i})")
    flow(f"s{i}", f"β*a{i}")
    flow(f"e{i}", f"exp(s{i})")
print("\nweights and context")
flow("Z", "e1 + e2 + e3")
for i in (1, 2, 3):
    flow(f"p{i}", f"e{i} / Z")
for x in "xy":
    flow(f"c_{x}", f"p1*v1_{x} + p2*v2_{x} + p3*v3_{x}")

expected = anp.context(
    anp.softmax(sharpness * anp.cosine_scores(example.queries[:1], example.keys)),
    example.values,
)[0]
np.testing.assert_allclose([numbers["c_x"], numbers["c_y"]], expected, rtol=1e-12)

# %% [markdown]
# ## … and back
#
# From the last line to the first. `dc` is the upstream; `dx` is always the gradient of `x`. Each line asks of one
# forward line: who used me, and how strongly?

# %%
print("to weights and values")
for i in (1, 2, 3):
    flow(f"dp{i}", f"dc_x*v{i}_x + dc_y*v{i}_y")
    for x in "xy":
        flow(f"dv{i}_{x}", f"p{i}*dc_{x}")
print("\nthrough the softmax")
flow("mean", "p1*dp1 + p2*dp2 + p3*dp3")
for i in (1, 2, 3):
    flow(f"ds{i}", f"p{i}*(dp{i} - mean)")
print("\nthrough the sharpness")
flow("dβ", "ds1*a1 + ds2*a2 + ds3*a3")
for i in (1, 2, 3):
    flow(f"da{i}", f"β*ds{i}")
for i in (1, 2, 3):
    print(f"\nthrough the cosine to key {i}: the dot product's path, then the length's")
    flow(f"ddot{i}", f"da{i} / (len_w*len{i})")
    flow(f"dlen{i}", f"-da{i}*a{i} / len{i}")
    for x in "xy":
        flow(f"dk{i}_{x}", f"ddot{i}*w_{x} + dlen{i}*k{i}_{x}/len{i}")
print("\nto the query: three dot products and one length")
flow("dlen_w", "-(da1*a1 + da2*a2 + da3*a3) / len_w")
for x in "xy":
    flow(f"dw_{x}", f"ddot1*k1_{x} + ddot2*k2_{x} + ddot3*k3_{x} + dlen_w*w_{x}/len_w")

# %% [markdown]
# ### The same flow as a picture
#
# In every box: the number on its way forwards, and below it, in the gradient's colour, the number on its way back. Read
# the upper ones from left to right and the lower ones from right to left.

# %%
columns = {"dot": 1, "len": 1, "a": 2, "s": 3, "p": 4}
heights = {1: 2.0, 2: 0.0, 3: -2.0}
places = {
    f"{kind}{i}": (x, heights[i] + {"dot": 0.45, "len": -0.45}.get(kind, 0))
    for kind, x in columns.items()
    for i in heights
}
for i in heights:
    for component, shift in (("x", 0.45), ("y", -0.45)):
        places[f"k{i}_{component}"] = (0, heights[i] + shift)
        places[f"v{i}_{component}"] = (5, heights[i] + shift)
places |= {
    "w_x": (0, -3.85),
    "w_y": (0, -4.75),
    "len_w": (1, -4.3),
    "β": (2.5, 3.5),
    "c_x": (6, 0.45),
    "c_y": (6, -0.45),
}

edges = [
    (f"k{i}_{x}", f"{kind}{i}") for i in heights for x in "xy" for kind in ("dot", "len")
]
edges += [(f"w_{x}", end) for x in "xy" for end in ("len_w", "dot1", "dot2", "dot3")]
edges += [(start, f"a{i}") for i in heights for start in (f"dot{i}", f"len{i}", "len_w")]
edges += [(start, f"s{i}") for i in heights for start in (f"a{i}", "β")] + [
    (f"s{i}", f"p{j}") for i in heights for j in heights
]
edges += [
    (start, f"c_{x}") for i in heights for x in "xy" for start in (f"p{i}", f"v{i}_{x}")
]

figure = style.figure(width="full", height=6.6)
ax = figure.subplots()
for start, end in edges:
    ax.plot(
        *zip(places[start], places[end]),
        color=style.MUTED,
        linewidth=0.5,
        alpha=0.6,
        zorder=1,
    )
colour_of = {"w": style.QUERY, "k": style.KEY, "v": style.VALUE}
for name, (x, y) in places.items():
    box = {
        "boxstyle": "round,pad=0.25",
        "facecolor": "white",
        "edgecolor": colour_of.get(name[0], style.MUTED),
        "linewidth": 1.2,
    }
    text = f"{name} {numbers[name]:+.2f}\n".replace("-", "−")
    ax.text(
        x,
        y,
        text,
        ha="center",
        va="center",
        fontsize=8,
        bbox=box,
        zorder=2,
        linespacing=1.2,
    )
    ax.text(
        x,
        y - 0.14,
        f"d {numbers['d' + name]:+.2f}".replace("-", "−"),
        ha="center",
        va="center",
        fontsize=8,
        color=style.GRADIENT,
        zorder=3,
    )
for i in heights:
    ax.text(
        -0.62, heights[i], example.sources[i - 1], ha="right", va="center", color=style.KEY
    )
ax.text(-0.62, -4.3, example.targets[0], ha="right", va="center", color=style.QUERY)
ax.set(xlim=(-1.15, 6.5), ylim=(-5.3, 4.0))
ax.axis("off")
show(
    figure,
    caption="Forwards above, backwards below in each box.",
    alt=f"A graph of {len(places)} numbers from keys, query and values on the left to the "
    "context on the right, each with its gradient. "
    f"Weights {numbers['p1']:.2f}, {numbers['p2']:.2f}, {numbers['p3']:.2f}; gradients of "
    f"the scores {numbers['ds1']:+.2f}, {numbers['ds2']:+.2f}, {numbers['ds3']:+.2f}; "
    f"gradient of the query {numbers['dw_x']:+.2f}, {numbers['dw_y']:+.2f}.",
)

# %% [markdown]
# ## Is every line right?
#
# `check_steps` takes the forward pass as named steps and your gradients by name. It goes backwards and judges each line
# by what that line was given, so it finds the *first* wrong one. Here are all the numbers of the flow, in arrays:

# %%
def gathered(*names):
    return np.array([numbers[name] for name in names])


steps = {
    "len_w": lambda w: np.sqrt(np.sum(w * w)),
    "len": lambda k: np.sqrt(np.sum(k * k, axis=-1)),
    "dot": lambda w, k: k @ w,
    "a": lambda dot, len_w, len: dot / (len_w * len),
    "s": lambda a, β: β * a,
    "p": lambda s: anp.softmax(s),
    "c": lambda p, v: p @ v,
}
gradients = {
    "c": gathered("dc_x", "dc_y"),
    **{
        name: gathered(*(f"d{name}{i}" for i in (1, 2, 3)))
        for name in ("p", "s", "a", "dot", "len")
    },
    **{
        name: gathered(*(f"d{name}{i}_{x}" for i in (1, 2, 3) for x in "xy")).reshape(3, 2)
        for name in "kv"
    },
    "w": gathered("dw_x", "dw_y"),
    "len_w": np.array(numbers["dlen_w"]),
    "β": np.array(numbers["dβ"]),
}
start = {
    "w": example.queries[0],
    "k": example.keys,
    "v": example.values,
    "β": np.array(sharpness),
}


def verdicts(report):
    for verdict in ("right", "wrong"):
        names = [f"d{row.name}" for row in report.comparisons if row.verdict == verdict]
        print(f"{verdict}: {', '.join(names) or 'none'}")
    for diagnosis in report.diagnoses:
        print(f"[{diagnosis.code}] d{diagnosis.input}: {diagnosis.message}")


report = check_steps(steps, start, gradients)
assert report.passed and max(report.errors.values()) < 1e-11
verdicts(report)

# %% [markdown]
# Now break one line: the length's path with the wrong sign. Everything behind it is computed *from* the wrong number,
# yet only that one line is blamed.

# %%
# Your guess: w, k, v, β, len_w, len, dot, a, s, p
guess_line = predict("Which gradient will be named?", "k")

# %%
broken = dict(gradients)
broken["len"] = -gradients["len"]
directions = start["k"] / np.linalg.norm(start["k"], axis=-1, keepdims=True)
broken["k"] = gradients["dot"][:, None] * start["w"] + broken["len"][:, None] * directions
report = check_steps(steps, start, broken)
assert report.diagnoses[0].input == "len" and report.diagnoses[0].code == "sign-flipped"
guess_line.compare(report.diagnoses[0].input)
verdicts(report)

# %% [markdown]
# ## Exercises
#
# The dot products first: they have no lengths to worry about. The last one puts 06 and 07 together.

# %% [exercise] dot_scores_backward

# %% [exercise] scaled_dot_scores_backward

# %% [exercise] cosine_scores_backward

# %% [exercise] additive_scores_backward

# %% [exercise] attend_backward

# %% [markdown]
# ## Where this is used
#
# - *Cosine attention:* the Neural Turing Machine's content addressing (Graves, Wayne and Danihelka 2014, section
#   3.3.1); query–key normalisation in transformers (Henry, Dachapally, Pawar and Chen 2020); Swin Transformer V2's
#   scaled cosine attention (Liu et al. 2022, section 3.2).
# - *At right angles, hence longer, hence slower:* shown for weight normalisation by Salimans and Kingma (2016, section
#   2.1).
# - *Additive scores,* the exercise: Bahdanau, Cho and Bengio (2015, appendix A.1.2).
#
# ## Recap in five lines
#
# 1. $\partial a / \partial v = (\hat w - a \hat v) / \lVert v \rVert$: one path through the dot product, one through
#    $v$'s own length.
# 2. It stands at right angles to $v$; $d_v \cdot v = 0$ is a free test.
# 3. It is $\sin \theta / \lVert v \rVert$ long: huge near zero, nothing along $w$.
# 4. What is used twice receives the sum: over targets, over keys, and over the roles of key and value.
# 5. `check_steps` finds the first wrong line, and lines after it are not blamed.
#
# Next: 08, where numbers alone catch a wrong gradient, and its picture tells you what is wrong.

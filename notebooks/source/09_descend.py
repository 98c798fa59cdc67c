# %% [markdown]
# # 09 · Descend
#
# A gradient says which way is uphill. What a model does with it is another matter, and seven answers are compared here:
# on a surface that you can see, and on the article's model.
#
# - **What you'll do:** walk down one valley by seven rules, train the article's model with its training loop, and move
#   a whole training back and forth on a slider.
# - **What you'll learn:** the largest stable step, what momentum and the “dynamic” rules each repair, and how weights,
#   gradients, sharpness and entropy move together.
# - **What you'll need:** notebook 06 (back through the softmax); the idea of an eigenvalue helps; 15 minutes.

# %%
import numpy as np

import attention_np as anp
from attention_np.course import Heat, Lines, Numbers, predict, scrub, show, style
from attention_np.layers import Parameter
from attention_np.models.article import ArticleModel, FormulaModel
from attention_np.optim import SGD, AdaGrad, Adam, RMSProp
from attention_np.training import blas_threads

%load_ext attention_np.classroom

# %% [markdown]
# ## A valley
#
# Two parameters $\theta$ and forty examples $(x_n, y_n)$ with the loss
# $L(\theta) = \frac{1}{2N} \sum_n (x_n \cdot \theta - y_n)^2$. It is a bowl, and because the two components of $x$ go
# together and differ in size, a long and narrow one: a *valley*. Its curvatures are the eigenvalues $\lambda$ of
# $\frac1N \sum_n x_n x_n^\top$.

# %%
rng = np.random.default_rng(0)
examples = rng.normal(size=(40, 2)) @ np.array([[1.6, 0.5], [0.1, 0.33]])
answers = examples @ np.array([1.0, -0.5]) + 0.3 * rng.normal(size=40)


def loss(theta, x=examples, y=answers):
    return np.mean((x @ theta - y) ** 2) / 2


def gradient(theta, x=examples, y=answers):
    return x.T @ (x @ theta - y) / len(y)  # (2,)


curvatures, valley = np.linalg.eigh(examples.T @ examples / len(examples))
lowest = np.linalg.lstsq(examples, answers, rcond=None)[0]
np.testing.assert_allclose(gradient(lowest), 0, atol=1e-14)
print(
    f"curvature along the valley {curvatures[0]:.3f}, across it {curvatures[1]:.3f}: a "
    f"ratio of {curvatures[1] / curvatures[0]:.0f}"
)

# %% [markdown]
# ## Gradient descent, and the largest step
#
# Step against the gradient, with the learning rate $\eta$: $\theta \leftarrow \theta - \eta g$. Along a direction of
# curvature $\lambda$ the gradient is $\lambda$ times the distance from the bottom, so each step multiplies that
# distance by $1 - \eta \lambda$. It shrinks if and only if
#
# $$|1 - \eta \lambda| < 1 \quad\Longleftrightarrow\quad 0 < \eta < \frac{2}{\lambda} .$$
#
# The steepest direction sets the limit, and the flattest one then decides how long it takes.

# %%
# Your guess
guess_limit = predict(
    "Up to which learning rate does gradient descent come down here?", 1.0
)

# %%
def descend(rate, steps=60, start=(-2.2, 2.2)):
    """The loop: gradient descent on all examples."""
    theta, path = np.array(start), [np.array(start)]
    for _ in range(steps):
        theta = theta - rate * gradient(theta)
        path.append(theta)
    return np.array(path)  # (steps + 1, 2)


limit = 2 / curvatures[1]
for factor in (0.5, 0.98, 1.02):
    path = descend(factor * limit)
    print(
        f"η = {factor:.2f} of the limit: loss above the bottom "
        f"{loss(path[0]) - loss(lowest):.2f} → {loss(path[-1]) - loss(lowest):.2g}"
    )

slower, faster = descend(0.98 * limit), descend(1.02 * limit)
assert loss(slower[-1]) < loss(slower[0]) and loss(faster[-1]) > loss(faster[0])
# And the whole path is known beforehand, in the directions of the two curvatures:
steps = np.arange(61).reshape(-1, 1)
predicted = (
    lowest
    + (
        (descend(0.9 * limit)[0] - lowest)
        @ valley
        * (1 - 0.9 * limit * curvatures) ** steps
    )
    @ valley.T
)
np.testing.assert_allclose(descend(0.9 * limit), predicted, atol=1e-12)
guess_limit.compare(limit)

# %% [markdown]
# ## Seven rules
#
# | rule | each step | repairs |
# |---|---|---|
# | gradient descent | $\theta \leftarrow \theta - \eta g$, $g$ over all examples | |
# | stochastic | the same with $g$ over a few examples | one step per pass over the data is too few |
# | momentum | $u \leftarrow \mu u + g$, $\theta \leftarrow \theta - \eta u$ | zigzag across the valley, crawling along it |
# | Nesterov | $u \leftarrow \mu u + g$, $\theta \leftarrow \theta - \eta (g + \mu u)$ | momentum brakes too late |
# | AdaGrad | $G \leftarrow G + g^2$, $\theta \leftarrow \theta - \eta g / (\sqrt G + \epsilon)$ | one $\eta$ cannot suit all parameters |
# | RMSProp | $v \leftarrow \rho v + (1 - \rho) g^2$, $\theta \leftarrow \theta - \eta g / (\sqrt v + \epsilon)$ | AdaGrad's steps die away |
# | Adam | means of $g$ and of $g^2$, both corrected for starting at zero | RMSProp without momentum; its wrong start |
#
# ($u$ is a velocity; squares and quotients are taken entry by entry. The last three are the article's “dynamic”
# gradient descent.) The package's optimisers change a `Parameter`, which has a `value` and a `grad`. First the loop by
# hand, then the package's one line:

# %%
def adagrad_by_hand(rate, steps, eps=1e-10):
    theta, square_sum = np.array([-2.2, 2.2]), np.zeros(2)
    for _ in range(steps):
        g = gradient(theta)
        square_sum += g**2
        theta = theta - rate * g / (np.sqrt(square_sum) + eps)
    return theta


def walk(make, batch=40, steps=60):
    """The path of an optimiser, with gradients over `batch` examples, drawn each time."""
    theta, draw = Parameter(np.array([-2.2, 2.2])), np.random.default_rng(1)
    optimizer, path = make([theta]), [theta.value.copy()]
    for _ in range(steps):
        chosen = np.sort(draw.choice(len(answers), batch, replace=False))
        theta.grad[...] = gradient(theta.value, examples[chosen], answers[chosen])
        optimizer.step()
        path.append(theta.value.copy())
    return np.array(path)


rules = {
    "gradient descent": walk(lambda p: SGD(p, 0.9 * limit)),
    "stochastic": walk(lambda p: SGD(p, 0.3 * limit), batch=4),
    "momentum": walk(lambda p: SGD(p, 0.17 * limit, momentum=0.9)),
    "Nesterov": walk(lambda p: SGD(p, 0.17 * limit, momentum=0.9, nesterov=True)),
    "AdaGrad": walk(lambda p: AdaGrad(p, 1.0)),
    "RMSProp": walk(lambda p: RMSProp(p, 0.2, rho=0.9)),
    "Adam": walk(lambda p: Adam(p, 0.3)),
}
np.testing.assert_allclose(rules["AdaGrad"][-1], adagrad_by_hand(1.0, 60), rtol=1e-12)
np.testing.assert_allclose(rules["gradient descent"], descend(0.9 * limit), atol=1e-12)

# %%
colours = dict(
    zip(
        rules,
        (
            style.MUTED,
            style.ACCENT,
            style.KEY,
            "#c2185b",
            style.VALUE,
            style.QUERY,
            style.GRADIENT,
        ),
    )
)
horizontal, vertical = np.meshgrid(np.linspace(-3.2, 2.6, 120), np.linspace(-2.6, 4.4, 120))
surface = np.mean(
    (np.stack([horizontal, vertical], axis=-1) @ examples.T - answers) ** 2, axis=-1
) / 2 - loss(lowest)
levels = np.geomspace(0.02, 40, 12)
above = {
    name: np.array([loss(theta) for theta in path]) - loss(lowest)
    for name, path in rules.items()
}

figure = style.figure(width="full", height=8.4)
panels = figure.subplots(3, 3).ravel()
for ax, (name, path) in zip(panels, rules.items()):
    ax.contour(horizontal, vertical, surface, levels, colors=style.MUTED, linewidths=0.4)
    ax.plot(*path.T, "o-", color=colours[name], markersize=2.2, linewidth=1)
    ax.plot(*lowest, "+", color="black", markersize=9)
    ax.set(title=name, xlim=(-3.2, 2.6), ylim=(-2.6, 4.4))
for ax, shown, title in zip(
    panels[7:],
    (list(rules)[:4], ["gradient descent", *list(rules)[4:]]),
    ("loss above the bottom", "… of the dynamic rules"),
):
    for name in shown:
        ax.semilogy(above[name], color=colours[name], linewidth=1.5, label=name)
    ax.set(title=title, xlabel="step", ylim=(1e-4, 30))
    ax.legend(
        frameon=False, fontsize=7, loc="lower left", labelspacing=0.15, handlelength=1.2
    )
order = sorted(above, key=lambda name: above[name][-1])
show(
    figure,
    caption="Sixty steps from one start. The cross is the bottom.",
    alt="Seven paths on the contours of a narrow valley, and their losses. After 60 "
    "steps the loss above the bottom is "
    f"{', '.join(f'{above[name][-1]:.1g} ({name})' for name in order)}.",
)
assert above["Nesterov"][-1] < above["momentum"][-1]
# Noise keeps it from settling
assert above["stochastic"][-1] > 10 * above["gradient descent"][-1]

# %% [markdown]
# Look for: gradient descent's zigzag; stochastic steps that never settle; momentum that overshoots and Nesterov's that
# brakes; AdaGrad's ever smaller steps; RMSProp, which goes at one pace to the end; Adam, which swings wide. None is the
# best everywhere: the numbers above belong to one valley and to learning rates picked for it.
#
# ## The article's model
#
# Now a task. The word “bank” stands in every sentence; one other word says which bank it is, and four words say
# nothing. Is the sentence about water or about money? Six words, two classes.

# %%
fillers = ["the", "a", "old", "new", "by", "near", "of", "my"]
clues = {"water": ["river", "lake", "boat"], "money": ["loan", "cash", "debt"]}
vocabulary = ["bank", *fillers, *clues["water"], *clues["money"]]
classes = list(clues)


def sentences(count, rng):
    """Ids (count, 6), classes (count,), and where the clue stands (count,)."""
    ids, kinds, places = (
        np.zeros((count, 6), dtype=int),
        rng.integers(2, size=count),
        np.zeros(count, dtype=int),
    )
    for row, kind in enumerate(kinds):
        words = [
            "bank",
            rng.choice(clues[classes[kind]]),
            *rng.choice(fillers, 4, replace=False),
        ]
        order = rng.permutation(6)
        ids[row] = [vocabulary.index(words[place]) for place in order]
        places[row] = np.flatnonzero(order == 1)[0]
    return ids, kinds, places


rng = np.random.default_rng(0)
ids, kinds, _ = sentences(256, rng)
new_ids, new_kinds, new_places = sentences(200, rng)
for row in range(3):
    print(f"{' '.join(vocabulary[i] for i in ids[row]):38} → {classes[kinds[row]]}")

# %% [markdown]
# **The training loop** is five lines, and this package has no other kind: forwards, loss, gradients to zero, backwards,
# step. The forward pass hands out its own backward pass.
#
# **The prediction loop** is shorter: forwards, and the class with the largest logit. Nothing goes back and nothing
# changes.

# %%
def train(model, optimizer, passes, batch=32):
    draw, losses = np.random.default_rng(1), []
    # Small products are faster on one thread, and have the same bits each time.
    with blas_threads(1):
        for _ in range(passes):
            order = draw.permutation(len(ids))
            for first in range(0, len(ids), batch):
                chosen = order[first : first + batch]
                logits, backward = model(ids[chosen])
                losses.append(float(anp.cross_entropy(logits, kinds[chosen])))
                optimizer.zero_grad()  # gradients add up; begin from nothing
                backward(anp.cross_entropy_backward(logits, kinds[chosen]))
                optimizer.step()
    return np.array(losses)


def classify(model, ids):
    model.eval()
    logits, _ = model(ids)
    return logits.argmax(axis=-1)


def article_model():
    return ArticleModel(
        len(vocabulary), 8, 2, rng=np.random.default_rng(2), dtype=np.float64
    )


model = article_model()
before = np.mean(classify(model, new_ids) == new_kinds)
losses = train(model, Adam(model.parameters(), 0.03), passes=10)
after = np.mean(classify(model, new_ids) == new_kinds)
print(
    f"loss {losses[0]:.3f} → {losses[-8:].mean():.4f}; right on new sentences: "
    f"{before:.0%} → {after:.0%}"
)
for row in range(3):
    print(
        f"{' '.join(vocabulary[i] for i in new_ids[row]):38} → "
        f"{classes[classify(model, new_ids[row : row + 1])[0]]}"
    )
assert after == 1.0

# %% [markdown]
# The same model, the same start, the seven rules. One pass over the data is one step of gradient descent, and eight
# steps of the others: the second row of the table above, seen.

# %%
# Your guess
guess_slowest = predict("Which rule has the highest loss after ten passes?", "stochastic")

# %%
settings = {
    "gradient descent": (lambda p: SGD(p, 1.0), 256),
    "stochastic": (lambda p: SGD(p, 1.0), 32),
    "momentum": (lambda p: SGD(p, 0.2, momentum=0.9), 32),
    "Nesterov": (lambda p: SGD(p, 0.2, momentum=0.9, nesterov=True), 32),
    "AdaGrad": (lambda p: AdaGrad(p, 0.1), 32),
    "RMSProp": (lambda p: RMSProp(p, 0.01), 32),
    "Adam": (lambda p: Adam(p, 0.03), 32),
}
curves = {}
for name, (make, batch) in settings.items():
    model = article_model()
    # A mean per pass
    curves[name] = (
        train(model, make(model.parameters()), passes=10, batch=batch)
        .reshape(10, -1)
        .mean(axis=1)
    )
last = {name: curve[-1] for name, curve in curves.items()}
slowest = max(last, key=last.get)
assert slowest == "gradient descent"

figure = style.figure(width="full", height=3.4)
ax = figure.subplots()
heights, lowest_label = sorted(last, key=last.get), 0.0
for name in heights:
    ax.semilogy(range(1, 11), curves[name], color=colours[name], linewidth=1.8)
    lowest_label = max(np.log10(last[name]), lowest_label + 0.21 if lowest_label else -9)
    ax.annotate(
        name,
        (10, last[name]),
        xytext=(10.25, 10**lowest_label),
        color=colours[name],
        va="center",
    )
ax.set(
    xlabel="passes over the data",
    ylabel="loss, mean of a pass",
    xlim=(1, 12.4),
    xticks=range(1, 11),
)
show(
    figure,
    caption="The article's model under seven rules, from one start.",
    alt="Losses over ten passes, all falling. At the end: "
    + ", ".join(f"{name} {last[name]:.2g}" for name in reversed(heights))
    + ".",
)
guess_slowest.compare(slowest)

# %% [markdown]
# ## A training on a slider
#
# The article's *model* weighs every feature of every word by itself; its *formulas* give each word one weight (notebook
# 04). `FormulaModel` is the same model with the formulas in the middle: one learned target $w$, cosines, a sharpness
# $\beta$ that is learned from 1 on, a softmax. So we can watch one weight per word.
#
# During the training we stop every few steps and look at four sentences that it never learns from: where their weights
# lie, and which gradient reaches each score. Backwards it is notebook 06, line by line:

# %%
probe_ids, probe_kinds = new_ids[:4], new_kinds[:4]
uniform = np.log(6)


def look(model):
    """Weights and gradients of the scores for the four sentences."""
    embedded, _ = model.embedding(probe_ids)  # (4, 6, 8)
    targets = np.broadcast_to(model.target.value, (4, 1, 8))
    attended, _ = model.attention(targets, embedded)
    logits, _ = model.output(attended.context[:, 0])
    d_logits = anp.cross_entropy_backward(logits, probe_kinds)
    d_context = d_logits @ model.output.weight.value.T  # (4, 8)
    d_weights, _ = anp.context_backward(d_context[:, None], attended.weights, embedded)
    return attended.weights[:, 0], anp.softmax_backward(d_weights, attended.weights)[:, 0]


def measure(model):
    """Loss, sharpness, entropy and the clue's weight on the new sentences."""
    weights, (logits, _) = model.weights(new_ids), model(new_ids)
    return {
        "loss": float(anp.cross_entropy(logits, new_kinds)),
        "sharpness": float(model.attention.scale_in_force(8)),
        "entropy": float(-np.mean(np.sum(weights * np.log(weights), axis=-1))),
        "weight of the clue": float(weights[np.arange(len(new_ids)), new_places].mean()),
        "right": float(np.mean(logits.argmax(axis=-1) == new_kinds)),
    }


model = FormulaModel(
    len(vocabulary),
    8,
    2,
    learn_scale=True,
    initial_scale=1.0,
    rng=np.random.default_rng(2),
    dtype=np.float64,
)
optimizer, draw = Adam(model.parameters(), 0.01), np.random.default_rng(1)
shown_at, weight_frames, gradient_frames, measured = [], [], [], []
with blas_threads(1):
    for step in range(241):
        if step % 8 == 0:
            shown_at.append(step)
            measured.append(measure(model))
            for frames, frame in zip((weight_frames, gradient_frames), look(model)):
                frames.append(frame)
        chosen = draw.choice(len(ids), 32, replace=False)
        logits, backward = model(ids[chosen])
        optimizer.zero_grad()
        backward(anp.cross_entropy_backward(logits, kinds[chosen]))
        optimizer.step()

# (31, 4, 6)
weight_frames, gradient_frames = (
    np.array(weight_frames),
    np.array(gradient_frames),
)
series = {name: np.array([frame[name] for frame in measured]) for name in measured[0]}
series["largest gradient"] = np.abs(gradient_frames).max(axis=(1, 2))
np.testing.assert_allclose(weight_frames.sum(axis=-1), 1, rtol=1e-12)
np.testing.assert_allclose(gradient_frames.sum(axis=-1), 0, atol=1e-15)
ceiling = np.exp(2) / (np.exp(2) + 5)
turn = int(series["sharpness"].argmin())
assert 0 < turn < len(shown_at) // 2  # at first the sharpness falls
assert series["largest gradient"][-1] < 0.01 * series["largest gradient"].max()
assert series["right"][-1] == 1 and series["entropy"][-1] < series["entropy"][0]
# More than β = 1 could give any word, however long it trained
assert series["weight of the clue"][-1] > ceiling
print(
    f"β {series['sharpness'][0]:.2f} → {series['sharpness'][-1]:.2f}; weight of the clue "
    f"{series['weight of the clue'][0]:.2f} → {series['weight of the clue'][-1]:.2f}, "
    f"where β = 1 has the ceiling {ceiling:.3f};\nentropy {series['entropy'][0]:.2f} → "
    f"{series['entropy'][-1]:.2f} nats of {uniform:.2f}"
)
print(
    f"β is lowest, {series['sharpness'][turn]:.2f}, at step {shown_at[turn]}; the largest "
    "gradient ends at "
    f"{series['largest gradient'][-1] / series['largest gradient'].max():.1%} of its peak"
)

# %%
labels = [" ".join(vocabulary[i] for i in row) for row in probe_ids]
positions_in_sentence = ["1st", "2nd", "3rd", "4th", "5th", "6th"]
scrub(
    name="step",
    positions=shown_at,
    panels=[
        Heat(
            "weights",
            weight_frames,
            positions_in_sentence,
            labels,
            kind="weights",
            axes="sentence ↓ word →",
        ),
        Heat(
            "gradients of the scores",
            gradient_frames,
            positions_in_sentence,
            labels,
            kind="gradients",
            axes="sentence ↓ word →",
        ),
        Lines("loss", {"loss": series["loss"]}),
        Lines("sharpness β", {"sharpness": series["sharpness"]}),
        Lines(
            "entropy, nats",
            {"entropy": series["entropy"], "all alike": np.full(len(shown_at), uniform)},
        ),
        Numbers(
            {
                name: series[name]
                for name in (
                    "loss",
                    "sharpness",
                    "entropy",
                    "weight of the clue",
                    "largest gradient",
                    "right",
                )
            }
        ),
    ],
    start=0,
    alt=f"A training of {shown_at[-1]} steps on a slider. The weights of four sentences "
    f"start even and gather on the clue ({series['weight of the clue'][0]:.2f} → "
    f"{series['weight of the clue'][-1]:.2f} on average); "
    f"sharpness rises from {series['sharpness'][0]:.2f} to {series['sharpness'][-1]:.2f}, "
    f"entropy falls from {series['entropy'][0]:.2f} to {series['entropy'][-1]:.2f}, and "
    "the gradients die away with the loss.",
)

# %% [markdown]
# Slide slowly. Weights begin almost even, and at first the sharpness even *falls*: while the model does not know what
# to look at, looking sharply only hurts. Then the words take on meanings, the gradients grow, with both signs in every
# row, the clue gathers weight, β climbs and entropy falls. Once the answers are right the loss asks for nothing more:
# the gradients fade, and the sharpness stops where it happens to be. A model learns to look only as far as the loss
# rewards it.
#
# ## Exercises
#
# A loss and its gradient, three rules, and a loop that knows when to stop.

# %% [exercise] cross_entropy

# %% [exercise] cross_entropy_backward

# %% [exercise] sgd_step

# %% [exercise] momentum_step

# %% [exercise] adam_step

# %% [exercise] train_to_loss

# %% [markdown]
# ## Where this is used
#
# - *Stochastic steps:* Robbins and Monro (1951). *Momentum:* Polyak (1964). *Looking ahead:* Nesterov (1983), in this
#   form Sutskever, Martens, Dahl and Hinton (2013).
# - *Dynamic rates:* AdaGrad, Duchi, Hazan and Singer (2011); RMSProp, Tieleman and Hinton (2012, lecture 6.5 of their
#   course); Adam, Kingma and Ba (2015), and AdamW, which keeps weight decay out of the division (Loshchilov and Hutter
#   2019).
# - *The conventions differ:* where ε stands and how the first step begins changes results; this package follows
#   PyTorch's, and its documentation says where Keras's differ.
#
# ## Recap in five lines
#
# 1. Gradient descent is stable for $\eta < 2/\lambda$ with the largest curvature $\lambda$; the smallest decides how
#    long it takes.
# 2. Stochastic steps are many and noisy; momentum averages the zigzag away; Nesterov brakes in time.
# 3. AdaGrad, RMSProp and Adam divide each entry by the usual size of its gradient.
# 4. The training loop is forwards, loss, zero, backwards, step; the prediction loop is forwards.
# 5. Weights, sharpness and entropy move as long as the loss asks for it, and no further.
#
# Next: 10, where attention translates.

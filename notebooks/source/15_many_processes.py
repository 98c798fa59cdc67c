# %% [markdown]
# # 15 · Many processes
#
# One machine is too slow, so several share the work. Then two questions matter more than speed: is it still the same
# mathematics, and what happens when they do not wait for each other?
#
# - **What you'll do:** share a gradient among processes in the right way and in the wrong one, train with three
#   processes to the same numbers as with one, and drive delayed gradients over the edge with a slider.
# - **What you'll learn:** why means must not be averaged, exactly how much delay gradient descent bears, that
#   asynchrony acts like momentum, and what is gained by exchanging rarely.
# - **What you'll need:** notebook 09 (descend), 15 minutes. No MPI: the processes are played by threads or simulated,
#   and the last section says how to start real ones.

# %%
import copy
import threading
from dataclasses import dataclass

import numpy as np

import attention_np as anp
from attention_np.course import Heat, Lines, Numbers, predict, scrub, show, style
from attention_np.models import ArticleModel
from attention_np.models.rows import RowBatch
from attention_np.optim import SGD, Adam
from attention_np.training import Processes, blas_threads, train
from attention_np.training.delayed import delayed_descent
from attention_np.training.staleness import (
    implicit_momentum,
    measured_limit,
    stability_limit,
)
from attention_np.visualize import gradient_heatmap

%load_ext attention_np.classroom

# %% [markdown]
# ## One gradient, several processes
#
# The task is that of notebook 09: is the sentence about water or about money? A batch of $n$ sentences has the loss
# $L = \frac1n \sum_n \ell_n$, a mean. Process $r$ gets $n_r$ of the sentences and computes *its* mean $L_r$ and *its*
# gradient $g_r$. The whole is
#
# $$L = \sum_r \frac{n_r}{n} L_r, \qquad g = \sum_r \frac{n_r}{n} g_r = \frac{\sum_r n_r g_r}{\sum_r n_r} .$$
#
# Each process sends a **sum and a count**. The mean of the means, $\frac1R \sum_r g_r$, is something else unless all
# parts are equally long; and they hardly ever are, for the last batch is short, and of padded sentences one counts
# words.

# %%
fillers = ["the", "a", "old", "new", "by", "near", "of", "my"]
clues = [["river", "lake", "boat"], ["loan", "cash", "debt"]]
vocabulary = ["bank", *fillers, *clues[0], *clues[1]]


def sentences(count, rng):
    """Ids (count, 6) and classes (count,): 0 is water, 1 is money."""
    kinds = rng.integers(2, size=count)
    words = [
        rng.permutation(
            ["bank", rng.choice(clues[kind]), *rng.choice(fillers, 4, replace=False)]
        )
        for kind in kinds
    ]
    return np.array([[vocabulary.index(word) for word in row] for row in words]), kinds


def new_model():
    return ArticleModel(
        len(vocabulary), 8, 2, rng=np.random.default_rng(2), dtype=np.float64
    )


def gradient_of(model, ids, kinds):
    """The gradient of the mean loss, all parameters in one vector."""
    model.zero_grad()
    logits, backward = model(ids)
    backward(anp.cross_entropy_backward(logits, kinds))
    return np.concatenate([parameter.grad.ravel() for parameter in model.parameters()])


ids, kinds = sentences(256, np.random.default_rng(0))
batch_ids, batch_kinds = ids[:12], kinds[:12]
shards = [slice(0, 8), slice(8, 11), slice(11, 12)]  # three processes, parts of 8, 3 and 1

# %%
# Your guess
guess_mean = predict(
    "By how many per cent is the mean of the three means off?", 5
)

# %%
model = new_model()
whole = gradient_of(model, batch_ids, batch_kinds)
# (3, parameters)
parts = np.stack(
    [gradient_of(model, batch_ids[part], batch_kinds[part]) for part in shards]
)
counts = np.array([part.stop - part.start for part in shards])

# The loop: every process adds what it has.
total, number = np.zeros_like(whole), 0
for part, count in zip(parts, counts):
    total += count * part
    number += count
by_loop = total / number

by_line = counts @ parts / counts.sum()  # in one line
mean_of_means = parts.mean(axis=0)  # the tempting one

np.testing.assert_allclose(by_loop, whole, rtol=0, atol=1e-15)
np.testing.assert_allclose(by_line, whole, rtol=0, atol=1e-15)
off = np.linalg.norm(mean_of_means - whole) / np.linalg.norm(whole)
assert off > 0.1
print(
    f"sums and counts: equal to one process to 1e-15; the mean of means is off by {off:.0%}"
)
guess_mean.compare(round(100 * off))

# %%
gradient_of(model, batch_ids, batch_kinds)
# Of the output layer's weight (8, 2), before the two biases, the column of “money”
place = np.arange(len(whole) - 18, len(whole) - 2).reshape(8, 2)[:, 1]
np.testing.assert_array_equal(whole[place], model.output.weight.grad[:, 1])
table = np.stack([whole[place], by_line[place], mean_of_means[place]])  # (3, 8)
ax = gradient_heatmap(
    table,
    [str(feature) for feature in range(8)],
    ["one process", "sums and counts", "mean of means"],
)
ax.set_xlabel("feature →")
ax.set_ylabel("computed by ↓", rotation=0, ha="right", va="bottom")
worst = int(np.abs(table[2] - table[0]).argmax())
show(
    ax,
    caption="The gradient of the output weights of “money”, from one process, and put "
    "together from three in two ways.",
    alt="A heatmap of 8 features in three rows. The first two rows are equal; in the "
    f"third, feature {worst} is farthest off, {table[2, worst]:+.2f} where "
    f"{table[0, worst]:+.2f} is right.",
)

# %% [markdown]
# ## A training by three, and the same numbers
#
# In a synchronous training every process holds a copy of the model. In every step each computes the gradient of its
# part, one exchange adds them all up (an *all-reduce*), and all take the same step. Nobody ever has other weights than
# the others, and nobody has other weights than a single process would have had, but for the order of one sum.
#
# The package's `train` asks for a *communicator*: a `rank`, a `size`, and `sum`. Here is one for threads, in which each
# thread plays a process. With MPI, `sum` would be an `Allreduce`.

# %%
class Threads:
    """Process `rank` of several, played by threads; sums go in the order of the ranks."""

    def __init__(self, rank, size, meeting, places):
        self.rank, self.size, self._meeting, self._places = rank, size, meeting, places

    def sum(self, buffer):
        self._places[self.rank] = buffer.copy()
        self._meeting.wait()  # all have brought theirs
        total = np.sum(self._places, axis=0)
        self._meeting.wait()  # all have read
        buffer[...] = total

    def share(self, value):
        if self.rank == 0:
            self._places[0] = value
        self._meeting.wait()
        shared = value if self.rank == 0 else copy.deepcopy(self._places[0])
        self._meeting.wait()
        return shared


@dataclass(frozen=True)
class Sentences(RowBatch):
    """A batch whose rows can be shared out: `shard(rank, size)` comes from RowBatch."""

    ids: np.ndarray
    kinds: np.ndarray

    @property
    def tokens(self):
        return len(self.ids)


class Shuffled:
    """Batches of 32 in a new order each epoch; the last one of an epoch is short."""

    def __len__(self):
        return 7

    def epoch(self, rng):
        order = rng.permutation(206)
        for first in range(0, 206, 32):
            chosen = order[first : first + 32]
            yield Sentences(ids[chosen], kinds[chosen])


class Classifier(ArticleModel):
    """The article's model as `train` wants it: `loss, backward = model(batch)`."""

    def __call__(self, batch):
        logits, backward = super().__call__(batch.ids)
        return anp.cross_entropy(logits, batch.kinds), lambda: backward(
            anp.cross_entropy_backward(logits, batch.kinds)
        )


def trained(processes, make=lambda parameters: Adam(parameters, 0.01), epochs=4):
    """Weights after a training, and the loss of each epoch."""
    model = Classifier(
        len(vocabulary), 8, 2, rng=np.random.default_rng(2), dtype=np.float64
    )
    result = train(
        model,
        make(model.parameters()),
        Shuffled(),
        rng=np.random.default_rng(1),
        epochs=epochs,
        progress=False,
        processes=processes,
    )
    return model.state_dict(), [epoch["train_loss"] for epoch in result.history]


def trained_by_threads(size, **options):
    """The same training by `size` threads; what each of them has at the end."""
    meeting, places, results = (
        threading.Barrier(size, timeout=60),
        [None] * size,
        [None] * size,
    )

    def play(rank):
        results[rank] = trained(Processes(Threads(rank, size, meeting, places), **options))

    players = [threading.Thread(target=play, args=(rank,)) for rank in range(size)]
    for player in players:
        player.start()
    for player in players:
        player.join()
    return results


alone, losses = trained(Processes())
crew = trained_by_threads(3)
print("loss of each epoch:", np.round(losses, 4))
for name, weight in alone.items():
    for weights, _ in crew:
        np.testing.assert_allclose(weights[name], weight, rtol=0, atol=1e-12)
    # Among themselves to the last bit
    assert all(
        np.array_equal(weights[name], crew[0][0][name]) for weights, _ in crew
    )
print(
    "three processes: every weight as with one, to 1e-12, and among themselves to the "
    "last bit"
)

# %% [markdown]
# ## Nobody waits: stale gradients
#
# Waiting costs time, so let each process send its gradient whenever it is ready. Then a gradient belongs to weights
# that have meanwhile changed: it is *stale*, by the number τ of updates that came in between. On a quadratic loss of
# curvature λ, with learning rate η, that is
#
# $$x_{t+1} = x_t - \eta \lambda \, x_{t - \tau} .$$
#
# Try $x_t = z^t$: it is a solution if $z^\tau (z - 1) = -\eta \lambda$, and the descent is stable as long as all roots
# $z$ lie inside the unit circle. As $\eta\lambda$ grows the first root leaves it at some $z = e^{i\theta}$, where both
# sides must agree in size and direction:
#
# $$2 \sin \tfrac\theta2 = \eta\lambda, \quad \tau\theta + \tfrac{\pi + \theta}{2} = \pi \quad\Longrightarrow\quad \theta = \frac{\pi}{2\tau + 1}, \qquad \boxed{\; 0 < \eta\lambda < 2 \sin \frac{\pi}{2 (2\tau + 1)} \;}$$

# %%
# Your guess
guess_delay = predict(
    "Without delay the limit is 2. What is it with a delay of one update?", 1.5
)

# %%
delays = [0, 1, 2, 3, 4, 5]
proved = [stability_limit(delay) for delay in delays]
# By running: bisection between shrinking and growing
tried = [measured_limit(delay) for delay in delays]
print("delay    proved   by running")
for delay, limit, found in zip(delays, proved, tried):
    print(f"{delay:5} {limit:9.3f} {found:9.3f}")
    assert (
        abs(limit - 2 * np.sin(np.pi / (2 * (2 * delay + 1)))) < 1e-12
        and abs(found / limit - 1) < 0.01
    )
guess_delay.compare(round(proved[1], 3))

# %% [markdown]
# Drive over the edge. Each row is a descent of its own with its delay, from $x_0 = 1$, forty steps to the right; colour
# and sign are $x_t$ (cut off at ±2). Move $\eta\lambda$ up and watch the rows go: they swing, they ring, they blow up,
# the longest delay first.

# %%
products = np.round(
    np.concatenate([np.arange(0.1, 0.8, 0.05), np.arange(0.8, 2.15, 0.1)]), 2
)
some = [0, 1, 2, 3, 5]


def run(product, delay, steps=40):
    points = delayed_descent(lambda x: x, np.ones(1), product, [delay] * steps)
    return points[:, 0]  # (steps + 1,)


def largest_root(product, delay):
    """The largest |z| of z^(τ+1) − z^τ + ηλ = 0."""
    coefficients = np.zeros(delay + 2)
    coefficients[0], coefficients[1] = 1, -1
    coefficients[-1] += product
    return np.abs(np.roots(coefficients)).max()


# (positions, delays, steps + 1)
frames = np.stack(
    [[np.clip(run(product, delay), -2, 2) for delay in some] for product in products]
)
roots = np.array([[largest_root(product, delay) for product in products] for delay in some])
for delay, row in zip(some, roots):
    away = np.abs(products / stability_limit(delay) - 1) > 1e-9
    stable = products < stability_limit(delay)
    np.testing.assert_array_equal((row < 1)[away], stable[away])  # roots and formula agree

scrub(
    name="η λ",
    positions=[float(product) for product in products],
    panels=[
        Heat(
            "x at each step",
            frames,
            list(range(41)),
            [f"delay {delay}" for delay in some],
            kind="gradients",
            axes="delay ↓ step →",
        ),
        Lines(
            "the largest root |z|",
            {
                **{f"delay {delay}": row for delay, row in zip(some, roots)},
                "edge": np.ones(len(products)),
            },
        ),
        Numbers(
            {
                f"delay {delay}": [
                    "stable"
                    if root < 1 - 1e-9
                    else "at the edge"
                    if root < 1 + 1e-9
                    else "unstable"
                    for root in row
                ]
                for delay, row in zip(some, roots)
            }
        ),
    ],
    start=4,
    alt="Five delayed descents on a slider. "
    + " ".join(
        f"Delay {delay} is stable below ηλ = {stability_limit(delay):.3f}."
        for delay in some
    ),
)

# %% [markdown]
# Theory and run in one picture. The lines are roots of the polynomial; the dots are measured: by which factor did
# $|x_t|$ change per step, late in a run?

# %%
def measured_growth(product, delay, steps=400):
    path = np.abs(run(product, delay, steps))
    period = 2 * (2 * delay + 1)
    early, late = (path[end - 2 * period : end].max() for end in (steps // 2, steps))
    return (late / early) ** (1 / (steps - steps // 2))


figure = style.figure(width="full", height=3.8)
ax = figure.subplots()
fine = np.linspace(0.02, 2.1, 200)
for delay, colour in zip(
    (0, 1, 2, 5), (style.QUERY, style.KEY, style.VALUE, style.GRADIENT)
):
    ax.plot(
        fine,
        [largest_root(product, delay) for product in fine],
        color=colour,
        linewidth=1.6,
    )
    dots = np.arange(0.1, 2.1, 0.2)
    dots = dots[[largest_root(product, delay) > 0.15 for product in dots]]
    growths = np.array([measured_growth(product, delay) for product in dots])
    ax.plot(dots, growths, "o", color=colour, markersize=5)
    np.testing.assert_allclose(
        growths, [largest_root(product, delay) for product in dots], atol=0.02
    )
    ax.plot(stability_limit(delay), 1, "|", color="black", markersize=14, zorder=3)
    ax.annotate(
        f"delay {delay}",
        (stability_limit(delay), 1),
        xytext=(6, -15),
        textcoords="offset points",
        color=colour,
    )
ax.axhline(1, color=style.MUTED, linestyle="--", linewidth=1)
ax.set(xlabel="η λ", ylabel="factor per step", xlim=(0, 2.1), ylim=(0, 1.6))
show(
    figure,
    caption="Factor per step: roots (lines), runs (dots), and the proved limits "
    "(strokes) where each line crosses 1.",
    alt="The factor by which a delayed descent changes per step, against ηλ. Lines and "
    "dots agree. "
    + " ".join(
        f"With delay {delay} the line crosses 1 at {stability_limit(delay):.3f}."
        for delay in (0, 1, 2, 5)
    ),
)

# %% [markdown]
# A fixed delay therefore costs learning rate: about $\pi / (2\tau + 1)$ for large τ. Does a real model feel it? The
# article's model with plain gradient descent, every gradient τ updates old, at a few learning rates:

# %%
rates = [0.2, 0.5, 1.0, 2.0]
final = {
    delay: [
        trained(Processes(delay=delay), lambda p, rate=rate: SGD(p, rate), epochs=6)[1][-1]
        for rate in rates
    ]
    for delay in (0, 2, 6)
}
best = {delay: rates[int(np.argmin(losses))] for delay, losses in final.items()}

print("learning rate" + "".join(f"{rate:>11g}" for rate in rates))
for delay, losses in final.items():
    print(
        f"delay {delay:<7}"
        + "".join(
            f"{loss:11.3f}" if loss < np.log(2) else f"{'worse':>11}" for loss in losses
        )
        + f"   best at {best[delay]:g}"
    )
print(f"(“worse”: than always saying one half, {np.log(2):.3f})")
assert best[6] < best[2] < best[0]

# %% [markdown]
# ## Asynchrony begets momentum
#
# Real delays are random. If each of $n$ workers is equally likely to be the next to finish, the *mean* path is that of
# gradient descent with momentum $\mu = 1 - 1/n$, although nobody programmed any (Mitliagkas, Zhang, Hadjis and Ré
# 2016). The package simulates such workers, and fits μ to the mean of many paths:

# %%
crews = (2, 4, 8)
momenta = [
    implicit_momentum(workers, rng=np.random.default_rng(0), runs=300) for workers in crews
]
for each in momenta:
    print(
        f"{each.workers} workers: mean delay {each.mean_delay:.2f}, momentum "
        f"{each.momentum:.3f}, predicted {each.predicted:.3f}"
    )
    assert (
        abs(each.momentum - each.predicted) < 0.05
        and abs(each.mean_delay - (each.workers - 1)) < 0.1
    )

figure = style.figure(width="half", height=2.8)
ax = figure.subplots()
line = np.linspace(1, 9, 100)
ax.plot(line, 1 - 1 / line, color=style.MUTED, linestyle="--", linewidth=1.4)
ax.plot(crews, [each.momentum for each in momenta], "o", color=style.GRADIENT)
ax.annotate(
    "1 − 1/n",
    (6, 1 - 1 / 6),
    xytext=(0, -14),
    textcoords="offset points",
    color=style.MUTED,
)
ax.set(
    xlabel="workers n", ylabel="momentum of the mean path", ylim=(0, 1), xticks=range(1, 10)
)
show(
    figure,
    caption="Momentum that nobody programmed: predicted (line), and fitted to simulated "
    "workers (dots).",
    alt="Implicit momentum against the number of workers: "
    + ", ".join(
        f"{each.momentum:.2f} for {each.workers} ({each.predicted:.2f} predicted)"
        for each in momenta
    )
    + ".",
)

# %% [markdown]
# So a momentum that was tuned for one process is too much for many: lower it as workers are added.
#
# ## Speak rarely: local steps
#
# The other way to wait less is to exchange less. In **local SGD** each process takes $H$ steps by itself, then all
# average their *weights*. One exchange replaces $H$ of them; in between the processes drift apart. For $H = 1$ and
# plain gradient descent nothing changes: the mean of the steps is the step of the mean.

# %%
def local_sgd(workers, local_steps, steps, rate=1.0, batch=64):
    """Loss of the averaged weights after each round."""
    start, draw, losses = new_model().state_dict(), np.random.default_rng(1), []
    models = [new_model() for _ in range(workers)]
    for step in range(1, steps + 1):
        # Equal parts: here a plain mean is right
        chosen = draw.choice(len(ids), batch, replace=False).reshape(
            workers, -1
        )
        for model, rows in zip(models, chosen):
            gradient_of(model, ids[rows], kinds[rows])
            SGD(model.parameters(), rate).step()
        if step % local_steps == 0:
            states = [model.state_dict() for model in models]
            average = {
                name: np.mean([state[name] for state in states], axis=0) for name in start
            }
            for model in models:
                model.load_state_dict(average)
            losses.append(float(anp.cross_entropy(models[0](ids)[0], kinds)))
    return np.array(losses), average


steps = 64
with blas_threads(1):
    curves = {local_steps: local_sgd(4, local_steps, steps) for local_steps in (1, 4, 16)}
    one_process, weights = local_sgd(1, 1, steps)
# H = 1 is one process with the whole batch
np.testing.assert_allclose(
    curves[1][0], one_process, rtol=1e-10
)
print("rounds of exchange, and the loss at the end:")
for local_steps, (losses, _) in curves.items():
    print(f"H = {local_steps:2}: {len(losses):3} rounds, loss {losses[-1]:.4f}")
assert max(losses[-1] for losses, _ in curves.values()) < 1.5 * curves[1][0][-1]

figure = style.figure(width="full", height=3.0)
left, right = figure.subplots(1, 2, sharey=True)
for (local_steps, (losses, _)), colour in zip(
    curves.items(), (style.QUERY, style.KEY, style.VALUE)
):
    rounds = np.arange(1, len(losses) + 1)
    left.semilogy(
        local_steps * rounds,
        losses,
        "o-",
        color=colour,
        markersize=3,
        label=f"H = {local_steps}",
    )
    right.semilogy(rounds, losses, "o-", color=colour, markersize=3)
left.legend(frameon=False)
left.set(xlabel="steps of each process", ylabel="loss of the average", title="work")
right.set(xlabel="exchanges", title="talk", xscale="log")
show(
    figure,
    caption="Local SGD with four processes: the same loss for the same work, with a "
    "fraction of the exchanges.",
    alt="Loss against steps, where the three curves nearly coincide, and against "
    "exchanges, where they lie apart: "
    + ", ".join(
        f"H = {local_steps} ends at {losses[-1]:.3f} after {len(losses)} exchanges"
        for local_steps, (losses, _) in curves.items()
    )
    + ".",
)

# %% [markdown]
# ## Real processes
#
# With the extra `distributed` installed, `mpiexec -n 4 attention-np train numbers` shares any task among four
# processes, to the same result; `--local-steps 8` exchanges rarely, and `--staleness 3` lets gradients be up to three
# updates old and no older. `attention-np reproduce staleness` prints the table above.
#
# ## Exercise

# %% [exercise] mean_gradient

# %% [markdown]
# ## Where this is used
#
# - *Synchronous data parallelism* is how large models are trained: Goyal et al. (2017), “Accurate, large minibatch SGD:
#   training ImageNet in 1 hour”, whose section 3 warns of pitfalls, among them by what a worker's loss is divided.
# - *Asynchrony:* Hogwild (Niu, Recht, Ré and Wright 2011); a bound on staleness (Ho et al. 2013); momentum from
#   asynchrony (Mitliagkas et al. 2016).
# - *Local steps:* Stich (2019), “Local SGD converges fast and communicates little”; in federated learning, McMahan et
#   al. (2017).
#
# ## Recap in five lines
#
# 1. Exchange sums and counts; the mean of unequal means is another gradient.
# 2. A synchronous training by many is the training by one, up to the order of a sum.
# 3. With delay τ, gradient descent is stable iff $0 < \eta\lambda < 2 \sin(\pi / (2(2\tau + 1)))$: 2, 1, 0.618, …
# 4. Random delays act like a momentum of $1 - 1/n$.
# 5. Local steps trade exchanges for drift; with $H = 1$ there is none.
#
# You have seen every number on its way forwards and every gradient on its way back. Next: your own model.

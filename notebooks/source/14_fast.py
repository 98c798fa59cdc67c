# %% [markdown]
# # 14 · Make it fast
#
# The three lines of notebook 03 are right, and hold a number for every pair of a target and a source. Here the same
# numbers come out of much less memory and time, and you measure what each step bought.
#
# - **What you'll do:** set a floor that nothing can beat, take attention apart into blocks, derive a softmax that sees
#   each score once, and time every trick.
# - **What you'll learn:** the online softmax, a backward pass that keeps no weights, and how to measure without fooling
#   yourself.
# - **What you'll need:** notebooks 03, 06 and 07, 15 minutes. Cells that measure time print other numbers on your
#   machine, and none of them asserts any.

# %%
import subprocess
import sys
import time
import tracemalloc

import numpy as np

import attention_np as anp
from attention_np.bench.floor import bare_products
from attention_np.course import Heat, Numbers, example, predict, scrub, show, style
from attention_np.functional.tiles import Tiling
from attention_np.training import blas_threads

%load_ext attention_np.classroom

# %% [markdown]
# ## What to compare, and how
#
# A call that is timed twice differs by a few per cent on a quiet machine and by a factor on a busy one. “84 ms” says
# something about your machine in that minute. “0.8 of the time” says something about two programs, if both met the same
# machine. So: **ratios of pairs**, both run in each round, in an order that alternates; **medians** of the rounds, for
# a disturbance only ever adds time; and beside them the middle half of the rounds. Where it includes 1, nothing was
# shown. The clock counts the processor's time, which other programs hardly disturb; where threads compete it must be
# the time on the wall.

# %%
bought = {}  # what each trick bought: quartiles of new time / old time


def race(name, old, new, rounds=7, clock=time.process_time, threads=(1, 1)):
    """Time both in each round, with so many BLAS threads; keep and print new / old."""
    ratios = []
    for number in range(rounds + 1):
        seconds = {}
        for call, count in sorted(
            zip((old, new), threads), key=lambda pair: (pair[0] is new) == number % 2
        ):
            with blas_threads(count):
                begin = clock()
                while clock() - begin < 0.02:  # long enough for the clock
                    call()
                    seconds[call] = seconds.get(call, 0) + 1
                seconds[call] = (clock() - begin) / seconds[call]
        ratios.append(seconds[new] / seconds[old])
    # The first round warms up
    low, middle, high = bought[name] = np.quantile(ratios[1:], [0.25, 0.5, 0.75])
    print(
        f"{name}: {middle:.2f} of the time (middle half of {rounds} rounds: {low:.2f} to "
        f"{high:.2f})"
    )

# %% [markdown]
# ## The floor
#
# Forwards, attention needs two matrix products, $S = Q K^\top$ and $C = P V$; backwards four, $d_V = P^\top d_C$,
# $d_P = d_C V^\top$, $d_Q = d_S K$, $d_K = d_S^\top Q$. Each is $2 L S d$ operations, for $L$ targets, $S$ sources and
# width $d$. The rest, exponentials and sums, is a handful of operations for each of the $L S$ pairs. Less than the
# products it cannot take: they are the floor.

# %%
targets, sources, width = 2048, 2048, 64
products = 6 * 2 * targets * sources * width
pairs = targets * sources
print(
    f"products: {products / 1e9:.1f} · 10⁹ operations, {products // pairs} for each pair "
    "of target and source"
)
print(
    f"one array of weights, float32: {4 * pairs / 2**20:.0f} MB; queries, keys and values "
    f"together: {4 * 3 * targets * width / 2**20:.1f} MB"
)
assert products // pairs == 12 * width

# %% [markdown]
# So almost all *operations* are in the products, and almost all *memory* is in the weights. That is the whole story of
# fast attention: the products are already fast; it is the arrays between them that cost, each of which is written to
# memory and read again for one operation per number.

# %%
# Your guess
guess_floor = predict(
    "The three lines, forwards and backwards, take how many times as long as the six "
    "products alone?",
    1.5,
)

# %% tags=["timing"]
rng = np.random.default_rng(0)
queries, keys, values, d_context = (
    rng.normal(size=(4, 512, width)).astype(np.float32) for _ in range(4)
)
sharpness = np.float32(10)


def three_lines():
    """Forwards and backwards, as in notebooks 03, 06 and 07."""
    weights = anp.softmax(sharpness * anp.cosine_scores(queries, keys))
    result = anp.context(weights, values)
    d_weights, d_values = anp.context_backward(d_context, weights, values)
    d_queries, d_keys = anp.cosine_scores_backward(
        sharpness * anp.softmax_backward(d_weights, weights), queries, keys
    )
    return result, d_queries, d_keys, d_values


def package():
    result, log_normaliser = anp.attention(
        queries, keys, values, scale=sharpness, return_log_normaliser=True
    )
    d_queries, d_keys, d_values, _ = anp.attention_backward(
        d_context,
        queries,
        keys,
        values,
        scale=sharpness,
        context=result,
        log_normaliser=log_normaliser,
    )
    return result, d_queries, d_keys, d_values


for mine, theirs in zip(three_lines(), package()):  # right before fast
    np.testing.assert_allclose(mine, theirs, atol=2e-5)
race(
    "three lines, against the floor",
    bare_products(d_context, queries, keys, values),
    three_lines,
)
race(
    "the package, against the floor",
    bare_products(d_context, queries, keys, values),
    package,
)
guess_floor.compare(bought["three lines, against the floor"][1].round(1))

# %% [markdown]
# The second line is what the rest of this notebook explains.
#
# ## Trick 1: a softmax that sees each score once
#
# The softmax seems to need its whole row: first the largest score, then the sum, then the weights. It does not. Write
# the context with any shift $m$:
#
# $$c = \frac{1}{Z} \sum_i e^{s_i - m} v_i, \qquad Z = \sum_i e^{s_i - m} .$$
#
# Both are *sums over sources*. Sums can be taken block by block, and if a later block brings a larger maximum $m'$,
# everything summed so far is multiplied by $e^{m - m'}$:
#
# $$m' = \max(m, s_\text{new}), \qquad Z \leftarrow Z \, e^{m - m'} + e^{s_\text{new} - m'}, \qquad \tilde c \leftarrow \tilde c \, e^{m - m'} + e^{s_\text{new} - m'} v_\text{new}, \qquad c = \tilde c / Z .$$
#
# This is the **online softmax**. It carries two numbers and one vector per target, however long the row. Here it steps
# through the running example, one source at a time:

# %%
def online(scores, values):
    """Largest score, normaliser, and sum of the values, after each source."""
    largest, normaliser, total = -np.inf, 0.0, np.zeros(values.shape[1])
    yield largest, normaliser, total
    for score, value in zip(scores, values):
        new_largest = max(largest, score)
        # 1 if the maximum stays; 0 at the first source
        shrink = np.exp(largest - new_largest)
        normaliser = normaliser * shrink + np.exp(score - new_largest)
        total = total * shrink + np.exp(score - new_largest) * value
        largest = new_largest
        yield largest, normaliser, total


row = 1  # “money”, whose scores rise: every source brings a new maximum
scores = 3 * anp.cosine_scores(example.queries, example.keys)[row]
states = list(online(scores, example.values))
print("source      score       m       Z    sum of values     context = sum / Z")
for word, score, (largest, normaliser, total) in zip(example.sources, scores, states[1:]):
    print(
        f"{word:8} {score:+8.3f} {largest:+7.3f} {normaliser:7.3f}    "
        f"{np.array2string(total, precision=3, floatmode='fixed', sign='+')}   "
        f"{np.array2string(total / normaliser, precision=3, floatmode='fixed', sign='+')}"
    )

weights = anp.softmax(scores)
largest, normaliser, total = states[-1]
np.testing.assert_allclose(total / normaliser, weights @ example.values, rtol=1e-14)
assert (np.diff(scores) > 0).all()

for order in ([2, 1, 0], [1, 2, 0]):  # in any order
    *_, (_, normaliser, total) = online(scores[order], example.values[order])
    np.testing.assert_allclose(total / normaliser, weights @ example.values, rtol=1e-14)
# And with scores in the thousands
*_, (_, normaliser, total) = online(1000 * scores, example.values)
np.testing.assert_allclose(
    total / normaliser, anp.softmax(1000 * scores) @ example.values, rtol=1e-14
)

# %% [markdown]
# On the slider: which weights the sources *would* have if the row ended here. Each new maximum pushes the earlier ones
# down, all by the same factor; nothing has to be read again.

# %%
so_far = np.zeros((4, 1, 3))
for seen in range(1, 4):
    so_far[seen, 0, :seen] = anp.softmax(scores[:seen])
contexts = np.array([[0, 0]] + [total / normaliser for _, normaliser, total in states[1:]])
np.testing.assert_allclose(contexts[1:], (so_far @ example.values)[1:, 0], rtol=1e-14)
shrinks = [0.0] + [
    float(np.exp(before - after)) for (before, *_), (after, *_) in zip(states, states[1:])
]
scrub(
    name="sources seen",
    positions=[0, 1, 2, 3],
    panels=[
        Heat(
            "weights so far",
            so_far,
            example.sources,
            example.targets[row : row + 1],
            kind="weights",
            row_sums=True,
        ),
        Numbers(
            {
                "largest score m": [m if np.isfinite(m) else "none" for m, *_ in states],
                "normaliser Z": [z for _, z, _ in states],
                "earlier sums shrink to": shrinks,
                "context x": contexts[:, 0],
                "context y": contexts[:, 1],
            }
        ),
    ],
    start=3,
)

# %% [markdown]
# ### Cosines need no maximum at all
#
# A cosine lies in $[-1, 1]$, so $s = \beta a$ lies in $[-\beta, \beta]$, and $e^{s}$ can neither overflow nor vanish
# while β is moderate. The maximum is then not needed: any fixed shift will do, and one pass over the numbers is saved.
# For which β? In float32, even a row of cosines that are all $-1$ must keep normal numbers under the fixed shift
# $-\beta$, and its smallest exponential is $e^{-2 \beta}$:

# %%
# Your guess
guess_beta = predict(
    "Up to which β does float32 bear exp(β (a − 1)) for every cosine a?", 10
)

# %%
smallest_normal = np.finfo(np.float32).tiny
bearable = -np.log(float(smallest_normal)) / 2
print(f"exp(−2β) ≥ {smallest_normal:.2e} holds up to β = {bearable:.1f}")
assert np.exp(np.float32(-2 * 43)) >= smallest_normal > np.exp(-2 * 44.0)
guess_beta.compare(int(bearable))

cosines = rng.uniform(-1, 1, size=(512, 2048)).astype(np.float32)
bounded = np.exp(sharpness * (cosines - 1))
np.testing.assert_allclose(
    bounded / bounded.sum(axis=-1, keepdims=True),
    anp.softmax(sharpness * cosines),
    rtol=1e-3,
)

# %% tags=["timing"]
logits = sharpness * cosines
room = np.empty_like(logits)


def with_maximum():
    np.subtract(logits, logits.max(axis=-1, keepdims=True), out=room)
    np.exp(room, out=room)


race("no maximum", with_maximum, lambda: np.exp(logits, out=room))

# %% [markdown]
# ## Trick 2: blocks that stay in the cache
#
# With an online softmax, no array of $L \times S$ is ever needed. Take some targets and some sources, a *tile*; compute
# its scores, exponentials and its part of the sums; forget it; go on. A tile is small enough to stay in the processor's
# cache from its first operation to its last.

# %%
def blockwise(queries, keys, values, sharpness, rows, columns):
    """Context (L, e) and ln Z (L,) of cosine attention, tile by tile."""
    unit_queries = sharpness * queries / np.linalg.norm(queries, axis=-1, keepdims=True)
    unit_keys = keys / np.linalg.norm(keys, axis=-1, keepdims=True)
    result, log_normaliser = (
        np.zeros((len(queries), values.shape[1])),
        np.zeros(len(queries)),
    )
    for first in range(0, len(queries), rows):
        block = slice(first, first + rows)
        for start in range(0, len(keys), columns):
            tile = slice(start, start + columns)
            # (rows, columns): the only large array
            exponentials = np.exp(unit_queries[block] @ unit_keys[tile].T - sharpness)
            result[block] += exponentials @ values[tile]
            log_normaliser[block] += exponentials.sum(axis=-1)
        result[block] /= log_normaliser[block, None]
        log_normaliser[block] = np.log(log_normaliser[block]) + sharpness
    return result, log_normaliser


# In float64: 100 targets, 130 sources
small = [rng.normal(size=(count, 16)) for count in (100, 130, 130)]
by_blocks, log_normaliser = blockwise(*small, 10.0, rows=32, columns=48)
by_package, log_package = anp.attention(*small, scale=10.0, return_log_normaliser=True)
np.testing.assert_allclose(
    by_blocks,
    anp.context(anp.softmax(10 * anp.cosine_scores(*small[:2])), small[2]),
    rtol=1e-10,
)
np.testing.assert_allclose(by_blocks, by_package, rtol=1e-10)
np.testing.assert_allclose(log_normaliser, log_package, rtol=1e-12)

# %% [markdown]
# How much memory does it save? `tracemalloc` hears of every array that NumPy asks for.

# %% tags=["timing"]
def peak_megabytes(call):
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


lengths = [256, 512, 1024, 2048]
whole, tiled = [], []
for count in lengths:
    x = rng.normal(size=(count, width)).astype(np.float32)
    # A first call, so that what is kept for later calls does not count
    anp.attention(x, x, x, scale=10.0)
    whole.append(
        peak_megabytes(
            lambda: anp.context(anp.softmax(sharpness * anp.cosine_scores(x, x)), x)
        )
    )
    tiled.append(peak_megabytes(lambda: anp.attention(x, x, x, scale=10.0)))
growth = whole[-1] / whole[-2], tiled[-1] / tiled[-2]
print(
    f"{lengths[-1]} words: {whole[-1]:.0f} MB in three lines, about "
    f"{np.ceil(tiled[-1]):.0f} MB in tiles"
)
# With the square of the length, and with the length
assert growth[0] > 3.5 and growth[1] < 2.5
assert whole[-1] > 20 * tiled[-1]

tiling = Tiling.of(1, targets, sources, width)
figure = style.figure(width="full", height=3.6)
left, right = figure.subplots(1, 2)
numbers = iter(range(1, 1 + len(tiling.queries) * len(tiling.keys)))
for block in tiling.queries:
    for tile in tiling.keys:
        number = next(numbers)
        left.fill_between(
            [tile.start, tile.stop],
            block.start,
            block.stop,
            color=style.QUERY if number == 11 else "white",
            edgecolor=style.MUTED,
            linewidth=0.8,
        )
        left.text(
            (tile.start + tile.stop) / 2,
            (block.start + block.stop) / 2,
            number,
            ha="center",
            va="center",
            color="white" if number == 11 else style.MUTED,
        )
left.set(
    xlim=(0, sources),
    ylim=(targets, 0),
    aspect="equal",
    xlabel="source",
    ylabel="target",
    title="tiles, in the order of work",
)
right.loglog(lengths, whole, "o-", color=style.KEY, base=2)
right.loglog(lengths, tiled, "o-", color=style.QUERY, base=2)
right.annotate(
    "three lines",
    (lengths[-2], whole[-2]),
    xytext=(-8, 6),
    textcoords="offset points",
    color=style.KEY,
    ha="right",
)
right.annotate(
    "tiles",
    (lengths[-2], tiled[-2]),
    xytext=(0, 10),
    textcoords="offset points",
    color=style.QUERY,
    ha="center",
)
right.set(
    xlabel="words",
    ylabel="peak memory, MB",
    title="memory, forwards",
    xticks=lengths,
    xticklabels=lengths,
    yticks=(0.25, 1, 4, 16, 64),
    yticklabels=(0.25, 1, 4, 16, 64),
)
show(
    figure,
    caption=f"Left: how the package cuts {targets} targets by {sources} sources; one tile "
    "(the 11th, say) exists at a time. Right: peak memory.",
    alt=f"Left: a square of {len(tiling.queries)} by {len(tiling.keys)} numbered tiles, "
    "one of them filled. Right: peak memory against the number of words; three lines "
    "grow "
    f"{growth[0]:.1f}-fold when the length doubles from {lengths[-2]}, to {whole[-1]:.0f} "
    f"MB, tiles stay near {np.ceil(tiled[-1]):.0f} MB.",
)

# %% tags=["timing"]
long = rng.normal(size=(1, 2048, width)).astype(np.float32)
race(
    "tiles, 2,048 words, forwards",
    lambda: anp.context(anp.softmax(sharpness * anp.cosine_scores(long, long)), long),
    lambda: anp.attention(long, long, long, scale=sharpness),
)

# %% [markdown]
# ## Trick 3: a backward pass that keeps no weights
#
# Backwards the weights are needed again, and so is each row's mean $r_j = \sum_i p_{ij} d_{p_{ij}}$. Keeping $P$ would
# spoil everything. Two identities save it. With $\ln Z$ from the forward pass, $p_{ij} = e^{s_{ij} - \ln Z_j}$ is made
# again, tile by tile, without a sum; and, from notebook 06, $r_j = d_{c_j} \cdot c_j$ needs the context alone. The
# price is one product more, $Q K^\top$ a second time: seven where the floor has six.

# %%
def blockwise_backward(d_context, queries, keys, values, context, log_normaliser, columns):
    """Gradients of dot-product attention, over blocks of sources."""
    d_queries, d_keys, d_values = (np.zeros_like(x) for x in (queries, keys, values))
    mean = np.sum(d_context * context, axis=-1, keepdims=True)  # r (L, 1)
    for start in range(0, len(keys), columns):
        tile = slice(start, start + columns)
        weights = np.exp(queries @ keys[tile].T - log_normaliser[:, None])  # made again
        d_scores = weights * (d_context @ values[tile].T - mean)
        d_values[tile] = weights.T @ d_context
        d_keys[tile] = d_scores.T @ queries
        d_queries += d_scores @ keys[tile]  # a query hears from all blocks
    return d_queries, d_keys, d_values


upstream = rng.normal(size=(100, 16))
kept, log_kept = anp.attention(*small, score="dot", return_log_normaliser=True)
mine = blockwise_backward(upstream, *small, kept, log_kept, columns=48)
for found, expected in zip(mine, anp.attention_backward(upstream, *small, score="dot")):
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)
weights = anp.softmax(anp.dot_scores(*small[:2]))  # and the long way of notebooks 06 and 07
d_weights, d_values = anp.context_backward(upstream, weights, small[2])
np.testing.assert_allclose(
    mine[1],
    anp.dot_scores_backward(anp.softmax_backward(d_weights, weights), *small[:2])[1],
    rtol=1e-8,
    atol=1e-10,
)

# %% tags=["timing"]
result, log_normaliser = anp.attention(
    queries, keys, values, scale=sharpness, return_log_normaliser=True
)
race(
    "keeping c and ln Z, backwards",
    lambda: anp.attention_backward(d_context, queries, keys, values, scale=sharpness),
    lambda: anp.attention_backward(
        d_context,
        queries,
        keys,
        values,
        scale=sharpness,
        context=result,
        log_normaliser=log_normaliser,
    ),
)

# %% [markdown]
# ## Trick 4: small change
#
# Three savings inside a tile. **Workspaces**: a fresh array costs a page fault for every 4,096 bytes when it is first
# written; an array that is used again costs none. **In place**: `out=` spares a temporary for each operation. **A
# product for a sum**: `x.sum(axis=-1)` walks over the rows in plain loops, `x @ ones` is a matrix product. Which of
# them matter on your machine? Guess an order before you run.

# %%
# Your guess
guess_small = predict(
    "Which saves most: workspace, in place, or a product for a sum?", "workspace"
)

# %% tags=["timing"]
tile = rng.normal(size=(512, 2048)).astype(np.float32)
ones = np.ones((2048, 1), np.float32)
large = rng.normal(size=(2560, 4096)).astype(np.float32)  # 42 MB
large_room = np.empty_like(large)
race(
    "workspace",
    lambda: np.multiply(large, sharpness, out=np.empty_like(large)),
    lambda: np.multiply(large, sharpness, out=large_room),
)
del large, large_room


def with_temporaries():
    return np.exp(tile * sharpness - sharpness)


def in_place():
    np.multiply(tile, sharpness, out=room)
    np.subtract(room, sharpness, out=room)
    return np.exp(room, out=room)


race("in place", with_temporaries, in_place)
race("a product for a sum", lambda: tile.sum(axis=-1), lambda: tile @ ones)
guess_small.compare(
    min(("workspace", "in place", "a product for a sum"), key=lambda name: bought[name][1])
)

# %% [markdown]
# ## Trick 5: threads over blocks
#
# NumPy lets go of Python's lock while it computes, so Python threads run side by side. Threads *inside* a small product
# wait for each other more than they work; threads *over* the tiles each do a tile of their own, with products of a
# single thread. No tile needs another's result, and none may depend on who computed it, so the bits do not depend on
# the number of threads.

# %%
with blas_threads(1):
    alone = package()
# The package starts as many workers as matrix products may have threads.
with blas_threads(2):
    together = package()
for one, two in zip(alone, together):
    np.testing.assert_array_equal(one, two)
print("one worker and two workers: the same bits")

# %% tags=["timing"]
race("two threads", package, lambda: package(), clock=time.perf_counter, threads=(1, 2))

# %% [markdown]
# ## What each trick bought

# %% tags=["timing"]
tricks = [name for name in bought if not name.endswith("the floor")]
figure = style.figure(width="full", height=3.2)
ax = figure.subplots()
for place, name in enumerate(reversed(tricks)):
    low, middle, high = bought[name]
    ax.plot(
        [low, high],
        [place, place],
        color=style.QUERY,
        linewidth=5,
        solid_capstyle="butt",
        alpha=0.35,
    )
    ax.plot(middle, place, "o", color=style.QUERY)
    ax.annotate(
        f"{middle:.2f}",
        (middle, place),
        xytext=(0, 7),
        textcoords="offset points",
        ha="center",
        fontsize=style.SMALL,
    )
ax.axvline(1, color=style.MUTED, linestyle="--", linewidth=1)
ax.set(
    xscale="log",
    xlabel="new time / old time (left of 1: faster)",
    yticks=range(len(tricks)),
    yticklabels=list(reversed(tricks)),
    ylim=(-0.6, len(tricks) - 0.3),
)
ax.set_xticks(
    [0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5], ["0.1", "0.2", "0.3", "0.5", "0.7", "1", "1.5"]
)
ax.minorticks_off()
show(
    figure,
    caption="Each trick by itself: median and middle half of the rounds. This page was built with "
    "the instructions that every machine has; yours may have more.",
    alt="Time with each trick over time without it: "
    + ", ".join(f"{name} {bought[name][1]:.2f}" for name in tricks)
    + ".",
)

# %% [markdown]
# ## Read `attention-np bench`
#
# The command measures whole passes at many shapes, against the floor and, where they are installed, against PyTorch and
# autograd: `attention-np bench --quick` takes a minute. Its first table has a row for each shape, with our time, its
# rate in GFLOP/s (which counts the operations of the six products alone, so a program that computes something twice is
# not credited for it), and our time over each other's, with the middle half of the rounds in brackets. Read the ratio
# to the *floor* first: it says what all the rest costs. Then ask whether the middle half includes 1, and how both
# change with the shape.

# %% tags=["timing"]
bench = [sys.executable, "-m", "attention_np", "bench", "--quick", "--only", "attention"]
print(subprocess.run(bench, capture_output=True, text=True, check=True).stdout)

# %% [markdown]
# And here are three shapes more, on one thread, with the three lines of the definition beside the package:

# %% tags=["timing"]
for shape in ((16, 16, 16), (16, 64, 64), (4, 512, 64)):
    queries, keys, values, d_context = (
        rng.normal(size=shape).astype(np.float32) for _ in range(4)
    )
    floor = bare_products(d_context, queries, keys, values)
    print(f"(sequences, words, width) = {shape}")
    for name, call in (("three lines", three_lines), ("the package", package)):
        race(f"    {name}, against the floor", floor, call, rounds=5)

# %% [markdown]
# Small shapes lie far above the floor, for there the calls themselves cost more than the arithmetic; with length the
# tiles begin to pay.
#
# ## Exercise

# %% [exercise] merge_blocks

# %% [markdown]
# ## Where this is used
#
# - *The online softmax:* Milakov and Gimelshein (2018), “Online normalizer calculation for softmax”; attention in
#   little memory: Rabe and Staats (2021), “Self-attention does not need O(n²) memory”.
# - *Tiles and $d_c \cdot c$:* FlashAttention (Dao, Fu, Ermon, Rudra and Ré 2022); $\ln Z$ alone in the place of $m$ and
#   $Z$: FlashAttention-2 (Dao 2023). Both are among the kernels behind PyTorch's `scaled_dot_product_attention`.
# - *Merging blocks of other machines:* Ring Attention (Liu, Zaharia and Abbeel 2023) sends keys and values around and
#   merges as in the exercise.
#
# ## Recap in five lines
#
# 1. Six products are the floor; what costs beyond them is arrays of $L \times S$ that travel to memory and back.
# 2. The online softmax keeps $m$, $Z$ and $\tilde c$ per target and sees each score once; cosines need not even the
#    $m$.
# 3. Tiles make memory grow with the length, not with its square.
# 4. Backwards, $\ln Z$ gives the weights again and $d_c \cdot c$ the mean: seven products, nothing kept.
# 5. Measure ratios of pairs in the same rounds, take medians, and check that the result is right first.
#
# Next: 15, where many processes train one model.

# %% [markdown]
# # 08 · Catch a wrong gradient
#
# A wrong gradient rarely crashes. The loss still falls, a little more slowly, to a slightly worse place. So gradients
# must be checked by something that knows no formula: numbers alone.
#
# - **What you'll do:** nudge every entry, find the best step, see where nudging fails, and diagnose eight planted
#   mistakes from the picture of their error.
# - **What you'll learn:** the U-curve of finite differences, two ways around it, what kinks do, and what each common
#   mistake looks like.
# - **What you'll need:** notebooks 06 and 07, 15 minutes.

# %%
import inspect

import numpy as np

import attention_np as anp
from attention_np.course import example, predict, show, style
from attention_np.gradcheck import CODES, check_function, check_gradients
from attention_np.gradcheck.catalogue import mistakes_of

%load_ext attention_np.classroom

# %% [markdown]
# ## Nudge and look
#
# Move one entry $x_k$ a step $h$ to either side and see what the loss does. That is the *central difference*:
#
# $$\frac{\partial L}{\partial x_k} \approx \frac{L(x + h e_k) - L(x - h e_k)}{2h}, \qquad e_k \text{: 1 at entry } k \text{, 0 elsewhere.}$$
#
# The loss below is that of notebook 06: attention on the running example, seen by a random upstream. It is written in
# plain NumPy here, for we shall need it to run on numbers of another kind.

# %%
rng = np.random.default_rng(0)
queries, values, sharpness = example.queries, example.values, 2.0
d_result = rng.normal(size=(2, 2))


def length(vectors):
    return np.sqrt(np.sum(vectors * vectors, axis=-1, keepdims=True))


def loss(keys, length=length):
    """Attention in plain NumPy, and a loss whose gradient at the context is `d_result`."""
    cosines = (queries / length(queries)) @ (keys / length(keys)).T  # (2, 3)
    exponentials = np.exp(sharpness * cosines)
    weights = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return np.sum(d_result * (weights @ values))


def formula(keys):
    """The same backwards, by the formulas of 06 and 07."""
    cosines = anp.cosine_scores(queries, keys)
    weights = anp.softmax(sharpness * cosines)
    d_weights, _ = anp.context_backward(d_result, weights, values)
    return anp.cosine_scores_backward(
        sharpness * anp.softmax_backward(d_weights, weights), queries, keys
    )[1]


# The loop.
x, h = example.keys, 1e-5
by_loop = np.zeros_like(x)
for index in np.ndindex(x.shape):
    up, down = x.copy(), x.copy()
    up[index] += h
    down[index] -= h
    by_loop[index] = (loss(up) - loss(down)) / (2 * h)


# In one line: the rows of the identity are all the directions there are.
def directions(x):
    return np.eye(x.size).reshape(-1, *x.shape)


by_line = np.reshape(
    [(loss(x + h * e) - loss(x - h * e)) / (2 * h) for e in directions(x)], x.shape
)

true = formula(x)
np.testing.assert_array_equal(by_line, by_loop)
np.testing.assert_allclose(by_line, true, atol=1e-9)
print("formula\n", true.round(6), "\nnudged\n", by_line.round(6))

# %% [markdown]
# Bars beside bars. On the right, the formula has lost one of its two paths, the one through the key's own length:

# %%
unit_queries = queries / length(queries)
d_cosines = sharpness * anp.softmax_backward(
    d_result @ values.T, anp.softmax(sharpness * anp.cosine_scores(queries, x))
)
forgetful = d_cosines.T @ unit_queries / length(x)  # the dot product's path alone

entries = [f"{word} {component}" for word in example.sources for component in "xy"]
figure = style.figure(width="full", height=3.2)
place = np.arange(6)
for ax, mine, title in zip(
    figure.subplots(1, 2, sharey=True),
    (true, forgetful),
    ("both paths", "own length forgotten"),
):
    ax.bar(place - 0.2, mine.ravel(), 0.38, color=style.GRADIENT, label="formula")
    ax.bar(
        place + 0.2,
        by_line.ravel(),
        0.38,
        color="white",
        edgecolor=style.MUTED,
        hatch="////",
        label="numerical",
    )
    ax.axhline(0, color=style.MUTED, linewidth=0.8)
    ax.set_xticks(place, entries, rotation=45, ha="right")
    ax.set_title(title)
ax.legend(frameon=False, loc="upper left")
off = np.abs(forgetful - by_line).ravel()
show(
    figure,
    caption="The keys' gradient by the formula and by numbers: every pair of bars must "
    "be of one height.",
    alt="Two bar charts of six entries each. With both paths, formula and numerical "
    "gradient agree in every entry. "
    f"Without the length's path they differ by up to {off.max():.2f}, at "
    f"{entries[off.argmax()]}.",
)
assert off.max() > 0.01

# %% [markdown]
# ## How small a step?
#
# A small $h$ makes the formula exact: by Taylor's series the *truncation* falls as $h^2$. But two losses that are
# nearly equal are subtracted, and their *rounding* is divided by $2h$, so it grows as $1/h$. Somewhere between lies the
# best step.

# %%
# Your guess
guess_step = predict(
    "Which h is best for the central difference? Give its power of ten.", -12
)
guess_error = predict("And how many digits are right then?", 16)  # your guess

# %% [markdown]
# Two ways lead around the valley. **Richardson** takes the $h^2$ away: $D(h)$ and $D(2h)$ have errors in the ratio 1 :
# 4, so $\frac{4 D(h) - D(2h)}{3}$ has none of that order, and large steps will do. The **complex step** subtracts
# nothing: along the imaginary axis,
#
# $$L(x + i h e_k) = L(x) + i h \frac{\partial L}{\partial x_k} - \dots \quad\Longrightarrow\quad \frac{\partial L}{\partial x_k} \approx \frac{\operatorname{Im} L(x + i h e_k)}{h} ,$$
#
# and $h$ may be as small as you like.

# %% tags=["timing"]
# The last digits are rounding's, and differ from machine to machine.
def one_sided(f, x, e, h):
    return (f(x + h * e) - f(x)) / h


def central(f, x, e, h):
    return (f(x + h * e) - f(x - h * e)) / (2 * h)


def richardson(f, x, e, h):
    return (4 * central(f, x, e, h) - central(f, x, e, 2 * h)) / 3


def complex_step(f, x, e, h):
    return f(x + 1j * h * e).imag / h


def loss_with_norm(keys):
    """The same loss; only the lengths are taken by np.linalg.norm."""
    return loss(
        keys, length=lambda vectors: np.linalg.norm(vectors, axis=-1, keepdims=True)
    )


assert loss_with_norm(x) == loss(x)
steps = 10.0 ** np.arange(-16, 0, 0.25)
methods = {
    "one-sided": (one_sided, loss, style.MUTED),
    "central": (central, loss, style.QUERY),
    "Richardson": (richardson, loss, style.VALUE),
    "complex step": (complex_step, loss, style.GRADIENT),
    "complex step through np.linalg.norm": (complex_step, loss_with_norm, style.KEY),
}


def error(method, f, h):
    found = np.reshape([method(f, x, e, h) for e in directions(x)], x.shape)
    return max(np.abs(found - true).max() / np.abs(true).max(), 1e-17)


errors = {
    name: np.array([error(method, f, h) for h in steps])
    for name, (method, f, _) in methods.items()
}
best = {name: (steps[values.argmin()], values.min()) for name, values in errors.items()}
for name, (step, smallest) in best.items():
    print(f"{name:36} best at h = {step:.0e}, relative error {smallest:.0e}")

assert best["one-sided"][1] > 10 * best["central"][1] > 100 * best["Richardson"][1]
assert errors["complex step"][:32].max() < 1e-14  # for every h below 1e-8
assert best["complex step through np.linalg.norm"][1] > 0.01  # wrong, and no h helps
found = np.reshape(
    [complex_step(loss_with_norm, x, e, 1e-20) for e in directions(x)], x.shape
)
# It is exactly the gradient without the length's path
np.testing.assert_allclose(found, forgetful, rtol=1e-12)
guess_step.compare(round(np.log10(best["central"][0])))
guess_error.compare(int(-np.log10(best["central"][1])))

# %% tags=["timing"]
figure = style.figure(width="full", height=4.2)
ax = figure.subplots()
for name, (_, _, colour) in methods.items():
    ax.loglog(steps, errors[name], color=colour, linewidth=1.8)
for name, at, shift in (
    ("one-sided", 1e-5, (-62, 4)),
    ("central", 1e-12, (-30, -12)),
    ("Richardson", 1e-3, (10, -14)),
    ("complex step", 1e-14, (20, 8)),
    ("complex step through np.linalg.norm", 1e-14, (40, 8)),
):
    near = int(np.abs(np.log(steps / at)).argmin())
    ax.annotate(
        name,
        (steps[near], errors[name][near]),
        xytext=shift,
        textcoords="offset points",
        color=methods[name][2],
    )
ax.set(xlabel="step h", ylabel="relative error", ylim=(1e-17, 10), xlim=(1e-16, 1))
show(
    figure,
    caption="The U-curve: too large a step truncates, too small a one rounds. The "
    "complex step takes any small h, where it works at all.",
    alt="Relative error against the step on logarithmic axes. "
    + " ".join(
        f"{name}: least error {smallest:.0e} at h = {step:.0e}."
        for name, (step, smallest) in best.items()
    )
    + " Through np.linalg.norm the complex step is a flat line, wrong for every step.",
)

# %% [markdown]
# The uppermost line is the trap. `np.linalg.norm` takes absolute values, and an absolute value throws the imaginary
# part away: the path through the length vanishes, *silently*, for every $h$. What is left is exactly the forgetful
# gradient of the bars above, and a checker that relied on it would have praised that one. So never trust the complex
# step alone; the checker of this package uses it only where it agrees with differences.
#
# ## Kinks
#
# Some functions have no derivative at a point, and no step can find one. The $\max(x, 0)$ of a ReLU has a kink at 0. If
# the step straddles it, the central difference gives something between the two slopes:

# %%
near_kink = 0.003  # a unit that is only just awake: its slope is 1
kink_steps = np.geomspace(1e-4, 1, 60)
slopes = (np.maximum(near_kink + kink_steps, 0) - np.maximum(near_kink - kink_steps, 0)) / (
    2 * kink_steps
)
assert np.allclose(slopes[kink_steps < near_kink], 1)  # both ends on one side: right
# Across the kink: wrong, without any noise to warn you
assert np.all(slopes[kink_steps > near_kink] < 1)
assert abs(slopes[-1] - 0.5) < 0.01

figure = style.figure(width="full", height=2.8)
left, right = figure.subplots(1, 2)
line = np.linspace(-0.02, 0.02, 3)
left.plot(line, np.maximum(line, 0), color=style.QUERY, linewidth=2)
for h, colour in ((0.002, style.VALUE), (0.012, style.KEY)):
    ends = near_kink + np.array([-h, h])
    left.plot(ends, np.maximum(ends, 0), "o--", color=colour, markersize=4)
    left.annotate(
        f"h = {h}",
        (ends[1], ends[1]),
        xytext=(7, -4),
        textcoords="offset points",
        color=colour,
    )
left.set(
    xlabel="x",
    title=f"two chords around x = {near_kink}",
    xticks=(-0.02, 0, 0.02),
    xlim=(-0.021, 0.024),
)
right.semilogx(kink_steps, slopes, color=style.GRADIENT, linewidth=2)
right.axvline(near_kink, color=style.MUTED, linestyle="--", linewidth=1)
right.annotate(
    "the kink",
    (near_kink, 0.55),
    xytext=(-5, 0),
    textcoords="offset points",
    color=style.MUTED,
    ha="right",
)
right.set(
    xlabel="step h",
    ylabel="central difference",
    ylim=(0.45, 1.05),
    title="right until the step reaches it",
)
show(
    figure,
    caption="A central difference across a kink is neither slope.",
    alt=f"Left: max(x, 0) with two chords around x = {near_kink}, the longer of which "
    f"reaches across the kink. Right: the slope found is 1 for steps below {near_kink} "
    "and "
    f"falls to {slopes[-1]:.2f} at h = {kink_steps[-1]:g}.",
)

# %% [markdown]
# Exactly at the kink, mathematics has no answer and nobody is at fault. The checker says so, counts that entry neither
# way, and passes the rest. (The cosine has such a place too, the zero vector: there it even jumps.)

# %%
report = check_gradients(
    anp.relu,
    np.array([-1.0, 0.0, 2.0]),
    backward=anp.relu_backward,
    rng=np.random.default_rng(0),
)
print(report)
assert report.passed and report.diagnoses[0].code == "kink"

# %% [markdown]
# ## How wrong is not what is wrong
#
# Many checkers end with one number, the largest relative error $|g - g'| / (|g| + |g'|)$. Here it is for four mistakes
# in one backward function:

# %%
d_weights = d_result @ values.T
weights = anp.softmax(sharpness * anp.cosine_scores(queries, x))
right_answer = anp.softmax_backward(d_weights, weights)
mistakes = {
    "all zeros": np.zeros_like(right_answer),
    "sign flipped": -right_answer,
    "twice as large": 2 * right_answer,
    "rows exchanged": right_answer[::-1],
}


def relative_error(mine, right):
    return np.max(np.abs(mine - right) / (np.abs(mine) + np.abs(right)))


for name, mine in mistakes.items():
    print(f"{name:16} relative error {relative_error(mine, right_answer):.3f}")
assert (
    relative_error(mistakes["all zeros"], right_answer)
    == relative_error(mistakes["sign flipped"], right_answer)
    == 1
)

# %% [markdown]
# Two mistakes as different as nothing and the opposite have the same number. The *picture* of the error tells them
# apart.
#
# ## The clinic
#
# Eight backward functions, each with one mistake out of the package's catalogue; a number stands for the mistake, so
# that the cell does not give it away. The running example is too small to show a pattern, so the patients have 4
# targets, 5 sources and vectors of 3 components. **Source 0 is the shortest vector, and each further one is longer.**
#
# Every picture shows what was *given*, what is *true*, and the *difference*, each with a sign in every cell. Diagnose
# before you run on. Your choice:

# %%
ward = [
    ("scaled_dot_scores_backward", 13),
    ("softmax_backward", 0),
    ("context_backward", 14),
    ("cosine_scores_backward", 71),
    ("embedding_backward", 11),
    ("softmax_backward", 24),
    ("cosine_scores_backward", 35),
    ("softmax_backward", 6),
]
planted = [mistakes_of(function)[number] for function, number in ward]

draw = np.random.default_rng(4)
sizes = np.array([[0.4], [0.8], [1.2], [2.0], [3.0]])
clinic_keys = draw.normal(size=(5, 3))
clinic_keys *= sizes / length(clinic_keys)
clinic = {
    "queries": draw.normal(size=(4, 3)),
    "keys": clinic_keys,
    "scores": draw.normal(size=(4, 5)),
    "weights": anp.softmax(2 * draw.normal(size=(4, 5))),
    "values": draw.normal(size=(5, 3)),
    "ids": np.array([2, 0, 2, 3, 0]),
    "table": draw.normal(size=(6, 3)),
}


def examine(number):
    """Check the right backward function, with one of its results as the patient has it."""
    mistake = planted[number - 1]
    right = getattr(anp, mistake.function)
    forward = getattr(anp, mistake.function.removesuffix("_backward"))
    names = [name for name in inspect.signature(forward).parameters if name in clinic]

    def patient(upstream, *inputs):
        if mistake.function == "softmax_backward":  # it takes the weights, not the scores
            given = (anp.softmax(*inputs),)
        elif mistake.function == "embedding_backward":  # and this one the size of the table
            given = (inputs[0], len(inputs[1]))
        else:
            given = inputs
        results = right(upstream, *given)
        results = results if isinstance(results, tuple) else (results,)
        names_of_results = [f"d_{name}" for name in names if name != "ids"]
        replaced = [
            mistake.formula(upstream, *given) if name == mistake.result else result
            for name, result in zip(names_of_results, results)
        ]
        return [None, *replaced] if "ids" in names else replaced

    patient.__name__ = f"patient {number}"
    return check_gradients(
        forward,
        *(clinic[name] for name in names),
        backward=patient,
        names=names,
        rng=np.random.default_rng(number),
    )


reports = [examine(number) for number in range(1, 9)]


def picture(number):
    report = reports[number - 1]
    name = max(report.errors, key=report.errors.get)
    row = next(row for row in report.comparisons if row.name == name)
    show(
        report.plot(name),
        caption=f"Patient {number}: {planted[number - 1].function}, the gradient of the "
        f"{name}.",
        alt=f"Three heatmaps: given, true and their difference, of shape {row.shape}. "
        f"Farthest off at {row.worst.index}: given {row.worst.given:+.2f}, true "
        f"{row.worst.expected:+.2f}.",
    )


for code in sorted({mistake.code for mistake in planted}):
    print(f"{code:16} {CODES[code]}")

# %%
picture(1)
# Your diagnosis, one of the codes above, as "sign-flipped"
guess_1 = predict("Patient 1?", None)

# %%
picture(2)
guess_2 = predict("Patient 2? (What should the rows of this gradient sum to?)", None)

# %%
picture(3)
guess_3 = predict("Patient 3? (Several targets looked at each value.)", None)

# %%
picture(4)
guess_4 = predict("Patient 4? (Divide given by true, row by row.)", None)

# %%
picture(5)
guess_5 = predict("Patient 5?", None)

# %%
picture(6)
guess_6 = predict("Patient 6? (Add up a row of the given one, then a column.)", None)

# %%
picture(7)
guess_7 = predict(
    "Patient 7? (It should stand at right angles to the keys. The difference does what?)",
    None,
)

# %%
picture(8)
guess_8 = predict("Patient 8? (Which sign has the difference, row by row?)", None)

# %% [markdown]
# ### The findings
#
# Now the checker. It tries each explanation on the numbers themselves: constant ratios, exchanged places, missing
# terms, a catalogue of wrong formulas.

# %%
for number, (guess, report, mistake) in enumerate(
    zip(
        (guess_1, guess_2, guess_3, guess_4, guess_5, guess_6, guess_7, guess_8),
        reports,
        planted,
    ),
    start=1,
):
    diagnosis = report.diagnoses[0]
    assert diagnosis.code == mistake.code  # named, all eight
    print(f"Patient {number}. ", end="")
    guess.compare(diagnosis.code)
    print(f"            {diagnosis.input}: {diagnosis.message}")

# %% [markdown]
# How to read such a picture:
#
# | the difference … | suspect |
# |---|---|
# | is the given one, paler or stronger by one factor everywhere | a constant |
# | grows or shrinks from row to row, in a fixed ratio within each | a factor per row: a length, a weight, a normaliser |
# | is there in whole rows, and these rows stand elsewhere in the true one | misplaced |
# | is what all but one contribution would have given | `=` for `+=` |
# | has one sign along a row, and the row no longer sums to 0 | the mean that is taken away, or its sign |
# | leaves columns that sum to 0 where rows should | the axis of a sum |
# | lies along the input itself | the path through a length |
#
# Two free tests see some of these without a checker: behind a softmax rows sum to 0, and behind a cosine
# $d_v \cdot v = 0$.

# %%
d_scores_given = reports[7].comparisons[0].given
d_keys_given = reports[6].comparisons[1].given
print("patient 8, sums of rows:", d_scores_given.sum(axis=-1).round(2))
print("patient 7, d_keys · keys:", np.sum(d_keys_given * clinic["keys"], axis=-1).round(2))
assert (
    np.abs(d_scores_given.sum(axis=-1)).max() > 0.01
    and np.abs(np.sum(d_keys_given * clinic["keys"], axis=-1)).max() > 0.01
)

# %% [markdown]
# ### Your own function
#
# `check_function(name, function)` draws arguments for any function of the package: unequal lengths, batches, masks,
# zero vectors, two random upstreams each. A mistake that one set of arguments hides, another shows.

# %%
def mine(d_weights, weights):
    return d_weights * weights * (1 - weights)


check_function("softmax_backward", mine, rng=np.random.default_rng(0))

# %% [markdown]
# ## Exercises
#
# First build a checker. Then mend five functions that are wrong: run each as it is, read the diagnosis, and change what
# has to be changed.

# %% [exercise] numerical_gradient

# %% [exercise] repair_softmax_backward

# %% [exercise] repair_layer_norm_backward

# %% [exercise] repair_cosine_scores_backward

# %% [exercise] repair_merge_heads

# %% [exercise] repair_attend_backward

# %% [markdown]
# ## Where this is used
#
# - *The complex step:* Squire and Trapp (1998), "Using complex variables to estimate derivatives of real functions"; in
#   engineering codes, Martins, Sturdza and Alonso (2003).
# - *Extrapolated differences with an error estimate:* Ridders (1982), "Accurate computation of F′(x) and F′(x)F″(x)";
#   it is what this package's checker uses.
# - *Every automatic differentiation system checks its own rules like this:* `torch.autograd.gradcheck` by central
#   differences in double precision, `jax.test_util.check_grads` along random directions.
#
# ## Recap in five lines
#
# 1. A central difference knows no formula; test every backward function against it, in double precision.
# 2. Its error is a U over the step: truncation falls as $h^2$, rounding grows as $1/h$; Richardson goes around it.
# 3. The complex step is exact, and silently wrong behind an absolute value.
# 4. At a kink there is no derivative, and near one a large step lies.
# 5. A number says that a gradient is wrong; the picture of the error says what is.
#
# Next: 09, where gradients that are right take the model downhill.

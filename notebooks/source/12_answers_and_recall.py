# %% [markdown]
# # 12 · Answer questions, recall associations
#
# Two tasks on which attention can be held against the truth. In the first, a story is read, a question answered, and the sentences that
# attention chose are compared with those that the answer follows from. In the second, the ceiling of notebook 02 bites, and you watch training
# run into it.
#
# - **What you'll do:** train a memory network on stories and score its evidence; train associative memories of 8 to 256 keys, with
#   $\beta = 1$ and with a learned sharpness.
# - **What you'll learn:** what a *hop* is, how far attention can serve as evidence, and what a proved bound looks like in a learning curve.
# - **What you'll need:** notebooks 02 (the ceilings) and 09 (training); about 12 minutes.

# %%
import dataclasses

import numpy as np

import attention_np as anp
from attention_np.course import predict, show, style
from attention_np.optim import Adam, WarmupCosine
from attention_np.tasks.recall import experiment
from attention_np.tasks.recall.bounds import ceiling_of_all
from attention_np.tasks.recall.memories import FreshMemories
from attention_np.tasks.stories.model import StorySettings
from attention_np.tasks.stories.scores import looks, read, score_model
from attention_np.tasks.stories.training import held_out, train_model
from attention_np.training import blas_threads, train
from attention_np.visualize import heatmap
from attention_np.visualize.recall import recall_figure

%load_ext attention_np.classroom

# %% [markdown]
# ## Stories
#
# People walk about, take things and drop them. *Where is the milk?* needs **two supporting facts**: who had it last, and where that person is.
# The stories are generated, in the style of the bAbI tasks, so the supporting sentences are known. The model never sees them: it is trained
# on questions and answers alone.

# %%
settings = StorySettings(kinds=("one", "two"))
stories = held_out(settings, seed=0)


def tell(story):
    for place, sentence in enumerate(story.sentences):
        print(f"{'»' if place in story.support else ' '} {' '.join(sentence)}")
    print(f"  {' '.join(story.question)}?  {story.answer}\n")


for kind in settings.kinds:
    tell(
        min(
            (s for s in stories if s.kind == kind and len(s.sentences) >= 4),
            key=lambda s: len(s.sentences),
        )
    )

# %% [markdown]
# ## Hops
#
# The model is a *memory network*. Each sentence is encoded into a key and a value. The question is encoded into a state $u$, and the state asks:
#
# $$p_i = \operatorname{softmax}_i\bigl(\beta \cos(u, k_i)\bigr), \qquad u \leftarrow u + \sum_i p_i v_i$$
#
# That is one **hop**: three formulas and a sum. Then the new state asks again. Two supporting facts need at least two hops, since which sentence is
# wanted second depends on what the first one said. Here is a hop on three made-up memories, and the one line it comes to:

# %%
rng = np.random.default_rng(0)
state, keys, values = rng.normal(size=(1, 4)), rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
beta = 5.0

by_loop = state[0].copy()
weights = anp.softmax(beta * anp.cosine_scores(state, keys))  # (1, 3)
for i in range(3):
    by_loop += weights[0, i] * values[i]

after = state + anp.attention(state, keys, values, scale=beta)  # (1, 4)
np.testing.assert_allclose(after[0], by_loop, rtol=1e-12)
print("state before", state[0].round(2), "\nstate after ", after[0].round(2))

# %% [exercise] read_memory

# %% [markdown]
# ## Train, and ask for the evidence
#
# Six epochs of 3,000 new stories of each kind; then the same network once more with *equal weights* in place of attention.

# %%
guess_of_two = predict(
    "Two supporting facts, equal weights: which share of 1,000 new questions is answered rightly?",
    0.5,
)

with_attention = train_model(settings, seed=0, epochs=6, stories=3_000, progress=False)
equal = dataclasses.replace(settings, score=None, learn_scale=False)
without = train_model(equal, seed=0, epochs=6, stories=3_000, progress=False)

found, blind = score_model(with_attention, stories), score_model(without, stories)
print(f"{'':6}{'attention':>11}{'equal weights':>15}{'last place named':>18}")
for kind in settings.kinds:
    print(
        f"{kind:6}{found[kind].right:>11.1%}{blind[kind].right:>15.1%}"
        f"{found[kind].last_place:>18.1%}"
    )
assert found["one"].right > 0.98 and found["two"].right > 0.85
assert blind["two"].right < 0.6 < found["two"].right
guess_of_two.compare(blind["two"].right)

# %% [markdown]
# Now where it looked. At each hop, take the sentence with the largest weight. **Precision** is the share of these that support the answer;
# **recall** is the share of the supporting ones that were found. Beside it, as many of the *latest* sentences: what a lazy reader would point at.

# %%
print(f"{'':6}{'precision':>11}{'recall':>9}{'both exact':>12}{'latest: precision / recall':>30}")
for kind in settings.kinds:
    evidence, latest = found[kind].evidence, found[kind].latest
    print(
        f"{kind:6}{evidence.precision:>11.1%}{evidence.recall:>9.1%}{evidence.exact:>12.1%}"
        f"{latest.precision:>19.1%} / {latest.recall:.1%}"
    )
    assert evidence.recall > latest.recall + 0.2

story = max(
    (s for s in stories if s.kind == "two" and len(s.sentences) <= 9),
    key=lambda s: len(s.sentences),
)
(reading,) = read(with_attention, [story])
labels = [
    f"{'» ' if place in story.support else ''}{' '.join(sentence)}"
    for place, sentence in enumerate(story.sentences)
]
show(
    heatmap(
        reading.weights,
        labels,
        looks(with_attention),
        title=f"{' '.join(story.question)}? {reading.answer}",
        row_sums=True,
    ),
    caption="Sentences across, hops down; » marks what the answer follows from.",
)
assert reading.answer == story.answer

# %% [markdown]
# So attention *is* evidence here, to the extent that the table says, and no further: in some stories it answers rightly and points at a sentence
# that proves nothing. Whoever shows such a map to a reader owes them the table too.
#
# ## Recall: the ceiling bites
#
# An *associative memory* holds $n$ pairs of a key and a value. Asked for a key, it must give the value. There is nothing to reason: the whole
# task is to put a weight on one of $n$. Notebook 02 proved that with $\beta = 1$ no arrangement of keys lets every weight pass
# $1 / (1 + (n-1)\,e^{-n/(n-1)})$. Does training find the best arrangement there is? And is it enough?

# %%
n = 32
bound = ceiling_of_all(n, 1.0)
guess_of_weight = predict(
    f"{n} keys, β = 1: which weight will the right key have after training?", 0.5
)
guess_of_share = predict(
    f"{n} keys, β = 1: which share of the values will be recalled rightly?", 0.9
)


def learning_curve(learn_scale, epochs=24):
    """Weight on the right key (geometric mean over all keys) after each epoch of four batches."""
    rng = np.random.default_rng(0)
    model = experiment.make_model(n, experiment.Variant("cosine", learn_scale), rng=rng)

    def right_weight():
        return {
            "weight": float(np.exp(np.log(np.diagonal(experiment.weights_of_keys(model))).mean()))
        }

    start = right_weight()["weight"]
    result = train(
        model,
        Adam(model.parameters(), 2e-2),
        FreshMemories(n, 4),
        rng=rng,
        epochs=epochs,
        schedule=lambda total: WarmupCosine(total // 20, total),
        clip=1.0,
        watch=right_weight,
        progress=False,
    )
    return model, np.array([start, *(epoch["weight"] for epoch in result.history)])


with blas_threads(1):
    (blurred, at_one), (sharp, learned) = learning_curve(False), learning_curve(True)

print(f"β = 1:     weight {at_one[0]:.4f} -> {at_one[-1]:.4f}, ceiling {bound:.4f}")
print(f"learned β: weight {learned[0]:.4f} -> {learned[-1]:.4f}")
assert at_one.max() <= bound and at_one[-1] > 0.9 * bound
assert learned[-1] > 0.9
guess_of_weight.compare(at_one[-1])

# %%
figure = style.figure(width="full", height=3.2)
ax = figure.add_subplot()
steps = 4 * np.arange(len(at_one))
ax.axhline(bound, color=style.ACCENT, linewidth=1.2, linestyle="--")
ax.annotate(
    f"ceiling at β = 1: {bound:.3f}",
    (steps[-1], bound),
    (0, 5),
    textcoords="offset points",
    ha="right",
    color=style.ACCENT,
)
ax.plot(steps, learned, color=style.QUERY, linewidth=2, label="learned β")
ax.plot(steps, at_one, color=style.KEY, linewidth=2, label="β = 1")
ax.set(yscale="log", ylim=(0.02, 1.3), xlabel="training steps", ylabel="weight on the right key")
ax.set_yticks([0.03, 0.1, 0.3, 1], ["0.03", "0.1", "0.3", "1"])
ax.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 0.5))
show(
    figure,
    caption="The ceiling as a learning curve: one climbs to it, and stays under it for good.",
    alt=f"Two curves over {steps[-1]} training steps. With a learned sharpness the weight on the "
    f"right key rises from {learned[0]:.3f} to {learned[-1]:.3f}. At sharpness 1 it rises from "
    f"{at_one[0]:.3f} to {at_one[-1]:.4f} and stays under the dashed ceiling of {bound:.4f}.",
)

# %% [markdown]
# Training found the best arrangement there is, or nearly: keys that keep as far from each other as the corners of a regular simplex. It still has
# only a few hundredths of a weight on the right value, and the rest is a mush of 31 others. Whether that is enough depends on $n$. From 8
# to 256 keys:

# %%
scores = {}
with blas_threads(1):
    for learn_scale in (False, True):
        variant = experiment.Variant("cosine", learn_scale)
        scores[variant.name] = [
            experiment.score_model(
                experiment.train_model(keys, variant, seed=0, epochs=2, progress=False)
            )
            for keys in (8, 16, 32, 64, 128, 256)
        ]

print(
    f"{'keys':>5}{'ceiling':>10}{'weight':>10}{'recalled':>10}   |"
    f"{'learned β':>11}{'weight':>9}{'recalled':>10}"
)
for one, free in zip(*scores.values()):
    print(
        f"{one.keys:>5}{one.ceiling_of_all:>10.4f}{one.right_weight:>10.4f}{one.accuracy:>10.1%}   |"
        f"{free.sharpness:>11.1f}{free.right_weight:>9.3f}{free.accuracy:>10.1%}"
    )
    assert one.right_weight <= one.ceiling_of_all
    assert free.accuracy > 0.99
assert scores["cosine, β = 1"][-1].accuracy < 0.2
guess_of_share.compare(
    next(score.accuracy for score in scores["cosine, β = 1"] if score.keys == n)
)

# %%
at_beta_one, with_learned = scores.values()
show(
    recall_figure(scores),
    alt="Two panels over the number of keys from 8 to 256. Left, the weight on the right key: at β = 1 "
    f"it follows the proved ceiling down from {at_beta_one[0].right_weight:.2f} to "
    f"{at_beta_one[-1].right_weight:.3f}; with a learned β it stays near 1. Right, the share recalled: "
    f"at β = 1 from {at_beta_one[0].accuracy:.0%} down to {at_beta_one[-1].accuracy:.0%}; "
    f"with a learned β at least {min(score.accuracy for score in with_learned):.0%}.",
    caption="Lines are proved, points are measured.",
)

# %% [markdown]
# The points of $\beta = 1$ lie on the line of the proof. No width, data or patience moves them; one number that multiplies the scores does. And look at
# what it costs: with 8 keys the blurred memory still recalls nearly everything, since the *largest* of few weights is easily told from the others.
# That is how the trap survives small experiments.
#
# ## Where this is used
#
# - End-to-end memory networks, with hops over sentences, on these kinds of stories (Sukhbaatar et al. 2015, sections 2 and 4); the bAbI tasks themselves
#   (Weston et al. 2016).
# - Associative recall is a standard test of memory: of fast weights (Ba et al. 2016, section 4.1), and of language models that replace attention (Arora et
#   al. 2024, "Zoology"), where it explains most of the gap to attention.
# - The Neural Turing Machine's key strength $\beta_t$ (Graves et al. 2014, section 3.3.1) is the cure above, put out anew at every step.
# - At full length: `attention-np train stories`, with four kinds of questions, and `attention-np train recall --plot recall.png`.
#
# ## Recap in five lines
#
# 1. A hop is attention and a sum; two supporting facts need two hops, because the second look depends on the first.
# 2. Trained on answers alone, attention finds most supporting sentences: measured as precision and recall, beside the latest sentences.
# 3. Right answers with wrong evidence happen; a map without that table claims too much.
# 4. At $\beta = 1$ training climbs to the proved ceiling and stays there: more keys, less weight, fewer values recalled.
# 5. A learned sharpness recalls all of them, at every $n$ that was tried.
#
# Next: 13

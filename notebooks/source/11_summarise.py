# %% [markdown]
# # 11 · Summarise
#
# `attention-np`, without a word behind it, trains a summariser on the documentation that is installed on your machine. This notebook
# opens that job up, on a small part of the data, and asks the model three times why it wrote what it wrote.
#
# - **What you'll do:** mix writing and copying, train a small summariser of NumPy's documentation, score it beside baselines, and
#   look at the pointer, at coverage and at three explanations.
# - **What you'll learn:** how a model writes words that it does not know, why it repeats itself, what a score is worth without
#   baselines, and how far explanations of one and the same word disagree.
# - **What you'll need:** notebooks 06 (the softmax's gradient) and 10 (translation); about 11 minutes.

# %%
import numpy as np

import attention_np as anp
from attention_np.course import predict, show, style
from attention_np.tasks.cleaning import make_pairs
from attention_np.tasks.docstring_reader import read_source
from attention_np.tasks.source_files import source_files
from attention_np.tasks.splits import split
from attention_np.tasks.summaries import SummarizerSettings, explained_summary, write_summaries
from attention_np.tasks.summary_model import train_summarizer
from attention_np.tasks.summary_scores import score_summaries
from attention_np.training import blas_threads
from attention_np.visualize import explain, heatmap
from attention_np.visualize.explanations import mean_agreement

%load_ext attention_np.classroom

# %% [markdown]
# ## Texts with summaries, on every machine
#
# By custom the first line of a docstring sums up what the rest says. So every installed package is a set of texts, each with a summary by its
# author. Here we read NumPy's. What is found depends on the installed version, and all scores below depend on it: hence the hash, and hence
# your numbers may differ from the ones on this page.

# %% tags=["machine"]
docstrings = []
for module, file in source_files(("numpy",)):  # parsed, never imported
    if module.partition(".")[0] == "numpy":
        docstrings += read_source(module, file.read_bytes())

dataset = split(*make_pairs(docstrings))  # whole modules; what leaks into the test is removed
for name, count in dataset.counts.items():
    print(f"{count:>6,}  {name}")
print(f"\nNumPy {np.__version__}, data SHA-256 {dataset.sha256[:16]}…\n")

shown = min(dataset.test, key=lambda pair: abs(len(pair.source) - 30))
print("the model reads  ", " ".join(shown.source))
print("the author wrote ", shown.reference)
assert not {p.docstring.module for p in dataset.train} & {p.docstring.module for p in dataset.test}

# %% [markdown]
# ## Write, or copy
#
# A writer with a vocabulary has a problem here: names. *lstsq* or *searchsorted* is in no vocabulary, and yet the right word for its summary. A
# **pointer** lets the model copy. Before each word $j$ it has three things:
#
# - $q_j(y)$, a softmax over the vocabulary: which word it would *write*;
# - the weights $p_{ij}$ of attention over the source: which place it *looks at*;
# - a **gate** $g_j$ between 0 and 1, made by a sigmoid: how likely it is to write at all.
#
# Let $x_i$ be the word at place $i$ of the source. The probability of the word $y$ is the mixture
#
# $$P_j(y) = g_j\, q_j(y) + (1 - g_j) \sum_{i=1}^{m} p_{ij}\,[x_i = y]$$
#
# The bracket is 1 where $x_i$ is that word, and 0 elsewhere. (The paper writes $a$ for the weights; ours are $p$, since $a$ are scores in this
# course.) A word that stands twice in the source gets both its weights. A word of no vocabulary has $q_j(y) = 0$, and can still be
# copied. As a loop:

# %%
words = ("return", "the", "array", "of", "lstsq")  # the last is not in the vocabulary of four
source = np.array([4, 2, 1, 2])  # lstsq array the array
rng = np.random.default_rng(0)
written = anp.softmax(rng.normal(size=(2, 4)))  # q, (2, 4): two words are to come
weights = anp.softmax(np.array([[0.0, 1, 0, 2], [3, 1, 0, 0]]))  # p, (2, 4): over four places
gate = np.array([0.9, 0.2])  # g, (2,)

by_loop = np.zeros((2, 5))  # (2, 5): the vocabulary, and what the source adds to it
for j in range(2):
    for y in range(5):
        if y < 4:
            by_loop[j, y] += gate[j] * written[j, y]
        for i in range(4):
            if source[i] == y:
                by_loop[j, y] += (1 - gate[j]) * weights[j, i]

for j in range(2):
    print(f"gate {gate[j]}  ", "  ".join(f"{w} {v:.3f}" for w, v in zip(words, by_loop[j])))

# %% [markdown]
# And in one line. The comparison makes a table with a 1 where place $i$ holds word $y$, and a matrix product adds what belongs
# together:

# %%
holds = source[:, None] == np.arange(5)  # (4, 5)
mixture = gate[:, None] * np.pad(written, ((0, 0), (0, 1))) + (1 - gate[:, None]) * (weights @ holds)

np.testing.assert_allclose(mixture, by_loop, rtol=1e-12)
np.testing.assert_allclose(mixture, anp.copy_mixture(written, weights, gate, source, 5), rtol=1e-12)
# A distribution again, since it mixes two.
np.testing.assert_allclose(mixture.sum(axis=-1), 1, rtol=1e-12)

show(
    heatmap(mixture, words, ("gate 0.9", "gate 0.2"), row_sums=True, label="probability"),
    caption="A gate of 0.2 copies: lstsq, which the vocabulary lacks, can be said.",
)
assert mixture[1, 4] > mixture[0, 4] > 0

# %% [exercise] pointer_mixture

# %% [markdown]
# ## Backwards: nobody labels what was copied
#
# The data do not say which words were copied. The gradient finds out. Let $y$ be the right word. Of its probability $P_j(y)$, the part $g_j\, q_j(y)$ came by
# writing; call its share $f_j = g_j\, q_j(y) / P_j(y)$. With $u_j$ for the gate's logit, so that $g_j = 1 / (1 + e^{-u_j})$, the loss $-\ln P_j(y)$ has the gradient
#
# $$d_{u_j} = g_j - f_j$$
#
# The gate said $g_j$, $f_j$ is what was found, and descent moves the first to the second. It is the softmax's gradient of notebook 06, *weights less
# truth*, with a truth that the model estimates itself. Let the right word be *array*, which can be written and copied:

# %%
logits, gate_logits = np.log(written), np.log(gate / (1 - gate))  # (2, 4), (2,)
right = np.array([2, 2])  # array, both times
_, d_weights, d_gate = anp.copy_cross_entropy_backward(logits, weights, gate_logits, right, source)

share = gate * written[:, 2] / mixture[:, 2]  # f, (2,)
np.testing.assert_allclose(d_gate, (gate - share) / 2, rtol=1e-12)  # the loss is a mean over two
# Only places that hold the word have a gradient.
assert (d_weights[:, source != 2] == 0).all() and (d_weights[:, source == 2] < 0).all()
print("g, as said  ", gate)
print("f, the share", share.round(3))
print("d_u         ", d_gate.round(3))

# %% [markdown]
# ## Train, beside the baselines
#
# The reader and the writer are those of notebook 10. Three things are new: the pointer; one table of word vectors for what is read and what
# is written; and dropout, since there are few texts. Training is short: eight epochs over NumPy alone. A second model gets neither attention nor a pointer.
#
# Summaries are scored by **ROUGE-L**: the longest sequence of words that a summary has in common with its author's, in order, as an F1 between 0 and 100. It
# sees shared words, not truth. A score alone says nothing. So guess first:

# %%
guess = predict("ROUGE-L of a rule: write 'return the', and the words of the object's name", 5)

# %% tags=["machine"]
models, summaries, scores = {}, {}, {}
with blas_threads(1):
    for name, score in (("pointer", "cosine"), ("no attention", None)):
        settings = SummarizerSettings(score, score is not None, width=128, learning_rate=4e-3)
        models[name], _ = train_summarizer(dataset, settings, seed=0, epochs=8, progress=False)
        read = [pair.source for pair in dataset.test]
        summaries[name] = write_summaries(models[name].model, models[name].vocabulary, read)
        scores[name] = score_summaries(dataset, [summary.text for summary in summaries[name]])

rows = {"no attention, no pointer": scores["no attention"].rows[0].intervals["ROUGE-L"]}
rows |= {row.name: row.intervals["ROUGE-L"] for row in scores["pointer"].rows}
for name, (mean, low, high) in sorted(rows.items(), key=lambda row: row[1]):
    print(f"{name:36}{mean:5.1f}   95 % interval {low:.1f} to {high:.1f}")

template = '"return the <name words>"'
print("\nthe model minus the baseline, paired:")
for name in (template, "templates chosen on validation", "nearest neighbour"):
    mean, low, high = scores["pointer"].differences[name]
    print(f"  {name:36}{mean:+5.1f}   95 % interval {low:+.1f} to {high:+.1f}")
print(f"learned sharpness β = {models['pointer'].sharpness:.1f}")

assert rows["the model"][0] > rows["nearest neighbour"][0]
assert rows["the model"][0] > rows["no attention, no pointer"][0]
assert scores["pointer"].differences[template][0] > 0
guess.compare(round(rows[template][0], 1))

# %% [markdown]
# Read the table from the rule upwards. Two words and a name already score, because a good summary often says what the name says. What a model must be
# given credit for is the *difference* to such rules, with its interval. The two lines that are called *oracle* look at the author's
# summary: they are ceilings for anybody who copies, not rivals.
#
# Now read what it writes:

# %% tags=["machine"]
ranked = sorted(range(len(dataset.test)), key=lambda index: -scores["pointer"].of_model[index])
for index in (*ranked[:3], *ranked[len(ranked) // 2 :][:3]):
    print(f"{dataset.test[index].docstring.object_name}")
    print(f"    model   {summaries['pointer'][index].text}")
    print(f"    author  {dataset.test[index].reference}")

# %% [markdown]
# The first three are its best, the others are from the middle of its ranking. They have the *form* of a summary, and often the wrong content. That is
# what seconds of training on one package give. `attention-np` trains for four minutes on the standard library, NumPy and Matplotlib, and prints the same
# table; even there the gap to the baselines is the result, not the sentences.
#
# ## Where it looked, and whether it copied
#
# Below is one summary: a row for each word that was written, a column for each word that was read. Beside it stands the share
# $1 - f_j$ of each word's probability that came from the pointer.


# %% tags=["machine"]
index = min(
    (i for i in ranked[: len(ranked) // 4] if sum(summaries["pointer"][i].copied) >= 2),
    key=lambda i: abs(len(summaries["pointer"][i].source) - 20),
)
summary = summaries["pointer"][index]

figure = style.figure(width="full", height=4.6)
left, bars = figure.subplots(1, 2, width_ratios=(5, 1))
heatmap(summary.weights, summary.source, summary.words, ax=left)
places = np.arange(len(summary.words))
bars.barh(places, summary.copied, color=style.ACCENT)
bars.set(xlim=(0, 1), ylim=(len(places) - 0.5, -0.5), xlabel="copied", yticks=places)
bars.set_yticklabels(summary.words)
spoken = ", ".join(f"{word} {copied:.2f}" for word, copied in zip(summary.words, summary.copied))
peaks = ", ".join(
    f"{word} at {summary.source[place]}"
    for word, place in zip(summary.words, summary.weights.argmax(axis=-1))
)
show(
    figure,
    caption=f"{dataset.test[index].docstring.object_name}: “{summary.text}”",
    alt=f"Left, attention weights of {len(summary.words)} written words over "
    f"{len(summary.source)} read ones; the largest of each row: {peaks}. Right, bars: the share "
    f"of each word's probability that was copied: {spoken}.",
)
np.testing.assert_allclose(summary.weights.sum(axis=-1), 1, rtol=1e-4)


def words_by(copied, chosen):
    """How often each word was written with such a share."""
    found = [
        word
        for summary in chosen
        for word, share in zip(summary.words, summary.copied)
        if copied(share)
    ]
    return sorted({word: found.count(word) for word in found}.items(), key=lambda item: -item[1])


written_ones = words_by(lambda share: share < 0.5, summaries["pointer"])
copied_ones = words_by(lambda share: share >= 0.5, summaries["pointer"])
print("written most:", ", ".join(f"{word} ({count})" for word, count in written_ones[:8]))
print("copied most: ", ", ".join(f"{word} ({count})" for word, count in copied_ones[:8]))
vocabulary = models["pointer"].vocabulary
writable = set(vocabulary.to_list()[: vocabulary.writable])
only_copied = sum(count for word, count in copied_ones if word not in writable)
copied_words = sum(count for _, count in copied_ones)
every_word = sum(len(summary.words) for summary in summaries["pointer"])
print(f"copied: {copied_words} of {every_word} words; {only_copied} of them it could not have written")
assert 0.1 < copied_words / every_word < 0.9

# %% [markdown]
# Without being told, the model learned to write the words of every summary (*return*, *the*, *of*) and to copy those of this one. No loss
# mentioned it; $d_{u_j} = g_j - f_j$ did it. Where a word is *written*, the weights reach it only through the layers behind them.
#
# ## Coverage
#
# A summariser that looks twice at one place says it twice. **Coverage** makes that a number. Before word $j$ is written, add up what each place has received so far,
# $C_{ij} = \sum_{k<j} p_{ik}$. The penalty of word $j$ is the part of its weights that falls on what is covered:
#
# $$\text{penalty}_j = \sum_{i=1}^{m} \min(p_{ij},\, C_{ij})$$
#
# It is 0 where all weight lies on new places, and at most 1. As a loop and as a line:


# %%
def coverage_by_loop(weights):
    covered, penalties = np.zeros(weights.shape[1]), []
    for row in weights:
        penalties.append(sum(min(p, c) for p, c in zip(row, covered)))
        covered += row
    return np.array(penalties)


def coverage(weights):
    return np.minimum(weights, np.cumsum(weights, axis=0) - weights).sum(axis=-1)  # (L,)


looks = np.array([[0.9, 0.1, 0.0], [0.1, 0.9, 0.0], [0.8, 0.1, 0.1]])  # (3, 3): back to the start
np.testing.assert_allclose(coverage(looks), coverage_by_loop(looks), atol=1e-12)
assert coverage(looks)[0] == 0 and coverage(looks).max() <= 1
print("penalties", coverage(looks).round(2))

# %% [markdown]
# The third row goes back to the first place and pays for it. Is the penalty higher where our model really repeats a word?

# %% tags=["machine"]
covers = np.concatenate([coverage(summary.weights) for summary in summaries["pointer"]])
copied = np.concatenate([summary.copied for summary in summaries["pointer"]]) >= 0.5
repeated = np.concatenate(
    [
        [word in summary.words[:place] for place, word in enumerate(summary.words)]
        for summary in summaries["pointer"]
    ]
).astype(bool)
place = np.concatenate([np.arange(len(summary.words)) for summary in summaries["pointer"]])

# Penalties grow along a summary: each repeated word is compared with new ones at its own place.
pairs = []
for j in np.unique(place):
    again, new = (covers[(place == j) & copied & kind] for kind in (repeated, ~repeated))
    pairs += [(penalty, new.mean()) for penalty in again if len(new)]
again, new = np.mean(pairs, axis=0)
print(f"{len(pairs)} copied words stood in their summary before: penalty {again:.2f} on average")
print(f"copied words at the same places that are new: penalty {new:.2f}")
assert again > new

# %% [markdown]
# It is. The pointer-generator's authors add the penalty to the loss and give the covered sum to the attention, and their model repeats itself less. This package does
# neither; its beam search only forbids that a pair of neighbouring words is written twice. Here coverage serves as a *measure*.
#
# ## Three explanations
#
# Why this word? Notebook 10 asked a translator by three methods. **Attention** reports the weights of one layer. **Gradient × input** says to first order what the word's
# log-probability would lose without an input. **Leave one out** removes the input and looks. On one summary:

# %% tags=["machine"]
summariser = models["pointer"]


def opened(summary):
    return explain(explained_summary(summariser.model, summariser.vocabulary, summary))


better_half = [summaries["pointer"][index] for index in ranked[: len(ranked) // 2]]
short = min(
    (s for s in better_half if 4 <= len(s.words) <= 8), key=lambda s: abs(len(s.source) - 20)
)
explained = opened(short)
show(
    explained.plot(short.source, [*short.words, "(end)"]),
    caption=f"“{short.text}”: each method's share of each source word, a row for each word written.",
)

# The word on which attention and leaving out differ most.
shares = explained.shares()
attention, left_out = shares["attention"], shares["leave one out"]
apart = np.abs(attention - left_out).sum(axis=-1) / 2  # (T,)
j = int(apart[:-1].argmax())
print(f"{short.words[j]!r}:")
for method, values in shares.items():
    top = np.argsort(-values[j])[:3]
    said = ", ".join(f"{short.source[i]} {values[j, i]:.2f}" for i in top)
    print(f"    {method:22}{said}")
for values in shares.values():
    np.testing.assert_allclose(values.sum(axis=-1), 1, rtol=1e-4)

# %% [markdown]
# One example proves nothing. Over every ninth summary of the test: Kendall's $\tau$ between the orders in which two methods rank the source words, 1 for the same order and 0 for no
# relation. And a simpler question: how often do both put the same word first?

# %%
guess_of_first = predict("How often do attention and leaving out agree on the first word?", 0.8)

# %% tags=["machine"]
asked = [summary for summary in summaries["pointer"] if summary.words][::9]
with blas_threads(1):
    answers = [opened(summary) for summary in asked]

agreement = mean_agreement(answers)
for pair, tau in agreement.items():
    print(f"{pair:42} Kendall's τ {tau:+.2f}")
    assert -0.2 < tau < 0.9  # no two of them say the same


def same_first(one, other, kept):
    firsts = [
        (np.abs(getattr(a, one)).argmax(axis=-1) == np.abs(getattr(a, other)).argmax(axis=-1))[k]
        for a, k in zip(answers, kept)
    ]
    return np.concatenate(firsts).mean()


def copied_rows(summary, wanted):
    share = np.array([*summary.copied, 0.0])  # the end is never copied
    return (share >= 0.5) == wanted


by_kind = {
    kind: same_first("attention", "leave_one_out", [copied_rows(s, wanted) for s in asked])
    for kind, wanted in (("copied", True), ("written", False))
}
overall = same_first("attention", "leave_one_out", [slice(None)] * len(asked))
print("\nattention and leaving out put the same word first:")
print(f"    all words {overall:.0%}, copied ones {by_kind['copied']:.0%}, ", end="")
print(f"written ones {by_kind['written']:.0%}")
guess_of_first.compare(round(overall, 2))
assert by_kind["copied"] > by_kind["written"] + 0.1

# %% [markdown]
# The split explains the disagreement. Where a word is *copied*, the weight is the probability: take the word away, and it cannot be said. There attention is
# an explanation by construction. Where a word is *written*, attention is one input to a network of many layers, and says little about the cause. The
# other two often miss each other as well: a gradient is a slope, and leaving out is a leap.
#
# ## Where this is used
#
# - The pointer-generator with its coverage is See, Liu and Manning 2017, equations 8 to 13; pointing came from Vinyals, Fortunato and Jaitly 2015, copying with
#   a gate from Gulcehre et al. 2016.
# - A penalty on coverage in beam search: Wu et al. 2016, equation 14, for translation.
# - ROUGE is Lin 2004; that it must stand beside simple baselines, the lead of a news text above all, is an old lesson of summarisation (Nenkova 2005).
# - Kendall's $\tau$ between attention, gradients and leaving out is the measure of Jain and Wallace 2019.
# - At full length: `attention-np` (the main job), `attention-np summarize --object numpy.linalg.norm --heatmap norm.png`, and
#   `attention-np evaluate summaries --explain explained.png`.
#
# ## Recap in five lines
#
# 1. A pointer mixes two distributions, $P = g\,q + (1 - g) \sum_i p_i [x_i = y]$: what is in no vocabulary can be copied.
# 2. Nobody says what was copied: the gate's gradient is $g - f$, what it said less what was found.
# 3. A score means something beside baselines, on the same texts, with intervals; "return the" and the name is one.
# 4. Coverage adds up the weights so far; what falls on covered places is a penalty, higher where words repeat.
# 5. Attention explains a copied word and hardly a written one; gradient × input and leaving out answer other questions.
#
# Next: 12

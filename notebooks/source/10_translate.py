# %% [markdown]
# # 10 · Translate
#
# In translation the true alignment of the words is sometimes known. Then attention can be *scored*, and not only looked at. This notebook trains
# five small models, scores where they look, and ends with one that writes a 9 while it looks at something else.
#
# - **What you'll do:** train translators of number words and of dates, with a learned sharpness, with $\beta = 1$ and without attention, and
#   compare what they write with where they look.
# - **What you'll learn:** that right answers and right attention are two things, how to measure each, and how far a heatmap may be taken
#   as an explanation.
# - **What you'll need:** notebooks 02 (the ceiling) and 09 (training); about 12 minutes.

# %%
import numpy as np

from attention_np.course import predict, show
from attention_np.tasks.dates.alignment import looked_at
from attention_np.tasks.dates.examples import draw_dates
from attention_np.tasks.dates.model import score_dates, train_dates
from attention_np.tasks.number_translation import VARIANTS, Translator
from attention_np.tasks.number_words import draw_split, number_pair
from attention_np.tasks.transducer import TransducerSettings
from attention_np.training import blas_threads
from attention_np.visualize import Panel, explain, heatmaps

%load_ext attention_np.classroom

# %% [markdown]
# ## Numbers, whose alignment is known
#
# English says *forty-two*, German *zweiundvierzig*: two-and-forty. The order turns round, and *und* has no counterpart. For every other
# German word a rule says which English word it translates. Here is one pair, word by word:

# %%
pair = number_pair(4_721)
for word, source in zip(pair.target, pair.alignment):
    print(f"{word:10} ← {'(nothing)' if source is None else pair.source[source]}")

assert pair.source[pair.alignment[0]] == "four"
assert pair.alignment.count(None) == 1

# %% [markdown]
# The model reads the English words with a recurrent network, writes the German ones with another, and looks back at the English before
# each word that it writes: the queries are the writer's states, keys and values are the reader's. (`attention_np.models.Seq2Seq` is the
# whole of it, forwards and back.) We train it three times. All else is equal: the same 4,000 numbers, the same seed, 8 epochs.

# %%
split = draw_split(train=4_000, test=1_000, rng=np.random.default_rng(0))
guess_of_none = predict(
    "Without attention: which share of 1,000 unseen numbers is translated without a mistake?", 0.5
)
guess_of_one = predict("And with attention, but at β = 1, where no weight can be large?", 0.5)

# %%
translators, scores = {}, {}
with blas_threads(1):  # one thread: the same bits on every run
    for variant, (score, learn_scale) in VARIANTS.items():
        rng = np.random.default_rng(0)
        translator = Translator(
            split.train, score=score, learn_scale=learn_scale, width=64, rng=rng
        )
        translator.fit(split.train, epochs=8, progress=False)
        translators[variant], scores[variant] = translator, translator.evaluate(split.test)

print(f"{'':20}{'exact':>8}{'alignment':>11}{'mean peak':>11}{'β':>7}")
for variant, (exact, alignment) in ((name, (s.exact, s.alignment)) for name, s in scores.items()):
    looked = (
        f"{alignment.accuracy:>11.1%}{alignment.mean_peak:>11.2f}"
        if alignment
        else f"{'-':>11}{'-':>11}"
    )
    beta = translators[variant].sharpness
    print(f"{variant:20}{exact:>8.1%}{looked}{'-' if beta is None else format(beta, '.1f'):>7}")

learned, one, without = (scores[name] for name in translators)
assert learned.exact > 0.95 and one.exact > 0.8 and without.exact < 0.2
assert (
    learned.alignment.accuracy > one.alignment.accuracy
    and learned.alignment.mean_peak > 2 * one.alignment.mean_peak
)
guess_of_none.compare(round(without.exact, 3))
guess_of_one.compare(round(one.exact, 3))

# %% [markdown]
# *Exact* counts numbers with every word right. *Alignment* counts German words for which the largest weight of the row lies on the true
# English word, and on no other. *Mean peak* is that largest weight.
#
# Read the first two rows again. At $\beta = 1$ the model writes most numbers rightly, and yet its largest weight is small, as notebook 02 proved that it must
# be, and lies on a wrong word more often. It gets by with a blurred look, since its layers can pick a small difference out of the blur. What it
# writes hardly shows that; the map does:

# %%
shown = number_pair(947_658)
panels = []
for variant, translator in translators.items():
    (translation,) = translator.translate([shown.source])
    panels.append(
        Panel(
            f"{variant}\n{scores[variant].exact:.0%} exact",
            translation.weights,
            shown.source,
            translation.words,
        )
    )
    print(f"{variant:20}{' '.join(translation.words)}")
print(f"{'right':20}{' '.join(shown.target)}")

show(heatmaps(panels), caption=f"{shown.number:,} in three models: one scale for all.")

# %% [markdown]
# In the left map you can check each word against the rule above: units before tens, and *hundert* on *hundred*. In the middle map the same order shows, faintly. A heatmap
# whose scale followed its data would have painted both alike.
#
# ## Dates: right, and looking elsewhere
#
# Numbers are translated word by word. Dates are translated by the character: *25 novembre 1981* becomes *1981-11-25*. Twenty languages
# write them in many styles; the model is told neither language nor style.

# %%
dates = draw_dates("days", 12_000, 100, 1_000, rng=np.random.default_rng(0))
for example in dates.test[:5]:
    print(f"{example.text:32} {example.date}")

# %%
readers, date_scores = {}, {}
with blas_threads(1):
    for name, learn_scale in (("learned β", True), ("β = 1", False)):
        settings = TransducerSettings("cosine", learn_scale, width=64, longest=12)
        readers[name], _ = train_dates(
            dates, settings, seed=0, minutes=None, epochs=4, progress=False
        )
        date_scores[name] = score_dates(readers[name], dates.test)

for name, score in date_scores.items():
    print(
        f"{name:10} exact {score.exact:.1%}   mean peak {score.alignment.mean_peak:.2f}   "
        f"β = {readers[name].sharpness:.1f}"
    )
assert date_scores["learned β"].exact > max(0.95, date_scores["β = 1"].exact)
guess_of_digits = predict(
    "β = 1: for which share of a year's digits does the largest weight lie on that very digit?",
    0.9,
)

# %% [markdown]
# Now measure the claim that people read into such maps: *it wrote this because it looked there*. Years that stand in the text with four digits
# make it easy: when the model writes the third digit of the year, the largest weight should lie on the third digit.

# %%
for name, score in date_scores.items():
    print(
        f"{name:10} writes a year's digit while looking at that very digit: "
        f"{score.alignment.digits:.1%}"
    )
guess_of_digits.compare(round(date_scores["β = 1"].alignment.digits, 3))


def year_looked_at(example, found):
    """The year in the text, and what lay under the largest weights while it was written."""
    year = example.spans["year"]
    return example.text[year.start : year.stop], looked_at(found.weights[:4], example.text)


plain = [
    e for e in dates.test if e.text.isascii() and e.spans["year"].stop - e.spans["year"].start == 4
]
found = readers["β = 1"].translate([example.source for example in plain])
cases = []
for example, translation in zip(plain, found):
    year, looked = year_looked_at(example, translation)
    right = "".join(translation.words) == example.date.isoformat()
    if right and len(set(year)) == 4:  # four different digits: no other place could be meant
        cases.append((sum(a != b for a, b in zip(year, looked)), example, translation))
missed, example, translation = max(cases, key=lambda case: case[0])
year, looked = year_looked_at(example, translation)
place = next(i for i in range(4) if year[i] != looked[i])
print(f"\n{example.text!r}: it writes {year}, rightly, while it looks at {'-'.join(looked)}:")
print(f"it writes {year[place]} while it looks at {looked[place]!r}")
assert missed >= 2 and "".join(translation.words) == example.date.isoformat()

# %%
both = []
for name, reader in readers.items():
    (translation,) = reader.translate([example.source])
    _, looked = year_looked_at(example, translation)
    both.append(
        Panel(
            f"{name}\nyear: looks at {'-'.join(looked)}",
            translation.weights,
            example.source,
            translation.words,
        )
    )
show(
    heatmaps(both),
    caption=f"{example.text}: a row for each character written, a column for each read.",
)

# %% [markdown]
# Both models are right. The one on the right is right while its largest weights lie on other characters than those that it copies. It can be: the
# reader's states are recurrent, so the state under *one* digit of the year knows the digits beside it. A weight says from which *state* was read. It
# does not say which *character* the answer came from.
#
# ## Three explanations, and how far they agree
#
# Ask the model in two other ways. **Gradient × input**: to first order, what would the log-probability of a written character lose without
# an input? **Leave one out**: what does it lose? Both hold the model to its word; attention only reports on one layer of it.

# %%
asked = [example for example in plain if len(example.text) <= 12][:10]
for name, reader in readers.items():
    agreements = [
        explain(reader.explained(example.source, example.target)).agreement() for example in asked
    ]
    for pair_of_methods in agreements[0]:
        mean = np.mean([agreement[pair_of_methods] for agreement in agreements])
        print(f"{name:10} {pair_of_methods:42} Kendall's τ {mean:+.2f}")
        assert mean < 0.9  # no two of them say the same

short = asked[0]
explained = explain(readers["learned β"].explained(short.source, short.target))
show(
    explained.plot(short.source, [*short.target, "end"]),
    caption=f"{short.text}, with a learned β: the share of each character, by three methods.",
)

# %% [markdown]
# A τ of 1 would be the same order, 0 no relation. What comes out lies between: related, and far from the same. So treat a heatmap as what it is: a
# true report of where one layer looked. As an explanation of the answer it is a hypothesis, and leaving out is its test.
#
# ## Exercise
#
# The alignment score of this notebook is a function of a few lines. Write it.

# %% [exercise] alignment

# %% [markdown]
# ## Where this is used
#
# - Attention was invented for translation, and its first figures were such maps (Bahdanau, Cho, Bengio 2015, figure 3).
# - Their additive score, $v^\top \tanh(W s + U h)$, has no ceiling; the package's `additive_scores` is it, and the `--score` option of
#   `attention-np train numbers` compares it with the cosine.
# - *Attention is not Explanation* (Jain and Wallace 2019) measured Kendall's τ against gradients and leaving out, as above; *Attention is not not
#   Explanation* (Wiegreffe and Pinter 2019) answered that it depends on what an explanation is asked to be.
# - At full length: `attention-np train numbers`, `attention-np train dates`, and `attention-np train pairs` for pairs of your own.
#
# ## Recap in five lines
#
# 1. Where the true alignment is known, attention is scored: the share of words whose largest weight lies on the true counterpart.
# 2. Without attention, the translator fails on most numbers; with it, at any sharpness, it succeeds.
# 3. At $\beta = 1$ most answers are right, and every look is blurred: exactness hardly sees the ceiling, the map does.
# 4. A model may write the right digit while it looks at another: recurrent states know their neighbours.
# 5. Attention, gradient × input and leaving one out agree in part; a heatmap reports a look, and does not prove a cause.
#
# Next: 11

"""
Latent classes of answers, many of them missing
===============================================

1,500 people were asked how often they travel in six ways. Each question was left
out by a quarter of them, so that five people in six have a gap. Latent class
analysis takes what there is of every row. To look at complete rows alone is to lose
not only precision but a class.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skmixture import CategoricalMixture
from skmixture.display import ProfileDisplay, SelectionDisplay
from skmixture.priors import Dirichlet
from skmixture.selection import MixtureSelection

# %%
# The answers
# -----------
#
# There are three kinds of travellers, of which the answers of a person are
# independent draws.

ITEMS = ["cycle", "bus", "car", "train", "walk", "taxi"]
ANSWERS = np.array(["never", "some", "often"])
SHARES = np.array([0.25, 0.30, 0.45])
PROBS = np.array(
    [  # never, some, often, by class and item
        [[5, 20, 75], [35, 45, 20], [70, 25, 5], [20, 50, 30], [5, 20, 75], [80, 15, 5]],
        [[55, 35, 10], [5, 15, 80], [60, 30, 10], [10, 20, 70], [10, 35, 55], [40, 50, 10]],
        [[60, 35, 5], [75, 20, 5], [5, 10, 85], [55, 35, 10], [50, 40, 10], [50, 40, 10]],
    ]
) / 100  # fmt: skip


def draw_answers(n, missing=0.25, seed=0):
    """Answers of n people, some of them NaN."""
    rng = np.random.RandomState(seed)
    own = rng.choice(3, size=n, p=SHARES)
    codes = (rng.uniform(size=(n, 6, 1)) > PROBS[own].cumsum(axis=2)).sum(axis=2)
    answers = pd.DataFrame(ANSWERS[codes.clip(max=2)], columns=ITEMS)
    return answers.mask(rng.uniform(size=answers.shape) < missing)


answers = draw_answers(1500)
complete = answers.dropna()
print(answers.head())
print(f"{len(complete)} of {len(answers)} rows are complete")

# %%
# How many classes?
# -----------------
#
# The same choice twice: from all rows, and from complete ones. A missing answer
# is left out of its row's likelihood, which is right where answers are missing at
# random: whether one is missing must not depend on what it would have been. The
# prior is as if half an answer of each kind had been seen in each class.

model = CategoricalMixture(
    categories=[ANSWERS] * 6, prior={"probs": Dirichlet(1.5)}, n_init=3, random_state=0,
    order_by="weights",
)  # fmt: skip
of_all = MixtureSelection(model, n_components=range(1, 6)).fit(answers)
of_complete = MixtureSelection(model, n_components=range(1, 6)).fit(complete)
print(of_all.summary())
print(of_complete.summary())

# %%
# The classes
# -----------
#
# With all rows the three classes are found, cyclists, those who take bus and
# train, and drivers. Complete rows are so few that BIC finds no evidence for the
# third; two classes that differ are then one.

classes = of_all.best_estimator_
print(f"shares: {classes.weights_.round(2)}, the truth {SHARES}")
print(f"largest error of a probability: {np.abs(classes.probs_ - PROBS).max():.2f}")
print(classes.item_profiles().round(2))

fig, axes = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True, layout="constrained")
ProfileDisplay.from_estimator(classes, ax=axes)

# %%
# A person with one answer belongs to a class as surely as that answer says, and
# the answers that are missing are expected accordingly.

one_answer = pd.DataFrame([["often", *[np.nan] * 5], [np.nan, "often", *[np.nan] * 4]],
                          columns=ITEMS)  # fmt: skip
print(classes.predict_proba(one_answer).round(2))
print(classes.impute(one_answer))

fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
fig.get_layout_engine().set(w_pad=0.15)
for ax, selection, title in zip(axes, (of_all, of_complete), ("all rows", "complete rows"),
                                strict=True):  # fmt: skip
    SelectionDisplay.from_results(selection.to_frame(), ax=ax)
    ax.set_title(title, loc="left")
plt.show()

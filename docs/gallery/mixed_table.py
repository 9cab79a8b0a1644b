"""
Numbers, counts and categories in one table
===========================================

Birds were caught in a reed bed: three populations, which nobody has told apart.
Of each bird two lengths were measured, its ticks were counted, and the month is
known in which it came. A component gives each kind of column a law of its own,
and the likelihood of whole rows says which laws, and how many components.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from skmixture import Mixture, ProductMixture
from skmixture.display import DensityDisplay, ProfileDisplay, SelectionDisplay
from skmixture.families import Categorical, Gaussian, NegativeBinomial, Poisson
from skmixture.selection import MixtureSelection

# %%
# The birds
# ---------
#
# Two of the populations have almost the same size. They differ in when they
# come and in how many ticks they carry. Ticks are found in clumps: their variance
# is far above their mean.

MONTHS = np.array(["August", "September", "October"])
POPULATION = {
    "share": [0.40, 0.35, 0.25],
    "wing": [64.0, 65.0, 71.0],  # mm, deviation 2
    "bill": [13.0, 13.2, 15.0],  # mm, deviation 0.6
    "ticks": [1.0, 9.0, 3.0],  # of negative binomial laws of size 1.5
    "month": [[0.70, 0.25, 0.05], [0.10, 0.30, 0.60], [0.30, 0.40, 0.30]],
}


def draw_birds(n, seed=0):
    """A table of birds, and the population of each."""
    rng = np.random.RandomState(seed)
    own = rng.choice(3, size=n, p=POPULATION["share"])
    ticks = np.array(POPULATION["ticks"])[own]
    month = [rng.choice(MONTHS, p=POPULATION["month"][k]) for k in own]
    birds = pd.DataFrame(
        {
            "wing": rng.normal(np.array(POPULATION["wing"])[own], 2.0),
            "bill": rng.normal(np.array(POPULATION["bill"])[own], 0.6),
            "ticks": rng.negative_binomial(1.5, 1.5 / (1.5 + ticks)),
            "month": month,
        }
    )
    return birds, own


birds, population = draw_birds(800)
print(birds.head())

# %%
# Laws by column name
# -------------------
#
# The name of a part is that of its law among the options, so that the laws of the
# ticks are tried like any other option, with 1 to 5 components.

model = ProductMixture(
    [
        ("size", Gaussian("tied"), ["wing", "bill"]),
        ("ticks", NegativeBinomial(), "ticks"),
        ("month", Categorical(categories=MONTHS), "month"),
    ],
    n_init=3,
    order_by="size__means",
)
laws = {"ticks": [Poisson(), NegativeBinomial()]}
selection = MixtureSelection(model, laws, n_components=range(1, 6), random_state=0).fit(birds)
results = selection.to_frame()
results["ticks"] = results["ticks"].map(str)
print(results[["n_components", "ticks", "log_likelihood", "bic"]].round(1).to_string(index=False))

# %%
# What was chosen
# ---------------
#
# Three components, with negative binomial ticks. A wrong law is paid for in
# components: a Poisson law is too narrow for the ticks, so that one population
# takes several of them, and still BIC asks for more.
#
# The size alone shows two groups, as the first two populations are alike in it.

best = selection.best_estimator_
size = birds[["wing", "bill"]]
by_size = MixtureSelection(Mixture(Gaussian("tied"), n_init=3, random_state=0)).fit(size)
for name, found in ("size alone", by_size.predict(size)), ("whole rows", best.predict(birds)):
    agreement = adjusted_rand_score(population, found)
    print(f"{name}: {found.max() + 1} groups, adjusted Rand index {agreement:.2f}")

# %%
# Within a component the parts are independent, so that the law of the ticks alone is
# a mixture of their laws with the same weights.

fig, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
SelectionDisplay.from_results(results, by="ticks", ax=axes[0])
DensityDisplay.from_estimator(best, birds, column="ticks", limits=(0, 30), ax=axes[1])

# %%
# The months in which each population comes:

fig, axes = plt.subplots(1, 3, figsize=(9, 3.4), sharey=True, layout="constrained")
ProfileDisplay.from_estimator(best, ax=axes)
plt.show()

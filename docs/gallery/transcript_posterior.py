"""
mRNA counts: from a first look to a posterior
=============================================

One gene, Rex1, in 279 mouse embryonic stem cells (Singer et al. 2014, Molecular
Cell 55, 319-331), as the course BE/Bi 103 at Caltech has it: two kinds of cells,
with negative binomial counts in each. A fit gives one answer; how far to trust it
is asked of replicates, of the curvature of the likelihood, and of the posterior
under the priors of the course.

Of each kind there is the number of bursts of transcription in the life time of a
molecule, the size (alpha), and the molecules made in a burst, the burst size (b);
w is the weight of the kind with the lower mean. :doc:`transcript_counts` has the
four genes. The table is fetched on first use; this page shows figures only where it
was at hand.
"""

# sphinx_gallery_thumbnail_number = 3

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from scipy import stats

from skmixture import NegativeBinomialMixture
from skmixture.datasets import fetch_singer_transcript_counts
from skmixture.display import (
    CornerDisplay,
    DensityDisplay,
    ECDFDisplay,
    PredictiveECDFDisplay,
    SelectionDisplay,
    TraceDisplay,
)
from skmixture.inference import Posterior, bootstrap, sample_posterior, standard_errors
from skmixture.selection import MixtureSelection

X = fetch_singer_transcript_counts().data[:, :1]

# %%
# How many kinds of cells
# -----------------------
#
# BIC asks for two. One law leaves the band about the cells, two follow them.

options = {"order_by": "means", "random_state": 0}
selection = MixtureSelection(NegativeBinomialMixture(**options), n_components=(1, 2, 3)).fit(X)
print(selection.summary())
one, model = NegativeBinomialMixture(1).fit(X), selection.best_estimator_
print()
print(model.to_frame().to_string(float_format="{:.6f}".format))
print("\nburst sizes:", model.burst_sizes_.ravel())

# %%

fig, axes = plt.subplots(2, 2, figsize=(10, 6.6), layout="constrained")
SelectionDisplay.from_results(selection, criterion="bic", ax=axes[0, 0])
DensityDisplay.from_estimator(model, X, bins=np.arange(0, 436, 15) - 0.5, ax=axes[0, 1])
for ax, fit, title in zip(axes[1], (one, model), ("One kind", "Two kinds"), strict=True):
    ECDFDisplay.from_estimator(fit, X, ax=ax)
    ax.set_title(title, loc="left", weight="bold")
for ax in axes.flat[1:]:
    ax.set_xlabel("Rex1 mRNA in a cell")

# %%
# Intervals
# ---------
#
# Data sets of 279 cells are drawn from the fit, 2,000 times, and the mixture is fitted to each;
# components keep the order of the fit. The table has 95% intervals by percentiles.

Draws = Mapping[str, np.ndarray]
NAMES = ["alpha, low", "alpha, high", "b, low", "b, high", "w"]


def five(values: Draws) -> np.ndarray:
    """Both alpha, both b, and w (..., 5), of arrays (..., K, 1) and weights (..., K) by name."""
    parts = values["sizes"][..., 0], values["burst_sizes"][..., 0], values["weights"][..., :1]
    return np.concatenate(parts, axis=-1)


def with_ends(middle: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """A line for each of the five."""
    for name, *numbers in zip(NAMES, middle, low, high, strict=True):
        print("{:<12} {:9.4f}   [{:.4f}, {:.4f}]".format(name, *numbers))


replicates = bootstrap(model, X, n_replicates=2000, random_state=0)
intervals = replicates.confidence_interval(function=five)
print(replicates)
with_ends(five(replicates.estimates), *intervals)

# %%
# Sizes and burst sizes on logarithmic axes: in the kind with the lower mean they are hardly
# told apart, many small bursts or few large ones. No replicate is trimmed away; the contours
# hold 50% and 95%.

LOGS = {"sizes": "log", "burst_sizes": "log", "weights": "logit"}
FIVE = ["sizes[0, 0]", "burst_sizes[0, 0]", "sizes[1, 0]", "burst_sizes[1, 0]", "weights[0]"]
fig, axes = plt.subplots(5, 5, figsize=(9, 9), layout="constrained", sharex="col")
corner = CornerDisplay.from_draws(replicates, parameters=FIVE, transform=LOGS, ax=axes)
print(f"correlation of log alpha and log b, low: {corner.correlation[0, 1]:.3f}")

# %%
# Standard errors from the curvature of the likelihood take no replicates; they are
# symmetric on their scale, which the contours above say is nearly right there.

errors = standard_errors(model, X)
for name, error in zip(errors.names, errors.errors, strict=True):
    print(f"{name:<18} {error:.4f}")
print(f"log b, low         {errors.of(lambda p: np.log(p['burst_sizes'][0, 0])):.4f}")

# %%
# The posterior
# -------------
#
# The priors of the course: decimal logarithms of alpha normal about 0 and of b about 2, with a
# standard deviation of 1, w uniform, and means in increasing order. Labels are summed out.

PRIORS = {
    "sizes": ("log10", stats.norm(0, 1)),
    "burst_sizes": ("log10", stats.norm(2, 1)),
    "weights": "flat",
}
CHAIN = {"priors": PRIORS, "n_walkers": 64, "n_burn_in": 200, "n_steps": 1500, "random_state": 0}
posterior = sample_posterior(model, X, order="means", **CHAIN)
print(posterior.summary())


def flat(draws: Draws) -> dict[str, np.ndarray]:
    """Steps and walkers in one axis."""
    return {name: value.reshape(-1, *value.shape[2:]) for name, value in draws.items()}


low, median, high = np.quantile(five(flat(posterior.draws)), [0.025, 0.5, 0.975], axis=0)
print("\nmedians and 95% intervals:")
with_ends(median, low, high)

# %%

fig, axes = plt.subplots(5, 5, figsize=(9, 9), layout="constrained", sharex="col")
CornerDisplay.from_draws(
    flat(posterior.draws), parameters=FIVE, transform=LOGS, estimates=replicates.estimates, ax=axes
)

# %%
# Do cells as these come out of it? For each of 500 draws 279 cells are simulated, and the band
# holds 95% of their distribution functions, count by count.

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
predicted = PredictiveECDFDisplay.from_estimator(
    model, X, flat(posterior.draws), random_state=0, ax=[left]
)
predicted.plot(ax=[right], difference=True)
for ax in (left, right):
    ax.set_xlabel("Rex1 mRNA in a cell")
print(f"the band holds the cells at {predicted.coverage[0]:.1%} of the counts")

# %%
# When components change places
# -----------------------------
#
# Without an order the posterior is the same under any numbering of the kinds. With all cells the
# walkers never find that out, as nothing leads from one numbering to the other. With every
# eighth cell they do: the draws of w as they come (``raw``) have a hump for each numbering. In
# ``draws`` each draw's components are put in the places of the fit's.


def in_ensembles(draws: Draws, n_ensembles: int) -> dict[str, np.ndarray]:
    """Steps by ensemble, as traces have them: (n_ensembles, n_steps, n_walkers, ...)."""
    return {name: np.stack(np.split(value, n_ensembles, axis=1)) for name, value in draws.items()}


def moved(posterior: Posterior) -> float:
    """The share of the draws in which components have changed places."""
    return 0.0 if posterior.orders is None else float((posterior.orders[..., 0] != 0).mean())


def without_order(cells: np.ndarray, **changed: int) -> Posterior:
    """A posterior given some cells that leaves the numbering open."""
    fit = NegativeBinomialMixture(2, **options).fit(cells)
    return sample_posterior(fit, cells, **CHAIN | changed)


few_cells = without_order(X[::8], n_steps=2500)
print(f"components changed places in {moved(few_cells):.1%} of the draws")

# %%

fig, axes = plt.subplots(2, 2, figsize=(10, 5), layout="constrained", sharex="col", sharey="col")
shown = {"as drawn": few_cells.raw, "in the fit's places": few_cells.draws}
for (trace, histogram), (name, draws) in zip(axes, shown.items(), strict=True):
    chains = in_ensembles(draws, few_cells.n_ensembles)
    TraceDisplay.from_draws(chains, parameters="weights[0]", ax=[trace])
    histogram.hist(draws["weights"][..., 0].ravel(), np.linspace(0, 1, 41), color="#AEB4BD")
    histogram.set_title(f"w, {name}", loc="left", weight="bold")
    histogram.spines[["top", "right", "left"]].set_visible(False)
    histogram.set_yticks([])
    trace.set(ylabel="w", xlabel="")
axes[0, 1].tick_params(labelbottom=False)
axes[1, 0].set_xlabel("step")
axes[1, 0].get_legend().remove()
axes[1, 1].set_xlabel("w")

plt.show()

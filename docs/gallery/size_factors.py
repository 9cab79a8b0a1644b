"""
Counts with size factors
========================

Negative binomial counts by EM: what a fit says of one law, how weights and a
component too many show, and size factors. Where cells are read to different
depths, a high count may be a matter of depth or of the kind of cell. With size
factors the mean of a row is its factor times that of its component, and the two
are told apart.
"""

# sphinx_gallery_thumbnail_number = 2

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from numpy.random import RandomState
from scipy import stats

from skmixture import NegativeBinomialMixture, PoissonMixture
from skmixture.display import DensityDisplay, ResponsibilityDisplay

# %%
# One law
# -------
#
# A thousand counts of high dispersion. A fit has means and sizes, and says the same in other
# parametrisations: the dispersion 1 / size, the burst size mean / size. The variance is
# mean + mean² / size.

SPREAD = stats.nbinom(3, 1e-3).rvs(1000, random_state=RandomState(1))[:, None]


def describe(model: NegativeBinomialMixture, X: np.ndarray) -> None:
    """The parameters of a single law, and how likely it makes the counts."""
    mean, size = model.means_[0, 0], model.sizes_[0, 0]
    print(f"mean {mean:.10g}, size {size:.10g}, variance {mean + mean**2 / size:.2f}")
    print(f"dispersion {model.dispersions_[0, 0]:.6g}, burst size {model.burst_sizes_[0, 0]:.6g}")
    print(f"log-likelihood {model.score_samples(X).sum():.8f}, BIC {model.bic(X):.3f}")


one = NegativeBinomialMixture(1).fit(SPREAD)
describe(one, SPREAD)

# %%
# A second component can only raise the likelihood; BIC asks whether it is worth its parameters.

two = NegativeBinomialMixture(2, random_state=0).fit(SPREAD)
for model in (one, two):
    log_likelihood, bic = model.score_samples(SPREAD).sum(), model.bic(SPREAD)
    print(f"K = {model.n_components}: log-likelihood {log_likelihood:.6f}, BIC {bic:.3f}")

# %%
# Poisson counts are the limit of a size that grows without bound. The fit says that it met
# the limit; the mean is the average of the counts, and the likelihood that of the Poisson law.

EVEN = RandomState(1).poisson(100, 1000)[:, None]
limit = NegativeBinomialMixture(1).fit(EVEN)
describe(limit, EVEN)
poisson = PoissonMixture(1).fit(EVEN)
print(f"Poisson law: log-likelihood {poisson.score_samples(EVEN).sum():.8f}")

# %%

fig, axes = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
DensityDisplay.from_estimator(one, SPREAD, ax=axes[0])
DensityDisplay.from_estimator(limit, EVEN, ax=axes[1])
for ax, title in zip(axes, ("Size 3", "Size without bound"), strict=True):
    ax.set_xlabel("count")
    ax.set_title(title, loc="left", weight="bold")

# %%
# Size factors
# ------------
#
# Cells of two kinds, four in five of the first, with means of 10 and 40 at a depth of 1. Depths
# vary by more than the means do.

TRUTH = {"means": np.array([10.0, 40.0]), "size": 5.0, "weights": np.array([0.8, 0.2])}


def draw_cells(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts (n, 1), depths (n,), and kinds (n,)."""
    rng = RandomState(seed)
    depth = np.exp(rng.normal(0, 0.7, n))
    kind = (rng.uniform(size=n) > TRUTH["weights"][0]).astype(int)
    rate = depth * TRUTH["means"][kind] * rng.gamma(TRUTH["size"], 1 / TRUTH["size"], n)
    return rng.poisson(rate)[:, None], depth, kind


cells, depth, kind = draw_cells(1500)
options = {"order_by": "means", "random_state": 0}
plain = NegativeBinomialMixture(2, **options).fit(cells)
scaled = NegativeBinomialMixture(2, **options).fit(cells, exposure=depth)
print("without size factors:")
print(plain.to_frame().round(3), "\n\nwith them:")
print(scaled.to_frame().round(3), "\n")
right = {
    "without": (plain.predict(cells) == kind).mean(),
    "with": (scaled.predict(cells, exposure=depth) == kind).mean(),
}
for name, share in right.items():
    print(f"{name:<8} size factors {share:.1%} of the cells are told right")

# %%
# Without size factors the counts are parted by a threshold, whatever the depth. With them, by a
# line through the origin, as the two kinds are.


def draw(ax: Axes, model: NegativeBinomialMixture, **side: np.ndarray) -> PathCollection:
    """Cells by depth and count, in the colours of their responsibilities."""
    high = model.predict_proba(cells, **side)[:, 1]
    drawn = ax.scatter(depth, cells[:, 0], c=high, s=9, cmap="coolwarm", vmin=0, vmax=1, lw=0)
    at = np.array([depth.min(), depth.max()])
    for mean, colour in zip(model.means_[:, 0], ("#2A3F9E", "#8E1B2E"), strict=True):
        ax.plot(at, mean * (at if side else np.ones(2)), color=colour, label=f"mean {mean:.1f}")
    ax.set(xscale="log", yscale="symlog", xlabel="depth", ylabel="count", ylim=(-0.2, None))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="upper left")
    return drawn


fig, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained", sharey=True)
draw(axes[0], plain)
drawn = draw(axes[1], scaled, exposure=depth)
for ax, title in zip(axes, ("Without size factors", "With size factors"), strict=True):
    ax.set_title(title, loc="left", weight="bold")
axes[1].set_ylabel("")
fig.colorbar(drawn, ax=axes, label="responsibility of the kind with the higher mean", aspect=40)

# %%
# How surely they are told, and the mixture over all depths:

fig, axes = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
DensityDisplay.from_estimator(scaled, cells, exposure=depth, limits=(0, 150), ax=axes[0])
ResponsibilityDisplay.from_estimator(scaled, cells, exposure=depth, kind="histogram", ax=axes[1])
axes[0].set_xlabel("count")

# %%
# Nobody knows depths but up to a factor, and no more is needed: factors a thousand times as large
# divide the means by a thousand, and change nothing else.


def rescaled(factor: float) -> NegativeBinomialMixture:
    """The fit with all size factors so many times as large."""
    return NegativeBinomialMixture(2, **options).fit(cells, exposure=factor * depth)


for factor in (1, 1000):
    model = rescaled(factor)
    log_likelihood = model.score_samples(cells, exposure=factor * depth).sum()
    print(f"times {factor}: means {model.means_.ravel()}, log-likelihood {log_likelihood:.8f}")

# %%
# Where the kinds are known, one M-step is all (``max_iter=0``): each kind gets the mean of its
# own cells.

known = NegativeBinomialMixture(2, max_iter=0).fit(cells, start=kind)
print("by the fit:  ", known.means_.ravel())
print("by the cells:", np.array([cells[kind == k].mean() for k in (0, 1)]))

plt.show()

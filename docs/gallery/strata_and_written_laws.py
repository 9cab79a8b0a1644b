"""
Strata, a law of one's own, and a chain on file
===============================================

Twenty counts in three groups. All groups are mixtures of the same two Poisson
laws, each in proportions of its own: the groups are strata. The law is then
written as its log density, and comes to the same. At last weights and rates are
drawn from their posterior, onto a file; the run is broken off and resumed, and
the draws are held against what is known exactly.
"""

# sphinx_gallery_thumbnail_number = 2

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
from numpy.random import RandomState
from scipy import stats
from scipy.special import gammaln
from sklearn.exceptions import ConvergenceWarning

from skmixture import Mixture, PoissonMixture
from skmixture.display import DensityDisplay, TraceDisplay
from skmixture.families import FromLogPDF, Gaussian
from skmixture.inference import Posterior, sample_posterior

X = np.array([0, 1, 1, 2, 2, 3, 8, 7, 8, 9, 9, 10, 12, 2, 1, 2, 2, 8, 9, 11])[:, None]
GROUP = np.repeat(["north", "south", "west"], [7, 7, 6])

# %%
# Weights by stratum
# ------------------
#
# EM from rates 1 and 9 and even weights. Each iteration is reported to a callback: the
# log-likelihood with which it began.


def stratified(**options: object) -> PoissonMixture:
    """Two Poisson laws that all strata share, in proportions of each stratum's own."""
    options = {"tol": 1e-14, "acceleration": None, **options}
    return PoissonMixture(2, rates_init=[[1], [9]], weights_init=[0.5, 0.5], **options)


seen = []
model = stratified().fit(X, strata=GROUP, callback=seen.append)
for iteration in seen[:2]:
    print(f"iteration {iteration.number}, from {len(X) * iteration.lower_bound:.10f}")
print(f"after {len(seen)} iterations {model.score_samples(X, strata=GROUP).sum():.10f}\n")
print(model.to_frame().round(8).T)

# %%

fig, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained", sharey=True)
for ax, name in zip(axes, model.strata_, strict=True):
    own = GROUP == name
    DensityDisplay.from_estimator(model, X[own], strata=GROUP[own], bins=np.arange(15) - 0.5, ax=ax)
    ax.set(xlabel="count", ylabel="")
    ax.set_title(name, loc="left", weight="bold")
axes[0].set_ylabel("share of rows")

# %%
# A single stratum is as none, and a single component has the mean of all rows.

together = stratified().fit(X)
alone = PoissonMixture(1).fit(X, strata=GROUP)
print(f"one stratum: {together.score_samples(X).sum():.10f}, rates {together.rates_.ravel()}")
print(f"one component: rate {alone.rates_.item()}, mean {X.mean()}")

# %%
# The law written anew
# --------------------
#
# A log density with its bounds is all that is needed. It takes all components at once, hence
# the axis for the rows.


def log_poisson(X: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Log probabilities (..., n) of counts, for rates (...)."""
    rate = rate[..., None]
    return X[:, 0] * np.log(rate) - rate - gammaln(X[:, 0] + 1)


law = FromLogPDF(log_poisson, bounds={"rate": (0, None)}, vectorized=True)
start = {"params_init": {"rate": [1, 9]}, "weights_init": [0.5, 0.5]}
written = Mixture(law, 2, tol=1e-14, **start).fit(X, strata=GROUP)
print(f"{written.score_samples(X, strata=GROUP).sum():.10f}, rates {written.rate_}")
apart = np.abs(written.predict_proba(X, strata=GROUP) - model.predict_proba(X, strata=GROUP)).max()
print(f"responsibilities are at most {apart:.0e} apart")

# %%
# Parameters may be shared by the components: here two Gaussian laws with one scale, beside the
# package's own.


def log_normal(X: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Log densities (..., n) of numbers."""
    return stats.norm.logpdf(X[:, 0], centre[..., None], scale[..., None])


def with_one_scale() -> tuple[np.ndarray, Mixture, Mixture]:
    """Numbers, and the written and the closed form of two Gaussian laws of one scale."""
    numbers = RandomState(0).normal(np.repeat([0.0, 4.0], [120, 80]), 1.0)[:, None]
    bounds = {"scale": (0, None), "centre": (None, None)}
    law = FromLogPDF(log_normal, bounds=bounds, tied=["scale"], vectorized=True)
    fits = (
        Mixture(family, 2, tol=1e-12, random_state=0).fit(numbers)
        for family in (law, Gaussian(covariance_type="tied", reg_covar=0))
    )
    return numbers, *fits


numbers, shared, closed = with_one_scale()
for name, fit in {"written": shared, "closed": closed}.items():
    print(f"{name:<8} {fit.score_samples(numbers).sum():.8f}")
print(f"scale {shared.scale_}, closed {np.sqrt(closed.covariances_.item()):.8f}")

# %%
# A chain on file
# ---------------
#
# The posterior of the written law, under a gamma prior for the rates. With ``backend=`` every
# step is on file before the next is made. Half the chain is drawn; ``resume=True`` goes on
# exactly where it ended. A file is never taken for the chain of other data, and never erased
# unasked.

PRIOR = stats.gamma(2, scale=3)
CHAIN = {"n_walkers": 32, "n_burn_in": 200, "random_state": 0}


def draw(n_steps: int, rows: np.ndarray = X, **options: object) -> Posterior:
    """Draws of strata's weights and of rates in increasing order."""
    return sample_posterior(
        written, rows, strata=GROUP, priors={"rate": PRIOR}, order="rate", n_steps=n_steps,
        **CHAIN, **options,
    )  # fmt: skip


with TemporaryDirectory() as folder:
    path = Path(folder) / "chain.h5"
    half = draw(500, backend=path)
    chain = draw(500, backend=path, resume=True)
    refused = []
    for changed in ({"rows": X + 1, "resume": True}, {}):
        try:
            draw(500, backend=path, **changed)
        except ValueError as error:
            refused.append(str(error).replace(str(path), path.name))

print(half, "\n", chain, "\n", sep="")
print(*refused, sep="\n\n")

# %%
# The two halves are one chain, as if it had not been broken off.

unbroken = draw(1000)
same = all((unbroken.draws[name] == chain.draws[name]).all() for name in ("strata_weights", "rate"))
print("same as an unbroken chain:", same, "\n")
print(chain.summary())

# %%

fig, axes = plt.subplots(4, 1, figsize=(9, 6.4), layout="constrained", sharex=True)
drawn = {"rate": chain.draws["rate"], "low": chain.draws["strata_weights"][..., 0]}
ensembles = {
    name: np.stack(np.split(value, chain.n_ensembles, axis=1)) for name, value in drawn.items()
}
numbers_shown = ["rate[0]", *(f"low[{g}]" for g in range(3))]
TraceDisplay.from_draws(ensembles, parameters=numbers_shown, ax=axes)
labels = ["rate of\nthe low", *(f"weight of the\nlow, {name}" for name in written.strata_)]
for ax, label in zip(axes, labels, strict=True):
    ax.axvline(500, color="#222222", linewidth=1.2, linestyle="--")
    ax.set_ylabel(label, fontsize="small")
axes[0].text(505, axes[0].get_ylim()[1], "resumed", va="top", fontsize=9)

# %%
# What is known exactly
# ---------------------
#
# Given the labels, the posterior of a Poisson rate under a gamma prior is a gamma law
# (``responsibilities=``). Without rows (``prior_only=True``) weights follow their prior, uniform
# on the simplex. And what is fixed does not move.


def given_labels() -> Posterior:
    """Rates, when it is known which counts are low."""
    labels = np.eye(2)[(X[:, 0] > 5).astype(int)]
    return sample_posterior(
        together, X, responsibilities=labels, priors={"rates": PRIOR}, n_steps=1000, **CHAIN
    )


def of_the_prior() -> Posterior:
    """Weights of three components that no row has told anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        three = PoissonMixture(3, random_state=0, max_iter=1, n_init=1).fit(X)
    return sample_posterior(
        three, X, prior_only=True, priors={"rates": PRIOR}, n_steps=1000, **CHAIN
    )


def exact_rates() -> list:
    """The gamma laws of the two rates, given the labels."""
    groups = X[X <= 5], X[X > 5]
    return [stats.gamma(2 + rows.sum(), scale=1 / (1 / 3 + len(rows))) for rows in groups]


rates, prior = given_labels().draws["rates"][..., 0], of_the_prior().raw["weights"]
held = sample_posterior(
    together, X, fixed=("weights",), priors={"rates": PRIOR}, n_steps=100, **CHAIN
)
print("weights held:", (held.draws["weights"] == together.weights_).all())

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
for k, (exact, colour) in enumerate(zip(exact_rates(), ("#0072B2", "#D55E00"), strict=True)):
    x = np.linspace(*exact.ppf([1e-4, 1 - 1e-4]), 300)
    left.hist(rates[..., k].ravel(), 50, density=True, color=colour, alpha=0.3)
    left.plot(x, exact.pdf(x), color=colour, label=f"exact, component {k}")
x = np.linspace(0, 1, 200)
right.hist(prior[..., 0].ravel(), 50, density=True, color="#AEB4BD")
right.plot(x, stats.beta(1, 2).pdf(x), color="#222222", label="exact")
left.set(xlabel="rate, given the labels", yticks=[])
right.set(xlabel="a weight of three, without rows", yticks=[])
for ax in (left, right):
    ax.legend(frameon=False)
    ax.spines[["top", "right", "left"]].set_visible(False)

plt.show()

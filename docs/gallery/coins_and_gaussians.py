"""
A lecture on EM: coins, then Gaussians
======================================

Coins of two kinds are tossed: first it is known which is which, then it is not.
The same algorithm then parts points in a plane, written in three ways and held
against the package, in numbers and in time. At the end a density is looked at as
a surface and by contours.

The three ways are those of ``benchmarks/lecture.py``, so the script needs that
folder of the project beside ``docs``.
"""

# sphinx_gallery_thumbnail_number = 3

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from scipy import stats
from scipy.special import gammaln
from sklearn.exceptions import ConvergenceWarning

from skmixture import BinomialMixture, GaussianMixture, MultinomialMixture
from skmixture.display import ContourDisplay, ConvergenceDisplay

sys.path.append(str(Path(sys.argv[0]).resolve().parents[2] / "benchmarks"))
import lecture

# %%
# Coins whose kind is known
# -------------------------
#
# Five coins, ten tosses each. With known kinds nothing is to be iterated: one M-step
# (``max_iter=0``) gives the share of heads of each kind.


def labelled_coins() -> tuple[BinomialMixture, float, float]:
    """The fit, and its complete-data log-likelihood without and with that of the kinds."""
    heads, kinds = np.array([[7], [9], [2], [6], [0]]), np.array([0, 0, 1, 0, 1])
    model = BinomialMixture(2, n_trials=10, max_iter=0).fit(heads, start=kinds)
    complete = model.complete_log_likelihood(heads, kinds)
    return model, complete - np.log(model.weights_)[kinds].sum(), complete


labelled, of_heads, of_both = labelled_coins()
print("share of heads by kind:", labelled.probs_.ravel().round(10))
print(f"negative log-likelihood of heads given kinds {-of_heads:.10f}, of both {-of_both:.10f}")

# %%
# Coins whose kind is not
# -----------------------
#
# Both kinds are equally common, and the guess to begin with is .6 and .5.

HEADS = np.array([[5], [9], [8], [4], [7]])


def coins(max_iter: int = 10_000) -> BinomialMixture:
    """EM with even weights, after so many iterations or at its end."""
    model = BinomialMixture(
        2, n_trials=10, fixed={"weights": [0.5, 0.5]}, probs_init=[[0.6], [0.5]],
        acceleration=None, tol=1e-13, max_iter=max_iter,
    )  # fmt: skip
    with warnings.catch_warnings():
        # a given number of iterations is not meant to converge
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(HEADS)


even = coins()
print("after one iteration:", coins(1).probs_.ravel().round(10))
print(f"at the end:          {even.probs_.ravel().round(8)}, in {even.n_iter_} iterations")
print(f"log-likelihood:      {even.score_samples(HEADS).sum():.10f}")

# %%
# Lectures often leave out what does not depend on the shares: binomial coefficients and the
# weights of one half. The expected log-likelihood of heads and kinds is then the first number,
# and with the entropy of the kinds it is the second, the log-likelihood less what was left out.


def as_monitored(model: BinomialMixture) -> tuple[float, float]:
    """Expected complete log-likelihood and bound, without what is constant."""
    resp = model.predict_proba(HEADS)
    coefficients = gammaln(11) - gammaln(HEADS + 1) - gammaln(11 - HEADS)
    constant = coefficients.sum() + len(HEADS) * np.log(0.5)
    return (
        model.complete_log_likelihood(HEADS, resp) - constant,
        model.elbo(HEADS, resp) - constant,
    )


print("expected complete {:.6f}, with the entropy {:.10f}".format(*as_monitored(even)))

# %%
# The path of EM on the log-likelihood, as a map over the two shares. The map has a mirror
# image: kinds have no names.

shares = np.linspace(0.02, 0.98, 193)
law = stats.binom.pmf(HEADS, 10, shares)  # (5, 193)
surface = np.log(0.5 * law[:, :, None] + 0.5 * law[:, None, :]).sum(axis=0)
path = np.array([[0.6, 0.5], *(coins(t).probs_.ravel() for t in range(1, 13)), even.probs_[:, 0]])

fig, ax = plt.subplots(figsize=(5.6, 4.8), layout="constrained")
levels = surface.max() - np.array([16, 8, 4, 2, 1, 0.5, 0.25, 0.1])
drawn = ax.contour(shares, shares, surface.T, levels, cmap="viridis", linewidths=1)
ax.clabel(drawn, fmt="%.1f", fontsize=7)
ax.axline((0.5, 0.5), slope=1, color="#777777", linewidth=0.8, linestyle=":")
ax.plot(*path.T, "o-", color="#D55E00", markersize=4, linewidth=1.4, label="EM from .6 and .5")
ax.plot(*path[-1], "*", color="#D55E00", markersize=14, label="its end")
ax.set(xlabel="share of heads of one kind", ylabel="of the other", aspect="equal")
ax.set_title("Log-likelihood of five coins", loc="left", weight="bold")
ax.legend(edgecolor="none", framealpha=1, loc="lower left")

# %%
# With free weights little changes. Heads and tails in two columns are a multinomial law, and
# come to the same; 100,000 tosses a row are as good as ten.


def with_free_weights() -> tuple[BinomialMixture, MultinomialMixture]:
    """The kinds in proportions of their own: heads, and heads beside tails."""
    start = {"weights_init": [0.5, 0.5], "tol": 1e-12}
    by_heads = BinomialMixture(2, n_trials=10, probs_init=[[0.6], [0.5]], **start).fit(HEADS)
    probs = [[0.6, 0.4], [0.5, 0.5]]
    by_both = MultinomialMixture(2, probs_init=probs, **start).fit(np.hstack([HEADS, 10 - HEADS]))
    return by_heads, by_both


by_heads, by_both = with_free_weights()
for name, probs, weights in (
    ("binomial", by_heads.probs_[:, 0], by_heads.weights_),
    ("multinomial", by_both.probs_[:, 0], by_both.weights_),
):
    print(f"{name:<12} shares {probs.round(7)}, weights {weights.round(7)}")
print(f"log-likelihood {by_heads.score_samples(HEADS).sum():.10f}")

# %%
# A hundred coins of 100 tosses, half of them with a share of .8 and half of .35; ten starts.


def hundred_coins(n_init: int) -> tuple[BinomialMixture, float]:
    """The fit from so many starts, and its log-likelihood."""
    rng = np.random.RandomState(0)
    heads = np.r_[rng.binomial(100, 0.8, 50), rng.binomial(100, 0.35, 50)][:, None]
    options = {"n_init": n_init, "order_by": "probs", "random_state": 0}
    model = BinomialMixture(2, n_trials=100, **options).fit(heads)
    return model, model.score_samples(heads).sum()


hundred, log_likelihood = hundred_coins(10)
print(f"shares {hundred.probs_.ravel().round(4)}, log-likelihood {log_likelihood:.6f}")

# %%
# Gaussians, three times
# ----------------------
#
# The lecture's rows are 600 of N([0, 4], diag(3, .5)) and 400 of N([-2, 0], diag(1, 2)), its
# EM begins with random weights and means. The first way to write it goes over rows and
# components, the second over components, the third over nothing. This is the E-step of each:

for step in (lecture._e_step_loop, lecture._e_step_vectorised, lecture._e_step_einsum):
    print(inspect.getsource(step))

# %%
# All three, and the package from the same start, are one algorithm.

N_ITER = 12
POINTS, *START = lecture.lecture_data()
WAYS = {"loop": lecture.em_loop, "vectorised": lecture.em_vectorised, "einsum": lecture.em_einsum}


def gaussians(X: np.ndarray, max_iter: int = N_ITER) -> GaussianMixture:
    """The package's EM from the lecture's start."""
    weights, means, covariances = START
    model = GaussianMixture(
        2, tol=0, reg_covar=0, max_iter=max_iter, weights_init=weights, means_init=means,
        precisions_init=np.linalg.inv(covariances),
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X)


ends = {name: em(POINTS, *START, N_ITER).log_likelihoods[-1] for name, em in WAYS.items()}
ends["skmixture"] = gaussians(POINTS).score_samples(POINTS).sum()
ends["skmixture, in the limit"] = gaussians(POINTS, 100).score_samples(POINTS).sum()
for name, value in ends.items():
    print(f"{name:<24} {value:.9f}")

# %%
# The path and its end:

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
ConvergenceDisplay.from_estimator(gaussians(POINTS), ax=left)
ContourDisplay.from_estimator(gaussians(POINTS, 100), POINTS, ax=right)

# %%
# And their times, of twelve iterations. On few rows arrays are quick, and what the package
# sees to before and after an EM weighs more than the EM; on many it is ahead. The loop sits
# out the larger table.


def seconds(run: Callable[[], object], repeats: int = 3) -> float:
    """The shortest of several times."""
    found = []
    for _ in range(repeats):
        begin = perf_counter()
        run()
        found.append(perf_counter() - begin)
    return min(found)


def ratios(X: np.ndarray, ways: dict[str, Callable]) -> dict[str, float]:
    """How many times as long as the package each takes, evaluation of the end included."""
    own = seconds(lambda: gaussians(X).score_samples(X).sum())
    return {name: seconds(lambda em=em: em(X, *START, N_ITER)) / own for name, em in ways.items()}


many = np.tile(POINTS, (50, 1))
many += 0.1 * np.random.RandomState(0).standard_normal(many.shape)
arrays = {name: WAYS[name] for name in ("vectorised", "einsum")}
for X, ways in ((POINTS, WAYS), (many, arrays)):
    for name, ratio in ratios(X, ways).items():
        print(f"{len(X):>7,} rows, {name:<11} takes {ratio:7.2f} times as long as the package")

# %%
# A density to look at
# --------------------
#
# A mixture of known parameters needs no data. On the grid the density integrates to 1; at 60
# standard deviations, where it is 0 in floating-point numbers, its logarithm is still right.

known = GaussianMixture.from_params(
    weights=[0.1, 0.4, 0.5],
    means=[[0, 0], [3, 3], [0, 5]],
    covariances=[np.eye(2), 2 * np.eye(2), 3 * np.eye(2)],
)
fig = plt.figure(figsize=(11, 4.4), layout="constrained")
solid, flat = fig.add_subplot(1, 2, 1, projection="3d"), fig.add_subplot(1, 2, 2)
display = ContourDisplay.from_estimator(known, kind="surface", ax=solid)
ContourDisplay.from_estimator(known, ax=flat)
flat.set_aspect("equal")
legend = flat.get_legend()
legend.set_loc("upper left")
legend.set_bbox_to_anchor((1, 1))
print(f"integral over the grid: {display.mass:.4f}")
print("log density far out:", known.score_samples([[60.0, 60.0]]).round(3))

plt.show()

"""
EM from a partition, half a step at a time
==========================================

Ten numbers, a first guess at who belongs together, and the EM algorithm taken
apart. Each of its halves raises one and the same number, a lower bound of the
log-likelihood: the M-step by the parameters, the E-step by the responsibilities,
after which the bound is the log-likelihood (Neal and Hinton 1998, A view of the
EM algorithm that justifies incremental, sparse, and other variants). All of it
can be asked of the package step by step.
"""

# sphinx_gallery_thumbnail_number = 1

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from scipy.special import softmax
from scipy.stats import lognorm

from skmixture import GaussianMixture
from skmixture.display import ConvergenceDisplay, DensityDisplay

X = np.array([-3.3, -4.4, -1.9, 3.3, 2.5, 3.2, 0.3, 0.1, -0.1, -0.5])[:, None]
TWO = [1, 1, 1, 2, 2, 2, 2, 2, 1, 1]
THREE = [1, 3, 2, 1, 3, 2, 1, 3, 2, 1]

# %%
# The M-step
# ----------
#
# With ``max_iter=0`` a fit is one M-step, from the labels or responsibilities that are its
# ``start``. Here labels just go round, so the three components are much alike.


def m_step(start: ArrayLike, n_components: int) -> GaussianMixture:
    """The likeliest weights, means and variances, given labels or responsibilities."""
    model = GaussianMixture(n_components, covariance_type="spherical", reg_covar=0, max_iter=0)
    return model.fit(X, start=start)


model = m_step(THREE, 3)
model.to_frame()

# %%
# The E-step
# ----------
#
# Responsibilities are the probabilities of the components, given a row and the parameters.

resp = model.predict_proba(X)
pd.DataFrame(resp, index=pd.Index(X[:, 0], name="x")).round(4)

# %%
# The bound
# ---------
#
# For any responsibilities, the expected log-likelihood of rows and labels together, plus the
# entropy of the labels, is at most the log-likelihood. At the responsibilities of the model
# it is equal.
#
# The third line has those of an older programme, which had put a log-normal density in the
# place of a Gaussian log density. They look like responsibilities, and the bound tells.


def mistaken(model: GaussianMixture) -> np.ndarray:
    """Responsibilities as the older programme had them."""
    centres = np.exp(model.means_.ravel())
    return softmax(
        np.log(model.weights_) + lognorm.pdf(X, model.covariances_, scale=centres), axis=1
    )


def bounds(model: GaussianMixture, resp: ArrayLike) -> tuple[float, float]:
    """The expected complete log-likelihood, and with the entropy the bound."""
    return model.complete_log_likelihood(X, resp), model.elbo(X, resp)


labels = np.array(THREE) - 1
for name, guess in {
    "the partition": labels,
    "the E-step": resp,
    "the older programme": mistaken(model),
}.items():
    complete, bound = bounds(model, guess)
    print(f"{name:<20} expected complete {complete:15.10f}   bound {bound:15.10f}")
print(f"{'log-likelihood':<54}   {model.score_samples(X).sum():21.10f}")

# %%
# Half a step at a time
# ---------------------
#
# The bound climbs at each half. What separates it from the log-likelihood after an M-step is
# the divergence of the responsibilities before from those after, which the next E-step takes
# away.


def half_steps(start: ArrayLike, n_components: int, n_iter: int) -> pd.DataFrame:
    """The bound and the log-likelihood after each M-step and each E-step."""
    resp = np.eye(n_components)[np.array(start) - 1]
    rows = []
    for iteration in range(n_iter + 1):
        model = m_step(resp, n_components)
        log_likelihood = model.score_samples(X).sum()
        rows.append((iteration - 0.5, "M", model.elbo(X, resp), log_likelihood))
        resp = model.predict_proba(X)
        rows.append((iteration, "E", model.elbo(X, resp), log_likelihood))
    return pd.DataFrame(rows, columns=["iteration", "step", "bound", "log-likelihood"])


def draw_half_steps(ax: Axes, steps: pd.DataFrame) -> None:
    """The bound as a path from half-step to half-step, the log-likelihood above it."""
    ax.plot(steps["iteration"], steps["bound"], color="#777777", linewidth=1, zorder=1)
    for step, colour, mark in (("M", "#0072B2", "s"), ("E", "#D55E00", "o")):
        half = steps[steps["step"] == step]
        label = f"bound after the {step}-step"
        ax.plot(half["iteration"], half["bound"], mark, color=colour, markersize=6, label=label)
    half = steps[steps["step"] == "M"]
    at, bound, log_likelihood = (half[name] for name in ("iteration", "bound", "log-likelihood"))
    ax.vlines(at, bound, log_likelihood, color="#0072B2", linestyle=":")
    ax.plot(at, log_likelihood, "_", color="#222222", ms=14, mew=1.6, label="log-likelihood")
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_xlabel("iteration")


steps = half_steps(THREE, 3, 5)
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
draw_half_steps(left, steps.iloc[:4])
draw_half_steps(right, steps.iloc[1:])
left.set(ylabel="bound", xticks=[0, 1])
left.set_title("From the partition", loc="left", weight="bold")
right.set_title("Closer, from the first E-step", loc="left", weight="bold")
right.legend(frameon=False)
steps.round(4)

# %%
# A plateau is no end
# -------------------
#
# From the other partition, into two, the log-likelihood soon hardly moves. A rule that stops on
# a small relative change takes this for the end; after twenty iterations it would still be
# mistaken, while a fit that wants more warns that it did not converge.


def fit(start: ArrayLike, n_components: int, **options: object) -> GaussianMixture:
    """EM from a partition, by default until the log-likelihood stands still."""
    options = {"tol": 1e-14, "max_iter": 1000, **options}
    model = GaussianMixture(n_components, covariance_type="spherical", reg_covar=0, **options)
    return model.fit(X, start=start)


def report(model: GaussianMixture) -> None:
    """How long it took, and how far it came."""
    told = "converged" if model.converged_ else "not converged"
    print(f"{model.score_samples(X).sum():.10f} in {model.n_iter_} iterations, {told}")


hasty = fit(TWO, 2, tol=1e-4, tol_type="relative")
report(hasty)
plateau = fit(TWO, 2, max_iter=20)
report(plateau)

# %%
# The end is far above.

two, three = fit(TWO, 2), fit(THREE, 3)
for model in (two, three):
    report(model)
    print(model.to_frame().to_string(float_format="{:.6f}".format), "\n")

# %%
# Both paths, and where they end. Three components on ten numbers follow each of three groups;
# so few numbers will hardly support them.

fig, axes = plt.subplots(2, 2, figsize=(10, 6.4), layout="constrained")
for (path, end), model in zip(axes, (two, three), strict=True):
    ConvergenceDisplay.from_estimator(model, ax=path)
    DensityDisplay.from_estimator(model, X, bins=np.arange(-5, 5), ax=end)
    end.plot(X[:, 0], np.zeros(len(X)), "|", color="#222222", markersize=14, clip_on=False)
    end.set_xlabel("x")
    path.set_title(f"{model.n_components} components", loc="left", weight="bold")

plt.show()

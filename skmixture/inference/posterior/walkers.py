"""Where walkers begin: about the fit, spread as the information says."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.inference.curvature.information import information
from skmixture.inference.curvature.inverse import FLAT
from skmixture.inference.posterior.target import Target

__all__ = ["about_fit"]

Array = NDArray[np.floating]

# Coordinates of walkers begin no farther from the fit than this many standard deviations of a
# coordinate alone, and no standard deviation is longer than LONGEST.
LEAST_PART, LONGEST = 1e-3, 3.0
# Coordinates beyond this are logarithms of what is at an edge, where a likelihood may be highest
# but no posterior is; and where a better place is looked for.
FAR = 12.0
PLACES = np.linspace(-FAR, FAR, 49)
# A step that second differences of the prior are taken by.
STEP = 0.05
# How often walkers that are impossible are drawn again, nearer each time, and how much nearer.
ATTEMPTS, NEARER = 30, 0.7


def about_fit(target: Target, n_walkers: int, rng: RandomState) -> Array:
    """Coordinates (n_walkers, p) at which the target is finite.

    Raises
    ------
    ValueError
        Where there are none.
    """
    origin = _possible(target)
    root = _root(target, origin)
    y = np.tile(origin, (n_walkers, 1))
    missing, part = np.ones(n_walkers, dtype=bool), 1.0
    for _ in range(ATTEMPTS):
        n, found = np.count_nonzero(missing), np.flatnonzero(~missing)
        about = y[rng.choice(found, size=n)] if len(found) else origin  # those are inside
        y[missing] = about + part * rng.normal(size=(n, root.shape[1])) @ root.T
        missing[missing] = ~np.isfinite(target(y[missing]))
        if not missing.any():
            return y
        part *= NEARER
    raise ValueError(
        f"{np.count_nonzero(missing)} of {n_walkers} walkers found no place about the fit where "
        "the posterior is above 0; give priors that are positive about it"
    )


def _inside(target: Target) -> Array:
    """The fit, but for coordinates at an edge, which are where the target is highest."""
    origin = target.likelihood.chart.origin
    for place in np.flatnonzero(np.abs(origin) > FAR):
        points = np.tile(origin, (1 + len(PLACES), 1))
        points[1:, place] = PLACES
        origin = points[np.argmax(target(points))]
    return origin


def _possible(target: Target) -> Array:
    """Where the walkers' middle is, or an error that says what makes the fit impossible."""
    origin = _inside(target)
    parts = target.parts(origin[None])
    if np.isfinite(parts.log_prob[0]):
        return origin
    if not np.isfinite(parts.log_prior[0]):
        found = target.belief.impossible(target.likelihood.chart.state(origin[None]))
        if found:
            raise ValueError(
                f"the prior of {', '.join(found)} has density 0 at the fitted values: "
                f"{'; '.join(found.values())}. Give priors whose support holds them, or begin at a "
                "model whose parameters lie within, as from_params makes it"
            )
        if target.ordering is None:
            raise ValueError(
                "the fitted values are at an edge of their range, where they are no law: fit the "
                "model with a prior, or hold them by fixed"
            )
        raise ValueError(
            "the components are not in increasing order by a strict inequality at the fit, as "
            "order asks: leave it out"
        )
    raise ValueError(
        "the rows are impossible at the fitted values: were they other rows, weights or strata?"
    )


def _root(target: Target, origin: Array) -> Array:
    """A square root (p, r) of the covariance that walkers begin with."""
    p = len(origin)
    found: Array = np.zeros((p, p))
    if not target.prior_only:
        with np.errstate(all="ignore"):
            found = information(target.likelihood)[0] * target.unit
    found = np.where(np.isfinite(found).all(), found, np.zeros((p, p)))
    found[np.diag_indices(p)] += np.maximum(_curvature_of_prior(target, origin), 0.0)
    scale = 1 / np.sqrt(np.maximum(np.abs(np.diagonal(found)), LONGEST**-2))
    values, vectors = np.linalg.eigh(found * scale * scale[:, None])
    values = np.maximum(values, max(FLAT, LEAST_PART))
    root = scale[:, None] * vectors / np.sqrt(values)
    spread = np.sqrt(np.square(root).sum(axis=1))
    return np.asarray(root * np.minimum(1.0, LONGEST / spread)[:, None])


def _curvature_of_prior(target: Target, origin: Array) -> Array:
    """Minus the second derivatives (p,) of log prior and log Jacobian."""
    moves = STEP * np.eye(len(origin))
    points = np.concatenate([origin[None], origin + moves, origin - moves])
    chart = target.likelihood.chart
    with np.errstate(all="ignore"):
        values = target.belief.log_density(chart.state(points)) + chart.log_jacobian(points)
        middle, up, down = np.split(values, [1, 1 + len(origin)])
        return np.nan_to_num((2 * middle - up - down) / STEP**2, nan=0.0, posinf=0.0, neginf=0.0)

"""The log-likelihood of a fitted mixture about its maximum: information and scores.

The observed information is the negative second derivative of the
log-likelihood (Efron and Hinkley 1978, Biometrika 65, 457-482). The engine
has the exact gradient in closed form, which is what the E-step gathers
(Fisher's identity: Louis 1982, Journal of the Royal Statistical Society B 44,
226-233). Its derivative is taken by central differences at three lengths,
all displaced states in one batch; laws without a gradient are differenced twice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.likelihood.differences import Derivative, hessian, jacobian
from skmixture.inference.likelihood.function import Likelihood

__all__ = ["information", "scores"]

Array = NDArray[np.floating]

# Log densities of rows that are held for states that are computed together.
MOST_NUMBERS = 20_000_000
# The longest displacements, in standard errors, of a gradient, a likelihood and the densities of
# rows; no longer than LONGEST in logarithms or in units of the data.
OF_GRADIENT, OF_LIKELIHOOD, OF_ROWS, LONGEST = 0.08, 0.2, 0.02, 0.05
# Lengths that the gradient is differenced at.
LEVELS = 3
# The first displacements, from which standard errors are guessed, and how often they are mended.
FIRST_OF_GRADIENT, FIRST_OF_LIKELIHOOD, GUESSES = 1e-6, 1e-4, 6
# Part of a log-likelihood that differences by the shortest displacements may be off by.
ROUNDING = 1000 * float(np.finfo(float).eps)


def information(likelihood: Likelihood) -> Derivative:
    """Observed information (p, p) in the chart's coordinates."""
    y, steps = likelihood.chart.origin, _steps(likelihood)
    if likelihood.has_gradient:
        found = jacobian(likelihood.gradient, y, steps, LEVELS, likelihood.at_once)
        return Derivative(-(found.value + found.value.T) / 2, found.change)
    found = hessian(likelihood.value, y, steps, at_once=likelihood.at_once)
    # where the likelihood is flat there is rounding, whose sign means nothing
    height = max(abs(float(likelihood.value(y[None])[0])), likelihood.n_rows)
    rounding = ROUNDING * height / (steps * steps[:, None])
    return Derivative(np.where(np.abs(found.value) > rounding, -found.value, 0.0), found.change)


def scores(likelihood: Likelihood) -> tuple[Array, Array]:
    """Derivatives (n, p) of the log density of each distinct row, and the rows' weights (n,)."""
    y, rows = likelihood.chart.origin, likelihood.passes.blocks.rows
    weight = np.ones(rows.n_rows) if rows.weight is None else rows.weight[0]
    at_once = min(likelihood.at_once, max(MOST_NUMBERS // rows.n_rows, 1))
    rough = FIRST_OF_GRADIENT * likelihood.chart.lengths
    found = jacobian(likelihood.rows, y, rough, 1, at_once).value
    steps = _part(OF_ROWS, weight @ found**2, likelihood.chart.lengths)
    return jacobian(likelihood.rows, y, steps, 2, at_once).value, weight


def _steps(likelihood: Likelihood) -> Array:
    """Displacements (p,) that are a small part of each coordinate's standard error."""
    y, smooth = likelihood.chart.origin, likelihood.has_gradient
    lengths = likelihood.chart.lengths
    steps = lengths * (FIRST_OF_GRADIENT if smooth else FIRST_OF_LIKELIHOOD)
    for _ in range(GUESSES):
        following = _part(
            OF_GRADIENT if smooth else OF_LIKELIHOOD, _curvatures(likelihood, y, steps), lengths
        )
        settled = np.abs(np.log(following / steps)) < np.log(4)
        steps = following
        if settled.all():
            break
    return steps


def _curvatures(likelihood: Likelihood, y: Array, steps: Array) -> Array:
    if likelihood.has_gradient:
        found = jacobian(likelihood.gradient, y, steps, levels=1, at_once=likelihood.at_once)
        return np.abs(np.diagonal(found.value))
    moves = np.diag(steps)
    points = np.concatenate([y[None], y + moves, y - moves])
    parts = [likelihood.value(part) for part in np.array_split(points, len(points))]
    middle, up, down = np.split(np.concatenate(parts), [1, 1 + len(y)])
    return np.abs((up - middle) - (middle - down)) / steps**2


def _part(share: float, curvature: Array, lengths: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.minimum(share / np.sqrt(curvature), LONGEST * lengths)

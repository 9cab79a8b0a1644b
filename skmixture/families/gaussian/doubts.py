"""Where the settings of a Gaussian do not suit the data."""

from __future__ import annotations

import numpy as np

from skmixture.families.gaussian.frame import Frame
from skmixture.families.gaussian.structures import Structure

__all__ = ["doubts"]


def doubts(structure: Structure, frame: Frame, reg_covar: float | str) -> list[str]:
    """A sentence of warning on a constant column, or on too much regularisation."""
    variance, where = frame.variance * frame.unit**2, "in column {}"
    if structure.event_shape(2) == ():  # one variance for all columns
        variance, where = variance.mean(keepdims=True), "on average"
    lowest = int(np.argmin(variance))
    where = where.format(lowest)
    if isinstance(reg_covar, str):
        if variance[lowest] > 0:
            return []
        return [f"X is constant {where}, where a covariance has no meaning; leave it out."]
    if reg_covar <= 1e-3 * variance[lowest]:
        return []
    return [
        f"reg_covar={reg_covar:g} is not small against the variance of the data "
        f"({variance[lowest]:.3g} {where}) and inflates the fitted covariances. "
        "Set reg_covar well below the variances, or rescale X."
    ]

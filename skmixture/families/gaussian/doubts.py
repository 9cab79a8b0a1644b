"""Where the settings of a Gaussian do not suit the data."""

from __future__ import annotations

import numpy as np

from skmixture.families.gaussian.frame import Frame
from skmixture.families.gaussian.structures import Structure

__all__ = ["doubts"]


def doubts(structure: Structure, frame: Frame, reg_covar: float | str) -> list[str]:
    """A sentence of warning on too much regularisation."""
    if isinstance(reg_covar, str):
        return []
    variance, where = frame.variance * frame.unit**2, "in column {}"
    if structure.event_shape(2) == ():  # one variance for all columns
        variance, where = variance.mean(keepdims=True), "on average"
    lowest = int(np.argmin(variance))
    if reg_covar <= 1e-3 * variance[lowest]:
        return []
    return [
        f"reg_covar={reg_covar:g} is not small against the variance of the data "
        f"({variance[lowest]:.3g} {where.format(lowest)}) and inflates the fitted covariances. "
        "Set reg_covar well below the variances, or rescale X."
    ]

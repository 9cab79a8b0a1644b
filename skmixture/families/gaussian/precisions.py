"""Precisions that the user passes: checked in scikit-learn's words, and inverted."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.families.gaussian.family import Gaussian
from skmixture.families.gaussian.structures import Structure
from skmixture.given.validation import as_numbers, check_shape

__all__ = ["check_factors", "check_precisions", "covariances_from_precisions"]

Array = NDArray[np.floating]


def check_precisions(
    family: Gaussian, value: ArrayLike, n_components: int, n_features: int
) -> Array:
    """Precisions (K or 1, ...) from `precisions_init`."""
    structure = family.structure
    name = f"{structure.name} precision"
    precisions = as_numbers(value, name)
    shape = structure.event_shape(n_features)
    check_shape(precisions, shape if structure.pooled else (n_components, *shape), name)
    if structure.pooled:
        precisions = precisions[None]
    if not np.all(structure.transform.holds(precisions)):
        what = "symmetric, positive-definite" if structure.triangular else "positive"
        raise ValueError(f"'{name}' should be {what}")
    return precisions


def check_factors(structure: Structure, factors: Array) -> None:
    """Raise unless these (K, ...) are Cholesky factors of precisions."""
    diagonal = np.diagonal(factors, axis1=-2, axis2=-1) if structure.triangular else factors
    below = np.tril(factors, -1) if structure.triangular else np.zeros(1)
    if below.any() or not (np.isfinite(factors).all() and (diagonal > 0).all()):
        raise ValueError("precisions_cholesky_ must be upper triangular with a positive diagonal")


def covariances_from_precisions(structure: Structure, precisions: Array) -> Array:
    """Their inverses, in the same shape."""
    return np.linalg.inv(precisions) if structure.triangular else 1 / precisions

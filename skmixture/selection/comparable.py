"""Whether likelihoods of different laws may be compared at all.

The likelihood of a law of numbers is a density, and changes with the unit of
the data; that of a law of counts is a probability. So the two have no common
scale, nor have densities on a line and on a sphere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from skmixture.selection.candidates import Candidate
from skmixture.supports import Measure

__all__ = ["check_comparable"]

MEANING = {
    "counts": "probabilities of counts",
    "numbers": "densities of numbers",
    "directions": "densities of directions",
    "compositions": "densities of compositions",
}


def check_comparable(candidates: Sequence[Candidate], X: Any) -> None:
    """Raise a ValueError that names two candidates whose likelihoods have different scales."""
    shape = X.shape if hasattr(X, "shape") else np.asarray(X, dtype=object).shape
    if len(shape) != 2:
        return  # which the fits will report
    first: dict[int, tuple[Candidate, Measure]] = {}
    for candidate in candidates:
        for j, measure in enumerate(_measures(candidate, X, shape[1])):
            if not measure.kind:
                continue
            other, own = first.setdefault(j, (candidate, measure))
            if own.kind != measure.kind:
                raise ValueError(_different(other, candidate, own, measure, j, shape[1]))
            if measure.kind != "counts":
                for point in sorted(own.points ^ measure.points):
                    if _occurs(X, j, point):
                        raise ValueError(_at_point(other, candidate, point, j))


def _measures(candidate: Candidate, X: Any, n_features: int) -> tuple[Measure, ...]:
    """What the densities of a candidate are relative to; nothing where that cannot be told."""
    try:
        family = candidate.estimator._make_family()
        columns = getattr(X, "columns", None)
        if columns is not None:
            family = family.for_columns(np.asarray(columns, dtype=object))
        return tuple(family.support.measures(n_features))
    except Exception:  # the fit will fail of it, and say why
        return ()


def _occurs(X: Any, column: int, point: float) -> bool:
    if sparse.issparse(X):
        return bool((X.tocsc()[:, [column]].toarray() == point).any())
    values = X.iloc[:, column] if hasattr(X, "iloc") else np.asarray(X)[:, column]
    return bool((np.asarray(values) == point).any())


def _told(candidate: Candidate) -> str:
    options = [f"{k}={v!r}" for k, v in candidate.params.items() if k != "n_components"]
    return candidate.name + (f" ({', '.join(options)})" if options else "")


def _different(
    one: Candidate, other: Candidate, own: Measure, measure: Measure, column: int, n_features: int
) -> str:
    where = "" if n_features == 1 else f" in column {column}"
    kinds = [MEANING.get(kind, f"densities of {kind}") for kind in (own.kind, measure.kind)]
    return (
        f"{_told(one)} and {_told(other)} cannot be compared:{where} the likelihood of the first "
        f"is made of {kinds[0]}, that of the second of {kinds[1]}, and these have no common "
        "scale. Select among laws of one kind, such as PoissonMixture and NegativeBinomialMixture"
    )


def _at_point(one: Candidate, other: Candidate, point: float, column: int) -> str:
    return (
        f"{_told(one)} and {_told(other)} cannot be compared: to rows with {point:g} in column "
        f"{column} one gives a probability and the other a density, and these have no common "
        "scale. Select among laws that treat these rows alike, or leave such rows out"
    )

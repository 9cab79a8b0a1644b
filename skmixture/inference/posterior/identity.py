"""What a chain is of, in words and digests, so that no other is mistaken for it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from skmixture.inference.posterior.target import Target

__all__ = ["identity_of"]

# Points at which a log prior is looked at, and digits of it that all machines agree on.
N_POINTS, DIGITS = 5, 9


def identity_of(
    target: Target, model: Any, X: ArrayLike, given: Mapping[str, Any], **settings: object
) -> dict[str, str]:
    """Data, model, priors and settings of a chain, each as a short text.

    Parameters
    ----------
    target : Target
    model : mixture
    X : array-like of shape (n, d)
    given : mapping of str to array-like or None
        What belongs to the rows: weights, exposures, strata, labels.
    **settings
        Whatever else a chain depends on.
    """
    chart = target.likelihood.chart
    shape = "x".join(map(str, np.shape(X)))
    fitted = [chart.origin, *(value for _, value in sorted(model._params().items()))]
    points = chart.origin + 0.05 * np.random.RandomState(0).normal(size=(N_POINTS, chart.size))
    with np.errstate(all="ignore"):
        heights = target.belief.log_density(chart.state(points))
    told = "; ".join(f"{name}: {prior}" for name, prior in target.belief.described().items())
    looked = [f"{height:.{DIGITS}g}" for height in heights]
    return {
        "data": f"{shape} {_digest([X, *(given[name] for name in sorted(given))])}",
        "model": f"{type(model).__name__} of {type(model._law).__name__} {_digest(fitted)}",
        "priors": f"{_short(told)} {_digest([told, *looked])}",
        "coordinates": _short(", ".join(chart.names)),
        "target": "prior only" if target.prior_only else "posterior",
        **{name: _short(str(value)) for name, value in settings.items()},
    }


def _digest(values: list[Any]) -> str:
    found = hashlib.blake2b(digest_size=8)
    for value in values:
        if sparse.issparse(value):
            value = value.tocoo()
            parts = [value.row, value.col, value.data]
        else:
            parts = [np.asarray(value)]
        for part in parts:
            numbers = part.dtype.kind in "biuf"
            found.update(f"{part.dtype if numbers else 'objects'}{part.shape}".encode())
            text = part.tobytes() if numbers else repr(part.tolist()).encode()
            found.update(text)
    return found.hexdigest()


def _short(text: str, most: int = 300) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."

"""What a chain is of, in words and digests, so that no other is mistaken for it."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from skmixture.inference.identities import digest, marked, told_of
from skmixture.inference.posterior.beliefs.words import shown
from skmixture.inference.posterior.storage import ChainError, read_chain
from skmixture.inference.posterior.target import Target

__all__ = ["burn_in_of", "identity_of"]

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
    shape = " x ".join(map(str, np.shape(X)))
    weights = model.strata_weights_ if model._has_strata else model.weights_
    fitted = [weights, *(value for _, value in sorted(model._params().items()))]
    points = chart.origin + 0.05 * np.random.RandomState(0).normal(size=(N_POINTS, chart.size))
    with np.errstate(all="ignore"):
        heights = target.belief.by_name(chart.state(points))
    priors = target.belief.described()
    looked = {name: [f"{v:.{DIGITS}g}" for v in heights[name]] for name in priors}
    kind = f"{type(model).__name__} of {type(model._law).__name__}"
    of_rows = {name: given[name] for name in sorted(given) if given[name] is not None}
    return {
        "X": marked(shape, digest([X])),
        **{name: marked("given", digest([value])) for name, value in of_rows.items()},
        "model": f"{kind} with n_components={len(model.weights_)}",
        "fitted values": marked(shown(model.weights_), digest(fitted)),
        **{f"priors[{k!r}]": marked(told, digest([looked[k]])) for k, told in priors.items()},
        **{name: told_of(value) for name, value in settings.items()},
        "prior_only": str(target.prior_only),
        "coordinates": ", ".join(chart.names),
    }


def burn_in_of(path: str | PathLike[str] | None) -> int | None:
    """The burn-in of the chain that is on file; None where there is none."""
    try:
        with read_chain(path) as chain:  # type: ignore[arg-type]
            return int(chain.identity["n_burn_in"])
    except (ChainError, KeyError):  # which opening it will tell
        return None

"""What is asked of whom: a fitted model, its rows and priors as one target."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from skmixture.given.known import check_labels
from skmixture.given.numbering import OrderBy
from skmixture.given.validation import check_responsibilities
from skmixture.inference.likelihood.function import About, likelihood_of
from skmixture.inference.models import check_model
from skmixture.inference.posterior.beliefs.belief import Belief
from skmixture.inference.posterior.ordering import Ordering
from skmixture.inference.posterior.target import Target
from skmixture.priors import Dirichlet, Normal, Prior

__all__ = ["Question", "asked"]

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Question:
    """The options of a posterior that say what it is of.

    Attributes
    ----------
    priors : mapping of str to prior
    fixed : mapping of str to array-like, or names
    order : None, str or callable
    labels, responsibilities : array-like or None
    prior_only : bool
    sample_weight, exposure, strata : array-like of shape (n,) or None
    """

    priors: Mapping[str, Any] | None = None
    fixed: Mapping[str, ArrayLike] | Collection[str] = ()
    order: OrderBy = None
    labels: ArrayLike | None = None
    responsibilities: ArrayLike | None = None
    prior_only: bool = False
    given: Mapping[str, Any] = field(default_factory=dict)  # weights, exposures, strata

    @property
    def has_labels(self) -> bool:
        """Whether components are given for rows."""
        return self.labels is not None or self.responsibilities is not None


@contextmanager
def asked(model: Any, X: ArrayLike, question: Question) -> Iterator[Target]:
    """The target of a question about a fitted model.

    Raises
    ------
    TypeError
        Where the model is no mixture.
    NotFittedError
    ValueError
        Where rows, model or options are unfit.
    """
    check_model(model)
    _check_order(model, question.order)
    priors = _checked(question.priors)
    fixed, kept = _held(model, question.fixed)
    known, entropy = _known(model, X, question)
    in_law, others = _by_place(model, priors)
    about = About(fixed, kept, question.order, in_law, known)
    with likelihood_of(model, X, **question.given, about=about) as (likelihood, unit):
        chart = likelihood.chart
        if not chart.size:
            raise ValueError("nothing is left to sample: all weights and parameters are fixed")
        ordering = None
        if question.order is not None:
            ordering = Ordering(question.order, chart.family, chart.law, chart.shares)
        belief = Belief(likelihood, others)
        yield Target(likelihood, belief, unit, entropy, ordering, question.prior_only)


def _check_order(model: Any, order: OrderBy) -> None:
    names = ["weights", *model._law.parameters]
    if order is not None and not callable(order) and order not in names:
        raise ValueError(f"order={order!r} must be None, a callable or one of {names}")


def _checked(priors: Any) -> Mapping[str, Any]:
    if priors is None:
        return {}
    if not isinstance(priors, Mapping):
        raise ValueError(f"priors must map names of parameters to priors, got {priors!r}")
    return priors


def _held(model: Any, fixed: Any) -> tuple[dict[str, ArrayLike], Collection[str]]:
    """Values that are held besides the model's own, and names of what stays as it was fitted."""
    if isinstance(fixed, Mapping):
        return dict(fixed), ()
    if isinstance(fixed, str) or not isinstance(fixed, Collection):
        raise ValueError(
            f"fixed must be names, such as ('weights',), or map names to values, got {fixed!r}"
        )
    names = ["weights", *model._law.parameters]
    for name in fixed:
        if name not in names:
            raise ValueError(f"fixed names {name!r}, which is none of {names}")
    return {}, fixed


def _known(model: Any, X: ArrayLike, question: Question) -> tuple[Array | None, float]:
    """Responsibilities (K, n) that are given, and their entropy."""
    given = question.labels if question.responsibilities is None else question.responsibilities
    if given is None:
        return None, 0.0
    if question.responsibilities is not None and question.labels is not None:
        raise ValueError("labels and responsibilities say the same thing: give one of them")
    if question.order is not None:
        raise ValueError(
            "order would renumber the components that are given for rows: leave it out"
        )
    K, n = len(model.weights_), np.shape(X)[0] if np.ndim(X) else 0
    if question.labels is not None:
        known = check_labels(question.labels, n, K)
    else:
        known = check_responsibilities(given, n, K, "responsibilities").T
    weight = question.given.get("sample_weight")
    by_row = -xlogy(known, known).sum(axis=0)
    weight = np.ones(n) if weight is None else np.asarray(weight, dtype=float)
    # the engine counts the entropy of what is known, which is no part of a posterior
    return known, -float(np.nansum(weight * by_row))


def _by_place(model: Any, priors: Mapping[str, Any]) -> tuple[dict[str, Prior], dict[str, Any]]:
    """Priors that the law knows, which include the model's own, and the others."""
    in_law: dict[str, Prior] = {
        name: Dirichlet(prior) if name == "weights" and not isinstance(prior, Prior) else prior
        for name, prior in (model.prior or {}).items()
        if name not in priors
    }
    others = {}
    for name, prior in priors.items():
        kind = model._law.takes_priors.get(name)
        if kind is not None and isinstance(prior, kind) and isinstance(prior, Normal):
            in_law[name] = prior  # whose density needs the covariance, which the law has
        else:
            others[name] = prior
    return in_law, others

"""The log-likelihood of rows about a fitted mixture, as a function of free coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import clone

from skmixture.batch import Batch
from skmixture.e_step import EStep
from skmixture.family import Family
from skmixture.fitting import Problem
from skmixture.inference.curvature.chart import Chart
from skmixture.inference.models import check_model
from skmixture.passes import Passes
from skmixture.penalty import check_prior
from skmixture.rows import Rows
from skmixture.state import Penalty, State
from skmixture.threads import Workers, single_threaded
from skmixture.validation import check_constraints, check_sample_weight

__all__ = ["Likelihood", "likelihood_of"]

Array = NDArray[np.floating]

# States that are computed together.
AT_ONCE = 64


@dataclass
class Likelihood:
    """Log-likelihood, and log prior, as functions of the chart's coordinates y (B, p)."""

    chart: Chart
    law: Family
    passes: Passes
    penalty: Penalty | None

    @cached_property
    def has_gradient(self) -> bool:
        """Whether the law has one; of a law made of others, whether all of them have."""
        try:
            self.gradient(self.chart.origin[None])
        except NotImplementedError:
            return False
        return True

    @property
    def at_once(self) -> int:
        """States that are computed together, as far as the law allows."""
        return max(min(AT_ONCE, self.law.most_members(self.chart.n_components)), 1)

    @property
    def _rows(self) -> Rows:
        return self.passes.blocks.rows

    @property
    def n_rows(self) -> float:
        """Weight of all rows, a power of two away from the user's."""
        return float(self._rows.total_weight[0])

    def value(self, y: Array) -> Array:
        """Log-likelihood plus log prior (B,)."""
        state = self.chart.state(y)
        with np.errstate(all="ignore"):
            value = self.passes.expected(state).log_likelihood
            return value if self.penalty is None else value + self.penalty.log_density(state)

    def gradient(self, y: Array) -> Array:
        """Of the same, (B, p)."""
        state = self.chart.state(y)
        with np.errstate(all="ignore"):
            sums = self.passes.expected(state)
            if self.penalty is not None:
                self.penalty.join(sums)
            by_parameter = self.law.gradient(sums.stats, state.params)
        return self.chart.gradient(state.weights, sums.mass, by_parameter)

    def rows(self, y: Array) -> Array:
        """Log densities (B, n) of the distinct rows, up to what no parameter enters."""
        blocks, e_step = self.passes.blocks, EStep(self.law, self.chart.state(y), self._rows)
        with np.errstate(all="ignore"):
            runs = blocks.map(
                lambda run: [_log_sum(e_step.log_joint(block)) for block in run], e_step.n_laws
            )
            return np.concatenate([part for run in runs for part in run], axis=-1)


@contextmanager
def likelihood_of(
    model: Any,
    X: ArrayLike,
    sample_weight: ArrayLike | None = None,
    exposure: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> Iterator[tuple[Likelihood, float]]:
    """The likelihood of rows about a fitted model, and how many rows are one in it.

    Raises
    ------
    TypeError
        Where the model is no mixture.
    NotFittedError
    ValueError
        Where rows or model are unfit.
    """
    check_model(model)
    found = model._rows(X, exposure, strata, sample_weight)
    family = _unridged(model._law)
    K, d = len(model.weights_), found.n_features
    table = np.asarray(model.strata_weights_ if model._has_strata else model.weights_, dtype=float)
    params = {name: v.astype(float)[None] for name, v in model._params().items()}
    state = State(table.reshape(1, -1, K), params)
    weight = check_sample_weight(sample_weight, found.n_rows)
    columns: dict[str, NDArray] = dict(found.side)
    if found.strata is not None:
        columns["strata"] = _known(found.strata, weight, len(table))
    labels = model.strata_ if model._has_strata else None
    rows = Batch.of(_double(found.X), weight, columns, None, labels, absolute=bool(model.prior))
    constraints = check_constraints(family, model._held, model.tied, K, d)
    priors = check_prior(family, model.prior, K, d)
    with single_threaded() as workers:
        yield _about(family, rows, constraints, state, priors, workers), rows.counted / rows.n_own


def _about(
    family: Family, rows: Batch, constraints: Any, state: State, priors: Any, workers: Workers
) -> Likelihood:
    K = state.weights.shape[-1]
    problem = Problem.build(family, rows, K, 1, constraints, None, {}, workers, priors)
    law = problem.em.family.stable()
    stratified = rows.strata is not None
    chart = Chart(family, problem.em.family, constraints, state, problem.shares, stratified)
    return Likelihood(chart, law, Passes(law, problem.whole.rows, workers), problem.em.penalty)


def _unridged(family: Family) -> Family:
    """The family without what its M-step adds to covariances: information is of the likelihood."""
    added = [
        name
        for name, value in family.get_params().items()
        if name.rpartition("__")[2] == "reg_covar" and value not in (0, "auto")
    ]
    return clone(family).set_params(**dict.fromkeys(added, 0.0)) if added else family


def _known(codes: NDArray[np.integer], weight: Array | None, n_strata: int) -> NDArray[np.integer]:
    """Codes of strata of the fit."""
    counts = np.ones(len(codes), dtype=bool) if weight is None else weight > 0
    unknown = (codes >= n_strata) & counts
    if unknown.any():
        raise ValueError(
            f"row {int(np.argmax(unknown))} is of a stratum that was not in the fit, whose "
            "weights are no parameters; leave such rows out"
        )
    return np.minimum(codes, n_strata - 1)


def _double(X: Any) -> Any:
    if isinstance(X, np.ndarray) or sparse.issparse(X):
        return X.astype(float, copy=False)
    return X


def _log_sum(log_joint: Array) -> Array:
    """Log densities (B, n) of rows from joint ones (B, K, n)."""
    top = log_joint.max(axis=1)
    top = np.where(np.isfinite(top), top, 0.0)
    return np.asarray(top + np.log(np.exp(log_joint - top[:, None]).sum(axis=1)))

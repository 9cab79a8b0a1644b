"""The log-likelihood of rows about a fitted mixture, as a function of free coordinates."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import clone

from skmixture.engine.e_step import EStep, log_sum
from skmixture.engine.em import EM
from skmixture.engine.passes import Passes
from skmixture.engine.state import Penalty, State
from skmixture.fit.penalty import check_prior
from skmixture.fit.problem import Problem
from skmixture.given.batch import Batch
from skmixture.given.numbering import OrderBy, component_order, reordered
from skmixture.given.validation import check_constraints, check_sample_weight
from skmixture.inference.likelihood.chart import Chart
from skmixture.inference.models import check_beside, check_model
from skmixture.law.constraints import Constraints
from skmixture.law.family import Family
from skmixture.priors import Prior
from skmixture.table.rows import Rows
from skmixture.tools.threads import Workers, single_threaded

__all__ = ["About", "Likelihood", "likelihood_of"]

Array = NDArray[np.floating]

# States that are computed together.
AT_ONCE = 64


@dataclass(frozen=True)
class About:
    """What is not as it was in the fit.

    Attributes
    ----------
    fixed : mapping of str to array-like
        Values held besides the model's own.
    kept : collection of str
        Names of what stays at its fitted value.
    order : None, str or callable
        What components are numbered by, as `order_by` has it.
    prior : mapping of str to prior, or None
        In the place of the model's.
    known : ndarray of shape (K, n), or None
        Responsibilities that are held; NaN for rows whose are not known.
    """

    fixed: Mapping[str, ArrayLike] = field(default_factory=dict)
    kept: Collection[str] = ()
    order: OrderBy = None
    prior: Mapping[str, Any] | None = None
    known: Array | None = None


@dataclass
class Likelihood:
    """Log-likelihood, and log prior, as functions of the chart's coordinates y (B, p).

    `inverse` (n,) is the place of each row that counts among the distinct ones; None where each
    row has its own.
    """

    chart: Chart
    law: Family
    passes: Passes
    em: EM
    priors: Mapping[str, Prior]
    inverse: NDArray[np.integer] | None = None

    @property
    def penalty(self) -> Penalty | None:
        """What the priors that the law knows add."""
        return self.em.penalty

    @cached_property
    def has_gradient(self) -> bool:
        """Whether the law has one; of a law made of others, whether all of them have."""
        try:
            self.gradient(self.chart.origin[None])
        except NotImplementedError:
            return False
        return True

    @cached_property
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

    def height(self, state: State) -> Array:
        """Log-likelihood (B,) by the quickest formulas that are exact."""
        most = self.at_once  # more would leave the processor's caches
        if len(state.weights) <= most:
            return self.em.height(state)
        parts = np.array_split(np.arange(len(state.weights)), -(-len(state.weights) // most))
        return np.concatenate([self.em.height(state.of_batch(part)) for part in parts])

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
        blocks, state = self.passes.blocks, self.chart.state(y)
        with np.errstate(all="ignore"):
            e_step = EStep(self.law, state, self._rows)
            runs = blocks.map(
                lambda run: [log_sum(e_step.log_joint(block)) for block in run], e_step.n_laws
            )
            return np.concatenate([part for run in runs for part in run], axis=-1)


@contextmanager
def likelihood_of(
    model: Any,
    X: ArrayLike,
    sample_weight: ArrayLike | None = None,
    exposure: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    about: About | None = None,
) -> Iterator[tuple[Likelihood, float]]:
    """The likelihood of rows about a fitted model, and how many rows are one in it.

    Parameters
    ----------
    model : mixture
    X, sample_weight, exposure, strata
        As the model was fitted with.
    about : About, optional
        What is not as in the fit.

    Raises
    ------
    TypeError
        Where the model is no mixture.
    NotFittedError
    ValueError
        Where rows or model are unfit.
    """
    check_model(model)
    exposure = check_beside(model, X, exposure, strata)
    about = About() if about is None else about
    found = model._rows(X, exposure, strata, sample_weight)
    family = _unridged(model._law)
    K, d = len(model.weights_), found.n_features
    table = np.asarray(model.strata_weights_ if model._has_strata else model.weights_, dtype=float)
    params = {name: v.astype(float) for name, v in model._params().items()}
    table = table.reshape(-1, K)
    if about.order is not None:
        order = component_order(about.order, model.weights_, family.publish(params), family)
        assert order is not None
        table, params = table[:, order], reordered(family, params, order)
    now = {"weights": table[0], **family.publish(params)}
    # weights of strata have no place among what is held
    still = "weights" in about.kept and len(table) > 1
    kept = {name: now[name] for name in about.kept if not (still and name == "weights")}
    held = {**(model._held or {}), **kept, **about.fixed}
    constraints = check_constraints(family, held, model.tied, K, d)
    state = _held(constraints, State(table[None], {k: v[None] for k, v in params.items()}))
    weight = check_sample_weight(sample_weight, found.n_rows)
    columns: dict[str, NDArray] = dict(found.side)
    if found.strata is not None:
        columns["strata"] = _of_fit(found.strata, weight, len(table))
    if about.known is not None:
        columns["known"] = about.known
    labels = model.strata_ if model._has_strata else None
    prior = model.prior if about.prior is None else about.prior
    rows = Batch.of(_double(found.X), weight, columns, None, labels, absolute=bool(prior))
    priors = check_prior(family, prior, K, d)
    with single_threaded() as workers:
        likelihood = _likelihood(family, rows, constraints, state, priors, workers, still)
        yield likelihood, rows.counted / rows.n_own


def _likelihood(
    family: Family,
    rows: Batch,
    constraints: Constraints,
    state: State,
    priors: Mapping[str, Prior],
    workers: Workers,
    still: bool,
) -> Likelihood:
    K = state.weights.shape[-1]
    problem = Problem.build(family, rows, K, 1, constraints, None, {}, workers, priors)
    law = problem.em.family.stable()
    stratified = rows.strata is not None
    em, shares = problem.em, problem.shares
    held = _with_settled(family, constraints, state)
    chart = Chart(family, em.family, held, state, shares, stratified, still)
    passes = Passes(law, problem.whole.rows, workers)
    inverse = problem.inverse if problem.whole is em else None
    return Likelihood(chart, law, passes, em, priors, inverse)


def _with_settled(family: Family, constraints: Constraints, state: State) -> Constraints:
    """What is held, and besides what the family says is not free."""
    settled = {name: state.params[name][0] for name in family.parameters if family.settled(name)}
    return Constraints({**constraints.fixed, **settled}, constraints.tied)


def _held(constraints: Constraints, state: State) -> State:
    """The state with what is held in its place."""
    params = {name: constraints.hold(name, value) for name, value in state.params.items()}
    weights = state.weights
    if "weights" in constraints.fixed:
        weights = constraints.weights(weights)
    return State(weights, params)


def _unridged(family: Family) -> Family:
    """The family without what its M-step adds to covariances: information is of the likelihood."""
    added = [
        name
        for name, value in family.get_params().items()
        if name.rpartition("__")[2] == "reg_covar" and value not in (0, "auto")
    ]
    return clone(family).set_params(**dict.fromkeys(added, 0.0)) if added else family


def _of_fit(codes: NDArray[np.integer], weight: Array | None, n_strata: int) -> NDArray[np.integer]:
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

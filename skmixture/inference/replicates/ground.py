"""A fitted model on its rows: where every refit begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.engine.iteration import Stopping, iterate
from skmixture.engine.state import State
from skmixture.fit.problem import Problem
from skmixture.given.batch import Batch, Given
from skmixture.inference.models import check_beside, check_model
from skmixture.law.family import Family
from skmixture.tools.threads import SERIAL

__all__ = ["STOPPING", "Ground"]

Array = NDArray[np.floating]

# What is left to gain then is far below what chance makes of a replicate.
STOPPING = Stopping(10_000, 1e-10, "remaining")


@dataclass(frozen=True)
class Ground:
    """A fitted model, and its rows as the engine reads them.

    Attributes
    ----------
    model : BaseMixture
    rows : Batch
        Those that count, of weights near 1.
    problem : Problem
        The fit of these rows.
    start : State
        The fitted values (a batch of one), in the units of the problem.
    """

    model: Any
    rows: Batch
    problem: Problem
    start: State

    @classmethod
    def of(
        cls,
        model: Any,
        X: ArrayLike,
        sample_weight: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> Self:
        """Check the rows as a fit does.

        Raises
        ------
        TypeError
            Where the model is no mixture of this package.
        NotFittedError
            Where it is not fitted.
        ValueError
            Where it cannot be fitted to the rows.
        """
        check_model(model)
        law = model._law
        exposure = check_beside(model, X, exposure, strata)
        table = model._validated(X, reset=False, holes=True)
        model._side(exposure, table.shape[0])
        model._codes(strata, table.shape[0])
        rows: Any = model._rows_to_fit(table, law, Given(sample_weight, None, exposure, strata))
        n, K = rows.shape[0], model.n_components
        if len(model.weights_) != K:
            raise ValueError(
                f"the model was fitted with n_components={len(model.weights_)}, which is now {K}: "
                "fit it again"
            )
        if n < K:
            raise ValueError(f"X has {n} rows that count, fewer than n_components={K}")
        problem = model._problem(law, rows, SERIAL)
        if problem.whole is not problem.em:
            raise ValueError(
                "X is not held in memory, and replicates need it to be: pass numpy.asarray(X), or "
                "some of the rows"
            )
        return cls(model, rows, problem, model._warm_state(problem))

    @property
    def law(self) -> Family:
        """The law in the user's units."""
        return self.model._law

    @property
    def unit(self) -> float:
        """How many rows a weight of 1 stands for."""
        return self.rows.counted / self.rows.n_own

    def rise(self) -> float:
        """How far the log-likelihood of the rows rises from the fit to the optimum next to it."""
        em = self.problem.em
        with np.errstate(all="ignore"):
            run = iterate(em, self.start, STOPPING, acceleration="lbfgs", near=True)
            before = float(run.histories[0][0]) if run.histories[0] else np.nan
        fine = run.sound[0] and not em.family.collapsed(run.state.params).any()
        rise = (float(run.objective[0]) - before) * self.rows.counted
        return rise if fine and np.isfinite(rise) else 0.0

    def problem_of(self, rows: Batch) -> Problem:
        """The fit of other rows by the same model."""
        return self.model._problem(self.law, rows, SERIAL)

    def start_of(self, problem: Problem) -> State:
        """The fitted values in the units of another problem."""
        return self.model._warm_state(problem)

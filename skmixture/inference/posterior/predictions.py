"""What draws say of rows: those that are there, and those to come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray

from skmixture.inference.posterior.data import Data
from skmixture.inference.posterior.diagnostics.criterion import ExpectedLogDensity
from skmixture.inference.posterior.predictive import check_int, ecdf_of, evenly, model_of, predicted

__all__ = ["Predictions"]

Array = NDArray[np.floating]


class Predictions:
    """The part of a posterior that speaks of rows."""

    model: Any
    draws: Mapping[str, Array]
    coordinates: Array
    log_prob: Array
    latent: Mapping[str, NDArray] | None
    _data: Data | None

    def model_at(self, step: int, walker: int) -> Any:
        """The fitted estimator that one draw makes.

        Parameters
        ----------
        step, walker : int

        Returns
        -------
        mixture
        """
        for name, value, n in zip(
            ("step", "walker"), (step, walker), self.log_prob.shape, strict=True
        ):
            check_int(name, value, -n, n - 1)
        return model_of(self.model, self._one(step, walker))

    def sample_predictive(
        self,
        n_draws: int = 100,
        n_samples: int | None = None,
        random_state: int | RandomState | None = None,
        *,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> NDArray:
        """Data sets (n_draws, n_samples, d) from the posterior predictive distribution.

        Parameters
        ----------
        n_draws : int, default=100
            Draws of the parameters, evenly from the chain, with a data set each.
        n_samples : int, optional
            Rows of each; by default as many as the data has.
        random_state : int, RandomState instance or None, default=None
        exposure, strata : array-like of shape (n_samples,), optional
            Of the rows; by default those of the data.

        Returns
        -------
        ndarray of shape (n_draws, n_samples, d)
        """
        given: dict[str, Any] = {"exposure": exposure, "strata": strata}
        if n_samples is None or self._data is not None:
            data = self._of_data("sample_predictive without n_samples")
            n_samples, given = data.like(n_samples, given)
        places = self._places(n_draws)
        models = [self.model_at(*place) for place in places]
        return predicted(models, n_samples, given, random_state)

    def predictive_ecdf(
        self,
        points: ArrayLike,
        n_draws: int = 200,
        n_samples: int | None = None,
        random_state: int | RandomState | None = None,
        *,
        column: int = 0,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> Array:
        """Empirical distribution functions of one column of predicted data sets.

        Parameters
        ----------
        points : array-like of shape (m,)
            Where they are evaluated.
        n_draws : int, default=200
        n_samples, random_state, exposure, strata
            As in `sample_predictive`.
        column : int, default=0

        Returns
        -------
        ndarray of shape (n_draws, m)
        """
        sets = self.sample_predictive(
            n_draws, n_samples, random_state, exposure=exposure, strata=strata
        )
        check_int("column", column, -sets.shape[2], sets.shape[2] - 1)
        return ecdf_of(sets[:, :, column], np.asarray(points, dtype=float))

    @property
    def log_likelihood(self) -> Array:
        """Log-likelihood (T, W) of the draws, labels summed out."""
        if self.latent is not None:  # which has it recorded
            return self.latent["log_likelihood"]
        return self._of_data("log_likelihood").parts(self.coordinates).log_likelihood

    @property
    def log_prior(self) -> Array:
        """Log prior density (T, W) of the draws, of weights and parameters in the user's units.

        A prior of what is derived of a parameter counts as one of the
        parameter, by the derivative of the one by the other.
        """
        return self._of_data("log_prior").parts(self.coordinates).log_prior

    def pointwise_log_likelihood(self, n_draws: int = 1000) -> Array:
        """Log densities of the rows, by draws evenly from the chain.

        Parameters
        ----------
        n_draws : int, default=1000

        Returns
        -------
        ndarray of shape (n_draws, n)
        """
        return self._of_data("pointwise_log_likelihood").table(self._some(n_draws))

    def loo(self, n_draws: int = 2000) -> ExpectedLogDensity:
        """Expected log density of new rows, by leaving each out (PSIS-LOO).

        Parameters
        ----------
        n_draws : int, default=2000
            Draws that are used, evenly from the chain.

        Returns
        -------
        ExpectedLogDensity
        """
        return self._of_data("loo").loo(self._some(n_draws))

    def waic(self, n_draws: int = 2000) -> ExpectedLogDensity:
        """Expected log density of new rows, by the widely applicable information criterion.

        Parameters
        ----------
        n_draws : int, default=2000
            Draws that are used, evenly from the chain.

        Returns
        -------
        ExpectedLogDensity
        """
        return self._of_data("waic").waic(self._some(n_draws))

    # -- within ------------------------------------------------------------------

    def _places(self, n_draws: int) -> list[tuple[int, int]]:
        n_steps, n_walkers = self.log_prob.shape
        return evenly(n_steps, n_walkers, n_draws)

    def _some(self, n_draws: int) -> Array:
        """Coordinates (n_draws, p), evenly from the chain; all of one that is shorter."""
        n_draws = min(n_draws, self.log_prob.size)
        places = self._places(n_draws)
        steps, walkers = np.array(places).T
        return self.coordinates[steps, walkers]

    def _of_data(self, what: str) -> Data:
        if self._data is None:
            raise ValueError(f"{what} needs the data, which a loaded posterior does not have")
        return self._data

    def _one(self, step: int, walker: int) -> dict[str, Array]:
        return {name: value[step, walker] for name, value in self.draws.items()}

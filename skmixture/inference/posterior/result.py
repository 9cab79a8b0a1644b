"""What was drawn, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.estimator.scoring.naming import entry_names
from skmixture.inference.asked import check_names
from skmixture.inference.posterior.backend import backend_of
from skmixture.inference.posterior.data import Data
from skmixture.inference.posterior.diagnostics.summary import Summary, summarise
from skmixture.inference.posterior.diagnostics.warned import warn_of
from skmixture.inference.posterior.draws import OF_WEIGHTS, Lazy, placed
from skmixture.inference.posterior.gibbs.latents import Latents
from skmixture.inference.posterior.predictions import Predictions
from skmixture.inference.posterior.predictive import check_int
from skmixture.plain import Plain

if TYPE_CHECKING:
    import pandas

__all__ = ["Posterior"]

Array = NDArray[np.floating]


@dataclass(repr=False, eq=False)
class Posterior(Predictions, Latents, Plain):
    """Draws from the posterior of a fitted mixture.

    Made by :func:`skmixture.inference.sample_posterior`. Saved and loaded as
    models are, but for the data and the backend.

    Attributes
    ----------
    model : mixture
        The fit.
    raw : mapping of str to ndarray of shape (T, W, K, ...)
        Weights and parameters as they were drawn, T steps of W walkers, and
        what is derived of them. Components may have changed places.
    draws : mapping of str to ndarray of shape (T, W, K, ...)
        The same with components in the places of the fit's: each draw by
        assignment, to what its components make of the rows.
    coordinates : ndarray of shape (T, W, p)
        Where the walkers were, in the free coordinates that `names` tells.
    log_prob : ndarray of shape (T, W)
        Log density of the coordinates, but for a constant.
    accepted : ndarray of bool of shape (T, W)
        Whether a walker moved.
    orders : ndarray of int of shape (T, W, K), or None
        Place k of `draws` has component ``orders[t, w, k]`` of `raw`; None
        where components kept their places.
    names : list of str
        What each coordinate is.
    n_ensembles : int
        The walkers are so many independent ensembles, one after the other.
    held : list of str
        Numbers that were not sampled, as "means[0, 1]".
    priors : dict of str to str
        What was believed of each, in words.
    latent : mapping of str to ndarray of shape (T, W, ...), or None
        What ``method="gibbs"`` draws besides, each read when it is asked for:
        "labels", "complete_log_likelihood", "log_likelihood" and "swaps",
        which are attributes as well. None of other methods.

    Examples
    --------
    >>> from skmixture import ExponentialMixture
    >>> from skmixture.inference import sample_posterior
    >>> X = [[1.0], [2.5], [0.3], [4.1], [0.8], [1.9]]
    >>> posterior = sample_posterior(ExponentialMixture().fit(X), X, n_steps=200, random_state=0)
    >>> posterior.names
    ['log scales[0, 0]']
    >>> posterior.draws["rates"].shape
    (200, 128, 1, 1)
    """

    model: Any
    raw: Mapping[str, Array]
    coordinates: Array
    log_prob: Array
    accepted: NDArray[np.bool_]
    orders: NDArray[np.integer] | None
    names: list[str]
    n_ensembles: int
    held: list[str]
    priors: dict[str, str]
    latent: Mapping[str, NDArray] | None = None
    _data: Data | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Raise a ValueError where the parts do not fit together."""
        shape = np.shape(self.log_prob)
        if np.shape(self.accepted) != shape or np.shape(self.coordinates)[:2] != shape:
            raise ValueError("coordinates, log_prob and accepted must be of the same draws")
        if isinstance(self.raw, dict) and any(v.shape[:2] != shape for v in self.raw.values()):
            raise ValueError(f"raw must have an array of {shape} draws for every name")
        if shape[1] % self.n_ensembles:
            raise ValueError(f"{shape[1]} walkers are not {self.n_ensembles} ensembles")
        family = self.model.family_
        self.draws: Mapping[str, Array] = Lazy(
            list(self.raw), lambda name: placed(family, name, self.raw[name], self.orders)
        )

    @property
    def n_steps(self) -> int:
        """Steps that were recorded."""
        return len(self.log_prob)

    @property
    def n_walkers(self) -> int:
        """Walkers of all ensembles."""
        return self.log_prob.shape[1]

    def __repr__(self) -> str:
        ensembles = f" in {self.n_ensembles} ensembles" if self.n_ensembles > 1 else ""
        return (
            f"<Posterior of {', '.join(self.raw)}: {self.n_steps} steps of "
            f"{self.n_walkers} walkers{ensembles}>"
        )

    # -- the chain -----------------------------------------------------------

    def get_chain(self, discard: int = 0, thin: int = 1, flat: bool = False) -> Array:
        """Coordinates (T, W, p) of the walkers, as emcee has them.

        Parameters
        ----------
        discard : int, default=0
            Steps left out at the beginning.
        thin : int, default=1
            Of so many steps one is taken, the last.
        flat : bool, default=False
            Whether steps and walkers are one axis.

        Returns
        -------
        ndarray of shape (T, W, p), or (T * W, p)
        """
        return _part(self.coordinates, discard, thin, flat)

    def get_log_prob(self, discard: int = 0, thin: int = 1, flat: bool = False) -> Array:
        """Log densities of the coordinates, but for a constant.

        Parameters
        ----------
        discard, thin, flat
            As in `get_chain`.

        Returns
        -------
        ndarray of shape (T, W), or (T * W,)
        """
        return _part(self.log_prob, discard, thin, flat)

    @property
    def acceptance(self) -> Array:
        """Part of the steps (E,) that moved a walker, by ensemble."""
        return self._by_ensemble(self.accepted).mean(axis=(1, 2))

    @property
    def backend(self) -> Any:
        """The chain as a backend of emcee: of its HDF5 file where there is one."""
        return backend_of(self, None if self._data is None else self._data.path)

    # -- what was found --------------------------------------------------------

    def summary(
        self,
        quantiles: Sequence[float] = (0.025, 0.5, 0.975),
        names: Sequence[str] | None = None,
    ) -> Summary:
        """Means, spreads and quantiles of all weights and parameters, and how far to trust them.

        Parameters
        ----------
        quantiles : sequence of float, default=(0.025, 0.5, 0.975)
        names : sequence of str, optional
            Of `draws`; by default weights, parameters, and what is derived of
            them if it has a prior.

        Returns
        -------
        Summary
            A table by number (``means[0, 1]``, or ``means[0, waiting]`` where
            columns of the data have names), with autocorrelation times, effective sample
            sizes, Monte Carlo errors, split R-hat, and R-hat nested in ensembles.

        Warns
        -----
        ConvergenceWarning
            Chains are shorter than 50 autocorrelation times, or ensembles disagree.
        """
        table = self.table(quantiles, names)
        warn_of(table, held=[name for name in self.held if name in table.places], stacklevel=3)
        return table

    def table(
        self,
        quantiles: Sequence[float] = (0.025, 0.5, 0.975),
        names: Sequence[str] | None = None,
    ) -> Summary:
        """What `summary` tells, without a warning.

        Parameters
        ----------
        quantiles, names
            As in `summary`.

        Returns
        -------
        Summary
        """
        if names is None:
            own = {*OF_WEIGHTS, *self.model.family_.parameters, *self.priors}
            names = [name for name in self.draws if name in own]
        wanted = check_names(names, self.draws)
        draws = {name: self._by_ensemble(self.draws[name]) for name in wanted}
        called = partial(entry_names, self.model)
        return summarise(draws, quantiles=quantiles, acceptance=self.acceptance, called=called)

    def to_frame(self, thin: int = 1) -> pandas.DataFrame:
        """The draws as a table, a row each, by step and walker; needs pandas.

        Columns are named as rows of `summary`: ``means[0, 1]``, or
        ``means[0, waiting]`` where columns of the data have names.

        Parameters
        ----------
        thin : int, default=1
            Of so many steps one is taken.

        Returns
        -------
        pandas.DataFrame
        """
        import pandas

        columns: dict[str, NDArray] = {}
        for name, value in self.draws.items():
            kept = _part(value, 0, thin, True)
            for place, label in entry_names(self.model, name, kept.shape[1:]).items():
                at: Any = (slice(None), *place)
                columns[label] = kept[at]
        columns["log_prob"] = self.get_log_prob(0, thin, True)
        steps = np.arange(self.n_steps)[thin - 1 :: thin]
        index = pandas.MultiIndex.from_product(
            [steps, range(self.n_walkers)], names=["step", "walker"]
        )
        return pandas.DataFrame(columns, index=index)

    def to_arviz(self, log_likelihood: bool = False) -> Any:
        """The draws for ArviZ, each walker being a chain; needs arviz.

        Parameters
        ----------
        log_likelihood : bool, default=False
            Whether log densities of all rows by all draws come along.

        Returns
        -------
        arviz.InferenceData, or xarray.DataTree
            As the ArviZ that is installed has it.
        """
        from skmixture.inference.posterior.diagnostics.to_arviz import to_arviz

        rows = None
        if log_likelihood:
            table = self._of_data("log_likelihood=True").table(self.coordinates)
            rows = self._by_ensemble(table)
        return to_arviz(
            {name: self._by_ensemble(value) for name, value in self.draws.items()},
            log_likelihood=rows,
            sample_stats={"lp": self._by_ensemble(self.log_prob)},
        )

    def function(self, function: Callable[[dict[str, Array]], ArrayLike], thin: int = 1) -> Array:
        """A function of the parameters at the draws (T, W, ...).

        Parameters
        ----------
        function : callable
            Of a dict of the weights and parameters (K, ...) of one draw.
        thin : int, default=1
            Of so many steps one is taken.

        Returns
        -------
        ndarray of shape (T, W, ...)
        """
        kept = {name: _part(value, 0, thin, True) for name, value in self.draws.items()}
        n = len(kept["weights"])
        found = [np.asarray(function(_Named((k, v[i]) for k, v in kept.items()))) for i in range(n)]
        values = np.asarray(found, dtype=float)
        return values.reshape(-1, self.n_walkers, *values.shape[1:])

    # -- saving ------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        return Plain.to_dict(self._plain())

    def save(self, path: str | PathLike[str]) -> None:
        Plain.save(self._plain(), path)

    def __getstate__(self) -> dict[str, Any]:
        read = {"raw": dict(self.raw), "latent": self._read_latent()}
        return {**self.__dict__, **read, "draws": None, "_data": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    # -- within ------------------------------------------------------------------

    def _plain(self) -> Posterior:
        return replace(self, raw=dict(self.raw), latent=self._read_latent())

    def _read_latent(self) -> dict[str, NDArray] | None:
        return None if self.latent is None else dict(self.latent)

    def _by_ensemble(self, values: NDArray) -> NDArray:
        """(T, W, ...) as (E, T, W / E, ...)."""
        T, W = values.shape[:2]
        parts = values.reshape(T, self.n_ensembles, W // self.n_ensembles, *values.shape[2:])
        return np.moveaxis(parts, 1, 0)


class _Named(dict[str, Array]):
    """Arrays by name, of which one that is not there is told beside those that are."""

    def __missing__(self, name: str) -> Array:
        raise KeyError(f"{name!r} is none of {list(self)}")


def _part(values: Array, discard: int, thin: int, flat: bool) -> Array:
    for name, value, least, most in (
        ("discard", discard, 0, len(values) - 1),
        ("thin", thin, 1, max(len(values) - discard, 1)),
    ):
        check_int(name, value, least, most)
    values = values[discard + thin - 1 :: thin]
    return values.reshape(-1, *values.shape[2:]) if flat else values

"""What a bootstrap found: replicates by name, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.replicates.failures import Failure
from skmixture.inference.replicates.intervals import (
    METHODS,
    acceleration_of,
    check_level,
    interval,
    scale_of,
)
from skmixture.inference.replicates.jackknife import Jackknife
from skmixture.plain import Plain

if TYPE_CHECKING:
    import pandas

__all__ = ["BootstrapResult"]

Array = NDArray[np.floating]
Function = Callable[[dict[str, Array]], Any]


@dataclass(repr=False, eq=False)
class BootstrapResult(Plain):
    """Replicates of a fitted mixture.

    Made by :func:`skmixture.inference.bootstrap`. Saved and loaded as models
    are, but for what "bca" needs of the data.

    Attributes
    ----------
    kind : str
    estimates : dict of str to ndarray of shape (K, ...)
        The model's own values: "weights", "strata_weights" where there are
        strata, each parameter, and what is derived of them.
    replicates : dict of str to ndarray of shape (R, K, ...)
        The same from each replicate, components in the model's order.
    log_likelihoods : ndarray of shape (R,)
        Of each replicate's own rows, at its optimum.
    converged : ndarray of bool of shape (R,)
    alignment_cost : ndarray of shape (R,)
        How unlike the model's components the replicate's are after they were
        put in its order: an estimate of the Kullback-Leibler divergence, from
        the data. Replicates that stand out by it may have other components
        altogether.
    index : ndarray of int of shape (R,)
        The number of each replicate; those that failed are missing.
    n_failed : int
    failures : tuple of Failure
        Number, seed and reason of each replicate that was left out.
    entropy : tuple of int
        ``numpy.random.SeedSequence(entropy, spawn_key=(i,))`` is the seed of
        replicate i, wherever it was made.

    Examples
    --------
    >>> from skmixture import PoissonMixture
    >>> from skmixture.inference import bootstrap
    >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
    >>> result = bootstrap(PoissonMixture().fit(X), X, n_replicates=100, random_state=0)
    >>> result.n_replicates, result.replicates["rates"].shape
    (100, (100, 1, 1))
    >>> result.standard_error["rates"].round(2)
    array([[0.41]])
    """

    kind: str
    estimates: dict[str, Array]
    replicates: dict[str, Array]
    log_likelihoods: Array
    converged: NDArray[np.bool_]
    alignment_cost: Array
    index: NDArray[np.integer]
    failures: tuple[Failure, ...]
    entropy: tuple[int, ...]
    _jackknife: Jackknife | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Raise a ValueError where the parts do not fit together."""
        n, each = len(self.index), ("log_likelihoods", "converged", "alignment_cost")
        if any(getattr(self, name).shape != (n,) for name in each):
            raise ValueError(f"{', '.join(each)} must have a value for each of {n} replicates")
        shapes = {name: (n, *value.shape) for name, value in self.estimates.items()}
        if {name: value.shape for name, value in self.replicates.items()} != shapes:
            raise ValueError("replicates and estimates must have the same names and shapes")

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_jackknife": None}  # which holds the data

    @property
    def n_failed(self) -> int:
        """Replicates that came to nothing."""
        return len(self.failures)

    @property
    def n_replicates(self) -> int:
        """Replicates that are there."""
        return len(self.index)

    def __repr__(self) -> str:
        failed = f", {self.n_failed} failed" if self.n_failed else ""
        return f"<BootstrapResult: {self.n_replicates} {self.kind} replicates{failed}>"

    def confidence_interval(
        self,
        level: float = 0.95,
        method: str = "percentile",
        transform: Any = None,
        function: Function | None = None,
    ) -> Any:
        """Confidence intervals of all parameters, or of a function of them.

        Parameters
        ----------
        level : float, default=0.95
        method : {"percentile", "basic", "bca"}, default="percentile"
            "bca" corrects for bias and skewness, and fits the model again
            without each row to do so, or each of 400 groups where there are
            more.
        transform : {None, "log", "logit"}, pair of callables, or mapping, optional
            The scale on which intervals are made; a mapping has one by name. It
            matters to "basic".
        function : callable, optional
            Of a dict of the parameters (K, ...) of one fit; returns a number
            or an array.

        Returns
        -------
        dict of str to ndarray of shape (2, K, ...)
            The lower ends and the upper ones. With a function it is an array
            (2, ...) of its own.

        Raises
        ------
        ValueError
            Where there are too few replicates for the level, or an option is unfit.

        Examples
        --------
        >>> import numpy as np
        >>> from skmixture import ExponentialMixture
        >>> from skmixture.inference import bootstrap
        >>> x = np.random.RandomState(0).exponential(3.0, size=(100, 1))
        >>> result = bootstrap(ExponentialMixture(1).fit(x), x, random_state=0)
        >>> low, high = result.confidence_interval(0.9)["scales"]
        >>> bool(low < 3 < high)
        True
        >>> low, high = result.confidence_interval(function=lambda p: np.log(p["rates"][0, 0]))
        >>> bool(low < -np.log(3) < high)
        True
        """
        if not isinstance(method, str) or method not in METHODS:
            raise ValueError(f"method must be one of {list(METHODS)}, got {method!r}")
        check_level(level, self.n_replicates)
        replicates, estimates = self.replicates, self.estimates
        if function is not None:
            replicates = {"": _mapped(function, self.replicates)}
            estimates = {"": np.asarray(function(dict(self.estimates)), dtype=float)}
        scales = {name: scale_of(_by_name(transform, name)) for name in estimates}
        accelerations: dict[str, Array] = {}
        if method == "bca":
            accelerations = self._accelerations(function, scales)
        found = {
            name: interval(
                replicates[name],
                estimates[name],
                float(level),
                method,
                scales[name],
                accelerations.get(name),
            )
            for name in estimates
        }
        return found if function is None else found[""]

    @property
    def standard_error(self) -> dict[str, Array]:
        """Standard deviations (K, ...) of the replicates by name."""
        return {name: value.std(axis=0, ddof=1) for name, value in self.replicates.items()}

    @property
    def bias(self) -> dict[str, Array]:
        """Means of the replicates less the estimates (K, ...) by name."""
        return {
            name: value.mean(axis=0) - self.estimates[name]
            for name, value in self.replicates.items()
        }

    def covariance(self, function: Function) -> Array:
        """Covariance (q, q) of numbers that a function makes of the parameters.

        Parameters
        ----------
        function : callable
            Of a dict of the parameters (K, ...) of one fit; returns q numbers.

        Returns
        -------
        ndarray of shape (q, q)
        """
        return np.atleast_2d(np.cov(self._table(function), rowvar=False))

    def correlation(self, function: Function) -> Array:
        """Correlations (q, q) of numbers that a function makes of the parameters.

        Parameters
        ----------
        function : callable
            Of a dict of the parameters (K, ...) of one fit; returns q numbers.

        Returns
        -------
        ndarray of shape (q, q)
        """
        return np.atleast_2d(np.corrcoef(self._table(function), rowvar=False))

    def to_frame(self) -> pandas.DataFrame:
        """The replicates as a table, a row each; needs pandas.

        Columns are named by the parameter and its place: ``means[0, 1]``.

        Returns
        -------
        pandas.DataFrame
        """
        import pandas

        columns: dict[str, NDArray] = {}
        for name, value in self.replicates.items():
            for place in np.ndindex(value.shape[1:]):
                columns[f"{name}[{', '.join(map(str, place))}]"] = value[(slice(None), *place)]
        columns["log_likelihood"] = self.log_likelihoods
        columns["converged"] = self.converged
        columns["alignment_cost"] = self.alignment_cost
        return pandas.DataFrame(columns, index=pandas.Index(self.index, name="replicate"))

    def _table(self, function: Function) -> Array:
        return _mapped(function, self.replicates).reshape(self.n_replicates, -1)

    def _accelerations(
        self, function: Function | None, scales: Mapping[str, Any]
    ) -> dict[str, Array]:
        if self._jackknife is None:
            raise ValueError("method='bca' needs the data, which a loaded result does not have")
        values, weight = self._jackknife.fits
        if function is not None:
            values = {"": _mapped(function, values)}
        return {
            name: acceleration_of(scales[name].there(value), weight)
            for name, value in values.items()
        }


def _by_name(transform: Any, name: str) -> Any:
    return transform.get(name) if isinstance(transform, Mapping) else transform


def _mapped(function: Function, replicates: Mapping[str, Array]) -> Array:
    """A function of each replicate's values (R, ...)."""
    n = len(replicates["weights"])
    rows = ({name: value[r] for name, value in replicates.items()} for r in range(n))
    return np.stack([np.asarray(function(row), dtype=float) for row in rows])

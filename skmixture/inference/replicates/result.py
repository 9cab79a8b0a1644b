"""What a bootstrap found: replicates by name, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.asked import Function, Scale, mapped, scales_by_name
from skmixture.inference.estimate_table import Labels
from skmixture.inference.replicates.failures import Failure
from skmixture.inference.replicates.intervals import (
    METHODS,
    acceleration_of,
    check_replicates,
    interval,
)
from skmixture.inference.replicates.joining import check_parts, joined_fields
from skmixture.inference.replicates.moments import one_by_one
from skmixture.inference.replicates.of_data import HasData, OfData
from skmixture.inference.replicates.tables import Tables
from skmixture.plain import Plain

__all__ = ["BootstrapResult"]

Array = NDArray[np.floating]

# What errors call the numbers that a function returns.
OF_FUNCTION = "what function returns"


@dataclass(repr=False, eq=False)
class BootstrapResult(Tables, HasData, Plain):
    """Replicates of a fitted mixture.

    Made by :func:`skmixture.inference.bootstrap`. Saved and loaded as models
    are, but for the data: see `with_data`.

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
    identity : dict of str to str
        Model, rows and options in words and digests: what `joined` compares.
    n_asked : int
        Replicates of the whole run, of which these may be a part.
    n_together : int
        So many are fitted as one batch.
    labels : dict of str to list of str or None
        What tables call the numbers of each parameter, in the order of
        `numpy.ndindex`; None where a column has no such category.
    model : mixture or None
        The fit, as it then was. It is not saved: None of a result that was loaded.

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
    identity: dict[str, str] = field(default_factory=dict)
    n_asked: int = 0
    n_together: int = 1
    labels: Labels | None = None
    model: Any = field(default=None, init=False)
    _of_data: OfData | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Raise a ValueError where the parts do not fit together."""
        n, each = len(self.index), ("log_likelihoods", "converged", "alignment_cost")
        if any(getattr(self, name).shape != (n,) for name in each):
            raise ValueError(f"{', '.join(each)} must have a value for each of {n} replicates")
        shapes = {name: (n, *value.shape) for name, value in self.estimates.items()}
        if {name: value.shape for name, value in self.replicates.items()} != shapes:
            raise ValueError("replicates and estimates must have the same names and shapes")
        sizes = {name: value.size for name, value in self.estimates.items()}
        if self.labels and {name: len(own) for name, own in self.labels.items()} != sizes:
            raise ValueError("labels must name every number of the estimates")
        self.estimates, self.replicates = map(_read_only, (self.estimates, self.replicates))

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_of_data": None}  # which holds them

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
        transform : str, pair of callables, or mapping, optional
            The scale on which intervals are made: "identity" (the default),
            "log", "logit", "atanh", or functions there and back; a mapping has
            one by name. It matters to "basic".
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
        check_replicates(level, self.n_replicates)
        replicates, estimates = self.replicates, self.estimates
        if function is not None:
            replicates = {OF_FUNCTION: self._of(function)}
            estimates = {OF_FUNCTION: mapped(function, [dict(self.estimates)])[0]}
        scales = scales_by_name(transform, estimates, function is not None)
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
                name,
            )
            for name in estimates
        }
        return found if function is None else found[OF_FUNCTION]

    @classmethod
    def joined(cls, results: Iterable[Self]) -> Self:
        """One result of the parts of one run, to the last bit what the run would have given.

        Parameters
        ----------
        results : iterable of BootstrapResult
            Made by ``bootstrap(..., only=range(500))`` and the like, in any
            order, or loaded. Not all parts need be there.

        Returns
        -------
        BootstrapResult
            It has the data, as "bca" needs them, where one of the parts has.

        Raises
        ------
        ValueError
            Where there are none, they are of different models, rows, kinds,
            seeds or options (what differs is named), or have replicates in common.

        Examples
        --------
        >>> from skmixture import PoissonMixture
        >>> from skmixture.inference import BootstrapResult, bootstrap
        >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
        >>> model = PoissonMixture(random_state=0).fit(X)
        >>> parts = [bootstrap(model, X, only=range(i, i + 500)) for i in (0, 500)]
        >>> BootstrapResult.joined(parts)
        <BootstrapResult: 1000 parametric replicates>
        """
        parts = list(results)
        if not parts or not all(isinstance(part, cls) for part in parts):
            raise ValueError(f"results must be a list of {cls.__name__}, got {parts!r}")
        check_parts(parts)
        result = replace(parts[0], **joined_fields(parts))
        for name in ("model", "_of_data"):
            there = (getattr(part, name) for part in parts)
            setattr(result, name, next((own for own in there if own is not None), None))
        return result

    def _accelerations(
        self, function: Function | None, scales: Mapping[str, Scale]
    ) -> dict[str, Array]:
        values, weight = self._data_for("method='bca'").jackknife.fits
        if function is not None:
            values = {OF_FUNCTION: mapped(function, one_by_one(values))}
        return {
            name: acceleration_of(scales[name].of(value, name), weight)
            for name, value in values.items()
        }


def _read_only(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The same arrays, which cannot be changed by accident."""
    views = {name: value.view() for name, value in arrays.items()}
    for view in views.values():
        view.flags.writeable = False
    return views

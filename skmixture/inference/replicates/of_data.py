"""What a bootstrap's result can do only where its data are at hand."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import partial
from numbers import Integral
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.inference.replicates.alignment import Alignment
from skmixture.inference.replicates.ground import Ground
from skmixture.inference.replicates.identity import differences_from
from skmixture.inference.replicates.jackknife import Jackknife
from skmixture.inference.replicates.reweighted import Reweighted
from skmixture.inference.replicates.seeds import Seeds
from skmixture.inference.replicates.simulated import Simulated
from skmixture.inference.replicates.sources import Source

__all__ = ["KINDS", "HasData", "OfData"]

Array = NDArray[np.floating]

KINDS: dict[str, Callable[[Ground], Source]] = {
    "parametric": Simulated,
    "nonparametric": Reweighted,
    "weighted": lambda ground: Reweighted(ground, smooth=True),
}


class OfData(NamedTuple):
    """The jackknife for "bca", and the rows of a replicate by its number."""

    jackknife: Jackknife
    remake: Callable[[int], dict[str, Any]]

    @classmethod
    def of(cls, ground: Ground, kind: str, entropy: tuple[int, ...]) -> Self:
        """For replicates of a kind, by their seeds."""
        alignment = Alignment.to(ground.problem.em, ground.start)
        remake = partial(KINDS[kind](ground).remade, seeds=Seeds(entropy))
        return cls(Jackknife(ground, alignment), remake)


class HasData:
    """What needs the data, which are neither saved nor kept by pickle."""

    kind: str
    estimates: dict[str, Array]
    identity: dict[str, str]
    entropy: tuple[int, ...]
    model: Any
    _of_data: OfData | None

    def rows(self, index: int) -> dict[str, Any]:
        """The rows of a replicate, made again, as ``model.fit(**result.rows(7))`` takes them.

        Parameters
        ----------
        index : int
            Its number, as in `index`, or in `failures`.

        Returns
        -------
        dict
            "X", and where they are not one each the "sample_weight" of its
            rows; "exposure" and "strata" where the data have them.

        Raises
        ------
        ValueError
            Where the result was loaded, and has no data.
        """
        of_data = self._data_for("rows")
        if isinstance(index, bool) or not isinstance(index, Integral) or index < 0:
            raise ValueError(f"index must be the number of a replicate, from 0, got {index!r}")
        return of_data.remake(int(index))

    def with_data(
        self,
        model: Any,
        X: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> Self:
        """A result that was loaded, or unpickled, with the fit and the rows that it is of.

        "bca" and `rows` need them, and displays the model for its names.

        Parameters
        ----------
        model : mixture
            The fit that `bootstrap` was given.
        X : array-like of shape (n_samples, n_features)
        sample_weight, exposure, strata : array-like of shape (n_samples,), optional
            As `bootstrap` was given them.

        Returns
        -------
        BootstrapResult
            A copy.

        Raises
        ------
        TypeError
            Where the model is no mixture of this package.
        NotFittedError
            Where it is not fitted.
        ValueError
            Where the replicates are of another model or other rows; what differs is named.

        Examples
        --------
        >>> from skmixture import PoissonMixture
        >>> from skmixture.inference import BootstrapResult, bootstrap
        >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
        >>> model = PoissonMixture().fit(X)
        >>> document = bootstrap(model, X, n_replicates=100, random_state=0).to_dict()
        >>> result = BootstrapResult.from_dict(document).with_data(model, X)
        >>> sorted(result.confidence_interval(method="bca"))
        ['rates', 'weights']
        """
        ground = Ground.of(model, X, sample_weight, exposure, strata)
        differing = differences_from(ground, self.identity, self.estimates)
        if differing:
            raise ValueError(
                f"the replicates are of another model, or of other rows: {'; '.join(differing)}"
            )
        result = copy(self)
        result.model = copy(model)
        result._of_data = OfData.of(ground, self.kind, self.entropy)
        return result

    def _data_for(self, what: str) -> OfData:
        if self._of_data is None:
            raise ValueError(
                f"{what} needs the data, which a loaded result does not have: give them to it, as "
                "result.with_data(model, X)"
            )
        return self._of_data

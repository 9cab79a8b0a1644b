"""Likelihood ratios of data sets that the smaller of two mixtures draws."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.base import clone

from skmixture.inference.replicates.seeds import Seeds
from skmixture.inference.replicates.simulated import Simulated

__all__ = ["Ratios", "resized", "seed_of"]

Array = NDArray[np.floating]

# Data sets between two looks at whether to stop: whatever the workers, the same.
PORTION = 10


@dataclass(frozen=True)
class Ratios:
    """Data sets of the smaller mixture, and the ratios of both mixtures fitted to them."""

    source: Simulated
    seeds: Seeds
    smaller: Any
    larger: Any

    def portions(self, n_replicates: int, n_jobs: int | None) -> Iterator[Array]:
        """The ratios of some data sets at a time, in the order of their numbers."""
        for begin in range(0, n_replicates, PORTION):
            numbers = range(begin, min(begin + PORTION, n_replicates))
            yield np.array(Parallel(n_jobs=n_jobs)(delayed(self.ratio)(b) for b in numbers))

    def ratio(self, number: int) -> float:
        """That of one data set; NaN where one of the fits failed."""
        X, columns = self.source.draw(self.seeds.of_rows(number)), self.source.columns
        # number 0 is that of the data
        seed = seed_of(self.seeds.of_starts(number + 1))
        log_likelihoods = []
        for model in (self.smaller, self.larger):
            with warnings.catch_warnings():  # of edges and the like, which are the data's to tell
                warnings.simplefilter("ignore")
                try:
                    fitted = clone(model).set_params(random_state=seed).fit(X, **columns)
                except ValueError:
                    return np.nan
            log_likelihoods.append(fitted.score(X, **columns) * len(X))
        return 2 * (log_likelihoods[1] - log_likelihoods[0])


def resized(model: Any, n_components: int) -> Any:
    """The same mixture of another number of components, not fitted.

    Starting values are of so many components, and are left out.

    Raises
    ------
    ValueError
        Where the model holds values of its components.
    """
    if model.n_components != n_components and model.fixed:
        raise ValueError(
            f"fixed holds {', '.join(model.fixed)} of {model.n_components} components, and says "
            f"nothing of {n_components}: likelihood ratios need a model without fixed values"
        )
    starting = [name for name in model.get_params(deep=False) if name.endswith("_init")]
    values = {name: None for name in starting if name != "n_init"}
    return clone(model).set_params(n_components=n_components, **values)


def seed_of(rng: RandomState) -> int:
    """A seed for the starts of a fit."""
    return int(rng.randint(2**31))

"""What draws of the parameters predict: models, data sets, distribution functions."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state

__all__ = ["check_int", "ecdf_of", "evenly", "model_of", "predicted"]

Array = NDArray[np.floating]


def check_int(name: str, value: object, least: int, most: int) -> None:
    """Raise a ValueError unless this is an int of the range, ends included."""
    proper = isinstance(value, Integral) and not isinstance(value, bool)
    if not proper or not least <= int(value) <= most:  # type: ignore[call-overload]
        raise ValueError(f"{name} must be an int from {least} to {most}, got {value!r}")


def model_of(model: Any, values: Mapping[str, Array]) -> Any:
    """A fitted estimator like `model`, with other weights and parameters (K, ...)."""
    other = copy.copy(model)
    if "strata_weights" in values:
        other.strata_weights_ = values["strata_weights"]
    params = other.family_.read({name: values[name] for name in other.family_.parameters})
    other._set_params_attributes(values["weights"], params, np.dtype(float))
    return other


def evenly(n_steps: int, n_walkers: int, n_draws: int) -> list[tuple[int, int]]:
    """Steps and walkers of so many draws, evenly from a chain.

    Raises
    ------
    ValueError
        Where there are fewer.
    """
    total = n_steps * n_walkers
    check_int("n_draws", n_draws, 1, total)
    places = np.linspace(0, total - 1, n_draws + 1)[1:].astype(int)
    return [divmod(int(place), n_walkers) for place in places]


def predicted(
    models: list[Any],
    n_samples: int,
    given: Mapping[str, ArrayLike | None],
    random_state: int | RandomState | None,
) -> NDArray:
    """A data set (n_samples, d) of each model, as (R, n_samples, d)."""
    rng = check_random_state(random_state)
    return np.stack([model.sample(n_samples, rng, **given)[0] for model in models])


def ecdf_of(samples: NDArray, points: Array) -> Array:
    """Empirical distribution functions (R, m) of samples (R, n) at points (m,)."""
    ordered = np.sort(samples, axis=1)
    return np.stack([np.searchsorted(own, points, side="right") / len(own) for own in ordered])

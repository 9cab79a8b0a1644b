"""Estimates with the ends of their intervals, and which of them are worth a panel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.display.entries import draws_of
from skmixture.estimator.scoring.naming import Called, name_of
from skmixture.inference.curvature.wald import supports_of, wald_ends

__all__ = ["ends_of", "least_width", "panel_of", "told_by_default"]

Array = NDArray[np.floating]
Place = tuple[str, tuple[int, ...]]

# Probabilities at an edge are as small as this, and what they vary by is nothing.
EDGE = 1e-100


def ends_of(
    result: Any, model: Any, asked: Iterable[str], level: float, method: str, transform: Any
) -> tuple[Mapping[str, Array], Mapping[str, Array]]:
    """Estimates by name, and lower and upper ends (2, ...)."""
    if hasattr(result, "n_ensembles"):
        return _of_posterior(result, asked, level)
    if isinstance(result, Mapping):
        return _of_errors(result, model, level, transform)
    if not hasattr(result, "confidence_interval"):
        raise TypeError(
            "result must be a BootstrapResult, StandardErrors or a Posterior, got "
            f"{type(result).__name__}"
        )
    return result.estimates, result.confidence_interval(level, method, transform)


def _of_errors(
    errors: Any, model: Any, level: float, transform: Any
) -> tuple[Mapping[str, Array], Mapping[str, Array]]:
    """Estimates, and intervals on scales of their own or those asked for."""
    if hasattr(errors, "confidence_interval"):
        estimates, ends = errors.estimates, errors.confidence_interval(level, transform)
    else:
        estimates, ends = _of_mapping(errors, model, level, transform)
    # what leads beyond all numbers cannot be drawn
    return estimates, {
        name: np.where(np.isfinite(own).all(axis=0), own, np.nan) for name, own in ends.items()
    }


def _of_mapping(
    errors: Mapping[str, Array], model: Any, level: float, transform: Any
) -> tuple[dict[str, Array], dict[str, Array]]:
    """The same for standard errors of any origin, with the estimates of a model."""
    if model is None:
        raise ValueError(
            "model must be given beside standard errors that are a plain mapping, for its estimates"
        )
    if transform is not None:
        raise ValueError("transform must be None for standard errors that are a plain mapping")
    estimates = {name: np.asarray(getattr(model, f"{name}_"), dtype=float) for name in errors}
    supports = supports_of(model.family_, model._params(), estimates)
    return estimates, {
        name: wald_ends(value, errors[name], supports[name], level)
        for name, value in estimates.items()
    }


def _of_posterior(
    posterior: Any, asked: Iterable[str], level: float
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Medians, and quantiles (2, ...) with as much beyond at each side."""
    draws, _ = draws_of(posterior, 1, asked)
    beyond = (1 - level) / 2
    ends = {name: np.quantile(own, [beyond, 1 - beyond], axis=0) for name, own in draws.items()}
    return {name: np.median(own, axis=0) for name, own in draws.items()}, ends


def told_by_default(
    chosen: Sequence[Place],
    estimates: Mapping[str, Array],
    ends: Mapping[str, Array],
    told: Callable[[str, tuple[int, ...]], Called | None],
) -> list[Place]:
    """Without panels in which nothing varies, and without one half of symmetric matrices."""
    panels = {place: panel_of(name_of(*place), told(*place)) for place in chosen}
    shared = {name for name, at in chosen if (own := told(name, at)) and own.component is None}
    halved = {name for name, value in estimates.items() if _symmetric(value, name in shared)}
    varying = {panels[name, at] for name, at in chosen if _varies(*(e[at] for e in ends[name]))}
    return [
        (name, at)
        for name, at in chosen
        if panels[name, at] in varying and (name not in halved or at[-2] <= at[-1])
    ]


def panel_of(label: str, called: Called | None) -> str:
    """What all entries of a panel are, or their label without its first index, as "means[:, 1]"."""
    if called is not None:
        return called.quantity
    name, _, index = label.partition("[")
    return f"{name}[:{''.join(index.partition(',')[1:])}" if index else name


def least_width(low: Any, high: Any) -> Any:
    """What intervals that are none are wide, by rounding or at an edge."""
    return np.maximum(1e-12 * np.maximum(abs(low), abs(high)), EDGE)


def _varies(low: float, high: float) -> bool:
    return bool(high - low > least_width(low, high))


def _symmetric(value: ArrayLike, shared: bool) -> bool:
    """Whether a parameter has matrices (K, d, d), or (d, d), each half of which tells the other."""
    matrices = np.asarray(value)
    if matrices.ndim < 3 - shared or matrices.shape[-1] != matrices.shape[-2]:
        return False
    return bool(np.allclose(matrices, np.swapaxes(matrices, -1, -2), rtol=1e-9, atol=0))

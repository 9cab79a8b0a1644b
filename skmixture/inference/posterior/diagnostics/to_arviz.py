"""Draws as ArviZ takes them, whichever ArviZ is installed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.inference.posterior.diagnostics.entries import check_draws

__all__ = ["to_arviz"]

Groups = dict[str, dict[str, NDArray]]

# What rows are called where they have no name.
ROWS = "X"


def to_arviz(
    draws: Mapping[str, ArrayLike],
    *,
    log_likelihood: ArrayLike | Mapping[str, ArrayLike] | None = None,
    sample_stats: Mapping[str, ArrayLike] | None = None,
    observed: ArrayLike | Mapping[str, ArrayLike] | None = None,
    dims: Mapping[str, list[str]] | None = None,
    coords: Mapping[str, ArrayLike] | None = None,
) -> Any:
    """Draws for ArviZ, each walker being a chain.

    Parameters
    ----------
    draws : mapping of str to array-like of shape (E, T, W, ...)
        By the parameter's name, of E ensembles, T steps and W walkers. Chain
        ``e * W + w`` is walker w of ensemble e.
    log_likelihood : array-like of shape (E, T, W, n), or mapping of these, optional
        Of each row; an array is named "X".
    sample_stats : mapping of str to array-like of shape (E, T, W, ...), optional
        Such as "lp", the log posterior density.
    observed : array-like of shape (n, ...), or mapping of these, optional
        The data; an array is named "X".
    dims, coords : mapping, optional
        Names of the axes after the first two, and labels along them, as
        ArviZ's ``from_dict`` takes them.

    Returns
    -------
    arviz.InferenceData or xarray.DataTree
        The latter from ArviZ 1 on.

    Raises
    ------
    ImportError
        Where ArviZ is not installed.
    ValueError
        Where draws are not finite, or differ in their first three axes.
    """
    groups: Groups = {"posterior": _chains(draws, "draws")}
    if log_likelihood is not None:
        groups["log_likelihood"] = _chains(_named(log_likelihood), "log_likelihood")
    if sample_stats is not None:
        groups["sample_stats"] = _chains(sample_stats, "sample_stats", finite=False)
    _check_alike(groups)
    if observed is not None:
        named = _named(observed).items()
        groups["observed_data"] = {name: np.asarray(value) for name, value in named}
    return _converted(groups, dict(dims=dims, coords=coords))


def _converted(groups: Groups, names: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        # 0.23 announces 1.0 by a warning, and walkers may well outnumber steps
        warnings.simplefilter("ignore")
        try:
            import arviz
        except ImportError as error:
            raise ImportError(
                "to_arviz needs ArviZ, which is not installed: pip install skmixture[arviz]"
            ) from error
        if int(arviz.__version__.partition(".")[0]) >= 1:
            return arviz.from_dict(groups, **names)
        options: dict[str, Any] = groups | names
        return arviz.from_dict(**options)


def _named(value: Any) -> Mapping[str, ArrayLike]:
    return value if isinstance(value, Mapping) else {ROWS: value}


def _chains(draws: Mapping[str, ArrayLike], name: str, finite: bool = True) -> dict[str, NDArray]:
    """Draws (E W, T, ...) by name, of draws (E, T, W, ...)."""
    if not draws:
        raise ValueError(f"{name} must have a name at least")
    return {
        key: _flattened(
            check_draws(value, f"{name}[{key!r}]") if finite else np.asarray(value), name
        )
        for key, value in draws.items()
    }


def _flattened(draws: NDArray, name: str) -> NDArray:
    if draws.ndim < 3:
        raise ValueError(
            f"{name} must have the shape (ensembles, steps, walkers, ...), got {draws.shape}"
        )
    by_walker = draws.swapaxes(1, 2)
    return by_walker.reshape(-1, *by_walker.shape[2:])


def _check_alike(groups: Groups) -> None:
    shapes = {
        f"{group}[{name!r}]": value.shape[:2]
        for group, values in groups.items()
        for name, value in values.items()
    }
    (first, shape), *others = shapes.items()
    for name, other in others:
        if other != shape:
            raise ValueError(
                f"all draws must have the same chains and steps, but {first} has {shape} and "
                f"{name} has {other}"
            )

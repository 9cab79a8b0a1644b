"""The candidates of a selection: estimators, their options, numbers of components."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from numpy.random import RandomState
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid
from sklearn.utils import check_random_state

from skmixture.estimator.base import BaseMixture
from skmixture.law.family import Family

__all__ = ["Candidate", "candidates_of", "estimators_by_name"]

Grid = Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Sequence[Any]]] | None

# Mixtures of scikit-learn, and what stands for each here.
OF_SCIKIT_LEARN = {
    "GaussianMixture": "GaussianMixture",
    "BayesianGaussianMixture": "Mixture(Gaussian(), prior=...)",
}
# Numbers of components that are tried where nobody says which.
DEFAULT = range(1, 6)


@dataclass(frozen=True)
class Candidate:
    """A mixture that may be chosen.

    Attributes
    ----------
    name : str
        That of its estimator.
    params : dict of str to Any
        What sets it apart from others of this name.
    estimator : BaseMixture
        Not fitted.
    chain : int
        Candidates of one chain differ in nothing but the number of components.
    seed : int
        That of all candidates of the estimator.
    """

    name: str
    params: dict[str, Any]
    estimator: Any
    chain: int
    seed: int


def candidates_of(
    estimator: Any, param_grid: Any, n_components: Any, random_state: Any
) -> list[Candidate]:
    """All of them: by estimator, by options, by number of components.

    Raises
    ------
    TypeError
        Where an estimator is no mixture of this package.
    ValueError
        Where nothing is left to choose from, or an option is not known.
    """
    if isinstance(random_state, RandomState):  # which several estimators would draw from
        random_state = int(random_state.randint(2**31))
    numbers = None if n_components is None else _numbers(n_components, "n_components")
    found: list[Candidate] = []
    models = estimators_by_name(estimator)
    if numbers is not None and not any(map(_counted, models.values())):
        raise ValueError(
            f"n_components={numbers} has no effect: the number of components of "
            f"{' and '.join(models)} is that of its parts; give param_grid={{'parts': [...]}} with "
            "lists of parts to choose from"
        )
    for name, model in models.items():
        seed = _seed(model, random_state)
        seeded = clone(model).set_params(random_state=seed)
        grid = param_grid
        if isinstance(estimator, Mapping):
            grid = _grid_of(name, param_grid, estimator)
        for point, own_numbers in _points(grid, numbers, model):
            chain = found[-1].chain + 1 if found else 0
            for params in _with_numbers(point, own_numbers):
                made = clone(seeded).set_params(**clone(params, safe=False))
                found.append(Candidate(name, params, made, chain, seed))
    if not found:
        raise ValueError("there are no candidates: param_grid has no points")
    return found


def estimators_by_name(estimator: Any) -> dict[str, Any]:
    """Estimators by name; one that is given alone has the name of its class."""
    by_name = estimator if isinstance(estimator, Mapping) else {type(estimator).__name__: estimator}
    if not by_name:
        raise ValueError("estimator must be a mixture, or a mapping of names to some, got none")
    for name, model in by_name.items():
        if not isinstance(model, BaseMixture):
            of = f" for {name!r}" if isinstance(estimator, Mapping) else ""
            raise TypeError(
                "estimator must be a mixture of skmixture, or a mapping of names to some, got "
                f"{model!r}{of}{_instead(model)}"
            )
    return {str(name): model for name, model in by_name.items()}


def _instead(model: Any) -> str:
    """What to pass in place of what is no mixture, where that can be told."""
    if isinstance(model, Family):
        return f": pass Mixture({model!r})"
    if isinstance(model, type):
        return f": pass an instance, such as {model.__name__}()"
    if isinstance(model, list | tuple):
        return ': name several, as {"full": ..., "tied": ...}'
    if hasattr(model, "steps"):  # a pipeline
        return (
            ". Likelihoods of data that were transformed in different ways cannot be compared, so "
            "let the selection be the last step of a pipeline"
        )
    name = type(model).__name__
    if name in OF_SCIKIT_LEARN:
        return f": pass skmixture.{OF_SCIKIT_LEARN[name]}"
    return ""


def _seed(model: Any, random_state: Any) -> int:
    """The seed of all candidates of an estimator, the same for whichever worker fits them."""
    given = model.random_state if random_state is None else random_state
    if isinstance(given, Integral):
        return int(given)
    rng: RandomState = check_random_state(given)
    return int(rng.randint(2**31))


def _grid_of(name: str, param_grid: Any, estimators: Mapping[str, Any]) -> Grid:
    """The options of one of several estimators."""
    if param_grid is None:
        return None
    if not isinstance(param_grid, Mapping) or set(map(str, param_grid)) - set(map(str, estimators)):
        raise ValueError(
            "param_grid must be a mapping of names of estimators to grids where there are several "
            f"estimators: the names are {list(estimators)}, got {param_grid!r}"
        )
    return {str(key): grid for key, grid in param_grid.items()}.get(name)


def _points(
    param_grid: Grid, numbers: list[int] | None, model: Any
) -> Iterator[tuple[dict[str, Any], list[int] | None]]:
    """Points of the grid, with the numbers of components to try there.

    None is for an estimator whose number of components is no option.
    """
    if isinstance(param_grid, Mapping) or param_grid is None:
        param_grid = [param_grid or {}]
    counted = _counted(model)
    for grid in param_grid:
        options, own = dict(grid), numbers
        if "n_components" in options:
            if numbers is not None:
                raise ValueError(
                    "n_components is both an argument and in param_grid: leave one of them out"
                )
            own = _numbers(options.pop("n_components"), "param_grid['n_components']")
        if own is None and counted and model.n_components != 1:
            warnings.warn(
                f"n_components={model.n_components} of {model} is not what is tried, but "
                f"{DEFAULT.start} to {DEFAULT.stop - 1}: give n_components=[...] to say what is",
                UserWarning,
                stacklevel=4,
            )
        for point in ParameterGrid(options):
            yield dict(point), (list(DEFAULT) if own is None else own) if counted else None


def _counted(model: Any) -> bool:
    """Whether the number of components is an option."""
    return "n_components" in model.get_params(deep=False)


def _with_numbers(point: dict[str, Any], numbers: list[int] | None) -> list[dict[str, Any]]:
    return [point] if numbers is None else [{**point, "n_components": K} for K in numbers]


def _numbers(given: Any, name: str) -> list[int]:
    """Numbers of components, in increasing order."""
    values = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    for value in values:
        if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be ints of at least 1, got {given!r}")
    if not values:
        raise ValueError(f"{name} must have at least one number, got {given!r}")
    return sorted({int(value) for value in values})

"""Checks of what users pass, each with an error that names the parameter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array

from skmixture.law.constraints import Constraints
from skmixture.law.family import Family
from skmixture.table.holes import unmasked
from skmixture.transforms import Transform

__all__ = [
    "check_constraints",
    "check_params",
    "check_responsibilities",
    "check_sample_weight",
    "check_side",
    "check_weights",
    "no_mixture",
    "one_hot",
    "require_choice",
    "require_flag",
    "require_integer",
    "require_number",
    "require_within",
]

Array = NDArray[np.floating]


def require_integer(owner: object, name: str, low: int) -> None:
    """Raise unless attribute `name` is an integer of at least `low`."""
    value = getattr(owner, name)
    if not isinstance(value, Integral) or isinstance(value, bool) or value < low:
        raise ValueError(_wrong(owner, name, value, f"an int in the range [{low}, inf)"))


def require_number(owner: object, name: str, low: float) -> None:
    """Raise unless attribute `name` is a finite number of at least `low`."""
    value = getattr(owner, name)
    proper = isinstance(value, Real) and not isinstance(value, bool)
    if not proper or not low <= value < np.inf:
        raise ValueError(_wrong(owner, name, value, f"a float in the range [{low}, inf)"))


def require_within(owner: object, name: str, above: float, most: float) -> None:
    """Raise unless attribute `name` is a number above one limit and at most the other."""
    value = getattr(owner, name)
    proper = isinstance(value, Real) and not isinstance(value, bool)
    if not proper or not above < value <= most:
        raise ValueError(_wrong(owner, name, value, f"a float in the range ({above}, {most}]"))


def require_flag(owner: object, name: str) -> None:
    """Raise unless attribute `name` is a bool."""
    value = getattr(owner, name)
    if not isinstance(value, bool | np.bool_):
        raise ValueError(_wrong(owner, name, value, "an instance of 'bool'"))


def require_choice(owner: object, name: str, choices: Iterable[str]) -> None:
    """Raise unless attribute `name` is one of `choices`."""
    value = getattr(owner, name)
    if not isinstance(value, str) or value not in choices:
        raise ValueError(_wrong(owner, name, value, f"a str among {sorted(choices)}"))


def _wrong(owner: object, name: str, value: Any, what: str) -> str:
    return (
        f"The {name!r} parameter of {type(owner).__name__} must be {what}. Got {value!r} instead."
    )


def check_shape(value: Array, shape: tuple[int, ...], name: str) -> None:
    """Raise unless `value` has the given shape."""
    if value.shape != shape:
        raise ValueError(
            f"The parameter '{name}' should have the shape of {shape}, but got {value.shape}"
        )


def as_numbers(value: ArrayLike, name: str, allow_nan: bool = False) -> Array:
    """A float array of some dimension, finite unless NaN is allowed."""
    value = unmasked(value)
    kind = np.asarray(value).dtype.kind
    if kind == "c":
        raise ValueError(f"{name} must be an array of real numbers, got {value!r}")
    if kind in "mM":
        what = "durations" if kind == "m" else "dates"
        raise ValueError(f"{name} must be an array of numbers, got {what}")
    try:
        ndim = np.asarray(value, dtype=float).ndim
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers, got {value!r}") from error
    if ndim == 0:
        raise ValueError(f"{name} must be an array of numbers, got {value!r}")
    return check_array(
        value,
        dtype=float,
        ensure_2d=False,
        allow_nd=True,
        ensure_all_finite="allow-nan" if allow_nan else True,
        input_name=name,
    )


def check_weights(value: ArrayLike, n_components: int) -> Array:
    """Mixing weights that were passed by the user, shape (K,)."""
    weights = np.asarray(as_numbers(value, "weights"))
    check_shape(weights, (n_components,), "weights")
    if (weights < 0).any() or (weights > 1).any():
        # the order of the two numbers is scikit-learn's
        raise ValueError(
            "The parameter 'weights' should be in the range [0, 1], but got "
            f"max value {weights.min():.5f}, min value {weights.max():.5f}"
        )
    single = getattr(value, "dtype", None) == np.float32
    if abs(1 - weights.sum()) > (1e-6 if single else 1e-8):
        raise ValueError(
            "The parameter 'weights' should be normalized, but got "
            f"sum(weights) = {weights.sum():.5f}"
        )
    return weights


def check_params(
    family: Family, published: Mapping[str, ArrayLike], n_components: int, n_features: int
) -> dict[str, Array]:
    """Parameters (K, ...) from values in the user's units and published shapes."""
    unknown = set(published) - set(family.parameters)
    if unknown:
        raise ValueError(
            f"{type(family).__name__} has no parameter {sorted(unknown)[0]!r}; "
            f"its parameters are {list(family.parameters)}"
        )
    given = {name: as_numbers(value, name) for name, value in published.items()}
    expected = family.publish(_blank(family, n_components, n_features))
    for name, value in given.items():
        check_shape(value, expected[name].shape, name)
        _check_constraint(family.parameters[name], value, name)
    return family.read(given)


def _blank(family: Family, n_components: int, n_features: int) -> dict[str, Array]:
    return {
        name: np.empty((family.n_values(name, n_components), *shape))
        for name, shape in family.event_shapes(n_features).items()
    }


def _check_constraint(transform: Transform, value: Array, name: str) -> None:
    if not np.all(transform.holds(value)):
        raise ValueError(f"The parameter '{name}' must be {transform.description}, got {value!r}")


def check_constraints(
    family: Family,
    fixed: Mapping[str, ArrayLike] | None,
    tied: Iterable[str],
    n_components: int,
    n_features: int,
) -> Constraints:
    """Held values (user's units) and ties, checked against the family."""
    if fixed is not None and not isinstance(fixed, Mapping):
        raise ValueError(f"fixed must map parameter names to values, got {fixed!r}")
    if isinstance(tied, str) or not isinstance(tied, Iterable):
        raise ValueError(
            f"tied must be a list of parameter names, such as {list(family.parameters)[-1:]}, "
            f"got {tied!r}"
        )
    names = {"weights", *family.parameters}
    for name in [*(fixed or {}), *tied]:
        if name not in names or (name == "weights" and name in tied):
            raise ValueError(
                f"{name!r} cannot be fixed or tied: {type(family).__name__} has the parameters "
                f"{list(family.parameters)}, and 'weights' can be fixed"
            )
    held = {
        name: _check_held(family, name, value, n_components, n_features)
        for name, value in (fixed or {}).items()
    }
    tied = {*tied, *family.ties}
    for name in tied & set(held):
        first = held[name][:1]
        if not np.array_equal(np.broadcast_to(first, held[name].shape), held[name], equal_nan=True):
            raise ValueError(f"{name!r} is tied, so its fixed values must agree in all components")
    # what the family itself shares needs no tie
    return Constraints(held, frozenset(name for name in tied if not family.shared(name)))


def _check_held(
    family: Family, name: str, value: ArrayLike, n_components: int, n_features: int
) -> Array:
    shape: tuple[int, ...] = (n_components,)
    if name != "weights":
        shape = family.publish(_blank(family, n_components, n_features))[name].shape
        if isinstance(value, Real) and not family.parameters[name].event_ndim:
            value = np.full(shape, value)  # one number for all
    held = as_numbers(value, f"fixed[{name!r}]", allow_nan=True)
    if name == "weights":
        return _check_held_weights(held, n_components)
    transform = family.parameters[name]
    check_shape(held, shape, f"fixed[{name!r}]")
    held = family.read({name: held})[name]
    axes = tuple(range(-transform.event_ndim, 0))
    free = np.isnan(held).any(axis=axes)
    if (free != np.isnan(held).all(axis=axes)).any():
        raise ValueError(
            f"fixed[{name!r}] must hold or leave free each component's value as a whole"
        )
    if not np.all(free | transform.holds(held)):
        raise ValueError(
            f"The parameter 'fixed[{name!r}]' must be {transform.description}, got {held!r}"
        )
    return held


def _check_held_weights(held: Array, n_components: int) -> Array:
    check_shape(held, (n_components,), "fixed['weights']")
    free, total = np.isnan(held), np.nansum(held)
    proper = total <= 1 + 1e-8 if free.any() else abs(total - 1) <= 1e-8
    if (held[~free] < 0).any() or not proper:
        raise ValueError(
            f"fixed['weights'] must be nonnegative and sum to 1 (or less where some are free), "
            f"got {held!r}"
        )
    return held


def check_sample_weight(sample_weight: ArrayLike | None, n_rows: int) -> Array | None:
    """Row weights (n,), nonnegative and not all zero; None stays None."""
    if sample_weight is None:
        return None
    if np.asarray(sample_weight).ndim == 0 and not isinstance(sample_weight, str):
        sample_weight = np.full(n_rows, sample_weight)
    weight = as_numbers(sample_weight, "sample_weight")
    check_shape(weight, (n_rows,), "sample_weight")
    if (weight < 0).any():
        row = int(np.argmax(weight < 0))
        raise ValueError(f"sample_weight must not be negative, got {weight[row]!s} for row {row}")
    if not weight.any():
        raise ValueError("sample_weight is zero for every row: there is nothing to fit")
    with np.errstate(over="ignore"):
        if weight.sum() == np.inf:
            raise ValueError("the sum of sample_weight is beyond all floats: divide it by its mean")
    return weight


def check_side(family: Family, exposure: ArrayLike | None, n_rows: int) -> dict[str, Array]:
    """Side columns (n,) of the rows by name; a number stands for all rows."""
    if exposure is None:
        return {}
    name = family.side_name
    if not family.takes_exposure:
        raise ValueError(family.no_exposure)
    if np.asarray(exposure).ndim == 0 and not isinstance(exposure, str):
        exposure = np.full(n_rows, exposure)
    column = as_numbers(exposure, name)
    check_shape(column, (n_rows,), name)
    family.check_exposure(column)
    return {"exposure": column}


def no_mixture(model: object) -> TypeError:
    """The error on what is no mixture of this package; what a search has chosen may be one."""
    if hasattr(model, "best_estimator_"):
        return TypeError(
            f"model must be a fitted mixture of skmixture, got a {type(model).__name__}: pass "
            "what it has chosen, its best_estimator_"
        )
    shape = getattr(model, "shape", None)
    got = repr(model) if shape is None else f"a {type(model).__name__} of shape {tuple(shape)}"
    swapped = "" if shape is None else ": the model comes first, then X"
    return TypeError(f"model must be a fitted mixture of skmixture, got {got}{swapped}")


def one_hot(labels: NDArray[np.integer], n_components: int) -> Array:
    """Responsibilities (n, K) of labels 0 to K - 1."""
    return (labels[:, None] == np.arange(n_components)).astype(float)


def check_responsibilities(
    value: ArrayLike, n_rows: int, n_components: int, name: str = "resp"
) -> Array:
    """Responsibilities (n, K) from themselves, or from labels (n,) of any values.

    Labels are numbered in sorted order and must take n_components values.
    """
    array = np.asarray(unmasked(value))
    if array.ndim == 1:
        if len(array) != n_rows:
            raise ValueError(f"{name} has {len(array)} labels for {n_rows} rows")
        missing = np.array([label is None or label != label for label in array.tolist()])
        if missing.any():
            row = int(np.argmax(missing))
            raise ValueError(f"{name} must label every row, but row {row} has {array[row]}")
        values, labels = np.unique(array, return_inverse=True)
        if len(values) != n_components:
            raise ValueError(
                f"{name} must have n_components={n_components} distinct labels, got {len(values)}"
            )
        return one_hot(labels, n_components)
    resp = as_numbers(array, name)
    check_shape(resp, (n_rows, n_components), name)
    if (resp < 0).any() or (np.abs(resp.sum(axis=1) - 1) > 1e-6).any():
        raise ValueError(f"{name} must be nonnegative with rows that sum to 1")
    return resp

"""Checks of fitted attributes: each by itself, and that they fit together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Integral, Real
from reprlib import repr as short
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.given.strata import Strata
from skmixture.given.validation import check_weights
from skmixture.law.family import Family
from skmixture.plain.words import shown
from skmixture.transforms import PositiveDefinite, Simplex, Transform

__all__ = [
    "check_known", "check_names_of_columns", "check_number_of_parameters", "check_numeric",
    "check_parameters", "check_rules", "check_strata", "require_whole",
]  # fmt: skip

# What single precision may do to an average of weights.
ROUNDING = 1e-6

Rule = tuple[Callable[[Any], bool], str]


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)


def _is_whole(value: Any, least: int) -> bool:
    return _is_number(value) and isinstance(value, Integral) and int(value) >= least


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and value == value


def _is_mass(value: Any) -> bool:
    return _is_number(value) and 0 <= value < np.inf


def _is_array(value: Any, ndim: int, kinds: str) -> bool:
    proper = isinstance(value, np.ndarray) and value.ndim == ndim and value.dtype.kind in kinds
    return proper and not (kinds == "f" and np.isnan(value).any())


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _are_marks(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) and isinstance(at, np.ndarray) and at.dtype == bool
        for name, at in value.items()
    )


FLAG: Rule = _is_flag, "a bool"
NUMBER: Rule = _is_number, "a number"
MASS: Rule = _is_mass, "a finite number from 0"
VECTOR: Rule = (lambda value: _is_array(value, 1, "f")), "an array of numbers of one axis"
LABELS: Rule = (lambda value: _is_array(value, 1, "OUiufb")), "an array of labels"

REQUIRED: dict[str, Rule] = {
    "family_": ((lambda value: isinstance(value, Family)), "a family"),
    "weights_": VECTOR,
    "n_features_in_": ((lambda value: _is_whole(value, 1)), "a whole number from 1"),
    "n_parameters_": ((lambda value: _is_whole(value, 0)), "a whole number from 0"),
    "n_iter_": ((lambda value: _is_whole(value, 0)), "a whole number from 0"),
    "converged_": FLAG,
    "exposed_": FLAG,
    "lower_bound_": NUMBER,
    "lower_bounds_": VECTOR,
    "log_prior_": NUMBER,
    "dropped_starts_": (_is_texts, "a list of str"),
    "n_samples_seen_": MASS,
}
OPTIONAL: dict[str, Rule] = {
    "n_samples_start_": MASS,
    "mean_exposure_": MASS,
    "warnings_": (_is_texts, "a list of str"),
    "at_edges_": (_are_marks, "a dict of arrays of bool"),
    "weighted_": FLAG,
    "feature_names_in_": LABELS,
    "strata_": LABELS,
    "strata_weights_": ((lambda value: _is_array(value, 2, "f")), "an array of two axes"),
}


def require_whole(model: Any, fitted: Mapping[str, Any]) -> None:
    """Raise unless all is there that a fit, or `from_params`, leaves behind."""
    missing = [name for name in (*REQUIRED, *model._own_fitted) if name not in fitted]
    if not missing:
        check_rule("family_", fitted["family_"], REQUIRED["family_"])
        missing = [f"{name}_" for name in fitted["family_"].parameters if f"{name}_" not in fitted]
    if missing:
        raise ValueError(
            f"{type(model).__name__} lacks the fitted attributes {missing}: fit it, or make it of "
            "known parameters by from_params"
        )


def check_numeric(fitted: Mapping[str, Any]) -> None:
    """Raise where parameters are no numbers."""
    law = fitted.get("family_")
    if isinstance(law, Family) and not law.numeric:
        raise ValueError(
            f"the parameters of {short(law)} are fitted estimators, which the plain format does "
            "not hold: use joblib"
        )


def check_rule(name: str, value: Any, rule: Rule) -> None:
    """Raise unless an attribute is what its rule says."""
    holds, what = rule
    if not holds(value):
        raise ValueError(f"{name} must be {what}, got {short(value)}")


def check_rules(fitted: Mapping[str, Any]) -> None:
    """Raise unless each attribute is what its name says."""
    for name, rule in (REQUIRED | OPTIONAL).items():
        if name in fitted:
            check_rule(name, fitted[name], rule)


def check_known(model: Any, fitted: Mapping[str, Any]) -> None:
    """Raise where there is more than a fit leaves behind."""
    law = fitted["family_"]
    known = {*REQUIRED, *OPTIONAL, *model._own_fitted, *(f"{name}_" for name in law.parameters)}
    for name in fitted:
        if name not in known:
            raise ValueError(
                f"{shown(name)} is no attribute that a fit leaves behind, and is not written: "
                "delete it, or keep it elsewhere"
            )


def check_parameters(fitted: Mapping[str, Any], n_components: int, d: int) -> None:
    """Raise unless the parameters are those of so many laws of so many columns."""
    law, dtype = fitted["family_"], fitted["weights_"].dtype
    law.check_n_components(n_components)
    published = {name: fitted[f"{name}_"] for name in law.parameters}
    for name, value in published.items():
        proper = isinstance(value, np.ndarray) and value.size and value.dtype == dtype
        if not proper or dtype not in (np.float32, np.float64):
            raise ValueError(
                f"{name}_ must be an array of float32 or float64, as weights_ is, got "
                f"{short(value)}"
            )
    found = law.n_features_of(published)
    if found != d:
        raise ValueError(f"n_features_in_ is {d}, but the parameters are those of {found} columns")
    for name, shape in _shapes(law, n_components, d).items():
        _check_parameter(law.parameters[name], published[name], shape, f"{name}_")
    for name, at in fitted.get("at_edges_", {}).items():
        if name not in published or at.shape != _whole_shape(law, name, n_components, d):
            raise ValueError(
                f"at_edges_[{shown(name)}] of shape {at.shape} marks no values of a parameter"
            )
    if dtype == np.float64:  # rounded to float32, they may have been a law only before
        params = {name: value[None] for name, value in law.read(published).items()}
        if law.failing(params).any():
            raise ValueError(f"these parameters make no {type(law).__name__}: {short(published)}")


def check_number_of_parameters(fitted: Mapping[str, Any], n_components: int, d: int) -> None:
    """Raise where more parameters are counted than there are."""
    n_strata = len(fitted["strata_"]) if "strata_" in fitted else 1
    most = fitted["family_"].n_free(n_components, d) + n_strata * (n_components - 1)
    if fitted["n_parameters_"] > most:
        raise ValueError(f"n_parameters_ is {fitted['n_parameters_']}, of {most} that there are")


def _check_parameter(
    transform: Transform, value: NDArray, shape: tuple[int, ...], name: str
) -> None:
    if value.shape != shape:
        raise ValueError(f"{name} should have the shape of {shape}, but got {value.shape}")
    if not _holds(transform, value):
        raise ValueError(f"{name} must be {transform.description}, got {short(value)}")


def _whole_shape(law: Family, name: str, n_components: int, d: int) -> tuple[int, ...]:
    return law.n_values(name, n_components), *law.event_shapes(d)[name]


def _shapes(law: Family, n_components: int, d: int) -> dict[str, tuple[int, ...]]:
    """Shapes of the published parameters; whatever they are, they take no memory here."""
    empty = {
        name: np.broadcast_to(0.0, _whole_shape(law, name, n_components, d))
        for name in law.parameters
    }
    return {name: value.shape for name, value in law.publish(empty).items()}


def _holds(transform: Transform, value: NDArray) -> bool:
    """Whether a parameter satisfies its constraint, or did before it was rounded."""
    if not np.isfinite(value).all():
        return False
    if isinstance(transform, PositiveDefinite):
        return _are_covariances(value)
    if value.dtype == np.float64:
        return bool(np.all(transform.holds(value)))
    if transform.event_ndim == 0:  # rounding may have reached the end of an interval
        near = [np.nextafter(value, np.float32(end)) for end in (-np.inf, np.inf)]
        return bool(np.logical_or.reduce([transform.holds(v) for v in (value, *near)]).all())
    exact = value.astype(float)
    if isinstance(transform, Simplex):
        total = exact.sum(axis=-1, keepdims=True)
        exact /= np.where(np.abs(total - 1) < 1e-5, total, 1.0)
    return bool(np.all(transform.holds(exact)))


def _are_covariances(value: NDArray) -> bool:
    """Whether matrices are positive definite, but for what rounding does to their correlations."""
    tolerance = 64 * value.shape[-1] * float(np.finfo(value.dtype).eps)
    value = value.astype(float)
    scale = np.sqrt(np.diagonal(value, axis1=-2, axis2=-1))
    if not (np.isfinite(scale) & (scale > 0)).all():
        return False
    correlation = value / scale[..., None] / scale[..., None, :]
    symmetric = np.abs(correlation - np.swapaxes(correlation, -1, -2)) <= 1e3 * tolerance
    if not symmetric.all() or (np.abs(correlation) > 1 + tolerance).any():
        return False
    return bool((np.linalg.eigvalsh(correlation) > -tolerance).all())


def check_names_of_columns(fitted: Mapping[str, Any], d: int) -> None:
    """Raise unless there are as many names as columns, if there are any."""
    if "feature_names_in_" not in fitted:
        return
    names = fitted["feature_names_in_"]
    if names.shape != (d,) or not all(isinstance(name, str) for name in names.tolist()):
        raise ValueError(f"feature_names_in_ must be {d} names of columns, got {short(names)}")


def check_strata(fitted: Mapping[str, Any], n_components: int) -> None:
    """Raise unless each stratum, if there are any, has mixing weights of its own."""
    if "strata_" not in fitted and "strata_weights_" not in fitted:
        return
    labels, weights = fitted.get("strata_"), fitted.get("strata_weights_")
    if labels is None or weights is None:
        raise ValueError("strata_ and strata_weights_ must be there together")
    if len(labels) != len(weights):
        raise ValueError(f"strata_ has {len(labels)} labels for {len(weights)} rows of weights")
    if len(Strata.of(labels, len(labels)).values) != len(labels):
        raise ValueError(f"strata_ must be labels, each once, got {short(labels)}")
    for row in weights:
        check_weights(row, n_components)
    low, high = weights.min(axis=0) - ROUNDING, weights.max(axis=0) + ROUNDING
    average = fitted["weights_"]
    if not ((low <= average) & (average <= high)).all():
        raise ValueError(f"weights_ = {average} is no average of strata_weights_")

"""Estimators taken apart into options and fitted attributes, and put together with checks."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter, signature
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skmixture.fit.hooks import OF_A_FIT
from skmixture.fit.options import check_options
from skmixture.given.validation import check_weights
from skmixture.plain.fitted import (
    check_known,
    check_names_of_columns,
    check_number_of_parameters,
    check_numeric,
    check_parameters,
    check_rules,
    check_strata,
    require_whole,
)
from skmixture.plain.words import shown

__all__ = ["check_names", "made_of", "state_of"]

# What others keep on an estimator: how a meta-estimator routes `sample_weight` to it, and who is
# told of its fits.
LEFT_OUT = ("_metadata_request", *OF_A_FIT)


def check_names(cls: type, options: Mapping[str, Any]) -> None:
    """Raise unless these are options of the constructor, with all that have no default."""
    known = signature(cls).parameters
    unknown = [name for name in options if name not in known]
    if unknown:
        raise ValueError(
            f"{cls.__name__} has no {shown(unknown[0])}: it takes {list(known)}. A file of a newer "
            "version needs that version."
        )
    for name, option in known.items():
        if option.default is Parameter.empty and name not in options:
            raise ValueError(f"{cls.__name__} needs {name!r}, which is missing")


def state_of(model: Any) -> dict[str, Any]:
    """Options and fitted attributes by name, less those that follow from the others."""
    options = model.get_params(deep=False)
    fitted = {
        name: value
        for name, value in vars(model).items()
        if name not in options and name not in LEFT_OUT
    }
    check_numeric(fitted)
    _check(model, fitted)
    if fitted:
        for name in _derived(model):
            fitted.pop(name, None)
        check_known(model, fitted)
    return {**options, **fitted}


def made_of(cls: type, state: dict[str, Any]) -> Any:
    """An estimator from options and fitted attributes, found to fit together."""
    fitted = {name: value for name, value in state.items() if name.endswith("_")}
    options = {name: value for name, value in state.items() if name not in fitted}
    check_names(cls, options)
    model = cls(**options)
    vars(model).update(fitted)
    _check(model, fitted)
    if fitted:
        check_known(model, fitted)
        vars(model).update(_derived(model))
    return model


def _derived(model: Any) -> dict[str, Any]:
    with np.errstate(all="ignore"):
        by_name = model.family_.derived(model._params())
    return {f"{name}_": value for name, value in by_name.items()}


def _check(model: Any, fitted: Mapping[str, Any]) -> None:
    """Raise a ValueError that names what is unfit, or does not fit the rest."""
    check_options(model)
    check_random_state(model.random_state)
    if not fitted:
        model._make_family()
        return
    require_whole(model, fitted)
    check_rules(fitted)
    d = fitted["n_features_in_"]
    with np.errstate(all="ignore"):
        check_weights(fitted["weights_"], model.n_components)
        check_strata(fitted, model.n_components)
        check_parameters(fitted, model.n_components, d)
    check_number_of_parameters(fitted, model.n_components, d)
    check_names_of_columns(fitted, d)
    model._check_own_fitted()
    law, asked_for = fitted["family_"], type(model._make_family())
    if type(law) is not asked_for:
        raise ValueError(
            f"family_ is a {type(law).__name__}, but the options ask for {asked_for.__name__}: fit "
            "again, or set the family back"
        )

"""What the priors of a fit add to its log-likelihood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skmixture.engine.state import Penalty, State
from skmixture.law.family import Family
from skmixture.priors import Dirichlet, Prior

__all__ = ["check_prior", "penalty_of"]


def check_prior(
    family: Family, prior: Mapping[str, Any] | None, n_components: int, n_features: int
) -> dict[str, Prior]:
    """Priors by parameter, checked against the family; "weights" is one of the names.

    A number for the weights is the concentration of a Dirichlet prior.
    """
    if prior is None:
        return {}
    if not isinstance(prior, Mapping):
        raise ValueError(f"prior must map parameter names to priors, got {prior!r}")
    kinds: dict[str, type[Prior]] = {"weights": Dirichlet, **family.takes_priors}
    checked: dict[str, Prior] = {}
    for name, given in prior.items():
        if name not in kinds:
            raise ValueError(
                f"prior[{name!r}] has no place: {type(family).__name__} takes priors on "
                f"{list(kinds)}"
            )
        of_name = given
        if name == "weights" and not isinstance(given, Prior):
            of_name = Dirichlet(given)
        if not isinstance(of_name, kinds[name]):
            raise ValueError(
                f"prior[{name!r}] must be a skmixture.priors.{kinds[name].__name__}, got {given!r}"
            )
        of_name.check(f"prior[{name!r}]")
        checked[name] = of_name
    if "weights" in checked:
        shape = np.shape(checked["weights"].concentrations)  # type: ignore[attr-defined]
        if shape not in ((), (n_components,)):
            raise ValueError(
                f"prior['weights'] must be a number or {n_components} of them, got shape {shape}"
            )
    shapes = family.event_shapes(n_features)
    for name, own in checked.items():
        if name != "weights":
            shape = (family.n_values(name, n_components), *shapes[name])
            own.check_shape(f"prior[{name!r}]", shape)
    return checked


def penalty_of(law: Family, priors: Mapping[str, Prior]) -> Penalty | None:
    """The penalty of a fit by a law that knows its own priors."""
    if not priors:
        return None
    of_weights = priors.get("weights")
    if of_weights is None:
        return Penalty(lambda state: law.log_prior(state.params), np.zeros(()))
    (mass,) = of_weights.pseudo()

    def log_density(state: State) -> np.ndarray:
        return law.log_prior(state.params) + of_weights.log_density(state.weights).sum(axis=1)

    return Penalty(log_density, mass)

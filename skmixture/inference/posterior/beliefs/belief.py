"""All that is believed of a mixture before its rows are seen, as one density."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.family import Arrays
from skmixture.inference.likelihood.function import Likelihood
from skmixture.inference.posterior.beliefs.densities import (
    Callback,
    Density,
    Flat,
    OnSimplex,
    summed,
)
from skmixture.inference.posterior.beliefs.derived import Derived
from skmixture.inference.posterior.beliefs.given import Given, given
from skmixture.inference.posterior.beliefs.scales import SCALES, Scale
from skmixture.inference.posterior.beliefs.suited import TOGETHER, suited
from skmixture.inference.posterior.beliefs.usual import Usual
from skmixture.state import State

__all__ = ["Belief", "Term"]

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Term:
    """The prior of one parameter, or of what is derived of one.

    Attributes
    ----------
    name : str
    density : Density
    scale : Scale
    free : ndarray of bool of shape (K or 1, ...)
        Which values it counts for.
    derived : Derived or None
        How the values follow from the parameters.
    """

    name: str
    density: Density
    scale: Scale
    free: NDArray[np.bool_]
    derived: Derived | None = None

    def log_density(self, params: Arrays) -> Array:
        """Log density (B,) at parameters (B, K, ...) in the user's units."""
        slope: Array | float = 0.0
        if self.derived is None:
            values = params[self.name]
        else:
            values, slope = self.derived.of(params)
        values = values[:, : len(self.free)]  # one of those that are tied
        found = self.density.log_density(self.scale.there(values))
        stretch = self.scale.log_slope(values)
        total = summed(found, values.shape, self.free)
        if self.derived is not None:
            stretch = stretch + slope[:, : len(self.free)]  # type: ignore[index]
        elif self.scale is SCALES["natural"]:
            return total
        return total + summed(stretch, values.shape, self.free)


class Belief:
    """Log prior density of states.

    Parameters
    ----------
    likelihood : Likelihood
        With the priors that the law itself knows.
    priors : mapping of str to prior
        The user's others, by name.
    """

    def __init__(self, likelihood: Likelihood, priors: Mapping[str, Any]) -> None:
        self._chart, self._penalty = likelihood.chart, likelihood.penalty
        self.law = likelihood.chart.law
        self._in_law = set(likelihood.priors)
        usual = Usual(likelihood)
        self.terms = list(self._terms({name: given(name, v) for name, v in priors.items()}, usual))
        self._weights = self._of_weights(priors, usual)

    def log_density(self, state: State) -> Array:
        """Log density (B,) of weights and parameters, in the user's units."""
        total = np.zeros(len(state.weights))
        if self._penalty is not None:
            total = total + self._penalty.log_density(state)
        params = self.law.to_user(state.params)
        with np.errstate(all="ignore"):
            for term in self.terms:
                total = total + term.log_density(params)
            if self._weights is not None:
                total = total + self._weights_density(state.weights)
        return total

    def impossible(self, state: State) -> list[str]:
        """Names whose prior has density 0 at a state (a batch of one)."""
        params = self.law.to_user(state.params)
        with np.errstate(all="ignore"):
            found = {term.name: term.log_density(params)[0] for term in self.terms}
            if self._weights is not None:
                found["weights"] = self._weights_density(state.weights)[0]
            if self._penalty is not None:
                found[" and ".join(sorted(self._in_law))] = self._penalty.log_density(state)[0]
        return [name for name, value in found.items() if not np.isfinite(value)]

    @property
    def weights(self) -> Density | None:
        """That of weights, unless they are held or the law knows it."""
        return self._weights

    @property
    def flat(self) -> list[str]:
        """What has a prior that is no probability."""
        return [term.name for term in self.terms if not term.density.proper]

    @property
    def written(self) -> list[str]:
        """What has a prior that is a function, which may be a probability or not."""
        return [term.name for term in self.terms if isinstance(term.density, Callback)]

    def described(self) -> dict[str, str]:
        """The prior of each name in words."""
        told = {term.name: str(term.density) for term in self.terms}
        return told if self._weights is None else {"weights": str(self._weights), **told}

    # -- within ------------------------------------------------------------

    def _terms(self, priors: Mapping[str, Given], usual: Usual) -> Any:
        parts = {part.name: part.free for part in self._chart.coordinates.parts}
        free = {name: mask for name, mask in parts.items() if mask.any()}
        natural = {name: own for name, own in priors.items() if name in self.law.parameters}
        others = {n: own for n, own in priors.items() if n not in natural and n != "weights"}
        for name, own in natural.items():
            if name not in free:
                raise ValueError(f"priors[{name!r}] has no effect: {name} is fixed")
            yield self._term(name, own, free[name], None)
        left = [name for name in free if name not in natural and name not in self._in_law]
        for name, own in others.items():
            derived = Derived.found(self._chart, name, left)
            left.remove(derived.of_name)
            yield self._term(name, own, free[derived.of_name], derived)
        for name in left:
            density = usual.of(name)
            yield self._term(name, Given(density, SCALES["natural"]), free[name], None)

    def _term(
        self, name: str, own: Given, free: NDArray[np.bool_], derived: Derived | None
    ) -> Term:
        if derived is None and self.law.parameters[name].event_ndim:
            free = np.asarray(free.any(axis=-1))
            if own.scale is not SCALES["natural"]:
                raise ValueError(
                    f"priors[{name!r}] must be on the natural scale: its values are "
                    f"{self.law.parameters[name].description}"
                )
        fit = self.law.to_user(self._chart.state(self._chart.origin[None]).params)
        of_name = name if derived is None else derived.of_name
        transform, event = self.law.parameters[of_name], fit[of_name].shape[2:]
        density = suited(f"priors[{name!r}]", own.density, transform, event)
        term = Term(name, density, own.scale, free, derived)
        twice = {key: np.concatenate([value, value]) for key, value in fit.items()}
        try:
            with np.errstate(all="ignore"):
                found = term.log_density(twice)
        except ValueError as error:
            shape = (len(free), *event)
            raise ValueError(
                f"priors[{name!r}] does not suit values of shape {shape}: {error}"
            ) from error
        if np.isnan(found).any():
            raise ValueError(
                f"priors[{name!r}] is not a number at the fitted values; is it a density of "
                f"{name} on the scale named?"
            )
        return term

    def _of_weights(self, priors: Mapping[str, Any], usual: Usual) -> Density | None:
        if not self._chart.moves_weights and "weights" in priors:
            raise ValueError("priors['weights'] has no effect: the weights are fixed")
        if not self._chart.moves_weights or "weights" in self._in_law:
            return None
        if "weights" not in priors:
            return usual.weights()
        own = given("weights", priors["weights"])
        if own.scale is not SCALES["natural"]:
            raise ValueError("priors['weights'] must be on the natural scale")
        if isinstance(own.density, Flat):
            return Flat(True)
        if not isinstance(own.density, OnSimplex | Callback):
            raise ValueError(f"priors['weights'] must be {TOGETHER}, got {priors['weights']!r}")
        self._check_concentrations(own.density)
        return own.density

    def _check_concentrations(self, density: Density) -> None:
        n_free = int(self._chart.coordinates.free_weights.sum())
        if isinstance(density, OnSimplex) and density.concentrations.shape not in ((), (n_free,)):
            raise ValueError(
                f"priors['weights'] must have a concentration, or one for each of {n_free} "
                f"components whose weights are free, got {density.concentrations.tolist()}"
            )

    def _weights_density(self, weights: Array) -> Array:
        """Of weights (B, G, K): those that are free, as shares of what they share."""
        assert self._weights is not None
        places, left = self._chart.coordinates.free_weights, self._chart.coordinates.left
        free = weights[..., places] / left
        if isinstance(self._weights, Callback) and not self._chart.stratified:
            free = free[:, 0]  # as the user knows them
        found = self._weights.log_density(free)
        n_ratios = int(places.sum()) - 1
        total = found.reshape(len(weights), -1).sum(axis=1)
        return total - weights.shape[1] * n_ratios * np.log(left)

"""All that is believed of a mixture before its rows are seen, as one density."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.state import State
from skmixture.inference.likelihood.function import Likelihood
from skmixture.inference.posterior.beliefs.densities import (
    Callback,
    Density,
    Flat,
    OnSimplex,
)
from skmixture.inference.posterior.beliefs.derived import Derived
from skmixture.inference.posterior.beliefs.given import Given, given
from skmixture.inference.posterior.beliefs.scales import DOMAINS, SCALES
from skmixture.inference.posterior.beliefs.suited import TOGETHER, suited
from skmixture.inference.posterior.beliefs.term import Term
from skmixture.inference.posterior.beliefs.usual import Usual
from skmixture.inference.posterior.beliefs.words import shown
from skmixture.priors import InverseWishart

__all__ = ["Belief"]

Array = NDArray[np.floating]


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
        self._priors, self._in_law = likelihood.priors, set(likelihood.priors)
        usual = Usual(likelihood)
        self.terms = list(self._terms({name: given(name, v) for name, v in priors.items()}, usual))
        self._weights = self._of_weights(priors, usual)

    def log_density(self, state: State) -> Array:
        """Log density (B,) of weights and parameters, in the user's units."""
        return np.asarray(sum(self._by_names(state).values(), np.zeros(len(state.weights))))

    def by_name(self, state: State) -> dict[str, Array]:
        """Log densities (B,) by name; those that the law knows are one, told at each of theirs."""
        told: dict[str, Array] = {}
        for names, density in self._by_names(state).items():
            told |= dict.fromkeys(names, density)
        return told

    def impossible(self, state: State) -> dict[str, str]:
        """Names whose prior has density 0 at a state (a batch of one), and what is there."""
        params, terms = self.law.to_user(state.params), {(term.name,): term for term in self.terms}
        found: dict[str, str] = {}
        for names, density in self._by_names(state).items():
            if np.isfinite(density[0]):
                continue
            if names in terms:
                told = terms[names].impossible(params)
            elif names == ("weights",) and self._weights is not None:
                told = f"{self._weights} at {shown(state.weights[0])}"
            else:
                told = " and ".join(shown(self._priors[own]) for own in names)
            found[" and ".join(names)] = told
        return found

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
        """The prior of each name in words, as far as it is free."""
        parts = self._chart.coordinates.parts
        free = {part.name for part in parts if part.free.any()}
        free |= {"weights"} if self._chart.moves_weights else set()
        told = {name: shown(prior) for name, prior in self._priors.items() if name in free}
        told |= {term.name: str(term) for term in self.terms}
        if self._weights is not None:
            told["weights"] = str(self._weights)
        order = ["weights", *self.law.parameters]
        return dict(sorted(told.items(), key=lambda own: (*order, own[0]).index(own[0])))

    # -- within ------------------------------------------------------------

    def _by_names(self, state: State) -> dict[tuple[str, ...], Array]:
        """Log densities (B,), each of all names that are believed of together."""
        found: dict[tuple[str, ...], Array] = {}
        if self._penalty is not None:
            found[tuple(sorted(self._in_law))] = self._penalty.log_density(state)
        params = self.law.to_user(state.params)
        with np.errstate(all="ignore"):
            found |= {(term.name,): term.log_density(params) for term in self.terms}
            if self._weights is not None:
                found["weights",] = self._weights_density(state.weights)
        return found

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
                    f"priors[{name!r}] must be of the values as they are, without a scale: they "
                    f"are {self.law.parameters[name].description}"
                )
        fit = self.law.to_user(self._chart.state(self._chart.origin[None]).params)
        of_name = name if derived is None else derived.of_name
        transform, event = self._chart.family.parameters[of_name], fit[of_name].shape[2:]
        variances = self.law.takes_priors.get(name) is InverseWishart
        density = suited(f"priors[{name!r}]", own.density, transform, event, variances)
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
            needs = f": {own.scale.name} needs {DOMAINS[own.scale.name]}"
            raise ValueError(
                f"priors[{name!r}], {term}, is not a number at the fitted values"
                + (needs if own.scale.name in DOMAINS else f"; is it a density of {name}?")
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
            raise ValueError(
                "priors['weights'] must be of the weights as they are, without a scale"
            )
        if isinstance(own.density, Flat):
            return Flat(True)
        if not isinstance(own.density, OnSimplex | Callback):
            raise ValueError(f"priors['weights'] must be {TOGETHER}, got {own.density}")
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

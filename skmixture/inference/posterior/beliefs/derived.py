"""Priors on what is derived of parameters: burst sizes in the place of means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.likelihood.chart import Chart
from skmixture.law.family import Arrays, Family

__all__ = ["Derived"]

Array = NDArray[np.floating]

# Relative displacement that a slope is found by: what is derived is a product or a quotient.
STEP = 1e-4
# Parts of a change that are rounding.
ROUNDING = 1e-9


class Derived(NamedTuple):
    """A function of the parameters that takes the place of one of them.

    Attributes
    ----------
    family : Family
        In the user's units.
    name : str
        What is derived, entry by entry.
    of_name : str
        The parameter whose place it takes.
    """

    family: Family
    name: str
    of_name: str

    @classmethod
    def found(cls, chart: Chart, name: str, left: Sequence[str]) -> Self:
        """A name among those that the family derives, in the place of one without a prior.

        Raises
        ------
        ValueError
            Where it is none, or it is not clear which it replaces.
        """
        family = chart.family
        fit = chart.law.to_user(chart.state(chart.origin[None]).params)
        known = family.derived(family.publish({key: value[0] for key, value in fit.items()}))
        names = ["weights", *family.parameters, *known]
        if name not in known:
            raise ValueError(f"priors[{name!r}] has no place: priors are on {names}")
        enters = [own for own in left if cls(family, name, own)._enters(fit)]
        if len(enters) != 1:
            whole = [own for own in family.parameters if cls(family, name, own)._enters(fit)]
            if enters:
                why = f"it depends on {enters}, none of which has a prior: give one to all but one"
            elif whole:
                why = f"{whole} have priors of their own or are fixed: leave out that of one"
            else:
                why = "none changes it number by number: state priors of the parameters"
            raise ValueError(
                f"priors[{name!r}] needs to take the place of one parameter, but {why}"
            )
        return cls(family, name, enters[0])

    def of(self, params: Arrays) -> tuple[Array, Array]:
        """Values (B, K, ...), and the log of their slopes by the parameter."""
        at = params[self.of_name]
        step = STEP * np.maximum(np.abs(at), np.finfo(float).tiny)
        thrice = {name: np.concatenate([value] * 3) for name, value in params.items()}
        thrice[self.of_name] = np.concatenate([at, at + step, at - step])
        value, up, down = np.split(self._value(thrice), 3)
        return value, np.log(np.abs((up - down) / (2 * step)))

    def _value(self, params: Arrays) -> Array:
        B, K = params[self.of_name].shape[:2]
        flat = {name: value.reshape(B * K, *value.shape[2:]) for name, value in params.items()}
        value = self.family.derived(flat)[self.name]
        return np.asarray(value).reshape(B, K, *value.shape[1:])

    def _enters(self, params: Arrays) -> bool:
        """Whether each entry of the parameter changes its own entry, and no other."""
        at = params[self.of_name]
        shape = at.shape
        try:
            here = self._value(params)
        except (KeyError, ValueError):  # laws whose components do not stand alone
            return False
        if here.shape != shape:
            return False
        for place in np.ndindex(shape[2:]):
            moved = at.copy()
            moved[(0, 0, *place)] *= 1.01
            change = np.abs(self._value({**params, self.of_name: moved}) - here)
            own = change[(0, 0, *place)]
            change[(0, 0, *place)] = 0.0
            if own == 0 or (change > ROUNDING * own).any():
                return False
        return True

"""Refits with one value held, each from its neighbours among those that went before."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.given.validation import check_constraints, check_sample_weight
from skmixture.inference.curvature.standard_errors import standard_errors
from skmixture.inference.models import check_beside, check_model
from skmixture.inference.profiles.entry import place_of
from skmixture.transforms import Positive, Transform, interval, positive

__all__ = ["HeldRefits"]

Array = NDArray[np.floating]

# Options of refits: they go on from where another ended, to the very top.
STRICT: dict[str, Any] = dict(
    tol=1e-13, tol_type="remaining", acceleration="lbfgs", n_init=1,
    order_by=None, warm_start=True, verbose=0, weights_init=None,
)  # fmt: skip
MOST_ITERATIONS = 10_000
# A first step, relative to the value, where there is no standard error.
STEP = 0.1
# Where twice the log-likelihood has fallen by so much, all that matters is that it has: a refit
# need not come to its end in more iterations than these, and no other begins there if it can help.
HOPELESS, ENOUGH = 50.0, 100
# How far profiles are followed: in first steps of a parameter that is any number; in logarithms
# from the estimate, or from 1; down to the least logarithm that there is; in logits from a half.
MOST_STEPS, MOST_LOG, LEAST_LOG, MOST_LOGIT = 1e6, 40.0, -690.0, 30.0


class HeldRefits:
    """The profile of one entry of a parameter, as `roots.Profile` has it.

    The coordinate t is the parameter's own transformed one, from the estimate.

    Attributes
    ----------
    place : tuple of int
        The entry in the published array.
    estimate, top : float
        The entry and the log-likelihood at the maximum.
    points : dict of float to float
        Log-likelihoods by the value that is held.
    rise : float
        What the log-likelihood gains from the model to the maximum next to it.
    unconverged : int
        Number of refits that did not converge.
    """

    def __init__(self, model: Any, X: ArrayLike, name: str, index: Any, **beside: Any) -> None:
        check_model(model)
        beside["exposure"] = check_beside(model, X, beside["exposure"], beside["strata"])
        rows = model._rows(X, beside["exposure"], beside["strata"], beside["sample_weight"])
        self._X, self._beside = X, {k: v for k, v in beside.items() if v is not None}
        weight = check_sample_weight(beside["sample_weight"], rows.n_rows)
        self._n = float(rows.n_rows if weight is None else weight.sum())
        self.name, self.unconverged = name, 0
        self._transform, value, self.place = _entry(model, name, index)
        self._held, self._all = _held(model, name, self.place, value.shape)
        if name == "weights":
            self._transform = interval(0.0, 1.0 - float(np.nansum(self._held)))
        best = self._fitted(model, None, MOST_ITERATIONS)
        self._fits = {0.0: best}
        self._value = np.array(getattr(best, name + "_"), dtype=float)
        self.estimate, self.top = float(self._value[self.place]), self._height(best)
        self.rise = self.top - self._height(model)
        self.points = {self.estimate: self.top}
        self._origin = self._transform.unconstrain(self._value)
        if not np.isfinite(self._origin[self.place]):
            raise ValueError(f"{name}_{list(self.place)} = {self.estimate} lies at an edge already")
        low, high = (getattr(self._transform, end, np.nan) for end in ("low", "high"))
        low = 0.0 if isinstance(self._transform, Positive) else low
        self.bounds = _own(low, -np.inf, self), _own(high, np.inf, self)
        self.first_step = self._first_step(best)

    def far(self, side: int) -> float:
        """How far the coordinate goes on a side."""
        at, n_bounds = side * float(self._origin[self.place]), np.isfinite(self.bounds).sum()
        if n_bounds == 0:
            return MOST_STEPS * self.first_step
        if n_bounds == 2:
            return max(MOST_LOGIT - at, 0.0)
        far = MOST_LOG + max(0.0, -at)
        return far if side > 0 else max(min(far, -at - LEAST_LOG), 0.0)

    def value(self, t: float) -> float:
        """The entry at a coordinate."""
        z = self._origin.copy()
        z[self.place] += t
        with np.errstate(over="ignore", under="ignore"):
            return float(self._transform.constrain(z)[self.place])

    def fall(self, t: float) -> float:
        """How far twice the log-likelihood is below its maximum; infinite where nothing fits."""
        if t == 0:
            return 0.0
        value = self.value(t)
        if value not in self.points:
            best = max(self._refits(t, value), key=itemgetter(0), default=None)
            if best is None:
                return np.inf
            self.points[value], self._fits[t] = best
            self.unconverged += not best[1].converged_ and not self._hopeless(best[0])
        return 2 * (self.top - self.points[value])

    # -- within ------------------------------------------------------------

    def _refits(self, t: float, value: float) -> Iterator[tuple[float, Any]]:
        """Fits with the entry held, from either side: they may be on different hills."""
        below = [own for own in self._fits if own < t]
        above = [own for own in self._fits if own > t]
        near = [*sorted(below)[-1:], *sorted(above)[:1]]
        hopeful = [own for own in near if self.fall(own) <= HOPELESS]
        for own in hopeful or near:
            try:
                fit = self._fitted(self._fits[own], value, ENOUGH)
                if not fit.converged_ and not self._hopeless(self._height(fit)):
                    fit = self._fitted(fit, value, MOST_ITERATIONS)
            except ValueError:  # it came to nothing
                continue
            yield self._height(fit), fit

    def _hopeless(self, height: float) -> bool:
        return 2 * (self.top - height) > HOPELESS

    def _fitted(self, start: Any, value: float | None, max_iter: int) -> Any:
        """The fit that goes on from another, with the entry held."""
        model, known = copy.copy(start), start.get_params(deep=False)
        for option, strict in STRICT.items():
            if option in known:
                setattr(model, option, strict)
        model.max_iter = max_iter
        if value is not None:
            held = self._held.copy()
            held[self._all] = value
            model.fixed = {**(start.fixed or {}), self.name: held}
        vars(model).pop("lower_bound_", None)  # of another problem
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(self._X, **self._beside)
        return model

    def _height(self, fit: Any) -> float:
        return self._n * float(fit.score(self._X, **self._beside)) + fit.log_prior_

    def _first_step(self, best: Any) -> float:
        """A standard error on the scale of the coordinate."""
        slope = (self.value(1e-4) - self.value(-1e-4)) / 2e-4
        for kind in ("observed", "opg"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    errors = standard_errors(best, self._X, **self._beside, kind=kind)
                except ValueError:
                    continue
            step = float(errors[self.name][self.place] / slope)
            if np.isfinite(step) and step > 0:
                return step
        return STEP * max(abs(self.estimate), 1.0) if np.isinf(self.bounds).all() else STEP


def _entry(model: Any, name: str, index: Any) -> tuple[Transform, Array, tuple[int, ...]]:
    """The transform of a parameter, its published values, and the place of the entry."""
    law = model._law
    names = ["weights", *law.parameters]
    if name in ("weights", "strata_weights") and model._has_strata:
        raise ValueError(
            "each stratum has weights of its own, which cannot be held apart; use standard_errors, "
            "or intervals from replicates"
        )
    if name not in names:
        derived = [own for own in law.derived(model._params()) if hasattr(model, f"{own}_")]
        raise ValueError(f"name must be one of {[*names, *derived]}, got {name!r}")
    value = np.asarray(getattr(model, name + "_"))
    place = place_of(name, value, index)
    transform = positive if name == "weights" else law.parameters[name]
    if transform.event_ndim:
        if value.shape[-transform.event_ndim :] != (1, 1):
            raise ValueError(
                f"an entry of {name}_ cannot be held without the others of its value "
                f"({transform.description}); use standard_errors, or intervals from replicates"
            )
        transform = positive  # a matrix of one number
    return transform, value, place


def _held(
    model: Any, name: str, place: tuple[int, ...], shape: tuple[int, ...]
) -> tuple[Array, Any]:
    """What is held of the parameter already, and where the entry is: in all that are tied."""
    constraints = check_constraints(
        model._law, model._held, model.tied, len(model.weights_), model.n_features_in_
    )
    held = np.full(shape, np.nan)
    if name in (model._held or {}):
        held = np.array(model._held[name], dtype=float)
    if name == "weights" and len(held) == 1:
        raise ValueError("there is only one component, of weight 1")
    if not np.isnan(held[place]) or (name == "weights" and np.isnan(held).sum() < 2):
        raise ValueError(f"{name}_{list(place)} is held already, so it has no profile")
    everywhere = (slice(None), *place[1:]) if name in constraints.tied else place
    return held, everywhere


def _own(bound: Any, default: float, refits: HeldRefits) -> float:
    """The bound of the entry, where there is one."""
    bound = float(np.broadcast_to(bound, refits._value.shape)[refits.place])
    return default if np.isnan(bound) else bound

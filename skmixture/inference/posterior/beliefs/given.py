"""Priors as the user writes them, each made a density of one parameter's values."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from skmixture.inference.posterior.beliefs.densities import (
    Callback,
    Density,
    Flat,
    Frozen,
    Normal,
    OfPrior,
    OnSimplex,
)
from skmixture.inference.posterior.beliefs.scales import SCALES, Scale
from skmixture.inference.posterior.beliefs.words import shown
from skmixture.priors import Dirichlet, InverseWishart, Prior

__all__ = ["Given", "given"]

KINDS = (
    "a frozen continuous distribution of scipy.stats, a prior of skmixture.priors, 'flat', a "
    "function of the values, or (scale, one of these)"
)


class Given(NamedTuple):
    """A density, and the scale that it is stated on."""

    density: Density
    scale: Scale


def given(name: str, value: Any) -> Given:
    """A user's prior on `name`.

    Raises
    ------
    ValueError
        Where it is none.
    """
    where = f"priors[{name!r}]"
    scale = SCALES["natural"]
    if isinstance(value, list) and value and isinstance(value[0], str):
        raise ValueError(f"{where} must be a tuple, (scale, prior), got a list: {value[0]!r}, ...")
    if isinstance(value, tuple):
        if len(value) != 2 or value[0] not in list(SCALES):
            scales = [own for own in SCALES if own != "natural"]
            raise ValueError(
                f"{where} must be (scale, prior) with a scale of {scales}, got {shown(value)}"
            )
        scale, value = SCALES[value[0]], value[1]
    return Given(_density(name, where, value), scale)


def _density(name: str, where: str, value: Any) -> Density:
    if isinstance(value, str) and value == "flat":
        return Flat()
    if name == "weights" and not isinstance(value, str) and _is_number(value):
        value = Dirichlet(value)
    if isinstance(value, Dirichlet) or _is(value, stats.dirichlet):
        a = value.concentrations if isinstance(value, Dirichlet) else value.alpha
        a = np.asarray(a, dtype=float)
        if not (np.isfinite(a) & (a > 0)).all():
            raise ValueError(f"{where} must have positive concentrations, got {a!r}")
        return OnSimplex(a)
    if _is(value, stats.invwishart):
        value = InverseWishart(float(value.df), np.atleast_2d(value.scale))
    if isinstance(value, Prior):
        value.check(where)
        return OfPrior(value)
    if _is(value, stats.multivariate_normal) or _is(value, stats.multivariate_t):
        return Frozen(value, 1)
    if hasattr(value, "logpdf") and hasattr(value, "kwds"):
        if value.dist.name == "norm" and np.all(value.std() > 0):
            return Normal(np.asarray(value.mean()), np.asarray(value.std()))
        return Frozen(value)
    if hasattr(value, "logpmf"):
        raise ValueError(f"{where} must be continuous, got the discrete {shown(value)}")
    if callable(value) and not isinstance(value, type | stats.rv_continuous):
        return Callback(value)
    raise ValueError(f"{where} must be {KINDS}, got {_as_given(value)}")


def _as_given(value: Any) -> str:
    return f"{value.name}, not frozen" if isinstance(value, stats.rv_continuous) else shown(value)


def _is(value: Any, law: Any) -> bool:
    """Whether a value is that law of several numbers, frozen."""
    return getattr(value, "_dist", None).__class__ is law.__class__


def _is_number(value: Any) -> bool:
    return np.asarray(value).dtype.kind in "iuf"

"""Constants of the data at hand: units in which a law changes, and where a fit of all rows is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.families.written.calls import Calls
from skmixture.families.written.checks import check_logpdf, check_slopes
from skmixture.families.written.ends import thresholds
from skmixture.families.written.layout import Layout
from skmixture.families.written.likelihood import STEP, Likelihood, Tables
from skmixture.families.written.parameter import Parameter
from skmixture.families.written.start import Moments, candidates, heights, highest
from skmixture.law.family import Array, Arrays
from skmixture.numerics.solvers import climb
from skmixture.transforms import Real

__all__ = ["Local", "settled"]

# Rows of the first fit, of the search for units, and of the checks.
MOST_ROWS, FEW_ROWS, CHECKED_ROWS = 2000, 200, 5
CHECKED_PARAMS = 4  # an even number
# Candidates of the first fit, and its steps before and after units are known.
CANDIDATES, STEPS, MORE_STEPS = 64, 10, 40
# Steps that are tried in the search for units, and the largest change of a log density by one.
TRIED = 10.0 ** np.arange(-14, 15)
LARGE = 1e-2
# A spread of the rows so far from 1 is a place to look for units as well.
FAR_SPREAD = 1e6
# Parameters farther than so many units from 0 are computed about an origin.
FAR = 10.0
# By how much, per column, a component's log density may exceed that of one law for all rows: a
# component on a single value is a million times narrower than the data.
NARROWEST = float(np.log(1e6))


@dataclass(frozen=True)
class Local:
    """What a law knows of the data.

    Attributes
    ----------
    layout : Layout
    n_features : int
    frame : mapping of str to (ndarray, ndarray)
        Origin and unit of parameters without constraint, each (*shape).
    base : ndarray of shape (q,)
        Coordinates of one law for all rows.
    steps : ndarray of shape (q,)
        Of differences.
    ends, near : ndarray of shape (2, q)
        Coordinates of the bounds, and from where on they are near.
    level : float
        Mean log density of that law.
    highest : float
        Mean log density that a component may have.
    rows : ndarray of shape (m, d)
        Some of the data.
    lost : ndarray of shape (d,) or None
        A row that was impossible wherever others were not.
    """

    layout: Layout
    n_features: int
    base: Array
    steps: Array
    ends: Array
    near: Array
    level: float = np.nan
    highest: float = np.inf
    lost: Array | None = None
    rows: NDArray = field(default_factory=lambda: np.empty((0, 0)), repr=False)
    frame: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)

    def to_local(self, params: Arrays) -> dict[str, Array]:
        """Parameters from the user's units."""
        local = dict(params)
        for name in self.frame.keys() & local.keys():
            origin, unit = self.frame[name]
            local[name] = (local[name] - origin) / unit
        return local

    def to_user(self, params: Arrays) -> dict[str, Array]:
        """Parameters in the user's units."""
        user = dict(params)
        for name in self.frame.keys() & user.keys():
            origin, unit = self.frame[name]
            user[name] = user[name] * unit + origin
        return user

    def params(self, z: Array) -> dict[str, Array]:
        """Parameters in the user's units at coordinates (..., q), NaN where there are none."""
        try:
            return self.to_user(self.layout.params(z))
        except np.linalg.LinAlgError:  # one matrix without inverse ends the call for all
            if len(z) == 1:
                blank = self.layout.params(np.zeros(z.shape))
                return {name: np.full(value.shape, np.nan) for name, value in blank.items()}
            alone = [self.params(own[None]) for own in z]
            return {name: np.concatenate([one[name] for one in alone]) for name in alone[0]}

    def of(self, params: Arrays) -> Array:
        """Coordinates (..., q) of parameters in the user's units."""
        return self.layout.of(self.to_local(params))

    def tables(self, calls: Calls, x: NDArray, n_components: int) -> Tables:
        """Log densities (m, n) of rows (1 or B, n, d) by some of B times K components."""
        of_rows = _by_member(x, n_components)

        def tables(units: NDArray[np.integer], z: Array) -> Array:
            return of_rows(units, z, lambda X, own: calls.table(X, self.params(own)).values)

        return tables

    def likelihood(self, calls: Calls, x: NDArray, resp: Array) -> Likelihood:
        """That of rows (1 or B, n, d), weighted by responsibilities (B, K, n)."""
        B, K, n = resp.shape
        of_rows = _by_member(x, K)

        def slopes(units: NDArray[np.integer], z: Array) -> Array:
            return of_rows(units, z, lambda X, own: self.slopes(calls, X, own))

        return Likelihood(
            self.tables(calls, x, K),
            resp.reshape(B * K, n),
            self.steps,
            None if calls.gradient is None else slopes,
        )

    def next_to_edges(self, calls: Calls, z: Array, held: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which components, at coordinates (K, q), have no numbers a step further on.

        Only along what is not `held` (K, q).
        """
        K, q = z.shape
        sides = np.concatenate([np.diag(self.steps), -np.diag(self.steps)])  # (2q, q)
        places = (z + sides[:, None]).reshape(-1, q)
        table = calls.table(self.rows, self.params(places)).values.reshape(len(sides), K, -1)
        beyond = ~(table < np.inf).all(axis=-1) | (table == -np.inf).all(axis=-1)
        return (beyond & ~np.tile(held.T, (2, 1))).any(axis=0)

    def slopes(self, calls: Calls, X: NDArray, z: Array) -> Array:
        """Derivatives (M, n, q) of the log densities by the coordinates (M, q)."""
        by_value = calls.slopes(X, self.params(z))
        for name, (_, unit) in self.frame.items():
            by_value[name] = by_value[name] * unit
        return self.layout.by_coordinates(z, by_value)


def settled(
    calls: Calls,
    parameters: Mapping[str, Parameter],
    X: NDArray,
    weight: Array | None,
    constant: Array,
) -> Local:
    """The constants for rows (n, d), with all checks of the user's functions on the way.

    `constant` (n,) is what the log densities leave out.
    """
    n, d = X.shape
    some = _evenly(n, MOST_ROWS)
    X, constant = X[some], constant[some]
    resp = np.ones((1, len(some))) if weight is None else weight[None, some]
    shapes = {name: p.event_shape(d) for name, p in parameters.items()}
    layout = Layout({name: p.constraint for name, p in parameters.items()}, shapes)
    rng = RandomState(0)
    drawn = candidates(parameters, shapes, X, resp, CANDIDATES, rng)
    drawn = {name: value[:, 0] for name, value in drawn.items()}
    params, lost = _likeliest(calls, layout, drawn, X, resp, rng)
    ends = layout.ends()
    local = Local(layout, d, layout.of(params), np.full(layout.size, STEP), ends, ends)
    for steps in (STEPS, MORE_STEPS):
        local = _in_units(local, calls, X, resp[0], params)
        likelihood = local.likelihood(calls, X[None], resp[None])
        z = climb(likelihood.expansion, local.base[None], steps, value=likelihood.value)
        params = {name: value[0] for name, value in local.params(z).items()}
    local = _in_units(local, calls, X, resp[0], params)
    if calls.gradient is not None:
        _check_gradient(local, calls, X)
    level = local.likelihood(calls, X[None], resp[None]).value(local.base[None])[0]
    level = (level + resp[0] @ constant) / resp.sum()
    # a probability is never above 1, so no law of counts is held back
    most = max(level + d * NARROWEST, 1.0) if np.isfinite(level) else np.inf
    near = thresholds(ends, local.base, layout.middles())
    return replace(local, level=level, highest=most, near=near, lost=lost, rows=X)


def _likeliest(
    calls: Calls, layout: Layout, drawn: Arrays, X: NDArray, resp: Array, rng: RandomState
) -> tuple[dict[str, Array], Array | None]:
    """The best of candidates (C, *shape) for one law of all rows, and a first check of others.

    With it comes a row that is impossible by all of them, if only some are.
    """
    z = layout.of(drawn)
    beside = z[np.arange(CHECKED_PARAMS) % len(z)]
    beside = beside + 1e-3 * rng.normal(size=beside.shape)
    check_logpdf(calls, X[_evenly(len(X), CHECKED_ROWS)], layout.params(beside))
    found = calls.table(X, layout.params(z), lambda _: 0)
    if found.complaint is not None and np.isnan(found.values).any(axis=1).all():
        raise found.complaint
    best = highest(heights(found.values[:, None], resp))[0]
    nowhere = ~np.isfinite(found.values).any(axis=0) & (resp[0] > 0)
    lost = X[np.argmax(nowhere)] if nowhere.any() and not nowhere.all() else None
    return {name: value[best] for name, value in drawn.items()}, lost


def _in_units(local: Local, calls: Calls, X: NDArray, weight: Array, params: Arrays) -> Local:
    """The same about other parameters (*shape), with units as log densities change there."""
    z = local.of(params)
    units = _units(local, calls, X, weight, z, _spreads(local, X, weight))
    frame = {}
    for name, own in local.layout.split(units).items():
        if isinstance(local.layout.transforms[name], Real):
            _, before = local.frame.get(name, (0.0, 1.0))
            # a power of two rounds nothing
            unit = 2.0 ** np.round(np.log2(own * before))
            frame[name] = np.where(np.abs(params[name]) > FAR * unit, params[name], 0.0), unit
    local = replace(local, frame=frame)
    framed = np.array(local.layout.which(frame.keys()))
    return replace(
        local,
        base=local.of(params),
        # logarithms have a unit of their own, and none is longer
        steps=STEP * np.where(framed, 1.0, np.minimum(units, 1.0)),
    )


def _spreads(local: Local, X: NDArray, weight: Array) -> Array:
    """What changes (q,) of the coordinates may be like, as rows vary; 1 where these say nothing."""
    moments = Moments.of(X, weight[None])
    like = {name: np.ones(shape) for name, shape in local.layout.lengths.items()}
    for name, transform in local.layout.transforms.items():
        if isinstance(transform, Real):
            unit = local.frame[name][1] if name in local.frame else 1.0
            like[name] = moments.fitted(local.layout.shapes[name])[1][0] / unit
    spreads = np.concatenate([own.reshape(-1) for own in like.values()])
    return np.where((spreads > 0) & np.isfinite(spreads), spreads, 1.0)


def _units(
    local: Local, calls: Calls, X: NDArray, weight: Array, z: Array, spreads: Array
) -> Array:
    """Changes (q,) of each coordinate by which log densities change by about 1; 1 if none does.

    They are looked for about 1, and where rows vary by much more or less about that as well.
    """
    some = _evenly(len(X), FEW_ROWS)
    X, share = X[some], weight[some] / weight[some].sum()
    here = calls.table(X, local.params(z[None])).values
    units = np.ones(len(z))
    for i in range(len(z)):
        changes = TRIED
        if not 1 / FAR_SPREAD < spreads[i] < FAR_SPREAD:
            changes = np.unique(np.concatenate([TRIED, TRIED * spreads[i]]))
        tried = np.repeat(z[None], len(changes), axis=0)
        tried[:, i] += changes
        with np.errstate(all="ignore"):
            change = np.sqrt((calls.table(X, local.params(tried)).values - here) ** 2 @ share)
        last = int(np.argmin(np.append(change < LARGE, False))) - 1  # of the small steps
        if last >= 0 and change[last] > 0:
            units[i] = changes[last] / change[last]
    return units


def _check_gradient(local: Local, calls: Calls, X: NDArray) -> None:
    """Compare the user's derivatives with differences, about the law of all rows."""
    rows, steps = X[_evenly(len(X), CHECKED_ROWS)], local.steps
    z = np.repeat(local.base[None], CHECKED_PARAMS, axis=0)
    z += 0.1 * RandomState(1).normal(size=z.shape)
    slopes = np.empty((len(z), len(rows), len(steps)))
    for i, aside in enumerate(np.diag(steps)):
        first, last = (calls.table(rows, local.params(z + end)).values for end in (-aside, aside))
        with np.errstate(invalid="ignore"):
            slopes[..., i] = (last - first) / (2 * steps[i])
    size = np.nan_to_num(calls.table(rows, local.params(z)).values, posinf=0.0, neginf=0.0)
    rounding = 100 * np.finfo(float).eps * np.abs(size).max() / steps.min()
    split = local.layout.split
    check_slopes(split(local.slopes(calls, rows, z)), split(slopes), rounding)


def _by_member(x: NDArray, n_components: int) -> Any:
    """Applies a function of rows (n, d) and coordinates to components, by the rows they have."""

    def of_rows(units: NDArray[np.integer], z: Array, function: Any) -> Array:
        if len(x) == 1:
            return function(x[0], z)
        members = units // n_components
        present = np.unique(members)
        own = [function(x[member], z[members == member]) for member in present]
        found = np.empty((len(units), *own[0].shape[1:]))
        for member, values in zip(present, own, strict=True):
            found[members == member] = values
        return found

    return of_rows


def _evenly(n: int, most: int) -> NDArray[np.integer]:
    return np.arange(n) if n <= most else np.linspace(0, n - 1, most).astype(int)

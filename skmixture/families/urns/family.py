"""What the laws of Pólya's urns share: everything but the names of their concentrations."""

from __future__ import annotations

import copy
from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.families.counts import bounds_by_variance
from skmixture.families.negative_binomial.grid import Grid
from skmixture.families.pull import Pull
from skmixture.families.trials import Trials
from skmixture.families.urns.kernels import ByRow, Tabled, join, largest_of
from skmixture.families.urns.solver import (
    LEAST_TOTAL,
    SMALLEST,
    Sums,
    Urns,
    minorised,
    pulled_bends,
    pulled_slopes,
    stepped,
)
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import COUNTED, Edge, never
from skmixture.law.family import Array, Arrays, Family
from skmixture.numerics.special import log_nb

__all__ = ["Urn"]

TINY = np.finfo(float).tiny
# Concentrations sum to no more than so many times the number of trials: no dispersion is left.
MOST_TOTAL = 1e10
# A start is not more concentrated than so many times the number of trials, nor less than this.
MOST_START, LEAST_START = 100.0, 0.01
# By so much a variance is above that without dispersion where none is left to be seen: of a million
# rows the log-likelihood differs by less than 1e-4.
NO_EXCESS = 1e-5
# What a user reads of concentrations that grew, by the name of the law without dispersion; of those
# that are 0 together, and of single ones.
GREW = (
    "grew without bound{beside}: counts there are no more dispersed than {law} ones, and the fit "
    f"there is that law, which has fewer parameters. {COUNTED} "
    "prior={{'{name}': Gamma(2, 0.1)}} of skmixture.priors keeps them finite."
)
ALL_OR_NONE = (
    "ended at 0{beside}: there all trials of a row of the component end alike. "
    f"{COUNTED} "
    "prior={{'{name}': Gamma(2, 0.1)}} of skmixture.priors keeps them above; probs_ has the shares."
)
NEVER = (
    "ended at 0: the component has no counts there, and a row with one is none of its. "
    f"{COUNTED} "
    "prior={{'{name}': Gamma(2, 0.1)}} of skmixture.priors keeps them above."
)
# Numbers of the tables of all laws of a batch together.
MOST_NUMBERS = 500_000


class Urn(Trials, Family):
    """Laws of counts of c colours drawn from g urns, with concentrations (B, K, c, g).

    Where counts are moderate the M-step is exact, by the tails of the counts;
    else it is a step of Newton's with sums gathered row by row, or of minorisation.
    """

    _kernel: ByRow | Tabled = ByRow()
    without_dispersion: ClassVar[str]  # the name of the law that has none
    beside: ClassVar[str] = ""  # how a sentence tells of the parameters after the first
    _most: Array | float = np.inf  # sums (g,) of concentrations, set by `localise`

    @abstractmethod
    def draws(self, X: NDArray, side: Arrays) -> Array:
        """Counts (..., n, c g + g) of each colour, and of all drawn from each urn."""

    @abstractmethod
    def concentrations(self, params: Arrays) -> Array:
        """Parameters as concentrations (B, K, c, g)."""

    @abstractmethod
    def params_of(self, a: Array) -> dict[str, Array]:
        """Concentrations as parameters."""

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        local, draws = copy.copy(self), self.draws(X, side)
        n_urns = self._n_urns(X.shape[-1])
        largest = self._largest(largest_of(draws), n_urns)
        grid = Grid.within(largest, draws.size)
        local._kernel = ByRow() if grid is None else Tabled(grid, n_urns)
        local._most = MOST_TOTAL * np.maximum(largest[-n_urns:], 1.0)
        return local

    def _largest(self, largest: Array, n_urns: int) -> Array:
        """The largest draw of each column that other rows may have."""
        return largest

    @abstractmethod
    def _n_urns(self, n_features: int) -> int:
        """Number g of urns."""

    def stable(self) -> Self:
        local = copy.copy(self)
        local._kernel = ByRow()
        return local

    def rounding(self, params: Arrays) -> Array:
        a = self.concentrations(params)
        if not isinstance(self._kernel, Tabled):
            return np.zeros(len(a))
        return self._kernel.rounding(join(a), a.shape[-1])

    def most_members(self, n_components: int) -> int:
        if not isinstance(self._kernel, Tabled):
            return super().most_members(n_components)
        return max(1, MOST_NUMBERS // (n_components * self._kernel.grid.n_cells))

    # -- the two steps -----------------------------------------------------

    def encode(self, X: NDArray, **side: Array) -> dict[str, Any]:
        return self._kernel.encode(self.draws(X, side))

    def prepare(self, params: Arrays) -> dict[str, Any]:
        a = self.concentrations(params)
        return self._kernel.prepare(join(a), a.shape[-1])

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        return self._kernel.log_prob(rows, prepared)

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        return self._kernel.expected_stats(rows, prepared, resp)

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        a = self.concentrations(params)
        slope, urn_slope = self._split(self._kernel.rises(stats, join(a)), a.shape[-2:])
        return self.with_slopes(self.params_of(a * (slope - urn_slope)), params)

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        if params is None:
            a = self._start(stats, constraints)
        else:
            a = self.concentrations(params)
        if isinstance(self._kernel, Tabled):
            urns = Urns(
                self._kernel.tails(stats),
                lambda sums: self._pooled(sums, constraints),
                lambda value: self._held(value, constraints),
                self._tied(constraints, a.shape[-2]),
                np.broadcast_to(self._most, a.shape[-1:]),
                self._pull(a),
            )
            a = urns.maximise(a)
        elif params is not None:
            a = self._stepped(stats, a, constraints)
        return self.params_of(self._held(a, constraints))

    def _tied(self, constraints: Constraints, n_colours: int) -> NDArray[np.bool_]:
        """Which colours (c,) all components share."""
        by_name = [name in constraints.tied for name in self.parameters]
        return np.repeat(by_name, n_colours // len(by_name))

    def careful(
        self, stats: Arrays, params: Arrays, constraints: Constraints = FREE
    ) -> dict[str, Array] | None:
        if isinstance(self._kernel, Tabled):
            return None
        a = self.concentrations(params)
        slopes = self._slopes(stats, a, constraints)
        return self.params_of(self._held(self._bounded(minorised(a, slopes)), constraints))

    def _stepped(self, stats: Arrays, a: Array, constraints: Constraints) -> Array:
        slopes = self._slopes(stats, a, constraints)
        bends = pulled_bends(Sums(*self._split(stats["bends"], a.shape[-2:])), a, self._pull(a))
        bends = Sums(*(self._pooled(part, constraints) for part in bends))
        tied = self._tied(constraints, a.shape[-2])
        if tied.any() and not tied.all():
            return self._bounded(minorised(a, slopes))
        free = np.isnan(self._held(np.full(a.shape, np.nan), constraints))
        return self._bounded(stepped(a, slopes, bends, free))

    def _slopes(self, stats: Arrays, a: Array, constraints: Constraints) -> Sums:
        """Those at `a`, with those of the priors, of what is tied together."""
        slopes = pulled_slopes(Sums(*self._split(stats["rises"], a.shape[-2:])), a, self._pull(a))
        return Sums(*(self._pooled(part, constraints) for part in slopes))

    def _pull(self, a: Array) -> Pull:
        """The priors' pull on concentrations (B, K, c, g)."""
        one = next(iter(self.params_of(a).values()))
        return Pull.of(self, self.concentrations, (1, *one.shape[1:]))

    def _start(self, stats: Arrays, constraints: Constraints) -> Array:
        """Concentrations by the first two factorial moments."""
        sums, pairs = self._kernel.moments(stats)
        shape = self._colours_and_urns(sums.shape[-1])
        colours, drawn = (self._pooled(s, constraints) for s in self._split(sums, shape))
        shares = (colours + TINY) / (drawn + TINY * shape[0])
        alike, both = (self._pooled(s, constraints) for s in self._split(pairs, shape))
        again = alike.sum(axis=-2) / np.maximum(both[..., 0, :], TINY)
        excess = again - (shares**2).sum(axis=-2)
        most = MOST_START * np.asarray(self._most) / MOST_TOTAL
        most = np.where(np.isfinite(most), most, 1 / LEAST_START)
        total = np.where(excess > 0, (1 - again) / np.maximum(excess, TINY), most)
        return self._bounded(shares * np.clip(total, LEAST_START, most)[..., None, :])

    @abstractmethod
    def _colours_and_urns(self, n_columns: int) -> tuple[int, int]:
        """c and g from the number c g + g."""

    @staticmethod
    def _split(sums: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Sums (B, K, c g + g) of colours and of urns, each (B, K, c, g)."""
        whole, n_urns = (*sums.shape[:2], *shape), shape[-1]
        colours = sums[..., :-n_urns].reshape(whole)
        return colours, np.broadcast_to(sums[..., None, -n_urns:], whole)

    def _bounded(self, a: Array) -> Array:
        a = np.maximum(a, SMALLEST)
        total = a.sum(axis=-2, keepdims=True)
        return np.asarray(a * (np.clip(total, LEAST_TOTAL, self._most) / total))

    def _pooled(self, sums: Array, constraints: Constraints) -> Array:
        parts = self.params_of(sums)
        pooled = {name: constraints.pool(name, part) for name, part in parts.items()}
        return self.concentrations(pooled)

    def _held(self, a: Array, constraints: Constraints) -> Array:
        parts = self.params_of(a)
        return self.concentrations({k: constraints.hold(k, part) for k, part in parts.items()})

    def at_edges(self, params: Arrays, n_rows: float) -> list[Edge]:
        a, most = self.concentrations(params), np.asarray(self._most)
        total = a.sum(axis=-2)  # (K, g)
        trials = np.maximum(most / MOST_TOTAL, 1.0)
        is_zero = total <= 1.001 * LEAST_TOTAL
        with np.errstate(over="ignore"):
            expected = n_rows * trials * a / total[..., None, :]
        is_never = never(expected) & ~is_zero[..., None, :]
        grew = np.asarray(NO_EXCESS * total >= trials)
        first = next(iter(self.parameters))
        return [
            Edge(first, self._together(grew), self._told(GREW, first)),
            Edge(first, self._together(is_zero), self._told(ALL_OR_NONE, first)),
            *(
                Edge(name, at > 0, self._told(NEVER, name))
                for name, at in self.params_of(is_never.astype(float)).items()
            ),
        ]

    @abstractmethod
    def _together(self, urns: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """What is so of urns (K, g), for the first parameter."""

    def _told(self, meaning: str, name: str) -> str:
        return meaning.format(law=self.without_dispersion, name=name, beside=self.beside)

    def confine(self, params: Arrays) -> dict[str, Array]:
        return self.params_of(self._bounded(self.concentrations(params)))


def draw_shares(rng: RandomState, a: Array) -> Array:
    """Dirichlet shares (n, c, g) by concentrations, which may be as small as any.

    A gamma variable of shape a is one of shape a + 1 times the a-th root of a
    uniform one; in logs none of them vanishes.
    """
    logs = np.log(rng.standard_gamma(a + 1)) + np.log(rng.uniform(size=a.shape)) / a
    shares = np.exp(logs - logs.max(axis=-2, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-2, keepdims=True))


def beta_binomial_bounds(
    q: Array, trials: Array, alphas: Array, total: Array
) -> tuple[Array, Array]:
    """Counts between which quantiles of the beta-binomial law lie."""
    share = alphas / total
    variance = trials * share * (1 - share) * ((total + trials) / (total + 1))
    low, high = (np.fmin(b, trials) for b in bounds_by_variance(q, trials * share, variance))
    return low, high


def beta_binomial_cdf(X: Array, trials: Array, alphas: Array, betas: Array) -> Array:
    """Distribution function (K, n, d), by sums of probabilities."""
    below, trials = np.broadcast_arrays(np.floor(X), trials)  # (n, d)
    cdf = np.empty((len(alphas), *below.shape))
    for j in range(below.shape[1]):
        for number in np.unique(trials[:, j]):
            rows = np.flatnonzero(trials[:, j] == number)
            cdf[:, rows, j] = _below(below[rows, j], number, alphas[:, j, None], betas[:, j, None])
    return cdf


def _below(x: Array, n: float, a: Array, b: Array) -> Array:
    """Probabilities (K, n) of at most x, by parameters (K, 1)."""
    u = np.arange(n + 1)
    total = a + b
    log_prob = log_nb(u, n * (a / total), a) + log_nb(n - u, n * (b / total), b)
    below = np.cumsum(np.exp(log_prob - log_nb(n, n, total)), axis=-1)
    place = np.clip(x, 0, n).astype(np.int64)
    inside = np.minimum(below[:, place], 1.0)
    return np.where(x < 0, 0.0, np.where(x >= n, 1.0, inside))

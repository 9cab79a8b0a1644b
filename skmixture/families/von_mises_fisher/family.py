"""Von Mises-Fisher: directions, as vectors of length 1."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.families.pull import Pull
from skmixture.families.von_mises_fisher.bessel import Bessel, bessel
from skmixture.families.von_mises_fisher.concentrations import LEAST, maximal_concentrations
from skmixture.families.von_mises_fisher.draws import draw_directions
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import COUNTED, Edge
from skmixture.law.exponential_family import ExponentialFamily
from skmixture.law.family import Array, Arrays
from skmixture.priors import Gamma
from skmixture.supports import unit_vectors
from skmixture.table.rows import rows_last
from skmixture.transforms import Transform, positive, sphere

__all__ = ["VonMisesFisher"]

EPS, TINY = float(np.finfo(float).eps), float(np.finfo(float).tiny)
# Components of less mass count as having this.
LEAST_MASS = 1e-100
# An angle of this many grains of the data is only their rounding.
GRAINS = 16
LOG_2PI = float(np.log(2 * np.pi))


UNIFORM = (
    "ended at 0: the component has no direction, its law is uniform. "
    f"{COUNTED} Its direction means nothing; fewer components may do as well."
)


class VonMisesFisher(ExponentialFamily):
    """Von Mises-Fisher law of unit vectors, a direction m and a concentration k.

    ``log f = k m' x + (d / 2 - 1) log k - d log(2 pi) / 2 - log I(k)`` with I
    the modified Bessel function of order d / 2 - 1, a density by the surface of
    the sphere (Mardia and Jupp 2000, Directional Statistics, 9.3.2). On the
    circle, d = 2, it is von Mises' law. The M-step is closed but for the
    concentration, the root of an equation in the mean cosine. Rows of length
    1 within a thousandth, as few digits give, are brought to length 1.

    Concentrations stay between 1e-8, a uniform law, and one whose angles are
    no wider than the rounding of the data.

    References
    ----------
    Banerjee, Dhillon, Ghosh and Sra (2005), JMLR 6, 1345-1382.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import VonMisesFisher
    >>> angles = np.array([0.1, 0.3, 0.2, 3.0, 3.2, 3.4, 3.1])
    >>> X = np.column_stack([np.cos(angles), np.sin(angles)])
    >>> model = Mixture(VonMisesFisher(), 2, order_by="weights", random_state=0).fit(X)
    >>> np.arctan2(model.directions_[:, 1], model.directions_[:, 0]).round(2)
    array([ 0.2 , -3.11])
    """

    support = unit_vectors
    why_whole = ", because only all of its columns are a direction"
    min_rows = 2
    flat_rows = 1
    takes_priors: ClassVar = {"concentrations": Gamma}
    usual: ClassVar = {"concentrations": 10.0}
    collapse = (
        "their rows have one direction but for rounding, and concentrations_ has stopped at "
        "its bound. Use fewer components, other starts, or tied=('concentrations',)."
    )
    _largest: float = 1 / (GRAINS * EPS) ** 2  # concentration, set by `localise`

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"directions": sphere, "concentrations": positive}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"directions": (n_features,), "concentrations": ()}

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        local = copy.copy(self)
        local._largest = 1 / (GRAINS * float(np.finfo(X.dtype).eps)) ** 2
        return local

    def rounding(self, params: Arrays) -> Array:
        return 2 * EPS * params["concentrations"].max(axis=1)

    def stable(self) -> VonMisesFisher:
        law = StableVonMisesFisher()
        law.__dict__.update(self.__dict__)
        return law

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        return params["concentrations"] >= 0.999 * self._largest

    # -- the two steps -----------------------------------------------------

    def statistics(self, X: NDArray, **side: Array) -> Array:
        """The rows, of length 1 to the last digit."""
        x = rows_last(np.asarray(X, dtype=float))
        return x / np.sqrt(np.einsum("...dn,...dn->...n", x, x))[..., None, :]

    def natural(self, params: Arrays) -> tuple[Array, Array]:
        directions, k = params["directions"], params["concentrations"]
        return k[..., None] * directions, _log_scaled_normaliser(params) + k

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        directions = self._directions(stats, params, constraints)
        n = np.maximum(constraints.pool("concentrations", stats["n"]), LEAST_MASS)
        shortfall = self.shortfall(stats, params, directions)
        shortfall = constraints.pool("concentrations", shortfall) / n
        prior = (np.broadcast_to(v, stats["n"].shape) for v in self.pseudo("concentrations"))
        pull = Pull(*(constraints.pool("concentrations", number) for number in prior)).per(n)
        k = maximal_concentrations(shortfall, directions.shape[-1], self._largest, pull)
        return {"directions": directions, "concentrations": constraints.hold("concentrations", k)}

    def _directions(self, stats: Arrays, params: Arrays | None, constraints: Constraints) -> Array:
        """Those of the sums of rows; a shared one weighs these by concentrations before the step.

        The concentrations follow, given the directions (a conditional
        maximisation): the likelihood never falls.
        """
        total = self.resultant(stats, params)
        if "directions" in constraints.tied and params is not None:
            total = params["concentrations"][..., None] * total
        total = constraints.pool("directions", total)
        length = np.sqrt((total**2).sum(axis=-1, keepdims=True))
        before = np.eye(total.shape[-1])[0] if params is None else params["directions"]
        directions = np.where(length > TINY, total / np.maximum(length, TINY), before)
        return constraints.hold("directions", directions)

    def resultant(self, stats: Arrays, params: Arrays | None) -> Array:
        """The sums of rows (B, K, d)."""
        return stats["t"]

    def shortfall(self, stats: Arrays, params: Arrays | None, directions: Array) -> Array:
        """The sums (B, K) of 1 less the cosine of the angle with a direction."""
        return stats["n"] - (stats["t"] * directions).sum(axis=-1)

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        at = _bessel(params)
        short = mass * at.shortfall / params["concentrations"]
        first = -short[..., None] * params["directions"]
        return {"n": mass, "first": first, "square": 2 * short}

    def restated(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        n, directions = stats["n"], params["directions"]
        square = 2 * self.shortfall(stats, params, directions)
        first = self.resultant(stats, params) - n[..., None] * directions
        return {"n": n, "first": first, "square": square}

    def confine(self, params: Arrays) -> dict[str, Array]:
        k = np.clip(params["concentrations"], LEAST, self._largest)
        return {**params, "concentrations": k}

    def at_edges(self, params: Arrays, n_rows: float) -> list[Edge]:
        return [Edge("concentrations", params["concentrations"] <= 1.001 * LEAST, UNIFORM)]

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        directions, k = params["directions"], params["concentrations"]
        short = self.shortfall(stats, params, directions)
        by_direction = k[..., None] * self.pull(stats)
        by_name = {
            "directions": sphere.gradient(sphere.unconstrain(directions), by_direction),
            "concentrations": stats["n"] * _bessel(params).shortfall - k * short,
        }
        return self.with_slopes(by_name, params)

    def pull(self, stats: Arrays) -> Array:
        """What is as the sums of rows (B, K, d), but for a multiple of the directions."""
        return stats["t"]

    # -- beyond fitting ----------------------------------------------------

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        return draw_directions(rng, params["directions"][labels], params["concentrations"][labels])

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        return stats.vonmises_fisher(params["directions"], params["concentrations"])

    def read(self, published: Mapping[str, Array]) -> dict[str, Array]:
        """Directions that were rounded, to single precision maybe, have length 1 again."""
        read = dict(published)
        if "directions" in read:
            directions = read["directions"]
            length = np.sqrt((directions**2).sum(axis=-1, keepdims=True))
            close = sphere.holds(directions)[..., None]
            read["directions"] = np.where(close, directions / length, directions)
        return read


class StableVonMisesFisher(VonMisesFisher):
    """The same by distances from the direction.

    ``k m' x`` is ``k - k |x - m|^2 / 2``, and the normaliser has the same k in
    it, which cancels. So do the sums: about the direction that they were
    gathered with, they keep the digits that sums of rows lose.
    """

    def stable(self) -> VonMisesFisher:
        return self

    def rounding(self, params: Arrays) -> Array:
        return np.zeros(len(params["concentrations"]))

    def prepare(self, params: Arrays) -> dict[str, Array]:
        return {**params, "level": -_log_scaled_normaliser(params)}

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        log_prob = _squares(rows["t"], prepared["directions"])
        log_prob *= -0.5 * prepared["concentrations"][..., None]
        log_prob += prepared["level"][..., None]
        return log_prob

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        x, directions = rows["t"], prepared["directions"]
        first = np.empty(directions.shape)
        for j in range(directions.shape[-1]):
            about = x[..., None, j, :] - directions[..., j, None]
            first[..., j] = np.einsum("bkn,bkn->bk", resp, about)
        square = np.einsum("bkn,bkn->bk", resp, _squares(x, directions))
        return {"n": resp.sum(axis=-1), "first": first, "square": square}

    def resultant(self, stats: Arrays, params: Arrays | None) -> Array:
        assert params is not None  # sums without a point of reference are those of the fast law
        return stats["n"][..., None] * params["directions"] + stats["first"]

    def shortfall(self, stats: Arrays, params: Arrays | None, directions: Array) -> Array:
        assert params is not None
        delta = directions - params["directions"]
        moved = 0.5 * stats["n"] * (delta**2).sum(axis=-1) - (delta * stats["first"]).sum(axis=-1)
        return 0.5 * stats["square"] + moved

    def pull(self, stats: Arrays) -> Array:
        return stats["first"]


def _bessel(params: Arrays) -> Bessel:
    return bessel(0.5 * params["directions"].shape[-1] - 1, params["concentrations"])


def _log_scaled_normaliser(params: Arrays) -> Array:
    """The log normaliser (B, K) less the concentration."""
    return _bessel(params).log_scaled + 0.5 * params["directions"].shape[-1] * LOG_2PI


def _squares(x: Array, directions: Array) -> Array:
    """Squared distances (B, K, n) of rows (..., d, n) from directions (B, K, d)."""
    total = np.zeros((*directions.shape[:2], x.shape[-1]))
    for j in range(directions.shape[-1]):  # a column at a time: (B, K, n) is the largest array
        total += (x[..., None, j, :] - directions[..., j, None]) ** 2
    return total

"""Beta: shares between 0 and 1, independent between columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import special

from skmixture.estimator.named import NamedMixture
from skmixture.families.compositional import AboutProportions, CompositionalLaw
from skmixture.families.concentrations import maximum, shared_maximum
from skmixture.families.positive import TINY
from skmixture.law.constant import told_constant
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.family import Array, Arrays
from skmixture.numerics.buffers import side_by_side
from skmixture.priors import Gamma
from skmixture.supports import unit_interval
from skmixture.table.rows import rows_last
from skmixture.transforms import Transform, positive

__all__ = ["Beta", "BetaMixture"]

NAMES = ("alphas", "betas")
HIGHEST = float(np.nextafter(1.0, 0.0))


class Beta(CompositionalLaw):
    """Beta law of shares strictly between 0 and 1, two shapes for each column.

    ``log f = (a - 1) log x + (b - 1) log(1 - x) - log B(a, b)`` with B the beta
    function, summed over the columns: Dirichlet's law of the two parts x and
    ``1 - x``, by whose formulas everything is computed. The mean is
    ``a / (a + b)``.

    References
    ----------
    Minka (2000), Estimating a Dirichlet distribution; this is that of two parts.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import Beta
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.beta(2.0, 9.0, 600), rng.beta(20.0, 5.0, 400)]
    >>> model = Mixture(Beta(), n_components=2, order_by="alphas", random_state=0)
    >>> model.fit(x[:, None]).alphas_.ravel().round()
    array([ 2., 20.])
    """

    support = unit_interval
    flat_rows = 1
    factorises = True
    takes_priors: ClassVar = dict.fromkeys(NAMES, Gamma)
    usual: ClassVar = dict.fromkeys(NAMES, 1.0)
    collapse = (
        "in some column their rows are all but equal, where alphas_, betas_ and the density grow "
        "without bound. Use fewer components or other starts."
    )

    @property
    def parameters(self) -> dict[str, Transform]:
        return dict.fromkeys(NAMES, positive)

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(NAMES, (n_features,))

    def stable(self) -> StableBeta:
        law = StableBeta()
        law.__dict__.update(self.__dict__)
        return law

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        with np.errstate(over="ignore"):
            variance = 1 / params["alphas"] + 1 / params["betas"]  # of the logit, about
        least = np.asarray(self._narrowest) ** 2
        narrow = (variance < 2 * least) | self.at_bound(params)
        return np.asarray((narrow & ~self._is_constant).any(axis=-1))

    def on_constants(self, columns: Sequence[Any]) -> list[str]:
        return told_constant(self._is_constant, "shape", columns)

    # -- the two steps -----------------------------------------------------

    def concentrations(self, params: Arrays) -> Array:
        return np.stack([params[name] for name in NAMES], axis=-1)

    def by_name(self, concentrations: Array) -> dict[str, Array]:
        return {name: concentrations[..., part] for part, name in enumerate(NAMES)}

    def parts(self, X: NDArray) -> Array:
        return _interleaved(lambda x: x, lambda x: 1 - x, X)

    def log_parts(self, X: NDArray) -> Array:
        return _interleaved(np.log, lambda x: np.log1p(-x), X)

    def n_parts(self, stats: Arrays) -> int:
        return 2

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        tied = [part for part, name in enumerate(NAMES) if name in constraints.tied]
        if len(tied) == 2:
            stats = {name: constraints.pool(NAMES[0], sums) for name, sums in stats.items()}
        n, average = self.average(stats, params)
        nothing = np.full(average.logs.shape[1:3], np.nan)
        held = np.stack([constraints.fixed.get(name, nothing) for name in NAMES], axis=-1)
        if len(tied) == 1:
            pull = self.pull(n, len(nothing[0]), FREE)
            found = shared_maximum(average, held, n[..., None], tied[0], pull)
        else:
            start = None if params is None else self.concentrations(params)
            found = maximum(average, held, start, self.pull(n, len(nothing[0]), constraints))
        return {name: constraints.hold(name, v) for name, v in self.by_name(found).items()}

    def derived(self, published: Arrays) -> dict[str, Array]:
        return {"means": published["alphas"] / (published["alphas"] + published["betas"])}

    # -- beyond fitting ----------------------------------------------------

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        draws = rng.beta(params["alphas"][labels], params["betas"][labels])
        return np.clip(draws, TINY, HIGHEST)

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self.marginal_cdf(X, params).prod(axis=-1)

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        alphas, betas = params["alphas"][:, None], params["betas"][:, None]
        return special.betainc(alphas, betas, np.clip(X, 0.0, 1.0))

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        alphas, betas = params["alphas"][:, None], params["betas"][:, None]
        quantile = special.betaincinv(alphas, betas, q[:, None])
        return quantile, quantile

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        alphas, betas = params["alphas"], params["betas"]
        return stats.beta(alphas[0], betas[0]) if len(alphas) == 1 else stats.beta(alphas, betas)

    def features(self, X: NDArray) -> Array:
        return special.logit(np.asarray(X, dtype=float))


class StableBeta(AboutProportions, Beta):
    """Beta laws of any shapes: large terms cancel before they are rounded."""

    def _even(self, n_flat: int) -> float:
        return 0.5


def _interleaved(of_first: Any, of_second: Any, X: NDArray) -> Array:
    """Functions of rows (..., n, d), the two of a column side by side: (..., 2 d, n)."""
    x = side_by_side(np.asarray(rows_last(X), dtype=float))
    both = np.stack([of_first(x), of_second(x)], axis=-2)
    return both.reshape(*x.shape[:-2], -1, x.shape[-1])


class BetaMixture(NamedMixture, family=Beta):
    """Mixture of beta laws, columns independent within a component.

    For shares, rates and probabilities strictly between 0 and 1, such as
    methylation levels.

    Parameters
    ----------
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    alphas_init, betas_init : array-like of shape (n_components, n_features), optional
        Shapes at the start.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "alphas" (Gamma),
        "betas" (Gamma).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    alphas_, betas_ : ndarray of shape (n_components, n_features)
    means_ : ndarray of shape (n_components, n_features)
        ``alphas_ / (alphas_ + betas_)``.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, n_samples_seen_, n_samples_start_, family_, n_features_in_, \
feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.Beta : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import BetaMixture
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.beta(2.0, 9.0, 600), rng.beta(20.0, 5.0, 400)]
    >>> model = BetaMixture(2, order_by="alphas", random_state=0).fit(x[:, None])
    >>> model.means_.ravel().round(2)
    array([0.18, 0.8 ])
    """

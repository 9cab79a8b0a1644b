"""FromLogPDF: a law that the user writes as its log density."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from skmixture.families.written.beyond import below, drawn
from skmixture.families.written.bounded import Bounded
from skmixture.families.written.calls import Calls, spelt
from skmixture.families.written.edges import along_edges
from skmixture.families.written.ends import to_the_ends
from skmixture.families.written.likelihood import STEP, Likelihood
from skmixture.families.written.local import Local, settled
from skmixture.families.written.maximum import Optimiser
from skmixture.families.written.problems import Problems
from skmixture.families.written.settings import Settings
from skmixture.families.written.start import first_coordinates
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import Edge
from skmixture.law.family import Array, Arrays
from skmixture.law.parts import shallow
from skmixture.supports import Support
from skmixture.table.rows import rows_last

__all__ = ["FromLogPDF"]

# Steps of an M-step, and of the first one.
STEPS, FIRST_STEPS = 2, 15
# Where all rows have a mean log density like this, it is that of a spike.
SPIKE = 300.0
# What is added to log densities, among the constants of a sweep: no name of a parameter.
RAISED = "raised by"
TINY = float(np.finfo(float).tiny)
FAILED = "Fitting the mixture model failed"
AT_BOUND = (
    "ended at a bound: the likelihood is no lower there, and may rise beyond. Widen the bounds if "
    "that is not what they are for."
)


class FromLogPDF(Settings):
    """A law that is written as its log density, a function of rows and parameters.

    Parameters are named by the arguments of the function; each may be a
    number, a vector or a matrix, with bounds or another constraint. The M-step
    is numerical: it climbs the weighted log-likelihood on the unconstrained
    scale, from the parameters before. It needs all rows at once. A law of the
    package is faster and has more digits: take it where it is.

    Parameters
    ----------
    logpdf : callable
        ``logpdf(X, **params)`` gives the log densities (n,) of rows (n, d) for
        one component, -inf where a row is impossible. With
        ``vectorized=True``, each parameter comes as (B, K, ...) and the
        result is (B, K, n), for any B and K.
    params : mapping or sequence of str, optional
        By name a :class:`Parameter`, or in short: bounds, as a tuple
        ``(low, high)``; a transform; or where to start, as a number or an array.
        Arguments of `logpdf` that are not here are numbers without bounds;
        with a default value, they are parameters only where they are here or
        in `bounds`.
    bounds : mapping of str to (low, high), optional
        Bounds alone; None where there is none.
    tied : sequence of str, default=()
        Parameters that all components share, besides those that the mixture
        ties.
    vectorized : bool, default=False
        Whether the functions take all components at once.
    gradient : callable, optional
        ``gradient(X, **params)`` gives the derivatives of `logpdf` by each
        parameter, a dict of (n, ...), or (B, K, n, ...) where vectorized.
        Without it they are differences.
    log_base : callable, optional
        ``log_base(X)`` gives a part (n,) of the log density into which no
        parameter enters, and which `logpdf` leaves out; it is computed once.
    rvs : callable, optional
        ``rvs(**params, size, random_state)`` draws rows of one component, for
        `sample`.
    cdf : callable, optional
        ``cdf(X, **params)`` gives the joint distribution function (n,) of one
        component.
    support : Support, default=None
        Where rows may lie, from :mod:`skmixture.supports`; None is
        everywhere. Where it is discrete, equal rows are computed once.
    method : str or callable, default=None
        How the M-step climbs. None is a few guarded steps of Newton's, for
        all components and starts at once. Else what
        `scipy.optimize.minimize` takes: "L-BFGS-B", "Powell" and others, for
        each component by itself.
    options : mapping, optional
        Options of that method. Without "maxiter" it is broken off early.
    n_jobs : int, default=None
        Threads that share components and starts, through joblib; within
        ``joblib.parallel_config(backend="loky")``, processes.
    n_features : int, optional
        Columns of the rows, for `from_params`. By default as many as a
        parameter with the length "d" has, else as `rvs` draws, else 1. A fit
        takes the columns of its rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import FromLogPDF
    >>> def gumbel(X, loc, scale):
    ...     z = (X[:, 0] - loc) / scale
    ...     return -z - np.exp(-z) - np.log(scale)
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.gumbel(0, 1, 300), rng.gumbel(9, 2, 200)][:, None]
    >>> law = FromLogPDF(gumbel, bounds={"scale": (0, None)})
    >>> model = Mixture(law, 2, n_init=3, order_by="loc", random_state=0).fit(x)
    >>> model.loc_.round(1) + 0.0, model.scale_.round(1)
    (array([0., 9.]), array([1. , 2.1]))
    """

    additive = False
    _local: Local | None = None  # constants of the data, set by `localise`
    # the last responsibilities, and the likelihood that has them as weights
    _last: tuple[Array, Likelihood] | None = None
    _complaint: ValueError | None = None  # about the last log densities
    _told: bool = False  # whether a failing optimiser has been warned of

    def __init__(
        self,
        logpdf: Callable[..., Any],
        params: Mapping[str, Any] | Iterable[str] | None = None,
        *,
        bounds: Mapping[str, tuple[Any, Any]] | None = None,
        tied: Iterable[str] = (),
        vectorized: bool = False,
        gradient: Callable[..., Any] | None = None,
        log_base: Callable[..., Any] | None = None,
        rvs: Callable[..., Any] | None = None,
        cdf: Callable[..., Any] | None = None,
        support: Support | None = None,
        method: str | Callable[..., Any] | None = None,
        options: Mapping[str, Any] | None = None,
        n_jobs: int | None = None,
        n_features: int | None = None,
    ) -> None:
        self.logpdf = logpdf
        self.params = params
        self.bounds = bounds
        self.tied = tied
        self.vectorized = vectorized
        self._gradient = gradient
        self._log_base = log_base
        self.rvs = rvs
        self._cdf = cdf
        self._support = support
        self.method = method
        self.options = options
        self.n_jobs = n_jobs
        self.n_features = n_features

    @property
    def failure(self) -> str:  # type: ignore[override]
        for name, parameter in self.declared.items():
            if parameter.starts_on_a_bound:
                return (
                    f"{FAILED}. The start of {name!r} is on a bound, where a law may have no "
                    "density: give another."
                )
        if self._local is not None and self._local.lost is not None:
            return (
                f"{FAILED}. The row {self._local.lost} is impossible, or has no number, at all "
                "parameters that were tried: leave such rows out."
            )
        return (
            f"{FAILED}: from no start could the log density be climbed. A "
            "component may have all its weight in one value, where a density grows without bound, "
            "or rows may be impossible for all components. Give bounds, or start= for the "
            "parameters, or fewer components."
        )

    # -- the data at hand --------------------------------------------------------

    @property
    def _calls(self) -> Calls:
        return Calls(self.logpdf, self._gradient, self.vectorized)

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        X = X.reshape(-1, X.shape[-1]).astype(float, copy=False)
        if weight is not None and weight.size != len(X):  # members with weights of their own
            weight = None
        law = shallow(self, _last=None, _complaint=None, _told=False)
        constant = np.broadcast_to(self.log_base(X), len(X))
        with np.errstate(all="ignore"):
            law._local = settled(self._calls, self.declared, X, weight, constant)
        return law

    def doubts(self) -> list[str]:
        if not self._at_hand.level > SPIKE:
            return []
        return [
            "the log density of all rows together grows without bound: rows may all be alike, or "
            "bounds on the parameters be missing."
        ]

    def remarks(self, params: Arrays, constraints: Constraints = FREE) -> list[str]:
        local, K = self._at_hand, len(next(iter(params.values())))
        if self.doubts():  # which have said as much
            return []
        held = local.layout.held(constraints.fixed, K)
        with np.errstate(all="ignore"):
            found = np.flatnonzero(local.next_to_edges(self._calls, local.layout.of(params), held))
        if not len(found):
            return []
        own = {name: value[found[0]] for name, value in local.to_user(params).items()}
        return [
            f"component {found[0]} has come to an edge beyond which logpdf returns no numbers, at "
            f"{spelt(own)}: state bounds, within which a maximum is found with certainty"
        ]

    def to_local(self, params: Arrays) -> dict[str, Array]:
        return dict(params) if self._local is None else self._local.to_local(params)

    def to_user(self, params: Arrays) -> dict[str, Array]:
        return dict(params) if self._local is None else self._local.to_user(params)

    def stable(self) -> FromLogPDF:
        # rows that are scored need no M-step, for which they are held together
        return shallow(self, additive=True) if self._local is None else self

    def check_values(self) -> None:
        if self._complaint is not None:
            raise self._complaint

    # -- the two steps -----------------------------------------------------------

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        encoded = {"x": rows_last(X.astype(float, copy=False))}
        if self._log_base is not None and self._local is not None:
            encoded["base"] = np.asarray(self.log_base(X))
        return encoded

    def log_base(self, X: NDArray, **side: Array) -> Array | float:
        if self._log_base is None:
            return 0.0
        rows = X.reshape(-1, X.shape[-1]).astype(float, copy=False)
        try:
            base = np.asarray(self._log_base(rows), dtype=float)
        except Exception as error:
            raise ValueError(f"log_base raised {type(error).__name__}: {error}") from error
        if base.shape != (len(rows),) or not np.isfinite(base).all():
            raise ValueError(
                f"log_base must return a finite number a row, of shape ({len(rows)},), got shape "
                f"{base.shape}" + ("" if np.isfinite(base).all() else " with others among them")
            )
        return base.reshape(X.shape[:-1])

    def raised(self, prepared: Arrays, amount: Array) -> dict[str, Array]:
        return {**prepared, RAISED: amount}

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        x = np.swapaxes(rows["x"], -1, -2)
        params = self.to_user({name: prepared[name] for name in self.declared})
        B, K = next(iter(params.values())).shape[:2]
        if x.ndim == 2:
            flat = {name: value.reshape(B * K, *value.shape[2:]) for name, value in params.items()}
            values, complaint = self._calls.table(x, flat, lambda unit: unit % K)
        else:
            tables = [
                self._calls.table(X, {name: value[b] for name, value in params.items()})
                for b, X in enumerate(np.broadcast_to(x, (B, *x.shape[1:])))
            ]
            values = np.concatenate([table.values for table in tables])
            complaint = next((t.complaint for t in tables if t.complaint is not None), None)
        if complaint is not None and self._local is None:
            raise complaint
        self._complaint = complaint  # a fit may have been trying: it asks where it was not
        values = values.reshape(B, K, -1)
        if RAISED in prepared:
            values += prepared[RAISED][..., None]
        return values

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        x = np.swapaxes(rows["x"], -1, -2)
        base = (resp * rows["base"][..., None, :]).sum(axis=-1) if "base" in rows else 0.0
        return {
            "n": resp.sum(axis=-1),
            "resp": resp,
            "x": x if x.ndim == 3 else x[None],
            "base": np.broadcast_to(base, resp.shape[:2]),
        }

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        with np.errstate(all="ignore"):  # trials may go far out
            z = self._climbed(stats, params, constraints)
        found = self._at_hand.layout.params(z)
        return {name: constraints.hold(name, value) for name, value in found.items()}

    def _climbed(self, stats: Arrays, params: Arrays | None, constraints: Constraints) -> Array:
        """Coordinates (B, K, q) after an M-step, NaN where a component would be a spike."""
        local, (B, K, _) = self._at_hand, stats["resp"].shape
        layout, likelihood, steps = local.layout, self._likelihood(stats), STEPS
        if params is None:
            first = first_coordinates(local, self._calls, self.declared, stats["x"], stats["resp"])
            params, steps = layout.params(first), FIRST_STEPS
        params = {
            name: constraints.hold(name, constraints.average(name, params[name]))
            for name in self.declared
        }
        held, tied = layout.held(constraints.fixed, K), layout.which(constraints.tied)
        problems = Problems(likelihood, held, tied, B)
        u, message = self._optimiser.maximised(
            problems, problems.gathered(layout.of(params)), steps
        )
        self._tell(message)
        u = along_edges(problems, u, local.steps / STEP)
        z = problems.spread(to_the_ends(problems, u, local.ends, local.near))
        level = likelihood.value(z) + stats["base"]
        narrow = level > local.highest * np.maximum(stats["n"], TINY)
        if constraints.tied:
            narrow = narrow.any(axis=1, keepdims=True) & np.ones(K, dtype=bool)
        return np.where(narrow[..., None], np.nan, z)

    def at_edges(self, params: Arrays, n_rows: float) -> list[Edge]:
        return [
            Edge(name, transform.at_ends(params[name]), AT_BOUND)
            for name, transform in self.parameters.items()
            if isinstance(transform, Bounded)
        ]

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        layout = self._at_hand.layout
        with np.errstate(all="ignore"):
            slopes = self._likelihood(stats).expansion(layout.of(params)).gradient
        return layout.split(slopes)

    @property
    def _at_hand(self) -> Local:
        if self._local is None:
            raise ValueError("FromLogPDF is fitted to data that it was localised to")
        return self._local

    @property
    def _optimiser(self) -> Optimiser:
        return Optimiser(self.method, dict(self.options or {}), self.n_jobs)

    def _likelihood(self, stats: Arrays) -> Likelihood:
        """That of the responsibilities; of the same ones as before, with all that is known."""
        resp = stats["resp"]
        if self._last is None or self._last[0] is not resp:
            self._last = resp, self._at_hand.likelihood(self._calls, stats["x"], resp)
        return self._last[1]

    def _tell(self, message: str) -> None:
        """Warn of an optimiser that failed, once a fit."""
        if message and not self._told:
            self._told = True
            warnings.warn(
                f"the optimiser of the M-step failed for {message} EM goes on from the best point "
                "that it found.",
                ConvergenceWarning,
                stacklevel=2,
            )

    # -- beyond fitting ------------------------------------------------------------

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        if self.rvs is None:
            raise NotImplementedError(
                "FromLogPDF draws no rows from a log density: give rvs=, a function "
                "rvs(**params, size, random_state) that does"
            )
        known = self._by_column is not None or self.n_features is not None
        width = self.n_features_of(params) if known else None
        return drawn(self.rvs, params, labels, rng, width)

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        if self._cdf is None:
            raise NotImplementedError(
                "FromLogPDF has no distribution function: give cdf=, a function cdf(X, **params)"
            )
        return below(self._cdf, X, params)

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        if X.shape[1] != 1:
            raise NotImplementedError("FromLogPDF knows no columns by themselves, only whole rows")
        return self.cdf(X, params)[..., None]

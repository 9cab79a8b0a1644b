"""The open door: a mixture of any family."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from numpy.random import RandomState
from numpy.typing import ArrayLike

from skmixture.estimator.base import BaseMixture
from skmixture.families.gaussian import Gaussian
from skmixture.given.numbering import OrderBy
from skmixture.law.family import Family

__all__ = ["Mixture"]


class Mixture(BaseMixture):
    """Finite mixture of any family, ``p(x) = sum_k weight_k f(x; parameters_k)``.

    The defaults look for the optimum: several starts of different kinds in
    coordinates that units do not decide, and a stop on the gain that is still
    to come.

    Parameters
    ----------
    family : Family, default=None
        The law of the components; None is ``Gaussian()``.
    n_components : int, default=1
        Number of components.
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    params_init : mapping of str to array-like, optional
        Parameters at the start, by name; those left out come from `init_params`.
    fixed : mapping of str to array-like, optional
        Values that are held: ``{"weights": [.5, .5], "means": [[0, nan], ...]}``,
        NaN where a value is free. One number, where values are numbers, is for all of them.
    tied : tuple of str, default=()
        Parameters that all components share.
    prior : mapping of str to prior, optional
        Priors on parameters, from :mod:`skmixture.priors`; the fit then
        maximises the posterior density. "weights" takes a number too, the
        concentration of a Dirichlet prior.
    tol : float, default=1e-12
        Threshold of the stop, on the mean log-likelihood.
    tol_type : {"remaining", "absolute", "relative"}, default="remaining"
        What must fall below `tol`: the gain still to come, as the gradient
        or, under EM itself, the last changes foretell it; the change in one
        iteration; that change relative to its value.
    max_iter : int, default=10000
        The most iterations of a run. 0 stops at the start, one M-step from
        its responsibilities; of several starts it is then the last.
    n_init : int, default=30
        Number of starts. Where there is much to compute, they are compared on
        a sample of the rows, and the most promising run on all of them.
    init_params : str or callable, default="auto"
        "auto" takes starts of several kinds; "kmeans", "k-means++", "random"
        and "random_from_data" as named. A callable
        ``(X, n_components, random_state)`` returns responsibilities or labels.
    acceleration : {"lbfgs", "squarem", "anderson", None}, default="lbfgs"
        How EM's steps are made to go further. "lbfgs" takes quasi-Newton
        steps with the EM step as preconditioner, and Anderson's where the
        family gives no gradient that EM climbs; None is EM itself. No step is
        kept that lowers the likelihood.
    order_by : str or callable, optional
        How components are numbered: by "weights", a parameter's name, or a
        callable that takes the dict of them and returns one key a component.
    random_state : int, RandomState instance or None, default=None
        Seed of the starts, and of `sample` and `sample_latent`.
    warm_start : bool, default=False
        Go on from the last fit.
    verbose : int, default=0
        1 prints starts and iterations, 2 also times and changes.
    verbose_interval : int, default=10
        Iterations between two lines.
    forgetting : float, default=0.7
        How `partial_fit` remembers, above 0.5 and at most 1: what rows have
        taught lasts for a number of rows that grows as the number seen to
        this power. 1 remembers all alike; less forgets sooner what was learnt
        with worse parameters.
    half_life : float, optional
        Rows after which `partial_fit` counts what it had seen before half at
        the most, however many it was, so that it follows a drift.
    handle_unknown : {"error", "average"}, default="error"
        What a row gets whose stratum was not in the fit: an error, or the
        average mixing weights.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
        Mixing weights.
    <parameter>_ : ndarray of shape (n_components, ...)
        One for each parameter of the family.
    params_ : dict of str to ndarray
        The same by name.
    n_parameters_ : int
        Free parameters, weights among them.
    converged_ : bool
        Whether the run that was kept met the stopping rule.
    n_iter_ : int
        Its number of iterations, each one E-step.
    lower_bound_ : float
        Mean log-likelihood (per unit of weight) entering the last iteration;
        -inf where there was none.
    log_prior_ : float
        Log density of the priors at the fitted parameters. `lower_bound_` and
        `lower_bounds_` hold it beside the log-likelihood, divided by the
        weight of all rows.
    lower_bounds_ : ndarray of shape (n_iter_,)
        The same entering each iteration; where an accelerated step was
        refused, the value of the point kept before.
    dropped_starts_ : list of str
        Why starts came to nothing, one entry each.
    warnings_ : list of str
        What the fit warned of, a sentence each; after `partial_fit` what holds
        of the parameters, whichever call warned of it.
    at_edges_ : dict of str to ndarray of bool of shape (n_components, ...)
        Which values ended at an edge of their range, such as a probability of
        0; of the parameters that have such values.
    weighted_ : bool
        Whether the fit was given weights of rows.
    exposed_ : bool
        Whether the fit was given exposures, so that scores need them too.
    n_samples_seen_ : float
        Weight of all rows that the parameters stand for. May be set: known
        parameters then count for so many rows in `partial_fit`.
    n_samples_start_ : float
        Weight of the rows that the fit began with.
    mean_exposure_ : float
        Mean exposure of the rows seen, where they have any.
    family_ : Family
        The family of the fit.
    strata_ : ndarray of shape (n_strata,)
        Labels of the strata, where the fit had any.
    strata_weights_ : ndarray of shape (n_strata, n_components)
        Their mixing weights; `weights_` is the average over the rows.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Where X has column names.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import Poisson
    >>> x = np.array([0, 1, 1, 2, 9, 11, 8, 1, 10, 0])[:, None]
    >>> model = Mixture(Poisson(), n_components=2, order_by="rates", random_state=0).fit(x)
    >>> model.rates_.ravel().round(2)
    array([0.83, 9.46])
    >>> model.predict([[0], [12]])
    array([0, 1])
    """

    def __init__(
        self,
        family: Family | None = None,
        n_components: int = 1,
        *,
        weights_init: ArrayLike | None = None,
        params_init: Mapping[str, ArrayLike] | None = None,
        fixed: Mapping[str, ArrayLike] | None = None,
        tied: Iterable[str] = (),
        prior: Mapping[str, Any] | None = None,
        tol: float = 1e-12,
        tol_type: str = "remaining",
        max_iter: int = 10_000,
        n_init: int = 30,
        init_params: str | Callable[..., Any] = "auto",
        acceleration: str | None = "lbfgs",
        order_by: OrderBy = None,
        random_state: int | RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        forgetting: float = 0.7,
        half_life: float | None = None,
        handle_unknown: str = "error",
    ) -> None:
        self.family = family
        self.n_components = n_components
        self.weights_init = weights_init
        self.params_init = params_init
        self.fixed = fixed
        self.tied = tied
        self.prior = prior
        self.tol = tol
        self.tol_type = tol_type
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.acceleration = acceleration
        self.order_by = order_by
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.forgetting = forgetting
        self.half_life = half_life
        self.handle_unknown = handle_unknown

    def _make_family(self) -> Family:
        if self.family is None:
            return Gaussian()
        if not isinstance(self.family, Family):
            raise ValueError(
                "family must be an instance of a family, as in Mixture(Gaussian(), 2), "
                f"got {self.family!r}"
            )
        return self.family

    def _params_init(self) -> dict[str, ArrayLike | None]:
        given = {} if self.params_init is None else self.params_init
        if not isinstance(given, Mapping):
            raise ValueError(f"params_init must map parameter names to values, got {given!r}")
        return dict(given)

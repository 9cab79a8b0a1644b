"""Draws from the posterior of a fitted mixture."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from numbers import Integral
from os import PathLike
from typing import Any

import numpy as np
from numpy.random import MT19937, RandomState, SeedSequence
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from skmixture.given.numbering import OrderBy
from skmixture.inference.posterior.chains import begun, recorded
from skmixture.inference.posterior.data import Data
from skmixture.inference.posterior.ensembles import Ensembles
from skmixture.inference.posterior.gibbs.start import N_WALKERS, check_unused, gibbs
from skmixture.inference.posterior.gibbs.temperature import Temperature
from skmixture.inference.posterior.gibbs.walk import Gibbs
from skmixture.inference.posterior.identity import burn_in_of, identity_of
from skmixture.inference.posterior.improper import check_proper
from skmixture.inference.posterior.looks import Looks
from skmixture.inference.posterior.moves import check_moves, told
from skmixture.inference.posterior.plan import EFFECTIVE, MOST_STEPS, Plan
from skmixture.inference.posterior.question import Question, asked
from skmixture.inference.posterior.result import Posterior
from skmixture.inference.posterior.storage import EmceeGroups, open_recorder, unpack_states
from skmixture.inference.posterior.target import Target
from skmixture.inference.posterior.walkers import about_fit
from skmixture.inference.replicates.progress import bar
from skmixture.inference.replicates.seeds import Seeds

__all__ = ["sample_posterior"]

METHODS = ("ensemble", "gibbs")


def sample_posterior(
    model: Any,
    X: ArrayLike,
    *,
    method: str = "ensemble",
    n_walkers: int | None = None,
    n_steps: int | None = None,
    n_burn_in: int | None = None,
    n_ensembles: int | None = None,
    target_ess: float = EFFECTIVE,
    priors: Mapping[str, Any] | None = None,
    fixed: Mapping[str, ArrayLike] | Collection[str] = (),
    order: OrderBy = None,
    prior_only: bool = False,
    responsibilities: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    exposure: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    moves: Any = None,
    temperature: Callable[[int], float] | None = None,
    n_parameter_steps: int = 1,
    backend: str | PathLike[str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    n_jobs: int | None = None,
    random_state: int | RandomState | None = None,
    progress: bool = False,
) -> Posterior:
    """Draw weights and parameters from their posterior, given the rows.

    The density that is sampled is the likelihood with the labels summed out,
    times the priors, in free coordinates with the Jacobian that belongs to
    them. All walkers of an ensemble are one batch of the engine.

    Parameters
    ----------
    model : mixture
        Fitted. It is left as it is; walkers begin about it.
    X : array-like of shape (n_samples, n_features)
        What it was fitted to.
    method : {"ensemble", "gibbs"}, default="ensemble"
        "ensemble" moves walkers by emcee (Foreman-Mackey et al. 2013,
        Publications of the Astronomical Society of the Pacific 125, 306-312).
        "gibbs" draws labels and parameters in turn (Diebolt and Robert 1994,
        Journal of the Royal Statistical Society B 56, 363-375): the posterior
        has labels as well. Parameters with conjugate priors are drawn from
        their law given the labels, others by slice sampling (Neal 2003,
        Annals of Statistics 31, 705-767). Weights of rows must be whole
        numbers then.
    n_walkers : int, optional
        Of all ensembles; by default 64 each, or twice as many as coordinates.
        With "gibbs" 8 in all: each is a chain by itself.
    n_steps : int, optional
        Steps that are kept, or added to a chain that is resumed. By default
        the chain goes on until its draws are worth `target_ess` independent
        ones and it is 50 autocorrelation times long, but not beyond 20,000
        steps.
    n_burn_in : int, optional
        Steps before the first that is kept; by default 300, or those of the
        chain that is resumed.
    n_ensembles : int, optional
        Ensembles that know nothing of each other; by default 2 if there are
        enough walkers, so that R-hat can compare them.
    target_ess : float, default=1000
        For the parameter that is known worst.
    priors : mapping of str to prior, optional
        By the name of a parameter, of "weights", or of what is derived of
        parameters. A prior is a frozen continuous distribution of scipy.stats
        (of each number, or of weights, vectors and matrices as a whole), one
        of :mod:`skmixture.priors`, "flat", or a function of the values
        (B, K, ...) of B draws that returns log densities, by draw or by
        number. ``(scale, prior)`` states it of values on a scale of "log",
        "log2", "log10", "sqrt" or "logit". Those of the model's `prior` hold
        where nothing is said, and then defaults: see Notes.
    fixed : sequence of str, or mapping of str to array-like, default=()
        Names of what stays at its fitted value; or values, NaN where free.
    order : None, str or callable
        What components are in increasing order of in every draw, as the
        `order_by` of a fit: "weights", a parameter, by its first entry, or a
        function of the dict of weights and parameters (K, ...).
    prior_only : bool, default=False
        Whether to leave the rows out, and draw from the priors.
    responsibilities : array-like of shape (n_samples, K), optional
        Expected labels, in the place of those that the parameters make: the
        posterior given these, whose likelihood is that of rows and labels.
    labels : array-like of shape (n_samples,) or (n_samples, K), optional
        Known labels, -1 where unknown, as in `fit`.
    sample_weight : array-like of shape (n_samples,), optional
        How many rows each row stands for.
    exposure, strata : array-like of shape (n_samples,), optional
        As the model was fitted with.
    moves : optional
        Of emcee: a move, a list of moves, or of pairs of move and weight.
    temperature : callable, optional
        With "gibbs": of the number of the round, from 0 and with those of the
        burn-in, a positive number. The log-likelihood of rows and labels
        (weights included, priors not) is divided by it in all draws; at 1
        these are of the posterior.
    n_parameter_steps : int, default=1
        With "gibbs": how often parameters move in a round.
    backend : path, optional
        The HDF5 file of the chain; needs h5py. Every step is on file before
        the next is made.
    resume : bool, default=False
        Whether to go on with the chain that is there, exactly as if it had
        not ended, with the generator that is stored in it, whatever
        `random_state` says. Of other data, models, priors or walkers it is an
        error.
    overwrite : bool, default=False
        Whether a chain that is there may be erased.
    n_jobs : int, optional
        Threads that ensembles are moved in; the draws are the same for any number.
    random_state : int, RandomState instance or None, default=None
        None takes the model's own.
    progress : bool, default=False
        Whether to show a bar: by tqdm or rich where one is installed.

    Returns
    -------
    Posterior
        An interrupted call returns the steps that were taken, with a warning;
        in the burn-in, of which nothing is kept, it raises KeyboardInterrupt.

    Raises
    ------
    TypeError
        Where the model is no mixture of this package.
    NotFittedError
        Where it is not fitted.
    ValueError
        Where an option or the data are unfit, a prior excludes the fit, the
        posterior is improper, or walkers are too few.
    ChainError
        Where a file does not suit: ChainExistsError without `resume` or
        `overwrite`, ChainMismatchError where it is of another chain,
        ChainBusyError while another call writes it, ChainDamagedError. All
        are ValueErrors.

    Warns
    -----
    ConvergenceWarning
        Where a chain without `n_steps` ends before it is worth `target_ess`.

    Notes
    -----
    Defaults are proper and wide. Weights are uniform on their simplex, one
    set for each stratum. A number without bounds is normal about the value of
    one law for all rows, with 5 standard deviations of its column; a positive one log-normal
    about it, with a standard deviation of 2.5 in logarithms, a factor of 12;
    shapes, sizes, concentrations and degrees of freedom, which have no unit,
    the same about 1, or 10. What lies within two bounds, on a simplex or on a
    sphere is uniform. Covariance matrices are inverse Wishart with d + 2
    degrees of freedom about the covariance of all rows over K^(2 / d).

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import PoissonMixture
    >>> from skmixture.inference import sample_posterior
    >>> x = np.random.RandomState(0).poisson(np.repeat([2.0, 20.0], 100))[:, None]
    >>> model = PoissonMixture(2, order_by="rates", random_state=0).fit(x)
    >>> posterior = sample_posterior(model, x, n_steps=300, random_state=0)
    >>> posterior.draws["rates"].shape
    (300, 128, 2, 1)
    >>> np.median(posterior.draws["rates"], axis=(0, 1)).round().ravel()
    array([ 2., 20.])
    """
    if backend is not None and not isinstance(backend, str | PathLike):
        raise ValueError(f"backend must be the path of an HDF5 file, got {backend!r}")
    if n_jobs is not None and (not isinstance(n_jobs, Integral) or n_jobs == 0):
        raise ValueError(f"n_jobs must be None or an int other than 0, got {n_jobs!r}")
    for option, wanted in (("resume", resume), ("overwrite", overwrite)):
        if wanted and backend is None:
            raise ValueError(f"{option}=True needs backend=, the file of the chain")
    if method not in METHODS:
        raise ValueError(f"method must be one of {list(METHODS)}, got {method!r}")
    alternates = method == "gibbs"
    if not alternates:
        check_unused(temperature, n_parameter_steps)
    elif moves is not None:
        raise ValueError("moves are for method='ensemble': leave them out")
    check_moves(moves)
    if alternates and n_walkers is None:
        n_walkers = N_WALKERS
    given = {"sample_weight": sample_weight, "exposure": exposure, "strata": strata}
    question = Question(priors, fixed, order, labels, responsibilities, prior_only, given)
    known = {"labels": labels, "responsibilities": responsibilities}
    with asked(model, X, question) as target:
        check_proper(target, question.has_labels)
        size = target.likelihood.chart.size
        least = 1 if alternates else None
        if resume and n_burn_in is None:
            n_burn_in = burn_in_of(backend)
        plan = Plan.of(size, n_walkers, n_ensembles, n_steps, n_burn_in, target_ess, least)
        rng = check_random_state(model.random_state if random_state is None else random_state)
        entropy = Seeds.drawn(rng).entropy
        walk: Ensembles | Gibbs
        settings: dict[str, object] = {}
        if alternates:
            n = plan.n_walkers, np.shape(X)[0]
            walk = gibbs(target, *n, sample_weight, temperature, n_parameter_steps, entropy)
            schedule = Temperature(temperature)
            settings = {"temperature": schedule, "n_parameter_steps": n_parameter_steps}
        else:
            walk = _ensembles(target, plan, moves, entropy)
        identity = identity_of(
            target, model, X, {**given, **known}, method=method, order=order, fixed=fixed,
            n_walkers=plan.n_walkers, n_ensembles=plan.n_ensembles, moves=told(moves),
            n_burn_in=plan.n_burn_in, **settings,
        )  # fmt: skip
        groups = EmceeGroups(random_states=unpack_states)
        data = Data(target, model._rows(X, exposure, strata, sample_weight), given, backend)
        chain = partial(open_recorder, resume=resume, overwrite=overwrite, emcee_groups=groups)
        with chain(backend, walk.layout(), identity) as recorder:
            looked = Looks(model, data, recorder, plan)
            begun(walk, recorder, plan.n_burn_in, n_jobs)
            with bar("posterior", plan.n_steps or MOST_STEPS, progress) as tell:
                recorded(walk, recorder, plan.n_steps, looked.enough, n_jobs, tell)
    if plan.n_steps is None:
        looked.check()
    return looked.posterior()


def _ensembles(target: Target, plan: Plan, moves: Any, entropy: tuple[int, ...]) -> Ensembles:
    """Walkers at their start."""
    start, *seeds = (SeedSequence(entropy, spawn_key=(i,)) for i in range(plan.n_ensembles + 1))
    y = about_fit(target, plan.n_walkers, RandomState(MT19937(start)))
    return Ensembles(target, plan.n_ensembles, y, moves, seeds)

"""The bootstrap of a fitted mixture."""

from __future__ import annotations

import warnings
from copy import copy
from numbers import Integral
from typing import Any

from numpy.random import RandomState
from numpy.typing import ArrayLike

from skmixture.inference.asked import generator_of
from skmixture.inference.estimate_table import labels_of
from skmixture.inference.models import no_maximum
from skmixture.inference.replicates.alignment import Alignment
from skmixture.inference.replicates.at_edges import of_model, of_replicates
from skmixture.inference.replicates.coinciding import coinciding
from skmixture.inference.replicates.ground import Ground
from skmixture.inference.replicates.identity import identity_of
from skmixture.inference.replicates.of_data import KINDS, OfData
from skmixture.inference.replicates.progress import bar
from skmixture.inference.replicates.publication import estimates_of, published
from skmixture.inference.replicates.refits import Refits, Refitting
from skmixture.inference.replicates.result import BootstrapResult
from skmixture.inference.replicates.seeds import Seeds
from skmixture.inference.replicates.spreading import spread

__all__ = ["bootstrap"]

# Fresh starts of each replicate where the model's own parameters are no start.
OF_COINCIDING = 20
# A warning says so where more than this part of the replicates failed.
MOST_FAILED = 0.05


def bootstrap(
    model: Any,
    X: ArrayLike,
    *,
    kind: str = "parametric",
    n_replicates: int = 1000,
    only: range | None = None,
    n_starts: int | None = None,
    sample_weight: ArrayLike | None = None,
    exposure: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    n_jobs: int | None = None,
    random_state: int | RandomState | None = None,
    progress: bool = False,
) -> BootstrapResult:
    """Fit a mixture again to many data sets that might have been.

    Parameters
    ----------
    model : mixture
        Fitted. It is left as it is.
    X : array-like of shape (n_samples, n_features)
        What it was fitted to.
    kind : {"parametric", "nonparametric", "weighted"}, default="parametric"
        "parametric" draws rows from the model, as many as there are, with the
        exposures and strata of the data. "nonparametric" draws rows of the
        data with replacement. "weighted" gives them exponential weights, so
        that none is quite absent (the Bayesian bootstrap).
    n_replicates : int, default=1000
    only : range, optional
        Of these replicates, the numbers of those to make here; all by default.
        Parts that are made at other times, or on other machines, with the same
        fit, `n_replicates` and `random_state` are put together by
        :meth:`BootstrapResult.joined`.
    n_starts : int, optional
        Each replicate is fitted from the model's own parameters; and from so
        many fresh starts besides, of which the best is kept. There are none
        by default, but 20 where components of the model coincide.
    sample_weight : array-like of shape (n_samples,), optional
        How many rows each row stands for. Whole numbers for "parametric".
    exposure, strata : array-like of shape (n_samples,), optional
        As the model was fitted with. Rows keep their exposures, and strata
        their numbers of rows. Trials of laws that count successes of trials
        go by the name `exposure` here.
    labels : None
        Fits to known labels are not supported.
    n_jobs : int, optional
        Workers of joblib, threads unless another backend is chosen. The
        result is the same to the last bit, whatever their number and kind.
    random_state : int, RandomState instance or None, default=None
        None takes the model's own.
    progress : bool, default=False
        Whether to show a bar: by tqdm or rich where one is installed.

    Returns
    -------
    BootstrapResult
        An interrupted call returns the replicates that are done, with a
        warning; the others can be made by `only`, and joined to them.

    Raises
    ------
    TypeError
        Where the model is no mixture of this package.
    NotFittedError
        Where it is not fitted.
    ValueError
        Where an option or the data are unfit, or every replicate fails.

    Warns
    -----
    UserWarning
        Where components of the model coincide, the model is no maximum for
        these rows, or more than one in twenty replicates failed; where a
        parameter of the model lies at an edge of its range, or one of some
        replicates grew without bound.

    Notes
    -----
    Replicates are fitted to the optimum, whatever the model's `tol`. One that
    fails, or in which a component collapses, is tried again from fresh starts;
    if that fails too it is left out and reported in `failures`. Components
    are numbered as in the model: see `alignment_cost`.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap. McLachlan
    and Peel (2000), Finite Mixture Models, section 2.16.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import PoissonMixture
    >>> from skmixture.inference import bootstrap
    >>> x = np.random.RandomState(0).poisson(np.repeat([2.0, 20.0], 100))[:, None]
    >>> model = PoissonMixture(2, order_by="rates", random_state=0).fit(x)
    >>> result = bootstrap(model, x, n_replicates=200, random_state=0)
    >>> result.replicates["rates"].shape
    (200, 2, 1)
    >>> result.n_failed
    0
    """
    _check_options(kind, n_replicates, n_starts, labels)
    wanted = _checked_range(only, int(n_replicates))
    ground = Ground.of(model, X, sample_weight, exposure, strata)
    alike = coinciding(ground.problem.em, ground.start, ground.unit)
    if n_starts is None:
        n_starts = OF_COINCIDING if alike else 0
    doubts = [*_of_few(ground), *no_maximum(ground.rise()), *_of_coinciding(alike, n_starts)]
    for sentence in doubts:
        warnings.warn(sentence, UserWarning, stacklevel=2)
    seeds = Seeds.drawn(generator_of(model, random_state))
    alignment, source = Alignment.to(ground.problem.em, ground.start), KINDS[kind](ground)
    refitting = Refitting(source, seeds, alignment, n_starts=int(n_starts))
    with bar("bootstrap", len(wanted), progress) as tell:
        refits = spread(refitting, int(n_replicates), n_jobs, tell, wanted)
    _tell_of_failures(refits)
    at_edges = [*of_model(ground), *of_replicates(ground, refits.away, len(refits.index))]
    if at_edges:
        warnings.warn("; ".join(at_edges), UserWarning, stacklevel=2)
    estimates = estimates_of(ground)
    result = BootstrapResult(
        kind=kind,
        estimates=estimates,
        replicates=published(ground, refits.state, ground.problem.shares),
        log_likelihoods=refits.log_likelihood,
        converged=refits.converged,
        alignment_cost=refits.cost,
        index=refits.index,
        failures=tuple(refits.failures),
        entropy=seeds.entropy,
        identity=identity_of(ground, int(n_starts)),
        n_asked=int(n_replicates),
        n_together=source.together,
        labels=labels_of(model, estimates),
    )
    result.model = copy(model)
    result._of_data = OfData.of(ground, kind, seeds.entropy)
    return result


def _check_options(kind: str, n_replicates: int, n_starts: int | None, labels: object) -> None:
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"kind must be one of {list(KINDS)}, got {kind!r}")
    counts = [("n_replicates", n_replicates, 1), ("n_starts", n_starts, 0)]
    for name, value, least in counts if n_starts is not None else counts[:1]:
        if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name} must be an int of at least {least}, got {value!r}")
    if labels is not None:
        raise ValueError(
            "labels are not supported: replicates of rows whose components are known would be "
            "fitted as if they were not"
        )


def _checked_range(only: Any, n_replicates: int) -> range:
    """Numbers of the replicates to make."""
    if only is None:
        return range(n_replicates)
    if not isinstance(only, range) or only.step != 1 or not 0 <= only.start < only.stop:
        raise ValueError(f"only must be a range of numbers from 0, as range(500), got {only!r}")
    if only.stop > n_replicates:
        raise ValueError(
            f"only={only!r} has more numbers than n_replicates={n_replicates}, which is that of "
            "all parts together"
        )
    return only


def _of_few(ground: Ground) -> list[str]:
    """A sentence where rows are no more than parameters."""
    n, free = ground.rows.counted, getattr(ground.model, "n_parameters_", 0)
    if not n <= free:
        return []
    return [
        f"there are {n:g} rows for {free:g} free parameters: replicates fit what they draw by "
        "heart, and their spread says little; use fewer components"
    ]


def _of_coinciding(pairs: list[tuple[int, int]], n_starts: int) -> list[str]:
    """A sentence where components of the model do the work of one."""
    if not pairs:
        return []
    which = sorted({component for pair in pairs for component in pair})
    listed = f"{', '.join(map(str, which[:-1]))} and {which[-1]}"
    done = (
        f"so each replicate has {n_starts} fresh starts as well"
        if n_starts
        else "which replicates do not reach from there with n_starts=0"
    )
    return [
        f"components {listed} of the model coincide, or one of them has made none of these rows "
        f"(are they those of the fit?). Most data sets have a better optimum, {done}; intervals "
        "mean more with fewer components"
    ]


def _tell_of_failures(refits: Refits) -> None:
    failures, n = refits.failures, len(refits.index)
    if not n:
        raise ValueError(f"all {len(failures)} replicates failed, the first: {failures[0].reason}")
    if len(failures) > MOST_FAILED * (n + len(failures)):
        reasons = sorted({failure.reason for failure in failures})
        warnings.warn(
            f"{len(failures)} of {n + len(failures)} replicates failed and are left out "
            f"({'; '.join(reasons[:3])}): what is left may be too narrow; see failures",
            UserWarning,
            stacklevel=3,
        )

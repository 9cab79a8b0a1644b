"""The number of components by tests one after the other."""

from __future__ import annotations

from inspect import signature
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from skmixture.inference.asked import check_level
from skmixture.inference.replicates.likelihood_ratio import (
    N_REPLICATES,
    bootstrap_lrt,
    given,
    told_of,
)
from skmixture.inference.replicates.lrt_result import LikelihoodRatioTest
from skmixture.inference.replicates.ratios import resized

__all__ = ["check_enough", "lrt_sweep"]


def lrt_sweep(
    model: Any,
    X: ArrayLike,
    *,
    max_components: int = 10,
    level: float = 0.05,
    max_exceedances: int | None = 10,
    **options: Any,
) -> list[LikelihoodRatioTest]:
    """Tests of 1 component against 2, of 2 against 3, up to the first that is not rejected.

    Parameters
    ----------
    model : mixture
        Its options are those of all fits, but for `n_components`. It need not be fitted.
    X : array-like of shape (n_samples, n_features)
    max_components : int, default=10
        No larger mixture is tested against one more.
    level : float, default=0.05
        A number of components is rejected where p is no larger. It takes
        ``1 / level - 1`` replicates for any to be.
    max_exceedances : int, optional
        See `bootstrap_lrt`.
    **options
        Of `bootstrap_lrt`.

    Returns
    -------
    list of LikelihoodRatioTest
        The last one's `null` is the mixture that is chosen, unless it was rejected too.

    Raises
    ------
    TypeError
        Where an option is not one of `bootstrap_lrt`.
    ValueError
        Where an option or the data are unfit, or every data set fails.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import PoissonMixture
    >>> from skmixture.inference import lrt_sweep
    >>> x = np.random.RandomState(0).poisson(np.repeat([2.0, 12.0], 60))[:, None]
    >>> tests = lrt_sweep(PoissonMixture(n_init=5, random_state=0), x, n_replicates=19)
    >>> tests[-1].null.n_components
    2
    """
    names = ("sample_weight", "exposure", "strata")
    beside = given(**{name: options.get(name) for name in names})
    unknown = [name for name in options if name not in signature(bootstrap_lrt).parameters]
    if unknown:
        raise TypeError(
            f"lrt_sweep takes max_components, level and the options of bootstrap_lrt, got "
            f"{', '.join(unknown)}"
        )
    _check_sweep(level, max_components, options.get("n_replicates", N_REPLICATES))
    fitted = resized(model, 1)
    with told_of("of 1 component fitted to the data"):
        fitted.fit(X, **beside)
    tests: list[LikelihoodRatioTest] = []
    while not tests or (tests[-1].p_value <= level and len(tests) < max_components):
        fitted = tests[-1].alternative if tests else fitted
        tests.append(bootstrap_lrt(fitted, X, max_exceedances=max_exceedances, **options))
    return tests


def _check_sweep(level: float, max_components: Any, n_replicates: Any) -> None:
    check_level(level)
    whole = isinstance(max_components, Integral) and not isinstance(max_components, bool)
    if not whole or max_components < 1:
        raise ValueError(f"max_components must be an int of at least 1, got {max_components!r}")
    check_enough(level, n_replicates)


def check_enough(level: float, n_replicates: Any) -> None:
    """Raise a ValueError where no p-value of so many replicates is as small as the level."""
    needed = int(np.ceil(1 / level - 1e-9)) - 1
    if isinstance(n_replicates, Integral) and n_replicates < needed:
        raise ValueError(
            f"level={level} needs n_replicates of {needed} at least, for p is no smaller than "
            f"1 / (1 + n_replicates), got {n_replicates}"
        )

"""How many components: likelihood ratios, whose distribution is simulated."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils import check_random_state

from skmixture.inference.replicates.ground import Ground
from skmixture.inference.replicates.progress import bar
from skmixture.inference.replicates.ratios import Ratios, seed_of
from skmixture.inference.replicates.seeds import Seeds
from skmixture.inference.replicates.simulated import Simulated

__all__ = ["LikelihoodRatioTest", "bootstrap_lrt", "lrt_sweep"]

Array = NDArray[np.floating]

# A ratio below 0 by more than this part is a larger mixture that was not fitted to its optimum.
ROUNDING = 1e-6
# A warning says so where more than this part of the data sets are amiss.
MOST_AMISS = 0.05


@dataclass(frozen=True)
class LikelihoodRatioTest:
    """A test of a number of components against more.

    Attributes
    ----------
    n_components, n_alternative : int
    statistic : float
        Twice the log-likelihood of the larger mixture less that of the smaller.
    p_value : float
        ``(1 + exceedances) / (1 + replicates)``.
    replicates : ndarray of shape (R,)
        The statistic of data sets that the smaller mixture drew.
    n_exceedances : int
        How many of them reach the statistic.
    n_failed : int
        Data sets to which one of the mixtures could not be fitted.
    n_below : int
        Data sets, the data themselves among them, in which the larger mixture
        ended below the smaller: its optimum was missed, and the ratio counts as 0.
    null, alternative : mixtures
        Fitted to the data.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import PoissonMixture
    >>> from skmixture.inference import bootstrap_lrt
    >>> x = np.r_[np.full(20, 1.0), np.full(20, 30.0)][:, None]
    >>> test = bootstrap_lrt(PoissonMixture(1).fit(x), x, n_replicates=19, random_state=0)
    >>> test.n_components, test.n_alternative, test.p_value
    (1, 2, 0.05)
    """

    n_components: int
    n_alternative: int
    statistic: float
    p_value: float
    replicates: Array
    n_exceedances: int
    n_failed: int
    n_below: int
    null: Any
    alternative: Any

    def __repr__(self) -> str:
        return (
            f"LikelihoodRatioTest({self.n_components} against {self.n_alternative} components: "
            f"ratio {self.statistic:.2f}, p = {self.p_value:.3g}, "
            f"{len(self.replicates)} replicates)"
        )


def bootstrap_lrt(
    model: Any,
    X: ArrayLike,
    *,
    n_alternative: int | None = None,
    n_replicates: int = 199,
    max_exceedances: int | None = None,
    sample_weight: ArrayLike | None = None,
    exposure: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    n_jobs: int | None = None,
    random_state: int | RandomState | None = None,
    progress: bool = False,
) -> LikelihoodRatioTest:
    """Test the components of a mixture against one more, by the parametric bootstrap.

    The usual chi-squared distribution does not hold of this ratio. So data
    sets are drawn from the model, both mixtures are fitted to each, with the
    starts of the fit itself, and their ratios are what the data's is compared with.

    Parameters
    ----------
    model : mixture
        Fitted to `X`; its options are those of all fits.
    X : array-like of shape (n_samples, n_features)
    n_alternative : int, optional
        Components of the larger mixture; one more than the model's by default.
    n_replicates : int, default=199
    max_exceedances : int, optional
        Stop after so many ratios that reach that of the data, for p will not
        be small any more (Besag and Clifford 1991). 10 is a good number.
    sample_weight, exposure, strata : array-like of shape (n_samples,), optional
        As the model was fitted with; weights must be whole numbers of rows.
    n_jobs : int, optional
        Workers of joblib. The result does not depend on them.
    random_state : int, RandomState instance or None, default=None
        None takes the model's own.
    progress : bool, default=False
        Whether to show a bar.

    Returns
    -------
    LikelihoodRatioTest

    Raises
    ------
    TypeError
        Where the model is no mixture of this package.
    NotFittedError
        Where it is not fitted.
    ValueError
        Where an option or the data are unfit.

    Warns
    -----
    UserWarning
        Where larger mixtures end below smaller ones: starts are too few. With
        the one start of `GaussianMixture` a test may come to anything.

    References
    ----------
    McLachlan (1987), Applied Statistics 36, 318-324. Besag and Clifford
    (1991), Biometrika 78, 301-304.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import PoissonMixture
    >>> from skmixture.inference import bootstrap_lrt
    >>> x = np.random.RandomState(0).poisson(np.repeat([2.0, 12.0], 60))[:, None]
    >>> model = PoissonMixture(1, random_state=0).fit(x)
    >>> bootstrap_lrt(model, x, n_replicates=19, random_state=0).p_value
    0.05
    """
    ground = Ground.of(model, X, sample_weight, exposure, strata)
    K = model.n_components
    more = K + 1 if n_alternative is None else n_alternative
    _check_counts(K, more, n_replicates, max_exceedances)
    seeds = Seeds.drawn(
        check_random_state(model.random_state if random_state is None else random_state)
    )
    given = _given(sample_weight=sample_weight, exposure=exposure, strata=strata)
    larger = clone(model).set_params(n_components=more, random_state=seed_of(seeds.of_starts(0)))
    larger.fit(X, **given)
    gain = larger.score(X, **given) - model.score(X, **given)
    observed = 2 * ground.rows.counted * gain
    draws, ratios = Ratios(Simulated(ground), seeds, model, larger), np.empty(0)
    with bar("likelihood ratios", n_replicates, progress) as tell:
        for portion in draws.portions(int(n_replicates), n_jobs):
            ratios = np.append(ratios, portion)
            reached = np.cumsum(ratios >= observed)
            if tell is not None:
                tell(len(ratios))
            if max_exceedances is not None and reached[-1] >= max_exceedances:
                ratios = ratios[: int(np.argmax(reached >= max_exceedances)) + 1]
                break
    return _result(model, larger, observed, ratios)


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
        A number of components is rejected where p is no larger.
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
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, got {level!r}")
    names = ("sample_weight", "exposure", "strata")
    given = _given(**{name: options.get(name) for name in names})
    fitted = clone(model).set_params(n_components=1).fit(X, **given)
    tests: list[LikelihoodRatioTest] = []
    while not tests or (tests[-1].p_value <= level and len(tests) < max_components):
        fitted = tests[-1].alternative if tests else fitted
        tests.append(bootstrap_lrt(fitted, X, max_exceedances=max_exceedances, **options))
    return tests


def _result(smaller: Any, larger: Any, observed: float, ratios: Array) -> LikelihoodRatioTest:
    failed, noise = np.isnan(ratios), ROUNDING * max(1.0, abs(observed))
    kept = ratios[~failed]
    n_below = int((kept < -noise).sum()) + int(observed < -noise)
    if not len(kept):
        raise ValueError(f"all {len(ratios)} data sets failed to be fitted")
    if failed.sum() > MOST_AMISS * len(ratios):
        warnings.warn(
            f"{failed.sum()} of {len(ratios)} data sets could not be fitted and are left out",
            UserWarning,
            stacklevel=3,
        )
    if n_below > MOST_AMISS * (1 + len(kept)) or observed < -noise:
        warnings.warn(
            f"in {n_below} of {1 + len(kept)} data sets {larger.n_components} components ended "
            f"below {smaller.n_components}: their optimum was missed, and p says little. Raise "
            "n_init, or take Mixture(Gaussian()) in place of GaussianMixture, which has one start",
            UserWarning,
            stacklevel=3,
        )
    kept = np.maximum(kept, 0.0)
    n_exceedances = int((kept >= observed - noise).sum())
    return LikelihoodRatioTest(
        n_components=smaller.n_components,
        n_alternative=larger.n_components,
        statistic=max(observed, 0.0),
        p_value=(1 + n_exceedances) / (1 + len(kept)),
        replicates=kept,
        n_exceedances=n_exceedances,
        n_failed=int(failed.sum()),
        n_below=n_below,
        null=smaller,
        alternative=larger,
    )


def _given(**columns: ArrayLike | None) -> dict[str, ArrayLike]:
    return {name: column for name, column in columns.items() if column is not None}


def _check_counts(K: int, more: Any, n_replicates: Any, max_exceedances: Any) -> None:
    least = {"n_alternative": K + 1, "n_replicates": 1, "max_exceedances": 1}
    given = {"n_alternative": more, "n_replicates": n_replicates}
    if max_exceedances is not None:
        given["max_exceedances"] = max_exceedances
    for name, value in given.items():
        if not isinstance(value, Integral) or isinstance(value, bool) or value < least[name]:
            raise ValueError(f"{name} must be an int of at least {least[name]}, got {value!r}")

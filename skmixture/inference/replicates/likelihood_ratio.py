"""How many components: likelihood ratios, whose distribution is simulated."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray

from skmixture.inference.asked import generator_of
from skmixture.inference.models import check_beside, no_maximum
from skmixture.inference.replicates.ground import Ground
from skmixture.inference.replicates.lrt_result import LikelihoodRatioTest, lrt_result
from skmixture.inference.replicates.progress import bar
from skmixture.inference.replicates.ratios import Ratios, resized, seed_of
from skmixture.inference.replicates.seeds import Seeds
from skmixture.inference.replicates.simulated import Simulated

__all__ = ["N_REPLICATES", "bootstrap_lrt", "given", "told_of"]

Array = NDArray[np.floating]

N_REPLICATES = 199


def bootstrap_lrt(
    model: Any,
    X: ArrayLike,
    *,
    n_alternative: int | None = None,
    n_replicates: int = N_REPLICATES,
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
        Fitted to `X`; its options are those of all fits, but that the larger
        mixture takes no starting values, which are of so many components.
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
        Where the model is no maximum for these rows. Where larger mixtures
        end below smaller ones: starts are too few. With the one start of
        `GaussianMixture` a test may come to anything.

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
    exposure, source = check_beside(model, X, exposure, strata), Simulated(ground)
    for sentence in no_maximum(ground.rise()):
        warnings.warn(sentence, UserWarning, stacklevel=2)
    K = model.n_components
    more = K + 1 if n_alternative is None else n_alternative
    _check_counts(K, more, n_replicates, max_exceedances)
    seeds = Seeds.drawn(generator_of(model, random_state))
    beside = given(sample_weight=sample_weight, exposure=exposure, strata=strata)
    larger = resized(model, more).set_params(random_state=seed_of(seeds.of_starts(0)))
    with told_of(f"of {more} components fitted to the data"):
        larger.fit(X, **beside)
    gain = larger.score(X, **beside) - model.score(X, **beside)
    observed = 2 * ground.rows.counted * gain
    draws, ratios = Ratios(source, seeds, model, larger), np.empty(0)
    with bar("likelihood ratios", n_replicates, progress) as tell:
        for portion in draws.portions(int(n_replicates), n_jobs):
            ratios = np.append(ratios, portion)
            reached = np.cumsum(ratios >= observed)
            if tell is not None:
                tell(len(ratios))
            if max_exceedances is not None and reached[-1] >= max_exceedances:
                ratios = ratios[: int(np.argmax(reached >= max_exceedances)) + 1]
                break
    return lrt_result(model, larger, observed, ratios)


def given(**columns: ArrayLike | None) -> dict[str, ArrayLike]:
    """Those that are, as `fit` takes them."""
    return {name: column for name, column in columns.items() if column is not None}


@contextmanager
def told_of(fit: str) -> Iterator[None]:
    """Warnings of a fit that the user did not ask for say which it is."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        yield
    for one in told:
        warnings.warn(f"mixture {fit}: {one.message}", one.category, stacklevel=4)


def _check_counts(K: int, more: Any, n_replicates: Any, max_exceedances: Any) -> None:
    least = {"n_alternative": K + 1, "n_replicates": 1, "max_exceedances": 1}
    given = {"n_alternative": more, "n_replicates": n_replicates}
    if max_exceedances is not None:
        given["max_exceedances"] = max_exceedances
    for name, value in given.items():
        if not isinstance(value, Integral) or isinstance(value, bool) or value < least[name]:
            raise ValueError(f"{name} must be an int of at least {least[name]}, got {value!r}")

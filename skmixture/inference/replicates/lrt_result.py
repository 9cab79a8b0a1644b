"""What a test of a number of components found."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LikelihoodRatioTest", "lrt_result"]

Array = NDArray[np.floating]

# A ratio below 0 by more than this part is a larger mixture that was not fitted to its optimum.
ROUNDING = 1e-6
# A warning says so where more than this part of the data sets are amiss.
MOST_AMISS = 0.05


@dataclass(frozen=True, eq=False)
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


def lrt_result(smaller: Any, larger: Any, observed: float, ratios: Array) -> LikelihoodRatioTest:
    """The test of two fits, their ratio, and those of data sets that the smaller drew."""
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

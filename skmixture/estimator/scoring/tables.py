"""A fitted mixture and its history as tables; both need pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skmixture.estimator.scoring.component_table import columns_of
from skmixture.estimator.scoring.densities import Densities
from skmixture.estimator.scoring.summary import Summary, summary_of
from skmixture.given.numbering import by_component

if TYPE_CHECKING:
    import pandas

__all__ = ["Tables"]

Array = NDArray[np.floating]


class Tables(Densities):
    """Data frames of parameters and of the history."""

    def summary(self, *, full: bool = False) -> Summary:
        """The fit and its parameters, as a table to read.

        It needs no rows, and says what the fit knows of them. The
        log-likelihood is that of all that `fit` was given: where labels were
        known, of rows and labels. AIC and BIC are left out where the fit
        stopped short of knowing them to three decimals; `aic` and `bic` have them.
        Values at an edge of their range and values that are fixed are marked,
        and what the fit warned of stands below.

        Parameters
        ----------
        full : bool, default=False
            Whether to show every number of every component. Long tables are
            otherwise cut, with a word.

        Returns
        -------
        Summary
            It prints as the table, and has the numbers above it as attributes.

        Raises
        ------
        NotFittedError
            Where the model is not fitted.

        Examples
        --------
        >>> from skmixture import PoissonMixture
        >>> from skmixture.datasets import load_death_notices
        >>> deaths = load_death_notices()
        >>> model = PoissonMixture(2, order_by="rates", random_state=0)
        >>> model.fit(deaths.data, sample_weight=deaths.sample_weight).summary()
        PoissonMixture of 2 components: Poisson()
        <BLANKLINE>
        weight of rows   1096
        log-likelihood   -1989.946
        free parameters  3
        AIC              3985.892
        BIC              4000.890
        converged        yes, 32 iterations
        <BLANKLINE>
                      0       1
        weights  0.3599  0.6401
        rates    1.256   2.663
        """
        check_is_fitted(self)
        return summary_of(self, self._law, full)

    def to_frame(self) -> pandas.DataFrame:
        """Weights, also by stratum, and parameters, a row for each component (needs pandas).

        Numbers of a parameter have the names of the columns of X, as in
        `summary`, where it has any: ``means[wait]``, ``covariances[wait, duration]``,
        ``probs[eye=blue]``. They have their places otherwise.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        NotFittedError
            Where the model is not fitted.

        Examples
        --------
        >>> import pandas as pd
        >>> from skmixture import Mixture
        >>> from skmixture.families import Gaussian
        >>> table = pd.DataFrame({"wait": [54.0, 50.0, 79.0, 84.0, 81.0]})
        >>> Mixture(Gaussian(), 1).fit(table).to_frame().round(2)
                   weight  means[wait]  covariances[wait]
        component
        0             1.0         69.6             210.64
        """
        import pandas as pd

        check_is_fitted(self)
        columns: dict[str, Array] = {"weight": self.weights_}
        if hasattr(self, "strata_"):
            for label, own in zip(self.strata_.tolist(), self.strata_weights_, strict=True):
                columns[f"weight[{label}]"] = own
        for name, value in self._params().items():
            value = by_component(self._law, name, value, len(self.weights_))
            for place, label in self._labels(name, value.shape[1:]).items():
                index: Any = (slice(None), *place)
                columns[f"{name}[{label}]" if label else name] = value[index]
        return pd.DataFrame(columns).rename_axis("component")

    def _labels(self, name: str, shape: tuple[int, ...]) -> dict[tuple[int, ...], str]:
        """What each number of one component's value is called, by its place."""
        if hasattr(self, "feature_names_in_") or self._law.reads_labels:
            labels = self._law.entries(name, columns_of(self))
            if len(set(labels.values())) == len(labels) == np.prod(shape):
                return labels
        return {place: ",".join(map(str, place)) for place in np.ndindex(*shape)}

    def history_frame(self) -> pandas.DataFrame:
        """Mean log-likelihood and its change, a row for each iteration (needs pandas).

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        """
        import pandas as pd

        check_is_fitted(self)
        history = pd.DataFrame({"lower_bound": np.asarray(self.lower_bounds_)})
        history["change"] = history["lower_bound"].diff()
        history.index = pd.RangeIndex(1, len(history) + 1, name="iteration")
        return history

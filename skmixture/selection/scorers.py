"""Criteria as scores of scikit-learn's searches, and the split that they need."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils.metadata_routing import UNUSED

from skmixture.selection.fits import n_rows_of

__all__ = ["CriterionScorer", "WholeData", "aic_scorer", "bic_scorer", "icl_scorer"]


class WholeData(BaseCrossValidator):
    """The one split in which all rows are fitted and all rows are scored.

    For criteria such as BIC, which are of the rows of the fit: with
    ``GridSearchCV(..., scoring=bic_scorer, cv=WholeData())`` they choose as
    they are meant to. A log-likelihood must not be compared like that.

    Examples
    --------
    >>> from skmixture.selection import WholeData
    >>> [(train.tolist(), test.tolist()) for train, test in WholeData().split([[5], [6], [7]])]
    [([0, 1, 2], [0, 1, 2])]
    """

    def split(
        self, X: Any, y: object = None, groups: object = None
    ) -> Iterator[tuple[NDArray[np.integer], NDArray[np.integer]]]:
        """All rows, twice.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y, groups : ignored

        Yields
        ------
        train, test : ndarray of int of shape (n_samples,)
        """
        n_rows = n_rows_of(X)
        yield np.arange(n_rows), np.arange(n_rows)

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """1.

        Parameters
        ----------
        X, y, groups : ignored

        Returns
        -------
        int
        """
        return 1


class CriterionScorer(BaseEstimator):
    """A criterion of fitted mixtures as a score: minus its value, so that greater is better.

    To be given as ``scoring=`` to a search, with ``cv=WholeData()``. A criterion weighs the
    likelihood of the rows of the fit; of rows that were held out it has no
    meaning, and a warning says so. A pipeline is scored by its last step, on
    what the steps before make of the rows: compare no pipelines that
    transform them in different ways.

    With metadata routing, ``clone(bic_scorer).set_score_request(sample_weight=True)``
    asks for the columns that belong to the rows.

    Parameters
    ----------
    criterion : {"bic", "aic", "icl"}

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skmixture import PoissonMixture
    >>> from skmixture.selection import WholeData, bic_scorer
    >>> x = np.random.RandomState(0).poisson(np.repeat([2.0, 12.0], 60))[:, None]
    >>> model, grid = PoissonMixture(random_state=0), {"n_components": [1, 2, 3]}
    >>> search = GridSearchCV(model, grid, scoring=bic_scorer, cv=WholeData()).fit(x)
    >>> search.best_params_
    {'n_components': 2}
    """

    # what is scored is no column that might be routed
    __metadata_request__score: ClassVar[dict[str, str]] = {"estimator": UNUSED}

    def __init__(self, criterion: str) -> None:
        self.criterion = criterion

    def __call__(self, estimator: Any, X: ArrayLike, y: object = None, **columns: Any) -> float:
        """Minus the criterion; see `score`."""
        return self.score(estimator, X, y, **columns)

    def score(
        self,
        estimator: Any,
        X: Any,
        y: object = None,
        *,
        sample_weight: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> float:
        """Minus the criterion of a fitted estimator.

        Parameters
        ----------
        estimator : mixture, or pipeline that ends with one
            Fitted to these rows.
        X : array-like of shape (n_samples, n_features)
        y : ignored
        sample_weight, exposure, strata : array-like of shape (n_samples,), optional
            As the estimator was fitted with.

        Returns
        -------
        float
        """
        if self.criterion not in ("bic", "aic", "icl"):
            raise ValueError(
                f"criterion must be one of ['bic', 'aic', 'icl'], got {self.criterion!r}"
            )
        if hasattr(estimator, "steps"):
            X, estimator = estimator[:-1].transform(X), estimator[-1]
        columns = {"sample_weight": sample_weight, "exposure": exposure, "strata": strata}
        given = {name: column for name, column in columns.items() if column is not None}
        self._warn_of_others(estimator, X, sample_weight)
        return -float(getattr(estimator, self.criterion)(X, **given))

    def _warn_of_others(self, estimator: Any, X: Any, sample_weight: ArrayLike | None) -> None:
        """Warn where the rows cannot be those of the fit, by their weight."""
        fitted_to = getattr(estimator, "n_samples_seen_", None)
        if not fitted_to:  # 0 with known parameters
            return
        n_rows = float(n_rows_of(X))
        n_rows = n_rows if sample_weight is None else float(np.sum(np.asarray(sample_weight)))
        if not np.isclose(n_rows, fitted_to, rtol=1e-6):
            warnings.warn(
                f"{self.criterion} was asked of {n_rows:g} rows, but the model was fitted to "
                f"{fitted_to:g}: a criterion is of the rows of the fit, and of others it means "
                "nothing. In a search set cv=WholeData() (with sample_weight also metadata "
                "routing), or leave scoring out to choose by the likelihood of held-out rows",
                UserWarning,
                stacklevel=4,
            )


bic_scorer = CriterionScorer("bic")
aic_scorer = CriterionScorer("aic")
icl_scorer = CriterionScorer("icl")

"""The estimator that chooses among mixtures."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from numpy.random import RandomState
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils.validation import check_is_fitted

from skmixture.selection.candidates import candidates_of, estimators_by_name
from skmixture.selection.comparable import check_comparable
from skmixture.selection.delegates import Delegates
from skmixture.selection.held_out import by_rows, splits_of
from skmixture.selection.options import (
    check_columns,
    check_options,
    check_tests,
    exposure_of,
)
from skmixture.selection.ranking import by_criterion, by_held_out, by_tests
from skmixture.selection.ratio_tests import tested
from skmixture.selection.remarks import check_any, remarks
from skmixture.selection.result import CRITERIA, CandidateResult
from skmixture.selection.search import searched, with_value
from skmixture.selection.table import SelectionSummary, frame_of, summary_of
from skmixture.tools.documented import Documented

if TYPE_CHECKING:
    import pandas

__all__ = ["MixtureSelection"]


class MixtureSelection(Delegates, Documented, DensityMixin, BaseEstimator):
    """Choose a mixture: the law, its options, the number of components.

    Every candidate is fitted to all rows, and a criterion says which is best.
    The estimator then is that mixture: it scores, predicts and samples.

    Parameters
    ----------
    estimator : mixture, or mapping of str to mixture
        What to choose from. Several must be laws whose likelihoods can be
        compared: all of counts, or all of numbers.
    param_grid : dict or list of dict, optional
        Options to try, as in `GridSearchCV`: ``{"covariance_type": ["full",
        "diag"]}``. With several estimators, a mapping of their names to such grids.
    n_components : iterable of int, optional
        Numbers of components to try; those of `param_grid` by default, or 1 to 5. Estimators
        built of parts, as ComponentsMixture, have as many as their parts: these are for
        `param_grid`, ``{"parts": [...]}``.
    criterion : {"bic", "aic", "icl", "cv", "lrt"}, default="bic"
        "cv" is the mean log density of rows that were held out. "lrt" tests
        each number of components against the next, by the parametric
        bootstrap, and takes the first that is not rejected; it needs one
        estimator, and nothing else to choose.
    cv : int, splitter or iterable, default=5
        Folds, for "cv": a number of them in random order, or of whole groups
        where `fit` is given any; or a splitter of scikit-learn.
    one_standard_error : bool, default=False
        With "cv", take the fewest parameters whose distance from the best is
        within the standard error of that distance.
    warm_starts : bool, default=True
        Fit each candidate also from starts that are made of smaller and larger
        ones, all options alike, and keep the highest end: see the notes.
    level : float, default=0.05
        With "lrt", a number of components is rejected where p is no larger.
    n_replicates : int, default=199
        With "lrt", data sets of each test.
    n_jobs : int, optional
        Workers of joblib. The result does not depend on their number. They should be
        processes, as they are by default: threads mix up what fits warn of.
    random_state : int, RandomState instance or None, default=None
        Seed of all fits, folds and tests. None takes those of the estimators.

    Attributes
    ----------
    best_estimator_ : mixture
        The best one, fitted to all rows.
    best_name_ : str
        Name of its estimator.
    best_params_ : dict
        What sets it apart from others of this name.
    best_index_ : int
        Its place in `results_`.
    best_score_ : float
        Greater is better: minus the criterion, the mean log density of rows
        that were held out, or with "lrt" the p-value of the test that did not
        reject (NaN where all did).
    results_ : list of CandidateResult
        All candidates, in their order; also those that failed.
    criterion_ : str
        That of the fit.
    n_splits_ : int
        Number of folds.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Where X has column names.

    Notes
    -----
    A good mixture is often near a good one with a component more or less. So fits
    that differ in nothing but `n_components` go on from each other. From the smallest on,
    each is made once more from the best smaller one, each of whose components in
    turn is cut in two, across its longest axis and its core from what is around
    it; then from the largest on, each from the next larger one, each of whose components in turn
    is left out; then upward again where something has risen. The highest end
    without doubts is kept, and a fit that nothing exceeds stays what it was, to the last bit. So
    no likelihood becomes lower, but where components had collapsed and now do
    not. Parameters of `best_estimator_`, as `n_init`, are those that were given. On real
    tables all this took 1.1 to 1.8 times as long as the 30 starts of most mixtures, and
    several times as long as the one of `GaussianMixture`, to which it is of most use.

    With ``warm_starts=False`` those fits only are made again that ended below a smaller
    mixture, which the larger one contains. Where components have fixed values, weights to
    start from, priors or labels this does not hold, and it is left out; so it is for
    Dask arrays, large tables on file and more than 100 components. Folds of a
    cross-validation, and tests with the data sets of their bootstrap, are fitted by the
    estimator's own starts alone.

    References
    ----------
    Schwarz (1978), Annals of Statistics 6, 461-464 (BIC). Akaike (1974), IEEE
    Transactions on Automatic Control 19, 716-723. Biernacki, Celeux and
    Govaert (2000), IEEE Transactions on Pattern Analysis and Machine
    Intelligence 22, 719-725 (ICL). Smyth (2000), Statistics and Computing 10,
    63-72 (held-out likelihood). McLachlan (1987), Applied Statistics 36,
    318-324 (bootstrap test).

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import NegativeBinomialMixture, PoissonMixture
    >>> from skmixture.selection import MixtureSelection
    >>> x = np.random.RandomState(0).poisson(np.repeat([2.0, 12.0], 60))[:, None]
    >>> laws = {"Poisson": PoissonMixture(), "negative binomial": NegativeBinomialMixture()}
    >>> selection = MixtureSelection(laws, n_components=[1, 2], random_state=0).fit(x)
    >>> selection.best_name_, selection.best_params_
    ('Poisson', {'n_components': 2})
    >>> selection.predict([[0], [20]]).shape
    (2,)
    """

    _doc_room = "skmixture.selection"

    def __init__(
        self,
        estimator: Any,
        param_grid: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        *,
        n_components: Iterable[int] | None = None,
        criterion: str = "bic",
        cv: Any = 5,
        one_standard_error: bool = False,
        warm_starts: bool = True,
        level: float = 0.05,
        n_replicates: int = 199,
        n_jobs: int | None = None,
        random_state: int | RandomState | None = None,
    ) -> None:
        self.estimator = estimator
        self.param_grid = param_grid
        self.n_components = n_components
        self.criterion = criterion
        self.cv = cv
        self.one_standard_error = one_standard_error
        self.warm_starts = warm_starts
        self.level = level
        self.n_replicates = n_replicates
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        y: object = None,
        *,
        sample_weight: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
        labels: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        n_trials: ArrayLike | None = None,
    ) -> Self:
        """Fit all candidates, and choose.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
            But handed to the splitter.
        sample_weight, exposure, strata, labels : array-like of shape (n_samples,), optional
            As in the fit of a mixture. Criteria know nothing of labels.
        groups : array-like of shape (n_samples,), optional
            Rows that belong together, for "cv": none is in the fit while
            another is held out, and standard errors are those of groups.
        n_trials : array-like of shape (n_samples,), optional
            What binomial and like laws call `exposure`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Where an option is unfit or of no use with the criterion, where a column has
            not one value for each row, where likelihoods cannot be compared, or where every
            candidate fails; the message has the reasons.
        TypeError
            Where an estimator is no mixture, or `n_trials` is given to one without trials.

        Warns
        -----
        FitFailedWarning
            Where some candidates failed.
        UserWarning
            Where the fit of the best warned, which is the one that matters; where an
            estimator has a number of components and 1 to 5 are tried; or where tests
            pass over some number of components.
        """
        check_options(self, groups)
        estimators = estimators_by_name(self.estimator)
        given = {
            "sample_weight": sample_weight,
            "exposure": exposure_of(estimators, exposure, n_trials),
            "strata": strata,
            "labels": labels,
        }
        columns = {name: value for name, value in given.items() if value is not None}
        check_columns({**columns, **({} if groups is None else {"groups": groups})}, X)
        candidates = candidates_of(
            self.estimator, self.param_grid, self.n_components, self.random_state
        )
        if self.criterion == "lrt":
            check_tests(candidates, columns)
        check_comparable(candidates, X)
        seed = candidates[0].seed
        splits = splits_of(self.cv, X, y, groups, seed) if self.criterion == "cv" else []
        warm = bool(self.warm_starts) and self.criterion != "lrt"  # its replicates have own starts
        rows, folds = searched(candidates, X, columns, splits, self.n_jobs, warm)
        rows = [with_value(row, self.criterion) for row in rows]
        check_any(rows)
        if self.criterion == "lrt":
            options = (self.level, self.n_replicates, seed, self.n_jobs)
            rows, p_values = tested(rows, X, columns, *options)
            rows = by_tests(rows, p_values, self.level)
        elif self.criterion == "cv":
            tables = by_rows(splits, folds, X, sample_weight, groups)
            rows = by_held_out(rows, *tables, self.one_standard_error)
        else:
            rows = by_criterion(rows, self.criterion)
        self._publish(rows, len(splits))
        return self

    def _publish(self, rows: list[CandidateResult], n_splits: int) -> None:
        best = min(range(len(rows)), key=lambda place: rows[place].rank)
        row = rows[best]
        value = row.value_of(self.criterion)
        self.results_ = rows
        self.n_splits_ = n_splits
        self.criterion_ = self.criterion
        self.best_index_ = best
        self.best_estimator_ = row.model
        self.best_name_ = row.name
        self.best_params_ = dict(row.params)
        self.best_score_ = value if self.criterion in ("cv", "lrt") else -value
        for sentence, category in remarks(rows, row, self.criterion):
            warnings.warn(sentence, category, stacklevel=3)

    def to_frame(self) -> pandas.DataFrame:
        """All candidates, the best first (needs pandas).

        Returns
        -------
        DataFrame
            The index is the place in `results_`.
        """
        check_is_fitted(self)
        return frame_of(self.results_)

    def summary(self) -> SelectionSummary:
        """The candidates as a table to read, the best first, with what fits warned of.

        Returns
        -------
        SelectionSummary
            It prints as the table; `str` gives its text.
        """
        check_is_fitted(self)
        n = len(self.results_)
        head = f"{n} candidate{'s' if n > 1 else ''} by {CRITERIA[self.criterion_]}"
        if self.n_splits_:
            head += f", {self.n_splits_} folds"
        return summary_of(self.results_, self.criterion_, head, self.n_replicates)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "best_estimator_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        own = [model.__sklearn_tags__() for model in estimators_by_name(self.estimator).values()]
        first, flags = own[0].input_tags, ("sparse", "allow_nan", "categorical", "string")
        for name in flags:  # what some candidates can take
            setattr(tags.input_tags, name, any(getattr(t.input_tags, name) for t in own))
        tags.input_tags.positive_only = all(t.input_tags.positive_only for t in own)
        tags.input_tags.two_d_array = first.two_d_array
        return tags

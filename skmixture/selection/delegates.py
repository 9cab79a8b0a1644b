"""What a selection says of rows: the words of the mixture that was chosen."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skmixture.estimator.base import BaseMixture

__all__ = ["Delegates"]


def _delegated(name: str) -> Any:
    """A method of the best estimator, with the signature and words of all mixtures."""

    def there(selection: Any) -> bool:
        """Before the fit all methods are; whether they can be called is told then."""
        return not hasattr(selection, "best_estimator_") or hasattr(selection.best_estimator_, name)

    @wraps(getattr(BaseMixture, name))
    def method(self: Any, *args: Any, **keywords: Any) -> Any:
        check_is_fitted(self)
        return getattr(self.best_estimator_, name)(*args, **keywords)

    wrapped: Callable[..., Any] = available_if(there)(method)
    return wrapped


class Delegates:
    """Methods of the best estimator."""

    predict = _delegated("predict")
    predict_proba = _delegated("predict_proba")
    predict_log_proba = _delegated("predict_log_proba")
    score = _delegated("score")
    score_samples = _delegated("score_samples")
    aic = _delegated("aic")
    bic = _delegated("bic")
    icl = _delegated("icl")
    relative_entropy = _delegated("relative_entropy")
    sample = _delegated("sample")
    sample_latent = _delegated("sample_latent")
    cdf = _delegated("cdf")
    marginal_cdf = _delegated("marginal_cdf")
    marginal_quantile = _delegated("marginal_quantile")
    impute = _delegated("impute")

    @property
    def n_features_in_(self) -> int:
        """Number of columns of X."""
        return self._of_best("n_features_in_")

    @property
    def feature_names_in_(self) -> Any:
        """Names of the columns, where X has any."""
        return self._of_best("feature_names_in_")

    def _of_best(self, name: str) -> Any:
        best = vars(self).get("best_estimator_")
        if best is None:
            raise AttributeError(f"{type(self).__name__} has no {name} before it is fitted")
        return getattr(best, name)

    def __getattr__(self, name: str) -> Any:
        """Called where nothing else is found: say where a fitted value is to be had."""
        best = vars(self).get("best_estimator_")
        hint = ""
        if name.endswith("_") and not name.startswith("_"):
            if best is None:
                hint = " before it is fitted"
            elif hasattr(best, name):
                hint = f": the mixture that was chosen has it, best_estimator_.{name}"
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}")

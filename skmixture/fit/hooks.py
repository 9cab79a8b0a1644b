"""scikit-learn's own callbacks, which it has from version 1.9 on: set by `set_callbacks`."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any

from skmixture.callbacks import Iteration
from skmixture.given.batch import Given
from skmixture.law.family import Family

__all__ = ["OF_A_FIT", "CallbackSupport", "Tasks", "tasks_of", "unhooked", "with_callbacks"]

try:
    from sklearn.callback import CallbackSupportMixin as CallbackSupport
    from sklearn.callback import with_callbacks
except ImportError:  # an older scikit-learn

    class CallbackSupport:  # type: ignore[no-redef]
        """Nothing: there are no callbacks to set."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """The method as it is, one call deeper, as by scikit-learn's decorator."""

        @wraps(method)
        def without_callbacks(estimator: Any, *args: Any, **keywords: Any) -> Any:
            return method(estimator, *args, **keywords)

        return without_callbacks


# What scikit-learn puts on an estimator for its callbacks, all but the first while it is fitted.
OF_A_FIT = (
    "_skl_callbacks", "_skl_callbacks_to_teardown", "_callback_fit_ctx", "_parent_callback_ctx",
)  # fmt: skip


class Tasks:
    """Tells scikit-learn's callbacks of a fit: a task, with a subtask for each iteration.

    Made at the beginning of the fit, of an estimator with callbacks, inside
    a method that is decorated by `with_callbacks`.

    Parameters
    ----------
    estimator : BaseMixture
    X : array-like
    given : Given
    family : Family
    """

    def __init__(self, estimator: Any, X: Any, given: Given, family: Family) -> None:
        metadata = {"sample_weight": given.sample_weight, "strata": given.strata}
        metadata[family.side_name] = given.exposure
        metadata = {name: value for name, value in metadata.items() if value is not None}
        self._given = {"estimator": estimator, "X": X, "y": given.y, "metadata": metadata}
        # several starts, or one that is renumbered by known labels, go on nobody knows how often
        alone = estimator.n_init == 1 and given.labels is None
        most = estimator.max_iter if alone else None
        self._fit = estimator._init_callback_context(max_subtasks=most)
        self._fit.call_on_fit_task_begin(**self._given)
        self._last: Iteration | None = None

    def begin(self) -> None:
        """An iteration begins, from where the one before it ended."""
        self._task = self._fit.subcontext(task_name="iteration")
        self._task.call_on_fit_task_begin(**self._given, **_fitted(self._last))

    def end(self, iteration: Iteration | None) -> bool:
        """It is over; whether a callback wants to stop."""
        self._last = iteration
        return bool(self._task.call_on_fit_task_end(**self._given, **_fitted(iteration)))

    def close(self) -> None:
        """The fit is over, and its result published."""
        self._fit.call_on_fit_task_end(**self._given, reconstruction_attributes={})


def tasks_of(estimator: Any, X: Any, given: Given, family: Family) -> list[Tasks]:
    """Those of the estimator's callbacks, in a list that is empty where none are set."""
    # scikit-learn's own estimators look here too
    return [Tasks(estimator, X, given, family)] if hasattr(estimator, "_skl_callbacks") else []


def unhooked(estimator: Any) -> Any:
    """A shallow copy that has no callbacks and is no part of the fit under way."""
    model = copy(estimator)
    for name in OF_A_FIT:
        vars(model).pop(name, None)
    return model


def _fitted(iteration: Iteration | None) -> dict[str, Any]:
    """What makes a fitted copy of the estimator, for callbacks that ask for one."""
    if iteration is None:
        return {}

    def attributes() -> dict[str, Any]:
        values = vars(iteration.model).items()
        return {name: v for name, v in values if name.endswith("_") and name[0] != "_"}

    return {"reconstruction_attributes": attributes}

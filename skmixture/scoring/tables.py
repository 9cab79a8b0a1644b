"""A fitted mixture and its history as tables; both need pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from skmixture.numbering import by_component
from skmixture.scoring.densities import Densities

if TYPE_CHECKING:
    import pandas

__all__ = ["Tables"]

Array = NDArray[np.floating]


class Tables(Densities):
    """Data frames of parameters and of the history."""

    def to_frame(self) -> pandas.DataFrame:
        """Weights, also by stratum, and parameters, a row for each component (needs pandas).

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
        columns: dict[str, Array] = {"weight": self.weights_}
        if hasattr(self, "strata_"):
            for label, own in zip(self.strata_.tolist(), self.strata_weights_, strict=True):
                columns[f"weight[{label}]"] = own
        for name, value in self._params().items():
            value = by_component(self._law, name, value, len(self.weights_))
            for place in np.ndindex(value.shape[1:]):
                index = ",".join(map(str, place))
                columns[f"{name}[{index}]" if index else name] = value[(slice(None), *place)]
        return pd.DataFrame(columns).rename_axis("component")

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

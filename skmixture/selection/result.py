"""What a selection has found out of each candidate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["CRITERIA", "CandidateResult"]

# Names of criteria, and how a reader calls them.
CRITERIA = {
    "bic": "BIC",
    "aic": "AIC",
    "icl": "ICL",
    "cv": "held-out log-likelihood per row",
    "lrt": "bootstrap likelihood ratio tests",
}
# The attribute that holds the value of each.
ATTRIBUTES = {"cv": "held_out", "lrt": "p_value"}


@dataclass(frozen=True)
class CandidateResult:
    """One row of the table of a selection.

    Attributes
    ----------
    name : str
        Name of the estimator.
    params : dict of str to Any
        Options that set the candidate apart, `n_components` among them.
    n_components : int
    model : mixture or None
        Fitted to all rows; None where that failed.
    n_parameters : float
        Free parameters.
    log_likelihood, aic, bic, icl : float
        Of all rows. NaN where there is no model, or where its parameters
        cannot be counted.
    held_out, held_out_error : float
        Mean log density of rows that were held out, and its standard error;
        NaN without cross-validation.
    p_value : float
        That of the test against the next larger mixture; NaN where there was none.
    delta, delta_error : float
        How much worse than the best value of the criterion; with
        cross-validation, the standard error of this difference.
    weight : float
        Share of ``exp(-delta / 2)`` among all candidates, under BIC or AIC.
        Under BIC it approximates the posterior probability of the candidate,
        all being as likely beforehand.
    rank : int
        1 for the one that is chosen.
    collapsed : bool
        Whether components of the fit have collapsed. Its likelihood is then as
        high as one likes, so it comes after all others, whatever its value.
    warnings : tuple of str
        What the fit warned of.
    error : str
        Why the candidate failed; empty where it did not.

    Examples
    --------
    >>> from skmixture import PoissonMixture
    >>> from skmixture.selection import MixtureSelection
    >>> X = [[0], [1], [2], [1], [30], [28], [31], [33]]
    >>> search = MixtureSelection(PoissonMixture(random_state=0), n_components=[1, 2]).fit(X)
    >>> first, second = search.results_
    >>> second.rank, first.delta > 0
    (1, True)
    """

    name: str
    params: dict[str, Any]
    n_components: int
    model: Any = field(default=None, repr=False)
    n_parameters: float = np.nan
    log_likelihood: float = np.nan
    aic: float = np.nan
    bic: float = np.nan
    icl: float = np.nan
    held_out: float = np.nan
    held_out_error: float = np.nan
    p_value: float = np.nan
    delta: float = np.nan
    delta_error: float = np.nan
    weight: float = np.nan
    rank: int = 0
    collapsed: bool = False
    warnings: tuple[str, ...] = ()
    error: str = ""

    def value_of(self, criterion: str) -> float:
        """The value of a criterion, as it is published.

        Parameters
        ----------
        criterion : str
            As `MixtureSelection` takes it.

        Returns
        -------
        float
        """
        return float(getattr(self, ATTRIBUTES.get(criterion, criterion)))

    def __str__(self) -> str:
        options = {k: v for k, v in self.params.items() if k != "n_components"}
        told = "".join(f", {name}={value!r}" for name, value in options.items())
        plural = "component" if self.n_components == 1 else "components"
        return f"{self.name} with {self.n_components} {plural}{told}"

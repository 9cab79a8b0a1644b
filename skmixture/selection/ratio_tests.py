"""Numbers of components by tests of each against the next."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from skmixture.inference import bootstrap_lrt
from skmixture.selection.result import CandidateResult

__all__ = ["tested"]

# Tests stop after so many ratios that reach that of the data.
MOST_EXCEEDANCES = 10


def tested(
    rows: Sequence[CandidateResult],
    X: Any,
    columns: Mapping[str, Any],
    level: float,
    n_replicates: int,
    seed: int,
    n_jobs: int | None,
) -> tuple[list[CandidateResult], dict[int, float]]:
    """Rows with what tests warned of, and p-values by the place of the smaller mixture.

    From the smallest mixture on, up to the first that is not rejected.
    """
    told, p_values = list(rows), {}
    there = [place for place, row in enumerate(rows) if not row.error]
    for place, larger in pairwise(there):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            test = bootstrap_lrt(
                rows[place].model,
                X,
                n_alternative=rows[larger].n_components,
                n_replicates=n_replicates,
                max_exceedances=MOST_EXCEEDANCES,
                random_state=seed,
                n_jobs=n_jobs,
                **columns,
            )
        sentences = [" ".join(str(warning.message).split()) for warning in caught]
        # what the fit of the larger mixture warned of is in that one's row
        of_test = [sentence for sentence in sentences if " data sets " in sentence]
        told[place] = replace(rows[place], warnings=(*rows[place].warnings, *of_test))
        p_values[place] = test.p_value
        if test.p_value > level:
            break
    return told, p_values

"""A fitted mixture with other parameters, as replicates and posterior draws have them."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import numpy as np

from skmixture.display.entries import draws_of

__all__ = ["models_of"]


def models_of(model: Any, draws: Any, most: int) -> Iterator[Any]:
    """The mixture with each draw of its parameters in place of its own."""
    values, _ = draws_of(draws)
    table = "strata_weights" if hasattr(model, "strata_") else "weights"
    names = {table: None, **model.params_}
    missing = [name for name in names if name not in values]
    if missing:
        raise ValueError(f"draws must have {missing} as well, as the model has them")
    n = len(values[table])
    for name in names:
        shape = np.shape(getattr(model, name + "_"))
        if np.shape(values[name]) != (n, *shape):
            raise ValueError(
                f"draws of {name} must have the shape {(n, *shape)}, got {np.shape(values[name])}"
            )
    if not all(np.isfinite(values[name]).all() for name in names):
        raise ValueError("draws must be finite numbers")
    for r in np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int)):
        # rows are drawn by these attributes and no others; what a law has learnt stays
        drawn = copy(model)
        for name in names:
            setattr(drawn, name + "_", np.asarray(values[name][r]))
        yield drawn

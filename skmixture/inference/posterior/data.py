"""The rows that a posterior is of, for what asks them again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.engine.blocks import Block
from skmixture.engine.e_step import EStep, log_sum
from skmixture.inference.posterior.diagnostics.criterion import ExpectedLogDensity
from skmixture.inference.posterior.diagnostics.loo import psis_loo
from skmixture.inference.posterior.diagnostics.widely_applicable import waic
from skmixture.inference.posterior.target import Parts, Target
from skmixture.table.rows import Rows

__all__ = ["Data"]

Array = NDArray[np.floating]

# Numbers in a table of log densities by draw, component and row that is held at once.
MOST_NUMBERS = 10_000_000


@dataclass(frozen=True)
class Data:
    """Rows, and the target that they make.

    Attributes
    ----------
    target : Target
    rows : Rows
        In the order of the user's.
    given : mapping of str to array-like or None
        Weights, exposures and strata, as the user gave them.
    path : path or None
        Where the chain is on file.
    """

    target: Target
    rows: Rows
    given: Mapping[str, Any]
    path: str | PathLike[str] | None

    def parts(self, coordinates: Array) -> Parts:
        """Log-likelihood, log prior and log Jacobian (T, W) at coordinates (T, W, p)."""
        at_once = self.target.likelihood.at_once
        flat = coordinates.reshape(-1, coordinates.shape[-1])
        pieces = [self.target.parts(flat[i : i + at_once]) for i in range(0, len(flat), at_once)]
        shape = coordinates.shape[:-1]
        return Parts(*(np.concatenate(part).reshape(shape) for part in zip(*pieces, strict=True)))

    def table(self, coordinates: Array) -> Array:
        """Log densities (..., n) of the rows at coordinates (..., p)."""
        flat = coordinates.reshape(-1, coordinates.shape[-1])
        blocks = list(self._blocks(flat))
        return np.concatenate(blocks, axis=1).reshape(*coordinates.shape[:-1], -1)

    def criterion(
        self, which: Callable[..., ExpectedLogDensity], coordinates: Array
    ) -> ExpectedLogDensity:
        """An expected log density, by draws (S, p)."""
        weight = self.given.get("sample_weight")
        return which(lambda: self._blocks(coordinates), sample_weight=weight)

    def loo(self, coordinates: Array) -> ExpectedLogDensity:
        """By leaving each row out."""
        return self.criterion(psis_loo, coordinates)

    def waic(self, coordinates: Array) -> ExpectedLogDensity:
        """By the widely applicable information criterion."""
        return self.criterion(waic, coordinates)

    def like(
        self, n_samples: int | None, given: Mapping[str, ArrayLike | None]
    ) -> tuple[int, dict[str, Any]]:
        """How many rows to draw, and what belongs to them: by default as in the data."""
        n = self.rows.n_rows if n_samples is None else n_samples
        own = {name: self.given.get(name) for name in given}
        if n != self.rows.n_rows:
            missing = [k for k, v in own.items() if v is not None and given[k] is None]
            if missing:
                raise ValueError(
                    f"n_samples={n} is not the {self.rows.n_rows} rows of the data, so "
                    f"{missing[0]} must be given"
                )
            return n, dict(given)
        return n, {name: own[name] if value is None else value for name, value in given.items()}

    def _blocks(self, flat: Array) -> Iterator[Array]:
        """Log densities (S, b) of the rows by draws (S, p), block by block."""
        likelihood = self.target.likelihood
        law, chart = likelihood.law, likelihood.chart
        state = chart.state(flat)
        each = len(flat) * chart.n_components
        size = self.rows.n_rows if not law.additive else max(MOST_NUMBERS // each, 1)
        for begin in range(0, self.rows.n_rows, size):
            here = slice(begin, begin + size)
            rows = self.rows[here]
            block = Block(here, rows, law.encode(rows.X, **rows.side))
            with np.errstate(all="ignore"):
                joint = EStep(law, state, rows).log_joint(block)
                yield log_sum(joint) + law.log_base(rows.X, **rows.side)

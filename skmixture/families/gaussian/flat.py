"""Components that have hardly any width in some direction, and columns that leave them none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.families.gaussian.structures import Structure
from skmixture.law.constant import columns_called
from skmixture.law.family import Array, Arrays

__all__ = ["Flatness"]

# A direction is flat in which the variance is less, in units of what `reg_covar` adds.
FLAT = 2.0


class Flatness(NamedTuple):
    """Components in units in which `reg_covar` adds 1 to the variance in every direction."""

    varying: NDArray[np.integer]  # (v,), the columns that are not constant
    means: Array  # (B, K, v)
    matrices: Array  # (B, K or 1, v, v)

    @classmethod
    def of(
        cls, structure: Structure, params: Arrays, floor: Array, is_constant: NDArray[np.bool_]
    ) -> Flatness:
        """Of parameters (B, K, ...), with what is added to the diagonal, (1,) or (d,)."""
        means = params["means"]
        d = means.shape[-1]
        unit = np.sqrt(np.broadcast_to(floor, d))
        matrices = structure.matrices(params["covariances"], d) / (unit[:, None] * unit)
        varying = np.flatnonzero(~np.broadcast_to(is_constant, d))
        own = matrices[..., varying[:, None], varying]
        return cls(varying, (means / unit)[..., varying], own)

    def collapsed(self) -> NDArray[np.bool_]:
        """Components (B, K) that are flat in some direction; none where no column varies."""
        shape = self.means.shape[:2]
        if not len(self.varying):
            return np.zeros(shape, dtype=bool)
        return np.broadcast_to(np.linalg.eigvalsh(self.matrices).min(axis=-1) < FLAT, shape)

    def dependent(self) -> tuple[list[int], int]:
        """Columns that depend linearly on each other in all rows, and how many are too many.

        All components together are then flat in a direction in which their means agree. Of
        such directions these are the columns that take part by more than `reg_covar` is worth.
        """
        apart = self.means[0] - self.means[0].mean(axis=0)
        total = self.matrices[0].mean(axis=0) + apart.T @ apart / len(apart)
        variances, directions = np.linalg.eigh(total)
        flat = directions[:, variances < FLAT]  # (v, number of flat directions)
        takes_part = (flat**2).sum(axis=1) * np.diagonal(total) > FLAT
        return self.varying[takes_part].tolist(), flat.shape[1]

    def told(self, columns: Sequence[Any], matrix: str) -> str:
        """What a user reads of such columns, by name or place in X; nothing where there are none.

        `matrix` is the parameter that has the variances.
        """
        places, number = self.dependent()
        if len(places) < 2:
            return ""
        named = columns_called([columns[j] for j in places])
        return (
            f"{named} are linearly dependent, so in some direction all that is in {matrix}_ is "
            f"reg_covar. Leave {'one' if number == 1 else number} of them out."
        )

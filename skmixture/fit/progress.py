"""What `verbose` prints, in scikit-learn's words."""

from __future__ import annotations

from time import perf_counter

import numpy as np
from numpy.typing import NDArray

__all__ = ["Printer"]


class Printer:
    """Prints one start after the other: its beginning, iterations, and end.

    Parameters
    ----------
    verbose : int
        1 prints starts and iterations, 2 and more also times and changes.
    interval : int
        Iterations between two lines.
    """

    def __init__(self, verbose: int, interval: int) -> None:
        self.verbose = verbose
        self.interval = interval
        self._began = self._last = perf_counter()

    def begin(self, start: int) -> None:
        """A start begins."""
        print(f"Initialization {start}")
        self._began = self._last = perf_counter()

    def iteration(self, number: int, change: NDArray[np.floating]) -> None:
        """An iteration is over; `change` is of shape (1,)."""
        if number % self.interval:
            return
        if self.verbose == 1:
            print(f"  Iteration {number}")
            return
        now = perf_counter()
        lapse = now - self._last
        print(f"  Iteration {number}\t time lapse {lapse:.5f}s\t ll change {change[0]:.5f}")
        self._last = now

    def end(self, lower_bound: float, converged: bool) -> None:
        """A start is over."""
        word = "converged" if converged else "did not converge"
        if self.verbose == 1:
            print(f"Initialization {word}.")
            return
        lapse = perf_counter() - self._began
        print(f"Initialization {word}. time lapse {lapse:.5f}s\t lower bound {lower_bound:.5f}.")

"""One table of comparisons, and what it was measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy
import sklearn
from threadpoolctl import threadpool_info

import skmixture

__all__ = ["Comparison", "lay_out", "machine", "markdown"]

HEADERS = (
    "problem",
    "peer",
    "peer, s",
    "skmixture, s",
    "ratio, fit",
    "ratio, iteration",
    "iteration / bare",
    "log-likelihood of peer",
    "difference",
)


@dataclass(frozen=True)
class Comparison:
    """A peer and skmixture on one problem.

    Attributes
    ----------
    problem, peer : str
    peer_seconds, own_seconds : float
        Of a whole fit.
    peer_log_likelihood, own_log_likelihood : float
        Where they end, summed over rows.
    iteration_ratio : float, optional
        The peer's time of one iteration over skmixture's.
    bare_ratio : float, optional
        skmixture's time of one iteration over that of its matrix products
        and exponentials alone.
    """

    problem: str
    peer: str
    peer_seconds: float
    own_seconds: float
    peer_log_likelihood: float
    own_log_likelihood: float
    iteration_ratio: float | None = None
    bare_ratio: float | None = None

    def cells(self) -> tuple[str, ...]:
        """Text of a table's row, in the order of the headers."""
        return (
            self.problem,
            self.peer,
            f"{self.peer_seconds:.4f}",
            f"{self.own_seconds:.4f}",
            _ratio(self.peer_seconds / self.own_seconds),
            _ratio(self.iteration_ratio),
            _ratio(self.bare_ratio),
            f"{self.peer_log_likelihood:.4f}",
            f"{self.own_log_likelihood - self.peer_log_likelihood:+.1e}",
        )


def markdown(comparisons: Iterable[Comparison]) -> str:
    """Lay comparisons out as a pipe table.

    Parameters
    ----------
    comparisons : iterable of Comparison

    Returns
    -------
    str
    """
    return lay_out(HEADERS, [comparison.cells() for comparison in comparisons], 2)


def lay_out(headers: Sequence[str], cells: Iterable[Sequence[str]], n_words: int) -> str:
    """Lay rows of cells out as a pipe table.

    Parameters
    ----------
    headers : sequence of str
    cells : iterable of sequence of str
        A sequence for each row.
    n_words : int
        How many columns, from the left, are of words; the others are of numbers.

    Returns
    -------
    str
    """
    rows = [headers, *cells]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = [
        "-" * width if i < n_words else "-" * (width - 1) + ":" for i, width in enumerate(widths)
    ]
    return "\n".join(_line(row, widths, n_words) for row in [rows[0], rule, *rows[1:]])


def machine() -> str:
    """Describe versions, processor and linear algebra, as a Markdown list."""
    packages = {"skmixture": skmixture, "numpy": np, "scipy": scipy, "scikit-learn": sklearn}
    versions = ", ".join(f"{name} {package.__version__}" for name, package in packages.items())
    libraries = {
        f"{library['internal_api']} {library['version']} ({library.get('architecture')}, "
        f"{library['num_threads']} threads)"
        for library in threadpool_info()
        if library["user_api"] == "blas"
    }
    lines = (
        f"Python {platform.python_version()}, {versions}",
        f"BLAS: {', '.join(sorted(libraries))}",
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
    )
    return "\n".join(f"- {line}" for line in lines)


def _ratio(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _line(cells: Sequence[str], widths: Sequence[int], n_words: int) -> str:
    padded = [
        cell.ljust(width) if i < n_words else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"


def _processor() -> str:
    """Name of the processor, where the system tells it."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()

"""Print how long imports take beside scikit-learn's: ``python benchmarks/imports.py``."""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter

__all__ = ["main"]

MODULES = ("sklearn.mixture", "skmixture")
TURNS = 7


def main() -> None:
    """Import each in processes of its own, in turns, and print the shortest times."""
    seconds: dict[str, list[float]] = {module: [] for module in MODULES}
    for _ in range(TURNS):
        for module in MODULES:
            begin = perf_counter()
            subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
            seconds[module].append(perf_counter() - begin)
    peer, own = (min(seconds[module]) for module in MODULES)
    print(f"sklearn.mixture {peer:.2f} s, skmixture {own:.2f} s, ratio {own / peer:.2f}")


if __name__ == "__main__":
    main()

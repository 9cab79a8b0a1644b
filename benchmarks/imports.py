"""Print how long imports take beside scikit-learn's: ``python benchmarks/imports.py``."""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter

__all__ = ["main"]

# The package loads a law when it is asked for, so the import that counts asks for one.
IMPORTS = (
    "from sklearn.mixture import GaussianMixture",
    "import skmixture",
    "from skmixture import GaussianMixture",
    "from skmixture import *",
)
TURNS = 7


def main() -> None:
    """Import each in processes of its own, in turns, and print the shortest times."""
    seconds: dict[str, list[float]] = {statement: [] for statement in IMPORTS}
    for _ in range(TURNS):
        for statement in IMPORTS:
            begin = perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True)
            seconds[statement].append(perf_counter() - begin)
    peer = min(seconds[IMPORTS[0]])
    for statement, times in seconds.items():
        print(f"{min(times):.2f} s, ratio {min(times) / peer:.2f}: {statement}")


if __name__ == "__main__":
    main()

"""Print the memory of fits above their data: ``python benchmarks/memory.py``."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
import warnings
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from run import without_overrides

__all__ = ["main"]

Array = NDArray[np.floating]

D, K = 10, 8
SIZES = (500_000, 1_000_000, 2_000_000, 4_000_000)
MIB = 2**20
STRETCH = 500_000

# In a process of its own, which is asked what it holds while it works.
ON_FILE = """
import sys, threading, time, warnings
import numpy as np
from skmixture import GaussianMixture

def resident():
    return int(open("/proc/self/status").read().split("VmRSS:")[1].split()[0]) / 1024

def watch():
    while not done:
        peaks.append(resident())
        time.sleep(0.01)

X = np.memmap(sys.argv[1], dtype=float, mode="r").reshape(-1, 10)
GaussianMixture(2).fit(np.array(X[:10_000]))  # what any fit loads
done, before, peaks = [], resident(), [0.0]
threading.Thread(target=watch, daemon=True).start()
warnings.simplefilter("ignore")
model = GaussianMixture(8, random_state=0, max_iter=5, tol=0).fit(X)
fit = max(peaks) - before
peaks[:] = [0.0]
model.score(X)
print(f"{fit:.0f} {max(peaks) - before:.0f}")
"""


def main() -> None:
    """Print two tables: data in memory, and data on file."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the smallest size of each")
    parser.add_argument(
        "--file-rows", type=int, default=50_000_000, help="rows on file, 80 bytes each"
    )
    options = parser.parse_args()
    without_overrides()
    from table import lay_out, machine
    from threadpoolctl import threadpool_limits

    print(machine() + "\n")
    rows = []
    for n in SIZES[:1] if options.quick else SIZES:
        X = _rows(RandomState(0), n)
        with threadpool_limits(1):
            alone = [f"{_above(X, **init):.0f}" for init in (_given(), {})]
        rows.append((f"{n:,} x {D}, {X.nbytes / MIB:.0f} MiB", *alone, f"{_above(X):.0f}"))
        del X
    headers = ("data", "EM, one thread, MiB", "with a start by k-means", "all threads")
    print(lay_out(headers, rows, 1) + "\n")
    if sys.platform.startswith("linux"):
        n = 4_000_000 if options.quick else options.file_rows
        fit, score = _on_file(n)
        print(
            f"On file, {n:,} x {D} ({n * D * 8 / MIB:,.0f} MiB): resident memory above that of the"
        )
        print(f"process before, {fit} MiB in a fit by default starts, {score} MiB in a score.")


def _rows(rng: RandomState, n: int) -> Array:
    X = rng.standard_normal((n, D))
    X += 3.0 * RandomState(1).standard_normal((K, D))[rng.randint(K, size=n)]
    return X


def _given() -> dict[str, Any]:
    return {
        "weights_init": np.full(K, 1 / K),
        "means_init": 3.0 * RandomState(1).standard_normal((K, D)),
        "precisions_init": np.stack([np.eye(D)] * K),
    }


def _above(X: Array, **init: Any) -> float:
    """The most that numpy holds above the data during a fit, in MiB."""
    from skmixture import GaussianMixture

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged, which was not the aim
        tracemalloc.start()
        GaussianMixture(K, max_iter=3, tol=0, random_state=0, **init).fit(X)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak / MIB


def _on_file(n: int) -> tuple[str, str]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        with path.open("wb") as file:
            for number, begin in enumerate(range(0, n, STRETCH)):
                file.write(_rows(RandomState(number), min(STRETCH, n - begin)).tobytes())
        run = [sys.executable, "-c", ON_FILE, str(path)]
        fit, score = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    return fit, score


if __name__ == "__main__":
    main()

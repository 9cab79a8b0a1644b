"""What warm starts of a selection gain, and cost: ``python benchmarks/warm_starts.py``."""

from __future__ import annotations

import sys
import warnings
from argparse import ArgumentParser
from collections.abc import Callable
from time import process_time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from run import without_overrides

__all__ = ["Case", "main"]

SEEDS = 5
# A log-likelihood is higher, or the best, by or within so much.
SAME = 1e-3
HEADERS = (
    "law",
    "table",
    "components",
    "fits",
    "raised",
    "by at most",
    "best, own starts",
    "best, warm starts",
    "time",
)


class Case(NamedTuple):
    """A law, a table, and the most components; a chain begins with one."""

    law: str
    table: str
    X: NDArray
    most: int
    estimator: Callable[..., Any]


def main() -> None:
    """Fit all chains, and print one table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2 seeds, fewer components")
    quick = parser.parse_args().quick
    without_overrides()
    from table import lay_out, machine

    warnings.simplefilter("ignore")  # edges and collapses are in the fits
    rows = []
    for case in _cases():
        rows.append(_compared(case, 2 if quick else SEEDS, min(case.most, 4 if quick else 99)))
        print(f"done: {case.law}, {case.table}", file=sys.stderr, flush=True)
    print(machine())
    print(lay_out(HEADERS, rows, 2))


def _compared(case: Case, n_seeds: int, most: int) -> tuple[str, ...]:
    """One row: of fits of 2 components and more, and the time of a whole chain."""
    runs = [_chains(case, seed, most) for seed in range(n_seeds)]
    own, warm = (np.array([run[which][0] for run in runs]) for which in (0, 1))  # (seeds, K)
    best = np.fmax(np.nanmax(own, axis=0), np.nanmax(warm, axis=0))
    gain = warm - own
    raised = int((gain > SAME).sum())
    return (
        case.law,
        case.table,
        f"2 to {most}",
        str(own.size),
        str(raised),
        f"{np.nanmax(gain):.2f}" if raised else "",
        str(int((own > best - SAME).sum())),
        str(int((warm > best - SAME).sum())),
        f"{min(run[1][1] / run[0][1] for run in runs):.2f}",
    )


def _chains(case: Case, seed: int, most: int) -> list[tuple[NDArray, float]]:
    """Log-likelihoods (K,) of 2 components and more, NaN where in doubt, with the time of all.

    Once by own starts, once by warm starts as well.
    """
    from skmixture.selection.fits import fitted
    from skmixture.selection.growing import grown

    models = [case.estimator(n_components=K, random_state=seed) for K in range(1, most + 1)]
    begin = process_time()
    own = [fitted(model, case.X, {}) for model in models]
    middle = process_time()
    warm = grown(models, own, case.X, {}, True)
    end = process_time()
    values = [
        np.array([fit.log_likelihood if fit.sound else np.nan for fit in fits[1:]])
        for fits in (own, warm)
    ]
    return [(values[0], middle - begin), (values[1], end - begin)]


def _cases() -> list[Case]:
    from sklearn.datasets import load_digits, load_iris, load_wine

    import skmixture as sm
    from skmixture.datasets import load_galaxies, load_old_faithful
    from skmixture.families import Gaussian

    def gaussian(shape: str) -> Callable[..., Any]:
        return lambda **options: sm.Mixture(Gaussian(shape), **options)

    galaxies = np.reshape(load_galaxies().data, (-1, 1)) / 1000.0
    real = [
        ("Old Faithful", load_old_faithful().data, 6),
        ("galaxies", galaxies, 9),
        ("iris", load_iris().data, 6),
        ("wine", load_wine().data, 5),
    ]
    cases = []
    for name, X, most in real:
        cases.append(Case("Gaussian", name, X, most, gaussian("full")))
        if X.shape[1] > 1:
            cases.append(Case("Gaussian, diag", name, X, most, gaussian("diag")))
        cases.append(Case("GaussianMixture", name, X, most, sm.GaussianMixture))
        if name in ("Old Faithful", "galaxies"):
            cases.append(Case("StudentT", name, X, 4, sm.StudentTMixture))
    for name, X, most in _cells():
        for law in ("Poisson", "NegativeBinomial"):
            cases.append(Case(law, name, X, most, getattr(sm, f"{law}Mixture")))
    wine = load_wine().data
    thirds = np.array([np.searchsorted(np.quantile(c, [1 / 3, 2 / 3]), c) for c in wine.T]).T
    pixels = load_digits().data[:600, 16:48] > 8
    for name, X in (("wine in thirds", thirds), ("digits", pixels[:, pixels.std(axis=0) > 0.2])):
        cases.append(Case("Categorical", name, X.astype(float), 6, sm.CategoricalMixture))
    return cases


def _cells() -> list[tuple[str, NDArray, int]]:
    from skmixture.datasets import fetch_singer_transcript_counts

    try:
        counts = fetch_singer_transcript_counts().data.astype(float)
    except OSError as error:
        print(f"no counts of transcripts: {error}", file=sys.stderr)
        return []
    return [("cells, one gene", counts[:, :1], 6), ("cells, four genes", counts, 6)]


if __name__ == "__main__":
    main()

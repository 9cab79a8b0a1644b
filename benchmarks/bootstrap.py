"""How long a replicate takes, beside Powell's method: ``python benchmarks/bootstrap.py``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from run import without_overrides

__all__ = ["main"]

Array = NDArray[np.floating]

N_POWELL = 20
# Below Powell's log-likelihood by more than this counts as below.
SAME = 1e-7
OF_REPLICATES = ("problem", "kind", "replicates", "failed", "seconds", "ms each")
OF_PEERS = ("peer", "data sets", "peer, ms", "ratio", "below", "above", "largest gain")
OF_ERRORS = ("Old Faithful, 999 nonparametric", "skmixture", "elsewhere")
# Standard errors that another package found by as many replicates.
ELSEWHERE = {"weight": 0.0289, "means": [0.0292, 0.593, 0.0330, 0.455]}


def main() -> None:
    """Print three tables."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the replicates")
    parser.add_argument("--data-home", help="where the transcript counts are, or are put")
    options = parser.parse_args()
    without_overrides()
    from table import lay_out, machine

    from skmixture import NegativeBinomialMixture
    from skmixture.datasets import fetch_singer_transcript_counts

    part = 10 if options.quick else 1
    cells = fetch_singer_transcript_counts(data_home=options.data_home).data
    rex1 = cells[:, :1]
    one = NegativeBinomialMixture(2, order_by="means", random_state=0).fit(rex1)
    four = NegativeBinomialMixture(2, random_state=0).fit(cells)
    timed = [
        _timed("Rex1, 5 parameters", one, rex1, "parametric", 10_000 // part),
        _timed("Rex1, 5 parameters", one, rex1, "nonparametric", 10_000 // part),
        _timed("four genes, 17 parameters", four, cells, "parametric", 1000 // part),
        _timed("four genes, 17 parameters", four, cells, "nonparametric", 1000 // part),
    ]
    print(machine())
    print("- one job\n")
    print(lay_out(OF_REPLICATES, [row for row, _ in timed], 2))
    n_sets = 5 if options.quick else N_POWELL
    print("\n" + lay_out(OF_PEERS, list(_beside_powell(one, rex1, n_sets, timed[0][1])), 1))
    print("\n" + lay_out(OF_ERRORS, list(_of_old_faithful()), 1))


def _timed(name: str, model: Any, X: Array, kind: str, n: int) -> tuple[tuple[str, ...], float]:
    """The cells of a row, and milliseconds a replicate."""
    from skmixture.inference import bootstrap

    bootstrap(model, X, kind=kind, n_replicates=20, random_state=0)
    begin = perf_counter()
    result = bootstrap(model, X, kind=kind, n_replicates=n, random_state=0)
    seconds = perf_counter() - begin
    each = 1000 * seconds / n
    print(f"done: {name}, {kind}", file=sys.stderr, flush=True)
    return (name, kind, f"{n:,}", str(result.n_failed), f"{seconds:.2f}", f"{each:.3f}"), each


def _beside_powell(model: Any, X: Array, n_sets: int, own_each: float) -> Iterator[tuple[str, ...]]:
    """Powell's fits of the first replicates' rows, from near the fit of the data."""
    from powell import PEERS, TIGHT, _log_likelihood, _powell, _powell_as_taught

    from skmixture.inference import bootstrap
    from skmixture.inference.replicates.ground import Ground
    from skmixture.inference.replicates.seeds import Seeds
    from skmixture.inference.replicates.simulated import Simulated

    result = bootstrap(model, X, n_replicates=n_sets, random_state=0)
    made = Simulated(Ground.of(model, X)).make(range(n_sets), Seeds(result.entropy))
    rows = [made.alone(index) for index in range(n_sets)]
    sets = [np.repeat(own.X, own.weight.astype(int), axis=0) for own in rows]
    fits = [_powell_as_taught, _powell, partial(_powell, **TIGHT)]
    fits.append(partial(_powell_as_taught, **TIGHT))
    for name, fit in zip([*PEERS, f"{PEERS[0]}, to 1e-10"], fits, strict=True):
        begin = perf_counter()
        found = [fit(own) for own in sets]
        each = 1000 * (perf_counter() - begin) / n_sets
        values = [_log_likelihood(z, own) for z, own in zip(found, sets, strict=True)]
        gain = result.log_likelihoods - values
        yield (
            name,
            str(n_sets),
            f"{each:.0f}",
            f"{each / own_each:.0f}",
            str(int((gain < -SAME).sum())),
            str(int((gain > SAME).sum())),
            f"{gain.max():.1e}",
        )


def _of_old_faithful() -> Iterator[tuple[str, ...]]:
    from skmixture import GaussianMixture
    from skmixture.datasets import load_old_faithful
    from skmixture.inference import bootstrap

    X = load_old_faithful().data
    model = GaussianMixture(2, tol=1e-10, max_iter=1000, order_by="means", random_state=0).fit(X)
    result = bootstrap(model, X, kind="nonparametric", n_replicates=999, random_state=0)
    errors = result.standard_error
    yield "weight", f"{errors['weights'][0]:.4f}", f"{ELSEWHERE['weight']:.4f}"
    means = zip(errors["means"].ravel(), ELSEWHERE["means"], strict=True)
    for (k, j), (own, elsewhere) in zip(np.ndindex(2, 2), means, strict=True):
        yield f"means[{k}, {j}]", f"{own:.4f}", f"{elsewhere:.4f}"


if __name__ == "__main__":
    main()

"""Fit counts by Powell's method and by skmixture: ``python benchmarks/powell.py``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from run import without_overrides

__all__ = ["Fits", "compare", "main"]

Array = NDArray[np.floating]

# The mixture that is simulated: shapes alpha, which are sizes, and bursts, so means are alpha b.
ALPHA, BURST, FIRST_WEIGHT = np.array([3.5, 5.1]), np.array([4.06, 32.0]), 0.16
N_ROWS, N_SETS = 279, 30
MANY_ROWS = 10_000_000
# Below a peer by more than this, summed over rows, counts as below.
SAME = 1e-7
TIGHT = {"xtol": 1e-10, "ftol": 1e-14, "maxiter": 100_000}
PEERS = ("Powell, as taught", "Powell, in logs", "Powell, in logs to 1e-10")
OWN = ("defaults: 30 starts", "one start, the same")
HEADERS = (
    "skmixture",
    "peer",
    "sets",
    "below",
    "above",
    "largest gain",
    "largest loss",
    "peer, s",
    "skmixture, s",
    "ratio",
)


@dataclass(frozen=True)
class Fits:
    """All fits of one data set: seconds and log-likelihoods by name."""

    seconds: dict[str, float]
    log_likelihoods: dict[str, float]


def main() -> None:
    """Print one table, and how long many rows take."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="5 data sets, a tenth of the rows")
    options = parser.parse_args()
    without_overrides()
    from table import lay_out, machine

    begin = perf_counter()
    fits = []
    for seed in range(5 if options.quick else N_SETS):
        fits.append(compare(_counts(N_ROWS, seed)))
        print(f"done: set {seed}", file=sys.stderr, flush=True)
    together = _as_one_batch([_counts(N_ROWS, seed) for seed in range(len(fits))])
    n = MANY_ROWS // 10 if options.quick else MANY_ROWS
    many = _many(n)
    print(machine())
    print(f"- {perf_counter() - begin:.0f} s in all\n")
    print(lay_out(HEADERS, _rows(fits), 2))
    print(f"\nAll sets as one batch, from the same start: {together:.4f} s a set")
    print(f"\n{n:,} counts by the defaults: {many:.2f} s")


def compare(X: Array) -> Fits:
    """Fit one data set by all peers, in turns.

    Parameters
    ----------
    X : ndarray of shape (n, 1)

    Returns
    -------
    Fits
    """
    from timing import in_turns

    runs: dict[str, Callable[[], Array]] = {
        PEERS[0]: partial(_powell_as_taught, X),
        PEERS[1]: partial(_powell, X),
        PEERS[2]: partial(_powell, X, **TIGHT),
        OWN[0]: partial(_own, X, random_state=0),
        OWN[1]: partial(
            _own,
            X,
            weights_init=[FIRST_WEIGHT, 1 - FIRST_WEIGHT],
            means_init=(ALPHA * BURST)[:, None],
            sizes_init=ALPHA[:, None],
        ),
    }
    timed = in_turns(runs, 3)
    return Fits(
        {name: timed[name].seconds for name in runs},
        {name: _log_likelihood(timed[name].result, X) for name in runs},
    )


def _log_likelihood(z: Array, X: Array) -> float:
    """By log alpha, log burst and the logit of the first weight."""
    from scipy.special import gammaln, log_expit

    x = X[:, 0]
    alpha, burst = np.exp(z[:2, None]), np.exp(z[2:4, None])
    log_pmf = gammaln(x + alpha) - gammaln(alpha) - gammaln(x + 1)
    log_pmf = log_pmf - alpha * np.log1p(burst) + x * (np.log(burst) - np.log1p(burst))
    log_weights = np.array([[log_expit(z[4])], [log_expit(-z[4])]])
    return float(np.logaddexp.reduce(log_weights + log_pmf, axis=0).sum())


def _powell(X: Array, **options: Any) -> Array:
    """Powell's method from the values that generated the data."""
    from scipy.optimize import minimize

    start = np.r_[np.log(ALPHA), np.log(BURST), np.log(FIRST_WEIGHT / (1 - FIRST_WEIGHT))]
    return minimize(lambda z: -_log_likelihood(z, X), start, method="Powell", options=options).x


def _powell_as_taught(X: Array, **options: Any) -> Array:
    """The same in natural parameters, the log pmf from scipy, and no likelihood outside bounds."""
    from scipy.optimize import minimize
    from scipy.special import logsumexp
    from scipy.stats import nbinom

    def negative(params: Array) -> float:
        alpha, burst, weight = params[:2], params[2:4], params[4]
        if (params <= 0).any() or weight >= 1:
            return np.inf
        log_pmf = nbinom.logpmf(X, alpha, 1 / (1 + burst)) + np.log([weight, 1 - weight])
        return -float(logsumexp(log_pmf, axis=1).sum())

    start = np.r_[ALPHA, BURST, FIRST_WEIGHT]
    found = minimize(negative, start, method="Powell", options=options).x
    return np.r_[np.log(found[:4]), np.log(found[4] / (1 - found[4]))]


def _own(X: Array, **options: Any) -> Array:
    from skmixture import NegativeBinomialMixture

    model = NegativeBinomialMixture(2, **options).fit(X)
    sizes, means, (first, second) = model.sizes_[:, 0], model.means_[:, 0], model.weights_
    return np.r_[np.log(sizes), np.log(means / sizes), np.log(first / second)]


def _rows(fits: list[Fits]) -> Iterator[tuple[str, ...]]:
    """Cells of the table, in the order of the headers."""
    for own in OWN:
        for peer in PEERS:
            gain = np.array([f.log_likelihoods[own] - f.log_likelihoods[peer] for f in fits])
            seconds = np.array([(fit.seconds[peer], fit.seconds[own]) for fit in fits])
            yield (
                own,
                peer,
                str(len(fits)),
                str(int((gain < -SAME).sum())),
                str(int((gain > SAME).sum())),
                f"{max(gain.max(), 0):.1e}",
                f"{max(-gain.min(), 0):.1e}",
                *(f"{typical:.4f}" for typical in np.median(seconds, axis=0)),
                f"{np.median(seconds[:, 0] / seconds[:, 1]):.2f}",
            )


def _counts(n: int, seed: int) -> Array:
    """Counts (n, 1) of the mixture."""
    rng = np.random.RandomState(seed)
    which = (rng.uniform(size=n) > FIRST_WEIGHT).astype(int)
    return rng.negative_binomial(ALPHA[which], 1 / (1 + BURST[which]))[:, None].astype(float)


def _as_one_batch(sets: list[Array]) -> float:
    """Seconds a set where the engine takes all: weights of their own over one grid of counts."""
    from skmixture.engine.em import EM
    from skmixture.engine.iteration import Stopping, iterate
    from skmixture.engine.state import State
    from skmixture.families import NegativeBinomial
    from skmixture.table.rows import Rows

    grid = np.arange(max(X.max() for X in sets) + 1.0)[:, None]
    weight = np.stack([np.bincount(X[:, 0].astype(int), minlength=len(grid)) for X in sets])
    em = EM(NegativeBinomial().localise(grid), Rows(grid, weight.astype(float)))
    times = (len(sets), 1, 1)
    params = {
        "means": np.tile((ALPHA * BURST)[:, None], times),
        "sizes": np.tile(ALPHA[:, None], times),
    }
    start = State(np.tile([FIRST_WEIGHT, 1 - FIRST_WEIGHT], times), params)
    begin = perf_counter()
    iterate(em, start, Stopping(10_000, 1e-12, "remaining"), acceleration="lbfgs")
    return (perf_counter() - begin) / len(sets)


def _many(n: int) -> float:
    """Shortest time of two fits of many counts."""
    X, seconds = _counts(n, 0), []
    for _ in range(2):
        begin = perf_counter()
        _own(X, random_state=0)
        seconds.append(perf_counter() - begin)
    return min(seconds)


if __name__ == "__main__":
    main()

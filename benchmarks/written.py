"""What a law costs that the user writes as a log density: ``python benchmarks/written.py``.

Each beside the law of the package, in turns, on the same rows and parameters.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.random import RandomState
from run import without_overrides
from scipy import special

__all__ = ["main"]

HALF_LOG_TAU = 0.5 * np.log(2 * np.pi)
COSTS = ("law", "rows", "components", "score, s", "ratio", "E-step, s", "ratio")
FITS = ("law", "M-step", "starts", "seconds", "log-likelihood less the package's")


def gaussian(X: Any, mean: Any, sd: Any) -> Any:
    z = (X[:, 0] - mean) / sd
    return -0.5 * z * z - np.log(sd) - HALF_LOG_TAU


def gaussian_all(X: Any, mean: Any, sd: Any) -> Any:
    z = (X[:, 0] - mean[..., None]) / sd[..., None]
    return -0.5 * z * z - np.log(sd)[..., None] - HALF_LOG_TAU


def poisson(X: Any, rate: Any) -> Any:
    x = X[:, 0]
    return special.xlogy(x, rate) - rate - special.gammaln(x + 1)


def poisson_all(X: Any, rate: Any) -> Any:
    """Less ``log x!``, into which no parameter enters."""
    return X[:, 0] * np.log(rate)[..., None] - rate[..., None]


def log_factorials(X: Any) -> Any:
    return -special.gammaln(X[:, 0] + 1)


class Pair(NamedTuple):
    """A law of the package and one that is written, at the same parameters of K components."""

    name: str
    own: Any
    written: Any
    draw: Callable[[RandomState, int], Any]
    params: Callable[[int], tuple[dict[str, Any], dict[str, Any]]]


def main() -> None:
    """Print two tables."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rows and turns")
    quick = parser.parse_args().quick
    without_overrides()
    from table import lay_out, machine

    print(machine(), end="\n\n")
    sizes = (1_000, 10_000) if quick else (1_000, 10_000, 100_000, 1_000_000)
    rows = [
        (pair.name, f"{n:,}", str(K), *_costs(pair, n, K, 2 if quick else 5))
        for pair in _pairs()
        for n in sizes
        for K in (2, 5)
    ]
    print(lay_out(COSTS, rows, 1), end="\n\n")
    print(lay_out(FITS, list(_fits(300 if quick else 1_000)), 2))


def _pairs() -> list[Pair]:
    from skmixture.families import FromLogPDF, Gaussian, Poisson
    from skmixture.supports import counts

    def normal(K: int) -> tuple[dict[str, Any], dict[str, Any]]:
        mean, sd = np.linspace(-1.0, 1.0, K), np.ones(K)
        return {"means": mean[:, None], "covariances": sd}, {"mean": mean, "sd": sd}

    def rates(K: int) -> tuple[dict[str, Any], dict[str, Any]]:
        rate = np.linspace(3.0, 12.0, K)
        return {"rates": rate[:, None]}, {"rate": rate}

    own, bounds = Gaussian("spherical", reg_covar=0.0), {"sd": (0, None)}
    above = {"rate": (0, None)}
    vectorized = FromLogPDF(gaussian_all, bounds=bounds, vectorized=True)
    counted = FromLogPDF(
        poisson_all, bounds=above, vectorized=True, log_base=log_factorials, support=counts
    )
    single = FromLogPDF(poisson, bounds=above, support=counts)
    return [
        Pair("Gaussian, vectorized", own, vectorized, _normal, normal),
        Pair("Gaussian, one by one", own, FromLogPDF(gaussian, bounds=bounds), _normal, normal),
        Pair("Poisson, vectorized", Poisson(), counted, _counts, rates),
        Pair("Poisson, one by one", Poisson(), single, _counts, rates),
    ]


def _normal(rng: RandomState, n: int) -> Any:
    return rng.normal(size=(n, 1))


def _counts(rng: RandomState, n: int) -> Any:
    return rng.poisson(9.0, size=(n, 1)).astype(float)


def _costs(pair: Pair, n: int, K: int, repeats: int) -> tuple[str, ...]:
    """Seconds of the written law for a score and an E-step, each over those of the package's."""
    from timing import in_turns

    from skmixture import Mixture

    X = pair.draw(RandomState(0), n)
    weights = np.full(K, 1 / K)
    runs: dict[Any, Callable[[], Any]] = {}
    for name, law, params in zip(("own", "written"), pair[1:3], pair.params(K), strict=True):
        model = Mixture.from_params(family=law, weights=weights, **params)
        runs["score", name] = lambda model=model: model.score(X)
        runs["E-step", name] = _e_step(law, X, weights, params)
    timed = in_turns(runs, repeats, rest=0.01)
    for what in ("score", "E-step"):
        one, other = (float(np.sum(timed[what, name].result)) for name in ("own", "written"))
        assert abs(one - other) < 1e-9 * abs(one), (pair.name, what, one, other)
    cells = []
    for what in ("score", "E-step"):
        own, written = (timed[what, name].seconds for name in ("own", "written"))
        cells += [f"{written:.5f}", f"{written / own:.1f}"]
    return tuple(cells)


def _e_step(law: Any, X: Any, weights: Any, params: dict[str, Any]) -> Callable[[], Any]:
    """An E-step as fits make it: rows localised, equal counts folded."""
    from skmixture.engine.state import State
    from skmixture.fit.problem import Problem
    from skmixture.given.batch import Batch
    from skmixture.law.constraints import FREE

    problem = Problem.build(law, Batch.of(X, None, {}), len(weights), 1, FREE, None, {})
    em = problem.em
    batch = {name: np.asarray(value)[None] for name, value in law.read(params).items()}
    state = State(weights[None, None], em.family.to_local(batch))
    return lambda: em._fast.expected(state).log_likelihood


def _fits(n: int) -> Any:
    """Whole fits by the package's law, and by the written one with several M-steps."""
    from time import perf_counter

    from sklearn.base import clone

    from skmixture import Mixture

    rng = RandomState(1)
    half = n // 2
    tables = {
        "Gaussian": np.r_[rng.normal(0, 1, half), rng.normal(4, 2, half)][:, None],
        "Poisson": np.r_[rng.poisson(3, half), rng.poisson(9, half)][:, None].astype(float),
    }
    best: dict[str, float] = {}
    for pair in _pairs():
        kind = pair.name.partition(",")[0]
        X = tables[kind]
        ways = [("the package's", pair.own, 30)] if kind not in best else []
        ways += [(f"{pair.name}, default", pair.written, starts) for starts in (30, 3)]
        if "one by one" in pair.name:
            for method in ("L-BFGS-B", "Powell"):
                law = clone(pair.written).set_params(method=method)
                ways.append((f"{pair.name}, {method}", law, 3))
        for name, law, starts in ways:
            begin = perf_counter()
            model = Mixture(law, 2, n_init=starts, random_state=0).fit(X)
            seconds = perf_counter() - begin
            value = model.score(X) * n
            best.setdefault(kind, value)
            yield kind, name, str(starts), f"{seconds:.2f}", f"{value - best[kind]:+.1e}"


if __name__ == "__main__":
    main()

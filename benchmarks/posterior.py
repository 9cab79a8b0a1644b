"""What a walker's step costs, and whether posteriors are calibrated: ``benchmarks/posterior.py``.

Calibration is by simulation (Talts, Betancourt, Simpson, Vehtari and Gelman
2018, arXiv:1804.06788): parameters are drawn from the priors, rows from the
parameters, and the rank of the parameters among draws from the posterior of
the rows is uniform. All that is ranked is the same however components are
labelled.
"""

from __future__ import annotations

import sys
import warnings
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from run import without_overrides
from scipy import stats

__all__ = ["main"]

Array = NDArray[np.floating]

OF_STEPS = ("walkers", "ensembles", "a walker's step, us", "scipy.stats, us", "ratio", "on file")
OF_MOVES = ("moves", "p of a normal number", "p of its square's", "p of a Laplace number")
OF_RANKS = ("law", "data sets", "statistic", "chi-square", "p", "mean rank", "seconds")
N_STEPS = 300
WALKERS = ((32, 1), (64, 1), (128, 2), (128, 1), (256, 1), (512, 1))
# Ranks are of N_DRAWS draws, in N_BINS bins of equal size.
N_DRAWS, N_BINS = 99, 20
N_SETS, N_ROWS = 200, 40


def main() -> None:
    """Print a table of steps, and one of ranks for each law."""
    parser = ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="a tenth of the data sets, too few for p"
    )
    parser.add_argument("--only", choices=["steps", "moves", *(law.name for law in LAWS)])
    parser.add_argument("--data-home", help="where the transcript counts are, or are put")
    options = parser.parse_args()
    without_overrides()
    from table import lay_out, machine

    print(machine())
    print("- one job\n")
    if options.only in (None, "steps"):
        print(lay_out(OF_STEPS, list(_of_steps(options.data_home)), 2), flush=True)
    if options.only in (None, "moves"):
        print("\n" + lay_out(OF_MOVES, list(_of_moves()), 1), flush=True)
    n_sets = N_SETS // 10 if options.quick else N_SETS
    for law in LAWS:
        if options.only in (None, law.name):
            print("\n" + lay_out(OF_RANKS, list(_of_ranks(law, n_sets)), 1), flush=True)


# -- what a step costs -------------------------------------------------------------


def _of_steps(data_home: str | None) -> Iterator[tuple[str, ...]]:
    """Steps of walkers on Rex1's five parameters, beside one log-likelihood by scipy.stats."""
    from skmixture import NegativeBinomialMixture
    from skmixture.datasets import fetch_singer_transcript_counts

    rex1 = fetch_singer_transcript_counts(data_home=data_home).data[:, :1]
    model = NegativeBinomialMixture(2, order_by="means", random_state=0).fit(rex1)
    for n_walkers, n_ensembles in WALKERS:
        scalar = _of_scipy(model, rex1[:, 0])
        shape = {"n_walkers": n_walkers, "n_ensembles": n_ensembles}
        each = 1e6 * _of_walk(model, rex1, shape, on_file=False) / n_walkers
        filed = 1e6 * _of_walk(model, rex1, shape, on_file=True) / n_walkers
        yield (
            str(n_walkers), str(n_ensembles), f"{each:.1f}", f"{scalar:.1f}",
            f"{scalar / each:.1f}", f"{filed / each:.2f}",
        )  # fmt: skip


def _of_scipy(model: Any, x: Array) -> float:
    """Microseconds of one log-likelihood."""
    w, means, sizes = model.weights_, model.means_[:, 0], model.sizes_[:, 0]

    def log_likelihood() -> float:
        one, other = (
            np.log(w[k]) + stats.nbinom.logpmf(x, sizes[k], sizes[k] / (sizes[k] + means[k]))
            for k in (0, 1)
        )
        return float(np.logaddexp(one, other).sum())

    times = []
    for _ in range(5):
        begin = process_time()
        for _ in range(200):
            log_likelihood()
        times.append((process_time() - begin) / 200)
    return 1e6 * min(times)


def _of_walk(model: Any, X: Array, shape: dict[str, int], on_file: bool) -> float:
    """Seconds of the processor in a step of all walkers, recorded: the least of three runs."""
    from skmixture.inference.posterior.ensembles import Ensembles
    from skmixture.inference.posterior.question import Question, asked
    from skmixture.inference.posterior.storage import open_recorder
    from skmixture.inference.posterior.walkers import about_fit

    times = []
    for _ in range(3):
        with TemporaryDirectory() as folder, asked(model, X, Question()) as target:
            y = about_fit(target, shape["n_walkers"], RandomState(0))
            seeds = [np.random.SeedSequence(e) for e in range(shape["n_ensembles"])]
            walk = Ensembles(target, shape["n_ensembles"], y, None, seeds)
            path = Path(folder) / "chain.h5" if on_file else None
            with open_recorder(path, walk.layout(), {}) as recorder:
                for record in walk.steps(20):
                    recorder.append(record)
                begin = process_time()
                for record in walk.steps(N_STEPS):
                    recorder.append(record)
                times.append((process_time() - begin) / N_STEPS)
    return min(times)


# -- whether moves leave a density as it is ------------------------------------------


def _of_moves() -> Iterator[tuple[str, ...]]:
    """Tests of draws from a density that is known, by the moves of this package and of emcee."""
    import emcee

    from skmixture.inference.posterior.moves import Snooker, default_moves

    def bent(y: Array) -> Array:
        first, second, third = y.T
        return -0.5 * first**2 - 2.0 * (second - first**2 / 2) ** 2 - np.abs(third)

    theirs = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]
    for name, moves in (
        ("ours", default_moves()), ("our snooker alone", Snooker()), ("emcee's, as ours", theirs),
        ("DESnookerMove alone", emcee.moves.DESnookerMove()),
    ):  # fmt: skip
        sampler = emcee.EnsembleSampler(60, 3, bent, moves=moves, vectorize=True)
        sampler.random_state = RandomState(1).get_state()
        sampler.run_mcmc(RandomState(0).normal(size=(60, 3)), 20_000)
        first, second, third = sampler.get_chain(discard=400, thin=100, flat=True).T
        found = [(first, stats.norm), (2 * (second - first**2 / 2), stats.norm)]
        p = [stats.kstest(x, law.cdf).pvalue for x, law in [*found, (third, stats.laplace)]]
        yield (name, *(f"{value:.2g}" for value in p))


# -- whether it is calibrated --------------------------------------------------------


@dataclass(frozen=True)
class Law:
    """A mixture of two components with priors that parameters are drawn from.

    Attributes
    ----------
    name : str
        Of the estimator, without "Mixture".
    options : callable
        Those of the estimator; with a prior where fits without one collapse.
    priors : callable
        Priors as `sample_posterior` takes them.
    draw : callable
        Of a generator: parameters (2, ...) from the priors.
    by : str
        The parameter that tells the components apart.
    """

    name: str
    options: Callable[[], dict[str, Any]]
    priors: Callable[[], dict[str, Any]]
    draw: Callable[[RandomState], dict[str, Array]]
    by: str


def _normal_options() -> dict[str, Any]:
    from skmixture.priors import InverseWishart

    return {"reg_covar": 0.0, "prior": {"covariances": InverseWishart(5.0, 5.0)}}


def _normal_law(rng: RandomState) -> dict[str, Array]:
    variances = stats.invgamma(2.5, scale=2.5).rvs(size=(2, 1, 1), random_state=rng)
    return {"means": rng.normal(0.0, 3.0, size=(2, 1)), "covariances": variances}


LAWS = [
    Law(
        "Poisson", dict,
        lambda: {"rates": stats.gamma(2.0, scale=4.0), "weights": [2.0, 2.0]},
        lambda rng: {"rates": rng.gamma(2.0, 4.0, size=(2, 1))},
        "rates",
    ),
    Law(
        "NegativeBinomial", dict,
        lambda: {
            "means": ("log", stats.norm(2.0, 1.0)),
            "sizes": ("log", stats.norm(1.0, 0.7)),
            "weights": [2.0, 2.0],
        },
        lambda rng: {
            "means": np.exp(rng.normal(2.0, 1.0, size=(2, 1))),
            "sizes": np.exp(rng.normal(1.0, 0.7, size=(2, 1))),
        },
        "means",
    ),
    Law(
        "Gaussian", _normal_options,
        lambda: {
            "means": stats.norm(0.0, 3.0),
            "covariances": stats.invwishart(5.0, 5.0),
            "weights": [2.0, 2.0],
        },
        _normal_law,
        "means",
    ),
]  # fmt: skip


def _of_ranks(law: Law, n_sets: int) -> Iterator[tuple[str, ...]]:
    """A row for each statistic."""
    rng, begin = RandomState(0), perf_counter()
    found = [_ranks_of_one(law, rng, seed) for seed in range(n_sets)]
    seconds = perf_counter() - begin
    print(f"done: {law.name}", file=sys.stderr, flush=True)
    for name in found[0]:
        ranks = np.array([one[name] for one in found])
        counts = np.bincount(ranks * N_BINS // (N_DRAWS + 1), minlength=N_BINS)
        statistic, p = stats.chisquare(counts)
        yield (
            law.name, str(n_sets), name, f"{statistic:.1f}", f"{p:.3f}",
            f"{ranks.mean() / N_DRAWS:.3f}", f"{seconds:.0f}",
        )  # fmt: skip


def _ranks_of_one(law: Law, rng: RandomState, seed: int) -> dict[str, int]:
    """Ranks of what was drawn from the prior among draws from the posterior of its rows."""
    import skmixture
    from skmixture.inference import sample_posterior

    kind, options = getattr(skmixture, law.name + "Mixture"), law.options()
    truth = {"weights": rng.dirichlet([2.0, 2.0]), **law.draw(rng)}
    model = kind.from_params(**truth, **options)
    X = model.sample(N_ROWS, random_state=rng)[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fits at an edge
        fit = kind(2, random_state=seed, **options).fit(X)
    posterior = sample_posterior(
        fit, X, priors=law.priors(), n_walkers=64, n_ensembles=1, n_burn_in=300, n_steps=300,
        random_state=seed,
    )  # fmt: skip
    steps = np.arange(49, 300, 50)  # several autocorrelation times apart
    pairs = [(step, walker) for step in steps for walker in range(posterior.n_walkers)]
    chosen = np.transpose([pairs[i] for i in rng.permutation(len(pairs))[:N_DRAWS]])
    names = truth.keys()
    draws = {name: posterior.raw[name][chosen[0], chosen[1]] for name in names}
    draws["log-likelihood"] = posterior.log_likelihood[chosen[0], chosen[1]]
    own = {name: np.asarray(value)[None] for name, value in truth.items()}
    own["log-likelihood"] = np.array([model.score_samples(X).sum()])
    of_draws, of_truth = _invariant(law, draws), _invariant(law, own)
    return {name: int((of_draws[name] < of_truth[name]).sum()) for name in of_draws}


def _invariant(law: Law, values: dict[str, Array]) -> dict[str, Array]:
    """Numbers (B,) of draws that do not depend on labels."""
    order = np.argsort(values[law.by].reshape(-1, 2), axis=1)
    found = {"log-likelihood": values["log-likelihood"]}
    for name, value in values.items():
        if name != "log-likelihood":
            low, high = np.take_along_axis(value.reshape(-1, 2), order, axis=1).T
            found[f"{name} of the lower"] = low
            if name != "weights":
                found[f"{name} of the higher"] = high
    return found


if __name__ == "__main__":
    main()

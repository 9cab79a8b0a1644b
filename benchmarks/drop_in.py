"""Count how often GaussianMixture makes scikit-learn's fit: ``python benchmarks/drop_in.py``."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture as ScikitLearn

from skmixture import GaussianMixture

__all__ = ["main"]

N_FITS = 300
OPTIONS = {
    "covariance_type": ["full", "tied", "diag", "spherical"],
    "init_params": ["kmeans", "k-means++", "random", "random_from_data"],
    "n_init": [1, 1, 3],
    "tol": [1e-3, 1e-5],
}


def main() -> None:
    """Fit random tables by both and print how many fits are the same."""
    rng = RandomState(1)
    same_end = same_count = same_fit = 0
    for _ in range(N_FITS):
        X, n_components = table(rng)
        options = {name: rng.choice(values) for name, values in OPTIONS.items()}
        seed = int(rng.randint(1000))
        ours, theirs = (
            cls(n_components, random_state=seed, **options).fit(X)
            for cls in (GaussianMixture, ScikitLearn)
        )
        same_end += abs(ours.lower_bound_ - theirs.lower_bound_) < 1e-8
        same_count += ours.n_iter_ == theirs.n_iter_
        same_fit += np.allclose(ours.means_, theirs.means_, 1e-6, 1e-8) and np.allclose(
            ours.covariances_, theirs.covariances_, 1e-5, 1e-8
        )
    print(f"{N_FITS} fits: {same_end} with the mean log-likelihood equal to 1e-8,")
    print(f"{same_count} with the same number of iterations,")
    print(f"{same_fit} with means within 1e-6 and covariances within 1e-5, components in one order")


def table(rng: RandomState) -> tuple[NDArray[np.floating], int]:
    """Clusters of random number, size and shape, at offsets of up to 1000."""
    n, d, n_components = rng.randint(20, 400), rng.randint(1, 6), rng.randint(1, 6)
    offset, scale = rng.choice([0, 0, 10, 1000.0]), rng.choice([1, 1, 10])
    groups = [
        rng.normal(size=(n, d)) * (rng.uniform(size=d) + 0.2) + rng.normal(size=d) * 3
        for _ in range(n_components)
    ]
    return rng.permutation(np.vstack(groups)) * scale + offset, n_components


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "reg_covar", UserWarning)
        main()

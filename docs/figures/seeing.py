"""Displays of fitted mixtures: the pictures of the page "Seeing".

Three real data sets, mixtures of them, and what there is to see of each::

    python docs/figures/seeing.py --output-folder .
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from skmixture import Mixture, PoissonMixture
from skmixture.datasets import load_death_notices, load_galaxies, load_old_faithful
from skmixture.display import (
    ContourDisplay,
    CornerDisplay,
    DensityDisplay,
    ECDFDisplay,
    PredictiveECDFDisplay,
    ResponsibilityDisplay,
    SelectionDisplay,
)
from skmixture.families import Gaussian
from skmixture.inference import BootstrapResult, bootstrap

COVARIANCES = ["full", "tied", "diag"]


def fit(X: np.ndarray, n_components: int, covariance_type: str = "full") -> Mixture:
    """A Gaussian mixture whose components are numbered by their means."""
    model = Mixture(Gaussian(covariance_type), n_components, order_by="means", random_state=0)
    return model.fit(X)


def overview() -> Figure:
    """Six displays on the axes of one figure."""
    fig = Figure(figsize=(15, 8.4), layout="constrained")
    axes = fig.subplots(2, 3)
    galaxies, geyser, deaths = load_galaxies(), load_old_faithful(), load_death_notices()
    velocity, X = galaxies.data / 1000, geyser.data
    four, two = fit(velocity, 4), fit(X, 2)
    DensityDisplay.from_estimator(four, velocity, ax=axes[0, 0])
    axes[0, 0].set_xlabel("velocity (1000 km/s)")

    days = {"sample_weight": deaths.sample_weight}
    model = PoissonMixture(2, order_by="rates", random_state=0).fit(deaths.data, **days)
    DensityDisplay.from_estimator(model, deaths.data, **days, ax=axes[0, 1])
    axes[0, 1].set_xlabel("notices on a day")

    ECDFDisplay.from_estimator(four, velocity, difference=True, ax=axes[0, 2])
    axes[0, 2].set_xlabel("velocity (1000 km/s)")

    ContourDisplay.from_estimator(two, X, ax=axes[1, 0])
    axes[1, 0].set(xlabel="eruption (min)", ylabel="wait (min)")
    ResponsibilityDisplay.from_estimator(two, X, kind="histogram", ax=axes[1, 1])
    numbers = range(1, 6)
    bic = {kind: [fit(X, K, kind).bic(X) for K in numbers] for kind in COVARIANCES}
    SelectionDisplay.from_arrays(numbers, bic, criterion="bic", ax=axes[1, 2])
    for ax, title in zip(
        axes.flat,
        [
            "Galaxies: DensityDisplay", "Death notices: DensityDisplay", "Galaxies: ECDFDisplay",
            "Old Faithful: ContourDisplay", "ResponsibilityDisplay", "SelectionDisplay",
        ],
        strict=True,
    ):  # fmt: skip
        ax.set_title(title, loc="left", weight="bold")
    return fig


def replicates() -> tuple[Mixture, np.ndarray, BootstrapResult]:
    """The mixture of Old Faithful, and how far it may be from the truth."""
    X = load_old_faithful().data
    model = fit(X, 2)
    return model, X, bootstrap(model, X, n_replicates=1000, random_state=0)


def main() -> None:
    """Draw all and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output-folder", type=Path, default=Path("."))
    folder = parser.parse_args().output_folder
    folder.mkdir(parents=True, exist_ok=True)
    model, X, result = replicates()
    corner = CornerDisplay.from_draws(
        result,
        parameters=["weights[0]", "covariances[1, 0, 0]", "covariances[1, 1, 1]"],
        transform={"weights": "logit", "covariances": "log"},
    )
    predicted = PredictiveECDFDisplay.from_estimator(model, X, result, random_state=0)
    for name, figure in {
        "overview": overview(),
        "corner": corner.figure_,
        "predictive": predicted.figure_,
    }.items():
        figure.savefig(folder / f"seeing_{name}.png", dpi=90)
    print(f"The figures are in {folder.resolve()}.")


if __name__ == "__main__":
    main()

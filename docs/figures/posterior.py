"""Draws of the posterior: the pictures of the page "The posterior".

Death notices, a mixture of two Poisson laws, and what may be known of it::

    python docs/figures/posterior.py --output-folder .
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from skmixture import PoissonMixture
from skmixture.datasets import load_death_notices
from skmixture.display import CornerDisplay, PredictiveECDFDisplay, TraceDisplay
from skmixture.inference import Posterior, sample_posterior


def sampled() -> tuple[PoissonMixture, np.ndarray, Posterior]:
    """The mixture of two rates, the days one by one, and draws of the posterior."""
    deaths = load_death_notices()
    days = deaths.data.repeat(deaths.sample_weight.astype(int), axis=0)
    model = PoissonMixture(2, order_by="rates", random_state=0).fit(days)
    return model, days, sample_posterior(model, days, order="rates", random_state=0)


def chains(model: PoissonMixture, days: np.ndarray, posterior: Posterior) -> Figure:
    """How walkers went, and whether data as these come out."""
    fig = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = fig.subfigures(1, 2, width_ratios=[3, 2])
    transform = {"weights": "logit", "rates": "log"}
    TraceDisplay.from_draws(posterior, transform=transform, ax=left.subplots(3, 1, sharex=True))
    display = PredictiveECDFDisplay.from_estimator(
        model, days, posterior, random_state=0, ax=right.subplots()
    )
    display.ax_.flat[0].set_xlabel("notices on a day")
    return fig


def main() -> None:
    """Draw both and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output-folder", type=Path, default=Path("."))
    folder = parser.parse_args().output_folder
    folder.mkdir(parents=True, exist_ok=True)
    model, days, posterior = sampled()
    corner = CornerDisplay.from_draws(posterior, transform={"weights": "logit"})
    for name, figure in {
        "corner": corner.figure_,
        "chains": chains(model, days, posterior),
    }.items():
        figure.savefig(folder / f"posterior_{name}.png", dpi=90)
    print(f"The figures are in {folder.resolve()}.")


if __name__ == "__main__":
    main()

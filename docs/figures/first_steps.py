"""A picture for each kind of data: those of the pages "Getting started" and "Which mixture".

python docs/figures/first_steps.py --output-folder .
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from skmixture import (
    CategoricalMixture,
    GammaMixture,
    HurdleMixture,
    Mixture,
    NegativeBinomialMixture,
    StudentTMixture,
    ZeroInflatedMixture,
)
from skmixture.datasets import load_old_faithful
from skmixture.display import ContourDisplay, DensityDisplay, ProfileDisplay
from skmixture.families import Gamma, Gaussian, Poisson


def first() -> Figure:
    """Old Faithful and its two components."""
    X = load_old_faithful().data
    model = Mixture(Gaussian(), n_components=2, order_by="means", random_state=0).fit(X)
    fig = Figure(figsize=(6.4, 4.4), layout="constrained")
    ax = fig.subplots()
    ContourDisplay.from_estimator(model, X, ax=ax)
    ax.set(xlabel="eruption (min)", ylabel="wait for the next (min)")
    return fig


def kinds() -> Figure:
    """Data as the examples of the page make them, and the law of each."""
    rng = np.random.RandomState(0)
    half = np.repeat([[0.0], [1.0]], 200, axis=0)  # the component of each row
    wide = 3 * rng.standard_t(2, size=(400, 1)) + 40 * half
    reads = rng.poisson(rng.gamma(4.0, 1 + 11 * half))
    visits = np.where(rng.uniform(size=(400, 1)) < 0.3, 0, rng.poisson(4.0, size=(400, 1)))
    answers = np.where(rng.uniform(size=(400, 3)) < 0.9 - 0.7 * half, "yes", "no")
    waits = rng.gamma(3.0, 1 + 9 * half)
    rain = np.where(rng.uniform(size=(400, 1)) < 0.4, 0.0, rng.gamma(2.0, 5.0, size=(400, 1)))
    seeded = {"random_state": 0}
    laws = {
        "Rows far out: StudentTMixture(2)": (StudentTMixture(2, order_by="means", **seeded), wide),
        "Counts: NegativeBinomialMixture(2)": (
            NegativeBinomialMixture(2, order_by="means", **seeded),
            reads,
        ),
        "More zeros: ZeroInflatedMixture(Poisson(), 1)": (ZeroInflatedMixture(Poisson()), visits),
        "Times: GammaMixture(2)": (GammaMixture(2, order_by="scales", **seeded), waits),
        "Amounts and zeros: HurdleMixture(Gamma(), 1)": (HurdleMixture(Gamma()), rain),
    }
    fig = Figure(figsize=(14.5, 8), layout="constrained")
    *panels, last = fig.subfigures(2, 3).flat
    for panel, (title, (model, X)) in zip(panels, laws.items(), strict=True):
        ax = panel.subplots()
        DensityDisplay.from_estimator(model.fit(X), X, ax=ax)
        if model.n_components == 2:  # room for the legend above two peaks
            ax.set_ylim(top=1.3 * ax.get_ylim()[1])
            ax.get_legend().set_loc("upper right")
        panel.suptitle(title, weight="bold")
    choices = CategoricalMixture(2, order_by="weights", **seeded).fit(answers)
    shares = ProfileDisplay.from_estimator(choices, ax=last.subplots())
    for ax in np.ravel(shares.ax_):
        ax.set_title(ax.get_title(), fontsize=9)
    last.suptitle("Answers: CategoricalMixture(2)", weight="bold")
    return fig


def main() -> None:
    """Draw both and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output-folder", type=Path, default=Path("."))
    folder = parser.parse_args().output_folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in {"first": first(), "kinds": kinds()}.items():
        figure.savefig(folder / f"first_steps_{name}.png", dpi=90)
    print(f"The figures are in {folder.resolve()}.")


if __name__ == "__main__":
    main()

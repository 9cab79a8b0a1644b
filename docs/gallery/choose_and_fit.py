"""
How many components?
====================

Three real data sets, fitted, compared by BIC and drawn:

* Old Faithful: eruptions of a geyser, two columns, full-covariance Gaussians;
* death notices: counts a day with frequencies as row weights, Poisson laws;
* galaxies: velocities in one column, univariate Gaussians.

For each, mixtures of 1, 2, ... components are fitted. A table shows their
criteria, with a star at the lowest BIC, and the parameters of that mixture
follow. A figure shows the chosen mixtures over the data, and BIC by the number
of components below them. As a programme::

    python docs/gallery/choose_and_fit.py --output choose_and_fit.png
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from skmixture import Mixture, PoissonMixture
from skmixture.datasets import load_death_notices, load_galaxies, load_old_faithful
from skmixture.display import ContourDisplay, DensityDisplay, SelectionDisplay
from skmixture.families import Gaussian

GAUSSIAN = {"order_by": "means", "random_state": 0}
POISSON = {"order_by": "rates", "random_state": 0}

INK = "#222222"

STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.labelcolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "legend.frameon": False,
    "legend.fontsize": 9,
    "legend.handlelength": 1.6,
}


# %%
# Fitting and choosing
# --------------------
#
# A study is a data set with the mixtures that are compared on it; a candidate is
# one of them, fitted.


@dataclass
class Study:
    """One data set with the mixtures to be compared on it."""

    title: str
    law: str
    caption: str
    X: np.ndarray
    weight: np.ndarray  # how many observations each row stands for
    make: Callable[[int], Mixture | PoissonMixture]
    n_components: range
    describe: Callable[[Mixture | PoissonMixture], Iterable[dict[str, ArrayLike]]]
    draw: Callable[[Axes, Study, Mixture | PoissonMixture], None]


@dataclass
class Candidate:
    """A fitted mixture and its criteria."""

    model: Mixture | PoissonMixture
    log_likelihood: float
    aic: float
    bic: float
    icl: float


def studies() -> list[Study]:
    """The three data sets, each with its family and numbers of components."""
    geyser, deaths, galaxies = load_old_faithful(), load_death_notices(), load_galaxies()
    return [
        Study(
            "Old Faithful",
            "eruption and wait for the next, in minutes; full-covariance Gaussians",
            "272 eruptions, coloured by their responsibilities",
            geyser.data,
            np.ones(len(geyser.data)),
            lambda K: Mixture(Gaussian(), K, **GAUSSIAN),
            range(1, 6),
            describe_plane,
            draw_plane,
        ),
        Study(
            "Death notices",
            "notices a day in The Times, 1910 to 1912; Poisson laws",
            "of women of 80 and over in The Times, 1,096 days",
            deaths.data,
            deaths.sample_weight,
            lambda K: PoissonMixture(K, **POISSON),
            range(1, 5),
            describe_counts,
            draw_counts,
        ),
        Study(
            "Galaxies",
            "velocity in 1000 km/s; univariate Gaussians",
            "82 galaxies of Corona Borealis, each a tick",
            galaxies.data / 1000,
            np.ones(len(galaxies.data)),
            lambda K: Mixture(Gaussian(), K, **GAUSSIAN),
            range(1, 7),
            describe_line,
            draw_line,
        ),
    ]


def fit_all(study: Study) -> list[Candidate]:
    """One candidate for each number of components."""
    return [fit(study, n_components) for n_components in study.n_components]


def fit(study: Study, n_components: int) -> Candidate:
    """The mixture of so many components, with its criteria."""
    X, weight = study.X, study.weight
    model = study.make(n_components).fit(X, sample_weight=weight)
    return Candidate(
        model,
        model.score(X, sample_weight=weight) * weight.sum(),
        model.aic(X, sample_weight=weight),
        model.bic(X, sample_weight=weight),
        model.icl(X, sample_weight=weight),
    )


def choose(candidates: list[Candidate]) -> Candidate:
    """The candidate with the lowest BIC."""
    return min(candidates, key=lambda candidate: candidate.bic)


# %%
# Printing
# --------
#
# The criteria as a table, then the components of the candidate that was chosen.


def report(study: Study, candidates: list[Candidate]) -> str:
    """The criteria of all candidates and the parameters of the chosen one."""
    chosen = choose(candidates)
    lines = [
        f"{study.title}: {study.weight.sum():,.0f} observations",
        f"({study.law})",
        "",
        f"   {'K':>2}{'parameters':>12}{'log-likelihood':>17}{'AIC':>11}{'BIC':>11}{'ICL':>11}",
    ]
    for candidate in candidates:
        model = candidate.model
        lines.append(
            f" {'*' if candidate is chosen else ' '} {model.n_components:>2}"
            f"{model.n_parameters_:>12}{candidate.log_likelihood:>17.5f}"
            f"{candidate.aic:>11.2f}{candidate.bic:>11.2f}{candidate.icl:>11.2f}"
        )
    lines += ["", "   * lowest BIC; its components:", ""]
    for row in study.describe(chosen.model):
        lines.append("   " + "   ".join(f"{name} {spell(value)}" for name, value in row.items()))
    return "\n".join([*lines, ""])


def spell(value: ArrayLike) -> str:
    """One number, or several side by side."""
    return " ".join(f"{number:.4f}" for number in np.ravel(value))


def describe_plane(model: Mixture) -> Iterable[dict[str, ArrayLike]]:
    """Weight, means, standard deviations and correlation, component by component."""
    for weight, mean, covariance in zip(
        model.weights_, model.means_, model.covariances_, strict=True
    ):
        deviation = np.sqrt(np.diag(covariance))
        yield {
            "weight": weight,
            "means": mean,
            "deviations": deviation,
            "correlation": covariance[0, 1] / deviation.prod(),
        }


def describe_counts(model: PoissonMixture) -> Iterable[dict[str, ArrayLike]]:
    """Weight and rate, component by component."""
    for weight, rate in zip(model.weights_, model.rates_[:, 0], strict=True):
        yield {"weight": weight, "rate": rate}


def describe_line(model: Mixture) -> Iterable[dict[str, ArrayLike]]:
    """Weight, mean and standard deviation, component by component."""
    variances = model.covariances_[:, 0, 0]
    for weight, mean, variance in zip(model.weights_, model.means_[:, 0], variances, strict=True):
        yield {"weight": weight, "mean": mean, "deviation": np.sqrt(variance)}


# %%
# Drawing
# -------
#
# One column a data set: the chosen mixture over the data, BIC below it.


def figure(results: list[tuple[Study, list[Candidate]]]) -> Figure:
    """A column for each study: the chosen mixture over the data, and BIC below it."""
    fig = plt.figure(figsize=(13.5, 6.6), layout="constrained", dpi=160)
    fig.get_layout_engine().set(w_pad=0.12, h_pad=0.1)
    axes = fig.subplots(2, len(results), height_ratios=[2.7, 1])
    for (study, candidates), above, below in zip(results, *axes, strict=True):
        study.draw(above, study, choose(candidates).model)
        above.set_title(study.title, pad=24)
        above.annotate(
            study.caption,
            (0, 1),
            xytext=(0, 8),
            xycoords="axes fraction",
            textcoords="offset points",
            color="#555555",
        )
        draw_criterion(below, candidates)
    for ax, label in zip(axes[1], ["BIC (lower is better)", "", ""], strict=True):
        ax.set_ylabel(label)
    return fig


def draw_plane(ax: Axes, study: Study, model: Mixture) -> None:
    """Rows coloured by their responsibilities, contours of the density and ellipses."""
    ContourDisplay.from_estimator(model, study.X, ax=ax)
    ax.set(xlabel="eruption (min)", ylabel="wait for the next eruption (min)")


def draw_counts(ax: Axes, study: Study, model: PoissonMixture) -> None:
    """Days by their number of notices, with the days that the mixture expects."""
    DensityDisplay.from_estimator(model, study.X, sample_weight=study.weight, ax=ax)
    ax.set(xlabel="notices on a day", ylabel="share of days", xticks=study.X[:, 0])


def draw_line(ax: Axes, study: Study, model: Mixture) -> None:
    """A histogram with every row as a tick below it, and the fitted densities."""
    x = study.X[:, 0]
    DensityDisplay.from_estimator(model, study.X, ax=ax)
    top = ax.get_ylim()[1]
    ax.plot(x, np.full(len(x), -0.03 * top), "|", color=INK, markersize=8, alpha=0.6)
    ax.set(xlabel="velocity (1000 km/s)", ylim=(-0.06 * top, 1.4 * top))


def draw_criterion(ax: Axes, candidates: list[Candidate]) -> None:
    """BIC by the number of components, its minimum marked."""
    K = [candidate.model.n_components for candidate in candidates]
    bic = [candidate.bic for candidate in candidates]
    SelectionDisplay.from_arrays(K, bic, criterion="bic", ax=ax)
    ax.locator_params(axis="y", nbins=6)


# %%
# The result
# ----------
#
# Two kinds of eruptions, two kinds of days, and four groups of galaxies.


def main() -> None:
    """Fit, choose, print and draw."""
    parser = argparse.ArgumentParser(description="How many components? Three data sets.")
    parser.add_argument("--output", type=Path, help="file of the figure; else it is shown")
    output = parser.parse_args().output
    results = []
    for study in studies():
        candidates = fit_all(study)
        print(report(study, candidates))
        results.append((study, candidates))
    with mpl.rc_context(STYLE):
        fig = figure(results)
    if output is None:
        plt.show()
    else:
        fig.savefig(output)
        print(f"The figure is in {output}.")


if __name__ == "__main__":
    main()

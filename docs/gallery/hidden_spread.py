"""
A disease that spreads over four sites
======================================

A law of one's own, with strata: components that are written as their log
density. Of each of 3,000 patients it is known which of four sites are
involved, and whether the disease was found early or late. Patients fall into
subtypes. In each a site becomes involved from the source with its own
probability in a unit of time, and from the site before it with a probability
that all subtypes share. How common the subtypes are depends on where in the
body the source is: that is the stratum of a patient.

As a programme::

    python docs/gallery/hidden_spread.py --output hidden_spread.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture import Mixture
from skmixture.families import FromLogPDF, Parameter

__all__ = ["TRUTH", "draw_patients", "fitted", "main", "spread_law"]

Array = NDArray[np.floating]

N_SITES = 4
PATTERNS = np.array([[pattern >> site & 1 for site in range(N_SITES)] for pattern in range(16)])
STEPS = (2, 5)  # units of time until the disease is found, early and late
PLACES = np.array(["back", "front", "side"])
TRUTH = {
    "direct": np.array([[0.30, 0.10, 0.05, 0.20], [0.05, 0.25, 0.30, 0.04]]),
    "onward": 0.35,
    "weights": np.array([[0.85, 0.15], [0.50, 0.50], [0.20, 0.80]]),  # of the places
}


# %%
# The law of a subtype
# --------------------
#
# A hidden Markov chain on the 16 patterns of involvement: a few products of
# matrices. The stage at which the disease was found is a column of the rows.


def transitions(direct: Array, onward: Array) -> Array:
    """Matrices (B, K, 16, 16) of one unit of time, from pattern to pattern.

    A site that is involved stays so; another becomes so from the source, or
    from the site before it where that is involved.
    """
    before = np.pad(PATTERNS, ((0, 0), (1, 0)))[:, :N_SITES]  # (16, 4)
    spared = (1 - direct[..., None, :]) * (1 - onward[..., None, None] * before)
    becomes = np.where(PATTERNS == 1, 1.0, 1 - spared)  # (B, K, 16, 4), of an involved site
    becomes = becomes[..., :, None, :]
    return np.where(PATTERNS == 1, becomes, 1 - becomes).prod(axis=-1)


def log_chances(X: Array, direct: Array, onward: Array) -> Array:
    """Log probability (B, K, n) of what was found, given when it was found."""
    matrix = transitions(direct, onward)
    at_stage = [np.linalg.matrix_power(matrix, steps)[..., 0, :] for steps in STEPS]
    with np.errstate(divide="ignore"):
        table = np.log(np.stack(at_stage, axis=-2))  # (B, K, 2, 16)
    pattern = (X[:, :N_SITES] @ 2.0 ** np.arange(N_SITES)).astype(int)
    return table[..., X[:, N_SITES].astype(int), pattern]


def spread_law() -> FromLogPDF:
    """The law of a subtype."""
    return FromLogPDF(
        log_chances,
        {"direct": Parameter(shape=(N_SITES,), bounds=(0, 1), start=0.2), "onward": (0, 1)},
        tied=["onward"],
        vectorized=True,
    )


# %%
# Patients
# --------
#
# They are drawn site by site and step by step, without the matrices above.


def draw_patients(n: int, seed: int = 0) -> tuple[Array, NDArray, NDArray[np.integer]]:
    """Involvement and stage (n, 5), the place of the source, and the subtype."""
    rng = RandomState(seed)
    place = rng.randint(len(PLACES), size=n)
    subtype = (rng.uniform(size=n) > TRUTH["weights"][place, 0]).astype(int)
    stage = rng.randint(2, size=n)
    involved = np.zeros((n, N_SITES), dtype=bool)
    for step in range(max(STEPS)):
        still = step < np.array(STEPS)[stage]
        before = np.pad(involved, ((0, 0), (1, 0)))[:, :N_SITES]
        new = rng.uniform(size=(n, N_SITES)) < TRUTH["direct"][subtype]
        new |= before & (rng.uniform(size=(n, N_SITES)) < TRUTH["onward"])
        involved |= new & still[:, None]
    return np.column_stack([involved, stage]).astype(float), PLACES[place], subtype


# %%
# Fit and figure
# --------------
#
# The place of the source is the stratum of a patient.


def fitted(X: Array, place: NDArray) -> Mixture:
    """Two subtypes, in proportions by place; the one in which the first site falls sooner first."""
    model = Mixture(
        spread_law(),
        n_components=2,
        n_init=4,
        order_by=lambda params: -params["direct"][:, 0],
        random_state=0,
    )
    return model.fit(X, strata=place)


def report(model: Mixture) -> None:
    """What was found beside the truth."""
    print("probability of involvement from the source, in a unit of time:")
    for k in range(2):
        print(f"  subtype {k}: {model.direct_[k].round(3)}   truth {TRUTH['direct'][k]}")
    print(f"from the site before: {model.onward_[0]:.3f}   truth {TRUTH['onward']}")
    for name, weights in zip(model.strata_, model.strata_weights_, strict=True):
        truth = TRUTH["weights"][PLACES.tolist().index(name), 0]
        print(f"share of subtype 0, source at the {name}: {weights[0]:.3f}   truth {truth}")


def draw(model: Mixture) -> Figure:
    """What was found beside the truth: probabilities by site, and shares by place."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    colours = ["tab:blue", "tab:orange"]
    sites, offset = np.arange(1, N_SITES + 1), 0.18
    for k, colour in enumerate(colours):
        x = sites + (2 * k - 1) * offset
        label = f"subtype {k}"
        left.bar(x, model.direct_[k], 2 * offset, color=colour, alpha=0.8, label=label)
        left.plot(x, TRUTH["direct"][k], "k_", markersize=16, markeredgewidth=2)
    left.plot([], [], "k_", markersize=12, markeredgewidth=2, label="truth")
    left.set(xticks=sites, xlabel="site", ylabel="probability in a unit of time")
    left.set_title("from the source", loc="left")
    left.set_ylim(0, 0.39)
    left.legend(frameon=False, ncols=3, loc="upper center")
    rows = np.arange(len(model.strata_))
    right.barh(rows, model.strata_weights_[:, 0], color=colours[0], alpha=0.8)
    right.barh(
        rows,
        model.strata_weights_[:, 1],
        left=model.strata_weights_[:, 0],
        color=colours[1],
        alpha=0.8,
    )
    right.plot(TRUTH["weights"][:, 0], rows, "k|", markersize=22, markeredgewidth=2)
    right.set(yticks=rows, yticklabels=model.strata_, xlim=(0, 1), xlabel="share of the subtypes")
    right.set_title("by place of the source", loc="left")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


# %%
# What is found
# -------------
#
# All twelve numbers are within three standard errors of the truth.


def main() -> None:
    """Draw 3,000 patients, fit them, print and draw what was found beside the truth."""
    parser = argparse.ArgumentParser(description="How a disease spreads over four sites.")
    parser.add_argument("--output", type=Path, help="file of the figure; else it is shown")
    output = parser.parse_args().output
    X, place, subtype = draw_patients(3000)
    model = fitted(X, place)
    report(model)
    right = (model.predict(X, strata=place) == subtype).mean()
    print(f"subtypes told from four sites and the stage: {right:.1%} of patients")
    figure = draw(model)
    if output is None:
        plt.show()
    else:
        figure.savefig(output, dpi=150)
        print(f"figure: {output}")


if __name__ == "__main__":
    main()

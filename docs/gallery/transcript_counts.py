"""
mRNA counts of one gene and of four
===================================

The data are the transcripts of Rex1, Rest, Nanog and Prdm14 in 279 mouse
embryonic stem cells, counted by single-molecule FISH (Singer et al. 2014,
Molecular Cell 55, 319-331). The steps are those of the lesson "Mixture models"
of BE/Bi 103 at Caltech: look at the counts, fit mixtures of negative binomial
laws to Rex1, then to the four genes with one weight for all. The story is told
in :doc:`/transcript-counts`.

A negative binomial law is what bursts of transcription lead to: its size is
the number of bursts in the life time of an mRNA molecule, and its burst size,
mean / size, the molecules made in one. The table is fetched on first use; this
page shows figures only where it was at hand. As a programme::

    python docs/gallery/transcript_counts.py --output-folder .
"""

# sphinx_gallery_thumbnail_path = 'figures/transcript_counts_rex1.png'

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from scipy import stats

from skmixture import NegativeBinomialMixture
from skmixture.datasets import fetch_singer_transcript_counts
from skmixture.display import DensityDisplay, ECDFDisplay, SelectionDisplay

NAMES = ["low", "high"]  # the components of two, by their means
BINS = {"Rex1": 15, "Rest": 10, "Nanog": 15, "Prdm14": 1}  # counts in one bar

# Colours of Okabe and Ito, which readers with colour-blindness can tell apart.
COLOURS = ["#0072B2", "#D55E00"]
CELLS, INK = "#0072B2", "#222222"

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
# Fitting and comparing
# ---------------------
#
# A model is held against the cells by its distribution function.


def fit(X: np.ndarray, n_components: int) -> NegativeBinomialMixture:
    """The mixture of so many components, numbered by the means of the first gene."""
    return NegativeBinomialMixture(n_components, order_by="means", random_state=0).fit(X)


def ecdf(counts: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The share of the cells that have at most x molecules."""
    return np.searchsorted(np.sort(counts), x, side="right") / len(counts)


def compare(X: np.ndarray, model: NegativeBinomialMixture) -> ECDFDisplay:
    """Distribution functions of the cells and of a mixture that was fitted to their one gene."""
    return ECDFDisplay.computed(model, X)


def counts_outside(comparison: ECDFDisplay, largest: int) -> int:
    """At how many of the counts up to the largest the model leaves the band about the cells."""
    seen = (comparison.grid >= 0) & (comparison.grid <= largest)
    counts, model = comparison.grid[seen], comparison.cdf[seen]
    step = np.searchsorted(comparison.x, counts, side="right") - 1
    return int(((model < comparison.low[step]) | (model > comparison.high[step])).sum())


# %%
# Printing
# --------
#
# Tables of what was found.


def report_first_look(genes: list[str], X: np.ndarray) -> None:
    """Mean, variance and their ratio, gene by gene."""
    print(f"First look: {len(X)} cells, molecules of mRNA in each\n")
    print(f"   {'gene':<8}{'mean':>9}{'variance':>11}{'variance / mean':>18}")
    for gene, mean, variance in zip(genes, X.mean(axis=0), X.var(axis=0, ddof=1), strict=True):
        print(f"   {gene:<8}{mean:>9.2f}{variance:>11.2f}{variance / mean:>18.2f}")
    print("\n   The ratio is 1 for a Poisson law: molecules are not made one by one at a steady")
    print("   rate. Bursts, and cells that differ, both spread the counts.\n")


def report_choice(title: str, X: np.ndarray, models: list[NegativeBinomialMixture]) -> None:
    """Log-likelihood and BIC by the number of components."""
    bic = [model.bic(X) for model in models]
    print(f"{title}\n")
    print(f"   {'K':>2}{'parameters':>12}{'log-likelihood':>17}{'BIC':>12}")
    for model, value in zip(models, bic, strict=True):
        print(
            f" {'*' if value == min(bic) else ' '} {model.n_components:>2}{model.n_parameters_:>12}"
            f"{len(X) * model.score(X):>17.5f}{value:>12.3f}"
        )
    print("\n   * lowest BIC\n")


def report_components(genes: list[str], model: NegativeBinomialMixture) -> None:
    """Means, sizes and burst sizes by gene and component."""
    print(f"   {'gene':<8}{'component':<11}{'weight':>7}{'mean':>10}{'size':>9}{'burst size':>13}")
    for d, gene in enumerate(genes):
        for k, name in enumerate(NAMES):
            print(
                f"   {gene:<8}{name:<11}{model.weights_[k]:>7.4f}{model.means_[k, d]:>10.3f}"
                f"{model.sizes_[k, d]:>9.4f}{model.burst_sizes_[k, d]:>13.4f}"
            )
    print("\n   size: bursts in the life time of a molecule; burst size: molecules in a burst\n")


def report_gaps(comparisons: list[ECDFDisplay], largest: int) -> None:
    """How far each model is from the cells."""
    for K, comparison in enumerate(comparisons, start=1):
        print(
            f"   K = {K}: largest gap between the distribution functions "
            f"{comparison.largest_gap:.3f};\n   the model leaves the 95% band about the cells at "
            f"{counts_outside(comparison, largest)} of {largest + 1} counts"
        )
    print("\n   One law expects too few cells near 0 and too many before the hump at 150. Two")
    print("   follow the cells all the way. (They were fitted to these cells, and so should lie")
    print("   within the band more often than 95%.)\n")


def report_cells(one: np.ndarray, four: np.ndarray) -> None:
    """Who is low by one gene and by four, from responsibilities for the low component."""
    by_one, by_four = one > 0.5, four > 0.5
    doubt = int(((four > 0.1) & (four < 0.9)).sum())
    print("   A third component would stand between the two. With two, the low cells have fewer")
    print("   bursts of every gene; the size of a burst goes either way.\n")
    print(f"   Rather low than high are {by_one.sum()} cells by Rex1 alone, {by_four.sum()} by the")
    print(
        f"   four genes, {(by_one & by_four).sum()} by both. The four genes leave {doubt} in doubt,"
    )
    print("   with a responsibility between 0.1 and 0.9.\n")


# %%
# Drawing
# -------
#
# Bars are the cells, staircases the models: counts are whole numbers.


def new_figure(width: float, height: float) -> Figure:
    """A figure that makes room for its labels."""
    fig = plt.figure(figsize=(width, height), layout="constrained", dpi=120)
    fig.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
    return fig


def figure_first_look(genes: list[str], X: np.ndarray) -> Figure:
    """Histograms, and below them distribution functions beside those of Poisson laws."""
    fig = new_figure(11, 5.4)
    axes = fig.subplots(2, len(genes), height_ratios=[1, 1.1], sharex="col")
    for above, below, gene, counts in zip(*axes, genes, X.T, strict=True):
        mean, variance = counts.mean(), counts.var(ddof=1)
        caption = (
            f"mean {mean:.1f}, variance {variance:,.0f}\nvariance / mean {variance / mean:.1f}"
        )
        above.set_title(gene, pad=34)
        above.text(0, 1.04, caption, transform=above.transAxes)
        draw_bars(above, counts, BINS[gene])
        x = np.arange(counts.max() + 1)
        steps(below, x, ecdf(counts, x), color=CELLS, linewidth=1.8, label="cells")
        steps(below, x, stats.poisson(mean).cdf(x), color=INK, label="Poisson law,\nsame mean")
        below.set(xlabel=f"{gene} mRNA in a cell", ylim=(0, 1.03))
    axes[0, 0].set_ylabel("cells in a bar")
    axes[1, 0].set_ylabel("share of cells with\nat most so many")
    axes[1, 0].legend(loc="lower right", borderaxespad=0.2)
    return fig


def figure_one_gene(
    gene: str,
    X: np.ndarray,
    models: list[NegativeBinomialMixture],
    comparisons: list[ECDFDisplay],
) -> Figure:
    """The mixture over the bars, BIC, and one component against two."""
    fig = new_figure(11, 6.2)
    axes = fig.subplots(2, 3, height_ratios=[2.2, 1], width_ratios=[1.15, 1, 1])
    draw_fit(axes[0, 0], f"{gene}: two components", X, models[1], 0, BINS[gene])
    axes[0, 0].set(xlabel=f"{gene} mRNA in a cell", ylabel=f"share of cells in {BINS[gene]} counts")
    SelectionDisplay.from_arrays(
        range(1, len(models) + 1), [model.bic(X) for model in models], criterion="bic",
        ax=axes[1, 0],
    )  # fmt: skip
    titles = ["One component", "Two components"]
    for (above, below), comparison, title in zip(axes.T[1:], comparisons, titles, strict=True):
        comparison.plot(ax=above)
        comparison.plot(ax=below, difference=True)
        above.set(title=title, xlabel="", ylabel="")
        below.set(xlabel=f"{gene} mRNA in a cell", ylabel="", ylim=(-0.22, 0.22))
        below.get_legend().remove()
    axes[0, 1].set_ylabel("share of cells with at most so many")
    axes[1, 1].set_ylabel("cells less model")
    return fig


def figure_four_genes(genes: list[str], X: np.ndarray, model: NegativeBinomialMixture) -> Figure:
    """The components over the bars of each gene, and pairs of genes by responsibility."""
    fig = new_figure(11, 6.2)
    axes = fig.subplots(2, len(genes))
    for d, (ax, gene) in enumerate(zip(axes[0], genes, strict=True)):
        draw_fit(ax, gene, X, model, d, BINS[gene])
        ax.set(xlabel=f"{gene} mRNA in a cell", ylabel="")
        ax.get_legend().remove()
    axes[0, 0].set_ylabel("share of cells in a bar")
    low = model.predict_proba(X)[:, 0]
    blend = np.column_stack([low, 1 - low]) @ [to_rgb(colour) for colour in COLOURS]
    for ax, (i, j) in zip(axes[1], [(0, 1), (0, 2), (0, 3), (2, 3)], strict=True):
        ax.scatter(X[:, i], X[:, j], c=blend.clip(0, 1), s=12, lw=0, clip_on=False)
        ax.plot(*model.means_[:, [i, j]].T, "+", color=INK, ms=10, mew=1.8)
        ax.set(xlabel=f"{genes[i]} mRNA in a cell", ylabel=f"{genes[j]} mRNA in a cell")
        ax.set(xlim=(0, 1.05 * X[:, i].max()), ylim=(0, 1.05 * X[:, j].max()))
        ax.set_xscale("function", functions=(np.sqrt, np.square))
        ax.set_yscale("function", functions=(np.sqrt, np.square))
        ax.locator_params(nbins=4)
    title = "Above: each gene. Below: pairs, cells by responsibility, on square-root axes"
    fig.suptitle(title, x=0.01, ha="left", weight="bold")
    axes[0, 0].plot([], [], "+", color=INK, ms=10, mew=1.8, label="mean of a component")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return fig


def steps(ax: Axes, x: np.ndarray, values: np.ndarray, **style: object) -> None:
    """A staircase: the value at each whole number holds up to the next."""
    ax.stairs(values, np.append(x, x[-1] + 1), baseline=None, **style)


def bar_edges(counts: np.ndarray, width: int) -> np.ndarray:
    """Edges between whole numbers, so that each bar holds `width` of them."""
    return np.arange(0, counts.max() + width + 1, width) - 0.5


def draw_bars(ax: Axes, counts: np.ndarray, width: int) -> None:
    """A histogram, and how many counts each bar holds."""
    ax.hist(counts, bar_edges(counts, width), color="#AEB4BD", rwidth=0.9)
    text = "a bar for each count" if width == 1 else f"{width} counts in a bar"
    ax.text(1, 1, text, transform=ax.transAxes, ha="right", va="top", color="#555555", fontsize=9)


def draw_fit(
    ax: Axes, title: str, X: np.ndarray, model: NegativeBinomialMixture, d: int, width: int
) -> None:
    """The cells of gene d in bars, and as staircases what components and mixture expect."""
    DensityDisplay.from_estimator(model, X, column=d, bins=bar_edges(X[:, d], width), ax=ax)
    ax.set_title(title)


# %%
# The programme
# -------------
#
# Look, fit one gene, fit four.


def main() -> None:
    """Look, fit, print and draw."""
    parser = argparse.ArgumentParser(description="Mixtures over the mRNA counts of four genes.")
    parser.add_argument("--data-home", type=Path, help="folder that keeps the table")
    parser.add_argument("--output-folder", type=Path, help="of the figures; else they are shown")
    options = parser.parse_args()
    table = fetch_singer_transcript_counts(data_home=options.data_home)
    genes, X = table.feature_names, table.data
    report_first_look(genes, X)

    gene, rex1 = genes[0], X[:, :1]
    one = [fit(rex1, K) for K in (1, 2, 3)]
    comparisons = [compare(rex1, model) for model in one[:2]]
    report_choice(f"One gene, {gene}: how many components?", rex1, one)
    report_components([gene], one[1])
    report_gaps(comparisons, int(rex1.max()))

    four = [fit(X, K) for K in (1, 2, 3)]
    report_choice("Four genes together, one weight for all", X, four)
    report_components(genes, four[1])
    report_cells(one[1].predict_proba(rex1)[:, 0], four[1].predict_proba(X)[:, 0])

    with mpl.rc_context(STYLE):
        figures = {
            "first_look": figure_first_look(genes, X),
            "rex1": figure_one_gene(gene, rex1, one, comparisons),
            "four_genes": figure_four_genes(genes, X, four[1]),
        }
    if options.output_folder is None:
        plt.show()
    else:
        save(figures, options.output_folder)


def save(figures: dict[str, Figure], folder: Path) -> None:
    """One file a figure."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, fig in figures.items():
        fig.savefig(folder / f"transcript_counts_{name}.png")
    print(f"The figures are in {folder.resolve()}.")


if __name__ == "__main__":
    main()

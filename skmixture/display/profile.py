"""Item profiles of latent classes."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.display.canvas import Display, hide
from skmixture.display.style import INK, colours, components, legend, tidy
from skmixture.display.tables import check_fitted, labels_of

__all__ = ["ProfileDisplay"]

Array = NDArray[np.floating]

# Items side by side before their names are turned.
WIDE = 6
MARKS = "osD^vP"


class ProfileDisplay(Display):
    """How likely each class gives each answer.

    Answers 0 and 1 have a line for each class, the probability of 1 by item.
    Answers of several categories have a panel for each class, with a bar for each item
    that is divided among its categories. Made by :meth:`from_estimator`.

    Attributes
    ----------
    items : list of str
    categories : list of list of str
        Of each item; empty where answers are 0 and 1.
    probabilities : list of ndarray of shape (n_components, n_categories)
        Of each item.
    weights : ndarray of shape (n_components,)
    ax_ : matplotlib Axes, or ndarray of them
    figure_ : matplotlib Figure
    artists_ : list of artists

    Examples
    --------
    >>> from skmixture import BernoulliMixture
    >>> from skmixture.display import ProfileDisplay
    >>> model = BernoulliMixture.from_params(weights=[0.5, 0.5], probs=[[0.9, 0.8], [0.2, 0.1]])
    >>> ProfileDisplay.from_estimator(model).items
    ['x0', 'x1']
    """

    artists_: list[Any]

    def __init__(
        self,
        *,
        items: list[str],
        categories: list[list[str]],
        probabilities: list[Array],
        weights: Array,
    ) -> None:
        self.items, self.categories = items, categories
        self.probabilities, self.weights = probabilities, weights

    @classmethod
    def from_estimator(cls, model: Any, *, ax: Any = None) -> Self:
        """Draw the profiles of a fitted mixture.

        Parameters
        ----------
        model : BernoulliMixture or CategoricalMixture
            Or a `Mixture` of their laws.
        ax : matplotlib Axes or array of them, optional

        Returns
        -------
        ProfileDisplay

        Raises
        ------
        ValueError
            Where the model is of another law.
        """
        check_fitted(model)
        law = type(model.family_).__name__
        if law == "Bernoulli":
            categories: list[list[str]] = []
            found = [np.column_stack([1 - p, p]) for p in model.probs_.T]
        elif law == "Categorical":
            probs = model.probs_  # (K, d, most categories)
            sizes = np.broadcast_to(model.family_.n_categories or probs.shape[2], probs.shape[1])
            names = getattr(model, "categories_", None)
            names = [np.arange(size) for size in sizes] if names is None else names
            categories = [[str(answer) for answer in own] for own in names]
            found = [probs[:, j, : len(own)] for j, own in enumerate(categories)]
        else:
            raise ValueError(
                f"ProfileDisplay is for the laws Bernoulli and Categorical, not for {law}"
            )
        display = cls(
            items=labels_of(model),
            categories=categories,
            probabilities=found,
            weights=model.weights_,
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw what was computed, again or elsewhere.

        Parameters
        ----------
        ax : matplotlib Axes or array of them, optional

        Returns
        -------
        self
        """
        self.artists_ = []
        if self.categories:
            self._bars(ax)
        else:
            self._lines(ax)
        return self

    def _lines(self, ax: Any) -> None:
        ax = self._one(ax, (max(6.4, 2 + 0.35 * len(self.items)), 4.2))
        x = np.arange(len(self.items))
        table = np.stack([own[:, 1] for own in self.probabilities])  # (d, K)
        for k, (colour, label) in enumerate(
            zip(colours(len(self.weights)), components(self.weights), strict=True)
        ):
            mark = MARKS[k % len(MARKS)]
            style = {"color": colour, "marker": mark, "linewidth": 1.4, "label": label}
            self.artists_ += ax.plot(x, table[:, k], **style)
        ax.set(ylim=(-0.03, 1.03), ylabel="probability of 1")
        self._name_items(ax, x)
        tidy(ax)
        legend(ax, loc="upper left", bbox_to_anchor=(1, 1), ncols=1)

    def _bars(self, ax: Any) -> None:
        K, d = len(self.weights), len(self.items)
        across = min(K, 3)
        down = -(-K // across)
        size = (1 + across * max(2.4, 0.8 + 0.4 * d), 0.6 + 2.9 * down)
        axes = self._many(ax, down, across, size, sharey=True).ravel()
        hide(axes[K:])
        most = max(len(own) for own in self.categories)
        shades = _shades(most)
        for k, label in enumerate(components(self.weights)):
            for j, own in enumerate(self.probabilities):
                below = 0.0
                for c, height in enumerate(own[k]):
                    (bar,) = axes[k].bar(j, height, 0.8, below, color=shades[c])
                    self._answer(axes[k], j, c, below, height)
                    self.artists_.append(bar)
                    below += height
            axes[k].set_title(label, fontsize="medium")
            axes[k].set(ylim=(0, 1), xlim=(-0.6, d - 0.4))
            self._name_items(axes[k], np.arange(d))
            tidy(axes[k])
        for row in range(down):
            axes[row * across].set_ylabel("probability")

    def _answer(self, ax: Any, j: int, c: int, below: float, height: float) -> None:
        """The category's name in its bar, where there is room."""
        name = self.categories[j][c]
        if height > 0.08 and len(name) <= 6 and len(self.items) <= 12:
            light = c < max(len(own) for own in self.categories) / 2
            ax.text(
                j, below + height / 2, name, ha="center", va="center", fontsize="x-small",
                color="white" if light else INK,
            )  # fmt: skip

    def _name_items(self, ax: Any, x: NDArray) -> None:
        turned = len(self.items) > WIDE or max(map(len, self.items)) > 6
        ax.set_xticks(
            x, self.items, rotation=60 if turned else 0, ha="right" if turned else "center"
        )
        ax.tick_params(axis="x", labelsize="small")


def _shades(n: int) -> NDArray:
    """Colours (n, 4) of categories in their order, dark to light."""
    from matplotlib import colormaps

    return colormaps["viridis"](np.linspace(0.05, 0.95, n))

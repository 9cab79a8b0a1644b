"""Item profiles of latent classes."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.display.canvas import Display, hide
from skmixture.display.choosing import of_all_columns
from skmixture.display.keys import LONG, handles_of, keys_of, shades
from skmixture.display.parts_of import parts_of
from skmixture.display.style import INK, TALL, colours, components, legend, shortened, tidy
from skmixture.display.tables import check_fitted, labels_of
from skmixture.families import Bernoulli, Categorical

__all__ = ["ProfileDisplay"]

Array = NDArray[np.floating]

# Items side by side before their names are turned.
WIDE = 6
# Letters that stand in a bar, and below one of many; least height of a bar with a word.
ROOM, TIGHT, LEAST = 6, 3, 0.08
# Inches of a line in a legend.
LINE = 0.17
MARKS = "osD^vP"


class ProfileDisplay(Display):
    """How likely each class gives each answer.

    Answers 0 and 1 have a line for each class, the probability of 1 by item.
    Answers of several categories have a panel for each class, with a bar for each item
    that is divided among its categories; a legend names those that all items share, and all
    where words in the bars have no room. Made by :meth:`from_estimator`.

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
    @of_all_columns("DensityDisplay takes column=")
    def from_estimator(cls, model: Any, *, ax: Any = None) -> Self:
        """Draw the profiles of a fitted mixture.

        Parameters
        ----------
        model : BernoulliMixture or CategoricalMixture
            Or a `Mixture` of their laws. Of a product the parts of these laws are shown.
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
        items, found, categories = _profiles(model)
        display = cls(
            items=items,
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
        ax = self._one(ax, (max(6.4, 2.6 + 0.35 * len(self.items)), 4.2 + self._room()))
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
        # many items are wide: their panels stand below each other
        across = min(K, 3 if d <= WIDE else 2 if d <= 2 * WIDE else 1)
        down = -(-K // across)
        told = self._told_by_legend()
        keys = keys_of(self.items, self.categories) if told else []
        tall = max(2.9 + self._room(), LINE * len(keys) if len(keys) > TALL else 0)
        size = (1 + across * max(2.4, 0.8 + 0.4 * d) + 1.6 * told, 0.6 + tall * down)
        axes = self._many(ax, down, across, size, sharey=True).ravel()
        hide(axes[K:])
        for k, label in enumerate(components(self.weights)):
            for j in range(d):
                self._item(axes[k], k, j)
            axes[k].set_title(label, fontsize="medium")
            axes[k].set(ylim=(0, 1), xlim=(-0.6, d - 0.4))
            self._name_items(axes[k], np.arange(d))
            tidy(axes[k])
        for row in range(down):
            axes[row * across].set_ylabel("probability")
        if told:
            axes[across - 1].legend(
                handles=handles_of(keys, max(map(len, self.categories))), frameon=False,
                loc="upper left", bbox_to_anchor=(1, 1),
                fontsize="small" if len(keys) <= TALL else "x-small",
            )  # fmt: skip

    def _shared(self) -> bool:
        """Whether all items have the same categories."""
        return all(own == self.categories[0] for own in self.categories)

    def _told_by_legend(self) -> bool:
        """Whether words in the bars would not say what all categories are."""
        if self._shared() or len(self.items) > 2 * WIDE:
            return True
        found = zip(self.categories, self.probabilities, strict=True)
        return any(
            len(name) > ROOM or height <= LEAST
            for own, p in found
            for name, height in zip(own, p.max(axis=0), strict=True)
        )

    def _item(self, ax: Any, k: int, j: int) -> None:
        """The bar of one item in one class, divided among its categories."""
        below, names = 0.0, self.categories[j]
        palette = shades(max(map(len, self.categories)))
        worded = not self._shared() and len(self.items) <= 2 * WIDE
        for c, (name, height) in enumerate(zip(names, self.probabilities[j][k], strict=True)):
            (bar,) = ax.bar(j, height, 0.8, below, color=palette[c])
            self.artists_.append(bar)
            if worded and height > LEAST and len(name) <= ROOM:
                ax.text(
                    j, below + height / 2, name, ha="center", va="center",
                    fontsize="x-small", color="white" if c < len(palette) / 2 else INK,
                )  # fmt: skip
            below += height

    def _turned(self) -> bool:
        return max(map(len, self.items)) > (ROOM if len(self.items) <= WIDE else TIGHT)

    def _room(self) -> float:
        """Inches that names of items need below an axis, beyond those of short ones."""
        longest = min(max(map(len, self.items)), LONG)
        return 0.065 * longest if self._turned() else 0.0

    def _name_items(self, ax: Any, x: NDArray) -> None:
        turned = self._turned()
        names = [shortened(item, LONG) for item in self.items]
        ax.set_xticks(
            x, names, rotation=60 if turned else 0, ha="right" if turned else "center",
            rotation_mode="anchor" if turned else "default",
        )  # fmt: skip
        ax.tick_params(axis="x", labelsize="small")


def _profiles(model: Any) -> tuple[list[str], list[Array], list[list[str]]]:
    """Items, probabilities (K, categories) of each, and its categories; none where all are 0 or 1.

    Of a product those of its parts that have such laws, in the order of the columns.
    """
    names, found = labels_of(model), {}
    for part, own in parts_of(model):
        if isinstance(part.family_, Bernoulli):
            for j, p in zip(own, part.probs_.T, strict=True):
                found[j] = np.column_stack([1 - p, p]), None
        elif isinstance(part.family_, Categorical):
            found |= {j: item for j, *item in zip(own, *_answers(part), strict=True)}
    if not found:
        law = type(model.family_).__name__
        raise ValueError(
            f"ProfileDisplay is for the laws Bernoulli and Categorical, not for {law}; "
            "DensityDisplay shows numbers"
        )
    places = sorted(found)
    items, probabilities = [names[j] for j in places], [found[j][0] for j in places]
    if all(found[j][1] is None for j in places):
        return items, probabilities, []
    return items, probabilities, [found[j][1] or ["0", "1"] for j in places]


def _answers(model: Any) -> tuple[list[Array], list[list[str]]]:
    """Probabilities (K, categories) of each item of a categorical law, and its categories."""
    probs = model.probs_  # (K, d, most categories)
    sizes = np.broadcast_to(model.family_.n_categories or probs.shape[2], probs.shape[1])
    names = getattr(model, "categories_", None)
    names = [np.arange(size) for size in sizes] if names is None else names
    categories = [[str(answer) for answer in own] for own in names]
    return [probs[:, j, : len(own)] for j, own in enumerate(categories)], categories

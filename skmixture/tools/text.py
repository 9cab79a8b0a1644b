"""Tables as text: cells in columns, numbers with their points below each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from textwrap import wrap

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Page", "alike", "hung", "lined_up", "on_the_point", "wrapped"]

# Digits of the largest number of a row, and of the smallest; decimals before powers of ten.
DIGITS, LEAST_DIGITS, MOST_DECIMALS = 4, 2, 6
# A number without a power of ten, or the dash of none; in the group what is behind the units,
# a mark among it.
NUMBER = re.compile(r"(?:-|-?\d+)((?:\.\d*)?[*=]?)")
WIDTH = 96  # of prose among the tables


class Page:
    """What prints as a page of text, as `str` gives it and a notebook shows it.

    Attributes
    ----------
    text : str
        The page.

    Examples
    --------
    >>> from skmixture.tools.text import Page
    >>> page = Page()
    >>> page.text = "K  BIC"
    >>> page
    K  BIC
    """

    text: str

    def __repr__(self) -> str:
        return self.text


def wrapped(sentences: Iterable[str]) -> list[str]:
    """Lines of sentences, each with a dash before it."""
    return [line for sentence in sentences for line in hung("- ", sentence)]


def hung(begin: str, sentence: str) -> list[str]:
    """Lines of a sentence behind what begins the first of them."""
    later = " " * len(begin)
    return wrap(
        sentence, WIDTH, initial_indent=begin, subsequent_indent=later, break_on_hyphens=False
    )


def lined_up(lines: Sequence[Sequence[str]], left: Sequence[bool]) -> list[str]:
    """Lines whose cells stand in columns, each to the left or to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if to_left else cell.rjust(width)
            for cell, width, to_left in zip(line, widths, left, strict=True)
        ).rstrip()
        for line in lines
    ]


def alike(values: ArrayLike) -> list[str]:
    """Numbers of one unit with the same decimals, a dash where there is none.

    As many as the largest needs, and more where a smaller one would read 0.
    """
    numbers = np.asarray(values, dtype=float).ravel()
    sizes = np.abs(numbers[np.isfinite(numbers) & (numbers != 0)])
    decimals = 0
    if len(sizes):
        top, bottom = np.floor(np.log10([sizes.max(), sizes.min()])).astype(int).tolist()
        decimals = max(DIGITS - 1 - top, LEAST_DIGITS - 1 - bottom, 0)
        if decimals > MOST_DECIMALS or top > 8:
            return ["-" if np.isnan(x) else f"{x:.{DIGITS}g}" for x in numbers]
    return ["-" if np.isnan(x) else f"{x:.{decimals}f}" for x in numbers]


def on_the_point(cells: Sequence[str]) -> list[str]:
    """Cells of one column, padded so that decimal points meet where these stand to the right.

    Words, and numbers with powers of ten, are as they were.
    """
    found = [NUMBER.fullmatch(cell) for cell in cells]
    most = max((len(number[1] or "") for number in found if number), default=0)
    return [
        cell + " " * (most - len(number[1] or "")) if number else cell
        for cell, number in zip(cells, found, strict=True)
    ]

"""Tables that come with the package, each with its source."""

from __future__ import annotations

from importlib import resources

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

__all__ = ["load_death_notices", "load_galaxies", "load_old_faithful"]


def load_old_faithful() -> Bunch:
    """Eruptions of the Old Faithful geyser: 272 durations and waits.

    Returns
    -------
    Bunch
        ``data``, ndarray of shape (272, 2): the duration of an eruption and
        the wait for the next, both in minutes; ``feature_names``; ``DESCR``.

    Notes
    -----
    Azzalini and Bowman (1990), "A look at some data on the Old Faithful
    geyser", Applied Statistics 39, 357-365.

    Examples
    --------
    >>> from skmixture.datasets import load_old_faithful
    >>> load_old_faithful().data.shape
    (272, 2)
    """
    return Bunch(
        data=_table("old_faithful.csv"),
        feature_names=["eruption", "wait"],
        DESCR=(
            "Old Faithful, Yellowstone: duration of 272 eruptions and the wait for the next, "
            "in minutes. Azzalini and Bowman (1990), Applied Statistics 39, 357-365."
        ),
    )


def load_galaxies() -> Bunch:
    """Velocities of 82 galaxies of the Corona Borealis region.

    Returns
    -------
    Bunch
        ``data``, ndarray of shape (82, 1): velocity in km/s;
        ``feature_names``; ``DESCR``.

    Notes
    -----
    Postman, Huchra and Geller (1986); Roeder (1990), Journal of the American
    Statistical Association 85, 617-624. As in R's MASS, whose 78th value is
    26690 where Roeder's table has 26960.

    Examples
    --------
    >>> from skmixture.datasets import load_galaxies
    >>> load_galaxies().data.shape
    (82, 1)
    """
    return Bunch(
        data=_table("galaxies.csv"),
        feature_names=["velocity"],
        DESCR=(
            "Velocities of 82 galaxies of the Corona Borealis region, km/s. Postman, Huchra and "
            "Geller (1986); Roeder (1990), Journal of the American Statistical Association 85, "
            "617-624. The 78th value, 26690, is R's; Roeder's table has 26960."
        ),
    )


def load_death_notices() -> Bunch:
    """Death notices of women of 80 and over in The Times, day by day, 1910 to 1912.

    Returns
    -------
    Bunch
        ``data``, ndarray of shape (10, 1): the number of notices on a day,
        0 to 9; ``sample_weight``, ndarray of shape (10,): on how many of the
        1,096 days; ``feature_names``; ``DESCR``.

    Notes
    -----
    Hasselblad (1969), "Estimation of finite mixtures of distributions from
    the exponential family", Journal of the American Statistical Association
    64, 1459-1471.

    Examples
    --------
    >>> from skmixture.datasets import load_death_notices
    >>> int(load_death_notices().sample_weight.sum())
    1096
    """
    days = [162, 267, 271, 185, 111, 61, 27, 8, 3, 1]
    return Bunch(
        data=np.arange(10.0)[:, None],
        sample_weight=np.array(days, dtype=float),
        feature_names=["notices"],
        DESCR=(
            "Death notices of women of 80 and over in The Times, number a day on 1,096 days of "
            "1910 to 1912, as counts with frequencies. Hasselblad (1969), Journal of the "
            "American Statistical Association 64, 1459-1471."
        ),
    )


def _table(name: str) -> NDArray[np.floating]:
    text = resources.files("skmixture.datasets").joinpath("data", name).read_text("utf-8")
    return np.loadtxt(text.splitlines(), delimiter=",", skiprows=1, ndmin=2)

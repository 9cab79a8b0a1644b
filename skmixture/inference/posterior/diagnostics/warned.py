"""What a table of draws warns of."""

from __future__ import annotations

import warnings
from collections.abc import Collection

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skmixture.inference.posterior.diagnostics.autocorrelation import FEWEST_CORRELATED
from skmixture.inference.posterior.diagnostics.summary import Summary

__all__ = ["AGREEMENT", "ENOUGH_TIMES", "complaints", "warn_of"]

# An autocorrelation time is known from chains of so many (emcee's advice).
ENOUGH_TIMES = 50
# Ensembles whose nested R-hat is above this disagree. Of two ensembles of 2 d walkers that mix, on
# 40 autocorrelation times, the largest of all numbers was above 1.01 in 27% of runs at d = 2 and
# in 5% at d = 4, and above 1.02 in 4% and none; of 20 walkers it was 1.006 at most. Pairs of which
# each keeps to one of two modes were above 1.2. At 1.02 the means of two are 0.28 standard
# deviations apart.
AGREEMENT = 1.02


def warn_of(summary: Summary, *, held: Collection[str] = (), stacklevel: int = 2) -> None:
    """Warn where draws are too few, ensembles disagree, or numbers never change.

    Parameters
    ----------
    summary : Summary
    held : collection of str, default=()
        Parameters ("weights"), or single numbers ("weights[0]"), that are meant
        to be constant.
    stacklevel : int, default=2
        As :func:`warnings.warn` takes it; 2 is the caller of this function.

    Warns
    -----
    ConvergenceWarning
        Where chains are shorter than 50 autocorrelation times, or have fewer
        than 10 steps, or where the nested R-hat of ensembles exceeds 1.02.
    UserWarning
        Where numbers that are not held never change.

    Examples
    --------
    >>> import numpy as np, warnings
    >>> from skmixture.inference.posterior.diagnostics.summary import summarise
    >>> from skmixture.inference.posterior.diagnostics.warned import warn_of
    >>> walk = np.random.RandomState(0).normal(size=(1, 100, 8)).cumsum(axis=1)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_of(summarise({"scale": walk}))
    >>> print(str(caught[0].message)[:54])
    chains of 100 steps are shorter than 50 autocorrelatio
    """
    for message, category in complaints(summary, held):
        warnings.warn(message, category, stacklevel=stacklevel)


def complaints(summary: Summary, held: Collection[str] = ()) -> list[tuple[str, type[UserWarning]]]:
    """What `warn_of` warns of: messages and their categories."""
    if isinstance(held, str):
        held = [held]
    owners = list(map(_owner, summary.places))
    unknown = [name for name in held if name not in {*summary.names, *summary.places, *owners}]
    if unknown:
        raise ValueError(f"held names what is not there: {unknown}; rows are {summary.names}")
    rows = zip(summary.names, summary.places, owners, summary["sd"], strict=True)
    constant = [name for name, *others, sd in rows if sd == 0 and not {name, *others} & {*held}]
    found: list[tuple[str, type[UserWarning]]] = [
        (message, ConvergenceWarning)
        for message in (_too_short(summary), _disagreement(summary))
        if message
    ]
    if constant:
        found.append((_stuck(constant), UserWarning))
    return found


def _owner(name: str) -> str:
    return name.partition("[")[0]


def _too_short(summary: Summary) -> str:
    if summary.n_steps < FEWEST_CORRELATED:
        return (
            f"chains of {summary.n_steps} steps tell nothing of their autocorrelation: run "
            f"{FEWEST_CORRELATED} at least, and many more"
        )
    tau = summary["tau"]
    short = ENOUGH_TIMES * tau > summary.n_steps  # not where it is NaN
    if not short.any():
        return ""
    worst = int(np.nanargmax(tau))
    return (
        f"chains of {summary.n_steps} steps are shorter than {ENOUGH_TIMES} autocorrelation times "
        f"of {_some(int(short.sum()), len(tau))}: that of {summary.names[worst]!r} is "
        f"{tau[worst]:.1f} steps, so {int(np.ceil(ENOUGH_TIMES * tau[worst]))} are needed, and "
        "likely more, for a short chain makes the time look short"
    )


def _disagreement(summary: Summary) -> str:
    ratio = summary["nested_rhat"]
    apart = ratio > AGREEMENT
    if not apart.any():
        return ""
    worst = int(np.nanargmax(ratio))
    return (
        f"ensembles disagree on {_some(int(apart.sum()), len(ratio))}: the nested R-hat of "
        f"{summary.names[worst]!r} is {ratio[worst]:.3f}, above {AGREEMENT}; run longer, and if "
        "they still disagree they are in different modes, between which the moves do not go"
    )


def _stuck(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:5])) + (", ..." if len(names) > 5 else "")
    return (
        f"draws of {shown} never change: hold what is meant to be constant; otherwise no "
        "proposal was accepted, or the walkers started at one point"
    )


def _some(number: int, total: int) -> str:
    return f"{number} of {total} numbers" if total > 1 else "the one number"

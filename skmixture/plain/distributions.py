"""The distributions of scipy.stats, by name: a closed list."""

from __future__ import annotations

from functools import cache
from typing import Any

from skmixture.plain.words import shown

__all__ = ["distribution_called", "name_of_distribution"]


@cache
def _by_name() -> dict[str, Any]:
    from scipy import stats

    kinds = stats.rv_continuous, stats.rv_discrete
    return {name: value for name, value in vars(stats).items() if isinstance(value, kinds)}


def distribution_called(name: Any, where: str) -> Any:
    """The distribution of this name."""
    if type(name) is not str or name not in _by_name():
        raise ValueError(f"{where}: this version of scipy.stats has no distribution {shown(name)}")
    return _by_name()[name]


def name_of_distribution(value: Any) -> str | None:
    """The name of a distribution, or of a copy; None where it is none of scipy's."""
    if not hasattr(value, "shapes") or not hasattr(value, "rvs"):
        return None
    for name, known in _by_name().items():
        if value is known or _like(value, known):
            return name
    return None


def _like(value: Any, known: Any) -> bool:
    # a clone of a law has a copy of its distribution; one of a user's has a class of its own,
    # or another name or support
    return type(value) is type(known) and all(
        getattr(value, name) == getattr(known, name) for name in ("name", "shapes", "a", "b")
    )

"""What the user may set of a law that is written as a log density, and what is checked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np

from skmixture.families.written.beyond import width_of
from skmixture.families.written.maximum import check_method
from skmixture.families.written.parameter import Parameter, declared
from skmixture.law.family import Array, Family
from skmixture.law.parts import shallow
from skmixture.supports import Support, real_line
from skmixture.transforms import Transform

__all__ = ["Settings"]

# Options that are called as methods are, and the attributes that hold them.
OWN = {"gradient": "_gradient", "log_base": "_log_base", "cdf": "_cdf", "support": "_support"}


class Settings(Family):
    """The options of a law, and the parameters that it says to have."""

    logpdf: Callable[..., Any]
    params: Mapping[str, Any] | Iterable[str] | None
    bounds: Mapping[str, tuple[Any, Any]] | None
    tied: Iterable[str]
    vectorized: bool
    rvs: Callable[..., Any] | None
    method: Any
    options: Mapping[str, Any] | None
    n_features: int | None
    _support: Support | None
    _known: tuple[Any, dict[str, Parameter]] | None = None  # what was declared, and by what

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {name: getattr(self, OWN.get(name, name)) for name in self._get_param_names()}

    def set_params(self, **params: Any) -> Self:
        for name in OWN.keys() & params.keys():
            setattr(self, OWN[name], params.pop(name))
        return super().set_params(**params)

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        name = getattr(self.logpdf, "__name__", type(self.logpdf).__name__)
        options = [name]
        for option in ("params", "bounds", "tied"):
            if getattr(self, option):
                options.append(f"{option}={list(getattr(self, option))}")
        if self.vectorized:
            options.append("vectorized=True")
        return f"FromLogPDF({', '.join(options)})"

    def check_settings(self) -> None:
        self._check_functions()
        for name in ("params", "bounds"):
            given = getattr(self, name)
            proper = Mapping if name == "bounds" else Mapping | list | tuple
            if given is not None and not isinstance(given, proper):
                raise ValueError(
                    f"{name} of FromLogPDF must be a dict by name of parameter, got {given!r}"
                )
        if self._support is not None and not isinstance(self._support, Support):
            raise ValueError(
                "support of FromLogPDF must be one of skmixture.supports, such as "
                f"skmixture.supports.counts, got {self._support!r}"
            )
        names = list(self.declared)
        if isinstance(self.tied, str):
            raise ValueError(
                f"tied of FromLogPDF must be a tuple of parameter names, got {self.tied!r}"
            )
        if unknown := sorted(self.ties - set(names)):
            raise ValueError(f"tied of FromLogPDF names {unknown[0]!r}, but logpdf has {names}")
        if self.rvs is not None and (taken := {"size", "random_state"} & set(names)):
            raise ValueError(
                f"rvs cannot take a parameter called {taken.pop()!r} beside its own argument: "
                "give the parameter another name"
            )
        if self.n_features is not None and not _is_whole(self.n_features):
            raise ValueError(
                "n_features of FromLogPDF must be a whole number of columns from 1, or None, got "
                f"{self.n_features!r}"
            )
        if self.method is not None and not callable(self.method):
            check_method(self.method, self.options or {})
        if self.options and self.method is None:
            raise ValueError(
                f"options={self.options!r} are those of a method of scipy's: name that as well, as "
                "in method='L-BFGS-B'"
            )

    def _check_functions(self) -> None:
        for name in ("logpdf", "gradient", "log_base", "rvs", "cdf"):
            function = getattr(self, OWN.get(name, name))
            if not callable(function) and (function is not None or name == "logpdf"):
                raise ValueError(f"{name} of FromLogPDF must be a function, got {function!r}")

    @property
    def declared(self) -> dict[str, Parameter]:
        """What is known of each parameter before there are data."""
        key = self.logpdf, self.params, self.bounds
        known = self._known
        if known is None or any(a is not b for a, b in zip(known[0], key, strict=True)):
            known = self._known = key, declared(*key)
        return known[1]

    @property
    def parameters(self) -> dict[str, Transform]:
        return {name: parameter.constraint for name, parameter in self.declared.items()}

    def entries(self, name: str, columns: Sequence[str]) -> dict[tuple[int, ...], str]:
        shape = self.event_shapes(len(columns))[name]  # what its axes mean the user knows
        return {place: ", ".join(map(str, place)) for place in np.ndindex(*shape)}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {name: p.event_shape(n_features) for name, p in self.declared.items()}

    def n_features_of(self, published: Mapping[str, Any]) -> int:
        """From the first parameter with an axis of columns, else as it was said, else by a draw.

        1 where nothing tells, or where what is published makes no law.
        """
        if self._by_column is not None:
            name, place = self._by_column
            return int(np.shape(published[name])[place])
        if self.n_features is not None:
            return int(self.n_features)
        own = None if self.rvs is None else self._first_of(published)
        return 1 if self.rvs is None or own is None else width_of(self.rvs, own)

    @property
    def _by_column(self) -> tuple[str, int] | None:
        """The first parameter with an axis of columns, and which axis that is from the end."""
        for name, parameter in self.declared.items():
            if parameter.shape and "d" in parameter.shape:
                return name, parameter.shape.index("d") - len(parameter.shape)
        return None

    def _first_of(self, published: Mapping[str, Any]) -> dict[str, Array] | None:
        """Parameters of the first component, where all are within their constraints."""
        own = {}
        for name, shape in self.event_shapes(1).items():
            try:
                value = np.asarray(published[name], dtype=float)
            except (TypeError, ValueError):
                return None
            proper = value.ndim == 1 + len(shape) and value.shape[1:] == shape and len(value)
            if not proper or not np.all(self.parameters[name].holds(value)):
                return None
            own[name] = value[0]
        return own

    def for_width(self, n_features: int) -> Self:
        if self.n_features == n_features:
            return self
        if self.n_features is not None:
            raise ValueError(
                f"n_features={self.n_features} of FromLogPDF, but there are {n_features} columns"
            )
        return shallow(self, n_features=n_features)

    @property
    def ties(self) -> frozenset[str]:
        return frozenset(self.tied)

    @property
    def support(self) -> Support:  # type: ignore[override]
        return real_line if self._support is None else self._support


def _is_whole(number: Any) -> bool:
    whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
    return whole and bool(number >= 1)

"""What a user says of the parameters of a law, in full or in short."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from skmixture.families.written.bounded import Bounded
from skmixture.transforms import Transform, real

__all__ = ["Parameter", "declared"]

# Attributes of a fitted mixture besides those of parameters, without the underscore at their end,
TAKEN = {
    "X", "self", "weights", "params", "family", "converged", "n_iter", "n_parameters",
    "lower_bound", "lower_bounds", "log_prior", "exposed", "dropped_starts", "warnings", "at_edges",
    "weighted", "n_samples_seen", "n_samples_start", "mean_exposure", "n_features_in",
    "feature_names_in", "strata", "strata_weights",
}  # fmt: skip
# and its options, which `from_params` takes beside parameters.
TAKEN |= {
    "n_components", "weights_init", "params_init", "fixed", "tied", "prior", "tol", "tol_type",
    "max_iter", "n_init", "init_params", "acceleration", "order_by", "random_state", "warm_start",
    "verbose", "verbose_interval", "forgetting", "half_life", "handle_unknown",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Parameter:
    """One parameter of a law that is written by its log density.

    Parameters
    ----------
    shape : tuple of int or "d", optional
        Of one component's value; "d" is the number of columns of X. By
        default that of `start` or of `bounds`, else a number.
    bounds : (low, high), optional
        Numbers or arrays, None where there is no bound. A maximum on a bound
        is found to rounding; the log density is asked next to the bound and
        never on it.
    transform : Transform, optional
        Another constraint, from :mod:`skmixture.transforms`: `simplex`,
        `sphere`, `positive_definite` and others.
    start : array-like or callable, optional
        Where the first M-step begins. A callable ``(X, resp, rng)`` is given
        the rows, the responsibilities (n,) of a component for them, times
        the weights of the rows, and a random number generator. By default
        several places are tried.

    Examples
    --------
    >>> from skmixture.families import Parameter
    >>> from skmixture.transforms import simplex
    >>> shares = Parameter(shape=(3,), transform=simplex)
    >>> scales = Parameter(shape=("d",), bounds=(0, None))
    """

    shape: tuple[Any, ...] | None = None
    bounds: tuple[Any, Any] | None = None
    transform: Transform | None = None
    start: ArrayLike | Callable[..., Any] | None = None

    @property
    def constraint(self) -> Transform:
        """The transform that removes what restricts the parameter."""
        if self.transform is not None:
            return self.transform
        if self.bounds is None or all(bound is None for bound in self.bounds):
            return real
        low, high = self.bounds
        return Bounded(-np.inf if low is None else low, np.inf if high is None else high)

    def event_shape(self, n_features: int) -> tuple[int, ...]:
        """Shape of one component's value.

        Parameters
        ----------
        n_features : int

        Returns
        -------
        tuple of int
        """
        if self.shape is not None:
            return tuple(n_features if length == "d" else int(length) for length in self.shape)
        known = [] if self.start is None or callable(self.start) else [self.start]
        known += [bound for bound in self.bounds or () if bound is not None]
        return np.broadcast_shapes(*(np.shape(value) for value in known))

    def check(self, name: str) -> None:
        """Raise a ValueError that says what is unfit.

        Parameters
        ----------
        name : str
            Of the parameter, for the message.

        Raises
        ------
        ValueError
        """
        self._check_shape(name)
        if self.transform is not None and not isinstance(self.transform, Transform):
            raise ValueError(
                f"the transform of {name!r} must be one of skmixture.transforms, "
                f"got {self.transform!r}"
            )
        if self.transform is not None and self.bounds is not None:
            raise ValueError(f"{name!r} may have bounds or a transform, not both")
        if self.bounds is not None:
            self._check_bounds(name)
        event = 0 if self.transform is None else self.transform.event_ndim
        if len(self.shape or np.shape(self._given_start)) < event:
            raise ValueError(
                f"{name!r} must be {self.constraint.description}: give its shape, as in "
                f"Parameter(shape=({', '.join(['3'] * event)},), transform=...)"
            )
        start = self._given_start
        if start is not None:
            value = _numbers(start, f"the start of {name!r}")
            if not np.all(self.constraint.holds(value)):
                raise ValueError(
                    f"the start of {name!r} must be {self.constraint.description}, got {start!r}"
                )

    @property
    def starts_on_a_bound(self) -> bool:
        """Whether an entry of the given start is a bound itself."""
        start = self._given_start
        if start is None or not isinstance(self.constraint, Bounded):
            return False
        value, ends = np.asarray(start, dtype=float), self.constraint
        return bool(((value == ends.low) | (value == ends.high)).any())

    @property
    def _given_start(self) -> Any:
        return None if callable(self.start) else self.start

    def _check_shape(self, name: str) -> None:
        proper = self.shape is None or (
            isinstance(self.shape, tuple)
            and all(n == "d" or (isinstance(n, int | np.integer) and n > 0) for n in self.shape)
        )
        if not proper:
            raise ValueError(
                f"the shape of {name!r} must be a tuple of positive ints and 'd', the number of "
                f"columns, got {self.shape!r}"
            )

    def _check_bounds(self, name: str) -> None:
        if not isinstance(self.bounds, tuple | list) or len(self.bounds) != 2:
            raise ValueError(f"the bounds of {name!r} must be (low, high), got {self.bounds!r}")
        low, high = (
            _numbers(default if bound is None else bound, f"a bound of {name!r}", finite=False)
            for bound, default in zip(self.bounds, (-np.inf, np.inf), strict=True)
        )
        if not np.all(low < high):
            raise ValueError(
                f"the bounds of {name!r} must be low < high, got {self.bounds!r}; a value that is "
                "known goes to fixed={...} of the mixture"
            )


def declared(
    logpdf: Callable[..., Any],
    params: Mapping[str, Any] | Iterable[str] | None,
    bounds: Mapping[str, Any] | None,
) -> dict[str, Parameter]:
    """The parameters by name, in the order in which the function takes them."""
    given = dict(params) if isinstance(params, Mapping) else dict.fromkeys(params or ())
    read = {name: _read(name, value) for name, value in given.items()}
    for name, pair in (bounds or {}).items():
        if read.get(name, Parameter()).bounds is not None:
            raise ValueError(f"{name!r} has bounds twice, in params and in bounds")
        read[name] = replace(read.get(name, Parameter()), bounds=pair)
    required, optional, any_name = _arguments(logpdf)
    unknown = [name for name in read if name not in required | optional and not any_name]
    if unknown:
        raise ValueError(
            f"logpdf takes no {unknown[0]!r}: its arguments after X are {[*required, *optional]}"
        )
    order = [name for name in [*required, *optional] if name in required or name in read]
    order += [name for name in read if name not in order]
    if not order:
        raise ValueError("logpdf has no parameters: name them, as in params={'rate': (0, None)}")
    for name in order:
        if not name.isidentifier() or name in TAKEN or "__" in name or name.endswith("_"):
            raise ValueError(f"a parameter cannot be called {name!r}, give it another name")
    found = {name: read.get(name, Parameter()) for name in order}
    for name, parameter in found.items():
        parameter.check(name)
    return found


def _arguments(logpdf: Callable[..., Any]) -> tuple[dict[str, None], dict[str, None], bool]:
    """Names that the function needs and may take after X, and whether it takes any name."""
    try:
        _, *others = inspect.signature(logpdf).parameters.values()
    except (TypeError, ValueError):  # of a built-in function, or one without X
        return {}, {}, True
    named = [a for a in others if a.kind in (a.POSITIONAL_OR_KEYWORD, a.KEYWORD_ONLY)]
    return (
        dict.fromkeys(a.name for a in named if a.default is a.empty),
        dict.fromkeys(a.name for a in named if a.default is not a.empty),
        any(a.kind is a.VAR_KEYWORD for a in others),
    )


def _read(name: str, value: Any) -> Parameter:
    """A declaration from what stands for it: bounds, a transform, or a start."""
    if isinstance(value, Parameter):
        return value
    if value is None:
        return Parameter()
    if isinstance(value, Transform):
        return Parameter(transform=value)
    if isinstance(value, tuple):
        if len(value) != 2:
            raise ValueError(
                f"params[{name!r}] is a tuple, which stands for bounds (low, high), got {value!r}"
            )
        return Parameter(bounds=value)
    if callable(value) or isinstance(value, str | Mapping):
        raise ValueError(
            f"params[{name!r}] must be a Parameter, bounds (low, high), a transform or a start, "
            f"got {value!r}"
        )
    if isinstance(value, list) and any(number is None for number in value):
        raise ValueError(
            f"params[{name!r}] is a list, which stands for a start: bounds are a tuple, (low, "
            f"high), got {value!r}"
        )
    return Parameter(start=value)


def _numbers(value: Any, what: str, finite: bool = True) -> Any:
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{what} must be numbers, got {value!r}") from None
    if np.isnan(array).any() or (finite and np.isinf(array).any()):
        raise ValueError(f"{what} must be {'finite' if finite else 'no NaN'}, got {value!r}")
    return array

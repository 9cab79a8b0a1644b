"""Estimators that are one family under a name of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, ClassVar

from numpy.random import RandomState
from numpy.typing import ArrayLike
from sklearn.utils.metaestimators import available_if

from skmixture.base import BaseMixture
from skmixture.family import Family
from skmixture.incremental import goes_on
from skmixture.numbering import OrderBy

__all__ = ["NamedMixture"]

# Options of laws that can take rows in turn.
OF_STREAMS = ("forgetting", "half_life")


class NamedMixture(BaseMixture):
    """A mixture whose family is known by the class.

    ``class PoissonMixture(NamedMixture, family=Poisson)`` is an estimator with
    the options of :class:`skmixture.Mixture`, the settings of the family, and
    starting values ``<parameter>_init``. scikit-learn reads options from the
    constructor's signature, which is put together here. An estimator that makes
    its family in a way of its own names its ``settings=``, with their defaults.
    """

    _family_type: ClassVar[type[Family]]

    def __init_subclass__(
        cls,
        family: type[Family] | None = None,
        settings: Mapping[str, Any] | None = None,
        **keywords: Any,
    ) -> None:
        if family is not None and family.side_name != "exposure":
            _rename_side(cls, family)
        super().__init_subclass__(**keywords)  # which reads metadata requests from signatures
        if family is not None:
            cls._family_type = family
            if settings is None:
                settings = {name: s.default for name, s in signature(family).parameters.items()}
            cls.__init__ = _constructor(family, settings)  # type: ignore[method-assign]

    def __init__(self, n_components: int = 1, **options: Any) -> None:
        raise TypeError("NamedMixture is the ground of estimators: name a family")

    def _make_family(self) -> Family:
        return self._family_type(**{name: getattr(self, name) for name in _settings(type(self))})

    def _params_init(self) -> dict[str, ArrayLike | None]:
        return {name: getattr(self, f"{name}_init") for name in self._family_type().parameters}


def _settings(owner: type[NamedMixture]) -> list[str]:
    return list(signature(owner._family_type).parameters)


def _constructor(family: type[Family], settings: Mapping[str, Any]) -> Callable[..., None]:
    options = _signature(family, settings)

    def __init__(self: Any, *args: Any, **keywords: Any) -> None:
        try:
            given = options.bind(self, *args, **keywords)
        except TypeError as error:
            raise TypeError(f"{type(self).__name__}() {error}") from None
        given.apply_defaults()
        for name, value in list(given.arguments.items())[1:]:
            setattr(self, name, value)

    __init__.__signature__ = options  # type: ignore[attr-defined]
    return __init__


def _signature(family: type[Family], settings: Mapping[str, Any]) -> Signature:
    def by_name(name: str, default: Any) -> Parameter:
        return Parameter(name, Parameter.KEYWORD_ONLY, default=default)

    common = list(signature(_options).parameters.values())
    if not family().goes_on:
        common = [option for option in common if option.name not in OF_STREAMS]
    first, *common = common
    return Signature(
        [
            Parameter("self", Parameter.POSITIONAL_OR_KEYWORD),
            first,
            *(by_name(name, default) for name, default in settings.items()),
            by_name("weights_init", None),
            *(by_name(f"{name}_init", None) for name in family().parameters),
            *common,
        ]
    )


def _rename_side(cls: type[NamedMixture], family: type[Family]) -> None:
    """Give the public methods the family's own keyword in place of `exposure`."""
    for name in dir(cls):
        method = None if name.startswith(("_", "set_")) else getattr(cls, name)
        if callable(method) and "exposure" in signature(method).parameters:
            renamed = _with_side(method, family)
            setattr(cls, name, available_if(goes_on)(renamed) if name == "partial_fit" else renamed)


def _with_side(method: Callable[..., Any], family: type[Family]) -> Callable[..., Any]:
    own = family.side_name

    @wraps(method)
    def with_side(self: Any, *args: Any, **keywords: Any) -> Any:
        if own in keywords:
            keywords["exposure"] = keywords.pop(own)
        return method(self, *args, **keywords)

    options = signature(method)
    renamed = (
        option.replace(name=own) if option.name == "exposure" else option
        for option in options.parameters.values()
    )
    with_side.__signature__ = options.replace(parameters=list(renamed))  # type: ignore[attr-defined]
    with_side.__doc__ = _EXPOSURE.sub(
        rf"\1{own} : int or array-like of shape (n_samples,), optional\n"
        rf"\1    {family.side_meaning.capitalize()}, one for each row.\n",
        (method.__doc__ or "").replace("`exposure`", f"`{own}`"),
    )
    return with_side


# The paragraph of `exposure` in a docstring.
_EXPOSURE = re.compile(r"^( +)exposure : .*\n(?:\1 +.*\n)*", re.MULTILINE)


def _options(
    n_components: int = 1,
    *,
    fixed: Mapping[str, ArrayLike] | None = None,
    tied: Iterable[str] = (),
    prior: Mapping[str, Any] | None = None,
    tol: float = 1e-12,
    tol_type: str = "remaining",
    max_iter: int = 10_000,
    n_init: int = 30,
    init_params: str | Callable[..., Any] = "auto",
    acceleration: str | None = "lbfgs",
    order_by: OrderBy = None,
    random_state: int | RandomState | None = None,
    warm_start: bool = False,
    verbose: int = 0,
    verbose_interval: int = 10,
    forgetting: float = 0.7,
    half_life: float | None = None,
    handle_unknown: str = "error",
) -> None:
    """The options that all of them have, with their defaults."""

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

from skmixture.estimator.base import BaseMixture
from skmixture.estimator.incremental import goes_on
from skmixture.given.numbering import OrderBy
from skmixture.law.family import Family

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

    What a family cannot do without, such as the families that it is built of,
    comes first, before `n_components`; as its parameters are not known then,
    starting values are one mapping, `params_init`. A class whose `n_components`
    is a property takes none.
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
            options = _signature(
                family, settings, counted=isinstance(getattr(cls, "n_components", None), property)
            )
            cls.__init__ = _constructor(options)  # type: ignore[method-assign]

    def __init__(self, n_components: int = 1, **options: Any) -> None:
        raise TypeError("NamedMixture is the ground of estimators: name a family")

    def _make_family(self) -> Family:
        return self._family_type(**{name: getattr(self, name) for name in _settings(type(self))})

    def _params_init(self) -> dict[str, ArrayLike | None]:
        if _needed(self._family_type):
            return dict(getattr(self, "params_init", None) or {})
        return {name: getattr(self, f"{name}_init") for name in self._family_type().parameters}


def _settings(owner: type[NamedMixture]) -> list[str]:
    return list(signature(owner._family_type).parameters)


def _needed(family: type[Family]) -> list[Parameter]:
    """What a family cannot be made without."""
    return [s for s in signature(family).parameters.values() if s.default is Parameter.empty]


def _constructor(options: Signature) -> Callable[..., None]:
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


def _signature(family: type[Family], settings: Mapping[str, Any], counted: bool) -> Signature:
    """That of a constructor; `counted` where the number of components needs no telling."""
    needed = _needed(family)
    taken = [setting.name for setting in needed]
    first, *common = signature(_options).parameters.values()
    inits = ["params_init"]
    if not needed:
        inits = [f"{name}_init" for name in family().parameters]
        if not family().goes_on:
            common = [option for option in common if option.name not in OF_STREAMS]

    def by_name(name: str, default: Any) -> Parameter:
        return Parameter(name, Parameter.KEYWORD_ONLY, default=default)

    return Signature(
        [
            Parameter("self", Parameter.POSITIONAL_OR_KEYWORD),
            *(setting.replace(annotation=Parameter.empty) for setting in needed),
            *([] if counted else [first]),
            *(by_name(name, default) for name, default in settings.items() if name not in taken),
            by_name("weights_init", None),
            *(by_name(name, None) for name in inits),
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

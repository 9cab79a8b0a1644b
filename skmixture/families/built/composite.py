"""Families made of several others: names, and what each part answers for itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import Edge
from skmixture.law.family import Array, Arrays, Family, batch_size
from skmixture.law.parts import SEPARATOR, held_by, joined, of_part, told_in_part
from skmixture.priors import Prior
from skmixture.transforms import Transform

__all__ = ["Composite"]


class Composite(Family):
    """Named laws, each with parameters ``<part>__<parameter>`` of its own.

    The expected statistics are those of all parts, with "n" for all together.
    """

    @property
    @abstractmethod
    def laws(self) -> list[tuple[str, Family]]:
        """The parts, by name."""

    @abstractmethod
    def with_laws(self, laws: Iterable[Family]) -> Self:
        """The same with other laws in the places of these."""

    def _by_part(self, function: Callable[[str, Family], Mapping[str, Any]]) -> dict[str, Any]:
        return joined((name, function(name, law)) for name, law in self.laws)

    # -- options, with those of the parts behind their names ----------------

    def named_laws(self) -> list[tuple[str, Family]]:
        """The parts, as far as they are named families; others are left to `check_settings`."""
        try:
            laws = list(self.laws)
        except (TypeError, ValueError):
            return []
        return [(name, law) for name, law in laws if isinstance(law, Family)]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        params = super().get_params(deep=False)
        if deep:
            for name, law in self.named_laws():
                params[name] = law
                params.update(joined([(name, law.get_params())]))
        return params

    def set_params(self, **params: Any) -> Self:
        names = [name for name, _ in self.named_laws()]
        if any(name in params for name in names):
            laws = [params.pop(name, law) for name, law in self.laws]
            self.__dict__.update(self.with_laws(laws).__dict__)
        return super().set_params(**params)

    def check_names(self) -> None:
        """Raise unless the parts are families with names of their own."""
        seen: set[str] = set()
        owner = type(self).__name__
        for name, law in self.laws:
            if not isinstance(name, str) or not name.isidentifier() or SEPARATOR in name:
                raise ValueError(
                    f"the name of each part of {owner} must be a word without '__', got {name!r}"
                )
            if name in seen or name in super().get_params(deep=False):
                raise ValueError(f"the name {name!r} of a part of {owner} is taken: use another")
            if not isinstance(law, Family):
                hint = f": pass an instance, {law.__name__}()" if isinstance(law, type) else ""
                raise ValueError(f"part {name!r} of {owner} must be a family, got {law!r}{hint}")
            seen.add(name)

    def check_settings(self) -> None:
        self.check_names()
        for _, law in self.laws:
            law.check_settings()

    # -- what one part decides for all ---------------------------------------

    @property
    def additive(self) -> bool:  # type: ignore[override]
        return all(law.additive for _, law in self.laws)

    @property
    def numeric(self) -> bool:  # type: ignore[override]
        return all(law.numeric for _, law in self.laws)

    @property
    def reads_labels(self) -> bool:
        return any(law.reads_labels for _, law in self.laws)

    def asked_columns(self) -> list[str] | None:
        by_law = (law.asked_columns() for _, law in self.laws)
        return next((names for names in by_law if names is not None), None)

    @property
    def absorbing(self) -> bool:  # type: ignore[override]
        return any(law.absorbing for _, law in self.laws)

    @property
    def start_rows(self) -> int:  # type: ignore[override]
        return min(law.start_rows for _, law in self.laws)

    @property
    def takes_exposure(self) -> bool:  # type: ignore[override]
        return any(law.takes_exposure for _, law in self.laws)

    def check_exposure(self, exposure: Array) -> None:
        readers = [law for _, law in self.laws if law.takes_exposure]
        names = sorted({law.side_name for law in readers})
        if len(names) > 1:
            raise ValueError(
                f"exposure would be {' of one part and '.join(names)} of another: give the parts "
                "with trials theirs as a setting, n_trials"
            )
        for law in readers:
            law.check_exposure(exposure)

    @property
    def min_rows(self) -> int:  # type: ignore[override]
        return max(law.min_rows for _, law in self.laws)

    @property
    def failure(self) -> str:  # type: ignore[override]
        return " ".join(dict.fromkeys(law.failure for _, law in self.laws))

    @property
    def collapse(self) -> str:  # type: ignore[override]
        return " ".join(dict.fromkeys(law.collapse for _, law in self.laws if law.collapse))

    @property
    def monotone(self) -> bool:
        return all(law.monotone for _, law in self.laws)

    @property
    def climbs_its_gradient(self) -> bool:
        return all(law.climbs_its_gradient for _, law in self.laws)

    @property
    def goes_on(self) -> bool:
        return all(law.goes_on for _, law in self.laws)

    def most_members(self, n_components: int) -> int:
        return min(law.most_members(n_components) for _, law in self.laws)

    @property
    def takes_holes(self) -> bool:
        return all(law.takes_holes for _, law in self.laws)

    def with_holes(self) -> Self:
        return self  # each part looks at its own columns

    def check_rows(self, X: Any, side: Arrays) -> None:
        self.check_holes(X)
        super().check_rows(X, side)

    @staticmethod
    def _side_of(law: Family, side: Mapping[str, Any]) -> dict[str, Any]:
        """Side columns that a part knows what to do with."""
        return dict(side) if law.takes_exposure else {}

    # -- parameters -----------------------------------------------------------

    @property
    def parameters(self) -> dict[str, Transform]:
        return self._by_part(lambda _, law: law.parameters)

    def shared(self, name: str) -> bool:
        part, _, own = name.partition(SEPARATOR)
        return dict(self.laws)[part].shared(own)

    def settled(self, name: str) -> bool:
        part, _, own = name.partition(SEPARATOR)
        return dict(self.laws)[part].settled(own)

    def entries(self, name: str, columns: Sequence[str]) -> dict[tuple[int, ...], str]:
        part, _, own = name.partition(SEPARATOR)
        return dict(self.laws)[part].entries(own, self.columns_of(part, columns))

    def columns_of(self, part: str, columns: Sequence[str]) -> Sequence[str]:
        """Those of the columns that a part is about: all, where rows are of one part each."""
        return columns

    def listing(self, columns: Sequence[str]) -> dict[str, Sequence[str]]:
        if len(self.laws) == 1:
            return {}
        by_part = {name: self.columns_of(name, columns) for name, _ in self.laws}
        return {name: () if own is columns else own for name, own in by_part.items()}

    def check_values(self) -> None:
        for _, law in self.laws:
            law.check_values()

    @property
    def ties(self) -> frozenset[str]:
        return frozenset(f"{part}{SEPARATOR}{name}" for part, law in self.laws for name in law.ties)

    def to_local(self, params: Arrays) -> dict[str, Array]:
        return self._by_part(lambda name, law: law.to_local(of_part(name, params)))

    def to_user(self, params: Arrays) -> dict[str, Array]:
        return self._by_part(lambda name, law: law.to_user(of_part(name, params)))

    def confine(self, params: Arrays) -> dict[str, Array]:
        return self._by_part(lambda name, law: law.confine(of_part(name, params)))

    # -- priors -----------------------------------------------------------------

    @property
    def takes_priors(self) -> dict[str, type[Prior]]:  # type: ignore[override]
        return self._by_part(lambda _, law: law.takes_priors)

    @property
    def usual(self) -> dict[str, float]:  # type: ignore[override]
        return self._by_part(lambda _, law: law.usual)

    def with_priors(
        self, priors: Mapping[str, Prior], tied: Collection[str], n_components: int
    ) -> Self:
        ties = Constraints(tied=frozenset(tied))
        return self.with_laws(
            law.with_priors(
                of_part(name, priors),
                held_by(name, ties).tied,
                len(self.places(name, n_components)),
            )
            for name, law in self.laws
        )

    def log_prior(self, params: Arrays) -> Array:
        by_part = ((law, of_part(name, params)) for name, law in self.laws)
        densities = (law.log_prior(own) for law, own in by_part if own)
        return np.asarray(sum(densities, start=np.zeros(batch_size(params))))

    def stable(self) -> Self:
        return self.with_laws(law.stable() for _, law in self.laws)

    # -- the two steps ----------------------------------------------------------

    def prepare(self, params: Arrays) -> dict[str, Array]:
        return self._by_part(lambda name, law: law.prepare(of_part(name, params)))

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        def of_law(name: str, law: Family) -> dict[str, Array]:
            own = None if params is None else of_part(name, params)
            return law.maximise(of_part(name, stats), own, held_by(name, constraints))

        return self._by_part(of_law)

    def careful(
        self, stats: Arrays, params: Arrays, constraints: Constraints = FREE
    ) -> dict[str, Array] | None:
        def of_law(name: str, law: Family) -> dict[str, Array]:
            args = of_part(name, stats), of_part(name, params), held_by(name, constraints)
            careful = law.careful(*args)
            if careful is None:  # then this part's M-step is one itself
                return law.maximise(*args)
            climbing.append(name)
            return careful

        climbing: list[str] = []
        params_by_part = self._by_part(of_law)
        return params_by_part if climbing else None

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        return self._by_part(
            lambda name, law: law.gradient(of_part(name, stats), of_part(name, params))
        )

    def restated(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        by_part = self._by_part(
            lambda name, law: law.restated(of_part(name, stats), of_part(name, params))
        )
        return {"n": stats["n"], **by_part}

    # -- what the parts may not have ---------------------------------------------

    def lacking(self, method: str) -> str:
        for name, law in self.laws:
            without = law.lacking(method)
            if without:
                return f"part {name!r} of {type(self).__name__} ({without})"
        return ""

    # -- the face that an estimator shows -----------------------------------------

    def publish(self, params: Arrays) -> dict[str, Array]:
        return self._of_those_given(params, lambda law, own: law.publish(own))

    def read(self, published: Arrays) -> dict[str, Array]:
        return self._of_those_given(published, lambda law, own: law.read(own))

    def derived(self, published: Arrays) -> dict[str, Array]:
        return self._of_those_given(published, lambda law, own: law.derived(own))

    def _of_those_given(
        self, values: Arrays, function: Callable[[Family, Arrays], Mapping[str, Any]]
    ) -> dict[str, Any]:
        given = [(name, law, of_part(name, values)) for name, law in self.laws]
        return joined((name, function(law, own)) for name, law, own in given if own)

    def doubts(self) -> list[str]:
        return self._told((name, law, law.doubts()) for name, law in self.laws)

    def on_constants(self, columns: Sequence[Any]) -> list[str]:
        return self._told(
            (name, law, law.on_constants(self.columns_of(name, columns))) for name, law in self.laws
        )

    @staticmethod
    def _told(by_part: Iterable[tuple[str, Family, list[str]]]) -> list[str]:
        return [
            f"In part {name!r}: {told_in_part(name, law.parameters, said)}"
            for name, law, sentences in by_part
            for said in sentences
        ]

    def told_collapse(self, params: Arrays, columns: Sequence[Any]) -> str:
        by_part = ((name, law, of_part(name, params)) for name, law in self.laws)
        told = {
            name: told_in_part(
                name, law.parameters, law.told_collapse(own, self.columns_of(name, columns))
            )
            for name, law, own in by_part
            if law.collapsed(own).any()
        }
        return " ".join(f"in part {name!r}, {sentence}" for name, sentence in told.items())

    def at_edges(self, params: Arrays, n_rows: float) -> list[Edge]:
        return [
            edge._replace(
                name=f"{name}{SEPARATOR}{edge.name}",
                meaning=told_in_part(name, law.parameters, edge.meaning),
            )
            for name, law in self.laws
            for edge in law.at_edges(of_part(name, params), n_rows)
        ]

    def remarks(self, params: Arrays, constraints: Constraints = FREE) -> list[str]:
        return self._told(
            (name, law, law.remarks(of_part(name, params), held_by(name, constraints)))
            for name, law in self.laws
        )

    def for_columns(self, names: NDArray | None) -> Self:
        return self.with_laws(law.for_columns(names) for _, law in self.laws)

    def for_width(self, n_features: int) -> Self:
        return self._with_wide({name: n_features for name, _ in self.laws})

    def _with_wide(self, widths: Mapping[str, int]) -> Self:
        """The same with laws for so many columns, by part; parts stay as written where they may."""
        laws = [law.for_width(widths[name]) for name, law in self.laws]
        same = all(one is other for one, (_, other) in zip(laws, self.laws, strict=True))
        return self if same else self.with_laws(laws)

"""Components: a law of its own for each component."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.families.built.several_laws import OfSeveralLaws
from skmixture.families.built.together import AnyOf, Possible
from skmixture.law.columns import expected_rows, fitting_law, scoring_law
from skmixture.law.family import Array, Arrays, Family
from skmixture.law.parts import SEPARATOR, joined, of_part, shallow

__all__ = ["Components"]


class Components(OfSeveralLaws):
    """A law for each component, such as clusters and noise around them.

    Components come in the order of the laws, and `n_components` must be their
    number. A parameter belongs to the components of one law only, under the
    name ``<part>__<parameter>``: ``model.bulk__means_`` has a row for each
    component of the part "bulk". So do ``fixed``, ``tied`` and ``order_by``,
    which orders the components of each law among themselves.

    A start deals its groups of rows to the laws at random, so that of many
    starts (``n_init``) some give each group to the right one. A
    :class:`Uniform` has no group of its own, but a small share of every row.

    Parameters
    ----------
    parts : list of Family, (str, Family) or (str, Family, int)
        The laws, with a name, and the number of components that follow each.
        Without a name it is the family's in lower case. Densities must be
        comparable: all laws are of counts, or all of numbers. A row that is
        off the support of a law has a density of 0 by it.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import Components, Gaussian, Uniform
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.normal(0, 1, 200), rng.normal(9, 1, 300), rng.uniform(-40, 40, 50)]
    >>> law = Components([("bulk", Gaussian(), 2), ("noise", Uniform())])
    >>> model = Mixture(law, 3, order_by="bulk__means", random_state=0).fit(x[:, None])
    >>> model.bulk__means_.ravel().round(1)
    array([0.1, 8.9])
    >>> model.weights_.round(2)
    array([0.36, 0.55, 0.09])
    """

    _support: AnyOf | None = None  # of the laws before they were made stable
    _typical: list[NDArray] | None = None  # a row (1, d) of each law, set by `localise`

    def __init__(self, parts: Sequence[Family | tuple[Any, ...]]) -> None:
        self.parts = parts

    # -- data ------------------------------------------------------------------------------

    @property
    def support(self) -> AnyOf:  # type: ignore[override]
        if self._support is not None:
            return self._support
        return AnyOf(tuple((name, law.support) for name, law in self.laws))

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        self.support.measures(n_features)
        return self._by_part(lambda _, law: law.event_shapes(n_features))

    def stable(self) -> Self:
        # stable formulas may be of a wider law
        return shallow(super().stable(), _support=self.support)

    def _outside(self, X: NDArray, side: Arrays) -> list[NDArray[np.bool_] | None]:
        """Rows (..., n) that each law cannot have made; None where there are none."""
        support = self.support
        plain = all(type(law).possible is Family.possible for _, law in self.laws)
        if plain and support.alike:
            return [None] * len(self.laws)
        by_law = []
        for (_, law), off in zip(self.laws, support.off_measure(X), strict=True):
            outside = ~law.possible(X, self._side_of(law, side))
            outside = outside if off is None else outside | off
            by_law.append(outside if outside.any() else None)
        return by_law

    def possible(self, X: NDArray, side: Arrays) -> NDArray[np.bool_]:
        nowhere = np.zeros(X.shape[:-1], dtype=bool)
        outside = [nowhere if rows is None else rows for rows in self._outside(X, side)]
        return ~np.logical_and.reduce(outside)

    def check_rows(self, X: Any, side: Arrays) -> None:
        super().check_rows(X, side)
        self.support.check_any(X, [~self.possible(X, side)], type(self).__name__)

    @property
    def takes_some_holes(self) -> bool:
        return all(law.takes_some_holes for _, law in self.laws)

    def check_holes(
        self, X: Any, owner: str = "", columns: NDArray[np.integer] | None = None
    ) -> None:
        for name, law in self.laws:
            law.check_holes(X, f"{name!r} in {owner or 'Components'}", columns)

    def for_rows(self, X: NDArray) -> Self:
        rows = [Possible(X, outside).X for outside in self._outside(X, {})]
        laws = [scoring_law(law, own) for (_, law), own in zip(self.laws, rows, strict=True)]
        return shallow(self.with_laws(laws), _support=self.support)

    def expected_rows(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self._side_by_side(
            lambda law, own: expected_rows(law, X, own, self._side_of(law, side)), params, axis=0
        )

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        def localised(name: str, law: Family, own: Possible) -> Family:
            return fitting_law(law, own.X).localise(
                own.X, own.of(weight), **{k: own.of(v) for k, v in self._side_of(law, side).items()}
            )

        return self._localised(localised, X, side)

    def localise_beside(
        self, params: Arrays, mass: Array, X: NDArray, weight: Array | None = None, **side: Array
    ) -> Self:
        places = {name: own for name, _, own in self._slices()}

        def localised(name: str, law: Family, own: Possible) -> Family:
            return law.localise_beside(
                of_part(name, params),
                mass[places[name]],
                own.X,
                own.of(weight),
                **{k: own.of(v) for k, v in self._side_of(law, side).items()},
            )

        return self._localised(localised, X, side)

    def _localised(
        self, localised: Callable[[str, Family, Possible], Family], X: NDArray, side: Arrays
    ) -> Self:
        """The same with laws that have seen the rows which they may have made."""
        rows = [Possible(X, outside) for outside in self._outside(X, side)]
        for (name, law), own in zip(self.laws, rows, strict=True):
            if not len(own.X):
                raise ValueError(
                    f"no row of X lies in the support of {name!r} in Components "
                    f"({law.support.description}): leave that law out"
                )
        laws = [
            localised(name, law, own).of_given()
            for (name, law), own in zip(self.laws, rows, strict=True)
        ]
        typical = [own.X[:1] for own in rows]
        return shallow(self.with_laws(laws), _support=self.support, _typical=typical)

    def rounding(self, params: Arrays) -> Array:
        return np.max([law.rounding(of_part(name, params)) for name, law in self.laws], axis=0)

    def failing(self, params: Arrays) -> NDArray[np.bool_]:
        return self._side_by_side(lambda law, own: law.failing(own), params)

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        return self._side_by_side(lambda law, own: law.collapsed(own), params)

    def rows_in_flat(self, params: Arrays) -> Array:
        def of_all(law: Family, own: Arrays) -> NDArray:
            return np.broadcast_to(law.rows_in_flat(own), law.failing(own).shape)

        return self._side_by_side(of_all, params)

    # -- the two steps ------------------------------------------------------------------------

    def block_rows(self, n_features: int, n_laws: int) -> int:
        return min(law.block_rows(n_features, n_laws) for _, law in self.laws)

    def encode(self, X: NDArray, **side: Array) -> dict[str, Any]:
        encoded: dict[str, Any] = {}
        for place, outside in enumerate(self._outside(X, side)):
            name, law = self.laws[place]
            own, rows = self._side_of(law, side), X
            if outside is not None:
                encoded[f"outside of {name}"] = outside
                stand_in = X[~outside] if self._typical is None else self._typical[place]
                if not len(stand_in):  # the law has made none of these rows
                    continue
                rows = np.where(outside[..., None], stand_in[0], X)
            encoded.update(joined([(name, law.encode(rows, **own))]))
            # what is common to the components of one law is not common to all
            encoded[f"base of {name}"] = np.atleast_1d(np.asarray(law.log_base(rows, **own)))
        return encoded

    def raised(self, prepared: Arrays, amount: Array) -> dict[str, Array] | None:
        raised = {}
        for name, law, own in self._slices():
            of_law = law.raised(of_part(name, prepared), amount[:, own])
            if of_law is None:
                return None
            raised.update(joined([(name, of_law)]))
        return raised

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        by_part = []
        for name, law, own in self._slices():
            outside: Any = rows.get(f"outside of {name}")
            base = rows.get(f"base of {name}")
            if base is None:
                log_prob = np.full((1, own.stop - own.start, outside.shape[-1]), -np.inf)
            else:
                log_prob = law.log_prob(of_part(name, rows), of_part(name, prepared))
                log_prob = log_prob + base[..., None, :]
                if outside is not None:
                    log_prob = np.where(outside[..., None, :], -np.inf, log_prob)
            by_part.append(log_prob)
        B, n = np.broadcast_shapes(*(part.shape[::2] for part in by_part))
        return np.concatenate([np.broadcast_to(p, (B, p.shape[1], n)) for p in by_part], axis=1)

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        by_part = []
        for name, law, places in self._slices():
            outside: Any = rows.get(f"outside of {name}")
            own = resp[:, places]
            if outside is not None:
                own = own * ~outside[..., None, :]
            own = np.ascontiguousarray(own)
            stats = law.expected_stats(of_part(name, rows), of_part(name, prepared), own)
            by_part.append((name, stats))
        return {"n": resp.sum(axis=-1), **joined(by_part)}

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        by_part = (
            (
                name,
                law.implied_stats(of_part(name, params), mass[:, own], **self._side_of(law, side)),
            )
            for name, law, own in self._slices()
        )
        return {"n": mass, **joined(by_part)}

    # -- beyond fitting ------------------------------------------------------------------------

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        order = np.argsort(labels, kind="stable")  # as laws without side columns have it
        labels = labels[order]
        drawn = []
        for name, law, own in self._slices():
            here = (labels >= own.start) & (labels < own.stop)
            if here.any():
                columns = {key: column[order][here] for key, column in side.items()}
                drawn.append(
                    law.sample(
                        of_part(name, params),
                        labels[here] - own.start,
                        rng,
                        **self._side_of(law, columns),
                    )
                )
        X = np.concatenate(drawn)
        return X[np.argsort(order, kind="stable")]

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self._side_by_side(
            lambda law, own: law.cdf(X, own, **self._side_of(law, side)), params, axis=0
        )

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self._side_by_side(
            lambda law, own: law.marginal_cdf(X, own, **self._side_of(law, side)), params, axis=0
        )

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        both = [
            np.stack(
                np.broadcast_arrays(
                    *law.quantile_bounds(q, of_part(name, params), **self._side_of(law, side))
                )
            )
            for name, law in self.laws
        ]
        low, high = np.concatenate(both, axis=1)
        return low, high

    def lacking(self, method: str) -> str:
        return "" if method == "component" else super().lacking(method)  # it is of one part

    def component(self, params: Arrays) -> Any:
        part, _, _ = next(iter(params)).partition(SEPARATOR)  # those of one part are given
        return dict(self.laws)[part].component(of_part(part, params))

    def features(self, X: NDArray) -> Array:
        for (_, law), rows in zip(self.laws, self._outside(X, {}), strict=True):
            if rows is None:  # a law that may have made them all
                return law.features(X)
        return super().features(X)

"""One fit, checked and in local coordinates: from starts to states of the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import sparse

from skmixture.chunked import ChunkedPasses, ChunkedRows
from skmixture.engine.e_step import log_joint
from skmixture.engine.em import EM
from skmixture.engine.passes import Passes
from skmixture.engine.state import State
from skmixture.fit.penalty import penalty_of
from skmixture.given.batch import Batch
from skmixture.given.known import known_first, orders_as_known
from skmixture.given.survey import Survey
from skmixture.law.columns import fitting_law
from skmixture.law.constraints import Constraints
from skmixture.law.family import Arrays, Family
from skmixture.priors import Prior
from skmixture.starts.by_name import SINGLE_ROWS, Init, draw_starts
from skmixture.starts.own import Views, condensed, nearest, off_edges, own_start
from skmixture.starts.rearranged import Ends, rearranged
from skmixture.table.holes import filled, has_holes
from skmixture.table.partition import Partition
from skmixture.table.rows import Rows, fold
from skmixture.table.streamed import Streamed
from skmixture.tools.threads import SERIAL, Workers

__all__ = ["Problem"]

Array = NDArray[np.floating]

# Starts are made and compared on no more rows than this, and fewer where rows are wide and starts
# many: as many as make a table of so many numbers, for all starts together and for one. The fit
# uses all rows.
MOST_START_ROWS = 5_000
LEAST_START_ROWS = 500
MOST_START_NUMBERS = 30_000_000
MOST_START_TABLE = 5_000_000
MOST_FAR_ROWS = 50


@dataclass(frozen=True)
class Small:
    """Few rows to make and compare starts on, and how starts see their distinct ones."""

    em: EM
    views: Views
    places: NDArray[np.integer]  # a row of each kind
    inverse: NDArray[np.integer]  # the kind of each row


@dataclass
class Problem:
    """Rows, family and restrictions of one fit.

    Attributes
    ----------
    X : ndarray of shape (n, d)
        The rows that starts are made of: those that the user gave, without
        those of weight 0, or some of them where they are not held in memory.
    weight : ndarray of shape (n,) or None
    em : EM
        The EM map on these rows, equal ones folded where they are discrete.
    whole : EM
        The same on all rows, which is what is fitted.
    inverse : ndarray of int of shape (n,) or None
        Place of each row among the folded ones.
    n_components, n_starts : int
    weights_init, params_init
        What the user wants the start to be, in local coordinates.
    strata : ndarray of shape (G,) or None
        Labels of the strata.
    """

    X: NDArray
    weight: Array | None
    em: EM
    whole: EM
    inverse: NDArray[np.integer] | None
    n_components: int
    n_starts: int
    weights_init: Array | None
    params_init: Arrays
    strata: NDArray | None = None
    _small: Small | None = None

    @classmethod
    def build(
        cls,
        family: Family,
        rows_to_fit: Batch | ChunkedRows,
        n_components: int,
        n_starts: int,
        constraints: Constraints,
        weights_init: Array | None,
        params_init: Mapping[str, Array],
        workers: Workers = SERIAL,
        priors: Mapping[str, Prior] = MappingProxyType({}),
    ) -> Problem:
        """Localise the family, fold the rows, take what the user holds along."""
        survey: Survey | None = None
        passes: Any = Passes
        n_strata = rows_to_fit.n_strata
        all_rows: Any = rows_to_fit
        if isinstance(rows_to_fit, ChunkedRows):
            survey, passes = rows_to_fit.survey, ChunkedPasses
        else:
            X, weight, columns = rows_to_fit.X, rows_to_fit.weight, rows_to_fit.columns
            side = rows_to_fit.side
            all_rows = Rows.of(X, weight, columns, n_strata)
            if isinstance(X, Streamed):
                survey = Survey.of(X, weight, columns)
        holes = survey is None and has_holes(X)
        if survey is None:
            law = fitting_law(family, X).localise(X, weight, **side)
        else:
            some, own, side = survey.to_localise()
            law = family.localise(some, own, **side)
            X, weight, columns = survey.X, survey.weight, survey.columns
        held = {name: value for name, value in constraints.fixed.items() if name != "weights"}
        constraints = Constraints({**constraints.fixed, **law.to_local(held)}, constraints.tied)
        of_params = {name: prior for name, prior in priors.items() if name != "weights"}
        law = law.with_priors(of_params, constraints.tied, n_components)
        penalty = penalty_of(law, priors)
        rows = Rows.of(X, weight, columns, n_strata)
        inverse = None
        if family.support.discrete and not sparse.issparse(X):
            folded = fold(np.nan_to_num(X, nan=-1.0) if holes else X, weight, columns)
            rows, inverse = rows.taken(folded.places, folded.weight), folded.inverse
        em = EM(law, rows, constraints, penalty, workers)
        whole = em
        if survey is not None:
            whole = EM(law, all_rows, constraints, penalty, workers, passes)
        if holes:
            X = filled(X, weight)  # starts need whole rows
        params_init = law.to_local(params_init)
        return cls(
            X,
            weight,
            em,
            whole,
            inverse,
            n_components,
            n_starts,
            weights_init,
            params_init,
            rows_to_fit.strata,
        )

    @property
    def shares(self) -> Array:
        """Part (G,) of all rows, by weight, that is in each stratum."""
        rows = self.whole.rows
        if rows.strata is None:
            return np.ones(1)
        weight = None if rows.weight is None else rows.weight[0]
        mass = np.bincount(rows.strata, weight, minlength=rows.n_strata)
        return mass / mass.sum()

    def doubts(self) -> list[str]:
        """A sentence of warning where rows are too few to tell components apart."""
        n_distinct = self.em.rows.n_rows
        if self.inverse is None or n_distinct >= self.n_components:
            return []
        return [
            f"n_components={self.n_components} is more than the {n_distinct} distinct rows of X, "
            "so some components must be alike; use fewer."
        ]

    def start(self, resp: Array) -> State:
        """The state (a batch of one) after the M-step from responsibilities (n, K) of all rows."""
        if self.whole is not self.em:
            first = known_first(resp.T, self.whole.rows.known)
            return self.with_inits(self.whole.start(first[None], exact=True))
        if self.inverse is not None:
            resp = self._folded(resp)
        first = known_first(resp.T, self.em.rows.known)
        return self.with_inits(self.em.start(first[None], exact=True))

    def m_step(self, resp: Array | Partition) -> State:
        """The M-step alone, without what the user wants the start to be."""
        if isinstance(resp, Partition):
            if self.inverse is None and self.em.rows.known is None:
                return self.em.start(resp)
            return State.stack([self.m_step(table) for table in resp.tables()])
        if self.inverse is not None:
            resp = self._folded(resp)
        return _first_state(self.em, resp.T)

    def start_from_inits(self) -> State | None:
        """The state that the user gave whole, or None where something is missing."""
        names = set(self.em.family.parameters)
        if self.weights_init is None or names - set(self.params_init):
            return None
        params = {name: np.array(value)[None] for name, value in self.params_init.items()}
        weights = np.tile(self.weights_init, (1, self.whole.rows.n_strata, 1))
        return self.held(State(weights, params))

    def draw(self, init: Init, rng: RandomState) -> State:
        """All starts by the name or callable `init`, drawn one after the other."""
        if init == "auto":
            return State.stack([self._own(index, rng) for index in range(self.n_starts)])
        starts = self.responsibilities(init, rng)
        if self._deals and not callable(init):
            starts = (self._dealt(init, rng) for _ in range(self.n_starts))
        return self.with_inits(
            State.stack([self.m_step(self._spread(init, resp)) for resp in starts])
        )

    def responsibilities(self, init: Init, rng: RandomState) -> Iterator[Array | Partition]:
        """Those of all starts, drawn when they are asked for."""
        return draw_starts(init, self.X, self.n_components, self.weight, rng, self.n_starts)

    @property
    def _deals(self) -> bool:
        """Whether the family has something to say on which component gets which group."""
        return type(self.em.family).dealt is not Family.dealt

    def _dealt(self, init: Init, rng: RandomState) -> Array:
        """Responsibilities of one start, its groups dealt to the components."""

        def draw(n_groups: int) -> Array:
            (resp,) = draw_starts(init, self.X, n_groups, self.weight, rng, 1)
            resp = self._spread(init, resp)
            return next(resp.tables()) if isinstance(resp, Partition) else resp

        return self.em.family.dealt(draw, self.n_components, rng)

    def _spread(self, init: Init, resp: Array | Partition) -> Array | Partition:
        """A single row makes no law: each row goes to the nearest of them."""
        if isinstance(resp, Partition) or init not in SINGLE_ROWS or (resp.sum(axis=1) > 0).all():
            return resp
        points = self.em.family.features(self.X)
        near = nearest(points, points[resp.argmax(axis=0)])
        return (near[:, None] == np.arange(resp.shape[1])).astype(float)

    def _own(self, index: int, rng: RandomState) -> State:
        small = self._small_problem(rng)
        resp = small.em.family.dealt(
            lambda n_groups: own_start(index, small.views, n_groups, rng), self.n_components, rng
        )
        table = off_edges(np.asarray(resp).T, small.views.weight, small.em.family)
        return self.with_inits(_first_state(small.em, table[:, small.inverse]))

    def rearranged(self, end: State, rng: RandomState) -> State:
        """Twice as many starts, on the sample: an end (a batch of one) with one component moved."""
        small = self._small_problem(rng)
        law = small.em.family.stable()
        rows = small.em.rows.taken(small.places, small.views.weight)
        base = law.log_base(rows.X, **rows.side)
        seen = Ends(log_joint(law, end, rows)[0] + base, small.views)
        tables = (
            off_edges(rearranged(seen, number, rng), small.views.weight, law)
            for number in range(2 * self.n_starts)
        )
        states = [_first_state(small.em, table[:, small.inverse]) for table in tables]
        return self.with_inits(State.stack(states))

    def sample(self, rng: RandomState) -> EM:
        """The EM map on few rows, on which starts are made and compared."""
        return self._small_problem(rng).em

    def _small_problem(self, rng: RandomState) -> Small:
        """A sample of the rows, drawn once; all of them where they are few."""
        if self._small is None:
            em, rows = self.em, self.em.rows
            most = self._most_start_rows()
            if rows.n_rows > most:
                some = self._some_rows(most, rng)
                weight = None if rows.weight is None else rows.weight[0, some]
                some_rows = rows.taken(some, weight)
                em = EM(em.family, some_rows, em.constraints, em.penalty, em.workers)
            weight = None if em.rows.weight is None else em.rows.weight[0]
            if sparse.issparse(em.rows.X):
                unit = np.ones(em.rows.n_rows) if weight is None else weight
                points = condensed(em.family.features(em.rows.X), unit, rng)
                folded = fold(points, weight, em.rows.columns)
                features = points[folded.places]
            else:
                folded = fold(em.rows.X, weight, em.rows.columns)
                features = em.family.features(em.rows.X[folded.places])
            views = Views.of(features, folded.weight, rng)
            self._small = Small(em, views, folded.places, folded.inverse)
        return self._small

    def _most_start_rows(self) -> int:
        n_laws, d = self.n_components * self.n_starts, self.X.shape[1]
        wanted = min(MOST_START_NUMBERS / (d * n_laws), MOST_START_TABLE / d)
        most = min(MOST_START_ROWS, self.em.family.start_rows)
        return int(np.clip(wanted, LEAST_START_ROWS, most))

    def _some_rows(self, n: int, rng: RandomState) -> NDArray[np.integer]:
        """Rows drawn at random, and those farthest out, where small components may be."""
        X = self.em.rows.X
        if sparse.issparse(X):  # by what they sum to, a row in a column
            X = np.asarray(X.sum(axis=1)).reshape(-1, 1)
        features = self.em.family.features(X)
        deviation = np.maximum(features.std(axis=0), np.finfo(float).tiny)
        distance = (np.abs(features - features.mean(axis=0)) / deviation).max(axis=1)
        far = np.argpartition(-distance, MOST_FAR_ROWS)[:MOST_FAR_ROWS]
        return np.union1d(rng.choice(len(features), n, replace=False), far)

    def with_inits(self, state: State) -> State:
        """The state with the user's starting values in their places."""
        B, weights, params = len(state.weights), state.weights, self.params_init
        if self.weights_init is not None:
            weights = np.tile(self.weights_init, (B, weights.shape[1], 1))
        given = {name: np.repeat(value[None], B, axis=0) for name, value in params.items()}
        return self.held(State(np.array(weights, dtype=float), {**state.params, **given}))

    def held(self, state: State) -> State:
        """The state brought into the constraints: what is fixed or tied goes first."""
        constraints, weights = self.em.constraints, state.weights
        params = {
            name: constraints.hold(name, constraints.average(name, value))
            for name, value in state.params.items()
        }
        return State(
            constraints.weights(weights) if "weights" in constraints.fixed else weights, params
        )

    def _folded(self, resp: Array) -> Array:
        """Responsibilities of folded rows: the weighted average over their copies."""
        assert self.inverse is not None
        weight = np.ones(len(resp)) if self.weight is None else self.weight
        total = np.bincount(self.inverse, weight)
        sums = [np.bincount(self.inverse, weight * column) for column in resp.T]
        return np.stack(sums, axis=1) / total[:, None]


def _first_state(em: EM, resp: Array) -> State:
    """The M-step from groups (K, n) that were found: known labels hold, and number the groups."""
    state, known = em.start(resp[None]), em.rows.known
    if known is None:
        return state
    (order,) = orders_as_known(em, state)
    return em.start(known_first(resp[order], known)[None])

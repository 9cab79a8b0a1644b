"""Draws from the posterior of a fitted mixture."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from os import PathLike
from typing import Any

import numpy as np
from numpy.random import RandomState, SeedSequence
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from skmixture.inference.posterior.chains import recorded
from skmixture.inference.posterior.ensembles import Ensembles
from skmixture.inference.posterior.gibbs.start import N_WALKERS, check_unused, gibbs
from skmixture.inference.posterior.gibbs.temperature import Temperature
from skmixture.inference.posterior.gibbs.walk import Gibbs
from skmixture.inference.posterior.identity import identity_of
from skmixture.inference.posterior.improper import check_proper
from skmixture.inference.posterior.plan import EFFECTIVE, Plan
from skmixture.inference.posterior.question import Question, asked
from skmixture.inference.posterior.result import Posterior
from skmixture.inference.posterior.storage import EmceeGroups, open_recorder, unpack_states
from skmixture.inference.posterior.target import Target
from skmixture.inference.posterior.walkers import about_fit
from skmixture.inference.replicates.progress import bar
from skmixture.inference.replicates.seeds import Seeds
from skmixture.numbering import OrderBy

__all__ = ["sample_posterior"]

METHODS = ("ensemble", "gibbs")


def sample_posterior(
    model: Any,
    X: ArrayLike,
    *,
    method: str = "ensemble",
    n_walkers: int | None = None,
    n_steps: int | None = None,
    n_burn_in: int | None = None,
    n_ensembles: int | None = None,
    target_ess: float = EFFECTIVE,
    priors: Mapping[str, Any] | None = None,
    fixed: Mapping[str, ArrayLike] | Collection[str] = (),
    order: OrderBy = None,
    prior_only: bool = False,
    responsibilities: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    exposure: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    moves: Any = None,
    temperature: Callable[[int], float] | None = None,
    n_parameter_steps: int = 1,
    backend: str | PathLike[str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    n_jobs: int | None = None,
    random_state: int | RandomState | None = None,
    progress: bool = False,
) -> Posterior:
    """Docstring."""
    if method not in METHODS:
        raise ValueError(f"method must be one of {list(METHODS)}, got {method!r}")
    alternates = method == "gibbs"
    if not alternates:
        check_unused(temperature, n_parameter_steps)
    elif moves is not None:
        raise ValueError("moves are for method='ensemble': leave them out")
    if alternates and n_walkers is None:
        n_walkers = N_WALKERS
    given = {"sample_weight": sample_weight, "exposure": exposure, "strata": strata}
    question = Question(priors, fixed, order, labels, responsibilities, prior_only, given)
    known = {"labels": labels, "responsibilities": responsibilities}
    with asked(model, X, question) as target:
        check_proper(target, question.has_labels)
        size = target.likelihood.chart.size
        least = 1 if alternates else None
        plan = Plan.of(size, n_walkers, n_ensembles, n_steps, n_burn_in, target_ess, least)
        rng = check_random_state(model.random_state if random_state is None else random_state)
        entropy = Seeds.drawn(rng).entropy
        walk: Ensembles | Gibbs
        settings: dict[str, object] = {}
        if alternates:
            n = plan.n_walkers, np.shape(X)[0]
            walk = gibbs(target, *n, sample_weight, temperature, n_parameter_steps, entropy)
            settings = {"temperature": Temperature(temperature), "parameters": n_parameter_steps}
        else:
            walk = _ensembles(target, plan, moves, entropy)
        identity = identity_of(
            target, model, X, {**given, **known}, method=method, order=order, fixed=fixed,
            walkers=f"{plan.n_ensembles} x {plan.n_walkers // plan.n_ensembles}",
            moves=_named(moves), burn_in=plan.n_burn_in, **settings,
        )  # fmt: skip
        groups = EmceeGroups(random_states=unpack_states)
        with open_recorder(
            backend,
            walk.layout(),
            identity,
            resume=resume,
            overwrite=overwrite,
            emcee_groups=groups,
        ) as recorder:
            last = recorder.last()
            if last is None:
                for _ in walk.steps(plan.n_burn_in, n_jobs):
                    pass
            else:
                walk.restore(last)
            with bar("posterior", plan.n_steps or 0, progress) as tell:
                recorded(walk, recorder, plan.n_steps, lambda _: True, n_jobs, tell)
    return Posterior(target, recorder, plan)


def _ensembles(target: Target, plan: Plan, moves: Any, entropy: tuple[int, ...]) -> Ensembles:
    """Walkers at their start."""
    start, *seeds = (SeedSequence(entropy, spawn_key=(i,)) for i in range(plan.n_ensembles + 1))
    rng = RandomState(start.generate_state(8))
    return Ensembles(target, plan.n_ensembles, about_fit(target, plan.n_walkers, rng), moves, seeds)


def _named(moves: Any) -> str:
    if moves is None:
        return "default"
    pairs = moves if isinstance(moves, list | tuple) else [moves]
    return ", ".join(
        f"{type(pair[0]).__name__} {pair[1]}" if isinstance(pair, tuple) else type(pair).__name__
        for pair in pairs
    )

"""A chain looked at while it grows: whether it is worth enough."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skmixture.inference.posterior.data import Data
from skmixture.inference.posterior.diagnostics.warned import ENOUGH_TIMES
from skmixture.inference.posterior.draws import Lazy, Naming, orders_of
from skmixture.inference.posterior.gibbs.latents import LATENTS
from skmixture.inference.posterior.plan import Plan
from skmixture.inference.posterior.result import Posterior
from skmixture.inference.posterior.storage import Chain

__all__ = ["Looks"]


class Looks:
    """What a chain amounts to so far.

    Parameters
    ----------
    model : mixture
    data : Data
    chain : Chain
    plan : Plan
    """

    def __init__(self, model: Any, data: Data, chain: Chain, plan: Plan) -> None:
        self._model, self._data, self._chain, self._plan = model, data, chain, plan
        self._last: Posterior | None = None
        self._worth: tuple[float, float] = 0.0, np.inf

    def posterior(self) -> Posterior:
        """The steps that are there."""
        if self._last is None or self._last.n_steps != self._chain.n_steps:
            self._last = self._posterior()
        return self._last

    def enough(self, n_steps: int) -> bool:
        """Whether the draws are worth as many independent ones as are wanted."""
        if not n_steps:
            return False
        table = self.posterior().table()
        moving = table["sd"] > 0
        least = table["ess"][moving].min(initial=np.inf)
        longest = table["tau"][moving].max(initial=0.0)
        self._worth = float(least), float(longest)
        # a short chain, of which nothing can be told, has NaN
        return bool(least >= self._plan.effective and ENOUGH_TIMES * longest <= n_steps)

    def check(self) -> None:
        """Warn where a chain has ended that is not worth as much as was wanted."""
        if not self.enough(self._chain.n_steps):
            warnings.warn(
                f"after {self._chain.n_steps} steps {' and '.join(self._short())}: go on by "
                "n_steps=, or with more informative priors, an order or fewer components",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _short(self) -> list[str]:
        """What the chain is short of."""
        least, longest = self._worth
        found = []
        if not least >= self._plan.effective:
            found.append(
                f"the draws are worth {least:.0f} independent ones, less than "
                f"target_ess={self._plan.effective:g}"
            )
        if not ENOUGH_TIMES * longest <= self._chain.n_steps:
            found.append(
                f"the chain is shorter than {ENOUGH_TIMES} autocorrelation times, which is "
                f"{longest:.1f} steps"
            )
        return found

    def _posterior(self) -> Posterior:
        target, chain = self._data.target, self._chain
        chart, em = target.likelihood.chart, target.likelihood.em
        coordinates = chain.arrays("coordinates")[:, 0]
        naming = Naming(chart)
        by_rows = target.ordering is None and not target.prior_only
        posterior = Posterior(
            model=self._model,
            raw=Lazy(
                [*naming.names, *naming.derived], lambda name: naming.values(coordinates, name)
            ),
            coordinates=coordinates,
            log_prob=chain.arrays("log_prob")[:, 0],
            accepted=chain.arrays("accepted")[:, 0],
            orders=orders_of(chart, em, coordinates) if by_rows else None,
            names=chart.names,
            n_ensembles=self._plan.n_ensembles,
            held=chart.held_names,
            priors=target.belief.described(),
            latent=Lazy(LATENTS, chain.arrays) if "labels" in chain.layout.arrays else None,
        )
        posterior._data = self._data
        return posterior

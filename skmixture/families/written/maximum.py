"""The M-step: guarded steps uphill, for all components at once or by an optimiser of scipy."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import NDArray
from scipy.optimize import OptimizeWarning, minimize

from skmixture.families.written.problems import Problems
from skmixture.law.family import Array
from skmixture.numerics.solvers import climb

__all__ = ["Optimiser", "check_method"]

logger = logging.getLogger("skmixture")

# Iterations of an optimiser of scipy, unless the user says how many: M-steps need not be complete.
# Without gradients they are shorter.
ITERATIONS, WITHOUT_GRADIENT = 10, 100
# What is lower than any log-likelihood, as optimisers understand it.
HOPELESS = 1e50
# A failure with no more than this left to gain, by part, is that of rounding.
ROUNDING = 1e-9
# Curvatures less than this part of the largest are taken to be that.
FLAT = 1e-12
# Methods that are given a gradient.
BY_GRADIENT = frozenset(["cg", "bfgs", "l-bfgs-b", "tnc", "slsqp", "trust-constr", "newton-cg"])
OTHERS = frozenset(["nelder-mead", "powell", "cobyla", "cobyqa"])


class Optimiser(NamedTuple):
    """How the user wants likelihoods to be maximised.

    Attributes
    ----------
    method : str, callable or None
        As `scipy.optimize.minimize` takes it; None for steps of Newton's,
        for all problems at once.
    options : mapping
    n_jobs : int or None
    """

    method: Any
    options: Mapping[str, Any]
    n_jobs: int | None

    @property
    def _by_gradient(self) -> bool:
        return not isinstance(self.method, str) or self.method.lower() in BY_GRADIENT

    @property
    def _most(self) -> int | None:
        """Iterations after which scipy's method is broken off, where it is not the user's."""
        if not isinstance(self.method, str) or self.method.lower() == "tnc":
            return None  # these have limits of their own
        return ITERATIONS if self._by_gradient else WITHOUT_GRADIENT

    def maximised(self, problems: Problems, u: Array, most_steps: int) -> tuple[Array, str]:
        """Coordinates (P, p) that are no lower, and what an optimiser said that failed."""
        if self.method is None:
            parts = self._in_parts(
                lambda part, own: climb(part.expansion, own, most_steps, value=part.value),
                problems,
                u,
            )
            return np.concatenate(parts), ""
        found = self._in_parts(self._one_by_one, problems, u)
        messages = [message for _, said in found for message in said]
        return np.concatenate([own for own, _ in found]), messages[0] if messages else ""

    def _in_parts(
        self, function: Callable[[Problems, Array], Any], problems: Problems, u: Array
    ) -> list[Any]:
        """What the function makes of parts of the problems, as many as there are jobs."""
        n = min(len(problems), effective_n_jobs(self.n_jobs))
        if n == 1:
            return [function(problems, u)]
        places = np.array_split(np.arange(len(problems)), n)
        found = Parallel(n_jobs=n, prefer="threads")(
            delayed(_with_refused)(function, problems.part(some), u[some]) for some in places
        )
        problems.refused |= np.concatenate([refused for _, refused in found])
        return [own for own, _ in found]

    def _one_by_one(self, problems: Problems, u: Array) -> tuple[Array, list[str]]:
        found, messages = u.copy(), []
        for place in range(len(problems)):
            alone = problems.part(np.array([place]))
            found[place], message = self._minimised(alone, u[place])
            problems.refused[place] |= alone.refused[0]
            if message:
                messages.append(message)
        return found, messages

    def _minimised(self, problem: Problems, start: Array) -> tuple[Array, str]:
        """The best point (p,) of one problem, by scipy, in coordinates of like curvature."""
        free = ~problem.held[0]
        here = problem.expansion(start[None])
        level = here.value[0]
        if not free.any() or not np.isfinite(level):
            return start, ""
        axes = _axes(here.hessian[0][np.ix_(free, free)])
        best, highest = start, level

        def at(w: Array) -> Array:
            point = start.copy()
            point[free] += axes @ w
            return point

        def descent(w: Array) -> float:
            nonlocal best, highest
            point = at(w)
            value = problem.value(point[None])[0]
            if value > highest:
                best, highest = point, value
            return float(level - value) if np.isfinite(value) else HOPELESS

        def slope(w: Array) -> Array:
            gradient = problem.expansion(at(w)[None]).gradient[0, free]
            return -(axes.T @ np.where(np.isfinite(gradient), gradient, 0.0))

        options = dict(self.options)
        if self._most is not None:
            options = {"maxiter": self._most, **options}
        jac = slope if self._by_gradient else None
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of numbers at the points it tries
            result = minimize(
                descent, np.zeros(axes.shape[1]), method=self.method, jac=jac, options=options
            )
        logger.debug(
            "M-step, component %s: %s calls, gain %.3g",
            problem.components[0], getattr(result, "nfev", "some"), highest - level,
        )  # fmt: skip
        return best, self._failure(problem, result, best, highest)

    def _failure(self, problem: Problems, result: Any, best: Array, highest: float) -> str:
        """What the optimiser says of its failure; nothing where it was only broken off."""
        if result.success:
            return ""
        most = self._most if "maxiter" not in self.options else None
        broken_off = most is not None and getattr(result, "nit", 0) >= most
        here = problem.expansion(best[None])
        promise = _promise(here.gradient[0], here.hessian[0])
        if broken_off or promise <= ROUNDING * max(abs(highest), 1.0):
            return ""
        component = problem.components[0]
        name = "all components together" if component < 0 else f"component {component}"
        return f"{name}: {result.message}"


def _with_refused(
    function: Callable[[Problems, Array], Any], problems: Problems, u: Array
) -> tuple[Any, NDArray[np.bool_]]:
    """What a function makes of problems, and which have met an edge: they may be a copy."""
    return function(problems, u), problems.refused


def _axes(hessian: Array) -> Array:
    """A basis (p, p) in which the curvature is 1."""
    scale = np.sqrt(np.abs(np.diagonal(hessian)))
    scale = np.where((scale > 0) & np.isfinite(scale), scale, 1.0)
    scaled = hessian / np.outer(scale, scale)
    roots, vectors = np.linalg.eigh(np.where(np.isfinite(scaled), scaled, 0.0))
    size = np.maximum(np.abs(roots), max(FLAT, FLAT * np.abs(roots).max()))
    size = np.where(np.abs(roots) > 0, size, 1.0)
    basis: NDArray = vectors / np.sqrt(size) / scale[:, None]
    return basis


def _promise(gradient: Array, hessian: Array) -> float:
    """Half of what a Newton step would gain."""
    return float(0.5 * np.square(_axes(hessian).T @ gradient).sum())


def check_method(method: Any, options: Mapping[str, Any]) -> None:
    """Raise unless scipy has a method of this name, by first derivatives, and these options."""
    if not isinstance(method, str) or method.lower() not in BY_GRADIENT | OTHERS:
        raise ValueError(
            f"method must be None, a method of scipy.optimize.minimize without second derivatives, "
            f"such as 'L-BFGS-B' or 'Powell', or a function like one, got {method!r}"
        )
    if not options:
        return
    tried = {name: value for name, value in options.items() if name != "disp"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", OptimizeWarning)
        try:
            minimize(_square, np.ones(1), method=method, jac=_twice, options=tried)
        except (OptimizeWarning, TypeError, ValueError) as error:
            raise ValueError(f"options={options!r} are not those of {method!r}: {error}") from error


def _square(x: Array) -> float:
    return float(x @ x)


def _twice(x: Array) -> Array:
    return 2 * x

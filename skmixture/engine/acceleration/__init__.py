"""Paths to the optimum: plain EM, and three ways to need fewer of its steps."""

from skmixture.engine.acceleration.anderson import Anderson
from skmixture.engine.acceleration.lbfgs import LBFGS
from skmixture.engine.acceleration.path import Path, Plain, remaining_gain
from skmixture.engine.acceleration.squarem import Squarem
from skmixture.engine.em import EM
from skmixture.engine.state import State

__all__ = ["ACCELERATIONS", "Path", "path_of", "remaining_gain"]

ACCELERATIONS: dict[str | None, type[Path]] = {
    None: Plain,
    "anderson": Anderson,
    "lbfgs": LBFGS,
    "squarem": Squarem,
}


def path_of(acceleration: str | None, em: EM, start: State, near: bool = False) -> Path:
    """The path by its name; without a gradient, L-BFGS gives way to Anderson.

    Parameters that are no numbers have EM itself. From a start that is `near`
    the optimum there is no need of EM's first steps.
    """
    if not em.family.numeric:
        acceleration = None
    if acceleration == "lbfgs" and not em.family.climbs_its_gradient:
        acceleration = "anderson"
    path = ACCELERATIONS[acceleration](em, start)
    if near:
        path.opening = 0
    return path

"""Maps between constrained parameters and unconstrained coordinates.

Optimisers, samplers and standard errors work on all of real space; parameters
live on half lines, simplexes and cones. A transform takes a parameter to real
coordinates (`unconstrain`), brings it back (`constrain`) and knows the log
absolute determinant of the way back (`log_jacobian`), which a density needs
when it is carried along.

Every transform acts on the trailing axes that make one value (none for a
number, one for a point of the simplex, two for a matrix) and leaves all
leading axes alone, so a whole batch goes through at once.
"""

from skmixture.transforms.matrices import PositiveDefinite, lower_triangle
from skmixture.transforms.numbers import (
    Above,
    Below,
    Interval,
    Positive,
    Real,
    above,
    below,
    interval,
)
from skmixture.transforms.transform import Transform
from skmixture.transforms.vectors import Simplex, Sphere

__all__ = [
    "Above",
    "Below",
    "Interval",
    "Positive",
    "PositiveDefinite",
    "Real",
    "Simplex",
    "Sphere",
    "Transform",
    "above",
    "below",
    "interval",
    "lower_triangle",
    "positive",
    "positive_definite",
    "real",
    "simplex",
    "sphere",
    "unit",
]

real = Real()
positive = Positive()
unit = Interval(0.0, 1.0)
simplex = Simplex()
sphere = Sphere()
positive_definite = PositiveDefinite()

"""Priors on parameters: a fit then maximises the posterior density.

A prior that is conjugate to its law acts as rows that were seen before: its
numbers join the sums of the M-step. Others join the equations that the M-step
solves. The densities are those of the parameters as the estimator shows them,
with no Jacobian of any transform, and the maximum is that of log-likelihood
plus log density.
"""

from skmixture.priors.conjugate import Beta, Dirichlet, Gamma, InverseGamma
from skmixture.priors.from_scipy import FromScipy
from skmixture.priors.gaussian import InverseWishart, Normal
from skmixture.priors.prior import Prior

__all__ = [
    "Beta",
    "Dirichlet",
    "FromScipy",
    "Gamma",
    "InverseGamma",
    "InverseWishart",
    "Normal",
    "Prior",
]

"""Families: the laws that components may follow, one file each."""

from skmixture.families.beta import Beta
from skmixture.families.dirichlet import Dirichlet
from skmixture.families.exponential import Exponential
from skmixture.families.gamma import Gamma
from skmixture.families.gaussian import Gaussian
from skmixture.families.inverse_gaussian import InverseGaussian
from skmixture.families.log_normal import LogNormal
from skmixture.families.negative_binomial import NegativeBinomial
from skmixture.families.poisson import Poisson
from skmixture.families.weibull import Weibull
from skmixture.family import ExponentialFamily, Family

__all__ = [
    "Beta",
    "Dirichlet",
    "Exponential",
    "ExponentialFamily",
    "Family",
    "Gamma",
    "Gaussian",
    "InverseGaussian",
    "LogNormal",
    "NegativeBinomial",
    "Poisson",
    "Weibull",
]

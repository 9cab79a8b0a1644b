"""Families: the laws that components may follow, one file each."""

from skmixture.exponential import ExponentialFamily
from skmixture.families.gaussian import Gaussian
from skmixture.families.negative_binomial import NegativeBinomial
from skmixture.families.poisson import Poisson
from skmixture.family import Family

__all__ = ["ExponentialFamily", "Family", "Gaussian", "NegativeBinomial", "Poisson"]

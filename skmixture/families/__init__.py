"""Families: the laws that components may follow, one file each."""

from skmixture.families.built import Product
from skmixture.families.gaussian import Gaussian
from skmixture.families.negative_binomial import NegativeBinomial
from skmixture.families.poisson import Poisson
from skmixture.family import ExponentialFamily, Family

__all__ = [
    "ExponentialFamily",
    "Family",
    "Gaussian",
    "NegativeBinomial",
    "Poisson",
    "Product",
]

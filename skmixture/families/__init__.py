"""Families: the laws that components may follow, one file each."""

from skmixture.families.built import Components, FromScipy, Hurdle, Product, ZeroInflated
from skmixture.families.gaussian import Gaussian
from skmixture.families.negative_binomial import NegativeBinomial
from skmixture.families.poisson import Poisson
from skmixture.families.uniform import Uniform
from skmixture.family import ExponentialFamily, Family

__all__ = [
    "Components",
    "ExponentialFamily",
    "Family",
    "FromScipy",
    "Gaussian",
    "Hurdle",
    "NegativeBinomial",
    "Poisson",
    "Product",
    "Uniform",
    "ZeroInflated",
]

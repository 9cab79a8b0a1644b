"""Families: the laws that components may follow, one file each."""

from skmixture.families.gaussian import Gaussian
from skmixture.families.laplace import Laplace
from skmixture.families.negative_binomial import NegativeBinomial
from skmixture.families.poisson import Poisson
from skmixture.families.student_t import StudentT
from skmixture.families.von_mises_fisher import VonMisesFisher
from skmixture.family import ExponentialFamily, Family

__all__ = [
    "ExponentialFamily",
    "Family",
    "Gaussian",
    "Laplace",
    "NegativeBinomial",
    "Poisson",
    "StudentT",
    "VonMisesFisher",
]

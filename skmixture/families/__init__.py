"""Families: the laws that components may follow, one file each."""

from skmixture.exponential import ExponentialFamily
from skmixture.families.bernoulli import Bernoulli
from skmixture.families.binomial import Binomial
from skmixture.families.categorical import Categorical
from skmixture.families.gaussian import Gaussian
from skmixture.families.geometric import Geometric
from skmixture.families.multinomial import Multinomial
from skmixture.families.negative_binomial import NegativeBinomial
from skmixture.families.poisson import Poisson
from skmixture.family import Family

__all__ = [
    "Bernoulli",
    "Binomial",
    "Categorical",
    "ExponentialFamily",
    "Family",
    "Gaussian",
    "Geometric",
    "Multinomial",
    "NegativeBinomial",
    "Poisson",
]

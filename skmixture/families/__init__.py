"""Families: the laws that components may follow, one file each."""

from skmixture.families.bernoulli import Bernoulli
from skmixture.families.binomial import Binomial
from skmixture.families.categorical import Categorical
from skmixture.families.gaussian import Gaussian
from skmixture.families.geometric import Geometric
from skmixture.families.multinomial import Multinomial
from skmixture.families.negative_binomial import NegativeBinomial
from skmixture.families.poisson import Poisson
from skmixture.families.urns import BetaBinomial, DirichletMultinomial
from skmixture.family import ExponentialFamily, Family

__all__ = [
    "Bernoulli",
    "BetaBinomial",
    "Binomial",
    "Categorical",
    "DirichletMultinomial",
    "ExponentialFamily",
    "Family",
    "Gaussian",
    "Geometric",
    "Multinomial",
    "NegativeBinomial",
    "Poisson",
]

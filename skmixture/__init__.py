"""Finite mixtures of any law behind the scikit-learn interface."""

from skmixture import datasets, families
from skmixture.families.bernoulli import BernoulliMixture
from skmixture.families.binomial import BinomialMixture
from skmixture.families.categorical import CategoricalMixture
from skmixture.families.gaussian import GaussianMixture
from skmixture.families.geometric import GeometricMixture
from skmixture.families.multinomial import MultinomialMixture
from skmixture.families.negative_binomial import NegativeBinomialMixture
from skmixture.families.poisson import PoissonMixture
from skmixture.families.urns import BetaBinomialMixture, DirichletMultinomialMixture
from skmixture.mixture import Mixture

__all__ = [
    "BernoulliMixture",
    "BetaBinomialMixture",
    "BinomialMixture",
    "CategoricalMixture",
    "DirichletMultinomialMixture",
    "GaussianMixture",
    "GeometricMixture",
    "Mixture",
    "MultinomialMixture",
    "NegativeBinomialMixture",
    "PoissonMixture",
    "datasets",
    "families",
]
__version__ = "0.1.0"

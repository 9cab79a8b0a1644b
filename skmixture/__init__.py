"""Finite mixtures of any law behind the scikit-learn interface."""

from skmixture import datasets, families
from skmixture.families.bernoulli import BernoulliMixture
from skmixture.families.beta import BetaMixture
from skmixture.families.binomial import BinomialMixture
from skmixture.families.categorical import CategoricalMixture
from skmixture.families.dirichlet import DirichletMixture
from skmixture.families.exponential import ExponentialMixture
from skmixture.families.gamma import GammaMixture
from skmixture.families.gaussian import GaussianMixture
from skmixture.families.geometric import GeometricMixture
from skmixture.families.inverse_gaussian import InverseGaussianMixture
from skmixture.families.laplace import LaplaceMixture
from skmixture.families.log_normal import LogNormalMixture
from skmixture.families.multinomial import MultinomialMixture
from skmixture.families.negative_binomial import NegativeBinomialMixture
from skmixture.families.poisson import PoissonMixture
from skmixture.families.student_t import StudentTMixture
from skmixture.families.urns import BetaBinomialMixture, DirichletMultinomialMixture
from skmixture.families.von_mises_fisher import VonMisesFisherMixture
from skmixture.families.weibull import WeibullMixture
from skmixture.mixture import Mixture

__all__ = [
    "BernoulliMixture",
    "BetaBinomialMixture",
    "BetaMixture",
    "BinomialMixture",
    "CategoricalMixture",
    "DirichletMixture",
    "DirichletMultinomialMixture",
    "ExponentialMixture",
    "GammaMixture",
    "GaussianMixture",
    "GeometricMixture",
    "InverseGaussianMixture",
    "LaplaceMixture",
    "LogNormalMixture",
    "Mixture",
    "MultinomialMixture",
    "NegativeBinomialMixture",
    "PoissonMixture",
    "StudentTMixture",
    "VonMisesFisherMixture",
    "WeibullMixture",
    "datasets",
    "families",
]
__version__ = "0.1.0"

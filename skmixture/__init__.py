"""Finite mixtures of any law behind the scikit-learn interface."""

from skmixture import datasets, families
from skmixture.families.beta import BetaMixture
from skmixture.families.dirichlet import DirichletMixture
from skmixture.families.exponential import ExponentialMixture
from skmixture.families.gamma import GammaMixture
from skmixture.families.gaussian import GaussianMixture
from skmixture.families.inverse_gaussian import InverseGaussianMixture
from skmixture.families.log_normal import LogNormalMixture
from skmixture.families.negative_binomial import NegativeBinomialMixture
from skmixture.families.poisson import PoissonMixture
from skmixture.families.weibull import WeibullMixture
from skmixture.mixture import Mixture

__all__ = [
    "BetaMixture",
    "DirichletMixture",
    "ExponentialMixture",
    "GammaMixture",
    "GaussianMixture",
    "InverseGaussianMixture",
    "LogNormalMixture",
    "Mixture",
    "NegativeBinomialMixture",
    "PoissonMixture",
    "WeibullMixture",
    "datasets",
    "families",
]
__version__ = "0.1.0"

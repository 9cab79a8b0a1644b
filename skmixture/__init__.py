"""Finite mixtures of any law behind the scikit-learn interface."""

from skmixture import datasets, families
from skmixture.families.gaussian import GaussianMixture
from skmixture.families.laplace import LaplaceMixture
from skmixture.families.negative_binomial import NegativeBinomialMixture
from skmixture.families.poisson import PoissonMixture
from skmixture.families.student_t import StudentTMixture
from skmixture.families.von_mises_fisher import VonMisesFisherMixture
from skmixture.mixture import Mixture

__all__ = [
    "GaussianMixture",
    "LaplaceMixture",
    "Mixture",
    "NegativeBinomialMixture",
    "PoissonMixture",
    "StudentTMixture",
    "VonMisesFisherMixture",
    "datasets",
    "families",
]
__version__ = "0.1.0"

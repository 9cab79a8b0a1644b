"""Families: the laws that components may follow, one file each."""

from skmixture.exponential_family import ExponentialFamily
from skmixture.families.bernoulli import Bernoulli
from skmixture.families.beta import Beta
from skmixture.families.binomial import Binomial
from skmixture.families.built import Components, FromScipy, Hurdle, Product, ZeroInflated
from skmixture.families.categorical import Categorical
from skmixture.families.dirichlet import Dirichlet
from skmixture.families.exponential import Exponential
from skmixture.families.gamma import Gamma
from skmixture.families.gaussian import Gaussian
from skmixture.families.geometric import Geometric
from skmixture.families.inverse_gaussian import InverseGaussian
from skmixture.families.laplace import Laplace
from skmixture.families.log_normal import LogNormal
from skmixture.families.multinomial import Multinomial
from skmixture.families.negative_binomial import NegativeBinomial
from skmixture.families.point_mass import PointMass
from skmixture.families.poisson import Poisson
from skmixture.families.student_t import StudentT
from skmixture.families.uniform import Uniform
from skmixture.families.urns import BetaBinomial, DirichletMultinomial
from skmixture.families.von_mises_fisher import VonMisesFisher
from skmixture.families.weibull import Weibull
from skmixture.family import Family

__all__ = [
    "Bernoulli",
    "Beta",
    "BetaBinomial",
    "Binomial",
    "Categorical",
    "Components",
    "Dirichlet",
    "DirichletMultinomial",
    "Exponential",
    "ExponentialFamily",
    "Family",
    "FromScipy",
    "Gamma",
    "Gaussian",
    "Geometric",
    "Hurdle",
    "InverseGaussian",
    "Laplace",
    "LogNormal",
    "Multinomial",
    "NegativeBinomial",
    "PointMass",
    "Poisson",
    "Product",
    "StudentT",
    "Uniform",
    "VonMisesFisher",
    "Weibull",
    "ZeroInflated",
]

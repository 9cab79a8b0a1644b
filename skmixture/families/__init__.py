"""Families: the laws that components may follow, one file each, loaded when asked for."""

from skmixture.tools.lazily import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__,
    {
        "skmixture.law.exponential_family": ["ExponentialFamily"],
        "skmixture.families.bernoulli": ["Bernoulli"],
        "skmixture.families.beta": ["Beta"],
        "skmixture.families.binomial": ["Binomial"],
        "skmixture.families.built.components": ["Components"],
        "skmixture.families.built.from_estimator": ["FromEstimator"],
        "skmixture.families.built.hurdle": ["Hurdle"],
        "skmixture.families.built.product": ["Product"],
        "skmixture.families.built.scipy_law": ["FromScipy"],
        "skmixture.families.built.zero_inflated": ["ZeroInflated"],
        "skmixture.families.categorical": ["Categorical"],
        "skmixture.families.dirichlet": ["Dirichlet"],
        "skmixture.families.exponential": ["Exponential"],
        "skmixture.families.gamma": ["Gamma"],
        "skmixture.families.gaussian": ["Gaussian"],
        "skmixture.families.geometric": ["Geometric"],
        "skmixture.families.inverse_gaussian": ["InverseGaussian"],
        "skmixture.families.laplace": ["Laplace"],
        "skmixture.families.log_normal": ["LogNormal"],
        "skmixture.families.multinomial": ["Multinomial"],
        "skmixture.families.negative_binomial": ["NegativeBinomial"],
        "skmixture.families.point_mass": ["PointMass"],
        "skmixture.families.poisson": ["Poisson"],
        "skmixture.families.student_t": ["StudentT"],
        "skmixture.families.uniform": ["Uniform"],
        "skmixture.families.urns": ["BetaBinomial", "DirichletMultinomial"],
        "skmixture.families.von_mises_fisher": ["VonMisesFisher"],
        "skmixture.families.weibull": ["Weibull"],
        "skmixture.families.written": ["FromLogPDF", "Parameter"],
        "skmixture.law.family": ["Family"],
    },
)

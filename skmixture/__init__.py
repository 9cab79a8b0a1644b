"""Finite mixtures of any law behind the scikit-learn interface."""

from skmixture.tools.lazily import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__,
    {
        "skmixture.families.bernoulli": ["BernoulliMixture"],
        "skmixture.families.beta": ["BetaMixture"],
        "skmixture.families.binomial": ["BinomialMixture"],
        "skmixture.families.built.estimators": [
            "ComponentsMixture",
            "FromScipyMixture",
            "HurdleMixture",
            "ProductMixture",
            "ZeroInflatedMixture",
        ],
        "skmixture.families.categorical": ["CategoricalMixture"],
        "skmixture.families.dirichlet": ["DirichletMixture"],
        "skmixture.families.exponential": ["ExponentialMixture"],
        "skmixture.families.gamma": ["GammaMixture"],
        "skmixture.families.gaussian": ["GaussianMixture"],
        "skmixture.families.geometric": ["GeometricMixture"],
        "skmixture.families.inverse_gaussian": ["InverseGaussianMixture"],
        "skmixture.families.laplace": ["LaplaceMixture"],
        "skmixture.families.log_normal": ["LogNormalMixture"],
        "skmixture.families.multinomial": ["MultinomialMixture"],
        "skmixture.families.negative_binomial": ["NegativeBinomialMixture"],
        "skmixture.families.poisson": ["PoissonMixture"],
        "skmixture.families.student_t": ["StudentTMixture"],
        "skmixture.families.urns": ["BetaBinomialMixture", "DirichletMultinomialMixture"],
        "skmixture.families.von_mises_fisher": ["VonMisesFisherMixture"],
        "skmixture.families.weibull": ["WeibullMixture"],
        "skmixture.mixture": ["Mixture"],
        "skmixture.plain": ["load"],
    },
    modules=[
        "datasets",
        "families",
        "inference",
        "plain",
        "priors",
        "selection",
        "supports",
        "transforms",
    ],
)
__version__ = "0.1.0"

from skmixture import datasets as datasets
from skmixture import families as families
from skmixture import priors as priors
from skmixture import supports as supports
from skmixture import transforms as transforms
from skmixture.families.bernoulli import BernoulliMixture as BernoulliMixture
from skmixture.families.beta import BetaMixture as BetaMixture
from skmixture.families.binomial import BinomialMixture as BinomialMixture
from skmixture.families.categorical import CategoricalMixture as CategoricalMixture
from skmixture.families.dirichlet import DirichletMixture as DirichletMixture
from skmixture.families.exponential import ExponentialMixture as ExponentialMixture
from skmixture.families.gamma import GammaMixture as GammaMixture
from skmixture.families.gaussian import GaussianMixture as GaussianMixture
from skmixture.families.geometric import GeometricMixture as GeometricMixture
from skmixture.families.inverse_gaussian import InverseGaussianMixture as InverseGaussianMixture
from skmixture.families.laplace import LaplaceMixture as LaplaceMixture
from skmixture.families.log_normal import LogNormalMixture as LogNormalMixture
from skmixture.families.multinomial import MultinomialMixture as MultinomialMixture
from skmixture.families.negative_binomial import NegativeBinomialMixture as NegativeBinomialMixture
from skmixture.families.poisson import PoissonMixture as PoissonMixture
from skmixture.families.student_t import StudentTMixture as StudentTMixture
from skmixture.families.urns import BetaBinomialMixture as BetaBinomialMixture
from skmixture.families.urns import DirichletMultinomialMixture as DirichletMultinomialMixture
from skmixture.families.von_mises_fisher import VonMisesFisherMixture as VonMisesFisherMixture
from skmixture.families.weibull import WeibullMixture as WeibullMixture
from skmixture.mixture import Mixture as Mixture

__version__: str

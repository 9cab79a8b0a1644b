"""Von Mises-Fisher: the law of directions, and the estimator."""

from skmixture.families.von_mises_fisher.estimator import VonMisesFisherMixture
from skmixture.families.von_mises_fisher.family import VonMisesFisher

__all__ = ["VonMisesFisher", "VonMisesFisherMixture"]

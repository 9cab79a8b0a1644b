"""Negative binomial: the law, its tables and sums, and the estimator."""

from skmixture.families.negative_binomial.estimator import NegativeBinomialMixture
from skmixture.families.negative_binomial.family import NegativeBinomial

__all__ = ["NegativeBinomial", "NegativeBinomialMixture"]

"""Gaussian: the law, its covariance structures, and the estimator."""

from skmixture.families.gaussian.estimator import GaussianMixture
from skmixture.families.gaussian.family import Gaussian

__all__ = ["Gaussian", "GaussianMixture"]

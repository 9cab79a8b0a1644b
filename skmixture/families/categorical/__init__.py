"""Categorical answers, and latent class analysis by mixtures of them."""

from skmixture.families.categorical.estimator import CategoricalMixture
from skmixture.families.categorical.family import Categorical

__all__ = ["Categorical", "CategoricalMixture"]

"""Counts drawn from urns that return each ball with another of its colour (Pólya's)."""

from skmixture.families.urns.beta_binomial import BetaBinomial, BetaBinomialMixture
from skmixture.families.urns.dirichlet_multinomial import (
    DirichletMultinomial,
    DirichletMultinomialMixture,
)

__all__ = [
    "BetaBinomial",
    "BetaBinomialMixture",
    "DirichletMultinomial",
    "DirichletMultinomialMixture",
]

"""Families that are built of others."""

from skmixture.families.built.components import Components
from skmixture.families.built.from_estimator import FromEstimator
from skmixture.families.built.hurdle import Hurdle
from skmixture.families.built.product import Product
from skmixture.families.built.scipy_law import FromScipy
from skmixture.families.built.zero_inflated import ZeroInflated

__all__ = ["Components", "FromEstimator", "FromScipy", "Hurdle", "Product", "ZeroInflated"]

"""Uncertainty of fitted mixtures."""

from skmixture.inference.delta_method import StandardErrors
from skmixture.inference.profile import ProfileInterval, profile_interval
from skmixture.inference.standard_errors import standard_errors

__all__ = ["ProfileInterval", "StandardErrors", "profile_interval", "standard_errors"]

"""Uncertainty of fitted mixtures."""

from skmixture.inference.standard_errors import StandardErrors, standard_errors

__all__ = ["StandardErrors", "standard_errors"]

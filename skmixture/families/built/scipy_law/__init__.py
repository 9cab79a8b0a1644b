"""Any univariate distribution of scipy as a law."""

from skmixture.families.built.scipy_law.family import FromScipy

__all__ = ["FromScipy"]

"""Laws that the user writes: a log density, or an estimator of densities."""

from skmixture.families.written.family import FromLogPDF
from skmixture.families.written.parameter import Parameter

__all__ = ["FromLogPDF", "Parameter"]

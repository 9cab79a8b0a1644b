"""Uncertainty of what was fitted: replicates, intervals, standard errors."""

from skmixture.lazily import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__,
    {
        "skmixture.inference.failures": ["Failure"],
        "skmixture.inference.resampling": ["bootstrap"],
        "skmixture.inference.result": ["BootstrapResult"],
    },
)

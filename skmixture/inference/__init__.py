"""Uncertainty of what was fitted: replicates, intervals, standard errors, tests."""

from skmixture.lazily import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__,
    {
        "skmixture.inference.delta_method": ["StandardErrors"],
        "skmixture.inference.failures": ["Failure"],
        "skmixture.inference.likelihood_ratio": [
            "LikelihoodRatioTest",
            "bootstrap_lrt",
            "lrt_sweep",
        ],
        "skmixture.inference.profile": ["ProfileInterval", "profile_interval"],
        "skmixture.inference.resampling": ["bootstrap"],
        "skmixture.inference.result": ["BootstrapResult"],
        "skmixture.inference.standard_errors": ["standard_errors"],
    },
)

"""Uncertainty of what was fitted: replicates, intervals, standard errors, tests."""

from skmixture.tools.lazily import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__,
    {
        "skmixture.inference.curvature.result": ["StandardErrors"],
        "skmixture.inference.replicates.failures": ["Failure"],
        "skmixture.inference.replicates.likelihood_ratio": ["bootstrap_lrt"],
        "skmixture.inference.replicates.lrt_result": ["LikelihoodRatioTest"],
        "skmixture.inference.replicates.sweep": ["lrt_sweep"],
        "skmixture.inference.posterior.result": ["Posterior"],
        "skmixture.inference.posterior.sampling": ["sample_posterior"],
        "skmixture.inference.posterior.storage.errors": [
            "ChainBusyError",
            "ChainDamagedError",
            "ChainError",
            "ChainExistsError",
            "ChainMismatchError",
        ],
        "skmixture.inference.posterior.storage.opening": ["read_chain"],
        "skmixture.inference.posterior.storage.repair": ["repair_chain"],
        "skmixture.inference.profiles.profile": ["ProfileInterval", "profile_interval"],
        "skmixture.inference.replicates.resampling": ["bootstrap"],
        "skmixture.inference.replicates.result": ["BootstrapResult"],
        "skmixture.inference.curvature.standard_errors": ["standard_errors"],
    },
)

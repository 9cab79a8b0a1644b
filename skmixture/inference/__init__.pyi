from skmixture.inference.curvature.delta_method import StandardErrors as StandardErrors
from skmixture.inference.curvature.standard_errors import standard_errors as standard_errors
from skmixture.inference.profiles.profile import ProfileInterval as ProfileInterval
from skmixture.inference.profiles.profile import profile_interval as profile_interval
from skmixture.inference.replicates.failures import Failure as Failure
from skmixture.inference.replicates.likelihood_ratio import (
    LikelihoodRatioTest as LikelihoodRatioTest,
)
from skmixture.inference.replicates.likelihood_ratio import bootstrap_lrt as bootstrap_lrt
from skmixture.inference.replicates.likelihood_ratio import lrt_sweep as lrt_sweep
from skmixture.inference.replicates.resampling import bootstrap as bootstrap
from skmixture.inference.replicates.result import BootstrapResult as BootstrapResult

from skmixture.inference.failures import Failure as Failure
from skmixture.inference.resampling import bootstrap as bootstrap
from skmixture.inference.result import BootstrapResult as BootstrapResult
from skmixture.inference.delta_method import StandardErrors as StandardErrors
from skmixture.inference.profile import ProfileInterval as ProfileInterval
from skmixture.inference.profile import profile_interval as profile_interval
from skmixture.inference.standard_errors import standard_errors as standard_errors

from skmixture.inference.failures import Failure as Failure
from skmixture.inference.resampling import bootstrap as bootstrap
from skmixture.inference.result import BootstrapResult as BootstrapResult

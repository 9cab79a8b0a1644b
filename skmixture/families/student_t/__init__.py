"""Student's t: the law, its M-step, and the estimator."""

from skmixture.families.student_t.estimator import StudentTMixture
from skmixture.families.student_t.family import StudentT

__all__ = ["StudentT", "StudentTMixture"]

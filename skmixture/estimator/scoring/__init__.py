"""What a fitted mixture can say: everything that needs nothing but fitted attributes."""

from skmixture.estimator.scoring.criteria import Criteria
from skmixture.estimator.scoring.draws import Draws
from skmixture.estimator.scoring.tables import Tables

__all__ = ["FittedMixture"]


class FittedMixture(Criteria, Draws, Tables):
    """Densities, responsibilities, criteria, samples and tables of a fitted mixture."""
